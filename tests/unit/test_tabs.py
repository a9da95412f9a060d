"""Several tabs of one page: one renews, the others take over; and what a dead or silent tab changes."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from podio_web import LoginRequired, Podio, PopupBlocked, PopupCancelled, PopupClosed, Token
from podio_web.oauth.origin import API_URL
from podio_web.stores.memory import MemoryTexts
from podio_web.stores.text import TextStore
from tests.unit.fake_page import TOKEN_TEXT, FakePage
from tests.unit.fake_podio import accept_only, make_podio, response

ME = {"type": "user", "id": 1001}


class Browser:
    """Tabs that share their storage, their locks, their clock, and their line."""

    def __init__(self, count: int) -> None:
        self.texts = MemoryTexts()
        self.pages = [FakePage() for _ in range(count)]
        for page in self.pages:
            page.locks = self.pages[0].locks
            page.store = TextStore(lambda: self.texts, page.now)  # type: ignore[assignment]
            page.transport.respond = accept_only(TOKEN_TEXT)
        self.tabs = [make_podio(page) for page in self.pages]
        for page in self.pages:
            page.lines[0].send = self._from(page)  # type: ignore[method-assign, assignment]

    def _from(self, sender: FakePage) -> Callable[[str], None]:
        def send(text: str) -> None:
            for page in self.pages:
                if page is not sender:
                    page.lines[0].hear(text)

        return send

    @property
    def store(self) -> TextStore:
        """The store as each tab's client sees it."""
        return TextStore(lambda: self.texts, self.pages[0].now).for_client(API_URL, "my-app")

    @property
    def popups(self) -> list[Any]:
        return [popup for page in self.pages for popup in page.popups]

    def pass_time(self, seconds: float) -> None:
        for page in self.pages:
            page.pass_time(seconds)


async def settled() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


async def three_expired() -> tuple[Browser, list["asyncio.Task[Any]"]]:
    browser = Browser(3)
    stale = Token("stale", expires_at=browser.pages[0].time + 60, ref=ME)
    browser.store.set(stale, "client")
    for tab in browser.tabs:
        assert await tab.is_authenticated()
    tasks = [asyncio.create_task(tab.get("/user/status")) for tab in browser.tabs]
    await settled()
    return browser, tasks


def test_three_tabs_that_expire_together_open_one_popup_and_all_go_on() -> None:
    async def main() -> None:
        browser, tasks = await three_expired()
        (popup,) = browser.popups
        popup.allow()
        assert await asyncio.gather(*tasks) == [{"path": "/user/status"}] * 3
        assert len(browser.popups) == 1
        assert {tab.token.access_token for tab in browser.tabs if tab.token} == {TOKEN_TEXT}
        assert browser.pages[0].locks == set()
        assert [page.timers for page in browser.pages if len(page.timers) > 1] == []

    asyncio.run(main())


def test_rule_12_when_the_elected_tab_dies_another_takes_over() -> None:
    async def main() -> None:
        browser, tasks = await three_expired()
        tasks[0].cancel()
        # The browser gives the locks of a dead tab back.
        browser.pages[0].locks.clear()
        browser.pages[0].lines[0].hear = lambda text: None
        browser.pass_time(2.0)
        await settled()
        assert len(browser.popups) == 2
        browser.popups[1].allow()
        assert await asyncio.gather(*tasks[1:]) == [{"path": "/user/status"}] * 2

    asyncio.run(main())


def test_a_tab_that_is_elected_just_after_another_has_renewed_opens_no_popup() -> None:
    async def main() -> None:
        browser = Browser(1)
        (page,), (tab,) = browser.pages, browser.tabs
        store, lock = browser.store, page.try_lock
        store.set(Token("stale", expires_at=page.time + 60, ref=ME), "client")
        assert await tab.is_authenticated()

        async def lock_late(name: str) -> Any:
            store.set(Token(TOKEN_TEXT, expires_at=page.time + 28_800, ref=ME), "client")
            return await lock(name)

        page.try_lock = lock_late  # type: ignore[method-assign]
        assert await tab.get("/user/status") == {"path": "/user/status"}
        assert browser.popups == []
        assert page.locks == set()

    asyncio.run(main())


