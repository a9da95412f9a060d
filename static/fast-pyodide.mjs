// Pyodide with podio_web, started from a snapshot of its memory:
//
//   <script type="py" config='{"interpreter": "./podio-web/fast-pyodide.mjs"}'> … </script>      with PyScript
//   const { loadPyodide } = await import("./podio-web/fast-pyodide.mjs");                        without
//
// The first visit starts Pyodide as usual, because the snapshot would more than double the download. When the page is
// idle, the snapshot is fetched for the next visit and kept in CacheStorage
// (https://w3c.github.io/ServiceWorker/#cache-interface). If the snapshot fails, Pyodide starts without it, and one line
// in the console says why. In both cases `import podio_web` works at once, without a wheel.
//
// Every file of Pyodide must have its hash from the build. A file with another hash stops the start before it runs. This
// also works in a module worker. docs/workers.md says what a worker cannot check.

const FILES = null; // podio-web build puts the addresses and integrity hashes here

export const version = FILES?.version;

const REST = 3000; // milliseconds after startup, for the page's own first requests
const PATIENCE = 20_000; // milliseconds that a start from the snapshot may take; it usually takes 500
// The random state in the snapshot is the same for all visitors.
const AWAKE = "import random; random.seed()";
const at = (url) => new URL(url, import.meta.url).href;
// One origin may have several sites. Each removes only its own snapshots.
const own = `podio-web:snapshot:${at(".")}:`;
const name = FILES?.snapshot && `${own}${version}:${FILES.snapshot.integrity}`;

// Pyodide reads these properties of the document, and an element with such a name would replace them
// (https://html.spec.whatwg.org/#dom-document-nameditem). During startup the name is removed from such an element.
const TAKEN = ["createElement", "head"];
const ofDocument = (name) => Reflect.get(Document.prototype, name, document);
const watcher = globalThis.document && new MutationObserver(freeNames);
freeNames();
watcher?.observe(document, { subtree: true, childList: true, attributeFilter: ["id", "name"] });

