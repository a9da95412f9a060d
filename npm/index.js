// The ES module of podio-web:
//
//   import { loadPodio } from "podio-web";
//   const podio = await loadPodio({ clientId: "my-app" });
//
// It adds the script tag of podio-web.js to the page, with an integrity hash. Importing it does nothing, so a server
// may import it too.

const BUILT = null; // scripts/npm_package.py puts { version, integrity, docs } here

// In a variable, because bundlers replace `new URL("…", import.meta.url)`. A bundle does not keep this address.
const HERE = import.meta.url;
const SETTINGS = [
  "apiUrl", "authUrl", "clientId", "interpreter", "python", "redirectUri", "scope", "sessionStore", "timeout",
];

export const version = BUILT.version;

let loaded = null; // a promise of the client
let given = ""; // the options that it was loaded with

/** Loads podio-web.js and Python, and resolves to the client. Later calls need no options. */
export function loadPodio(options) {
  const text = JSON.stringify(options) ?? "";
  if (loaded && (!text || text === given)) return loaded;
  const refuse = (code, message) => Promise.reject(loadError(code, message));
  if (loaded) return refuse("wrong_argument", "loadPodio was called with other options. Call it without options now.");
  if (!globalThis.document) {
    return refuse("no_page", "loadPodio needs a page. Call it in the browser, such as in useEffect or onMounted.");
  }
  if (Object.hasOwn(window, "podioWeb")) {
    if (!text) return window.podioWeb.ready;
    return refuse("wrong_argument", "A script tag loaded podio-web.js. Remove it, or call loadPodio without options.");
  }
  given = text;
  loaded = load(options ?? {});
  // After a failed load, the page may try again.
  loaded.catch(() => { if (!Object.hasOwn(window, "podioWeb")) loaded = null; });
  return loaded;
}

function loadError(code, message) {
  return Object.assign(new Error(message), { name: "LoadError", code });
}

async function load({ base, nonce, ...settings }) {
  const wrong = Object.keys(settings).find((name) => !SETTINGS.includes(name));
  if (wrong) {
    const known = SETTINGS.join(", ");
    throw loadError("wrong_argument", `loadPodio has no option ${wrong}. It has ${known}, base and nonce.`);
  }
  const { redirectUri } = settings;
  if (redirectUri && new URL(redirectUri, document.baseURI).origin !== location.origin) {
    throw loadError("wrong_argument", `redirectUri must be on ${location.origin}, because the callback page only `
      + "reaches pages of its own origin. Copy callback.html there.");
  }
  const url = addressOf(base);
  const script = document.createElement("script");
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) script.dataset[name] = value;
  script.crossOrigin = "anonymous";
  script.integrity = BUILT.integrity;
  if (nonce) script.nonce = nonce;
  await new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = () => diagnose(url).then(reject);
    try {
      script.src = trusted(url);
    } catch {
      throw loadError("trusted_types", "This page's policy blocks podio-web.js. "
        + "Add podio-web-import to its trusted-types.");
    }
    document.head.append(script);
  });
  return window.podioWeb.ready;
}

// Returns the address of podio-web.js.
function addressOf(base) {
  const folder = base === undefined ? HERE : new URL(String(base).replace(/\/*$/, "/"), document.baseURI);
  if (/^https?:/.test(folder)) return new URL("podio-web.js", folder).href;
  throw loadError("wrong_argument", "loadPodio needs the option base here: the address of your copy of podio-web's "
    + `files. See ${BUILT.docs}/bundlers.md`);
}

// If a page requires Trusted Types, a script needs a URL from a policy, which has a name.
function trusted(url) {
  try {
    return trustedTypes.createPolicy("podio-web-import", { createScriptURL: () => url }).createScriptURL("");
  } catch {
    return url; // the browser or the page has no Trusted Types
  }
}

// Fetches podio-web.js again, because the browser does not tell a page why it did not load.
async function diagnose(url) {
  const response = await fetch(url, { cache: "no-store", credentials: "same-origin" }).catch(() => null);
  if (!response) {
    return loadError("unreachable", `${url} cannot be reached. Is this device online, and does the page's policy allow `
      + "the file?");
  }
  // Many servers answer with the start page instead of a 404.
  if (!response.ok || /^text\/html\b/.test(response.headers.get("Content-Type"))) {
    return loadError("missing_file", `${url} is not there. Copy podio-web's files to your site, and pass their address `
      + `as base. See ${BUILT.docs}/bundlers.md`);
  }
  return loadError("wrong_integrity", `${url} is not the file of podio-web ${version}, or the page's policy blocks it. `
    + "Copy podio-web's files again, and clear caches.");
}
