// Build only: imports a Python Worker as Cloudflare's deploy does (no entropy, then a snapshot of the memory) and answers
// what the deploy would refuse: {error, entropy: [module], objects: ["module.name"]}.
import { boot, nameOfJsModule } from "./boot.mjs";
import { runtime } from "./shadow.mjs";

function propertyNames(object) {
  const names = [];
  for (let owner = object; owner && owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    names.push(...Object.getOwnPropertyNames(owner));
  }
  return names;
}

/** All that a snapshot can hold of JavaScript: what a path such as `crypto.subtle` from the global object leads to. */
function reachable(depth) {
  const found = new Set();
  let level = [globalThis];
  for (; depth > 0; depth--) {
    const next = [];
    for (const object of level) {
      for (const name of propertyNames(object)) {
        try {
          const value = object[name];
          if (value !== Object(value) || found.has(value)) continue;
          found.add(value);
          next.push(value);
        } catch {
          // a getter that wants an instance, or a request
        }
      }
    }
    level = next;
  }
  return found;
}

export default {
  async fetch(request) {
    const { module } = await request.json();
    const draws = { count: 0 };
    const pyodide = await boot();
    const build = pyodide.pyimport("pop_build");
    runtime.onEarlyEntropy = () => draws.count++;
    const { error, entropy } = build.import_watched(module, draws).toJs({ dict_converter: Object.fromEntries });
    const allowed = reachable(3);
    const objects = build.holders((object) => !allowed.has(object) && !nameOfJsModule(object)).toJs();
    return Response.json({ error, entropy, objects });
  },
};