def test_when_the_person_closes_the_popup_another_tab_may_try() -> None:
    async def main() -> None:
        browser, tasks = await three_expired()
        browser.pages[1].block_popups = browser.pages[2].block_popups = True
        for _ in range(9):
            browser.popups[0].tick(True, True)
            browser.pages[0].time += 0.25
        with pytest.raises(PopupClosed):
            await tasks[0]
        browser.pass_time(2.0)
        await settled()
        browser.pass_time(2.0)
        for task in tasks[1:]:
            with pytest.raises(PopupBlocked):
                await task
        assert browser.pages[0].locks == set()

    asyncio.run(main())


def test_a_log_out_in_one_tab_ends_all_and_a_late_answer_changes_nothing() -> None:
    async def main() -> None:
        browser, tasks = await three_expired()
        await browser.tabs[2].logout()
        for task in tasks:
            with pytest.raises(LoginRequired):
                await task
        browser.popups[0].allow()
        browser.pass_time(2.0)
        await settled()
        assert [tab.token for tab in browser.tabs] == [None] * 3
        assert browser.texts.keys() == []
        assert browser.pages[0].locks == set()

    asyncio.run(main())


def test_a_sign_in_in_one_tab_is_taken_over_by_the_others() -> None:
    async def main() -> None:
        browser = Browser(2)
        heard: list[object] = []
        browser.tabs[1].on("authenticated", heard.append)
        task = browser.tabs[0].login()
        browser.popups[0].allow()
        await task
        await settled()
        assert browser.tabs[1].token is not None
        assert heard == [browser.tabs[1].token]

    asyncio.run(main())


def test_a_tab_that_gave_up_signing_in_takes_over_another_tab_s_session() -> None:
    async def main() -> None:
        browser = Browser(2)
        given_up = asyncio.ensure_future(browser.tabs[1].login())
        await settled()
        await browser.tabs[1].logout()
        with pytest.raises(PopupCancelled):
            await given_up
        task = browser.tabs[0].login()
        browser.pages[0].popups[0].allow()
        await task
        await settled()
        assert browser.tabs[1].token is not None

    asyncio.run(main())


def test_a_message_that_overtakes_the_storage_is_waited_for() -> None:
    async def main() -> None:
        browser = Browser(2)
        task = browser.tabs[0].login()
        browser.popups[0].allow()
        get = browser.texts.get

        def late(key: str) -> str | None:
            return get(key) if len(browser.pages[1].slept) > 2 else None

        browser.texts.get = late  # type: ignore[method-assign]
        await task
        await settled()
        assert browser.pages[1].slept == [0.0, 0.2, 1.0]
        assert browser.tabs[1].token is not None

    asyncio.run(main())


def test_a_message_about_nothing_new_is_looked_into_a_few_times_and_forgotten() -> None:
    async def main() -> None:
        browser = Browser(2)
        browser.pages[1].lines[0].hear("signed_in")
        await settled()
        assert browser.pages[1].slept == [0.0, 0.2, 1.0, 3.0]
        assert browser.tabs[1].token is None

    asyncio.run(main())


def test_two_popups_in_two_tabs_end_with_the_first_sign_in() -> None:
    async def main() -> None:
        browser = Browser(2)
        tasks = [asyncio.ensure_future(tab.login()) for tab in browser.tabs]
        await settled()
        assert len(browser.popups) == 2
        browser.popups[0].allow()
        await asyncio.gather(*tasks)
        assert [popup.closed for popup in browser.popups] == [True, True]
        assert [tab.token.access_token for tab in browser.tabs if tab.token] == [TOKEN_TEXT] * 2

    asyncio.run(main())


def test_tabs_that_share_no_store_do_not_wait_for_each_other() -> None:
    async def main() -> None:
        pages = [FakePage(), FakePage()]
        pages[1].locks = pages[0].locks
        tabs: list[Podio] = []
        for page in pages:
            page.transport.respond = accept_only(TOKEN_TEXT)
            tabs.append(make_podio(page))
            tabs[-1].set_access_token(response("stale"))
        tasks = [asyncio.create_task(tab.get("/user/status")) for tab in tabs]
        await settled()
        for page in pages:
            page.popup.allow()
        assert await asyncio.gather(*tasks) == [{"path": "/user/status"}] * 2
        assert [page.lines[0].sent for page in pages] == [[], []]

    asyncio.run(main())
