// The entry points that workerd sees, each forwarding to a class of the Python Worker. The generated `main.mjs`
// exports them: workerd takes every export of a main module for an entry point.
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import { Ai } from "./ai.mjs";
import { boot } from "./boot.mjs";
import { runtime } from "./shadow.mjs";

/** The booted Python, or why it could not be booted. */
const app = { host: null, error: null };

// Boot while the isolate starts, as Cloudflare does at deploy: the first request pays nothing for it.
export async function load(module) {
  const pyodide = await boot();
  const host = pyodide.pyimport("pop_host");
  app.error = host.load(module);
  if (app.error) console.error(`The Worker could not be imported.\n${app.error}`);
  else app.host = host;
}

let seeded = false;
function enter() {
  if (app.error) throw new Error(`The Worker could not be imported.\n${app.error}`);
  runtime.hasEntropy = true;
  if (seeded) return;
  seeded = true;
  app.host.reseed();
}

// The local Workers AI stands in for the binding; all other bindings are workerd's own.
function bindings(env) {
  const { POP_AI, POP_AI_URL, ...rest } = env;
  return POP_AI ? { ...rest, [POP_AI]: new Ai(POP_AI_URL) } : rest;
}

// promising: the Python side may call run_sync
const settled = (start) => new Promise((resolve, reject) => start(resolve, reject).catch(reject));

/** The class of a Worker entry point: one Python instance for each event. */
export function workerEntrypoint(name) {
  const Entrypoint = class extends WorkerEntrypoint {};
  for (const method of app.host?.methods(name) ?? ["fetch"]) {
    Entrypoint.prototype[method] = function (...args) {
      enter();
      const start = app.host.start_entrypoint;
      return settled((ok, no) => start.callPromising(ok, no, name, this.ctx, bindings(this.env), method, ...args));
    };
  }
  return Entrypoint;
}

/** The class of a Durable Object: its Python instance lives as long as the JS one. */
export function durableObject(name) {
  const Class = class extends DurableObject {
    #instance;
    constructor(ctx, env) {
      super(ctx, env);
      enter();
      this.#instance = app.host.create(name, ctx, bindings(env));
    }
    static handle(self, method, args) {
      return settled((ok, no) => app.host.start.callPromising(ok, no, self.#instance, method, ...args));
    }
  };
  for (const method of app.host?.methods(name) ?? []) {
    Class.prototype[method] = function (...args) {
      return Class.handle(this, method, args);
    };
  }
  return Class;
}
