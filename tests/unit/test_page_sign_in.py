"""What a page is told, and asks a person for: a click, patience, and time ahead of a session's end."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest

from podio_web import AccessDenied, LoginRequired, Podio, PodioError, PopupBlocked, PopupTimeout
from tests.unit.fake_page import TOKEN_TEXT, FakePage
from tests.unit.fake_podio import accept_only, make_podio, response


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def blocked(page: FakePage) -> tuple[Podio, list["asyncio.Task[object]"], list[Callable[[], None]]]:
    """A client whose five requests wait for a person, and the functions that would resume."""
    page.block_popups = True
    page.transport.respond = accept_only(TOKEN_TEXT)
    podio = make_podio(page)
    asked: list[Callable[[], None]] = []
    podio.on("login_needed", asked.append)
    podio.set_access_token(response("stale"))
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(podio.get(f"/item/{number}")) for number in range(5)]
    await settled()
    assert len(asked) == 1
    return podio, tasks, asked


def test_a_blocked_renewal_waits_for_a_click_and_every_request_goes_on() -> None:
    async def main() -> None:
        page = FakePage()
        _, tasks, asked = await blocked(page)
        page.block_popups = False
        asked[0]()
        page.popup.allow()
        assert await asyncio.gather(*tasks) == [{"path": f"/item/{number}"} for number in range(5)]
        assert len(page.popups) == 1

    asyncio.run(main())


def test_without_anybody_to_ask_it_is_popup_blocked_at_once() -> None:
    async def main() -> None:
        page = FakePage()
        page.block_popups = True
        page.transport.respond = accept_only(TOKEN_TEXT)
        podio = make_podio(page)
        podio.set_access_token(response("stale"))
        with pytest.raises(PopupBlocked):
            await podio.get("/user/status")

    asyncio.run(main())


def test_a_resume_that_is_blocked_again_asks_again() -> None:
    async def main() -> None:
        page = FakePage()
        _, tasks, asked = await blocked(page)
        asked[0]()
        await settled()
        assert len(asked) == 2
        page.block_popups = False
        asked[1]()
        page.popup.allow()
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_a_person_who_says_no_ends_the_waiting_and_an_old_resume_does_nothing() -> None:
    async def main() -> None:
        page = FakePage()
        _, tasks, asked = await blocked(page)
        page.block_popups = False
        asked[0]()
        page.popup.answer(query=f"?error=access_denied&state={page.popup.state}")
        for task in tasks:
            with pytest.raises(AccessDenied):
                await task
        asked[0]()
        assert len(page.popups) == 1

    asyncio.run(main())


def test_signing_in_by_another_button_serves_those_who_wait() -> None:
    async def main() -> None:
        page = FakePage()
        podio, tasks, _ = await blocked(page)
        page.block_popups = False
        signing_in = podio.login()
        page.popup.allow()
        await signing_in
        await asyncio.gather(*tasks)

    asyncio.run(main())


def test_nobody_waits_for_a_person_beyond_the_limit() -> None:
    async def main() -> None:
        page = FakePage()
        _, tasks, _ = await blocked(page)
        page.pass_time(299)
        await settled()
        assert not any(task.done() for task in tasks)
        page.pass_time(1)
        for task in tasks:
            with pytest.raises(PopupTimeout):
                await task

    asyncio.run(main())


@pytest.mark.parametrize(("end", "kind"), [(Podio.logout, LoginRequired), (Podio.aclose, PodioError)])
def test_signing_out_or_closing_ends_the_waiting_for_a_person(
    end: Callable[[Podio], Awaitable[None]], kind: type[PodioError]
) -> None:
    async def main() -> None:
        page = FakePage()
        podio, tasks, asked = await blocked(page)
        await end(podio)
        for task in tasks:
            with pytest.raises(kind):
                await task
        await settled()
        asked[0]()
        assert page.popups == []
        assert page.timers == []

    asyncio.run(main())


def test_after_three_failures_in_a_row_the_person_is_left_alone_for_a_minute() -> None:
    async def main() -> None:
        page = FakePage()
        page.transport.respond = accept_only(TOKEN_TEXT)
        podio = make_podio(page)
        podio.set_access_token(response("stale", expires_in=10_000))

        async def fails(kind: type[PodioError]) -> None:
            task = asyncio.create_task(podio.get("/user/status"))
            await settled()
            if kind is AccessDenied:
                page.popup.answer(query=f"?error=access_denied&state={page.popup.state}")
            with pytest.raises(kind):
                await task

        for _ in range(3):
            await fails(AccessDenied)
        await fails(LoginRequired)
        assert len(page.popups) == 3
        page.time += 59
        await fails(LoginRequired)
        page.time += 1
        await fails(AccessDenied)
        assert len(page.popups) == 4

    asyncio.run(main())


def test_signing_in_by_hand_works_while_renewals_rest_and_ends_the_rest() -> None:
    async def main() -> None:
        page = FakePage()
        page.transport.respond = accept_only(TOKEN_TEXT)
        podio = make_podio(page)
        podio.set_access_token(response("stale", expires_in=10_000))
        for _ in range(3):
            task = asyncio.create_task(podio.get("/user/status"))
            await settled()
            page.popup.answer(query=f"?error=access_denied&state={page.popup.state}")
            with pytest.raises(AccessDenied):
                await task
        signing_in = podio.login()
        page.popup.allow()
        await signing_in
        assert await podio.get("/user/status") == {"path": "/user/status"}
        page.transport.respond = accept_only("a-third")
        task = asyncio.create_task(podio.get("/user/status"))
        await settled()
        assert len(page.popups) == 5, "another session, another renewal"
        page.popup.allow("a-third")
        await task

    asyncio.run(main())


def test_a_session_that_is_about_to_end_is_announced_once() -> None:
    async def main() -> None:
        page, told = FakePage(), list[object]()
        podio = make_podio(page)
        podio.on("expiring", told.append)
        podio.set_access_token(response("first", expires_in=3600))
        page.pass_time(3299)
        assert told == []
        page.pass_time(1)
        assert told == [podio.token]
        page.pass_time(600)
        for wake in page.wakers:
            wake()
        assert len(told) == 1
        podio.set_access_token(response("second", expires_in=3600))
        page.pass_time(3600)
        assert told[1:] == [podio.token]

    asyncio.run(main())


def test_a_laptop_that_slept_is_told_when_it_wakes() -> None:
    async def main() -> None:
        page, told = FakePage(), list[object]()
        podio = make_podio(page, expiring_before=60)
        podio.on("expiring", told.append)
        podio.set_access_token(response("first", expires_in=3600))
        # Timers stand still during sleep.
        page.time += 3550
        for wake in page.wakers:
            wake()
        assert told == [podio.token]
        assert page.timers == []

    asyncio.run(main())


def test_a_long_session_is_looked_at_in_steps_that_a_browser_can_count() -> None:
    async def main() -> None:
        page, told = FakePage(), list[object]()
        podio = make_podio(page)
        podio.on("expiring", told.append)
        podio.set_access_token(response("first", expires_in=30 * 86_400))
        assert page.timers[0][0] - page.time == 1_000_000
        page.pass_time(30 * 86_400 - 301)
        assert told == []
        page.pass_time(2)
        assert len(told) == 1

    asyncio.run(main())


def test_a_page_without_timers_announces_the_end_when_it_comes_back_into_sight() -> None:
    class WithoutTimers(FakePage):
        def after(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
            raise PodioError("This page's setTimeout does not work.")

    async def main() -> None:
        page, told = WithoutTimers(), list[object]()
        podio = make_podio(page)
        podio.on("expiring", told.append)
        podio.set_access_token(response("first"))
        page.pass_time(28_800 - 200)
        assert told == []
        for wake in page.wakers:
            wake()
        assert len(told) == 1

    asyncio.run(main())


def test_who_wants_no_announcement_gets_none_and_closing_stops_the_watch() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, expiring_before=0)
        podio.set_access_token(response("first"))
        assert (page.timers, page.wakers) == ([], [])
        other = make_podio(page)
        other.set_access_token(response("first"))
        assert (len(page.timers), len(page.wakers)) == (1, 1)
        await other.logout()
        for wake in page.wakers:
            wake()
        assert page.timers == []
        await other.aclose()
        assert page.wakers == []

    asyncio.run(main())


# --- What a start may do without, and what another tab does ---


def test_a_store_that_another_tab_empties_signs_out_here() -> None:
    async def main() -> None:
        page = FakePage()
        page.store.is_shared = True
        podio = make_podio(page)
        task = podio.login()
        page.popup.allow()
        await task
        for look in page.emptied:
            look()
        await settled()
        assert podio.token is not None
        page.store.clear("client")
        for look in page.emptied:
            look()
        await settled()
        assert podio.token is None

    asyncio.run(main())


def test_a_store_that_never_answers_counts_as_one_that_fails() -> None:
    class Silent:
        async def get(self, auth_type: str) -> None:
            await asyncio.Event().wait()

        set = clear = get

    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, session_store=Silent())
        asking = asyncio.ensure_future(podio.is_authenticated())
        await settled()
        page.pass_time(11)
        assert not await asking

    asyncio.run(main())


def test_what_other_tabs_do_is_nothing_to_a_session_of_this_tab_only() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        podio.set_access_token(response())
        for look in page.emptied:
            look()
        await settled()
        assert podio.token is not None

    asyncio.run(main())


class NotLoaded:
    """Imports as in a page where ``podio-web.js`` has not loaded a module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == self._name:
            raise ModuleNotFoundError(name=name)


def test_a_page_without_what_reads_a_redirect_response_starts_and_signs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """podio-web.js loads that part before Python if a redirect response may be there. Other pages may lack it."""
    name = "podio_web.auth.redirect"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [NotLoaded(name), *sys.meta_path])

    async def main() -> None:
        podio = make_podio(FakePage(fragment="#discount=50%"))
        podio.set_access_token(response())
        assert await podio.is_authenticated()
        await podio.logout()
        assert not await podio.is_authenticated()

    asyncio.run(main())
