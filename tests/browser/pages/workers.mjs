// Leaves what the worker tells, a JSON text, in window.told, or what went wrong in window.failed.
const { kind, api, token } = Object.fromEntries(new URLSearchParams(location.search));
const fail = (problem) => { window.failed ??= String(problem?.message ?? problem); };
addEventListener("error", (event) => fail(event.message));
addEventListener("unhandledrejection", (event) => fail(event.reason));
new BroadcastChannel("workers").onmessage = ({ data }) => { window.told = data; };

const here = (path) => new URL(path, `${location.origin}/`).href;
const config = await (await fetch("/config.json")).json();
const site = await (await fetch("/podio-web/podio-web.manifest.json")).json();
const source = `API, TOKEN = ${JSON.stringify(api)}, ${JSON.stringify(token)}\n${await (await fetch("work.py")).text()}`;

function inPlainWorker() {
  const worker = new Worker("plain_worker.mjs", { type: "module" });
  worker.onerror = fail;
  worker.onmessage = ({ data }) => fail(data);
  worker.postMessage({
    kind, source,
    pyodide: here("vendor/pyodide/pyodide.mjs"),
    fastPyodide: here("podio-web/fast-pyodide.mjs"),
    micropython: here(config.interpreters.mpy),
    archive: here(config.archive),
    module: here(`podio-web/${site.module.url}`),
  });
}

async function inPyScript(type, own = {}) {
  const script = document.createElement("script");
  script.type = type;
  const interpreter = here(config.interpreters[type === "mpy" ? "mpy" : "py"]);
  // In an isolated page in Firefox, PyScript's MicroPython sometimes waits for ever for a worker that unpacks archives.
  const files = type === "mpy" && crossOriginIsolated
    ? { [here(`podio-web/${site.module.url}`)]: "./podio_web.mpy" }
    : { [here(config.archive)]: "./*" };
  const settings = { files, interpreter, ...own };
  if (!crossOriginIsolated) settings.sync_main_only = true;
  script.setAttribute("config", JSON.stringify(settings));
  script.textContent = source;
  if (type.endsWith("-editor")) script.setAttribute("env", "editor");
  else script.setAttribute("worker", "");
  document.body.append(script);
  await import("/vendor/pyscript/core.js");
  if (type.endsWith("-editor")) {
    const button = await new Promise((resolve) => {
      const look = () => document.querySelector(".py-editor-run-button");
      new MutationObserver(() => look() && resolve(look())).observe(document, { childList: true, subtree: true });
      if (look()) resolve(look());
    });
    button.click();
  }
}

await {
  "script py": () => inPyScript("py"),
  "script mpy": () => inPyScript("mpy"),
  "script fast-pyodide": () => inPyScript("py", { files: {}, interpreter: here("podio-web/fast-pyodide.mjs") }),
  editor: () => inPyScript("py-editor"),
}[kind]?.();
if (kind.startsWith("plain ")) inPlainWorker();