class LoadError extends Error {
  name = "LoadError";

  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

let policy = null; // a policy of Trusted Types
// The URLs that the page's policy has blocked, each with its directive
// (https://www.w3.org/TR/CSP3/#securitypolicyviolationevent).
const blocked = new Map();
addEventListener("securitypolicyviolation", ({ blockedURI, disposition, effectiveDirective }) => {
  if (disposition === "enforce") blocked.set(blockedURI, effectiveDirective);
});

// Loading starts now, while PyScript is still starting. podio-web.js calls loadPyodide at once, with its own nonce.
let begun = FILES && !FILES.forScriptTag ? begin(ownNonce()) : null;
let recalled = name && recall();

/**
 * Starts Pyodide with Pyodide's own options, except `indexURL`, which is this site's. `nonce` is for a policy that requires
 * one. By default it is the nonce of the script element with this file. `parts` names optional parts of podio_web to load
 * too, such as ["files"]. Rejects if the usual start fails too. If a file
 * does not load, or a policy forbids it, the error is a LoadError, which has a `code`.
 */
export async function loadPyodide(options = {}) {
  try {
    return await boot(options);
  } finally {
    watcher?.disconnect();
  }
}

async function boot({ parts = [], ...options }) {
  if (!FILES) throw new LoadError("not_built", "This fast-pyodide.mjs is not built. Run podio-web build DIR, and use the file in DIR.");
  checkWebAssembly();
  const unknown = parts.find((part) => !FILES.parts?.[part]);
  if (unknown) throw new LoadError("wrong_argument", `There is no part "${unknown}" of podio_web.`);
  const added = parts.map((part) => sourcesOf(FILES.parts[part]));
  const { memory, problem } = await remembered(options);
  if (memory) {
    try {
      const pyodide = await inTime(start({ ...options, _loadSnapshot: memory }));
      pyodide.runPython(AWAKE);
      for (const sources of added) await install(pyodide, sources);
      whenAtRest(tidyUp);
      return pyodide;
    } catch (reason) {
      if (reason instanceof LoadError) throw reason;
      tell(reason);
      await caches.delete(name).catch(() => {});
    }
  } else if (problem) {
    tell(problem);
  }
  const sources = sourcesOf(FILES.bundle);
  const pyodide = await start(options);
  for (const each of [sources, ...added]) await install(pyodide, each);
  if (name && !memory && !problem && !navigator.connection?.saveData) whenAtRest(keep);
  return pyodide;
}

// Returns the snapshot, if it can be used. It includes the environment and the arguments of Python's start.
async function remembered({ env, args }) {
  if (!name) return {};
  if (env || args) return { problem: "the options env and args need a normal start." };
  const early = recalled;
  recalled = null; // so that the 31 MB can be released
  return early ?? recall();
}

async function recall() {
  try {
    const response = await caches.match(at(FILES.snapshot.url), { cacheName: name });
    if (!response) return {};
    let reading = checked(response);
    reading.catch(() => {}); // Pyodide awaits it, and reports its failure
    // Pyodide keeps its options, and would keep the 31 MB with them. So this passes the memory on once.
    const then = (...handlers) => {
      const promise = reading;
      reading = null;
      return promise.then(...handlers);
    };
    return { memory: { then } };
  } catch (problem) {
    return { problem }; // not a secure context, or storage is blocked
  }
}

// Any script of the origin can write to the cache, and a page runs the snapshot. So its hash must be that of the build.
async function checked(response) {
  const memory = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", memory));
  const hash = `sha256-${btoa(String.fromCharCode(...digest))}`;
  if (hash !== FILES.snapshot.memory) throw new Error("the cached snapshot is not the one that was built.");
  return new Uint8Array(memory);
}

async function keep() {
  try {
    const response = await get(FILES.snapshot, { priority: "low" });
    const cache = await caches.open(name);
    await cache.put(at(FILES.snapshot.url), new Response(response.body.pipeThrough(new DecompressionStream("gzip"))));
    await tidyUp();
  } catch (problem) {
    tell(problem);
    await caches.delete(name).catch(() => {});
  }
}

// Deletes the snapshots of this site's earlier builds.
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

function sourcesOf(file) {
  const sources = get(file).then((response) => response.json());
  sources.catch(() => {}); // it is awaited later, and may fail earlier
  return sources;
}

async function install(pyodide, sources) {
  try {
    for (const [path, source] of Object.entries(await sources)) {
      pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
      pyodide.FS.writeFile(path, source);
    }
  } catch (problem) {
    console.warn(`podio-web: podio_web could not be added to Pyodide: ${problem.message}`);
  }
}

// --- the files of Pyodide --------------------------------------------------------------------------------------

// If a page's policy blocks WebAssembly, Pyodide would wait forever.
function checkWebAssembly() {
  if (!globalThis.WebAssembly?.Module) {
    throw new LoadError("no_webassembly", "This browser has WebAssembly switched off. Allow it, or use another browser.");
  }
  try {
    new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); // an empty one
  } catch {
    throw new LoadError("wasm_blocked", "This page's policy blocks WebAssembly. Add 'wasm-unsafe-eval' to its script-src.");
  }
}

function ownNonce() {
  if (!globalThis.document) return "";
  const scripts = [...ofDocument("querySelectorAll").call(document, "script")];
  return scripts.find(({ src }) => src === import.meta.url)?.nonce ?? "";
}

// Loads all parts in parallel. Pyodide itself loads them one after the other.
function begin(nonce) {
  const { "pyodide.asm.mjs": program, "pyodide.asm.wasm": wasm, "python_stdlib.zip": library } = FILES.files;
  const parts = {
    module: run(FILES.module, nonce),
    program: run(program, nonce),
    wasm: get(wasm),
    library: get(library),
    lock: get(FILES.files["pyodide-lock.json"]).then((response) => response.text()),
  };
  parts.failed = new Promise((_, reject) => {
    for (const part of Object.values(parts)) part.catch(reject);
  });
  parts.failed.catch(() => {}); // `start` reports the failure
  return parts;
}

async function start({ nonce = ownNonce(), ...options }) {
  const parts = begun ?? begin(nonce);
  begun = null; // a response can be read once
  const { loadPyodide: load } = await parts.module;
  const indexURL = at(FILES.module.url).replace(/[^/]*$/, "");
  const ownLock = options.lockFileURL || options.lockFileContents;
  const handOver = handingOver({
    "pyodide.asm.wasm": parts.wasm,
    ...(options.stdLibURL ? {} : { "python_stdlib.zip": parts.library }),
  });
  const createPyodideModule = async (settings) => {
    handOver.end();
    return (await parts.program).default(settings);
  };
  const pyodide = load({
    packageBaseUrl: ownLock ? undefined : indexURL,
    ...options,
    ...(FILES.packages ? { packageBaseUrl: FILES.packages } : {}),
    ...(ownLock ? {} : { lockFileContents: orNever(parts.lock) }),
    indexURL,
    createPyodideModule,
  });
  try {
    return await Promise.race([pyodide, parts.failed]);
  } finally {
    handOver.stop();
  }
}

