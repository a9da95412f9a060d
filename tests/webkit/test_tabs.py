"""Several tabs of one browser."""

import pytest

from podio_web.testing import SandboxControl
from tests.browser.live import SUBSCRIBE, Item
from tests.webkit.driver import WebKit, Window
from tests.webkit.person import by_test_id, consent
from tests.webkit.site import WatchedSite
from tests.webkit.tab import Tab
from tests.webkit.test_renewal import ASK, LISTEN, resume, wait_for_resume

NAME = 'return (await kept["me"])["profile"]["name"]'


@pytest.fixture
def tabs(profile: WebKit, interpreter: str, site: WatchedSite) -> list[Tab]:
    """Two tabs with one session."""
    found = [Tab(profile.new_window(), interpreter, site).open() for _ in range(2)]
    for tab in found:
        tab.new_client()
    found[0].sign_in()
    for tab in found:
        # WebKit tells one tab a moment later what another one has stored.
        tab.run("""
            while not await kept["podio"].is_authenticated():
                await asyncio.sleep(0.05)
        """)
    return found


def ask(tabs: list[Tab]) -> Window:
    """Let the tabs meet the expired session, the first one before the others. Return the popup of the first."""
    first, *others = tabs
    for tab in tabs:
        tab.run(LISTEN)
    first.run(ASK)
    wait_for_resume(first)  # it is elected then
    for tab in others:
        tab.run(ASK)
    return resume(first)


def popups(tabs: list[Tab]) -> list[str]:
    """Return the windows that are neither the browser's first one nor a tab."""
    known = {tab.window.handle for tab in tabs} | {tabs[0].window.webkit.first.handle}
    return [handle for handle in tabs[0].window.webkit.driver.window_handles if handle not in known]


def test_tabs_that_expire_together_open_one_popup(tabs: list[Tab], sandbox: SandboxControl) -> None:
    sandbox.expire_tokens()
    sandbox.clear_calls()
    popup = ask(tabs)
    popup.shows(by_test_id("consent-allow"))
    assert popups(tabs) == [popup.handle]
    consent(popup)
    assert [tab.run(NAME) for tab in tabs] == ["Demo Person"] * 2
    assert len(sandbox.calls("/oauth/authorize", method="GET")) == 1
    assert len({tab.run('return kept["podio"].token.access_token') for tab in tabs}) == 1


def test_when_the_tab_with_the_popup_is_closed_another_takes_over(tabs: list[Tab], sandbox: SandboxControl) -> None:
    first, second = tabs
    sandbox.expire_tokens()
    popup = ask(tabs)
    popup.shows(by_test_id("consent-allow"))
    first.window.close()
    popup.close()
    consent(resume(second))
    assert second.run(NAME) == "Demo Person"


def test_signing_out_in_one_tab_signs_out_the_other(tabs: list[Tab]) -> None:
    first, second = tabs
    second.run("""
        kept["out"] = asyncio.Event()
        kept["podio"].on("logged_out", lambda detail: kept["out"].set())
    """)
    first.run('await kept["podio"].logout()')
    second.run('await kept["out"].wait()')
    assert second.run('return kept["podio"].token is None')
    second.window.wait_for("localStorage.length === 0")


def test_tabs_share_a_poll_and_the_next_one_takes_over(tabs: list[Tab], sandbox: SandboxControl) -> None:
    sandbox.settings(push_timeout=2)
    item = Item(sandbox)
    for tab in tabs:
        tab.run(SUBSCRIBE.format(paths=[item.path]))
    told(tabs, item, 1)
    assert sandbox.push()["most_open"] == 1
    first, second = tabs
    first.window.close()
    second.run("""
        while not any(name == "gap" for name, channel in kept["heard"]):
            await asyncio.sleep(0.05)
    """)
    told([second], item, 2)


def told(tabs: list[Tab], item: Item, count: int) -> None:
    """Let somebody comment on the item, and wait until all tabs have heard of so many comments."""
    item.comment()
    for tab in tabs:
        tab.run(f"""
            while sum(name == "comment_create" for name, channel in kept["heard"]) < {count}:
                await asyncio.sleep(0.05)
        """)


def test_a_new_window_finds_the_session(tabs: list[Tab], site: WatchedSite, webkit: WebKit) -> None:
    window: Window = webkit.new_window()
    third = Tab(window, tabs[0].interpreter, site).open()
    third.new_client()
    assert third.name() == "Demo Person"
