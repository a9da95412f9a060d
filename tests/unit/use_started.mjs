// Runs Python in a MicroPython that has started already:
//
//   node use_started.mjs FOLDER_OF_MICROPYTHON WASM PROGRAM
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, wasm, program] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(join(folder, "micropython.mjs")));
const python = await loadMicroPython({ url: wasm, linebuffer: true, stdout: (line) => console.log(line) });
python.runPython(await readFile(program, "utf8"));
