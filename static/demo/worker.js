// The service worker of a demo without a server. The demo goes on when the network is cut, and its sign-in window would
// not: so the files of that window are kept, and used if they cannot be fetched. No other request passes by here.

const NAME = "podio-demo:sign-in";
const FILES = ["static/demo/sign-in.html", "static/demo/sign-in.js", "static/callback.html", "static/callback.js"];
const addresses = new Set(FILES.map((file) => new URL(file, location).href));

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll([...addresses])));
});

addEventListener("fetch", (event) => {
  const address = event.request.url.replace(/[?#].*$/, "");
  if (!addresses.has(address)) return;
  event.respondWith(fetch(event.request).catch(() => caches.match(address, { cacheName: NAME })));
});
