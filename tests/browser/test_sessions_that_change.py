"""Sessions that end, change hands or come late: one outcome, told once, and nothing of somebody else's goes out."""

from collections.abc import Callable
from typing import Any

import pytest

from podio_web.testing import SandboxControl
from tests.browser.lab import Lab, allow, closing

NewLab = Callable[..., Lab]

HEAR = """
    lab["heard"] = []
    for name in ("authenticated", "logged_out"):
        lab["podio"].on(name, lambda detail, name=name: lab["heard"].append([name, detail and detail.access_token]))
"""
FILL_UP = """() => {
    window.writeItem ??= Storage.prototype.setItem;
    Storage.prototype.setItem = function (...given) {
        if (this === localStorage) throw new DOMException("exceeded the quota", "QuotaExceededError");
        return window.writeItem.apply(this, given);
    };
}"""
MAKE_ROOM = "() => { Storage.prototype.setItem = window.writeItem; }"


def consent(lab: Lab, source: str) -> None:
    """Run a step in a click that opens a popup, and consent in it."""
    popup = lab.open_popup(source)
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())


def wait_for_event(lab: Lab) -> None:
    """Wait until the page has heard of an event, and long enough for a second one."""
    lab.run("""
        for _ in range(100):
            if lab["heard"]:
                break
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
    """)


# --- A store that fails ---


@pytest.mark.parametrize("failures", ["every write", "one write"])
@pytest.mark.parametrize("ends", [True, False])
def test_nobody_comes_back_out_of_a_storage_that_was_full(lab: Lab, failures: str, ends: bool) -> None:
    lab.sign_in()
    lab.page.evaluate(FILL_UP)
    lab.context.clear_cookies()
    allow(lab.open_popup(), "other@example.com", "other")
    lab.run('await lab["task"]')
    if failures == "one write":
        lab.page.evaluate(MAKE_ROOM)
    assert lab.run('return lab["podio"].token.ref["id"]') == 1002
    if ends:
        lab.run('await lab["podio"].logout()')
    lab.page.evaluate(MAKE_ROOM)
    lab.run('await lab["podio"].aclose()')
    lab.new_client()
    assert not lab.run('return await lab["podio"].is_authenticated()')


# --- The page's own hook ---


@pytest.mark.parametrize("how", ["await podio.get('/user/status')", "await asyncio.gather(podio.get('/user/status'))"])
def test_a_call_of_the_hook_itself_ends(lab: Lab, sandbox: SandboxControl, how: str) -> None:
    if lab.interpreter == "mpy" and "gather" in how:
        # MicroPython cannot tell whose task a task is; the limit ends it.
        how = how.replace("asyncio.gather(", "(")
    token = sandbox.issue_token()["access_token"]
    lab.run(f"""
        lab["said"] = []
        async def hook(podio):
            try:
                {how}
            except podio_web.LoginRequired as problem:
                lab["said"].append(str(problem))
            podio.set_access_token({{"access_token": {token!r}}})
        await lab["podio"].aclose()
        lab["podio"] = podio_web.Podio("client", "demo-client", api_url={lab.api_url!r}, on_token_will_refresh=hook)
        lab["podio"].set_access_token({{"access_token": "dead"}})
    """)
    assert lab.run('return (await lab["podio"].get("/user/status"))["user"]["user_id"]') == 1001
    assert "on_token_will_refresh" in lab.run('return lab["said"][0]')


