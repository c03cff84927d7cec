// Boots npm Pyodide inside workerd, from scratch or from the memory snapshot that the build made.
import * as cloudflareWorkers from "cloudflare:workers";
import appTree from "./app.bin";
import createPyodide from "./pyodide.asm.mjs";
import pyodideWasm from "./pyodide.asm.wasm";
import { loadPyodide } from "./pyodide.mjs";
import hostTree from "./host.bin";
import lockInfo from "./lock.bin";
import { runtime } from "./shadow.mjs";
import snapshot from "./snapshot.bin";
import stdlib from "./python_stdlib.zip";

const INDEX_URL = "https://pop.invalid/pyodide/";
// Where Cloudflare's runtime puts a Worker's own files, and beside them its vendored packages.
const APP = "/session/metadata";
const HOST = "/lib/pop";

// What workers-runtime-sdk imports from the runtime.
const entrypointHelper = {
  cloudflareWorkersModule: cloudflareWorkers,
  cloudflareSocketsModule: undefined,
  doAnImport: (name) => import(name),
  patchWaitUntil,
  *patch_env_helper() {
    throw new Error("patch_env is not supported by pop");
  },
};
const compatFlags = { python_workflows_implicit_dependencies: true, python_request_headers_preserve_commas: true };

// Lets `ctx.waitUntil` take a Python awaitable, which is owned until it settles.
const patched = new WeakSet();
function patchWaitUntil(ctx) {
  if (patched.has(ctx)) return;
  patched.add(ctx);
  const waitUntil = ctx.waitUntil.bind(ctx);
  ctx.waitUntil = (awaitable) => {
    const own = awaitable.copy?.() ?? awaitable;
    waitUntil(Promise.resolve(own).finally(() => own.destroy?.()));
  };
}

// The JS objects that Python may hold when the snapshot is made.
const jsModules = { _pyodide_entrypoint_helper: entrypointHelper, _cloudflare_compat_flags: compatFlags };

export function nameOfJsModule(object) {
  return Object.keys(jsModules).find((name) => jsModules[name] === object);
}

// A tree is a u32 length, a JSON index {path: [offset, length]} and the bytes of all files (see `pop/pack.py`).
function mount(FS, root, tree) {
  const bytes = new Uint8Array(tree);
  const start = 4 + new DataView(tree).getUint32(0, true);
  const index = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  for (const [path, [offset, length]] of Object.entries(index)) {
    const file = `${root}/${path}`;
    FS.mkdirTree(file.slice(0, file.lastIndexOf("/")));
    FS.writeFile(file, bytes.subarray(start + offset, start + offset + length), { canOwn: true });
  }
}

// A sparse snapshot is u32 size, page size and page count, the page numbers, and the pages that are not all zero.
function expand(sparse) {
  const [size, pageSize, count] = new Uint32Array(sparse, 0, 3);
  const pages = new Uint32Array(sparse, 12, count);
  const memory = new Uint8Array(size);
  let from = 12 + 4 * count;
  for (const page of pages) {
    const to = page * pageSize;
    const length = Math.min(pageSize, size - to);
    memory.set(new Uint8Array(sparse, from, length), to);
    from += length;
  }
  return memory;
}

function createPyodideModule(settings) {
  settings.instantiateWasm = (imports, receive) => {
    // Stand in for the two functions of a wasm module that the loader would compile at run time.
    const error = Symbol("JS error");
    imports.env.Jsv_GetError_import = () => error;
    imports.env.JsvError_Check = (value) => value === error;
    const instance = new WebAssembly.Instance(pyodideWasm, imports);
    receive(instance, pyodideWasm);
    return instance.exports;
  };
  return createPyodide(settings);
}

/** Boots Python with the Worker's files in place but not imported. */
export async function boot({ makeSnapshot = false } = {}) {
  runtime.assets.set(`${INDEX_URL}python_stdlib.zip`, stdlib);
  runtime.assets.set(`${INDEX_URL}pyodide.asm.wasm`, new Uint8Array(0)); // asked for eagerly, never used
  const restore = !makeSnapshot && snapshot.byteLength > 0;
  const pyodide = await loadPyodide({
    indexURL: INDEX_URL,
    packageBaseUrl: INDEX_URL,
    createPyodideModule,
    lockFileContents: { info: JSON.parse(new TextDecoder().decode(lockInfo)), packages: {} },
    jsglobals: globalThis,
    env: {
      HOME: "/session",
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONPATH: [APP, `${APP}/python_modules`, HOST].join(":"),
    },
    stdout: (line) => console.log(line),
    stderr: (line) => console.error(line),
    fsInit: async (FS) => {
      mount(FS, APP, appTree);
      mount(FS, HOST, hostTree);
    },
    ...(makeSnapshot && { _makeSnapshot: true }),
    ...(restore && { _loadSnapshot: expand(snapshot), _snapshotDeserializer: (name) => jsModules[name] }),
  });
  for (const [name, module] of Object.entries(jsModules)) pyodide.registerJsModule(name, module);
  return pyodide;
}
