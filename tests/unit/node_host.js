// Answers questions, one JSON text a line: how a browser parses a URL, and what the callback page's script does.
// Node has no window, so the script gets one that writes down everything that is done to it, in order.
"use strict";
const readline = require("node:readline");
const vm = require("node:vm");

function origin({ url, base }) {
  try {
    return { origin: new URL(url, base === null ? undefined : base).origin };
  } catch {
    return { origin: null };
  }
}

// Ways in which a browser withholds a constructor; by default it is there.
const CHANNELS = {
  missing: () => undefined,
  null: () => null,
  throws: () => class { constructor() { throw new Error("SecurityError: the operation is insecure"); } },
  mute: (Channel) => class extends Channel { postMessage() { throw new Error("InvalidStateError: closed"); } },
};

function callback({ script, href, paragraphs, popup, storage, blocked, channel, later }) {
  const address = new URL(href);
  const effects = [];
  const timers = [];
  const channels = [];
  const listeners = [];
  const stored = new Map(Object.entries(storage));
  const refuse = () => {
    throw new Error("storage is blocked");
  };
  const elements = paragraphs.map((id) => ({
    id,
    set hidden(value) { if (!value) effects.push(["show", id]); },
  }));
  const location = {
    get hash() { effects.push(["hash"]); return address.hash; },
    get search() { effects.push(["search"]); return address.search; },
    get pathname() { return address.pathname; },
    get origin() { return address.origin; },
    get href() { return address.href; },
    replace: (url) => { effects.push(["replace", String(url), new URL(String(url), address).origin]); },
  };
  const storing = {
    getItem: (key) => {
      effects.push(["getItem", key]);
      return stored.has(key) ? stored.get(key) : null;
    },
    setItem: (key, value) => {
      if (blocked === "full") refuse();
      effects.push(["setItem", key, String(value)]);
      stored.set(key, String(value));
    },
    removeItem: (key) => {
      effects.push(["removeItem", key]);
      stored.delete(key);
    },
  };
  // The keys of a Storage are its own properties, and its methods are not.
  const sessionStorage = new Proxy({}, {
    ownKeys: () => (blocked === "methods" ? refuse() : [...stored.keys()]),
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: (_, name) => (blocked === "methods" ? refuse : storing[name]),
  });
  class Channel {
    constructor(name) { effects.push(["channel", name]); channels.push(this); }
    postMessage(text) { effects.push(["broadcast", text]); }
  }
  const openers = {
    true: { postMessage: (text, target) => { effects.push(["post", text, target]); } },
    throws: { postMessage: () => { throw new Error("SecurityError: the operation is insecure"); } },
  };
  const window = {
    location,
    get sessionStorage() {
      if (blocked === "access") refuse();
      return blocked === "null" ? null : sessionStorage;
    },
    URLSearchParams,
    history: {
      replaceState: (state, title, url) => {
        const shown = new URL(url, address);
        effects.push(["replaceState", shown.href]);
        if (shown.origin !== address.origin) throw new Error("SecurityError: another origin");
      },
    },
    origin: address.origin,
    document: { querySelectorAll: () => elements },
    BroadcastChannel: channel in CHANNELS ? CHANNELS[channel](Channel) : Channel,
    addEventListener: (kind, listener) => { effects.push(["listen", kind]); listeners.push(listener); },
    setTimeout: (run, milliseconds) => { effects.push(["timer", milliseconds]); timers.push(run); },
    close: () => { effects.push(["close"]); },
    opener: openers[popup] ?? null,
  };
  window.window = window;
  let raised = null;
  try {
    vm.runInNewContext(script, window);
    for (const step of later) {
      effects.push(["later", step.via]);
      if (step.via === "timer") timers.forEach((run) => run());
      if (step.via === "channel") channels.forEach((channel) => channel.onmessage(step));
      if (step.via === "window") listeners.forEach((listener) => listener(step));
    }
  } catch (problem) {
    raised = String(problem);
  }
  return { effects, raised, storage: Object.fromEntries(stored) };
}

const answers = { origin, callback };
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    const question = JSON.parse(line);
    answer = answers[question.do](question);
  } catch (problem) {
    answer = { broken: String(problem) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
