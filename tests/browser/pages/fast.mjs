// Leaves the interpreter in window.pyodide, or what went wrong in window.failed.
const wanted = new URLSearchParams(location.search);
const interpreter = "/podio-web/fast-pyodide.mjs";

async function start() {
  if (!wanted.has("pyscript")) {
    const { loadPyodide } = await import(interpreter);
    return loadPyodide(JSON.parse(wanted.get("options") ?? "{}"));
  }
  const script = document.createElement("script");
  script.type = "py";
  script.textContent = "pass"; // what a start has left behind is for the test to ask
  script.setAttribute("config", JSON.stringify({ interpreter }));
  document.body.append(script);
  const { hooks } = await import("/vendor/pyscript/core.js");
  return new Promise((resolve) => hooks.main.onReady.add(({ interpreter: pyodide }) => resolve(pyodide)));
}

try {
  window.pyodide = await start();
} catch (problem) {
  window.failed = String(problem);
}
