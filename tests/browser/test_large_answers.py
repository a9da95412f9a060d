"""Large answers: each ends in data or in an error that says what to do, within its time-out, on every runtime."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS, TagPage
from tests.browser.tab import Tab
from tests.browser.watch import Watched
from tests.unit.odd_server import OddServer

MEGABYTES = [0.1, 1.05, 8, 15]
TOO_MUCH = [32]  # for MicroPython; Pyodide reads it

CALL = """
import time
podio = podio_web.Podio(
    "client",
    client_id="demo-client",
    api_url={url!r},
    redirect_uri=js.location.origin + "/static/callback.html",
    session_store=podio_web.MemoryStore(),
)
podio.set_access_token({{"access_token": "made-up", "expires_in": 6000}})
began = time.time()
try:
    found = await podio.{call}
    outcome = [found["items"][0]["title"], found["items"][0]["item_id"], found["items"][-1]]
except podio_web.PodioError as problem:
    outcome = [type(problem).__name__, str(problem)]
found = None
await podio.aclose()
return [outcome, time.time() - began]
"""
READ = ["Paint the fence 🚀", 3_000_000_001, "the end"]


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with OddServer() as odd:
        yield odd


@pytest.mark.every_browser
def test_an_answer_of_any_size_ends_in_data_or_in_a_clear_error(tab: Tab, odd: OddServer) -> None:
    for megabytes in MEGABYTES + TOO_MUCH:
        call = f'post("/large?{int(megabytes * 1_000_000)}", {{"limit": 500}}, timeout=60)'
        outcome, seconds = tab.run(CALL.format(url=odd.url, call=call))
        assert seconds < 60
        if megabytes in TOO_MUCH and tab.interpreter == "mpy":
            assert outcome[0] == "PodioError"
            assert "Ask for fewer items (limit and offset), or use Pyodide" in outcome[1]
        else:
            assert outcome == READ, megabytes


@pytest.mark.every_browser
def test_a_large_refusal_is_an_error_like_any_other(tab: Tab, odd: OddServer, watched: Watched) -> None:
    watched.expect("Failed to load resource")
    too_large = "PodioError" if tab.interpreter == "mpy" else "BadRequestError"
    for megabytes, kind in [(2, "BadRequestError"), (30, too_large)]:
        outcome, _ = tab.run(CALL.format(url=odd.url, call=f'get("/large-refusal?{megabytes * 1_000_000}")'))
        assert outcome[0] == kind
        assert len(outcome[1]) < 300


PYTHON_OF_THE_PAGE = """
import js
import json
from podio_web import PodioError
from podio_web.script_tag import when

@when("click", "#click")
async def ask(event):
    try:
        found = await podio.post(js.window.wanted, {"limit": 500}, timeout=60)
        outcome = [found["items"][0]["title"], str(found["items"][0]["item_id"]), found["items"][-1]]
    except PodioError as problem:
        outcome = [type(problem).__name__, str(problem)]
    js.window.outcome = json.dumps(outcome)

js.window.isBound = True
"""


@pytest.mark.every_browser
def test_a_script_tag_reads_answers_of_any_size(
    profile: BrowserContext, interpreter: str, odd: OddServer, watched: Watched
) -> None:
    tag = TagPage(profile, odd.url)
    tag.open(query={"block": PYTHON_OF_THE_PAGE}, interpreter=INTERPRETERS[interpreter], session_store="memory").ready()
    tag.run("podio.setAccessToken({access_token: 'made-up', expires_in: 6000})")
    tag.page.wait_for_function("() => window.isBound")
    for megabytes in [1.05, 8, 32]:
        path = f"/large?{int(megabytes * 1_000_000)}"
        found = tag.run(
            f"const {{ items }} = await podio.post('{path}', {{limit: 500}}); return [items[0], items.at(-1)]"
        )
        assert [found[0]["title"], found[0]["item_id"], found[1]] == READ
        tag.page.evaluate("path => { window.wanted = path; window.outcome = null; window.onClick = () => {}; }", path)
        tag.page.click("#click")
        tag.page.wait_for_function("() => window.outcome", timeout=60_000)
        outcome = json.loads(tag.page.evaluate("window.outcome"))
        if megabytes > 16 and interpreter == "mpy":
            assert outcome[0] == "PodioError"
            assert "Ask for fewer items (limit and offset), or use Pyodide" in outcome[1]
        else:
            assert outcome == [READ[0], str(READ[1]), READ[2]], megabytes


@pytest.mark.every_browser
def test_what_a_page_hands_over_is_limited_and_ends_no_start(
    profile: BrowserContext, sandbox: SandboxControl, watched: Watched
) -> None:
    tag = TagPage(profile, sandbox.url).open()
    tag.page.wait_for_function("() => window.podioWeb")
    # Asked before Python is there; a call that cannot be handed over must not break those behind it.
    found = tag.run("""
        const podio = new PodioJS({authType: "client", clientId: "demo-client"}, {sessionStore: {
          get: (type, callback) => callback({accessToken: "x".repeat(5_000_000), expiresIn: 60}),
          set: () => {},
        }});
        const outcomes = await Promise.allSettled([
          podio.request("POST", "/item/app/3001/", {fields: {title: "x".repeat(200_000_000)}}),
          podio.isAuthenticated(),
          podioWeb.ready,
        ]);
        return outcomes.map(({ status, reason }) => [status, String(reason?.message)]);
    """)
    assert found[0][0] == "rejected"
    assert found[1][0] == "rejected"
    assert found[2][0] == "fulfilled"
