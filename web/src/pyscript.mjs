// PyScript prepares hooks for workers by `Function(...)`, also where there is no worker. Without them the page needs no
// 'unsafe-eval'. (PyScript 0.7.31; a test runs the page under the strict policy.)
import { hooks } from "{vendor}/pyscript/core.js";

hooks.worker.onBeforeRunAsync.clear();

// What Python asks for when there is code to colour.
globalThis.edgechat.highlighter = () => import("./highlight.js");
