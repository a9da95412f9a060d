// Pyodide with podio_web in it, booted from a picture of its memory instead of from its first instruction:
//
//   <script type="py" config='{"interpreter": "./podio-web/fast-pyodide.mjs"}'> … </script>      with PyScript
//   const { loadPyodide } = await import("./podio-web/fast-pyodide.mjs");                        without
//
// A first visit starts Pyodide as usual: the snapshot would more than double what a slow line has to bring. When the
// page has come to rest, the snapshot is fetched for the next visit and kept in CacheStorage
// (https://w3c.github.io/ServiceWorker/#cache-interface). Whatever goes wrong with it, Pyodide starts without, and one
// line in the console says why. Either way `import podio_web` works at once, and needs no wheel.

const FILES = null; // podio-web build puts the addresses and integrity hashes here

export const version = FILES?.version;

const REST = 3000; // milliseconds after the start, for the page's own first requests
const PATIENCE = 20_000; // milliseconds that a start from the snapshot may take; half a second is usual
// Chance that is in the snapshot is the same for everybody.
const AWAKE = "import random; random.seed()";
const at = (url) => new URL(url, import.meta.url).href;
// One origin may hold several sites, and each tidies up after itself only.
const own = `podio-web:snapshot:${at(".")}:`;
const name = FILES?.snapshot && `${own}${version}:${FILES.snapshot.integrity}`;

// Pyodide takes these from the document, and an element with such a name would replace them
// (https://html.spec.whatwg.org/#dom-document-nameditem). While it starts, such an element loses its name.
const TAKEN = ["createElement", "head"];
const ofDocument = (name) => Reflect.get(Document.prototype, name, document);
const watcher = globalThis.document && new MutationObserver(freeNames);
freeNames();
watcher?.observe(document, { subtree: true, childList: true, attributeFilter: ["id", "name"] });

// Everything begins now, while PyScript is still getting ready.
const preloaded = FILES && preload();
let recalled = name && recall();

/** Starts Pyodide, with its own options; `indexURL` is this site's. Rejects only if the usual start fails too. */
export async function loadPyodide(options = {}) {
  try {
    return await start(options);
  } finally {
    watcher?.disconnect();
  }
}

async function start(options) {
  if (!FILES) throw new Error("This fast-pyodide.mjs knows no Pyodide: use the one that `podio-web build DIR` makes.");
  const { loadPyodide: load } = await preloaded;
  // Pyodide writes into the options that it is given, so each start has its own.
  const settings = () => ({ ...options, ...site() });
  const { memory, problem } = await remembered(options);
  if (memory) {
    try {
      const pyodide = await inTime(load({ ...settings(), _loadSnapshot: memory }));
      pyodide.runPython(AWAKE);
      whenAtRest(tidyUp);
      return pyodide;
    } catch (reason) {
      tell(reason);
      await caches.delete(name).catch(() => {});
    }
  } else if (problem) {
    tell(problem);
  }
  const sources = get(FILES.bundle).then((answer) => answer.json());
  sources.catch(() => {}); // it is awaited below, and may fail earlier
  const pyodide = await load(settings());
  await install(pyodide, sources);
  if (name && !memory && !problem && !navigator.connection?.saveData) whenAtRest(keep);
  return pyodide;
}

// What the snapshot knows and a page cannot change any more: the environment and the arguments of Python's start.
async function remembered({ env, args }) {
  if (!name) return {};
  if (env || args) return { problem: "env and args are for a Python that starts anew." };
  const early = recalled;
  recalled = null; // 31 MB are not to stay for as long as the page
  return early ?? recall();
}

async function recall() {
  try {
    const answer = await caches.match(at(FILES.snapshot.url), { cacheName: name });
    if (!answer) return {};
    let reading = checked(answer);
    reading.catch(() => {}); // Pyodide awaits it, and hands its failure on
    // Pyodide keeps its options, and would keep 31 MB with them: this hands them over once.
    const then = (...handlers) => {
      const promise = reading;
      reading = null;
      return promise.then(...handlers);
    };
    return { memory: { then } };
  } catch (problem) {
    return { problem }; // no secure context, or storage is blocked
  }
}

// Any script of the origin could have written what is kept, and a page runs it: it must be what the build has made.
async function checked(answer) {
  const memory = await answer.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", memory));
  const hash = `sha256-${btoa(String.fromCharCode(...digest))}`;
  if (hash !== FILES.snapshot.memory) throw new Error("what was kept of it is not what was built.");
  return new Uint8Array(memory);
}

async function keep() {
  try {
    const answer = await get(FILES.snapshot, { priority: "low" });
    const cache = await caches.open(name);
    await cache.put(at(FILES.snapshot.url), new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))));
    await tidyUp();
  } catch (problem) {
    tell(problem);
    await caches.delete(name).catch(() => {});
  }
}

// Snapshots of this site's earlier builds.
async function tidyUp() {
  for (const other of await caches.keys()) {
    if (other.startsWith(own) && other !== name) await caches.delete(other);
  }
}

function freeNames() {
  for (const name of watcher ? TAKEN : []) {
    if (document[name] === ofDocument(name)) continue;
    for (const attribute of ["id", "name"]) {
      for (const element of ofDocument("querySelectorAll").call(document, `[${attribute}="${name}"]`)) {
        Element.prototype.removeAttribute.call(element, attribute);
      }
    }
  }
}

async function install(pyodide, sources) {
  try {
    for (const [path, source] of Object.entries(await sources)) {
      pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
      pyodide.FS.writeFile(path, source);
    }
  } catch (problem) {
    console.warn(`podio-web: podio_web did not come along with Pyodide: ${problem.message}`);
  }
}

function site() {
  const { module, packages } = FILES;
  const indexURL = at(module.url).replace(/[^/]*$/, "");
  return packages ? { indexURL, packageBaseUrl: packages } : { indexURL };
}

async function get({ url, integrity }, options = {}) {
  const answer = await fetch(at(url), { integrity, ...options });
  if (!answer.ok) throw new Error(`${at(url)}: ${answer.status} ${answer.statusText}`);
  return answer;
}

// Pyodide asks for its parts one after another; the browser may have them all at once
// (https://html.spec.whatwg.org/multipage/links.html#link-type-preload).
function preload() {
  if (globalThis.document) {
    const { module, files } = FILES;
    link({ rel: "modulepreload", ...module });
    link({ rel: "modulepreload", ...files["pyodide.asm.mjs"] });
    // A preload is used only by a request that is just like it, and Pyodide's have no integrity.
    for (const part of ["pyodide.asm.wasm", "python_stdlib.zip"]) link({ rel: "preload", as: "fetch", url: files[part].url });
  }
  const module = import(at(FILES.module.url));
  module.catch(() => {}); // loadPyodide hands the failure on
  return module;
}

function link({ rel, as = "", url, integrity = "" }) {
  document.head.append(Object.assign(document.createElement("link"), { rel, as, href: at(url), integrity, crossOrigin: "anonymous" }));
}

// Where WebAssembly refuses the memory, Pyodide says so in the console and waits for ever.
function inTime(start) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("it did not start in time.")));
  return Promise.race([start, late]);
}

function whenAtRest(act) {
  const run = () => Promise.resolve(act()).catch(tell);
  setTimeout(() => (globalThis.requestIdleCallback ?? setTimeout)(run), REST);
}

function tell(problem) {
  console.warn(`podio-web: Pyodide goes without its snapshot: ${problem?.message ?? problem}`);
}
