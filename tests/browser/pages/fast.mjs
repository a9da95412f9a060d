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

function startInWorker() {
  const worker = new Worker("fast_worker.mjs", { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data === "ran") window.ran = true;
      else if (data.failed) reject(data.failed);
      else resolve(data);
    };
    worker.onerror = (event) => reject(event.message);
  });
}

try {
  window.pyodide = await (wanted.get("place") === "worker" ? startInWorker() : start());
} catch (problem) {
  window.failed = String(problem);
}
