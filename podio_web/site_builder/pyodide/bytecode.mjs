// Compiles modules with Pyodide, under node, for pages that start the same Pyodide. podio_web/site_builder/pyodide/snapshot.py runs it:
//
//   node bytecode.mjs FOLDER_OF_PYODIDE SOURCES_JSON COMPILED_JSON
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { put, write } from "../written.mjs";

const [folder, sources, target] = process.argv.slice(2);

// Unchecked: what unpacks a wheel sets the times of its files, and the bytecode of a wheel is that of its sources.
const COMPILE = `
import base64, json, py_compile
compiled = {}
for path in json.loads(paths):
    cached = py_compile.compile(path, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    with open(cached, "rb") as file:
        compiled[cached] = base64.b64encode(file.read()).decode()
json.dumps(compiled)
`;

async function make() {
  const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
  // Without a seed, sets of constants would have another order each time.
  const { FS, globals, runPython } = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" } });
  const files = JSON.parse(await readFile(sources, "utf8"));
  put(FS, files);
  globals.set("paths", JSON.stringify(Object.keys(files)));
  return runPython(COMPILE);
}

await write(target, make);
