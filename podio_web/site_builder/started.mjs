// Starts MicroPython once, under node, and writes what is in its memory then. podio_web/site_builder/started.py runs it:
//
//   node started.mjs FOLDER_OF_MICROPYTHON MODULES_JSON PYTHON MEMORY
//
// MODULES_JSON holds modules by their paths, in base64; PYTHON finds them in the working directory.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { put, write } from "./written.mjs";

const [folder, modules, python, target] = process.argv.slice(2);
const HEAP = 4 << 20; // bytes that MicroPython has before it asks for more, which costs a page more than having them

const FREE = 1 << 16; // bytes; more than PYTHON has
const BLOCK = 16; // bytes, in which MicroPython gives out its memory

// micropython.mjs keeps the WebAssembly's exports to itself.
let exports;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...given) => {
  const result = await instantiate(...given);
  ({ exports } = result.instance);
  return result;
};

// Zeros all blocks that nothing is in any more: more than a quarter of the heap. The lines are those of
// https://docs.micropython.org/en/latest/library/micropython.html#micropython.mem_info, with a letter for each block.
function zeroFreeBlocks(memory, lines) {
  const all = lines.join("\n");
  const [total, ...others] = [...all.matchAll(/^GC: total: (\d+)/gm)].map((found) => Number(found[1]));
  const [heap, ...more] = [...all.matchAll(/^GC memory layout; from ([\da-f]+):$/gm)].map((found) => parseInt(found[1], 16));
  if (!total || !heap || others.length || more.length) throw new Error("MicroPython tells in another way what is free");
  const used = memory.slice(heap, heap + total);
  memory.fill(0, heap, heap + total);
  for (const [, offset, letters] of all.matchAll(/^([\da-f]{8}): (\S+)$/gm)) {
    const first = parseInt(offset, 16);
    [...letters].forEach((letter, at) => {
      const start = first + at * BLOCK;
      if (letter !== ".") memory.set(used.subarray(start, start + BLOCK), heap + start);
    });
  }
}

async function make() {
  const { loadMicroPython } = await import(pathToFileURL(join(folder, "micropython.mjs")));
  const lines = [];
  const stdout = (line) => lines.push(line);
  const { FS, _module, runPython } = await loadMicroPython({ heapsize: HEAP, linebuffer: true, stdout });
  const files = Object.entries(JSON.parse(await readFile(modules, "utf8")));
  put(FS, Object.fromEntries(files.map(([path, content]) => [path, Buffer.from(content, "base64")])));
  runPython(await readFile(python, "utf8"));
  // The page's JavaScript has a table of what Python knows of it, and that begins with globalThis and undefined.
  if (globalThis.proxy_js_ref.length > 2) throw new Error("a module keeps something of JavaScript's when it is imported");
  const memory = new Uint8Array(exports.memory.buffer);
  // What calls have left below the top of the stack, and where their texts were, is of no use to anybody.
  memory.fill(0, exports.emscripten_stack_get_end(), exports.emscripten_stack_get_current());
  const free = _module._malloc(FREE);
  memory.fill(0, free, free + FREE);
  _module._free(free);
  lines.length = 0;
  runPython("__import__('gc').collect()\n__import__('micropython').mem_info(1)");
  zeroFreeBlocks(memory, lines);
  return memory;
}

await write(target, make);
