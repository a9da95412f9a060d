"""A page in which one of the browser's APIs is broken: whatever is awaited ends, in an outcome that is documented.

`tests/browser_apis.py` finds the APIs in the source, and says how each of them may be broken.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab
from tests.browser.watch import Watched
from tests.browser_apis import BLOCKING, NOISE, PLACES, UNMENDABLE

LIMIT = 60
"""Seconds that one walk may take; each of its calls and sign-ins may take one."""

# Where the windows themselves matter, a real one opens. Elsewhere one of the test's own answers, which is faster.
WITH_WINDOWS = {
    *("BroadcastChannel", "js_channel.postMessage", "js_event.data", "js_event.origin", "js_event.source"),
    *("js_value.window", "js_window.closed", "js_window.parent", "open"),
}

PREPARE = """() => {
  const real = {
    open: window.open.bind(window), Channel: BroadcastChannel, Address: URL,
    post: BroadcastChannel.prototype.postMessage, close: BroadcastChannel.prototype.close,
    replaceState: history.replaceState.bind(history),
  };
  const start = window.setTimeout.bind(window), stop = window.clearTimeout.bind(window);
  const home = location.pathname + location.search;
  const broken = () => new DOMException("A test broke this.", "SecurityError");
  const refuse = function () { throw broken() };
  const faults = {
    "throws": { value: refuse },
    "returns null": { value: function () { return null } },
    "returns an object": { value: function () { return {} } },
    "never answers": { value: function () { return new Promise(() => {}) } },
    "rejects": { value: function () { return Promise.reject(broken()) } },
    "cannot be read": { get: refuse },
    "is null": { value: null },
    "is an object": { value: {} },
  };
  // A window that a test can break in every part: it stands for a real one, or answers by itself.
  const around = shown => {
    const answer = url => {
      const state = new real.Address(url).searchParams.get("state");
      const fragment = `#access_token=${window.answer}&expires_in=6000&ref[type]=user&ref[id]=1001&state=${state}`;
      const message = { type: "podio-web:response", version: 1, attempt: state, fragment, query: "" };
      const channel = new real.Channel(`podio-web:${state}`);
      real.post.call(channel, JSON.stringify(message));
      start(() => real.close.call(channel), 100);
    };
    const popup = {
      get closed() { return shown?.closed ?? false },
      focus() { shown?.focus() },
      close() { shown?.close() },
      postMessage(...given) { shown?.postMessage(...given) },
      location: {
        get href() { return shown?.location.href ?? "about:blank" },
        replace(url) { shown ? shown.location.replace(url) : answer(url) },
      },
    };
    popup.window = popup.parent = popup;
    return popup;
  };
  const mends = [], listeners = [], timers = [];
  const listen = window.addEventListener.bind(window), forget = window.removeEventListener.bind(window);
  const put = (owner, name, fault) => {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    mends.push(() => own ? Object.defineProperty(owner, name, own) : delete owner[name]);
    Object.defineProperty(owner, name, { configurable: true, ...faults[fault] });
  };
  window.breakApi = (place, names, fault, withWindows) => {
    real.replaceState(null, "", `${home}#access_token=made-up&expires_in=6000&state=unknown`);
    // Part of the window that opens, "" for itself; undefined for what is in this window.
    const part = /^popup[.]?(.*)/.exec(place)?.[1];
    // What cannot be ended while that is broken must not go on in the next walk.
    put(window, "addEventListener", "is null");
    Object.defineProperty(window, "addEventListener", { value: (...given) => {
      listeners.push(given);
      listen(...given);
    }});
    put(window, "setTimeout", "is null");
    Object.defineProperty(window, "setTimeout", { value: (act, delay, ...given) => {
      const id = start(act, delay, ...given);
      // Shorter ones are how the interpreters take turns.
      if (delay >= 200) timers.push(id);
      return id;
    }});
    put(window, "open", "is null");
    Object.defineProperty(window, "open", { value: (...given) => {
      const shown = withWindows ? real.open(...given) : null;
      if (part === undefined && shown) return shown;
      const popup = around(shown), owner = part ? popup[part] : popup;
      if (part !== undefined) {
        for (const name of names) Object.defineProperty(owner, name, { configurable: true, ...faults[fault] });
      }
      return popup;
    }});
    if (part !== undefined || !fault) return;
    const owner = place.split(".").reduce((object, name) => object[name], window);
    for (const name of names) put(owner, name, fault);
  };
  window.mendApi = () => {
    for (const mend of mends.reverse().splice(0)) mend();
    for (const given of listeners.splice(0)) forget(...given);
    for (const id of timers.splice(0)) stop(id);
    real.replaceState(null, "", home);
  };
  // It tells of its end by its own timer: the page's may be broken.
  window.walk = (limit, click) => new Promise((resolve, reject) => {
    window.walked = resolve;
    start(() => reject(new Error("something never ended")), limit * 1000);
    click?.();
  });
  // What another tab does, and a person who comes back.
  const events = [new StorageEvent("storage", { key: null, newValue: null }), new Event("pageshow")];
  window.beHeard = () => events.forEach(event => window.dispatchEvent(event));
  // The client looks for the callback page beside the page.
  document.head.prepend(Object.assign(document.createElement("base"), { href: "/" }));
}"""

# Signs in when a click calls `kept["walk"]`, and then uses everything else.
WALK = """
def described(problem):
    is_documented = isinstance(problem, (podio_web.PodioError, ValueError))
    return {"raised" if is_documented else "undocumented": describe(problem)}

