"""Live updates in tabs: one poll for all of them, and what ends it."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest
from playwright.sync_api import Error, Page

from podio_web.testing import SandboxControl
from tests.browser.live import COMMENT, Item, gaps, heard, sign_in, subscribe, told, wait_until
from tests.browser.tab import Tab
from tests.browser.test_lifecycle import COUNT_PROXIES, PROXIES
from tests.browser.watch import Watched

pytestmark = pytest.mark.every_combination

NewTab = Callable[..., Tab]

TIMEOUT = 2
"""Seconds that the push service holds a poll."""

JUMP = """() => {
    const now = Date.now;
    Date.now = () => now() + 600_000;
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
"""What a page sees after ten minutes of sleep."""

SILENCE = "() => { BroadcastChannel.prototype.postMessage = () => {}; }"


@pytest.fixture
def item(sandbox: SandboxControl) -> Item:
    sandbox.settings(push_timeout=TIMEOUT)
    return Item(sandbox)


def opened(new_tab: NewTab, sandbox: SandboxControl, username: str = "demo@example.com") -> Tab:
    """A tab with a client that has a token of its own."""
    tab = new_tab().open()
    tab.new_client(session_store="podio_web.MemoryStore()")
    sign_in(tab, sandbox, username)
    return tab


def polls(sandbox: SandboxControl) -> int:
    return int(sandbox.push()["polls_open"])


def status(tab: Tab) -> str:
    return str(tab.run('return kept["live"].status'))


def is_closed(tab: Tab) -> bool:
    return status(tab) == "closed"


def has_more_gaps(tab: Tab, count: int) -> bool:
    return gaps(tab) > count


def has_more_handshakes(sandbox: SandboxControl, count: int) -> bool:
    return int(sandbox.push()["handshakes"]) > count


def crash(page: Page) -> None:
    """End the process of a page."""
    with suppress(Error):
        page.goto("chrome://crash")


def test_tabs_share_a_poll_and_the_next_one_takes_over(
    new_tab: NewTab, sandbox: SandboxControl, item: Item, browser_name: str
) -> None:
    tabs = [opened(new_tab, sandbox) for _ in range(5)]
    for tab in tabs:
        subscribe(tab, item.path)
    told(tabs, item)
    assert sandbox.push()["most_open"] == 1
    stranger = opened(new_tab, sandbox, "other@example.com")
    subscribe(stranger, "/user/status")
    ends: list[Callable[[Page], object]] = [lambda page: page.close(), lambda page: page.goto("/tests/blank.html")]
    ends += [crash] if browser_name == "chromium" else []
    for end in ends:
        # The first tab leads, and then the next one in the queue.
        leader = tabs.pop(0)
        known, before = sandbox.push()["handshakes"], [gaps(tab) for tab in tabs]
        end(leader.page)
        seconds = wait_until(tabs[0], partial(has_more_handshakes, sandbox, known), "another tab polls")
        assert seconds < 3
        for tab, count in zip(tabs, before, strict=True):
            wait_until(tab, partial(has_more_gaps, tab, count), "a gap came")
        told(tabs, item)
        assert [gaps(tab) for tab in tabs] == [count + 1 for count in before]
        wait_until(tabs[0], lambda: polls(sandbox) <= 2, "one poll for each person")
    assert all(channel != item.path for _, channel in heard(stranger))
    # Each tab has a client with a store of its own, so the message between them ends the others.
    tabs[0].run('await kept["podio"].logout()')
    for tab in tabs:
        wait_until(tab, partial(is_closed, tab), "the log-out ended it")
    stranger.run('await kept["live"].aclose()')
    wait_until(stranger, lambda: polls(sandbox) == 0, "no poll is left")
    known = [heard(tab) for tab in tabs]
    item.comment()
    assert [heard(tab) for tab in tabs] == known


def test_a_visible_tab_takes_the_place_of_a_silent_leader(new_tab: NewTab, sandbox: SandboxControl, item: Item) -> None:
    leader, other = (opened(new_tab, sandbox) for _ in range(2))
    # An element with such a name replaces the property of the document.
    other.page.evaluate("""document.body.insertAdjacentHTML("beforeend", '<img name="visibilityState">')""")
    for tab in (leader, other):
        subscribe(tab, item.path)
    leader.page.evaluate(SILENCE)
    other.page.bring_to_front()
    wait_until(other, lambda: gaps(other) == 1, "the other tab took over")
    item.comment()
    wait_until(other, lambda: (COMMENT, item.path) in heard(other), "the event came")
    # The leader that was only silent follows now.
    wait_until(leader, lambda: (COMMENT, item.path) in heard(leader), "the event came")
    assert gaps(leader) == 1
    wait_until(other, lambda: polls(sandbox) <= 1, "one poll is left")


def test_offline_and_asleep_a_tab_is_quiet_and_comes_back_with_a_gap(
    new_tab: NewTab, sandbox: SandboxControl, item: Item, watched: Watched
) -> None:
    """And without Web Locks, each tab polls for itself."""
    watched.expect("ERR_INTERNET_DISCONNECTED|Failed to load resource|CORS|Cross-Origin")
    tab = new_tab(f"{COUNT_PROXIES}; Object.defineProperty(Navigator.prototype, 'locks', {{value: undefined}})").open()
    tab.new_client(session_store="podio_web.MemoryStore()")
    sign_in(tab, sandbox)
    proxies = tab.page.evaluate(PROXIES)[1]
    subscribe(tab, item.path)
    wait_until(tab, lambda: status(tab) == "live", "it is live")
    tab.context.set_offline(True)
    wait_until(tab, lambda: status(tab) == "offline", "it is offline")
    item.comment()
    requests = sandbox.push()["requests"]
    tab.page.wait_for_timeout(3_000)
    assert sandbox.push()["requests"] == requests
    tab.context.set_offline(False)
    seconds = wait_until(tab, lambda: gaps(tab) == 1, "a gap came")
    assert seconds < 2
    told([tab], item)
    sandbox.advance_clock(600)
    tab.page.evaluate(JUMP)
    seconds = wait_until(tab, lambda: gaps(tab) == 2, "a gap came after the sleep")
    assert seconds < 2
    told([tab], item)
    assert gaps(tab) == 2
    tab.run('await kept["live"].aclose()')
    wait_until(tab, lambda: polls(sandbox) == 0, "no poll is left")
    wait_until(tab, lambda: tab.page.evaluate(PROXIES)[1] <= proxies, "no function is left behind")
