"""Pyodide from a snapshot: the first visit starts as usual, the next ones fast, and nothing that fails stops a page."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Error, Route

from podio_web.site_builder.interpreters import PYODIDE
from podio_web.testing import SandboxControl
from tests.browser.fast import START, Visitor
from tests.browser.watch import Watched

CALL = """
import podio_web
async def call():
    podio = podio_web.Podio(
        "client", client_id="demo-client", api_url={api_url!r}, session_store=podio_web.MemoryStore()
    )
    podio.set_access_token({token!r})
    return (await podio.get("/user/status"))["profile"]["name"]
await call()
"""

BLOCKED = "Object.defineProperty(self, 'caches', {get() { throw new DOMException('denied', 'SecurityError') }})"
INSECURE = "delete self.caches; delete Object.getPrototypeOf(self).caches"
# Before its first page, a context has an empty one without a cache.
FULL = "if (self.Cache) Cache.prototype.put = async () => { throw new DOMException('no room', 'QuotaExceededError') }"
OLD = "delete self.DecompressionStream"
SAVING = "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"


@pytest.fixture
def visitor(new_context: Callable[..., BrowserContext]) -> Visitor:
    return Visitor(new_context())


@pytest.fixture
def returning(profile: BrowserContext) -> Iterator[Visitor]:
    """Somebody who has been here before: the snapshot is kept."""
    visitor = Visitor(profile)
    visitor.look_in()
    if not visitor.has_kept():
        visitor.visit()
        visitor.wait_until_kept()
    yield visitor
    visitor.leave()


@pytest.mark.parametrize("place", ["page", "worker"])
def test_a_file_of_pyodide_with_another_hash_stops_the_start(
    new_context: Callable[..., BrowserContext], watched: Watched, place: str
) -> None:
    watched.expect("digest|integrity|hash")
    context = new_context()
    for name in PYODIDE.files:
        context.route(f"**/{name}", altered)
        page = context.new_page()
        page.goto(f"/tests/fast.html?place={place}")
        page.wait_for_function("() => window.pyodide || window.failed", timeout=START)
        assert f"/{name} is not the file that was built. Deploy the folder again" in page.evaluate("window.failed")
        assert page.evaluate("window.ran ?? null") is None
        page.close()
        context.unroute(f"**/{name}")
    page = context.new_page()
    page.goto(f"/tests/fast.html?place={place}")
    page.wait_for_function("() => window.pyodide || window.failed", timeout=START)
    assert page.evaluate("window.failed ?? null") is None


USE_FILES = "from podio_web.files import Files\nimport podio_web.runtime.blobs\nFiles.__name__"


def test_a_part_is_loaded_if_it_is_asked_for_on_a_first_visit(visitor: Visitor) -> None:
    assert not visitor.visit(parts=["files"])["from_memory"]
    has_the_part_if_it_asks(visitor)


def test_a_part_is_loaded_if_it_is_asked_for_on_a_later_visit(returning: Visitor) -> None:
    assert returning.visit(parts=["files"])["from_memory"]
    has_the_part_if_it_asks(returning)


def has_the_part_if_it_asks(someone: Visitor) -> None:
    """Use the part in the page that asked for it, and miss it in one that does not."""
    assert someone.page.evaluate("source => window.pyodide.runPython(source)", USE_FILES) == "Files"
    someone.visit()
    with pytest.raises(Error, match=r"No module named 'podio_web\.files'"):
        someone.page.evaluate("source => window.pyodide.runPython(source)", USE_FILES)


def test_a_part_that_does_not_exist_is_named(visitor: Visitor) -> None:
    with pytest.raises(AssertionError):
        visitor.visit(parts=["film"])
    assert visitor.page.evaluate("window.failed") == 'LoadError: There is no part "film" of podio_web.'


def altered(route: Route) -> None:
    """Answer with another file, of the same type: a module tells when it runs."""
    body = "globalThis.ran = true; if (globalThis.WorkerGlobalScope) postMessage('ran');"
    types = {"mjs": "text/javascript", "wasm": "application/wasm", "json": "application/json"}
    ending = route.request.url.rpartition(".")[2]
    route.fulfill(body=body, content_type=types.get(ending, "application/zip"))


def test_a_page_may_start_two_pyodides_and_keeps_its_own_fetch(visitor: Visitor) -> None:
    visitor.look_in()
    told = visitor.page.evaluate("""async () => {
      const { fetch } = window;
      const { loadPyodide } = await import("/podio-web/fast-pyodide.mjs");
      const started = await Promise.all([loadPyodide(), loadPyodide()]);
      const answers = started.map((pyodide) => pyodide.runPython("import podio_web; 6 * 7"));
      return [...answers, window.fetch === fetch];
    }""")
    assert told == [42, 42, True]


@pytest.mark.parametrize("pyscript", [False, True], ids=["plain", "pyscript"])
def test_the_second_visit_starts_from_memory_and_in_silence(visitor: Visitor, pyscript: bool) -> None:
    first = visitor.visit(pyscript=pyscript)
    assert not first["from_memory"]
    visitor.wait_until_kept()
    visitor.page.close()
    second = visitor.visit(pyscript=pyscript)
    assert second["from_memory"]
    assert second["version"] == first["version"]
    assert not visitor.said


def test_both_ways_to_start_call_podio(visitor: Visitor, sandbox: SandboxControl) -> None:
    source = CALL.format(api_url=sandbox.url, token=sandbox.issue_token())
    for from_memory in (False, True):
        assert visitor.visit()["from_memory"] is from_memory
        assert visitor.page.evaluate("source => pyodide.runPythonAsync(source)", source) == "Demo Person"
        visitor.wait_until_kept()


def test_chance_differs_from_visit_to_visit(returning: Visitor) -> None:
    visits = [returning.visit() for _ in range(2)]
    assert all(visit["from_memory"] for visit in visits)
    assert visits[0]["chance"] != visits[1]["chance"]


def test_only_this_site_s_older_snapshots_are_tidied_away(visitor: Visitor, base_url: str) -> None:
    visitor.visit()
    visitor.wait_until_kept()
    (current,) = visitor.caches()
    older = f"podio-web:snapshot:{base_url}/podio-web/:0.0.1:sha256-old"
    others = ["somebody-else", f"podio-web:snapshot:{base_url}/another/:0.0.1:sha256-old"]
    visitor.page.evaluate("names => Promise.all(names.map(name => caches.open(name)))", [older, *others])
    assert visitor.visit()["from_memory"]
    visitor.wait_in_page(f"async () => !(await caches.has({older!r}))")
    assert set(visitor.caches()) == {current, *others}


@pytest.mark.parametrize(
    "change",
    ["memory.slice(0, memory.length / 2)", "'<!doctype html>'", "(memory[20_000_000] ^= 1, memory)"],
    ids=["half", "something else", "one bit"],
)
def test_a_corrupt_snapshot_is_dropped_told_and_fetched_again(returning: Visitor, change: str) -> None:
    returning.in_cache(change)
    assert not returning.visit()["from_memory"]
    returning.wait_for_complaint()
    assert len(returning.complaints) == 1
    assert not returning.visit()["from_memory"]
    returning.wait_until_kept()
    assert returning.visit()["from_memory"]
    assert len(returning.complaints) == 1


@pytest.mark.parametrize("obstacle", [BLOCKED, INSECURE], ids=["blocked", "insecure"])
def test_without_storage_pyodide_starts_as_usual_and_says_so_once(visitor: Visitor, obstacle: str) -> None:
    visitor.context.add_init_script(obstacle)
    assert not visitor.visit()["from_memory"]
    visitor.wait_for_complaint()
    assert len(visitor.complaints) == 1


@pytest.mark.parametrize("obstacle", [FULL, OLD], ids=["no room", "no DecompressionStream"])
def test_a_snapshot_that_cannot_be_kept_is_told_once_and_nothing_is_left(visitor: Visitor, obstacle: str) -> None:
    visitor.context.add_init_script(obstacle)
    assert not visitor.visit()["from_memory"]
    visitor.wait_for_complaint()
    visitor.wait_in_page("async () => !(await caches.keys()).length")
    assert len(visitor.complaints) == 1


@pytest.mark.parametrize(
    "answer", [{"status": 404, "body": ""}, {"body": "no snapshot"}], ids=["missing", "wrong integrity hash"]
)
def test_a_snapshot_that_does_not_come_is_told_once(
    visitor: Visitor, watched: Watched, answer: dict[str, object]
) -> None:
    watched.expect("404|digest|integrity|hash")
    visitor.context.route("**/snapshot-*", lambda route: route.fulfill(**answer))
    assert not visitor.visit()["from_memory"]
    visitor.wait_for_complaint()
    assert visitor.caches() == []
    assert len(visitor.complaints) == 1


def test_a_bundle_that_does_not_come_is_told_and_pyodide_starts(visitor: Visitor, watched: Watched) -> None:
    watched.expect("404|digest|integrity|hash")
    visitor.context.route("**/podio_web-*.json", lambda route: route.fulfill(status=404, body=""))
    visitor.look_in()
    visitor.page.goto("/tests/fast.html")
    visitor.page.wait_for_function("() => window.pyodide || window.failed", timeout=START)
    assert visitor.page.evaluate("pyodide.runPython('1 + 1')") == 2
    visitor.wait_for_line("podio_web could not be added to Pyodide")


def test_a_python_with_an_environment_of_its_own_starts_as_usual(returning: Visitor) -> None:
    assert not returning.visit(env={"HOME": "/home/pyodide", "GREETING": "hello"})["from_memory"]
    assert returning.page.evaluate("pyodide.runPython('import os; os.environ[\"GREETING\"]')") == "hello"
    returning.wait_for_complaint()
    assert len(returning.complaints) == 1


def test_who_saves_data_is_not_sent_the_snapshot(visitor: Visitor) -> None:
    asked: list[str] = []
    visitor.context.on("request", lambda request: asked.append(request.url))
    visitor.context.add_init_script(SAVING)
    visitor.visit()
    # Longer than a page rests before it is fetched.
    visitor.page.evaluate("new Promise(resolve => setTimeout(resolve, 1500))")
    assert not [url for url in asked if "/snapshot-" in url]
    assert not visitor.said


def test_a_pyodide_that_does_not_come_is_an_error_for_the_page(visitor: Visitor, watched: Watched) -> None:
    watched.expect(".")
    visitor.context.route("**/pyodide.mjs", lambda route: route.fulfill(status=404, body=""))
    page = visitor.context.new_page()
    page.goto("/tests/fast.html")
    page.wait_for_function("() => window.failed")