def begin(act):
    try:
        return act()
    except Exception as problem:
        return problem

async def end(begun):
    try:
        if isinstance(begun, Exception):
            raise begun
        return await begun
    except Exception as problem:
        return described(problem)

def client(**options):
    options["api_url"] = kept["api_url"]
    return podio_web.Podio("client", client_id="demo-client", **options)

async def use(podio, login, outcomes):
    js.window.beHeard()
    # Podio refuses the token of the start: this call waits for the popup that is open.
    call = asyncio.create_task(end(begin(lambda: podio.get("/user/status"))))
    outcomes["login"] = await end(login)
    outcomes["renewal"] = await call
    js.window.beHeard()
    outcomes["get"] = await end(begin(lambda: podio.get("/user/status")))
    outcomes["logout"] = await end(begin(podio.logout))
    outcomes["refresh_auth_from_store"] = await end(begin(podio.refresh_auth_from_store))
    outcomes["is_authenticated"] = await end(begin(podio.is_authenticated))
    outcomes["aclose"] = await end(begin(podio.aclose))

async def leave(podio, outcomes):
    outcomes["redirect"] = await end(begin(lambda: podio.login(method="redirect")))
    outcomes["logout after redirect"] = await end(begin(podio.logout))
    await end(begin(podio.aclose))

async def go_on(podio, login, outcomes):
    try:
        if isinstance(podio, Exception):
            outcomes["client"] = described(podio)
        else:
            await use(podio, login, outcomes)
        for name, options in (("redirect", {"auth_url": kept["nowhere"]}), ("elsewhere", {"redirect_uri": "https://e.example/"})):
            other = begin(lambda: client(**options))
            if isinstance(other, Exception):
                outcomes[name] = described(other)
            else:
                await leave(other, outcomes)
    except Exception as problem:
        outcomes["walk"] = described(problem)
    js.window.walked(json.dumps(outcomes))

def walk(limit):
    outcomes, login = {}, None
    podio = begin(lambda: client(timeout=limit, login_timeout=limit))
    if not isinstance(podio, Exception):
        outcomes["auth_error"] = podio.get_auth_error() and podio.get_auth_error().code
        person = {"type": "user", "id": 1001}
        podio.set_access_token({"access_token": "made-up", "expires_in": 6000, "ref": person})
        login = begin(podio.login)
    kept["walking"] = asyncio.create_task(go_on(podio, login, outcomes))

