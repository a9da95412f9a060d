// Compiles Python in MicroPython: a JSON object of paths and sources from stdin, the folder of MicroPython as argument.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(join(folder, "micropython.mjs")));
const micropython = await loadMicroPython({ url: join(folder, "micropython.wasm") });
micropython.globals.set("sources", readFileSync(0, "utf8"));
micropython.runPython(`
import json
for path, source in json.loads(sources).items():
    compile(source, path, "exec")
`);
