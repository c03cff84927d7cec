// node timing.mjs PACKAGES.zip STDLIB.zip MODULE.py EXPRESSION TEXTS.json: what it is for `texts` in Pyodide, as JSON.
import fs from "node:fs";
import { loadPyodide } from "pyodide";

const [packages, stdLibURL, module, expression, texts] = process.argv.slice(2);
process.on("uncaughtException", (error) => {
  console.error(String(error.stack ?? error).slice(0, 4000)); // not the minified line that threw
  process.exit(1);
});
const pyodide = await loadPyodide({ stdLibURL });
pyodide.unpackArchive(new Uint8Array(fs.readFileSync(packages)), "zip", { extractDir: "/packages" });
pyodide.runPython("import sys, importlib; sys.path.insert(0, '/packages'); importlib.invalidate_caches()");
pyodide.runPython(fs.readFileSync(module, "utf8"));
pyodide.runPython("import json");
pyodide.globals.set("texts", pyodide.runPython("json.loads")(fs.readFileSync(texts, "utf8")));
console.log(await pyodide.runPythonAsync(`json.dumps(${expression})`));