// If a part is missing, Pyodide would log that and wait forever. So it waits for this instead, and `start` fails.
const orNever = (part) => part.catch(() => new Promise(() => {}));

// Pyodide fetches these two files itself, without their hashes, and has no option for them. It does so before any other
// task can run. So `fetch` is replaced for that moment by a function that returns the responses with checked hashes.
function handingOver(responses) {
  const { fetch } = globalThis;
  const waiting = new Map(Object.entries(responses).map(([name, response]) => [at(FILES.files[name].url), response]));
  const handOut = (input, ...rest) => {
    const response = waiting.get(String(input));
    if (!response) return fetch(input, ...rest);
    waiting.delete(String(input));
    if (!waiting.size) stop();
    return orNever(response);
  };
  const stop = () => {
    if (globalThis.fetch === handOut) globalThis.fetch = fetch;
  };
  globalThis.fetch = handOut;
  return {
    stop,
    end() {
      stop();
      if (waiting.size) throw new LoadError("load_failed", `Pyodide did not use the checked copy of ${[...waiting.keys()]}.`);
    },
  };
}

async function ask(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    return null; // the browser does not tell the reason
  }
}

async function get(file, options = {}) {
  const response = await ask(at(file.url), { integrity: file.integrity, ...options });
  if (!response?.ok) throw await whyNot(file);
  return response;
}

// In a page a script element checks the hash, and import() then finds the module that it has run
// (https://html.spec.whatwg.org/#fetch-a-single-module-script, "moduleMap"). A worker can only check the file before the
// import. import() then gets the same file if the browser's cache or the server returns the same one.
async function run(file, nonce) {
  const url = at(file.url);
  if (globalThis.WorkerGlobalScope) {
    await (await get(file)).arrayBuffer();
    return import(url);
  }
  const script = ofDocument("createElement").call(document, "script");
  Object.assign(script, { type: "module", crossOrigin: "anonymous", integrity: file.integrity, nonce });
  try {
    script.src = trusted(url);
  } catch {
    throw new LoadError("trusted_types", `This page's policy blocks ${url}. Add podio-web-pyodide to its trusted-types.`);
  }
  const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }));
  ofDocument("head").append(script);
  await loaded.catch(async () => {
    throw await whyNot(file);
  });
  return import(url);
}

// If a page requires Trusted Types, a script needs a URL from a policy, which has a name. This policy is not accessible from
// outside (https://www.w3.org/TR/trusted-types/).
function trusted(url) {
  try {
    policy ??= trustedTypes.createPolicy("podio-web-pyodide", { createScriptURL: (address) => address });
    return policy.createScriptURL(url);
  } catch {
    return url; // the browser or the page has no Trusted Types
  }
}

// Fetches a file again that did not load, because the browser does not tell a page the reason.
async function whyNot(file) {
  const url = at(file.url);
  const response = await ask(url, { cache: "no-store" });
  await new Promise((resolve) => setTimeout(resolve, 99)); // the policy's event fires after the error
  if (blocked.has(url)) {
    return new LoadError("blocked_by_policy", `${url} is blocked by ${blocked.get(url)} of this page's policy. Allow it there.`);
  }
  if (!response) return new LoadError("unreachable", `${url} cannot be reached. Is this device online?`);
  if (!response.ok) {
    return new LoadError("missing_file", `${url} returned ${response.status}. Copy the whole folder that podio-web build made.`);
  }
  return new LoadError("wrong_integrity", `${url} is not the file that was built. Deploy the folder again, and clear its caches.`);
}

// If WebAssembly refuses the memory, Pyodide logs that and waits forever.
function inTime(start) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE, new Error("it did not start in time.")));
  return Promise.race([start, late]);
}

function whenAtRest(act) {
  const run = () => Promise.resolve(act()).catch(tell);
  setTimeout(() => (globalThis.requestIdleCallback ?? setTimeout)(run), REST);
}

function tell(problem) {
  console.warn(`podio-web: Pyodide starts without its snapshot: ${problem?.message ?? problem}`);
}
