// Runs Python in the interpreter of an npm package: node run_in_interpreter.mjs FOLDER RESULT, with a JSON object from
// stdin that has `files`, contents by paths, and `program`. Writes what the program leaves in /result to the file RESULT.
import { existsSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, result] = process.argv.slice(2);
const { files, program } = JSON.parse(readFileSync(0, "utf8"));
const isPyodide = existsSync(join(folder, "pyodide.mjs"));
const { loadPyodide, loadMicroPython } = await import(pathToFileURL(join(folder, isPyodide ? "pyodide.mjs" : "micropython.mjs")));
const python = await (isPyodide ? loadPyodide() : loadMicroPython({ heapsize: 8 << 20 }));
for (const [path, content] of Object.entries(files)) {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (parent) python.FS.mkdirTree(parent);
  python.FS.writeFile(path, content);
}
let code = 0;
try {
  python.runPython(program);
  writeFileSync(result, python.FS.readFile("/result"));
} catch (error) {
  writeSync(2, String(error.message).slice(-2000)); // its stack would quote a line of a hundred thousand characters
  code = 1;
}
process.exit(code); // Pyodide's event loop would keep node alive
