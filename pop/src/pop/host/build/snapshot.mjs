// Build only: answers a memory snapshot of Python with the SDK and the common standard library imported, not the Worker:
// so an edit needs no new snapshot, and binary modules, which do not survive a restore, stay out of it.
import { boot, nameOfJsModule } from "./boot.mjs";
import { runtime } from "./shadow.mjs";

function serializer(object) {
  const name = nameOfJsModule(object);
  if (!name) throw new Error(`The snapshot would hold a JS object: ${String(object).slice(0, 200)}`);
  return name;
}

export default {
  async fetch(request) {
    await request.text(); // workerd resets a connection whose request was not read to its end
    runtime.hasEntropy = true;
    const pyodide = await boot({ makeSnapshot: true });
    pyodide.pyimport("pop_build").import_base();
    return new Response(pyodide.makeMemorySnapshot({ serializer }));
  },
};
