// Compiles modules with Pyodide, under node, for pages that start the same Pyodide. podio_web/build/pyc.py runs it:
//
//   node pyc.mjs FOLDER_OF_PYODIDE SOURCES_JSON PYTHON COMPILED_JSON
//
// PYTHON is run with the sources in the working directory; its value is what is written.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, sources, python, target] = process.argv.slice(2);

async function make() {
  const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
  // Without a seed, sets of constants would have another order each time.
  const { FS, runPython } = await loadPyodide({ env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" } });
  for (const [path, source] of Object.entries(JSON.parse(await readFile(sources, "utf8")))) {
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, source);
  }
  return runPython(await readFile(python, "utf8"));
}

try {
  await writeFile(target, await make());
} catch (problem) {
  console.error(problem.message); // its stack would quote a line of a million characters
  process.exit(1);
}
process.exit(0); // Pyodide's event loop would keep node alive
