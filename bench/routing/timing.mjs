// node timing.mjs PACKAGES.zip STDLIB.zip TIMING.py TEXTS.json: microseconds for each text, in Pyodide, as JSON.
import fs from "node:fs";
import { loadPyodide } from "pyodide";

const [packages, stdLibURL, timing, texts] = process.argv.slice(2);
process.on("uncaughtException", (error) => {
  console.error(String(error.stack ?? error).slice(0, 4000)); // not the minified line that threw
  process.exit(1);
});
const pyodide = await loadPyodide({ stdLibURL });
pyodide.unpackArchive(new Uint8Array(fs.readFileSync(packages)), "zip", { extractDir: "/packages" });
pyodide.runPython("import sys, importlib; sys.path.insert(0, '/packages'); importlib.invalidate_caches()");
pyodide.runPython(fs.readFileSync(timing, "utf8"));
pyodide.globals.set("texts", fs.readFileSync(texts, "utf8"));
console.log(pyodide.runPython("import json; json.dumps(time_decisions(json.loads(texts)))"));
