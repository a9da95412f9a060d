// Starts Pyodide once, under node, and writes what is in its memory then. podio_web/site_builder/pyodide/snapshot.py runs it:
//
//   node snapshot.mjs FOLDER_OF_PYODIDE BUNDLE_JSON MODULES_JSON SNAPSHOT
//
// MODULES_JSON names what is imported, with the bundle's modules in the working directory; pages need not import it.
// Both options of Pyodide that this stands on, _makeSnapshot here and _loadSnapshot in the page, are experimental: the
// version is pinned, and static/fast-pyodide.mjs starts Pyodide without a snapshot wherever they fail.
import crypto from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { put, write } from "../written.mjs";

const [folder, bundle, modules, target] = process.argv.slice(2);

// The folders that are seen here are not the ones of a page, and Pyodide puts the first of sys.path in front once more.
const IMPORT = `
import gc, importlib, json, sys
for name in json.loads(names):
    importlib.import_module(name)
sys.path_importer_cache.clear()
sys.path.remove("")
del name, names
gc.collect()
`;

// No chance and no clock: else each build would make another snapshot of the same things, and every visitor download
// it. The page gives Python its own chance when it starts (static/fast-pyodide.mjs).
crypto.randomFillSync = globalThis.crypto.getRandomValues = (view) => view.fill(1);
Date.now = () => 0;
performance.now = () => 0;

async function make() {
  const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
  const pyodide = await loadPyodide({
    _makeSnapshot: true,
    env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
    // Python writes the path of its executable down; this machine's is nobody's business.
    _sysExecutable: "/usr/bin/python3",
  });
  put(pyodide.FS, JSON.parse(await readFile(bundle, "utf8")));
  pyodide.globals.set("names", await readFile(modules, "utf8"));
  pyodide.runPython(IMPORT);
  return pyodide.makeMemorySnapshot();
}

await write(target, make);
