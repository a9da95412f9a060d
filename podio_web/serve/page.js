// `podio-web serve` adds this script to each page that it serves. The folder on the disk does not have it.
const settings = new URL(import.meta.url).searchParams;

// The script tag signs in to the sandbox. This script comes first in the page, so it runs first.
for (const tag of document.querySelectorAll("script[data-client-id]")) {
  if (settings.has("client_id")) tag.dataset.clientId = settings.get("client_id");
  tag.dataset.apiUrl = settings.get("api_url");
}

// A browser has six connections to a server for all tabs, so only a visible page keeps one.
let events;

function watch() {
  events?.close();
  if (document.hidden) return;
  events = new EventSource(new URL("changes", import.meta.url));
  // The first event says what the folder is like now, which may have changed since the page was loaded.
  events.onmessage = ({ data }) => {
    if (data !== settings.get("folder")) location.reload();
  };
}

document.addEventListener("visibilitychange", watch);
watch();
