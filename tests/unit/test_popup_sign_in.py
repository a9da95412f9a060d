"""Signing in through a popup: every way in which it can end, and that the next one works after it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from podio_web import (
    AccessDenied,
    CallbackMissing,
    LoginRequired,
    MalformedResponse,
    Podio,
    PopupBlocked,
    PopupCancelled,
    PopupClosed,
    PopupTimeout,
    SignInError,
    StateMismatch,
)
from podio_web.oauth.state import KEY_PREFIX
from podio_web.stores.memory import MemoryTexts
from tests.unit.fake_page import CALLBACK, TOKEN_TEXT, FakePage, token_fragment
from tests.unit.fake_podio import make_podio, response


def requests_in(page: FakePage) -> list[str]:
    return [key for key in page.tab.keys() if key.startswith(KEY_PREFIX)]  # noqa: SIM118


def test_the_popup_opens_before_login_returns_with_the_authorization_url() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, scope="user:read")
        task = podio.login()
        assert page.popup.url == podio.get_authorization_url(state=page.popup.state)
        assert page.popup.channel == "podio-web:" + page.popup.state
        page.popup.allow()
        await task

    asyncio.run(main())


def test_success_holds_and_stores_the_token_and_lets_go_of_everything() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        heard: list[object] = []
        podio.on("authenticated", heard.append)
        task = podio.login()
        page.popup.allow()
        await task
        assert podio.token is not None
        assert podio.token.access_token == TOKEN_TEXT
        assert podio.token.expires_at == page.time + 28_800
        assert podio.token.ref == {"type": "user", "id": 1001}
        assert page.store.get("client") is podio.token
        assert heard == [podio.token]
        assert page.popup.closed
        assert page.popup.acknowledged == [{"type": "podio-web:received", "version": 1, "attempt": page.popup.state}]
        assert requests_in(page) == []

    asyncio.run(main())


Ending = Callable[[FakePage], None]


def closed(page: FakePage) -> None:
    for _ in range(9):
        page.popup.tick(True, True)
        page.time += 0.25


def timed_out(page: FakePage) -> None:
    page.pass_time(301)


def astray(page: FakePage) -> None:
    for _ in range(20):
        page.popup.tick(False, False, "https://app.example/login")
        page.time += 0.25


def answers(fragment: str = "", query: str = "", *, own: bool = False, attempt: str | None = None) -> Ending:
    """Answer with a fragment or query in which STATE stands for the request's state."""

    def end(page: FakePage) -> None:
        state = page.popup.state
        page.popup.answer(fragment.replace("STATE", state), query.replace("STATE", state), own=own, attempt=attempt)

    return end


ENDINGS: list[tuple[Ending, type[SignInError], str]] = [
    (answers(query="?error=access_denied&state=STATE"), AccessDenied, "access_denied"),
    (answers("#error=access_denied&state=STATE"), AccessDenied, "access_denied"),
    (answers("#error=access_denied&access_token=x&state=STATE"), AccessDenied, "access_denied"),
    (answers(query="?error=access_denied", own=True, attempt=""), AccessDenied, "access_denied"),
    (answers(query="?error=invalid_scope&state=STATE"), SignInError, "sign_in_failed"),
    (closed, PopupClosed, "popup_closed"),
    (timed_out, PopupTimeout, "popup_timeout"),
    (astray, CallbackMissing, "callback_missing"),
    (lambda page: page.popup.allow(token_type="mac"), MalformedResponse, "malformed_response"),
    (lambda page: page.popup.allow("a b"), MalformedResponse, "malformed_response"),
    (lambda page: page.popup.allow(expires_in="soon"), MalformedResponse, "malformed_response"),
    (answers("#" + "x" * 20_000), MalformedResponse, "malformed_response"),
    (answers("#access_token=x&state=other"), StateMismatch, "state_mismatch"),
    (answers("#access_token=x"), StateMismatch, "state_mismatch"),
    (answers("#access_token=x", own=True, attempt=""), StateMismatch, "state_mismatch"),
    (answers("#error=access_denied&state=other", own=True, attempt="other"), StateMismatch, "state_mismatch"),
]


