// node --experimental-wasm-jspi run.mjs PYTEST_ARGUMENT...
// Runs pytest inside npm Pyodide, with the packages of python_modules/ (our wheel among them) as the Worker has them.
import fs from "node:fs";
import path from "node:path";
import { loadPyodide } from "pyodide";

const root = path.resolve(import.meta.dirname, "../..");
const [sitePackages] = fs.globSync(`${root}/.venv/lib/python3.*/site-packages`);
const stdLibURL = `${root}/.pop/worker/python_stdlib.zip`; // compiled, so that Python starts at once

process.on("uncaughtException", (error) => {
  console.error(String(error.stack ?? error).slice(0, 4000)); // not the minified line that threw
  process.exit(1);
});
const pyodide = await loadPyodide({ stdLibURL, env: { HOME: "/home", PYTHONPATH: "/python_modules:/pytest" } });
for (const [mount, folder] of Object.entries({ python_modules: `${root}/python_modules`, tests: `${root}/tests` })) {
  pyodide.mountNodeFS(`/${mount}`, folder);
}
// Of the environment's packages, only pytest and what it needs: edgechat has to come from the wheel.
pyodide.FS.mkdir("/pytest");
pyodide.FS.writeFile("/pytest/py.py", fs.readFileSync(`${sitePackages}/py.py`));
for (const name of ["_pytest", "iniconfig", "packaging", "pluggy", "pygments", "pytest"]) {
  pyodide.mountNodeFS(`/pytest/${name}`, `${sitePackages}/${name}`);
}
// What workers-runtime-sdk asks of its runtime when it is imported.
pyodide.registerJsModule("_pyodide_entrypoint_helper", { patchWaitUntil() {} });
pyodide.registerJsModule("_cloudflare_compat_flags", {});
pyodide.runPython(`
def run_tests(arguments):
    import importlib
    importlib.invalidate_caches()  # the folders were mounted after Python had looked
    import pytest
    return int(pytest.main(["-p", "no:cacheprovider", "--rootdir=/tests", "--color=no", "-q", *arguments]))
`);
// At once: the timers of a loop that has ended would keep Node waiting.
process.exit(await pyodide.globals.get("run_tests").callPromising(process.argv.slice(2)));
