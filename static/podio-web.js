// Adds podio_web to a page: window.podioWeb, window.PodioJS, and the page's own Python.
//
//   <script type="module" src="podio-web.js" data-client-id="my-app"></script>
//
// This file only loads Python and converts values. Python makes all decisions (podio_web/script_tag). The file also works
// without type="module", for pages whose next script needs PodioJS at once. So it has no import, export or import.meta.
// `podio-web build` makes the folder that this file is served from. The types are in podio-web.d.ts.
"use strict";
(() => {
  const FILES = null; // podio-web build puts the addresses and integrity hashes here

  // An element with id="podioWeb" is a property of the window too, but not an own property.
  if (Object.hasOwn(window, "podioWeb")) return console.warn("podio-web: only the first script tag of podio-web.js is used");

  const PATIENCE = 60; // seconds without progress after which loading has failed
  const REST = 3000; // milliseconds after startup when a page is idle
  const HEAP = 4 << 20; // bytes of MicroPython's heap at startup; with a smaller heap, garbage collection costs more

  // Returns a property of the document, or the result of its method. It is read from the prototype, because an element
  // with that name replaces the property of the document itself (https://html.spec.whatwg.org/#dom-document-nameditem).
  function ofDocument(name, ...given) {
    const found = Reflect.get(Document.prototype, name, document);
    return given.length ? Reflect.apply(found, document, given) : found;
  }

  // --- the script tag ------------------------------------------------------------------------------------------

  let tag = null;
  let settings = { interpreter: "podio-web.js" };
  let page = ""; // the base URL of the page
  let base = ""; // the URL of this file
  const address = ({ url }) => new URL(url, base).href;

  const isOwn = (element) =>
    element instanceof HTMLScriptElement && /^[^?#]*\/podio-web\.js([?#]|$)/.test(element.src);

  // Finds the script element that runs this file. Only that element may have the settings.
  // A module has no currentScript. Its element is the next one with a load event, because the event fires as soon as the
  // module has run, and only on elements that ran (https://html.spec.whatwg.org/#execute-the-script-element).
  function findTag() {
    const current = ofDocument("currentScript");
    if (current) return readTag(current);
    return new Promise((resolve) => {
      ofDocument("addEventListener", "load", ({ target }) => {
        if (!tag && isOwn(target)) resolve(readTag(target));
      }, true);
      // The file was imported by another module, or its tag comes later while the page loads.
      const giveUp = () => setTimeout(resolve);
      if (ofDocument("readyState") === "complete") giveUp();
      else addEventListener("load", giveUp);
    });
  }

  function readTag(element) {
    tag = element;
    settings = { interpreter: "micropython", ...tag.dataset };
    // Only a <base> in the head, before the tag, counts: any other was added after the tag's src was resolved.
    const all = ofDocument("querySelectorAll", "base[href]");
    const first = [...all].find((each) => each instanceof HTMLBaseElement);
    const isOurs = first?.parentNode === ofDocument("head")
      && first.compareDocumentPosition(tag) & Node.DOCUMENT_POSITION_FOLLOWING;
    page = first && !isOurs ? location.href : ofDocument("baseURI");
    base = new URL(tag.getAttribute("src") ?? "", page).href;
  }

  // --- errors --------------------------------------------------------------------------------------------------

  function newError(record) {
    // Not assigned, because that fails if the page has frozen Error.prototype.
    const error = Object.defineProperties(new Error(record.message), Object.getOwnPropertyDescriptors(record));
    // In podio-js the message is Podio's parsed response. As text it is the sentence of other errors.
    if (record.body) error.message = Object.defineProperty(record.body, "toString", { value: () => record.message });
    return error;
  }

  const loadError = (code, message) => newError({ name: "LoadError", code, message });

  // Every error has a code that is a text. The code of a DOMException is a number.
  const ours = (error) =>
    typeof error?.code === "string" ? error : loadError("load_failed", `${settings.interpreter} failed: ${error?.message ?? error}`);

  // The URLs that the page's policy has blocked, each with its directive
  // (https://www.w3.org/TR/CSP3/#securitypolicyviolationevent).
  const blocked = new Map();
  ofDocument("addEventListener", "securitypolicyviolation", ({ blockedURI, disposition, effectiveDirective }) =>
    disposition === "enforce" && blocked.set(blockedURI, effectiveDirective));

  const tell = (name, detail) =>
    ofDocument("dispatchEvent", new CustomEvent(`podio-web:${name}`, { detail, bubbles: true, cancelable: true }));

  // Fires podio-web:error, and shows the message unless the page prevents it.
  function fail(error) {
    console.error(`podio-web: ${error.message}`);
    if (!tell("error", error)) return;
    const show = () => {
      const alert = ofDocument("createElement", "p");
      alert.className = "podio-web-error";
      alert.setAttribute("role", "alert");
      alert.textContent = String(error.message);
      ofDocument("body").prepend(alert);
    };
    if (ofDocument("body")) show();
    else addEventListener("DOMContentLoaded", show);
  }

  async function hashOf(response) {
    const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
    return `sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}`;
  }

  // Fetches a file again that did not load, because the browser does not tell a page the reason.
  async function diagnose(file) {
    const url = address(file);
    const say = (code, what, advice) => loadError(code, `${url} ${what}. ${advice}`);
    let response;
    try {
      response = await fetch(url, { cache: "no-store", credentials: "same-origin" });
    } catch { /* reported below */ }
    await new Promise((resolve) => setTimeout(resolve, 99)); // the policy's event fires after the error
    if (blocked.has(url)) {
      return say("blocked_by_policy", `is blocked by ${blocked.get(url)} of this page's policy`, "Allow it there.");
    }
    if (!response) return say("unreachable", "cannot be reached", "Is this device online?");
    if (!response.ok) {
      return say("missing_file", `returned ${response.status}`, "Copy the whole folder that podio-web build made.");
    }
    const type = response.headers.get("Content-Type") ?? "";
    if (url.endsWith("js") && !/^(text|application)\/(x-)?(java|ecma)script\b/i.test(type)) {
      return say("wrong_type", `is served as "${type}"`, "Serve it as text/javascript.");
    }
    // Only secure contexts can compute hashes: https://w3c.github.io/webcrypto/#Crypto-interface-methods
    if (crypto.subtle && await hashOf(response) !== file.integrity) {
      return say("wrong_integrity", "is not the file that was built", "Deploy the folder again, and clear its caches.");
    }
    return say("load_failed", "did not load", "Load the page again.");
  }

  // --- loading -------------------------------------------------------------------------------------------------

  // Rejects if there is no progress for a while. Every file that arrives is progress.
  function watchdog() {
    const counted = new Map();
    const count = (part) => {
      if (part?.bytes) counted.set(address(part), part.bytes);
      else if (part && typeof part === "object") Object.values(part).forEach(count);
    };
    count(settings.interpreter === "micropython" ? FILES.micropython : [FILES.fastPyodide, FILES.pyodide]);
    let total = 0;
    for (const bytes of counted.values()) total += bytes;
    const seconds = Number(settings.timeout) || PATIENCE;
    let loaded = 0, timer, observer;
    const stalled = new Promise((_, reject) => {
      const restart = () => {
        clearTimeout(timer);
        timer = setTimeout(reject, seconds * 1000, loadError("timeout",
          `Nothing has arrived for ${seconds} seconds. If your connection is slow, load the page again.`));
      };
      // https://www.w3.org/TR/resource-timing/
      observer = new PerformanceObserver((list) => {
        for (const { name } of list.getEntries()) {
          loaded += counted.get(name) ?? 0;
          if (counted.delete(name)) tell("progress", { loaded, total });
        }
        restart();
      });
      observer.observe({ type: "resource", buffered: true });
      restart();
    });
    const stop = () => {
      clearTimeout(timer);
      observer?.disconnect();
    };
    return { stalled, stop, finish: () => loaded < total && tell("progress", { loaded: total, total }) };
  }

  async function get(file) {
    try {
      return await fetch(address(file), { integrity: file.integrity, credentials: "same-origin" });
    } catch {
      throw await diagnose(file);
    }
  }

  // If a page requires Trusted Types, a script needs a URL from a policy, which has a name. A page may forbid a second
  // policy of this name. This one is not accessible from outside. https://www.w3.org/TR/trusted-types/
  let policy = null;
  function trusted(url) {
    try {
      policy ??= trustedTypes.createPolicy("podio-web", { createScriptURL: (wanted) => wanted });
      return policy.createScriptURL(url);
    } catch {
      return url; // the browser or the page has no Trusted Types
    }
  }

  // import() does not check an integrity hash, but a script element does. import() then finds the loaded module
  // (https://html.spec.whatwg.org/#fetch-a-single-module-script, "moduleMap").
  const load = (file) => new Promise((resolve, reject) => {
    const script = ofDocument("createElement", "script");
    script.type = "module";
    script.crossOrigin = "anonymous";
    script.integrity = file.integrity;
    script.nonce = tag.nonce;
    try {
      script.src = trusted(address(file));
    } catch {
      throw loadError("trusted_types", "This page's policy blocks podio-web.js. Add podio-web to its trusted-types.");
    }
    script.onload = () => resolve(import(script.src));
    script.onerror = () => diagnose(file).then(reject);
    ofDocument("head").append(script);
  });

  // Streams (https://webassembly.github.io/spec/web-api/#streaming-modules) if the server sends the right type.
  async function compile(file) {
    const response = await get(file);
    const isNamed = response.headers.get("Content-Type") === "application/wasm";
    return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
  }

  // If a site is built without snapshots, it has the package as bytecode in a file system image, which MicroPython mounts
  // at /rom (podio_web/site_builder/micropython/bytecode.py). Otherwise MicroPython's memory has it
  // (podio_web/site_builder/micropython/started.py).
  const unpack = async ({ body }) =>
    new Uint8Array(await new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());

  async function startMicroPython() {
    const { module, wasm, image } = FILES.micropython;
    // All in parallel, because sequential requests are slow. The module is first, because it has to run too.
    const loaded = load(module);
    const compiled = compile(wasm);
    const unpacked = image ? get(image).then(unpack) : undefined;
    const interpreter = new Promise((resolve, reject) => {
      const instantiateWasm = (imports, receive) => {
        compiled.then((code) => WebAssembly.instantiate(code, imports)).then(receive, reject);
      };
      const settings = { url: address(wasm), heapsize: HEAP, module: { instantiateWasm } };
      Promise.all([loaded, unpacked])
        .then(([{ loadMicroPython }, romfs]) => loadMicroPython({ ...settings, romfs }))
        .then(resolve, reject);
    });
    const [python] = await Promise.all([interpreter, compiled]);
    // Instead of every 16 kB, which means several collections per startup and per request.
    if (image) python.pyimport("gc").threshold(HEAP / 4);
    return python;
  }

  // Parts that are loaded after startup. podio_web/site_builder/page_modules.py names the optional ones. A snapshot of
  // MicroPython has more (podio_web/site_builder/micropython/started.py). Otherwise the package includes those.
  let python = null; // a promise of the interpreter
  const parts = {}; // promises by the names of the parts
  let podioJS = null; // a promise that is resolved when the Python of PodioJS is loaded
  let hasPodioJS = true;
  let wantsPodioJS = false;
  const isPyodide = () => settings.interpreter === "pyodide";

  function loadPart(name) {
    const file = FILES.micropython.parts[name];
    parts[name] ??= file && Promise.all([get(file), python]).then(async ([response, { FS, pyimport }]) => {
      for (const [path, text] of Object.entries(await response.json())) {
        FS.mkdirTree(path.replace(/[^/]*$/, ""));
        FS.writeFile(path, /mpy$/.test(path) ? Uint8Array.from(text, (letter) => letter.charCodeAt()) : text);
      }
      if (isPyodide()) pyimport("importlib").invalidate_caches(); // it remembers which files there are
      else if (FILES.micropython.image) pyimport(`podio_web_${name}`); // it adds itself to the image
    });
    parts[name]?.catch(() => {}); // the callers that await it receive the error
    return parts[name];
  }

  // Files and live updates have a module of their own and a part. Both are loaded at the first call that needs them.
  const modules = {};
  const loadModule = (part) =>
    modules[part] ??= Promise.all([load(FILES[part]), loadPart(part)]).then(([module]) => module);

  function loadPodioJS() {
    podioJS ??= Promise.all(["sign_in", "podio_js"].map(loadPart)).then(() => { hasPodioJS = true; });
    podioJS.catch(() => {});
    return podioJS;
  }

  // Returns whether sign-in can wait: storage may have a session, and this page is not one that the person comes back to
  // from Podio. Otherwise a redirect response is read at once, or a click on the page's sign-in button is likely.
  function signInCanWait() {
    try {
      const keys = Object.keys({ ...localStorage, ...sessionStorage }).join("\n");
      const mayComeBack = /^podio-web:(attempt|handover)/m.test(keys) || /access_token|%/.test(location.hash)
        || Object.hasOwn(window, "podio-web:answer"); // another interpreter of this page has read it
      return /^podio/m.test(keys) && !mayComeBack;
    } catch {
      return false; // storage is blocked
    }
  }

  async function startPyodide() {
    const { loadPyodide } = await load(FILES.fastPyodide);
    return loadPyodide({ nonce: tag.nonce });
  }

  // An interpreter checks for these globals to find out where it runs. A page does not have them, but an element with such
  // an id becomes one (https://html.spec.whatwg.org/#named-access-on-the-window-object).
  async function hidingNames(act) {
    const hidden = ["process", "WorkerGlobalScope", "Deno", "Bun"].filter((name) => !Object.hasOwn(window, name));
    for (const name of hidden) Object.defineProperty(window, name, { value: undefined, configurable: true, writable: true });
    try {
      return await act();
    } finally {
      for (const name of hidden) if (window[name] === undefined) delete window[name];
    }
  }

  // --- JSON for Python -----------------------------------------------------------------------------------------

  const PLAIN = "Use plain objects, arrays, strings, finite numbers, true, false and null.";
  const UPLOAD = "Upload files with podio.uploadFile(file). Send other forms as new URLSearchParams(formData).";
  const LIKE_FILES = /Array|Blob|Buffer|File|Form|Image|Input|Stream|Transfer|View/;
  const ADVICE = { bigint: "Use String(value).", Map: "Use Object.fromEntries(map).", Set: "Use [...set]." };
  const BUILT_IN = [Object, Date, Map, Set, String, Number, Boolean].map(({ prototype }) => prototype);

  const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

  const wrongArgument = (message) => newError({ name: "TypeError", code: "wrong_argument", message });

  // Returns whether a class, or the object itself, has a toJSON. One that a library has added to all objects, arrays or
  // dates does not count.
  function hasToJSON(value) {
    for (let at = value; at && !BUILT_IN.includes(at); at = Object.getPrototypeOf(at)) {
      if (Object.hasOwn(at, "toJSON")) return true;
    }
    return false;
  }

  // The values of a repeated name become an array.
  function fromParams(params) {
    const found = Object.create(null);
    for (const [name, text] of params) found[name] = name in found ? [].concat(found[name], text) : text;
    return found;
  }

  // Returns a value as JSON, or throws a TypeError that names the part that JSON cannot represent. JSON.stringify alone
  // would drop that part silently. Only a member that is undefined is dropped.
  function write(value, path) {
    const paths = new Map();
    function check(name, converted) {
      let found = this[name];
      const around = paths.get(this);
      const here = around === undefined ? path : Array.isArray(this) ? `${around}[${name}]` : `${around}.${name}`;
      let kind = typeof found;
      if (kind === "object" && !Array.isArray(found)) {
        kind = kindOf(found);
        if (hasToJSON(found)) kind = kindOf(found = converted);
        else if (kind === "Date" && Number.isFinite(+found)) found = found.toISOString();
        else if (kind === "URLSearchParams" && /^(data|options\.params)$/.test(here)) found = fromParams(found);
      }
      paths.set(found, here);
      if (found === null || /^(string|boolean)$/.test(typeof found) || Number.isFinite(found)) return found;
      if (found === undefined && around !== undefined && !Array.isArray(this)) return found;
      const isList = Array.isArray(found);
      const prototype = typeof found === "object" && Object.getPrototypeOf(found);
      if (isList && !found.length && Object.keys(found).length) {
        throw wrongArgument(`${here} is an array with names, which JSON would drop. Use a plain object.`);
      }
      if (isList || prototype === null || prototype && !Object.getPrototypeOf(prototype)) return found;
      const type = kind === "Object" ? `${prototype.constructor?.name}, not a plain object` : kind;
      const what = /number|undefined|Date/.test(kind) ? found : `of type ${type}`;
      const advice = ADVICE[kind] ?? (LIKE_FILES.test(kind) ? UPLOAD : PLAIN);
      throw wrongArgument(`${here} is ${what}. ${advice}`);
    }
    try {
      return JSON.stringify(value, check);
    } catch (error) {
      throw typeof error?.code === "string" ? error
        : wrongArgument(`${path} cannot be written as JSON: ${error?.message ?? error}.`);
    }
  }

  // Writes the arguments of a Python method, which may be left out.
  const REQUEST = ["method", "path", "data", "options"];
  function writeAll(method, args) {
    const pathOf = (at) => method === "request" && REQUEST[at] || "the argument";
    const texts = args.map((each, at) => (each === undefined ? "null" : write(each, pathOf(at))));
    return `[${texts.join(",")}]`;
  }

  // --- remote procedure calls to Python ------------------------------------------------------------------------

  const waiting = []; // the calls that were made before Python has loaded, in their order
  let calls = null; // podio_web/script_tag/calls.py
  let broken = null; // the error that prevents Python from starting

  function whenOpen(act, refuse) {
    if (calls) act();
    else if (broken) refuse(broken);
    else waiting.push({ act, refuse });
  }

  // During startup, start() loads the Python of PodioJS.
  function whenPodioJS(act, refuse) {
    if (calls && !hasPodioJS) loadPodioJS().then(act, (error) => refuse(ours(error)));
    else whenOpen(act, refuse);
  }

  const bodies = new Map(); // response bodies, which Python refers to by number
  let lastBody = 0;

  // No function of a host may throw, because that would end a task of MicroPython silently.
  const newHost = (functions) => ({
    async keepBody(response) {
      // A fetch that the page has replaced may leave out `ok` and the headers.
      const { status, headers } = response;
      if (status < 200 || status > 299) return response.arrayBuffer();
      const text = await response.text();
      const type = headers?.get?.("Content-Type") ?? "";
      let value;
      try {
        value = text.trim() ? JSON.parse(text) : null;
      } catch { /* undefined means that the text is not JSON */ }
      bodies.set(++lastBody, { status, type, text, value });
      return String(lastBody);
    },
    typeOf: (number) => bodies.get(number).type,
    takeBytes: (number) => new TextEncoder().encode(take(number).text), // Python would copy a text at once
    listen(event, selector, handler) {
      let elements = [];
      quietly(() => { elements = ofDocument("querySelectorAll", selector); });
      // A form field named addEventListener would replace the method of its form.
      for (const element of elements) EventTarget.prototype.addEventListener.call(element, event, handler);
      return elements.length > 0;
    },
    failed: (text) => fail(newError(JSON.parse(text))),
    bring: async (part) => { await loadPart(part); },
    ...functions,
  });

  function take(number) {
    const body = bodies.get(number);
    bodies.delete(number);
    return body;
  }

  function outcome(text) {
    const { value, problem } = JSON.parse(text);
    if (problem) throw newError(problem);
    return value;
  }

  const quietly = (act) => {
    try {
      act();
    } catch (error) {
      reportError(error);
    }
  };

  // If the page does not have the function, an element may have its name.
  const callPage = (name, ...given) => quietly(() => typeof window[name] === "function" && window[name](...given));

  // A client whose methods are remote procedure calls to Python.
  class Client {
    #number = null;
    #problem = null;
    #opened = {};
    #whenOpen;

    constructor(kind, readOptions, functions, whenIsOpen = whenOpen) {
      this.#whenOpen = whenIsOpen;
      whenIsOpen(() => {
        try {
          this.#number = outcome(calls.open(kind, write(readOptions(), "options"), newHost(functions)));
        } catch (error) {
          this.#problem = ours(error);
          fail(this.#problem);
        }
      }, () => {});
    }

    // For methods that return their result at once.
    _ask(method, ...args) {
      const problem = this.#problem ?? broken;
      if (problem) throw problem;
      if (this.#number === null) throw loadError("not_ready", `${method} cannot wait, and Python is still loading. Await podioWeb.ready first.`);
      try {
        return outcome(calls.ask(this.#number, method, writeAll(method, args)));
      } catch (error) {
        throw ours(error);
      }
    }

    _call(method, ...args) {
      return new Promise((resolve, reject) => {
        const text = writeAll(method, args); // now, because the page may change them before Python has loaded
        this.#whenOpen(() => {
          if (this.#problem) return reject(this.#problem);
          const settle = (result) => {
            try {
              resolve(outcome(result));
            } catch (error) {
              reject(error);
            }
          };
          try {
            calls.begin(this.#number, method, text, settle);
          } catch { // the text does not fit into Python's memory
            reject(wrongArgument(`The arguments of ${method} do not fit into Python's memory. Send less at a time.`));
          }
        }, reject);
      });
    }

    async request(method, path, data, options) {
      const isForm = kindOf(data) === "URLSearchParams";
      const body = take(await this._call("request", method, path, data, options, isForm));
      if (body.value !== undefined) return body.value;
      throw (await loadModule("files")).notJSON(body, method, path, newError);
    }

    async _late(part, method, ...args) {
      await this._call("has_auth_error"); // is rejected if there is no client
      const { open } = await loadModule(part);
      return (this.#opened[part] ??= open(this.#number, Client, newError))[method](...args);
    }
    uploadFile(file, options) { return this._late("files", "uploadFile", file, options); }
    thumbnail(file, size) { return this._late("files", "thumbnail", file, size); }
    download(file, options) { return this._late("files", "download", file, options); }
    hasAuthError() { return this._ask("has_auth_error"); }
    getAuthError() {
      const problem = this._ask("get_auth_error");
      return problem && newError(problem);
    }
  }

  // --- window.podioWeb -----------------------------------------------------------------------------------------

  const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  // A browser's console shows all properties of an object, even private ones, but it does not call a getter.
  const accessTokens = new WeakMap();
  class Token {
    constructor({ accessToken, ...rest }) { accessTokens.set(Object.assign(this, rest), accessToken); }
    get accessToken() { return accessTokens.get(this); }
  }

  class Podio extends Client {
    #handlers = {};

    constructor() {
      const { apiUrl, authUrl, clientId, scope, sessionStore } = settings;
      super("web", () => ({ apiUrl, authUrl, clientId, scope, sessionStore, redirectUri: redirectURI() }), {
        emit: (event, text) => this.#emit(event, JSON.parse(text)),
      });
    }

    get token() {
      const record = this._ask("token");
      return record && new Token(record);
    }
    get rateLimit() { return this._ask("rate_limit"); }
    isAuthenticated() { return this._call("is_authenticated"); }
    getAuthorizationURL(redirectURI, options) { return this._ask("get_authorization_url", redirectURI, options); }
    login(options) { return this._call("login", { method: options?.method }); } // options may be a click
    logout() { return this._call("logout"); }
    setAccessToken(response) { this._ask("set_access_token", response); }
    refreshAuthFromStore() { return this._call("refresh_auth_from_store"); }
    get(path, data, options) { return this.request("GET", path, data, options); }
    post(path, data, options) { return this.request("POST", path, data, options); }
    put(path, data, options) { return this.request("PUT", path, data, options); }
    delete(path, data, options) { return this.request("DELETE", path, data, options); }
    subscribe(carrier, handler) { return this._late("live", "subscribe", carrier, handler); }
    close() { return this._call("close"); }

    on(event, handler) {
      const name = snakeCase(event);
      this._ask("listen", name); // throws if there is no such event
      const handlers = (this.#handlers[name] ??= new Set());
      handlers.add(handler);
      return () => {
        if (handlers.delete(handler) && !handlers.size) this._ask("unlisten", name);
      };
    }

    #emit(event, record) {
      let detail = record;
      if (event === "login_needed" || event === "login_waiting") detail = () => this._ask("act", event);
      else if (record?.accessToken) detail = new Token(record);
      else if (record?.message) detail = newError(record);
      for (const handler of [...this.#handlers[event]]) quietly(() => handler(detail));
    }
  }

  // --- window.PodioJS ------------------------------------------------------------------------------------------

  class PodioJS extends Client {
    constructor(authOptions, options = {}) {
      if (!authOptions) throw new Error("Authentication options are missing");
      for (const name of ["authType", "clientId", ...(authOptions.authType === "client" ? [] : ["clientSecret"])]) {
        if (authOptions[name] === undefined) throw new Error(`Missing auth property ${name}`);
      }
      const { authType, clientId, projectId } = authOptions;
      const { sessionStore, onTokenWillRefresh, afterTokenRefreshed } = options;
      const hasStore = sessionStore !== undefined;
      const findURL = () => options.apiURL ?? settings.apiUrl ?? "https://api.podio.com:443";
      super("podio_js", () => ({ authType, clientId, apiURL: findURL(), redirectUri: redirectURI(), hasStore }), {
        readSession: (type) => this.#readSession(type),
        writeSession: (text, type) => this.#writeSession(JSON.parse(text), type),
        canRefresh: () => typeof this.onTokenWillRefresh === "function",
        willRefresh: () => this.#willRefresh(),
        refreshed: (text) => quietly(() => this.afterTokenRefreshed?.(JSON.parse(text))),
        // The two functions of the page that the popup in podio-js's example calls.
        authCompleted: () => callPage("onAuthCompleted"),
        authFailed: (text) => callPage("onAuthError", newError(JSON.parse(text))),
      }, whenPodioJS);
      wantsPodioJS = true;
      if (!hasPodioJS) loadPodioJS();
      Object.assign(this, { VERSION: FILES?.version, authType, clientId, projectId, apiURL: findURL() });
      Object.assign(this, { sessionStore, onTokenWillRefresh, afterTokenRefreshed });
    }

    get authObject() { return calls && hasPodioJS ? this._ask("auth_object") ?? undefined : undefined; }

    async isAuthenticated() {
      const problem = await this._call("is_authenticated");
      if (problem) throw newError(problem);
    }

    getAuthorizationURL(redirectURL) { return this._ask("get_authorization_url", redirectURL); }

    refreshAuthFromStore(callback) {
      const done = this._call("refresh_auth_from_store");
      if (typeof callback === "function") done.then(() => callback(), reportError);
      return done;
    }

    setAccessToken(response) {
      if (calls && hasPodioJS) this._ask("set_access_token", response);
      else this._call("set_access_token", response).catch(fail);
    }

    uploadFile(file, name) { return super.uploadFile(file, { name }); }
    getThumbnailURLForFileLink(link) { this._ask("refuse", "getThumbnailURLForFileLink"); }
    push(push) { return { subscribe: (handler) => this._late("live", "push", push, handler) }; }

    // A store may call the callback, return a promise, or return the session.
    async #readSession(type) {
      const found = await new Promise((resolve, reject) => {
        const returned = this.sessionStore.get(type, resolve);
        Promise.resolve(returned).then((value) => value === undefined || resolve(value), reject);
      });
      const { accessToken, expiresIn, expiresAt, ref, scope } = found ?? {}; // a store may add other properties
      const text = write({ accessToken, expiresIn, expiresAt, ref, scope }, "the session of sessionStore");
      if (text.length > 1e5) throw wrongArgument("sessionStore returned a value that is too large for a session.");
      return text;
    }

    // podio-js waits for a callback that its own example never calls. This waits only if the store takes a callback.
    #writeSession(session, type) {
      return new Promise((resolve, reject) => {
        const takesCallback = this.sessionStore.set.length > 2;
        const returned = this.sessionStore.set(session, type, (error) => (error ? reject(error) : resolve()));
        Promise.resolve(returned).then(() => takesCallback || resolve(), reject);
      });
    }

    #willRefresh() {
      const asked = new Promise((resolve, reject) => {
        const returned = this.onTokenWillRefresh((error) => (error ? reject(error) : resolve()));
        Promise.resolve(returned).catch(reject);
      });
      asked.catch(reportError);
      return asked;
    }
  }

  // Methods that a page cannot or must not use. If there is a callback, it receives the error instead of a promise.
  for (const name of ["getAccessToken", "authenticateWithCredentials", "authenticateWithCredentialsForOffering",
    "authenticateWithActivationCodeForOffering", "authenticateWithApp"]) {
    PodioJS.prototype[name] = function (...args) {
      const refused = this._call("refuse", name);
      const callback = args.pop();
      return typeof callback === "function" ? void refused.catch(callback) : refused;
    };
  }

  // --- start ---------------------------------------------------------------------------------------------------

  // The callback page is beside this file or, if this file is on another origin, beside the page.
  function redirectURI() {
    if (settings.redirectUri) return new URL(settings.redirectUri, page).href;
    const places = [new URL("callback.html", base), new URL("static/callback.html", page)];
    // In about:srcdoc only self.origin has the parent's origin, but a page may have replaced it.
    return places.find(({ origin }) => [location.origin, self.origin].includes(origin))?.href;
  }

  async function start() {
    await findTag();
    if (!tag) throw loadError("no_script_tag", "No script tag in the document loads podio-web.js. Add one outside of shadow roots, and do not import the file.");
    if (!FILES) throw loadError("not_built", "This podio-web.js is not built. Run podio-web build DIR, and serve DIR.");
    if (!globalThis.WebAssembly?.compile) {
      throw loadError("no_webassembly", "This browser has WebAssembly switched off. Allow it, or use another browser.");
    }
    try {
      new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); // an empty one
    } catch {
      throw loadError("wasm_blocked", "This page's policy blocks WebAssembly. Add 'wasm-unsafe-eval' to its script-src.");
    }
    const starters = { micropython: startMicroPython, pyodide: startPyodide };
    const { interpreter: wanted } = settings;
    if (!Object.hasOwn(starters, wanted)) {
      throw loadError("wrong_argument", `data-interpreter must be "micropython" or "pyodide", not "${wanted}".`);
    }
    const blocks = findBlocks();
    python = hidingNames(starters[wanted]);
    if (isPyodide()) FILES.micropython.parts = FILES.parts;
    const hasParts = FILES.micropython.parts.sign_in;
    hasPodioJS = !hasParts;
    if (hasParts && (wantsPodioJS || !settings.clientId)) loadPodioJS();
    const signIn = hasParts && !signInCanWait() && loadPart("sign_in");
    const { stalled, stop, finish } = watchdog();
    try {
      const interpreter = await Promise.race([python, stalled]);
      // A PodioJS may be created during the wait.
      for (let awaited; awaited !== podioJS;) {
        awaited = podioJS;
        await Promise.race([Promise.all([awaited, signIn]), stalled]);
      }
      if (hasParts) setTimeout(loadPart, REST, "sign_in");
      const { open, ask, begin } = interpreter.pyimport("podio_web.script_tag.calls");
      calls = { open, ask, begin };
      finish();
      return { interpreter, blocks };
    } finally {
      stop();
    }
  }

  // The page's own Python: the files that the tag names, then blocks with the tag's nonce. Other blocks do not run,
  // because anyone who can write HTML into the page could add them. For the same reason, blocks are read only once.
  async function findBlocks() {
    if (ofDocument("readyState") === "loading") {
      await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve, { once: true }));
    }
    const files = (settings.python ?? "").split(/\s+/).filter(Boolean).map((src) => ({ src }));
    const blocks = [...ofDocument("querySelectorAll", 'script[type="text/python"][data-podio]')];
    // A start tag that has swallowed another one may be anyone's (https://www.w3.org/TR/CSP3/#is-element-nonceable).
    const isWhole = ({ name, value }) => !/<s(cript|tyle)/i.test(name + value);
    const ours = blocks.filter(({ nonce, attributes }) => nonce && nonce === tag.nonce && [...attributes].every(isWhole));
    if (ours.length < blocks.length) {
      console.warn("podio-web: Python without the nonce of the script tag was not run. Name a file in data-python.");
    }
    return [...files, ...ours.map((block) => ({ src: block.getAttribute("src"), text: block.textContent }))];
  }

  // Runs the blocks one after the other.
  async function runBlocks({ interpreter, blocks }) {
    const found = await blocks;
    if (!found.length) return; // the next line would be the first to compile Python, which is slow
    if (settings.clientId) interpreter.runPython("from podio_web.script_tag.calls import podio");
    for (const block of found) {
      try {
        const source = await sourceOf(block);
        for (const part of ["files", "live"]) if (source.includes(`podio_web.${part}`)) await loadPart(part);
        await interpreter.runPythonAsync(source);
      } catch (error) {
        fail(error.name === "LoadError" ? error : newError({ name: "PythonError", code: "python_error", message: error.message }));
      }
    }
  }

  async function sourceOf({ src, text }) {
    if (!src) return text;
    const url = new URL(src, page).href;
    const response = await fetch(url).catch(() => null);
    if (!response?.ok) throw loadError("missing_file", `${url} returned ${response?.status ?? "no response"}.`);
    return response.text();
  }

  const ready = start().then((started) => {
    const client = new Podio();
    for (const { act } of waiting.splice(0)) act();
    tell("ready", { client, interpreter: settings.interpreter });
    runBlocks(started);
    return client;
  }).catch((error) => {
    broken = ours(error);
    for (const { refuse } of waiting.splice(0)) refuse(broken);
    fail(broken);
    throw broken;
  });
  ready.catch(() => {}); // fail() has reported the error

  Object.assign(window, { podioWeb: Object.freeze({ ready, version: FILES?.version ?? null }), PodioJS });
})();
