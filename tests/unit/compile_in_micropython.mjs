// Compiles Python in MicroPython: node compile_in_micropython.mjs FOLDER_OF_MICROPYTHON, with a JSON object of paths and
// sources from stdin.
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(join(folder, "micropython.mjs")));
const micropython = await loadMicroPython({ url: join(folder, "micropython.wasm"), heapsize: 4 * 1024 * 1024 });
micropython.globals.set("sources", readFileSync(0, "utf8"));
try {
  micropython.runPython(`
import json
for path, source in json.loads(sources).items():
    compile(source, path, "exec")
`);
} catch (error) {
  // Not left to node: it would print a megabyte of the interpreter's source first, and not always to its end.
  writeSync(2, error.message);
  process.exitCode = 1;
}
