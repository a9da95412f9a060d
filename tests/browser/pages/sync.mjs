// Plain Pyodide with the whole package, which SyncPodio needs, on the page's thread or in a worker.

import { loadPyodide } from "/vendor/pyodide/pyodide.mjs";

const config = await (await fetch("/config.json")).json();
const python = await loadPyodide();
await python.loadPackage(new URL(`/${config.wheel}`, location.origin).href);
python.runPython(await (await fetch("/tests/sync.py")).text());
const step = python.globals.get("step");

export const run = source => step(source);

if (!globalThis.document) {
  addEventListener("message", async event => postMessage(await run(event.data)));
  postMessage("ready");
}