@pytest.mark.parametrize("way", ["limit", "another button", "put in"])
def test_a_hook_that_never_ends_holds_up_nobody_for_ever(lab: Lab, sandbox: SandboxControl, way: str) -> None:
    token = sandbox.issue_token()["access_token"]
    lab.run(f"""
        async def never(podio):
            await asyncio.sleep(3600)
        await lab["podio"].aclose()
        where = js.location.origin + "/static/callback.html"
        limit = 1 if {way == "limit"} else 300
        lab["podio"] = podio_web.Podio("client", "demo-client", api_url={lab.api_url!r}, redirect_uri=where,
                                       on_token_will_refresh=never, login_timeout=limit)
        lab["podio"].set_access_token({{"access_token": "dead"}})
        lab["calls"] = [asyncio.create_task(outcome(lab["podio"].get("/user/status", timeout=5))) for _ in range(3)]
        await asyncio.sleep(0.3)
    """)
    if way == "another button":
        allow(lab.open_popup())
    elif way == "put in":
        lab.run(f'lab["podio"].set_access_token({{"access_token": {token!r}}})')
    outcomes: list[Any] = lab.run("""
        found = []
        for call in lab["calls"]:
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


def test_log_out_and_sign_in_in_one_click_is_a_sign_in(lab: Lab) -> None:
    lab.sign_in()
    lab.run(HEAR)
    consent(lab, 'lab["out"] = lab["podio"].logout(); lab["task"] = lab["podio"].login()')
    lab.run('await lab["task"]; await lab["out"]')
    assert lab.run('return [name for name, _ in lab["heard"]]') == ["logged_out", "authenticated"]
    lab.run('await lab["podio"].aclose()')
    lab.new_client()
    assert lab.run('return await lab["podio"].is_authenticated()')


# --- What is announced, and what is sent ---


def test_a_renewal_is_announced_once_with_the_new_token_and_calls_wait_for_it(
    lab: Lab, sandbox: SandboxControl
) -> None:
    lab.sign_in()
    old = lab.run('return lab["podio"].token.access_token')
    lab.run(HEAR)
    sandbox.expire_tokens()
    popup = lab.open_popup('lab["me"] = asyncio.create_task(outcome(lab["podio"].get("/user/status")))')
    sandbox.clear_calls()
    lab.run('lab["more"] = asyncio.create_task(outcome(lab["podio"].get("/user/status"))); await asyncio.sleep(0.3)')
    assert lab.run('return lab["heard"]') == []
    assert not sandbox.calls("/user/status"), "the dead token is not sent again"
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert lab.run('return (await lab["me"])["user"]["user_id"], (await lab["more"])["user"]["user_id"]') == [
        1001,
        1001,
    ]
    new = lab.run('return lab["podio"].token.access_token')
    assert lab.run('await asyncio.sleep(0.5); return lab["heard"]') == [["authenticated", new]]
    assert new != old


def test_a_session_of_nobody_knows_whom_is_not_renewed_as_somebody_else(lab: Lab, sandbox: SandboxControl) -> None:
    lab.run('lab["podio"].set_access_token({"access_token": "dead"})')
    popup = lab.open_popup(
        'lab["write"] = asyncio.create_task(outcome(lab["podio"].post("/comment/item/4/", {"value": "x"})))'
    )
    allow(popup, "other@example.com", "other")
    assert lab.run('return (await lab["write"])["raised"]["code"]') == "account_changed"
    assert lab.run('return lab["podio"].token.ref["id"]') == 1002


def test_a_401_for_good_ends_the_session_and_says_so(lab: Lab, sandbox: SandboxControl) -> None:
    lab.sign_in()
    lab.run(HEAR)
    sandbox.expire_tokens()
    popup = lab.open_popup('lab["me"] = asyncio.create_task(outcome(lab["podio"].get("/user/status")))')
    sandbox.fail_next("unauthorized", path_prefix="/user/status")
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert lab.run('return (await lab["me"])["raised"]["type"]') == "AuthorizationError"
    assert lab.run('return [lab["podio"].token is None, lab["heard"][-1]]') == [True, ["logged_out", None]]
    assert lab.page.evaluate("Object.keys(localStorage)") == []


@pytest.mark.parametrize(
    "how", ["localStorage.clear()", "Object.keys(localStorage).forEach(key => localStorage.removeItem(key))"]
)
def test_site_data_that_another_tab_clears_signs_out_with_one_event(new_lab: NewLab, how: str) -> None:
    here, there = new_lab().open(), new_lab()
    here.new_client()
    here.sign_in()
    here.run(HEAR)
    there.page.goto("/tests/blank.html")
    there.page.evaluate(f"() => {{ {how} }}")
    wait_for_event(here)
    assert here.run('return [lab["heard"], lab["podio"].token is None]') == [[["logged_out", None]], True]


def test_a_log_out_in_another_tab_is_told_once(new_lab: NewLab) -> None:
    here, there = new_lab().open(), new_lab().open()
    here.new_client()
    here.sign_in()
    there.new_client()
    assert there.run('return await lab["podio"].is_authenticated()')
    here.run(HEAR)
    there.run('await lab["podio"].logout()')
    wait_for_event(here)
    assert here.run('return lab["heard"]') == [["logged_out", None]]
