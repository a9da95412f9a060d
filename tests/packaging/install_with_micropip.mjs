// Installs a wheel with micropip, and runs Python: node install_with_micropip.mjs PYODIDE CODE WHEEL MICROPIP...
import { readFileSync } from "node:fs";
import { basename } from "node:path";

const [pyodide, code, wheel, ...micropip] = process.argv.slice(2);
const { loadPyodide } = await import(pyodide);
const python = await loadPyodide();
await python.loadPackage(micropip, { messageCallback() {} });
const path = `/tmp/${basename(wheel)}`;
python.FS.writeFile(path, readFileSync(wheel));
await python.pyimport("micropip").install(`emfs:${path}`);
console.log(await python.runPythonAsync(code));
