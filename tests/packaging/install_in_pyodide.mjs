// Installs wheels in Pyodide, as a page's `packages` does, and runs Python: node install_in_pyodide.mjs PYODIDE CODE WHEEL...
const [pyodide, code, ...wheels] = process.argv.slice(2);
const { loadPyodide } = await import(pyodide);
const python = await loadPyodide();
await python.loadPackage(wheels, { messageCallback() {} });
console.log(await python.runPythonAsync(code));
