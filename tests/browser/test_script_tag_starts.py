"""Where the script tag starts, beside what, and what it says when the browser lets it down: always with a code."""

from typing import Any

import pytest
from playwright.sync_api import Frame

from podio_web.sandbox.demo_server import Site
from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS
from tests.browser.served import OUTCOME, SRC, Served
from tests.browser.watch import Watched

SET = "() => Object.hasOwn(window, 'podioWeb')"


@pytest.fixture
def failing(served: Served, watched: Watched) -> Served:
    for known in ("podio-web: ", "Failed to load resource", "integrity", "CompileError"):
        watched.expect(known)
    return served


# --- Not in the document itself ---

SHADOW = """<div id="host"></div><script>
const add = () => {{
  const tag = document.createElement("script");
  Object.assign(tag, {{ type: "{type}", src: "{src}" }});
  document.getElementById("host").attachShadow({{ mode: "{mode}" }}).append(tag);
}};
{when};
</script>"""
LATE = "addEventListener('load', () => setTimeout(add, 50))"
DECLARED = '<div><template shadowrootmode="{mode}"><script type="{type}" src="{src}"></script></template></div>'


@pytest.mark.parametrize("mode", ["open", "closed"])
@pytest.mark.parametrize("kind", ["module", ""], ids=["module", "classic"])
@pytest.mark.parametrize(
    "body", [SHADOW, SHADOW.replace("{when}", LATE), DECLARED], ids=["at once", "late", "declared"]
)
def test_a_tag_in_a_shadow_root_is_told_where_to_go(failing: Served, mode: str, kind: str, body: str) -> None:
    failing.open(body.format(mode=mode, type=kind, src=SRC, when="add()"))
    failing.page.wait_for_function(SET)
    problem = failing.ready()
    assert (problem["name"], problem["code"]) == ("LoadError", "no_script_tag")
    assert "outside of shadow roots" in problem["message"]


# --- In frames ---


def inner(served: Served) -> Frame:
    """Return the frame in the page, when its script has run."""
    (frame,) = served.page.frames[1:]
    frame.wait_for_function(SET)
    return frame


@pytest.mark.parametrize("src", [SRC, "../podio-web/podio-web.js", "{url}/podio-web/podio-web.js"])
@pytest.mark.parametrize("kind", ["module", "text/javascript"])
def test_a_frame_without_an_address_of_its_own_is_on_the_page_s_origin(served: Served, src: str, kind: str) -> None:
    served.open(served.tag())
    tag = served.tag(src=src.format(url=served.url), type=kind)
    served.page.evaluate(
        "text => { const frame = document.createElement('iframe'); frame.srcdoc = text; document.body.append(frame); "
        "return new Promise(resolve => { frame.onload = resolve; }) }",
        f"<!doctype html>{tag}",
    )
    frame = inner(served)
    assert frame.url == "about:srcdoc"
    assert frame.evaluate(f"() => ({OUTCOME})(async () => {{ await podioWeb.ready }})") == {"value": None}
    asked = "new URL((await podioWeb.ready).getAuthorizationURL()).searchParams.get('redirect_uri')"
    assert frame.evaluate(f"async () => {asked}") == f"{served.url}/podio-web/callback.html"


SANDBOXES = ["allow-scripts", "allow-scripts allow-popups allow-forms", "allow-scripts allow-modals"]


@pytest.mark.parametrize("interpreter", INTERPRETERS.values())
@pytest.mark.parametrize("allowed", SANDBOXES)
def test_in_a_sandboxed_frame_every_rejection_has_a_code(failing: Served, interpreter: str, allowed: str) -> None:
    tag = failing.tag(src="/podio-web/podio-web.js", data_interpreter=interpreter)
    failing.open(f'<iframe sandbox="{allowed}" src="/tests/inner.html"></iframe>', inner=tag)
    frame = inner(failing)
    calls = ["podioWeb.ready", *(f"(await podioWeb.ready).{call}" for call in CALLS)]
    for call in calls:
        coded(frame.evaluate(f"() => ({OUTCOME})(async () => {{ await {call} }})"), call)
    # A frame of no origin has no callback page, so signing in is refused at once, with the reason.
    refused = frame.evaluate(f"() => ({OUTCOME})(async () => {{ await (await podioWeb.ready).login() }})")
    assert refused["code"] == "popup_blocked"
    assert "allow-same-origin" in refused["message"]


