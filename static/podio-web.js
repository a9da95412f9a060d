// Puts podio_web into a page: window.podioWeb, window.PodioJS, and the page's own Python.
//
//   <script type="module" src="podio-web.js" data-client-id="my-app"></script>
//
// Loading and translation only: every decision is Python's (podio_web/script_tag). Without type="module" it works too,
// for pages whose next script wants PodioJS at once; so there is no import, export or import.meta in here.
// `podio-web build` makes the folder that this file is served from. Types are in podio-web.d.ts.
"use strict";
(() => {
  const FILES = null; // podio-web build puts the addresses and integrity hashes here

  // An element with id="podioWeb" is a property of the window too, but not its own.
  if (Object.hasOwn(window, "podioWeb")) return console.warn("podio-web: only the first script tag of podio-web.js counts");

  const PATIENCE = 60; // seconds without any progress after which loading has failed
  const REST = 3000; // milliseconds after the start at which a page has come to rest
  const HEAP = 4 << 20; // bytes that MicroPython begins with; collecting in a smaller one costs more than asking for it

  // A property of the document, or the result of its method. Read from its prototype: an element with such a name
  // replaces the property of the document itself (https://html.spec.whatwg.org/#dom-document-nameditem).
  function ofDocument(name, ...given) {
    const found = Reflect.get(Document.prototype, name, document);
    return given.length ? Reflect.apply(found, document, given) : found;
  }

  // --- the script tag ------------------------------------------------------------------------------------------

  let tag = null;
  let settings = { interpreter: "podio-web.js" };
  let page = ""; // what relative addresses in the page mean
  let base = ""; // where this file is
  const address = ({ url }) => new URL(url, base).href;

  const isOwn = (element) =>
    element instanceof HTMLScriptElement && /^[^?#]*\/podio-web\.js([?#]|$)/.test(element.src);

  // Finds the script element that runs this file, and no other one: only that may hold the settings.
  // A module has no currentScript. Its element is the next one with a load event, because that is fired as soon as the
  // module has run, and never at an element that did not run (https://html.spec.whatwg.org/#execute-the-script-element).
  function findTag() {
    const current = ofDocument("currentScript");
    if (current) return readTag(current);
    return new Promise((resolve) => {
      ofDocument("addEventListener", "load", ({ target }) => {
        if (!tag && isOwn(target)) resolve(readTag(target));
      }, true);
      // Imported by another module. Its tag may still come while the page loads.
      const giveUp = () => setTimeout(resolve);
      if (ofDocument("readyState") === "complete") giveUp();
      else addEventListener("load", giveUp);
    });
  }

  function readTag(element) {
    tag = element;
    settings = { interpreter: "micropython", ...tag.dataset };
    // Only a <base> in the head and before the tag is the page's own: any other came after the tag's src was resolved.
    const all = ofDocument("querySelectorAll", "base[href]");
    const first = [...all].find((each) => each instanceof HTMLBaseElement);
    const isOurs = first?.parentNode === ofDocument("head")
      && first.compareDocumentPosition(tag) & Node.DOCUMENT_POSITION_FOLLOWING;
    page = first && !isOurs ? location.href : ofDocument("baseURI");
    base = new URL(tag.getAttribute("src") ?? "", page).href;
  }

  // --- what went wrong -----------------------------------------------------------------------------------------

  function newError(record) {
    // Defined, because an assignment of a name fails where a page has frozen Error.prototype.
    const error = Object.defineProperties(new Error(record.message), Object.getOwnPropertyDescriptors(record));
    // podio-js has Podio's parsed answer where other errors have a sentence; written out, it shall be one.
    if (record.body) error.message = Object.defineProperty(record.body, "toString", { value: () => record.message });
    return error;
  }

  const loadError = (code, message) => newError({ name: "LoadError", code, message });

  // Whatever a promise of ours is rejected with has a code. A DOMException has a number in its place.
  const ours = (error) =>
    typeof error?.code === "string" ? error : loadError("load_failed", `${settings.interpreter} failed: ${error?.message ?? error}`);

  // What the page's policy has blocked: directives by addresses
  // (https://www.w3.org/TR/CSP3/#securitypolicyviolationevent).
  const blocked = new Map();
  ofDocument("addEventListener", "securitypolicyviolation", ({ blockedURI, disposition, effectiveDirective }) =>
    disposition === "enforce" && blocked.set(blockedURI, effectiveDirective));

  const tell = (name, detail) =>
    ofDocument("dispatchEvent", new CustomEvent(`podio-web:${name}`, { detail, bubbles: true, cancelable: true }));

  // Fires podio-web:error; unless the page prevents it, the message is shown.
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

  // Asks again about a file that did not load: the browser tells a page nothing of why.
  async function diagnose(file) {
    const url = address(file);
    const say = (code, what, advice) => loadError(code, `${url} ${what}. ${advice}`);
    let response;
    try {
      response = await fetch(url, { cache: "no-store", credentials: "same-origin" });
    } catch { /* told below */ }
    await new Promise((resolve) => setTimeout(resolve, 99)); // the event of a policy comes after the error
    if (blocked.has(url)) {
      return say("blocked_by_policy", `is blocked by ${blocked.get(url)} of this page's policy`, "Allow it there.");
    }
    if (!response) return say("unreachable", "cannot be reached", "Is this device online?");
    if (!response.ok) {
      return say("missing_file", `answers ${response.status}`, "Copy the whole folder that podio-web build made.");
    }
    const type = response.headers.get("Content-Type") ?? "";
    if (url.endsWith("js") && !/^(text|application)\/(x-)?(java|ecma)script\b/i.test(type)) {
      return say("wrong_type", `is served as "${type}"`, "A browser runs a module only as text/javascript.");
    }
    // Only secure contexts can hash: https://w3c.github.io/webcrypto/#Crypto-interface-methods
    if (crypto.subtle && await hashOf(response) !== file.integrity) {
      return say("wrong_integrity", "is not the file that was built", "Deploy the folder anew, and empty its caches.");
    }
    return say("load_failed", "did not load", "Load the page again.");
  }

  // --- loading -------------------------------------------------------------------------------------------------

  // Rejects when nothing has moved for a while; every file that arrives is progress, whoever asked for it.
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

  // Where a page requires Trusted Types, a script takes its address only from a policy, which has a name. This policy
  // makes one address, and nobody else gets hold of it. https://www.w3.org/TR/trusted-types/
  function trusted(url) {
    try {
      return trustedTypes.createPolicy("podio-web", { createScriptURL: () => url }).createScriptURL("");
    } catch {
      return url; // a browser or a page without them
    }
  }

  // import() takes no integrity hash, but a script element does; the module is then there for import() as well
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

  // https://webassembly.github.io/spec/web-api/#streaming-modules, where the server names the type.
  async function compile(file) {
    const response = await get(file);
    const isNamed = response.headers.get("Content-Type") === "application/wasm";
    return isNamed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
  }

  // A site that was built without snapshots has the package as bytecode, in the image of a file system that MicroPython
  // finds at /rom (podio_web/site_builder/micropython/bytecode.py); else it is in MicroPython's memory already (podio_web/site_builder/micropython/started.py).
  const unpack = async ({ body }) =>
    new Uint8Array(await new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());

  async function startMicroPython() {
    const { module, wasm, image } = FILES.micropython;
    // All at once: over a slow connection each wait for another would be seen. The module first: it has to run as well.
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
    // Instead of each 16 kB, which is several times in a start and in a call.
    if (image) python.pyimport("gc").threshold(HEAP / 4);
    return python;
  }

  // What a start does without (podio_web/site_builder/micropython/started.py). Without snapshots, and in Pyodide, all is in the package.
  let python = null; // promises the interpreter
  const parts = {}; // promises, by the names of the parts
  let podioJS = null; // promises that PodioJS's Python is there
  let hasPodioJS = true;
  let wantsPodioJS = false;

  function loadPart(name) {
    const file = FILES.micropython.parts[name];
    parts[name] ??= file && Promise.all([get(file), python]).then(async ([response, { FS }]) => {
      for (const [path, text] of Object.entries(await response.json())) {
        FS.mkdirTree(path.replace(/[/][^/]*$/, ""));
        FS.writeFile(path, Uint8Array.from(atob(text), (letter) => letter.charCodeAt()));
      }
    });
    parts[name]?.catch(() => {}); // whoever waits for it is told
    return parts[name];
  }

  function loadPodioJS() {
    podioJS ??= Promise.all(["sign_in", "podio_js"].map(loadPart)).then(() => { hasPodioJS = true; });
    podioJS.catch(() => {});
    return podioJS;
  }

  // Whether storage holds something of a session. If not, a click on the page's sign-in button will come soon.
  function maybeSignedIn() {
    try {
      return Object.keys({ ...localStorage, ...sessionStorage }).some((key) => key.startsWith("podio"));
    } catch {
      return false; // storage is blocked
    }
  }

  async function startPyodide() {
    const { loadPyodide } = await load(FILES.fastPyodide);
    return loadPyodide({ nonce: tag.nonce });
  }

  // An interpreter asks for these globals to tell where it runs. A page has none of them, but an element with such a name
  // is one (https://html.spec.whatwg.org/#named-access-on-the-window-object).
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

  const PLAIN = "Use plain objects, lists, texts, finite numbers, true, false and null.";
  const NO_FILES = "Files cannot be uploaded this way yet. Send a form without files as new URLSearchParams(formData).";
  const ADVICE = { bigint: "Use String(value).", Map: "Use Object.fromEntries(map).", Set: "Use [...set]." };
  const BUILT_IN = [Object, Date, Map, Set, String, Number, Boolean].map(({ prototype }) => prototype);

  const kindOf = (value) => Object.prototype.toString.call(value).slice(8, -1);

  const wrongArgument = (message) => newError({ name: "TypeError", code: "wrong_argument", message });

  // Whether a class, or the object itself, says how it is written. A toJSON that a library has given to all objects, arrays
  // or dates does not count.
  function hasToJSON(value) {
    for (let at = value; at && !BUILT_IN.includes(at); at = Object.getPrototypeOf(at)) {
      if (Object.hasOwn(at, "toJSON")) return true;
    }
    return false;
  }

  // Repeated names become a list.
  function fromParams(params) {
    const found = Object.create(null);
    for (const [name, text] of params) found[name] = name in found ? [].concat(found[name], text) : text;
    return found;
  }

  // Returns the JSON text of a value, or throws a TypeError that names what JSON cannot hold: JSON.stringify alone would
  // leave that out in silence. Only a member that is undefined is left out.
  function write(value, path) {
    const paths = new Map();
    function check(name, converted) {
      let found = this[name];
      const around = paths.get(this);
      const here = around === undefined ? path : Array.isArray(this) ? `${around}[${name}]` : `${around}.${name}`;
      const isList = Array.isArray(found);
      let kind = typeof found;
      if (kind === "object" && !isList) {
        kind = kindOf(found);
        if (hasToJSON(found)) found = converted;
        else if (kind === "Date" && Number.isFinite(+found)) found = found.toISOString();
        else if (kind === "URLSearchParams" && /^(data|options\.params)$/.test(here)) found = fromParams(found);
      }
      paths.set(found, here);
      if (found === null || /^(string|boolean)$/.test(typeof found) || Number.isFinite(found)) return found;
      if (found === undefined && around !== undefined && !Array.isArray(this)) return found;
      const prototype = typeof found === "object" && Object.getPrototypeOf(found);
      if (isList || prototype === null || prototype && !Object.getPrototypeOf(prototype)) return found;
      const type = kind === "Object" ? `${prototype.constructor?.name}, not a plain object` : kind;
      const what = /number|undefined|Date/.test(kind) ? found : `of type ${type}`;
      const advice = ADVICE[kind] ?? (/Array|Blob|File|FormData/.test(kind) ? NO_FILES : PLAIN);
      throw wrongArgument(`${here} is ${what}. ${advice}`);
    }
    try {
      return JSON.stringify(value, check);
    } catch (error) {
      throw error.code ? error : wrongArgument(`${path} cannot be written as JSON: ${error.message}.`);
    }
  }

  // For a method of Python, whose arguments may be left out.
  const REQUEST = ["method", "path", "data", "options"];
  function writeAll(method, args) {
    const pathOf = (at) => method === "request" && REQUEST[at] || "the argument";
    const texts = args.map((each, at) => (each === undefined ? "null" : write(each, pathOf(at))));
    return `[${texts.join(",")}]`;
  }

  // --- the door to Python --------------------------------------------------------------------------------------

  const waiting = []; // what was called before Python was there, in its order
  let door = null; // podio_web/script_tag/calls.py
  let broken = null; // why there will be no Python

  function whenOpen(act, refuse) {
    if (door) act();
    else if (broken) refuse(broken);
    else waiting.push({ act, refuse });
  }

  // Before Python is there, the start brings PodioJS's along.
  function whenPodioJS(act, refuse) {
    if (door && !hasPodioJS) loadPodioJS().then(act, (error) => refuse(ours(error)));
    else whenOpen(act, refuse);
  }

  const bodies = new Map(); // answers that Python knows by number only
  let lastBody = 0;

  // No function of a host may throw: that would end a task of MicroPython in silence.
  const newHost = (functions) => ({
    async keepBody(response) {
      if (!response.ok) return response.arrayBuffer();
      const text = await response.text();
      let value = null;
      try {
        if (text.trim()) value = JSON.parse(text);
      } catch {
        return "no JSON"; // for Python to judge
      }
      bodies.set(++lastBody, { text, value });
      return String(lastBody);
    },
    takeBytes: (number) => new TextEncoder().encode(take(number).text), // a text would cross the border whole, unasked
    listen(event, selector, handler) {
      let elements = [];
      quietly(() => { elements = ofDocument("querySelectorAll", selector); });
      // A field named addEventListener would replace the method of its form.
      for (const element of elements) EventTarget.prototype.addEventListener.call(element, event, handler);
      return elements.length > 0;
    },
    failed: (text) => fail(newError(JSON.parse(text))),
    bringSignIn: async () => { await loadPart("sign_in"); },
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

  // An element can have the name of a function that the page does not have.
  const callPage = (name, ...given) => quietly(() => typeof window[name] === "function" && window[name](...given));

  // A client that lives in Python.
  class Client {
    #number = null;
    #problem = null;
    #whenOpen;

    constructor(kind, readOptions, functions, whenIsOpen = whenOpen) {
      this.#whenOpen = whenIsOpen;
      whenIsOpen(() => {
        try {
          this.#number = outcome(door.open(kind, write(readOptions(), "options"), newHost(functions)));
        } catch (error) {
          this.#problem = ours(error);
          fail(this.#problem);
        }
      }, () => {});
    }

    // For what must answer at once.
    _ask(method, ...args) {
      const problem = this.#problem ?? broken;
      if (problem) throw problem;
      if (this.#number === null) throw loadError("not_ready", `${method} answers at once, and Python is still loading: await podioWeb.ready.`);
      try {
        return outcome(door.ask(this.#number, method, writeAll(method, args)));
      } catch (error) {
        throw ours(error);
      }
    }

    _call(method, ...args) {
      return new Promise((resolve, reject) => {
        const text = writeAll(method, args); // now: the page may change them before Python is there
        this.#whenOpen(() => {
          if (this.#problem) return reject(this.#problem);
          const settle = (answer) => {
            try {
              resolve(outcome(answer));
            } catch (error) {
              reject(error);
            }
          };
          try {
            door.begin(this.#number, method, text, settle);
          } catch { // the text does not fit into Python's memory
            reject(wrongArgument(`${method} was given more than Python can take at once. Send less at a time.`));
          }
        }, reject);
      });
    }

    async request(method, path, data, options) {
      const isForm = kindOf(data) === "URLSearchParams";
      return take(await this._call("request", method, path, data, options, isForm)).value;
    }
    hasAuthError() { return this._ask("has_auth_error"); }
    getAuthError() {
      const problem = this._ask("get_auth_error");
      return problem && newError(problem);
    }
  }

  // --- window.podioWeb -----------------------------------------------------------------------------------------

  const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  // A browser's console shows the properties of an object, private ones too, but it does not call a getter.
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
    close() { return this._call("close"); }

    on(event, handler) {
      const name = snakeCase(event);
      this._ask("listen", name); // refuses an event that there is not
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
        // The two functions that the popup of podio-js's example calls in the page.
        authCompleted: () => callPage("onAuthCompleted"),
        authFailed: (text) => callPage("onAuthError", newError(JSON.parse(text))),
      }, whenPodioJS);
      wantsPodioJS = true;
      if (!hasPodioJS) loadPodioJS();
      Object.assign(this, { VERSION: FILES?.version, authType, clientId, projectId, apiURL: findURL() });
      Object.assign(this, { sessionStore, onTokenWillRefresh, afterTokenRefreshed });
    }

    get authObject() { return door && hasPodioJS ? this._ask("auth_object") ?? undefined : undefined; }

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
      if (door && hasPodioJS) this._ask("set_access_token", response);
      else this._call("set_access_token", response).catch(fail);
    }

    getThumbnailURLForFileLink(link) { this._ask("refuse", "getThumbnailURLForFileLink"); }
    push() { return { subscribe: () => this._call("refuse", "push") }; }

    // A store may call back, return a promise, or return the session itself.
    async #readSession(type) {
      const found = await new Promise((resolve, reject) => {
        const returned = this.sessionStore.get(type, resolve);
        Promise.resolve(returned).then((value) => value === undefined || resolve(value), reject);
      });
      const { accessToken, expiresIn, expiresAt, ref, scope } = found ?? {}; // a store may keep more with them
      const text = write({ accessToken, expiresIn, expiresAt, ref, scope }, "the session of sessionStore");
      if (text.length > 1e5) throw wrongArgument("sessionStore returned something that is too large for a session.");
      return text;
    }

    // podio-js waits for a callback that its own example never calls; only who takes one is waited for.
    #writeSession(session, type) {
      return new Promise((resolve, reject) => {
        const calls = this.sessionStore.set.length > 2;
        const returned = this.sessionStore.set(session, type, (error) => (error ? reject(error) : resolve()));
        Promise.resolve(returned).then(() => calls || resolve(), reject);
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

  // What a page cannot do with podio-js either, or must not; who gives a callback wants no rejected promise besides.
  for (const name of ["getAccessToken", "authenticateWithCredentials", "authenticateWithCredentialsForOffering",
    "authenticateWithActivationCodeForOffering", "authenticateWithApp", "uploadFile"]) {
    PodioJS.prototype[name] = function (...args) {
      const refused = this._call("refuse", name);
      const callback = args.pop();
      return typeof callback === "function" ? void refused.catch(callback) : refused;
    };
  }

  // --- start ---------------------------------------------------------------------------------------------------

  // The callback page lies beside this file; when that is elsewhere, beside the page.
  function redirectURI() {
    if (settings.redirectUri) return new URL(settings.redirectUri, page).href;
    const places = [new URL("callback.html", base), new URL("static/callback.html", page)];
    // That of about:srcdoc is its parent's, which only the document knows; a page may have replaced the name.
    return places.find(({ origin }) => [location.origin, self.origin].includes(origin))?.href;
  }

  async function start() {
    await findTag();
    if (!tag) throw loadError("no_script_tag", "No script tag of the document runs podio-web.js. Put it there, not into a shadow root, and do not import it.");
    if (!FILES) throw loadError("not_built", "This podio-web.js is not built: run podio-web build DIR, and serve DIR.");
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
    const hasParts = wanted === "micropython" && FILES.micropython.parts.sign_in;
    hasPodioJS = !hasParts;
    if (hasParts && (wantsPodioJS || !settings.clientId)) loadPodioJS();
    const signIn = hasParts && !maybeSignedIn() && loadPart("sign_in");
    const { stalled, stop, finish } = watchdog();
    try {
      const interpreter = await Promise.race([python, stalled]);
      // A PodioJS may be made while something else is waited for.
      for (let awaited; awaited !== podioJS;) {
        awaited = podioJS;
        await Promise.race([Promise.all([awaited, signIn]), stalled]);
      }
      if (hasParts) setTimeout(loadPart, REST, "sign_in");
      const { open, ask, begin } = interpreter.pyimport("podio_web.script_tag.calls");
      door = { open, ask, begin };
      finish();
      return { interpreter, blocks };
    } finally {
      stop();
    }
  }

  // The page's own Python: the files that the tag names, then blocks with the nonce of the tag. Other blocks do not run,
  // because anyone who can write HTML into the page could write them. So blocks are also read only once, at first.
  async function findBlocks() {
    if (ofDocument("readyState") === "loading") {
      await new Promise((resolve) => addEventListener("DOMContentLoaded", resolve, { once: true }));
    }
    const files = (settings.python ?? "").split(/\s+/).filter(Boolean).map((src) => ({ src }));
    const blocks = [...ofDocument("querySelectorAll", 'script[type="text/python"][data-podio]')];
    const ours = blocks.filter(({ nonce }) => nonce && nonce === tag.nonce);
    if (ours.length < blocks.length) {
      console.warn("podio-web: Python without the nonce of the script tag was not run. Name a file in data-python.");
    }
    return [...files, ...ours.map((block) => ({ src: block.getAttribute("src"), text: block.textContent }))];
  }

  // Each after the one before it has ended.
  async function runBlocks({ interpreter, blocks }) {
    const found = await blocks;
    if (!found.length) return; // else the next line would be the first to compile Python, which takes a while
    if (settings.clientId) interpreter.runPython("from podio_web.script_tag.calls import podio");
    for (const block of found) {
      try {
        await interpreter.runPythonAsync(await sourceOf(block));
      } catch (error) {
        fail(error.name === "LoadError" ? error : newError({ name: "PythonError", code: "python_error", message: error.message }));
      }
    }
  }

  async function sourceOf({ src, text }) {
    if (!src) return text;
    const url = new URL(src, page).href;
    const response = await fetch(url).catch(() => null);
    if (!response?.ok) throw loadError("missing_file", `${url} answers ${response?.status ?? "nothing"}.`);
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
  ready.catch(() => {}); // the page has been told

  Object.assign(window, { podioWeb: Object.freeze({ ready, version: FILES?.version ?? null }), PodioJS });
})();
