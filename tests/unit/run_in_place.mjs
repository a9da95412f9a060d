// Runs Python in interpreters under node, in places that are made one after another:
//
//   node run_in_place.mjs INTERPRETER_MODULE OPTIONS SOURCES PROGRAM PLACES
//
// OPTIONS are the interpreter's, as JSON. SOURCES holds modules by their paths, PLACES the JavaScript that makes each
// place, by its name; both are files of JSON. The file PROGRAM runs once in each place, may await, and prints.
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

// Node would show the whole source of the interpreter.
process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});

const [module, options, ...files] = process.argv.slice(2);
const [sources, program, places] = await Promise.all(files.map((file) => readFile(file, "utf8")));
const { loadPyodide, loadMicroPython } = await import(pathToFileURL(module));
const given = { ...JSON.parse(options), stdout: (line) => console.log(line) };
const python = loadPyodide
  ? await loadPyodide({ ...given, indexURL: `${dirname(module)}/` })
  : await loadMicroPython({ ...given, linebuffer: true, heapsize: 8 << 20 });
for (const [path, source] of Object.entries(JSON.parse(sources))) {
  const folders = path.split("/").slice(0, -1);
  folders.forEach((_, end) => {
    const folder = folders.slice(0, end + 1).join("/");
    if (!python.FS.analyzePath(folder).exists) python.FS.mkdir(folder);
  });
  python.FS.writeFile(path, source);
}
const real = Object.getOwnPropertyDescriptors(globalThis);
for (const [name, javascript] of Object.entries(JSON.parse(places))) {
  new Function(javascript)();
  globalThis.place = name;
  await python.runPythonAsync(program);
  for (const key of Object.keys(Object.getOwnPropertyDescriptors(globalThis))) if (!real[key]) delete globalThis[key];
  for (const key of ["fetch", "crypto"]) Object.defineProperty(globalThis, key, real[key]);
}
