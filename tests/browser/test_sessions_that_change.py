"""Sessions that end, change hands or come late: one outcome, told once, and nothing of somebody else's goes out."""

from collections.abc import Callable
from typing import Any

import pytest

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, allow, closing

NewTab = Callable[..., Tab]

HEAR = """
    kept["heard"] = []
    for name in ("authenticated", "logged_out"):
        kept["podio"].on(name, lambda detail, name=name: kept["heard"].append([name, detail and detail.access_token]))
"""
FILL_UP = """() => {
    window.writeItem ??= Storage.prototype.setItem;
    Storage.prototype.setItem = function (...given) {
        if (this === localStorage) throw new DOMException("exceeded the quota", "QuotaExceededError");
        return window.writeItem.apply(this, given);
    };
}"""
MAKE_ROOM = "() => { Storage.prototype.setItem = window.writeItem; }"


def consent(tab: Tab, source: str) -> None:
    """Run a step in a click that opens a popup, and consent in it."""
    popup = tab.open_popup(source)
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())


def wait_for_event(tab: Tab) -> None:
    """Wait until the page has heard of an event, and long enough for a second one."""
    tab.run("""
        while not kept["heard"]:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
    """)


# --- A store that fails ---


@pytest.mark.parametrize("failures", ["every write", "one write"])
@pytest.mark.parametrize("ends", [True, False])
def test_nobody_comes_back_out_of_a_storage_that_was_full(tab: Tab, failures: str, ends: bool) -> None:
    tab.sign_in()
    tab.page.evaluate(FILL_UP)
    tab.context.clear_cookies()
    allow(tab.open_popup(), "other@example.com", "other")
    tab.run('await kept["task"]')
    if failures == "one write":
        tab.page.evaluate(MAKE_ROOM)
    assert tab.run('return kept["podio"].token.ref["id"]') == 1002
    if ends:
        tab.run('await kept["podio"].logout()')
    tab.page.evaluate(MAKE_ROOM)
    tab.run('await kept["podio"].aclose()')
    tab.new_client()
    assert not tab.run('return await kept["podio"].is_authenticated()')


# --- The page's own hook ---


@pytest.mark.parametrize("how", ["await podio.get('/user/status')", "await asyncio.gather(podio.get('/user/status'))"])
def test_a_call_of_the_hook_itself_ends(tab: Tab, sandbox: SandboxControl, how: str) -> None:
    if tab.interpreter == "mpy" and "gather" in how:
        # MicroPython cannot tell whose task a task is; the limit ends it.
        how = how.replace("asyncio.gather(", "(")
    token = sandbox.issue_token()["access_token"]
    tab.run(f"""
        kept["said"] = []
        async def hook(podio):
            try:
                {how}
            except podio_web.LoginRequired as problem:
                kept["said"].append(str(problem))
            podio.set_access_token({{"access_token": {token!r}}})
        await kept["podio"].aclose()
        kept["podio"] = podio_web.Podio("client", "demo-client", api_url={tab.api_url!r}, on_token_will_refresh=hook)
        kept["podio"].set_access_token({{"access_token": "dead"}})
    """)
    assert tab.run('return (await kept["podio"].get("/user/status"))["user"]["user_id"]') == 1001
    assert "on_token_will_refresh" in tab.run('return kept["said"][0]')


@pytest.mark.parametrize("way", ["limit", "another button", "put in"])
def test_a_hook_that_never_ends_holds_up_nobody_for_ever(tab: Tab, sandbox: SandboxControl, way: str) -> None:
    token = sandbox.issue_token()["access_token"]
    tab.run(f"""
        async def never(podio):
            await asyncio.sleep(3600)
        await kept["podio"].aclose()
        where = js.location.origin + "/static/callback.html"
        limit = 1 if {way == "limit"} else 300
        kept["podio"] = podio_web.Podio("client", "demo-client", api_url={tab.api_url!r}, redirect_uri=where,
                                       on_token_will_refresh=never, login_timeout=limit)
        kept["podio"].set_access_token({{"access_token": "dead"}})
        kept["calls"] = [asyncio.create_task(outcome(kept["podio"].get("/user/status", timeout=5))) for _ in range(3)]
        await asyncio.sleep(0.3)
    """)
    if way == "another button":
        allow(tab.open_popup())
    elif way == "put in":
        tab.run(f'kept["podio"].set_access_token({{"access_token": {token!r}}})')
    outcomes: list[Any] = tab.run("""
        found = []
        for call in kept["calls"]:
            found.append(await call)
        return found
    """)
    if way == "limit":
        assert [each["raised"]["code"] for each in outcomes] == ["popup_timeout"] * 3
    elif way == "put in":
        assert [each["user"]["user_id"] for each in outcomes] == [1001] * 3
    else:
        # Nobody can tell whose session it was that ended.
        assert [each["raised"]["code"] for each in outcomes] == ["account_changed"] * 3


