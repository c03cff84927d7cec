// Build only, with the UNSAFE_EVAL binding: imports every binary module of the Worker and answers the wasm modules that
// Pyodide generated on the way, as {key: base64}. They are the same at each boot of one Pyodide with these modules.
import { boot } from "./boot.mjs";
import { runtime } from "./shadow.mjs";

export default {
  async fetch(request) {
    runtime.hasEntropy = true;
    const pyodide = await boot();
    const host = pyodide.pyimport("pop_build");
    await host.exercise.callPromising(await request.json());
    const modules = [...runtime.recorded].map(([key, bytes]) => [key, bytes.toBase64()]);
    return Response.json(Object.fromEntries(modules));
  },
};
