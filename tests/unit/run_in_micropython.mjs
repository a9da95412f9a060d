// Runs Python in MicroPython, with an image of a file system at /rom, or with files in the working directory:
//
//   node run_in_micropython.mjs FOLDER_OF_MICROPYTHON IMAGE PROGRAM FILE...
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, image, program, ...files] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(join(folder, "micropython.mjs")));
const romfs = files.length ? undefined : new Uint8Array(await readFile(image));
// The loader of a script tag is handed its WebAssembly.
const instantiateWasm = (imports, receive) => {
  readFile(join(folder, "micropython.wasm")).then((wasm) => WebAssembly.instantiate(wasm, imports))
    .then(({ instance }) => receive(instance));
};
const python = await loadMicroPython({ romfs, module: { instantiateWasm }, linebuffer: true, stdout: (line) => console.log(line) });
for (const file of files) python.FS.writeFile(basename(file), await readFile(file));
python.runPython(await readFile(program, "utf8"));