# --- The order of calls ---


def test_log_out_and_sign_in_in_one_click_is_a_sign_in(tab: Tab) -> None:
    tab.sign_in()
    tab.run(HEAR)
    consent(tab, 'kept["out"] = kept["podio"].logout(); kept["task"] = kept["podio"].login()')
    tab.run('await kept["task"]; await kept["out"]')
    assert tab.run('return [name for name, _ in kept["heard"]]') == ["logged_out", "authenticated"]
    tab.run('await kept["podio"].aclose()')
    tab.new_client()
    assert tab.run('return await kept["podio"].is_authenticated()')


# --- What is announced, and what is sent ---


def test_a_renewal_is_announced_once_with_the_new_token_and_calls_wait_for_it(
    tab: Tab, sandbox: SandboxControl
) -> None:
    tab.sign_in()
    old = tab.run('return kept["podio"].token.access_token')
    tab.run(HEAR)
    sandbox.expire_tokens()
    popup = tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    sandbox.clear_calls()
    tab.run('kept["more"] = asyncio.create_task(outcome(kept["podio"].get("/user/status"))); await asyncio.sleep(0.3)')
    assert tab.run('return kept["heard"]') == []
    assert not sandbox.calls("/user/status"), "the dead token is not sent again"
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert tab.run('return (await kept["me"])["user"]["user_id"], (await kept["more"])["user"]["user_id"]') == [
        1001,
        1001,
    ]
    new = tab.run('return kept["podio"].token.access_token')
    assert tab.run('await asyncio.sleep(0.5); return kept["heard"]') == [["authenticated", new]]
    assert new != old


def test_a_session_of_nobody_knows_whom_is_not_renewed_as_somebody_else(tab: Tab, sandbox: SandboxControl) -> None:
    tab.run('kept["podio"].set_access_token({"access_token": "dead"})')
    popup = tab.open_popup(
        'kept["write"] = asyncio.create_task(outcome(kept["podio"].post("/comment/item/4/", {"value": "x"})))'
    )
    allow(popup, "other@example.com", "other")
    assert tab.run('return (await kept["write"])["raised"]["code"]') == "account_changed"
    assert tab.run('return kept["podio"].token.ref["id"]') == 1002


def test_a_401_for_good_ends_the_session_and_says_so(tab: Tab, sandbox: SandboxControl) -> None:
    tab.sign_in()
    tab.run(HEAR)
    sandbox.expire_tokens()
    popup = tab.open_popup('kept["me"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))')
    sandbox.fail_next("unauthorized", path_prefix="/user/status")
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert tab.run('return (await kept["me"])["raised"]["type"]') == "AuthorizationError"
    assert tab.run('return [kept["podio"].token is None, kept["heard"][-1]]') == [True, ["logged_out", None]]
    assert tab.page.evaluate("Object.keys(localStorage)") == []


@pytest.mark.parametrize(
    "how", ["localStorage.clear()", "Object.keys(localStorage).forEach(key => localStorage.removeItem(key))"]
)
def test_site_data_that_another_tab_clears_signs_out_with_one_event(new_tab: NewTab, how: str) -> None:
    here, there = new_tab().open(), new_tab()
    here.new_client()
    here.sign_in()
    here.run(HEAR)
    there.page.goto("/tests/blank.html")
    there.page.evaluate(f"() => {{ {how} }}")
    wait_for_event(here)
    assert here.run('return [kept["heard"], kept["podio"].token is None]') == [[["logged_out", None]], True]


def test_a_log_out_in_another_tab_is_told_once(new_tab: NewTab) -> None:
    here, there = new_tab().open(), new_tab().open()
    here.new_client()
    here.sign_in()
    there.new_client()
    there.wait_for_session()
    here.run(HEAR)
    there.run('await kept["podio"].logout()')
    wait_for_event(here)
    assert here.run('return kept["heard"]') == [["logged_out", None]]
