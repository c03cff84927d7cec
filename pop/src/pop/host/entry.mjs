// The entry points that workerd sees, each forwarding to a class of the Python Worker. The generated `main.mjs`
// exports them: workerd takes every export of a main module for an entry point.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { Ai } from "./ai.mjs";
import { boot } from "./boot.mjs";
import { runtime } from "./shadow.mjs";

/** Why the Worker could not be imported, or null. */
let importError = null;
/** The functions of `python/pop_host.py`: fetched once, because each access to a Python attribute makes a proxy. */
let python;

// Boot while the isolate starts, as Cloudflare does at deploy: the first request pays nothing for it.
export async function load(module) {
  const pyodide = await boot();
  const { load, methods, create, reseed, start, start_entrypoint } = pyodide.pyimport("pop_host");
  importError = load(module);
  if (importError) console.error(`The Worker could not be imported.\n${importError}`);
  python = { methods, create, reseed, start, startEntrypoint: start_entrypoint };
}

let seeded = false;
function enter() {
  if (importError) throw new Error(`The Worker could not be imported.\n${importError}`);
  runtime.hasEntropy = true;
  if (seeded) return;
  seeded = true;
  python.reseed();
}

// The local Workers AI stands in for the binding, one for the isolate; all other bindings are workerd's own.
let ai;
function bindings({ POP_AI, POP_AI_URL, ...rest }) {
  return POP_AI ? { ...rest, [POP_AI]: (ai ??= new Ai(POP_AI_URL)) } : rest;
}

// Promising: the Python side may call run_sync.
function run(start, ...args) {
  return new Promise((resolve, reject) => {
    start.callPromising(resolve, reject, ...args).catch(reject);
  });
}

/** The class of a Worker entry point: one Python instance for each event. */
export function workerEntrypoint(name) {
  const Entrypoint = class extends WorkerEntrypoint {};
  // A Worker that could not be imported still answers, with the reason.
  for (const method of importError ? ["fetch"] : python.methods(name).toJs()) {
    Entrypoint.prototype[method] = function (...args) {
      enter();
      return run(python.startEntrypoint, name, this.ctx, bindings(this.env), method, ...args);
    };
  }
  return Entrypoint;
}

/** The class of a Durable Object: its Python instance lives as long as the JS one. */
export function durableObject(name) {
  return class extends DurableObject {
    #instance;

    constructor(ctx, env) {
      super(ctx, env);
      enter();
      this.#instance = python.create(name, ctx, bindings(env));
    }

    static {
      for (const method of python.methods(name).toJs()) {
        this.prototype[method] = function (...args) {
          return run(python.start, this.#instance, method, ...args);
        };
      }
    }
  };
}