@pytest.mark.parametrize(("end", "kind", "code"), ENDINGS)
def test_every_other_ending_has_its_error_and_the_next_sign_in_works(
    end: Ending, kind: type[SignInError], code: str
) -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        end(page)
        with pytest.raises(kind) as refused:
            await task
        assert refused.value.code == code
        assert podio.token is None
        # A window that seems to be closed is listened to until the next sign-in: the browser may be wrong.
        assert page.popup.closed is (kind is not PopupClosed)
        again = podio.login()
        assert len(page.popups) == 2
        assert page.popups[0].closed
        assert page.popups[0].state != page.popups[1].state
        page.popup.allow()
        await again
        assert await podio.is_authenticated()
        assert all(rings > page.time + 1000 for rings, _ in page.timers), "no deadline is left"

    asyncio.run(main())


async def give_up(page: FakePage, podio: Podio) -> None:
    task = podio.login()
    closed(page)
    with pytest.raises(PopupClosed):
        await task


def test_a_late_answer_of_a_popup_that_seemed_closed_is_accepted_and_announced() -> None:
    async def main() -> None:
        page, heard = FakePage(), list[object]()
        podio = make_podio(page)
        podio.on("authenticated", heard.append)
        await give_up(page, podio)
        page.popup.allow()
        await asyncio.sleep(0.01)
        assert await podio.is_authenticated()
        assert heard == [podio.token]
        assert page.popup.closed

    asyncio.run(main())


@pytest.mark.parametrize("limit", [300.0, 40.0])
def test_a_popup_that_seemed_closed_is_let_go_of_at_the_limit(limit: float) -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, login_timeout=limit)
        began = page.time
        await give_up(page, podio)
        page.pass_time(began + limit - 1 - page.time)
        assert not page.popup.closed
        page.pass_time(1)
        assert page.popup.closed
        page.popup.allow()
        await asyncio.sleep(0.01)
        assert podio.token is None

    asyncio.run(main())


@pytest.mark.parametrize("end", [Podio.logout, Podio.aclose])
def test_rule_11_a_late_answer_after_signing_out_or_closing_changes_nothing(
    end: Callable[[Podio], Awaitable[None]],
) -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        await give_up(page, podio)
        await end(podio)
        page.popup.allow()
        await asyncio.sleep(0.01)
        assert podio.token is None
        assert page.popup.closed

    asyncio.run(main())


def test_a_blocked_popup_is_reported_at_once_and_the_next_one_works() -> None:
    async def main() -> None:
        page = FakePage()
        page.block_popups = True
        podio = make_podio(page)
        with pytest.raises(PopupBlocked, match="click"):
            await podio.login()
        page.block_popups = False
        task = podio.login()
        page.popup.allow()
        await task

    asyncio.run(main())


def test_who_asks_while_a_popup_is_open_waits_for_the_same_one() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        first, second = podio.login(), podio.login()
        await asyncio.sleep(0)
        assert len(page.popups) == 1
        assert page.popup.focused == 1
        page.popup.allow()
        await asyncio.gather(first, second)

    asyncio.run(main())


def test_one_who_gives_up_leaves_the_popup_to_the_others_and_the_last_one_closes_it() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        first = asyncio.ensure_future(podio.login())
        second = asyncio.ensure_future(podio.login())
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert not page.popup.closed
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert page.popup.closed

    asyncio.run(main())


def test_login_waiting_offers_a_way_out_when_the_popup_is_out_of_sight() -> None:
    async def main() -> None:
        page = FakePage()
        page.isolated = True
        podio = make_podio(page)
        offered: list[Callable[[], None]] = []
        podio.on("login_waiting", offered.append)
        task = podio.login()
        for _ in range(3):
            page.popup.tick(True, True)
        assert len(offered) == 1, "announced once"
        offered[0]()
        offered[0]()
        with pytest.raises(PopupCancelled):
            await task

    asyncio.run(main())


def test_an_answer_is_still_taken_after_login_waiting() -> None:
    async def main() -> None:
        page = FakePage()
        page.isolated = True
        podio = make_podio(page)
        task = podio.login()
        page.popup.tick(True, False)
        page.time += 200
        page.popup.tick(True, True)
        page.popup.allow()
        await task
        assert podio.token is not None

    asyncio.run(main())


