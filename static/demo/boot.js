// Brings Python into the page and shows how far it is. Everything after that is in main.py.
//
// PyScript says nothing when a file is missing or the script fails, so this file
// 1. downloads each file once, counting bytes, which fills the browser's cache and names what is missing;
// 2. starts PyScript and follows its progress events;
// 3. waits for main.py to say that it is ready, and explains the silence when it does not.

const MODULES = ["page.py", "items.py", "notices.py", "problems.py", "conditions.py", "attachments.py", "changes.py", "workspace.py"];
const ENTRY = "static/demo/main.py";
const DOWNLOAD_SHARE = 60; // percent of the bar; the rest is PyScript's and Python's start
const STEPS = {
  "Loading Pyodide": [64, "Starting Pyodide"],
  "Loading interpreter": [68, "Starting Pyodide, which takes a few seconds"],
  "Loaded interpreter": [86, "Pyodide runs"],
  "Loading MicroPython": [70, "Starting MicroPython"],
  "Loading files": [90, "Unpacking podio_web"],
  "Loaded files": [94, "podio_web is there"],
  "Loaded Pyodide": [96, "Running the page's Python"],
  "Loaded MicroPython": [96, "Running the page's Python"],
};
const ADVICE = {
  files: "Run “make demo” in the checkout: it downloads what is missing. Then load the page again.",
  script: "The details below name the line. Correct it, then load the page again.",
  folder: "Load the page again. If that does not help, the server does not have the whole folder of the demo.",
  slow: "The page keeps waiting. If your connection is slow, give it time; else load the page again, or try the other interpreter.",
};

const find = (id) => document.getElementById(id);
const wantsMicroPython = new URLSearchParams(location.search).get("interpreter") === "mpy";
let type = wantsMicroPython ? "mpy" : "py";
let names = wantsMicroPython ? ["MicroPython", "Pyodide"] : ["Pyodide", "MicroPython"];
const otherAddress = wantsMicroPython ? "?interpreter=pyodide" : "?interpreter=mpy";

let missing = ADVICE.files;
let ready = false;
let watchdog;
let patience = 45_000; // milliseconds without any progress before the page says so

function show(percent, text) {
  find("boot-progress").value = Math.max(find("boot-progress").value, percent);
  if (text) find("boot-status").textContent = text;
  clearTimeout(watchdog);
  watchdog = setTimeout(
    () => fail(`Nothing has moved for ${patience / 1000} seconds.`, ADVICE.slow, find("boot-status").textContent),
    patience,
  );
}

function fail(what, advice, details) {
  if (ready) return;
  clearTimeout(watchdog);
  if (!find("boot-error").hidden) return; // the first failure explains the others
  find("boot").hidden = true;
  find("boot-error-what").textContent = what;
  find("boot-error-advice").textContent = advice;
  find("boot-error-details").textContent = String(details);
  find("boot-error").hidden = false;
}

function finish() {
  ready = true;
  clearTimeout(watchdog);
  find("boot-progress").value = 100;
  find("boot").hidden = true;
  find("boot-error").hidden = true; // a late start is a start
}

async function get(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  return response;
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

// files: [{url, bytes}], where bytes is 0 if nobody knows; one byte then stands for the whole file.
async function download(files) {
  const total = files.reduce((sum, { bytes }) => sum + Math.max(bytes, 1), 0);
  let received = 0;
  await Promise.all(files.map(async ({ url, bytes }) => {
    const reader = (await get(url)).body.getReader();
    let left = Math.max(bytes, 1);
    const advance = (count) => {
      received += count;
      left -= count;
      show((received / total) * DOWNLOAD_SHARE, `Downloading ${names[0]}: ${megabytes(received)} of ${megabytes(total)} MB`);
    };
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      advance(Math.min(part.value.length, left));
    }
    advance(left);
  }));
}

