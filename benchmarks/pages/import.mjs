// Imports podio_web once in a new interpreter, and prints how long that took: node import.mjs INTERPRETER_MODULE SOURCES
//
// SOURCES is a file with the modules by their paths, as JSON. The times are in milliseconds: on the clock, and of the
// processor.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

const [module, sources] = process.argv.slice(2);
const { loadPyodide, loadMicroPython } = await import(pathToFileURL(module));
const python = loadPyodide
  ? await loadPyodide({ indexURL: `${dirname(module)}/` })
  : await loadMicroPython({ heapsize: 8 << 20 });
const folders = new Set();
for (const [path, text] of Object.entries(JSON.parse(readFileSync(sources, "utf8")))) {
  path.split("/").slice(0, -1).reduce((parent, name) => {
    const folder = `${parent}/${name}`;
    if (!folders.has(folder)) python.FS.mkdir(folder);
    folders.add(folder);
    return folder;
  }, "");
  python.FS.writeFile(`/${path}`, text);
}
python.runPython("import sys\nsys.path.insert(0, '/')");
const [began, used] = [performance.now(), process.cpuUsage()];
python.runPython("import podio_web");
const { user, system } = process.cpuUsage(used);
console.log(JSON.stringify([performance.now() - began, (user + system) / 1000]));
process.exit(0); // Pyodide's event loop would keep node alive
