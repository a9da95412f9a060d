// Pyodide with podio_web in it, booted from a picture of its memory instead of from its first instruction:
//
//   <script type="py" config='{"interpreter": "./podio-web/fast-pyodide.mjs"}'> … </script>      with PyScript
//   const { loadPyodide } = await import("./podio-web/fast-pyodide.mjs");                        without
//
// A first visit starts Pyodide as usual: the snapshot would more than double what a slow line has to bring. When the
// page has come to rest, the snapshot is fetched for the next visit and kept in CacheStorage
// (https://w3c.github.io/ServiceWorker/#cache-interface). If anything goes wrong with it, Pyodide starts without, and one
// line in the console says why. Either way `import podio_web` works at once, and needs no wheel.
//
// Every file of Pyodide must have the hash that the build knew. A file that has another one stops the start before
// anything of it runs. In a module worker too; docs/workers.md says what a worker cannot check.

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

class LoadError extends Error {
  name = "LoadError";

  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

let policy = null; // what Trusted Types call one
// What the page's policy has blocked: directives by addresses
// (https://www.w3.org/TR/CSP3/#securitypolicyviolationevent).
const blocked = new Map();
addEventListener("securitypolicyviolation", ({ blockedURI, disposition, effectiveDirective }) => {
  if (disposition === "enforce") blocked.set(blockedURI, effectiveDirective);
});

// Everything begins now, while PyScript is still getting ready. podio-web.js asks at once, and with its own nonce.
let begun = FILES && !FILES.forScriptTag ? begin(ownNonce()) : null;
let recalled = name && recall();

/**
 * Starts Pyodide, with its own options; `indexURL` is this site's. `nonce` is for a policy that asks scripts for one. When
 * left out, it is that of the script element with this file. Rejects only if the usual start fails too: with a LoadError,
 * which has a `code`, if a file does not load or a policy forbids it.
 */
export async function loadPyodide(options = {}) {
  try {
    return await boot(options);
  } finally {
    watcher?.disconnect();
  }
}

async function boot(options) {
  if (!FILES) throw new LoadError("not_built", "This fast-pyodide.mjs knows no Pyodide: use the one that `podio-web build DIR` makes.");
  checkWebAssembly();
  const { memory, problem } = await remembered(options);
  if (memory) {
    try {
      const pyodide = await inTime(start({ ...options, _loadSnapshot: memory }));
      pyodide.runPython(AWAKE);
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
  const sources = get(FILES.bundle).then((answer) => answer.json());
  sources.catch(() => {}); // it is awaited below, and may fail earlier
  const pyodide = await start(options);
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

// --- the files of Pyodide --------------------------------------------------------------------------------------

// Where a page's policy blocks WebAssembly, Pyodide would wait for ever.
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

// All at once: Pyodide itself asks for one after another.
function begin(nonce) {
  const { "pyodide.asm.mjs": program, "pyodide.asm.wasm": wasm, "python_stdlib.zip": library } = FILES.files;
  const parts = {
    module: run(FILES.module, nonce),
    program: run(program, nonce),
    wasm: get(wasm),
    library: get(library),
    lock: get(FILES.files["pyodide-lock.json"]).then((answer) => answer.text()),
  };
  parts.failed = new Promise((_, reject) => {
    for (const part of Object.values(parts)) part.catch(reject);
  });
  parts.failed.catch(() => {}); // `start` hands the failure on
  return parts;
}

async function start({ nonce = ownNonce(), ...options }) {
  const parts = begun ?? begin(nonce);
  begun = null; // an answer can be read once
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

// Pyodide would only report that a part is missing, and then wait for ever; so it waits at once, and `start` fails.
const orNever = (part) => part.catch(() => new Promise(() => {}));

// Pyodide fetches these two by itself, without their hashes, and has no option for them. It does so before any other
// task can run, so for that moment `fetch` is one that hands out the answers that were asked for with the hashes.
function handingOver(answers) {
  const { fetch } = globalThis;
  const waiting = new Map(Object.entries(answers).map(([name, answer]) => [at(FILES.files[name].url), answer]));
  const handOut = (input, ...rest) => {
    const answer = waiting.get(String(input));
    if (!answer) return fetch(input, ...rest);
    waiting.delete(String(input));
    if (!waiting.size) stop();
    return orNever(answer);
  };
  const stop = () => {
    if (globalThis.fetch === handOut) globalThis.fetch = fetch;
  };
  globalThis.fetch = handOut;
  return {
    stop,
    end() {
      stop();
      if (waiting.size) throw new LoadError("load_failed", `Pyodide did not take ${[...waiting.keys()]} as it was checked.`);
    },
  };
}

async function ask(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    return null; // the browser does not tell why
  }
}

async function get(file, options = {}) {
  const answer = await ask(at(file.url), { integrity: file.integrity, ...options });
  if (!answer?.ok) throw await whyNot(file);
  return answer;
}

// In a page a script element checks the hash, and import() then finds the module that it has run
// (https://html.spec.whatwg.org/#fetch-a-single-module-script, "moduleMap"). A worker can only check the file just before:
// what import() gets is the same as long as the browser's cache or the server answers the same.
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

// Where a page requires Trusted Types, a script takes its address only from a policy, which has a name. This module keeps
// its policy to itself (https://www.w3.org/TR/trusted-types/).
function trusted(url) {
  try {
    policy ??= trustedTypes.createPolicy("podio-web-pyodide", { createScriptURL: (address) => address });
    return policy.createScriptURL(url);
  } catch {
    return url; // a browser or a page without them
  }
}

// Asks again: the browser does not tell why a file did not come.
async function whyNot(file) {
  const url = at(file.url);
  const answer = await ask(url, { cache: "no-store" });
  await new Promise((resolve) => setTimeout(resolve, 99)); // the event of a policy comes after the error
  if (blocked.has(url)) {
    return new LoadError("blocked_by_policy", `${url} is blocked by ${blocked.get(url)} of this page's policy. Allow it there.`);
  }
  if (!answer) return new LoadError("unreachable", `${url} cannot be reached. Is this device online?`);
  if (!answer.ok) {
    return new LoadError("missing_file", `${url} answers ${answer.status}. Copy the whole folder that podio-web build made.`);
  }
  return new LoadError("wrong_integrity", `${url} is not the file that was built. Deploy the folder anew, and empty its caches.`);
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
