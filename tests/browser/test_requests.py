"""Calls over the browser's fetch, cross-origin, with everything that can go wrong on the way."""

import json

import pytest

from podio_web.testing import SandboxControl
from tests.browser.tab import Raised, Tab
from tests.browser.watch import Watched

BLOCKED = "Cross-Origin Request Blocked|blocked by CORS policy|Same Origin Policy|net::ERR_"


@pytest.fixture
def tab(tab: Tab, sandbox: SandboxControl) -> Tab:
    """A tab, signed in without a popup."""
    token = sandbox.issue_token("demo@example.com", "demo-client")
    tab.run(f'kept["podio"].set_access_token({json.dumps(token)})')
    sandbox.clear_calls()
    return tab


def raises(tab: Tab, source: str) -> Raised:
    with pytest.raises(Raised) as raised:
        tab.run(source)
    return raised.value


def test_an_item_is_created_read_changed_and_deleted(tab: Tab) -> None:
    found = tab.run("""
        podio = kept["podio"]
        made = await podio.post("/item/app/3001/", {"fields": {"title": "Zoë: 50 % ✓ & more"}})
        item = f"/item/{made['item_id']}"
        read = await podio.get(item, {"mark_as_viewed": False})
        changed = await podio.put(item, {"fields": {"title": "Later"}, "revision": 0}, params={"silent": True})
        deleted = await podio.delete(item, params={"hook": False})
        try:
            await podio.get(item)
        except podio_web.APIError as problem:
            gone = problem.status
        return [read["title"], changed["revision"], deleted, gone]
    """)
    assert found[:3] == ["Zoë: 50 % ✓ & more", 1, None]
    assert found[3] in (404, 410)


def test_each_refusal_of_podio_is_its_own_error(tab: Tab, sandbox: SandboxControl) -> None:
    not_found = raises(tab, 'await kept["podio"].get("/item/1")')
    assert (not_found.type, not_found.status) == ("NotFoundError", 404)
    bad = raises(tab, 'await kept["podio"].post("/item/app/3001/", {"fields": ["title"]})')
    assert (bad.type, bad.status) == ("BadRequestError", 400)
    assert "must be object" in bad.text
    conflict = raises(
        tab,
        """
        await kept["podio"].put("/item/6101", {"fields": {"title": "One"}})
        await kept["podio"].put("/item/6101", {"fields": {"title": "Two"}, "revision": 0})
        """,
    )
    assert (conflict.type, conflict.status) == ("ConflictError", 409)


FAULTS = [
    ("rate_limit", "RateLimitError", 420),
    ("server_error", "ServerError", 500),
    ("bad_gateway", "UnavailableError", 502),
    ("unavailable", "UnavailableError", 503),
]


def test_each_fault_of_podio_is_its_own_error(tab: Tab, sandbox: SandboxControl) -> None:
    for fault, kind, status in FAULTS:
        sandbox.fail_next(fault)
        problem = tab.run('return await outcome(kept["podio"].get("/user/status", retry=None))')["raised"]
        assert (problem["type"], problem["status"]) == (kind, status)
        assert (problem["retry_after"] is not None) == (kind == "RateLimitError")
        assert "<" not in problem["text"], "no HTML in the text"
        assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001


def test_no_answer_is_connection_failed_and_names_the_candidates(
    tab: Tab, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect(BLOCKED)
    for fault in ("drop", "drop_body", "cors"):
        sandbox.fail_next(fault)
        problem = raises(tab, 'await kept["podio"].get("/item/6101", retry=None)')
        assert problem.type == "ConnectionFailed"
        assert tab.api_url in problem.text
        assert "CORS" in problem.text
        assert tab.run('return (await kept["podio"].get("/item/6101"))["item_id"]') == 6101


def test_a_slow_answer_is_timed_out(tab: Tab, sandbox: SandboxControl) -> None:
    sandbox.fail_next("slow", seconds=20)
    problem = raises(tab, 'await kept["podio"].get("/user/status", timeout=0.3)')
    assert problem.type == "TimedOut"
    assert "0.3 seconds" in problem.text


def test_a_cancelled_task_aborts_the_request(tab: Tab, sandbox: SandboxControl) -> None:
    # If the sandbox never sees the request, the next one is not slow instead.
    sandbox.fail_next("slow", seconds=20, path_prefix="/item")
    with tab.page.expect_request("**/item/6101"):
        tab.run('kept["task"] = asyncio.create_task(kept["podio"].get("/item/6101"))')
    with tab.page.expect_event("requestfailed") as failed:
        tab.run("""
            kept["task"].cancel()
            try:
                await kept["task"]
            except asyncio.CancelledError:
                return
            raise ValueError("the task was not cancelled")
        """)
    assert failed.value.url.endswith("/item/6101")
    assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001


def test_rule_7_the_token_goes_in_the_header_only_and_no_cookie_with_it(tab: Tab) -> None:
    tab.context.add_cookies([{"name": "session", "value": "secret", "url": tab.api_url}])
    with tab.page.expect_request("**/item/6101*") as sent:
        tab.run('await kept["podio"].get("/item/6101", {"mark_as_viewed": False})')
    headers = sent.value.all_headers()
    token = tab.run('return kept["podio"].token.access_token')
    assert headers["authorization"] == f"OAuth2 {token}"
    assert "cookie" not in headers
    assert token not in sent.value.url
    assert "referer" not in headers


def test_a_path_that_leaves_the_api_is_refused_before_any_request(tab: Tab, sandbox: SandboxControl) -> None:
    for path in ("https://localhost/", "//localhost/", "/\\localhost", "user/status"):
        assert raises(tab, f'await kept["podio"].get({path!r})').type == "ValueError"
    assert sandbox.calls() == []


def test_without_a_session_nothing_is_sent(tab: Tab, sandbox: SandboxControl) -> None:
    tab.run('await kept["podio"].logout()')
    assert raises(tab, 'await kept["podio"].get("/user/status")').code == "login_required"
    assert sandbox.calls() == []
