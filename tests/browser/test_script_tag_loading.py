"""What can go wrong while `podio-web.js` loads: it says so in the page and by an event, or works all the same."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from podio_web.site_builder import build_site
from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS, Rejected, TagPage
from tests.browser.tab import allow
from tests.browser.watch import Watched

# The parts of FILES.micropython, what their addresses end in, and what they are served as. There is an image only in a
# site without snapshots.
PARTS = {
    "module": (".mjs", "text/javascript"),
    "wasm": (".wasm", "application/wasm"),
    "image": (".bin", "application/octet-stream"),
}
SITE = "/podio-web/"


@pytest.fixture
def tag(new_context: Callable[..., BrowserContext], sandbox: SandboxControl) -> TagPage:
    """A page that has not loaded anything yet."""
    return TagPage(new_context(), sandbox.url)


@pytest.fixture(scope="module")
def without_snapshots(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site where MicroPython starts in the page, and reads the package from an image."""
    target = tmp_path_factory.mktemp("plain") / "site"
    build_site(target, node_modules=root / "node_modules", snapshot=False)
    return target


@pytest.fixture
def loading(request: pytest.FixtureRequest, tag: TagPage, part: str) -> str:
    """How the address of a part ends, in a page that loads one."""
    if part == "image":
        folder: Path = request.getfixturevalue("without_snapshots")

        def answer(route: Route) -> None:
            path = folder / route.request.url.partition(SITE)[2]
            kind = next((kind for ending, kind in PARTS.values() if path.name.endswith(ending)), "text/javascript")
            route.fulfill(path=path, content_type=kind)

        tag.page.route(lambda url: SITE in url, answer)
    return PARTS[part][0]


@pytest.fixture
def failing(tag: TagPage, watched: Watched) -> TagPage:
    """A page whose failure belongs to the test, whatever the browser itself says of it."""
    for known in ("podio-web: ", "Failed to load resource", "integrity", "MIME type", "Loading module"):
        watched.expect(known)
    return tag


def fails(tag: TagPage, code: str, *words: str) -> None:
    """Wait for the event, and find its message in the page and in whatever waited for Python."""
    problem = tag.wait_for("error")
    assert problem["code"] == code, problem
    for word in words:
        assert word in problem["message"], problem
    expect(tag.page.get_by_role("alert")).to_have_text(problem["message"])
    with pytest.raises(Rejected) as raised:
        tag.run("await podioWeb.ready")
    assert (raised.value.code, raised.value.message) == (code, problem["message"])
    with pytest.raises(Rejected) as raised:
        tag.run("await new PodioJS({authType: 'client', clientId: 'demo-client'}).isAuthenticated()")
    assert raised.value.code == code
    assert len(tag.heard("error")) == 1
    assert not tag.heard("ready")


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_file_is_named(failing: TagPage, loading: str) -> None:
    failing.replace(loading, status=404, body="Not found")
    fails(failing.open(), "missing_file", "404", loading, "podio-web build")


def test_a_missing_pyodide_is_named(failing: TagPage) -> None:
    failing.replace("/assets/fast-", status=404, body="Not found")
    fails(failing.open(interpreter="pyodide"), "missing_file", "404", "/assets/fast-")


@pytest.mark.parametrize("part", PARTS)
def test_a_file_that_is_not_the_one_that_was_built_is_refused(failing: TagPage, loading: str, part: str) -> None:
    failing.replace(loading, status=200, content_type=PARTS[part][1], body="globalThis.intruder = true;")
    fails(failing.open(), "wrong_integrity", loading, "caches")
    assert failing.run("return window.intruder") is None


@pytest.mark.parametrize(("more", "runs"), [(b"", 1), (b"\0\x05\x04more", 0)])
def test_webassembly_with_another_hash_never_runs(failing: TagPage, more: bytes, runs: int) -> None:
    """It is compiled while it comes; a section that only tools read makes it another file."""
    failing.page.add_init_script(
        "window.ran = 0; const { instantiate } = WebAssembly;"
        "WebAssembly.instantiate = (...given) => { window.ran += 1; return instantiate(...given); };"
    )
    failing.page.route(
        lambda url: url.endswith(".wasm"),
        lambda route: route.fulfill(body=route.fetch().body() + more, content_type="application/wasm"),
    )
    failing.open()
    if more:
        fails(failing, "wrong_integrity", ".wasm", "caches")
    else:
        failing.ready()
    assert failing.run("return window.ran") == runs