kept["walk"] = walk
"""


class Nowhere(BaseHTTPRequestHandler):
    """A place without a page. A tab that is sent there keeps its page."""

    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *ignored: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def nowhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Nowhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def walker(tab: Tab, sandbox: SandboxControl, nowhere: str) -> Iterator["Walker"]:
    """A tab with what breaks an API; the person is signed in at Podio, so that popups close by themselves."""
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    tab.run('await kept.pop("podio").aclose()')
    tab.run(f'kept["api_url"], kept["nowhere"] = {tab.api_url!r}, {nowhere!r}')
    tab.run(WALK)
    token = sandbox.issue_token("demo@example.com", "demo-client")["access_token"]
    tab.page.evaluate(f"token => {{ window.answer = token; if (!window.breakApi) ({PREPARE})() }}", token)
    yield Walker(tab)
    tab.page.evaluate("() => mendApi()")


class Walker:
    """A person in a tab who uses everything that it has, while something in it is broken."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab

    def walk(self, api: str, fault: str | None = None) -> dict[str, Any]:
        """Use everything, and return what became of each; without a fault nothing is broken."""
        name = api.rpartition(".")[2]
        names, with_windows = ["warn", "error"] if name == "*" else [name], api in WITH_WINDOWS
        page, limit = self.tab.page, 1 if fault else 30
        page.evaluate("given => breakApi(...given)", [PLACES[api][0], names, fault, with_windows])
        page.evaluate(f"() => {{ window.stepOfClick = 'kept[\"walk\"]({limit})' }}")
        if with_windows:
            page.evaluate("limit => { window.walking = walk(limit) }", LIMIT)
            page.locator("#click").click()
            told = page.evaluate("() => walking")
        else:
            told = page.evaluate("limit => walk(limit, () => document.querySelector('#click').click())", LIMIT)
        page.evaluate("() => mendApi()")
        for other in self.tab.context.pages:
            if other is not page:
                other.close()
        return dict(json.loads(told))


@pytest.mark.parametrize("api", PLACES)
def test_everything_ends_in_a_documented_outcome_with_a_broken_api(
    walker: Walker, watched: Watched, interpreter: str, api: str
) -> None:
    if api in NOISE:
        watched.expect(NOISE[api])
    faults = PLACES[api][1]
    for fault in faults:
        if fault not in UNMENDABLE.get((api, interpreter), ()):
            outcomes = walker.walk(api, fault)
            assert "undocumented" not in str(outcomes), fault
    outcomes = walker.walk(api)
    assert outcomes["login"] is None
    assert outcomes["renewal"].get("user") == outcomes["get"]["user"], outcomes


@pytest.mark.parametrize("interpreter", ["pyodide"], indirect=True)
def test_a_blocking_call_ends_in_a_documented_outcome(
    walker: Walker, watched: Watched, root: Path, sandbox: SandboxControl
) -> None:
    tab = walker.tab
    # A request whose headers are not set is refused.
    watched.expect("status of 401")
    tab.run(f"""
        from podio_web.http import authorized, build_request
        from podio_web.runtime.js_bridge import create_proxy
        # The page archive is without it.
        blocking = dict(__name__="blocking")
        exec({(root / "podio_web/runtime/page_blocking.py").read_text(encoding="utf-8")!r}, blocking)
        transport = blocking["BlockingTransport"]()
        request = build_request(kept["api_url"], "GET", "/user/status")
        request = authorized(request, {sandbox.issue_token("demo@example.com", "demo-client")["access_token"]!r})

        def ask():
            assert not blocking["can_wait"](), "else it is not a blocking request"
            try:
                transport.perform(request, 1).send(None)
            except StopIteration as end:
                return end.value.status
            except podio_web.ConnectionFailed:
                return None
            raise AssertionError("a blocking request waited for something")

        kept["ask"] = create_proxy(ask)
    """)
    # A function that JavaScript calls has no way to suspend Python.
    ask = 'return js.Reflect.apply(kept["ask"], None, js.Array.of())'
    for api, (place, faults) in BLOCKING.items():
        for fault in faults:
            tab.page.evaluate("given => breakApi(...given)", [place, [api.rpartition(".")[2]], fault, False])
            try:
                tab.run(ask)
            finally:
                tab.page.evaluate("() => mendApi()")
        assert tab.run(ask) == 200, api
