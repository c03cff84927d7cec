// node compile.mjs IN.zip OUT.zip PREFIX [OPTIMIZE]
// Replaces each .py of a zip by a .pyc, made by npm Pyodide itself, so that the bytecode is that of the runtime which will
// read it. PREFIX is the path that tracebacks show before a file's name; OPTIMIZE 2 drops asserts and docstrings. Where an
// earlier run has left a compiled standard library, STDLIB in the environment names it: Pyodide then starts much faster.
import fs from "node:fs";
import { createRequire } from "node:module";

const { loadPyodide } = await import(createRequire(`${process.cwd()}/`).resolve("pyodide/pyodide.mjs"));
const [source, target, prefix, optimize = "0"] = process.argv.slice(2);
const pyodide = await loadPyodide({ stdLibURL: process.env.STDLIB });
pyodide.FS.writeFile("/in.zip", fs.readFileSync(source));
pyodide.globals.set("PREFIX", prefix);
pyodide.globals.set("OPTIMIZE", Number(optimize));
pyodide.runPython(`
import zipfile
from importlib import _bootstrap_external as bootstrap
from importlib.util import source_hash

with zipfile.ZipFile("/in.zip") as source, zipfile.ZipFile("/out.zip", "w") as target:
    for entry in source.infolist():
        data, name = source.read(entry), entry.filename
        if name.endswith(".py"):
            code = compile(data, PREFIX + name, "exec", dont_inherit=True, optimize=OPTIMIZE)
            data = bootstrap._code_to_hash_pyc(code, source_hash(data), checked=False)
            name += "c"
        if not entry.is_dir():
            target.writestr(zipfile.ZipInfo(name), data)
`);
fs.writeFileSync(target, pyodide.FS.readFile("/out.zip"));
