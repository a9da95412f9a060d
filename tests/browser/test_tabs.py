"""Several tabs of one browser: one popup for all of them, a tab that dies, and signing out everywhere."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from podio_web.testing import SandboxControl
from tests.browser.tab import Tab, closing, shows

pytestmark = pytest.mark.every_browser

NewTab = Callable[..., Tab]

ASK = """
kept["resumes"] = []
kept["podio"].on("login_needed", kept["resumes"].append)
kept["all"] = asyncio.create_task(outcome(kept["podio"].get("/user/status")))
"""
NAME = 'return (await kept["all"])["profile"]["name"]'


@pytest.fixture
def tabs(new_tab: NewTab, sandbox: SandboxControl) -> list[Tab]:
    """Three tabs with one session, which has just expired."""
    found = [new_tab() for _ in range(3)]
    for tab in found:
        tab.open()
        tab.new_client()
    found[0].page.bring_to_front()
    found[0].sign_in()
    for tab in found:
        tab.wait_for_session()
    sandbox.expire_tokens()
    sandbox.clear_calls()
    return found


def popups(tabs: list[Tab]) -> list[Page]:
    return [page for page in tabs[0].context.pages if page.opener() is not None]


def renewed(tab: Tab, stale: int) -> bool:
    return bool(tab.run(f'return kept["podio"].token is not None and kept["podio"].token.expires_at > {stale}'))


@pytest.mark.every_combination
def test_three_tabs_that_expire_together_open_one_popup(tabs: list[Tab], sandbox: SandboxControl) -> None:
    popup = tabs[0].open_popup(ASK)
    for tab in tabs[1:]:
        tab.run(ASK)
    shows(popup, "consent-allow")
    assert popups(tabs) == [popup]
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert [tab.run(NAME) for tab in tabs] == ["Demo Person"] * 3
    pages = [call for call in sandbox.calls("/oauth/authorize", method="GET") if call["status"] == 200]
    assert len(pages) == 1
    assert sandbox.settings()["consent"] == "ask"
    tokens = {tab.run('return kept["podio"].token.access_token') for tab in tabs}
    assert len(tokens) == 1
    assert popups(tabs) == []


def test_when_the_electing_tab_dies_another_takes_over(tabs: list[Tab]) -> None:
    popup = tabs[0].open_popup(ASK)
    for tab in tabs[1:]:
        tab.run(ASK)
    shows(popup, "consent-allow")
    tabs[0].page.close()
    popup.close()
    others = tabs[1:]
    # Whichever is elected: no click asked for its popup, so it asks for one, or a browser lets it through.
    for _ in range(300):
        asking = [tab for tab in others if tab.run('return len(kept["resumes"])')]
        if popups(others) or asking:
            break
        others[0].page.wait_for_timeout(100)
    else:
        raise AssertionError("no tab took over")
    if not popups(others):
        asking[0].page.bring_to_front()
        asking[0].open_popup('kept["resumes"][0]()')
    again = popups(others)[-1]
    closing(again, lambda: again.get_by_test_id("consent-allow").click())
    assert [tab.run(NAME) for tab in others] == ["Demo Person"] * 2
    others[0].page.wait_for_timeout(500)
    assert popups(others) == [], "what one tab has done, another need not ask for any more"


def test_a_log_out_in_one_tab_ends_all_three_and_a_late_answer_changes_nothing(tabs: list[Tab]) -> None:
    popup = tabs[0].open_popup(ASK)
    for tab in tabs[1:]:
        tab.run(ASK)
    shows(popup, "consent-allow")
    with popup.expect_event("close"):
        tabs[2].run('await kept["podio"].logout()')
    for tab in tabs:
        assert tab.run('return (await kept["all"])["raised"]["code"]') == "login_required"
        assert tab.run('return kept["podio"].token is None')
    tabs[0].page.wait_for_function("() => localStorage.length === 0")


def test_a_sign_in_in_one_tab_is_the_others_too(tabs: list[Tab]) -> None:
    tabs[0].run('await kept["podio"].logout()')
    for tab in tabs:
        # A log-out that a tab hears of later would cancel its popup.
        tab.run("""
            while kept["podio"].token is not None:
                await asyncio.sleep(0.05)
        """)
    tabs[1].page.bring_to_front()
    tabs[1].sign_in_again()
    for tab in tabs:
        tab.page.wait_for_function("() => localStorage.length == 1")
        name = tab.run("""
            while kept["podio"].token is None:
                await asyncio.sleep(0.05)
            return (await kept["podio"].get("/user/status"))["profile"]["name"]
        """)
        assert name == "Demo Person"


def test_without_web_locks_a_lease_in_storage_elects(new_tab: NewTab, sandbox: SandboxControl) -> None:
    first, second = (new_tab("Object.defineProperty(Navigator.prototype, 'locks', {value: undefined})") for _ in "12")
    for tab in (first, second):
        tab.open()
        tab.new_client()
    first.page.bring_to_front()
    first.sign_in()
    second.wait_for_session()
    sandbox.expire_tokens()
    popup = first.open_popup(ASK)
    second.run(ASK)
    shows(popup, "consent-allow")
    assert popups([first, second]) == [popup]
    assert len(first.page.evaluate("Object.keys(localStorage).filter(key => key.includes('renewal'))")) == 1
    closing(popup, lambda: popup.get_by_test_id("consent-allow").click())
    assert [tab.run(NAME) for tab in (first, second)] == ["Demo Person"] * 2
    first.page.wait_for_function("() => !Object.keys(localStorage).some(key => key.includes('renewal'))")
    # A lease that a dead tab left behind holds nobody up for long.
    first.page.evaluate(
        """key => localStorage.setItem(key,
        JSON.stringify({owner: "dead", until: Date.now() / 1000 + 1}))""",
        renewal_key(sandbox),
    )
    sandbox.expire_tokens()
    late = first.open_popup(ASK)
    closing(late, lambda: late.get_by_test_id("consent-allow").click())
    assert first.run(NAME) == "Demo Person"


def renewal_key(sandbox: SandboxControl) -> str:
    return f"podio-web:renewal:{sandbox.url}:demo-client:client"