@pytest.mark.parametrize(
    "message",
    [
        None,
        7,
        "",
        "text",
        "[]",
        '{"type": "podio-web:response"}',
        '{"type": "podio-web:response", "version": 2, "attempt": "STATE", "fragment": "", "query": ""}',
        '{"type": "other", "version": 1, "attempt": "STATE", "fragment": "#error=x", "query": ""}',
        '{"type": "podio-web:response", "version": 1, "attempt": "other", "fragment": "#error=x", "query": ""}',
    ],
)
def test_rule_4_messages_of_another_kind_version_or_state_are_not_heard(message: object) -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        page.popup.hear(message.replace("STATE", page.popup.state) if isinstance(message, str) else message, False)
        assert page.popup.acknowledged == []
        page.popup.allow()
        await task

    asyncio.run(main())


def test_a_popups_request_is_in_memory_and_nothing_in_the_tab_can_take_it_away() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        assert requests_in(page) == []
        page.tab = MemoryTexts()  # sessionStorage.clear()
        page.popup.allow()
        await task

    asyncio.run(main())


@pytest.mark.parametrize("seconds", [-120, -86_400, 3600])
def test_a_clock_that_is_put_back_or_on_changes_nothing_for_an_open_popup(seconds: float) -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        page.popup.tick(False, False)
        page.put_back = seconds
        page.popup.tick(False, False)
        page.popup.allow()
        await task
        assert podio.token is not None
        assert podio.token.expires_at == page.now() + 28_800

    asyncio.run(main())


def test_the_first_answer_wins_and_a_second_is_ignored() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        page.popup.allow("first")
        page.popup.allow("second")
        page.popup.answer("#error=access_denied&state=" + page.popup.state)
        timed_out(page)
        await task
        assert podio.token is not None
        assert podio.token.access_token == "first"

    asyncio.run(main())


# --- A window that nobody can see any more ---


def test_a_click_opens_another_window_where_nobody_can_tell_whether_the_first_is_there() -> None:
    async def main() -> None:
        page = FakePage()
        page.isolated = True
        podio = make_podio(page)
        task = podio.login()
        page.time += 2
        again = podio.login()
        assert (len(page.popups), page.popup.opened_again, page.popup.focused) == (1, 1, 0)
        page.popup.allow()
        await asyncio.gather(task, again)

    asyncio.run(main())


def test_so_does_a_click_after_podio_has_cut_the_link() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        for _ in range(8):
            page.popup.tick(True, False)
            page.time += 0.25
        again = podio.login()
        assert (page.popup.opened_again, page.popup.focused) == (1, 0)
        page.popup.tick(False, False)
        page.time += 2
        third = podio.login()
        assert (page.popup.opened_again, page.popup.focused) == (1, 1), "the new window can be seen"
        page.popup.allow()
        await asyncio.gather(task, again, third)

    asyncio.run(main())


def test_a_double_click_is_one_click_and_another_window_begins_the_time_anew() -> None:
    async def main() -> None:
        page = FakePage()
        page.isolated = True
        podio = make_podio(page, login_timeout=100)
        task = asyncio.ensure_future(podio.login())
        page.time += 0.3
        again = podio.login()
        assert page.popup.opened_again == 0
        page.pass_time(98)
        third = podio.login()
        assert page.popup.opened_again == 1
        page.pass_time(98)
        assert not page.popup.closed
        page.pass_time(2)
        for waiting in (task, again, third):
            with pytest.raises(PopupTimeout):
                await waiting

    asyncio.run(main())


# --- A platform that does not do what it should ---


def broken(*ignored: object) -> Any:
    raise RuntimeError("the browser refused")


def test_whatever_keeps_the_window_from_opening_is_popup_blocked() -> None:
    async def main() -> None:
        page = FakePage()
        page.open_popup = broken  # type: ignore[method-assign, assignment]
        podio = make_podio(page)
        for _ in range(2):
            with pytest.raises(PopupBlocked, match="redirect"):
                await podio.login()
        assert page.timers == []

    asyncio.run(main())


def test_a_window_that_is_never_heard_of_again_is_given_up_in_time() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, login_timeout=3)
        task = podio.login()
        page.pass_time(3)
        with pytest.raises(PopupTimeout):
            await task

    asyncio.run(main())


