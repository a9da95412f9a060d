// Minifies one script under node. podio_web/site_builder/scripts.py runs it:
//
//   node minify.mjs FOLDER_OF_TERSER SCRIPT CHECKS_JSON TARGET
//
// CHECKS_JSON names functions that only check something: calls whose results nothing takes are left out.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { write } from "./written.mjs";

const [folder, script, checks, target] = process.argv.slice(2);

// Browsers compile a function in parentheses while they download it (podio_web/site_builder/micropython/loader.py).
const EARLY = /\bconst \w+=\(async function\(/g;

function asyncFunctions(ast) {
  const found = [];
  const visit = (node, descend) => {
    if (node.TYPE === "Function" && node.async) found.push(node);
    descend?.call(node);
  };
  ast.walk({ _visit: visit, push() {}, pop() {} });
  return found;
}

await write(target, async () => {
  const { minify } = (await import(pathToFileURL(join(folder, "bundle.min.js")).href)).default;
  const pure_funcs = JSON.parse(await readFile(checks, "utf8"));
  // Names of properties and classes stay, because pages see them. A checked script has no getters with an effect. What is
  // to be compiled early must not be moved into another function.
  const options = {
    module: script.endsWith(".mjs"),
    ecma: 2020,
    compress: { passes: 3, pure_funcs, pure_getters: pure_funcs.length > 0, reduce_funcs: !pure_funcs.length },
    keep_classnames: true,
    format: { comments: /@license|@preserve|^!/ },
  };
  const source = await readFile(script, "utf8");
  const { code } = await minify(source, options);
  const early = source.match(EARLY)?.length ?? 0;
  if (!early) return code;
  // The minifier takes such parentheses away, so they are put back around as many functions, the longest ones.
  const { ast } = await minify(code, { ...options, compress: false, mangle: false, format: { ast: true, code: false } });
  const length = ({ start, end }) => end.pos - start.pos;
  const functions = asyncFunctions(ast).sort((a, b) => length(b) - length(a)).slice(0, early);
  if (functions.length !== early) throw new Error(`${functions.length} of ${early} functions are still there`);
  const marks = functions.flatMap(({ start, end }) => [[start.pos, "("], [end.pos + 1, ")"]]);
  return marks.sort(([a], [b]) => b - a).reduce((text, [at, mark]) => text.slice(0, at) + mark + text.slice(at), code);
});