// How Python comes into the page: from the folder that `podio-web build` made, or else as npm has it.
function wayFor({ site, interpreters, archive, parts, downloads }) {
  const usual = { core: "vendor/pyscript/core.js", interpreter: interpreters?.[type], archive, parts, downloads: downloads?.[type] ?? [] };
  return site?.[type] ?? usual;
}

// The archives of podio_web: the package, which the fast interpreter brings along, and its parts.
const archivesOf = ({ archive, parts }) => [...(archive ? [archive] : []), parts.files, parts.live];

// A demo without a server has the sandbox as one more archive, and a module that starts it. MicroPython cannot run it.
function runSandboxHere(archive, way) {
  MODULES.push("local_podio.py");
  way.downloads.push(archive);
  way.sandbox = archive.url;
  // Only for the sign-in window without a network. Private windows may have no service workers.
  navigator.serviceWorker?.register("worker.js").catch(() => {});
}

function usePyodideOnly() {
  [type, names] = ["py", ["Pyodide", "MicroPython"]];
  missing = ADVICE.folder;
  find("switch-interpreter").hidden = find("boot-other").hidden = true;
}

// PyScript reads this from the script tag's "config" attribute.
function pyscriptConfig(way) {
  const files = {};
  for (const archive of archivesOf(way)) files[`./${archive}`] = "./*";
  if (way.sandbox) files[`./${way.sandbox}`] = "./*";
  for (const module of MODULES) files[`static/demo/${module}`] = module;
  return { interpreter: way.interpreter, files, plugins: ["!error"] };
}

function follow() {
  document.documentElement.dataset.boot = type;
  find("interpreter").textContent = names[0];
  find("switch-interpreter").textContent = `Switch to ${names[1]}`;
  find("switch-interpreter").href = find("boot-other").href = otherAddress;
  find("boot-other").textContent = `Try ${names[1]}`;
  addEventListener(`${type}:progress`, ({ detail }) => show(...(STEPS[detail] ?? [0])));
  document.addEventListener(`${type}:ready`, () => show(97, "Running the page's Python"));
  document.addEventListener(`${type}:done`, () => {
    // Fires after a crash as well, and a moment before the ready event of a script that is well.
    if (!window.podioDemoReady) fail("The page's Python ended before it was ready.", ADVICE.script, "See the console.");
  });
}

async function start() {
  document.documentElement.dataset.boot = type;
  find("boot-again").addEventListener("click", () => location.reload());
  addEventListener("podio-demo-ready", finish, { once: true });
  addEventListener("unhandledrejection", ({ reason }) =>
    fail("The interpreter could not be started.", missing, reason?.message ?? reason));
  show(1);

  try {
    const config = await (await get("config.json")).json();
    patience = 1000 * (config.patience ?? patience / 1000);
    if (config.sandbox) usePyodideOnly();
    follow();
    const way = wayFor(config);
    if (config.sandbox) runSandboxHere(config.sandbox, way);
    const own = [ENTRY, ...MODULES.map((name) => `static/demo/${name}`), ...archivesOf(way)];
    await download([...own.map((url) => ({ url, bytes: 0 })), ...way.downloads]);
    show(DOWNLOAD_SHARE, "Starting PyScript");

    const script = document.createElement("script");
    script.type = type;
    script.src = ENTRY;
    script.setAttribute("config", JSON.stringify(pyscriptConfig(way)));
    document.body.append(script);
    const { hooks } = await import(new URL(way.core, document.baseURI));

    // For workers, of which there are none here, PyScript would make a function from text, and the page's
    // Content-Security-Policy forbids that: docs/integrating.md.
    hooks.worker.onBeforeRunAsync.clear();

    // The only place where an exception of main.py passes by: PyScript itself just writes it to the console.
    hooks.main.onReady.add(({ io }) => {
      const { stderr } = io;
      io.stderr = (error, ...rest) => {
        if (error instanceof Error) fail("The page's Python stopped with an error.", ADVICE.script, error.message);
        return stderr(error, ...rest);
      };
    });
  } catch (error) {
    fail("A file that the page needs did not load.", missing, error.message);
  }
}

start();
