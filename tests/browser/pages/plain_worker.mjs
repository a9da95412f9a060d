// Runs Python in a module worker, without PyScript: in the interpreter, and with the package, that a message names.
const start = {
  async "plain fast-pyodide"({ fastPyodide }) {
    const { loadPyodide } = await import(fastPyodide);
    return loadPyodide();
  },
  async "plain pyodide"({ pyodide, archive }) {
    const { loadPyodide } = await import(pyodide);
    const python = await loadPyodide();
    python.unpackArchive(await (await fetch(archive)).arrayBuffer(), "wheel");
    return python;
  },
  async "plain micropython"({ micropython, module }) {
    const { loadMicroPython } = await import(micropython);
    const python = await loadMicroPython({ heapsize: 8 << 20 });
    python.FS.writeFile("podio_web.mpy", new Uint8Array(await (await fetch(module)).arrayBuffer()));
    return python;
  },
};

onmessage = async ({ data }) => {
  try {
    const python = await start[data.kind](data);
    await python.runPythonAsync(data.source);
  } catch (problem) {
    postMessage(String(problem?.message ?? problem));
  }
};
