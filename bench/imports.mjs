// node imports.mjs PACKAGES.zip STDLIB.zip STATEMENT: the milliseconds that a statement takes in a new Pyodide.
import fs from "node:fs";
import { loadPyodide } from "pyodide";

const [packages, stdLibURL, statement] = process.argv.slice(2);
process.on("uncaughtException", (error) => {
  console.error(String(error.stack ?? error).slice(0, 4000)); // not the minified line that threw
  process.exit(1);
});
const pyodide = await loadPyodide({ stdLibURL });
pyodide.unpackArchive(new Uint8Array(fs.readFileSync(packages)), "zip", { extractDir: "/packages" });
pyodide.runPython("import sys, importlib; sys.path.insert(0, '/packages'); importlib.invalidate_caches()");
pyodide.runPython("import asyncio, msgspec, msgspec.json"); // what is not ours to make faster
const started = performance.now();
pyodide.runPython(statement);
console.log(performance.now() - started);
