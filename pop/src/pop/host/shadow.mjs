// The globals that Pyodide's two modules see. The build puts one import of these names in front of `pyodide.mjs` and
// `pyodide.asm.mjs`; inside them they shadow what workerd lacks or refuses. All the rest is the published npm file.
import { env } from "cloudflare:workers";
import { modules } from "./modules.mjs";

const real = globalThis;

export const runtime = {
  /** URL -> bytes: what Pyodide's loader fetches while it starts. */
  assets: new Map(),
  /** True inside a request. While the isolate starts there is no entropy: Pyodide gets a fixed stream then. */
  hasEntropy: false,
  /** Called for each draw of entropy while there is none. The parity check listens here. */
  onEarlyEntropy: () => {},
  /** Wasm modules that Pyodide generated, by key, when the build records them. */
  recorded: new Map(),
};

const bytesOf = (source) =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

/** Length and CRC-32: the name under which a wasm module is listed in `modules.mjs` (see `pop/wasm.py`). */
function keyOf(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return `${bytes.length}-${(~crc >>> 0).toString(16).padStart(8, "0")}`;
}

// workerd compiles no wasm at run time, so every module with known bytes was listed at build time. Only the recorder
// has the UNSAFE_EVAL binding.
function moduleFor(source) {
  const bytes = bytesOf(source);
  const key = keyOf(bytes);
  const known = modules.get(key);
  if (known) return known;
  if (!env.UNSAFE_EVAL) throw new real.WebAssembly.CompileError(`pop has no static wasm module ${key}: run \`pop build\``);
  runtime.recorded.set(key, bytes.slice());
  return env.UNSAFE_EVAL.newWasmModule(bytes);
}

function Module(source) {
  return moduleFor(source);
}
Module.prototype = real.WebAssembly.Module.prototype; // keeps `instanceof` true for static modules
for (const name of ["customSections", "exports", "imports"]) Module[name] = real.WebAssembly.Module[name];

export const WebAssembly = Object.create(real.WebAssembly, {
  Module: { value: Module },
  compile: { value: async (source) => moduleFor(source) },
  instantiate: {
    value: async (source, imports) => {
      if (source instanceof real.WebAssembly.Module) return new real.WebAssembly.Instance(source, imports);
      const module = moduleFor(source);
      return { module, instance: new real.WebAssembly.Instance(module, imports) };
    },
  },
});

// A plain object, because `new Response()` is refused while the isolate starts.
export async function fetch(url) {
  const bytes = runtime.assets.get(String(url));
  if (!bytes) throw new Error(`pop has no asset ${url}`);
  return { ok: true, status: 200, arrayBuffer: async () => bytes };
}
export const location = new URL("https://pop.invalid/");

let stream = 0x2545f491;
export const crypto = {
  getRandomValues(view) {
    if (runtime.hasEntropy) return real.crypto.getRandomValues(view);
    runtime.onEarlyEntropy();
    const bytes = bytesOf(view);
    for (let i = 0; i < bytes.length; i++) {
      stream ^= stream << 13;
      stream ^= stream >>> 17;
      stream ^= stream << 5;
      bytes[i] = stream;
    }
    return view;
  },
};

// asyncio's `call_soon` ends here: a microtask stays in the I/O context of its request and saves a turn of the timer.
// By a promise it costs a third less than by workerd's `queueMicrotask`.
export function setTimeout(callback, delay, ...args) {
  if (delay > 0) return real.setTimeout(callback, delay, ...args);
  Promise.resolve().then(() => callback());
  return 0;
}

export const process = undefined; // else nodejs_compat makes Pyodide believe that it runs in Node
export const MessageChannel = undefined; // else one channel stays bound to the I/O context of the first request
export const addEventListener = () => {}; // workerd refuses Emscripten's capturing listener

// Pyodide also looks at `globalThis.X`. Python itself gets the real object, as `jsglobals`.
const hidden = { value: undefined };
const shadow = Object.create(real, {
  MessageChannel: hidden,
  addEventListener: hidden,
  postMessage: hidden,
  process: hidden,
  setImmediate: hidden,
  WebAssembly: { value: WebAssembly },
  crypto: { value: crypto },
  fetch: { value: fetch },
  location: { value: location },
});
export { shadow as globalThis };