def test_what_goes_wrong_while_storing_reaches_who_waits() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        page.transport.respond = broken
        task = podio.login()
        page.popup.allow(user_id="")  # type: ignore[arg-type]
        with pytest.raises(RuntimeError, match="refused"):
            await task

    asyncio.run(main())


@pytest.mark.parametrize(
    ("seen", "ends"),
    [
        ("https://app.example/static/callback.html", True),
        ("https://app.example/index.html", True),
        ("https://podio.com/oauth/authorize", False),
        ("", False),
    ],
)
def test_a_page_of_this_origin_that_sends_no_answer_is_named(seen: str, ends: bool) -> None:
    async def main() -> None:
        page = FakePage()
        task = make_podio(page).login()
        for _ in range(20):
            page.popup.tick(False, False, seen)
            page.time += 0.25
        if ends:
            with pytest.raises(CallbackMissing, match=seen) as missing:
                await task
            assert CALLBACK in str(missing.value)
            assert page.popup.closed
        else:
            page.popup.allow()
            await task

    asyncio.run(main())


def test_where_podio_has_the_pages_own_origin_its_pages_are_not_taken_for_the_callback_page() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, auth_url="https://app.example")
        task = podio.login()
        for _ in range(20):
            page.popup.tick(False, False, "https://app.example/oauth/authorize")
            page.time += 0.25
        for _ in range(20):
            page.popup.tick(False, False, CALLBACK)
            page.time += 0.25
        with pytest.raises(CallbackMissing):
            await task

    asyncio.run(main())


@pytest.mark.parametrize("leave", [lambda podio: podio.logout(), lambda podio: podio.aclose()])
def test_signing_out_or_closing_ends_the_popup_and_a_late_answer_changes_nothing(
    leave: Callable[[Podio], Awaitable[None]],
) -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        popup = page.popup
        await leave(podio)
        with pytest.raises(PopupCancelled):
            await task
        assert popup.closed
        assert podio.token is None

    asyncio.run(main())


def test_commit_guard_a_log_out_between_answer_and_storing_wins() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        page.popup.allow()
        await podio.logout()
        with pytest.raises(PopupCancelled):
            await task
        assert podio.token is None
        assert page.store.get("client") is None

    asyncio.run(main())


def test_commit_guard_a_newer_session_wins() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        podio.set_access_token(response("newer"))
        page.popup.allow("older")
        with pytest.raises(PopupCancelled):
            await task
        assert podio.token is not None
        assert podio.token.access_token == "newer"

    asyncio.run(main())


def test_reading_the_store_meanwhile_does_not_disturb_the_popup() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        assert not await podio.is_authenticated()
        page.popup.allow()
        await task
        assert await podio.is_authenticated()

    asyncio.run(main())


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="'popup' or 'redirect'"):
        _ = make_podio(FakePage()).login(method="iframe")  # type: ignore[arg-type]


def test_rule_6_no_error_shows_a_token() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        for answer in (
            token_fragment("other-state", "canary-token"),
            "#access_token=canary-token&expires_in=canary-token",
            "#error=access_denied&access_token=canary-token",
        ):
            task = podio.login()
            page.popup.answer(answer)
            with pytest.raises(SignInError) as refused:
                await task
            assert "canary" not in f"{refused.value!r} {refused.value} {vars(refused.value)}"
        with pytest.raises(LoginRequired):
            await podio.get("/user/status")

    asyncio.run(main())


def test_commit_guard_a_log_out_while_the_token_is_being_stored_wins() -> None:
    async def main() -> None:
        page = FakePage()
        gate = asyncio.Event()

        class Slow:
            async def get(self, auth_type: str) -> None:
                return None

            async def set(self, token: object, auth_type: str) -> None:
                await gate.wait()

        podio = make_podio(page, session_store=Slow())
        task = asyncio.create_task(podio.login())
        page.popup.allow()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert podio.token is not None
        leaving = asyncio.create_task(podio.logout())
        await asyncio.sleep(0)
        gate.set()
        await leaving
        with pytest.raises(PopupCancelled):
            await task
        assert podio.token is None

    asyncio.run(main())
