"""A page's ``fetch`` that was wrapped, blocked or broken: every call ends, in an error that says so."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS, TagPage
from tests.browser.tab import Tab

NO_ANSWER = {
    "throws": "() => { throw new TypeError('blocked') }",
    "throws text": "() => { throw 'blocked' }",
    "throws nothing": "() => { throw undefined }",
    "returns nothing": "() => undefined",
    "returns an object": "() => ({})",
    "then throws": "() => ({ then() { throw new Error() } })",
    "then cannot be read": "() => ({ get then() { throw new Error() } })",
    "refuses with nothing": "() => Promise.reject()",
    "has no body": "async () => ({ status: 200, headers: new Headers() })",
    "body throws": "async () => ({ status: 200, headers: new Headers(), arrayBuffer() { throw new Error() } })",
    "body is a broken promise": (
        "async () => ({ status: 200, headers: new Headers(), arrayBuffer: () => ({ then() { throw new Error() } }) })"
    ),
    "body is text": "async () => ({ status: 200, headers: new Headers(), arrayBuffer: async () => '{}' })",
    "body was read": "async () => { const read = new Response('{}'); await read.text(); return read }",
    "network error": "async () => Response.error()",
    "redirected": "async () => Object.defineProperty(new Response('{}'), 'redirected', { value: true })",
    "not a function": "null",
}
NO_END = {
    "never answers": "() => new Promise(() => {})",
    "never ends its body": "async () => new Response(new ReadableStream({}))",
}


@pytest.fixture
def tab(tab: Tab) -> Iterator[Tab]:
    """A tab, signed in; it has its ``fetch`` back afterwards."""
    tab.page.evaluate("() => { window.ownFetch = fetch }")
    tab.run('kept["podio"].set_access_token({"access_token": "made-up", "expires_in": 6000})')
    yield tab
    tab.page.evaluate("() => { window.fetch = ownFetch }")


def put_in_place(tab: Tab, fetch: str) -> None:
    tab.page.evaluate(f"() => {{ window.fetch = {fetch} }}")


def outcome_of(tab: Tab, call: str) -> str:
    return str(
        tab.run(f"""
        try:
            return str(await kept["podio"].{call})
        except podio_web.PodioError as problem:
            return type(problem).__name__
        """)
    )


@pytest.mark.every_browser
def test_a_fetch_that_gives_no_answer_is_a_lost_connection(tab: Tab, sandbox: SandboxControl) -> None:
    for name, fetch in NO_ANSWER.items():
        put_in_place(tab, fetch)
        assert outcome_of(tab, 'post("/item/app/3001/", {"fields": {}}, timeout=10)') == "ConnectionFailed", name
    put_in_place(tab, "ownFetch")
    tab.run(f'kept["podio"].set_access_token({json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))})')
    assert "1001" in outcome_of(tab, 'get("/user/status")')


@pytest.mark.every_browser
def test_a_call_ends_with_its_time_out_though_fetch_does_not(tab: Tab) -> None:
    for name, fetch in NO_END.items():
        put_in_place(tab, fetch)
        assert outcome_of(tab, 'get("/user/status", timeout=0.2)') == "TimedOut", name


@pytest.mark.every_browser
def test_closing_the_client_ends_its_calls(tab: Tab) -> None:
    for name, fetch in NO_END.items():
        put_in_place(tab, fetch)
        tab.new_client()
        found = tab.run("""
            import asyncio
            podio = kept["podio"]
            podio.set_access_token({"access_token": "made-up", "expires_in": 6000})
            found = []

            async def call():
                try:
                    await podio.get("/user/status", timeout=3600)
                except podio_web.PodioError as problem:
                    found.append(str(problem))

            tasks = [asyncio.create_task(call()) for _ in range(3)]
            await asyncio.sleep(0.05)
            await podio.aclose()
            for task in tasks:
                await task
            return found
        """)
        assert found == ["The client was closed while a request was waiting."] * 3, name


# What a page's own fetch returns instead of a Response has what was needed, and no more.
SMALL = """async () => ({
  status: 200,
  text: async () => '{"a": 1}',
  arrayBuffer: async () => new TextEncoder().encode('{"a": 1}').buffer,
})"""
SMALLER_HEADERS = ("undefined", "{}", "{ get: () => null }")

IN_PYTHON = """
import js
from podio_web.script_tag import when

@when("click", "#click")
async def read(event):
    podio.set_access_token({"access_token": "made-up", "expires_in": 6000})
    try:
        js.window.told = str(await podio.get("/user/status", timeout=10))
    except Exception as problem:
        js.window.told = str(problem)
"""


def test_a_response_with_little_in_it_is_enough(tab: Tab) -> None:
    put_in_place(tab, SMALL)
    assert outcome_of(tab, 'get("/user/status", timeout=10)') == "{'a': 1}"


def test_it_is_enough_for_a_script_tag(profile: BrowserContext, sandbox: SandboxControl, interpreter: str) -> None:
    tag = TagPage(profile, sandbox.url)
    tag.open(query={"block": IN_PYTHON}, interpreter=INTERPRETERS[interpreter]).ready()
    tag.run("window.onClick = () => {}; podio.setAccessToken({access_token: 'made-up', expires_in: 6000})")
    for headers in SMALLER_HEADERS:
        tag.run(f"window.fetch = async () => ({{ ...(await ({SMALL})()), headers: {headers} }}); window.told = ''")
        assert tag.run("return (await podio.get('/user/status')).a") == 1
        tag.page.locator("#click").click()
        tag.page.wait_for_function("() => window.told")
        assert tag.run("return told") == "{'a': 1}"