def test_a_module_with_another_mime_type_is_named(failing: TagPage) -> None:
    failing.replace(".mjs", content_type="text/plain")
    fails(failing.open(), "wrong_type", "text/plain", "text/javascript")


@pytest.mark.parametrize("part", ["wasm", "image"])
def test_another_file_with_another_mime_type_works_all_the_same(
    tag: TagPage, loading: str, part: str, without_snapshots: Path
) -> None:
    asked: list[str] = []
    tag.page.on("request", lambda request: asked.append(request.url))
    # The site that the tests serve has no image.
    there = {"status": 200, "path": next(without_snapshots.rglob("*.bin"))} if part == "image" else {}
    tag.replace(loading, content_type="text/plain", **there)
    tag.open().ready()
    assert [url for url in asked if url.endswith(loading)]
    assert not tag.heard("error")


def test_a_file_that_never_arrives_ends_in_a_time_out(failing: TagPage) -> None:
    failing.replace(".wasm", status=0)
    fails(failing.open(timeout="1"), "timeout", "1 seconds")


def test_a_server_that_is_gone_is_told(failing: TagPage, watched: Watched) -> None:
    failing.page.route(lambda url: url.endswith(".wasm"), lambda route: route.abort())
    fails(failing.open(), "unreachable", "/podio_web-", "online")


def test_a_browser_without_webassembly_is_told(failing: TagPage) -> None:
    failing.page.add_init_script("delete globalThis.WebAssembly")
    fails(failing.open(), "no_webassembly", "WebAssembly")


def test_an_unknown_interpreter_is_told(failing: TagPage) -> None:
    fails(failing.open(interpreter="cpython"), "wrong_argument", "cpython", "micropython")


def test_a_file_that_is_not_built_is_told(failing: TagPage, root: Path) -> None:
    source = (root / "static" / "podio-web.js").read_text(encoding="utf-8")
    failing.replace("/podio-web/podio-web.js", status=200, content_type="text/javascript", body=source)
    fails(failing.open(), "not_built", "podio-web build")


def test_a_page_that_imports_it_without_a_script_tag_is_told(failing: TagPage) -> None:
    failing.page.goto("/tests/blank.html")
    failing.page.evaluate("""async () => {
      const told = new Promise(resolve => addEventListener("podio-web:error", resolve));
      await import("/podio-web/podio-web.js");
      await told;
    }""")
    expect(failing.page.get_by_role("alert")).to_contain_text("script tag")


def test_an_option_that_is_wrong_is_told(failing: TagPage) -> None:
    failing.open(api_url="ftp://nowhere").ready()
    assert failing.wait_for("error")["code"] == "wrong_argument"
    expect(failing.page.get_by_role("alert")).to_contain_text("api_url")
    with pytest.raises(Rejected, match="api_url"):
        failing.run("await podio.isAuthenticated()")


def test_a_page_may_show_the_message_itself(failing: TagPage) -> None:
    failing.page.add_init_script("addEventListener('podio-web:error', event => event.preventDefault())")
    failing.replace(".wasm", status=404, body="Not found")
    failing.open().wait_for("error")
    expect(failing.page.get_by_role("alert")).to_have_count(0)


BLOCKED = """
for (const name of ["localStorage", "sessionStorage"]) {
  Object.defineProperty(window, name, { get() { throw new DOMException("blocked", "SecurityError"); } });
}
"""


def test_with_blocked_storage_the_session_lives_in_memory(tag: TagPage, interpreter: str) -> None:
    tag.page.add_init_script(BLOCKED)
    tag.open(interpreter=INTERPRETERS[interpreter]).ready()
    tag.run("podio.on('storageDegraded', problem => { window.degraded = problem.message })")
    allow(tag.popup_from("client.login()"))
    tag.run("await window.clicked")
    assert tag.run("return (await podio.get('/user/status')).profile.name") == "Demo Person"
    assert not tag.heard("error")


def test_loading_needs_nobody_but_the_site_and_the_api(tag: TagPage, base_url: str) -> None:
    asked: list[str] = []
    tag.page.on("request", lambda request: asked.append(request.url))
    tag.open().ready()
    tag.run("await podio.isAuthenticated()")
    assert asked
    assert [url for url in asked if not url.startswith((base_url, tag.api_url))] == []


def test_each_file_is_asked_for_once(tag: TagPage) -> None:
    asked: list[str] = []
    tag.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    tag.open().ready()
    loaded = [name for name in asked if name.endswith((".mjs", ".wasm", ".bin"))]
    assert len(loaded) == len(set(loaded)) == 2
