// The page in which docstring examples run, under node: a window whose person allows the access as soon as a popup
// opens, an API that knows one item, and what a page with a script tag lends to Python.
const listeners = {};
const texts = new Map();
const storage = () => ({
  getItem: (key) => texts.get(key) ?? null,
  setItem: (key, text) => void texts.set(key, String(text)),
  removeItem: (key) => void texts.delete(key),
  key: (index) => [...texts.keys()][index] ?? null,
  get length() { return texts.size; },
});
const fire = (name, event) => [...(listeners[name] ?? [])].forEach((listener) => listener(event));

function answer(popup, url) {
  const state = new URL(url).searchParams.get("state");
  const fragment = `#access_token=0123456789abcdef&expires_in=28800&ref[id]=1001&ref[type]=user&scope=&state=${state}`;
  const message = { type: "podio-web:response", version: 1, attempt: state, fragment, query: "" };
  const data = JSON.stringify(message);
  setTimeout(() => fire("message", { data, origin: location.origin, source: popup }));
}

class Popup {
  closed = false;
  window = this;
  parent = this;
  location = { href: "about:blank", replace: (url) => answer(this, url) };
  close() { this.closed = true; }
  focus() {}
  postMessage() {}
}

class Document {
  get baseURI() { return "https://example.com/"; }
  addEventListener() {}
  hasFocus() { return true; }
}

const place = { href: "https://example.com/", origin: "https://example.com", pathname: "/", search: "", hash: "" };
const navigator = { onLine: true };
const bodies = [];
Object.assign(globalThis, {
  window: globalThis,
  origin: place.origin,
  location: { ...place, assign() {} },
  document: new Document(),
  history: { state: null, replaceState() {} },
  localStorage: storage(),
  sessionStorage: storage(),
  crossOriginIsolated: false,
  open: () => new Popup(),
  addEventListener: (name, listener) => (listeners[name] ??= []).push(listener),
  removeEventListener: (name, listener) => { listeners[name] = (listeners[name] ?? []).filter((each) => each !== listener); },
  fetch: async (url) => {
    const data = { "/item/4": { item_id: 4 }, "/user/status": { user: { user_id: 1001 } } }[new URL(url).pathname];
    return new Response(JSON.stringify(data), { headers: { "content-type": "application/json" } });
  },
  jsHost: {
    keepBody: async (response) => String(bodies.push(new Uint8Array(await response.arrayBuffer())) - 1),
    takeBytes: (number) => bodies[number],
    typeOf: () => "application/json",
    bring: async () => {},
    listen: (event, selector, handler) => selector === "#sign-in",
    failed() {},
    emit() {},
    canRefresh: () => false,
    refreshed() {},
    authCompleted() {},
    authFailed() {},
    readSession: async () => "{}",
    writeSession: async () => {},
  },
});
Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true, writable: true });