CALLS = ["isAuthenticated()", "get('/user/status')", "refreshAuthFromStore()", "logout()", "getAuthorizationURL()"]


def coded(outcome: dict[str, Any], call: str) -> None:
    """Assert that a promise is fulfilled, or rejected with an error of ours."""
    if "value" not in outcome:
        assert isinstance(outcome["code"], str), (call, outcome)
        assert outcome["message"] not in ("", "undefined"), (call, outcome)


# --- What the browser withholds ---

# What a browser does, and the code and the words that it ends in.
FAULTS = {
    "WebAssembly is missing": ("delete globalThis.WebAssembly", "no_webassembly", "WebAssembly"),
    "WebAssembly is an element": (
        "delete globalThis.WebAssembly; addEventListener('DOMContentLoaded', () => {"
        " document.body.append(Object.assign(document.createElement('a'), { id: 'WebAssembly' })); })",
        "no_webassembly",
        "WebAssembly",
    ),
    "WebAssembly may not be compiled": (
        "WebAssembly.Module = function () { throw new WebAssembly.CompileError('no'); }",
        "wasm_blocked",
        "'wasm-unsafe-eval'",
    ),
    "there is no memory": (
        "WebAssembly.instantiate = () => { throw new RangeError('no memory'); }",
        "load_failed",
        "no memory",
    ),
    "it is denied": (
        "WebAssembly.instantiate = () => Promise.reject(new DOMException('denied', 'SecurityError'))",
        "load_failed",
        "denied",
    ),
    "it gives no reason": ("WebAssembly.instantiate = () => Promise.reject()", "load_failed", "micropython"),
    "there is no fetch": ("delete window.fetch", "unreachable", "/assets/"),
    "fetch throws": ("window.fetch = () => { throw new TypeError('no'); }", "unreachable", "/assets/"),
    "fetch is denied": (
        "window.fetch = () => Promise.reject(new DOMException('denied', 'SecurityError'))",
        "unreachable",
        "/assets/",
    ),
    "there is no observer": ("delete window.PerformanceObserver", "load_failed", "PerformanceObserver"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_browser_withholds_is_named(failing: Served, fault: str) -> None:
    script, code, words = FAULTS[fault]
    failing.page.add_init_script(script)
    problem = failing.open(failing.tag()).ready()
    assert (problem["name"], problem["code"]) == ("LoadError", code), problem
    assert words in problem["message"]
    waiting = "new PodioJS({ authType: 'client', clientId: 'demo-client' })"
    for call in ("isAuthenticated()", "request('GET', '/user/status')", "refreshAuthFromStore()"):
        assert failing.outcome(f"{waiting}.{call}") == problem


@pytest.mark.parametrize("fault", ["WebAssembly is missing", "WebAssembly may not be compiled", "there is no fetch"])
def test_what_pyodide_is_withheld_is_named_too(failing: Served, fault: str) -> None:
    script, code, _ = FAULTS[fault]
    failing.page.add_init_script(script)
    problem = failing.open(failing.tag(data_interpreter="pyodide")).ready()
    assert (problem["name"], problem["code"]) == ("LoadError", code), problem


# What a hardened page does before anything else runs.
FROZEN = {
    "the prototypes of errors": "for (const each of [Error, TypeError, DOMException]) Object.freeze(each.prototype);",
    "the prototypes of everything": "for (const each of [Object, Array, Function, Error, TypeError, Promise, Map, Set])"
    " { Object.freeze(each); Object.freeze(each.prototype); }",
    "the names on the window": "for (const name of ['process', 'Deno', 'Module', 'proxy_js_ref', 'loadMicroPython'])"
    " Object.defineProperty(window, name, { value: undefined });",
}


@pytest.mark.parametrize("what", FROZEN)
def test_a_page_may_freeze(failing: Served, what: str) -> None:
    failing.page.add_init_script(FROZEN[what])
    failing.open(failing.tag())
    assert failing.ready() == {"value": None}
    problem = failing.outcome("(await podioWeb.ready).get('/user/status')")
    assert (problem["name"], problem["code"]) == ("LoginRequired", "login_required"), problem


@pytest.mark.parametrize("what", FROZEN)
def test_where_a_page_freezes_a_rejection_has_its_code(failing: Served, what: str) -> None:
    failing.page.add_init_script(FROZEN[what])
    failing.page.route("**/assets/*.wasm", lambda route: route.fulfill(status=404))
    problem = failing.open(failing.tag()).ready()
    assert (problem["name"], problem["code"]) == ("LoadError", "missing_file"), problem


# --- Beside another MicroPython ---

PAGE_PYTHON = """
import asyncio, gc, js
own = js.JSON.parse('{"name": "page"}')
def call(value):
    gc.collect()
    return own.name + str(value)
async def wait(value):
    await asyncio.sleep(0.01)
    return own.name + str(value)
js.pageCall = call
js.pageWait = wait
"""

ADD_PYSCRIPT = """async ({ interpreter, python }) => {
  const script = Object.assign(document.createElement("script"), { type: "mpy", textContent: python });
  script.setAttribute("config", JSON.stringify({ interpreter }));
  document.body.append(script);
  await import("/vendor/pyscript/core.js");
}"""

ADD_TAG = "html => { document.head.append(document.createRange().createContextualFragment(html)); }"

INTERLEAVED = """async (token) => {
  const client = await podioWeb.ready;
  client.setAccessToken(token);
  const told = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const [person, waited] = await Promise.all([client.get("/user/status"), pageWait(turn)]);
    told.push(person.profile.name, waited, pageCall(turn), await client.isAuthenticated());
  }
  return told;
}"""


@pytest.mark.parametrize("first", ["tag", "mpy"])
@pytest.mark.parametrize("copy", ["npm", "site"])
def test_pyscript_s_micropython_and_the_tag_leave_each_other_alone(
    served: Served, sandbox: SandboxControl, site: Site, first: str, copy: str
) -> None:
    built = site.built()
    assert built is not None
    interpreter = (
        "/vendor/micropython/micropython.mjs"
        if copy == "npm"
        else f"/podio-web/{built['micropython']['module']['url']}"
    )
    served.open("")
    given = {"interpreter": f"{served.url}{interpreter}", "python": PAGE_PYTHON}
    for part in ("tag", "mpy") if first == "tag" else ("mpy", "tag"):
        if part == "tag":
            served.page.evaluate(ADD_TAG, served.tag())
            served.page.wait_for_function(SET)
            assert served.ready() == {"value": None}
        else:
            served.page.evaluate(ADD_PYSCRIPT, given)
            served.page.wait_for_function("() => window.pageWait")
    told = served.page.evaluate(INTERLEAVED, sandbox.issue_token())
    assert told == [each for turn in range(3) for each in ("Demo Person", f"page{turn}", f"page{turn}", True)]


def test_two_interpreters_of_the_site_share_a_page(served: Served, site: Site, sandbox: SandboxControl) -> None:
    """The tag's own, and another one from the same file."""
    built = site.built()
    assert built is not None
    served.open(served.tag())
    assert served.ready() == {"value": None}
    served.page.evaluate(
        """async ({ module, wasm, python }) => {
          const { loadMicroPython } = await import(module);
          const other = await loadMicroPython({ url: new URL(wasm, location).href });
          other.runPython(python);
        }""",
        {
            "module": f"/podio-web/{built['micropython']['module']['url']}",
            "wasm": f"/podio-web/{built['micropython']['wasm']['url']}",
            "python": PAGE_PYTHON,
        },
    )
    told = served.page.evaluate(INTERLEAVED, sandbox.issue_token())
    assert told[:4] == ["Demo Person", "page0", "page0", True]
    assert (
        served.page.evaluate(
            "['Module', 'proxy_js_ref', 'proxy_js_map', 'loadMicroPython'].filter(name => name in window)"
        )
        == []
    )
