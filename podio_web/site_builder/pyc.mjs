// Compiles modules with Pyodide, under node, for pages that start the same Pyodide. podio_web/site_builder/pyc.py runs it:
//
//   node pyc.mjs FOLDER_OF_PYODIDE SOURCES_JSON PYTHON COMPILED_JSON
//
// PYTHON is run with the sources in the working directory; its value is what is written.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { put, write } from "./written.mjs";

const [folder, sources, python, target] = process.argv.slice(2);

async function make() {
  const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
  // Without a seed, sets of constants would have another order each time.
  const { FS, runPython } = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" } });
  put(FS, JSON.parse(await readFile(sources, "utf8")));
  return runPython(await readFile(python, "utf8"));
}

await write(target, make);
