// The sign-in window of a demo without a server. The sandbox runs in the page that opened this window, so each of its
// sign-in pages comes from there, and each form goes back there. What follows is as in reality: the window goes to
// callback.html with the response.

const PATIENCE = 10_000; // milliseconds; the sandbox takes a few
const GONE = "The demo page does not answer. Close this window, and sign in there again.";

let busy = false;

function ask(request) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }) => resolve(JSON.parse(data));
    setTimeout(reject, PATIENCE, new Error(GONE));
    opener.postMessage(JSON.stringify({ type: "podio-demo:sign-in", ...request }), location.origin, [port2]);
  }).finally(() => port1.close());
}

// Its style sheets are adopted, because a policy may forbid style elements.
function show(text) {
  const sheets = [];
  const html = text.replace(/<style>(.*?)<\/style>/gs, (element, css) => {
    sheets.push(new CSSStyleSheet());
    sheets.at(-1).replaceSync(css);
    return "";
  });
  const page = new DOMParser().parseFromString(html, "text/html");
  const first = page.querySelector("[autofocus]") ?? page.querySelector("h1");
  if (first.autofocus) first.autofocus = false;
  else first.tabIndex = -1; // as after a navigation, a screen reader begins here
  document.title = page.title;
  document.adoptedStyleSheets = sheets;
  document.body.replaceChildren(...page.body.childNodes);
  first.focus();
}

async function go(method, body) {
  if (busy) return;
  busy = true;
  try {
    if (!opener) throw new Error("This window belongs to the demo page. Open the demo, and press “Sign in” there.");
    const { location: to, html } = await ask({ method, query: location.search.slice(1), body });
    if (!to) show(html);
    else if (new URL(to).origin === location.origin) location.replace(to);
  } catch (error) {
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.textContent = error.message;
    document.body.replaceChildren(said);
  } finally {
    busy = false;
  }
}

addEventListener("submit", (event) => {
  event.preventDefault();
  go("POST", new URLSearchParams(new FormData(event.target, event.submitter)).toString());
});
go("GET", "");
