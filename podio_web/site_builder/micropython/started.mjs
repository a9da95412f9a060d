// Starts MicroPython once, under node, and links what is in its memory then to its own code. started.py runs it:
//
//   node started.mjs FOLDER_OF_MICROPYTHON FOLDER_OF_BINARYEN MODULES_JSON PYTHON INVOKE_WAT WASM
//
// MODULES_JSON is as files_as_json of podio_web/site_builder/bundle.py writes it; PYTHON finds its files in the working
// directory.
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { put, write } from "../written.mjs";

const [folder, binaryen, modules, python, invoke, target] = process.argv.slice(2);

const HEAP = 4 << 20; // bytes that MicroPython has before it asks for more, which costs a page more than having them
const PAGE = 65_536; // bytes, the unit of a memory's size
const FREE = 1 << 16; // bytes; more than PYTHON has
const BLOCK = 16; // bytes, in which MicroPython gives out its memory

// What MicroPython's own loader calls before it hands the interpreter over: all of it is in memory already.
const ALREADY_CALLED = ["__wasm_call_ctors", "mp_js_init", "proxy_c_init"];
// Packing would divide the memory at each gap. No function of MicroPython's ends in a trap on purpose.
const SMALL = ["-Oz", "--traps-never-happen", "--skip-pass=memory-packing"];
// What the loader does without: the sources of its own functions, the console, and what invoke.wat exports.
const UNUSED = ["__em_js__*", "__start_em_js", "__stop_em_js", "mp_js_repl_*", "invoke_*", "_emscripten_throw_longjmp"];

// micropython.mjs keeps the WebAssembly's exports to itself.
let exports, size;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...given) => {
  const result = await instantiate(...given);
  ({ exports } = result.instance);
  size = exports.memory.buffer.byteLength;
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

// Returns the memory of a MicroPython that has started and run PYTHON.
async function started() {
  const { loadMicroPython } = await import(pathToFileURL(join(folder, "micropython.mjs")));
  const lines = [];
  const stdout = (line) => lines.push(line);
  const { FS, _module, runPython } = await loadMicroPython({ heapsize: HEAP, linebuffer: true, stdout });
  const files = Object.entries(JSON.parse(await readFile(modules, "utf8")));
  const encoding = (path) => (path.endsWith(".mpy") ? "latin1" : "utf8");
  put(FS, Object.fromEntries(files.map(([path, content]) => [path, Buffer.from(content, encoding(path))])));
  runPython(await readFile(python, "utf8"));
  // The page's JavaScript has a table of what Python knows of it, and that begins with globalThis and undefined.
  if (globalThis.proxy_js_ref.length > 2) throw new Error("a module keeps something of JavaScript's when it is imported");
  const memory = new Uint8Array(exports.memory.buffer);
  if (memory.length !== size) throw new Error("MicroPython has asked for more memory, which a page would not have");
  // What calls have left below the top of the stack, where their texts were, and Emscripten's copy of the sources of
  // JavaScript functions are of no use to anybody.
  memory.fill(0, exports.emscripten_stack_get_end(), exports.emscripten_stack_get_current());
  const free = _module._malloc(FREE);
  memory.fill(0, free, free + FREE);
  _module._free(free);
  memory.fill(0, exports.__start_em_js.value, exports.__stop_em_js.value);
  lines.length = 0;
  runPython("__import__('gc').collect()\n__import__('micropython').mem_info(1)");
  zeroFreeBlocks(memory, lines);
  return memory;
}

// Returns a module that fills the memory, and does nothing where there is nothing to do any more. Zeros compress to next
// to nothing, and a segment's address does not: only long gaps divide one from the next.
function filling(memory) {
  const text = Buffer.from(memory).toString("latin1");
  const segments = [...text.matchAll(/[^\0]+(?:\0{1,399}[^\0]+)*/g)].map(({ 0: content, index }) => {
    const bytes = Buffer.from(content, "latin1").toString("hex").replace(/../g, "\\$&");
    return `(data (i32.const ${index}) "${bytes}")`;
  });
  const functions = ALREADY_CALLED.map((name) => `(func (export "${name}"))`);
  return `(module (import "micropython" "memory" (memory ${size / PAGE})) ${[...functions, ...segments].join("\n")})`;
}

async function linked(memory) {
  const missing = ALREADY_CALLED.filter((name) => !exports[name]);
  if (missing.length) throw new Error(`MicroPython exports no ${missing}`);
  const [code, snapshot, all] = ["code.wasm", "snapshot.wat", "all.wasm"].map((name) => join(dirname(target), name));
  const run = (tool, ...given) => execFileSync(process.execPath, [join(binaryen, tool), ...given]);
  const without = (names) => names.map((name) => `--remove-exports=${name}`);
  await writeFile(snapshot, filling(memory));
  run("wasm-opt", join(folder, "micropython.wasm"), "--remove-memory-init", ...without(ALREADY_CALLED), "-o", code);
  const parts = [code, "micropython", invoke, "env", snapshot, "snapshot"];
  run("wasm-merge", ...parts, "--enable-exception-handling", "-o", all);
  run("wasm-opt", all, "--enable-exception-handling", ...without(UNUSED), ...SMALL, "-o", all);
  const wasm = await readFile(all);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map(({ module, name }) => `${module} ${name}`);
  const unknown = imports.filter((name) => /^micropython |^env (invoke_|_emscripten_throw)/.test(name));
  if (unknown.length) throw new Error(`invoke.wat does not fit MicroPython any more: ${unknown}`);
  return wasm;
}

await write(target, async () => linked(await started()));
