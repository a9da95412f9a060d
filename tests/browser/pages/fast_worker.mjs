// Starts Pyodide in a worker; tells what Python finds, or what went wrong.
try {
  const { loadPyodide } = await import("/podio-web/fast-pyodide.mjs");
  const pyodide = await loadPyodide();
  postMessage({ version: pyodide.runPython("import podio_web; podio_web.__version__") });
} catch (problem) {
  postMessage({ failed: String(problem) });
}
