"""Renewal: one for everybody, then everybody goes on in order."""

import asyncio
from typing import Any

import pytest

from podio_web import (
    AccountChanged,
    AuthorizationError,
    LoginRequired,
    Podio,
    PodioError,
    PopupClosed,
    PopupTimeout,
    Token,
)
from podio_web.http import Request, Response
from tests.unit.fake_page import FakePage, token_fragment
from tests.unit.fake_podio import EXPIRED, accept_only, make_podio, response, token_of


async def until_popup(page: FakePage, count: int = 1) -> None:
    """Let tasks run until a popup is open."""
    for _ in range(100):
        if len(page.popups) >= count:
            return
        await asyncio.sleep(0)
    raise AssertionError("no popup was opened")


def signed_in(page: FakePage, **options: Any) -> Podio:
    podio = make_podio(page, **options)
    podio.set_access_token(response("old"))
    return podio


def test_50_requests_that_meet_an_expired_token_open_one_popup_and_go_on_in_order() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        tasks = [asyncio.create_task(podio.get(f"/item/{number}")) for number in range(50)]
        await until_popup(page)
        page.popup.allow("new")
        results = await asyncio.gather(*tasks)
        assert [each["path"] for each in results] == [f"/item/{number}" for number in range(50)]
        assert len(page.popups) == 1
        replayed = [call.path for call in page.transport.calls if token_of(call) == "new"]
        assert replayed == [f"/item/{number}" for number in range(50)]

    asyncio.run(main())


@pytest.mark.parametrize("turns", range(30))
def test_a_sign_in_that_ends_while_a_renewal_begins_is_enough(turns: int) -> None:
    """At each moment of a renewal that nobody has been asked for yet, or that has just joined the sign-in."""

    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        signing_in = asyncio.create_task(podio.login())
        asking = asyncio.create_task(podio.get("/item/1"))
        for _ in range(turns):
            await asyncio.sleep(0)
        page.popup.allow("new")
        async with asyncio.timeout(10):
            await signing_in
            assert (await asking)["path"] == "/item/1"
        assert len(page.popups) == 1

    asyncio.run(main())


def test_a_request_waits_while_the_user_of_a_new_session_is_looked_up() -> None:
    """The popup has closed, and the session is not there yet."""

    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        looked_up = asyncio.Event()

        async def perform(call: Request, timeout: float | None) -> Response:
            if token_of(call) == "old":
                return EXPIRED
            if call.path == "/user/status":
                await looked_up.wait()
            return Response(200, {}, '{"user": {"user_id": 1001}}')

        page.transport.perform = perform  # type: ignore[method-assign]
        signing_in = asyncio.create_task(podio.login())
        page.popup.allow("new", user_id="")  # type: ignore[arg-type]
        asking = asyncio.create_task(podio.get("/item/1"))
        for _ in range(30):
            await asyncio.sleep(0)
        assert len(page.popups) == 1
        looked_up.set()
        async with asyncio.timeout(10):
            await signing_in
            await asking
        assert len(page.popups) == 1

    asyncio.run(main())


def test_answers_that_arrive_in_another_order_are_still_replayed_in_order_of_submission() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        gates = {f"/item/{number}": asyncio.Event() for number in range(4)}
        replayed: list[str] = []

        async def perform(call: Request, timeout: float | None) -> Response:
            if token_of(call) == "new":
                replayed.append(call.path)
                return Response(200, {}, "")
            await gates[call.path].wait()
            return EXPIRED

        page.transport.perform = perform  # type: ignore[method-assign]
        tasks = [asyncio.create_task(podio.get(path)) for path in gates]
        for path in reversed(gates):
            gates[path].set()
            await asyncio.sleep(0.001)
        await until_popup(page)
        page.popup.allow("new")
        await asyncio.gather(*tasks)
        assert replayed == list(gates)

    asyncio.run(main())


def test_a_replay_is_the_same_call_with_the_new_token() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        data = {"fields": {"title": "typed"}}
        task = asyncio.create_task(podio.put("/item/4", data, params={"silent": True}, timeout=7))
        await until_popup(page)
        data["fields"]["title"] = "changed meanwhile"
        page.popup.allow("new")
        await task
        first, second = page.transport.calls
        assert (first.method, first.url, first.body) == (second.method, second.url, second.body)
        assert page.transport.timeouts == [7, 7]

    asyncio.run(main())


def test_an_expired_token_is_renewed_before_anything_is_sent() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.time += 3600
        task = asyncio.create_task(podio.get("/user/status"))
        await until_popup(page)
        assert page.transport.calls == []
        page.popup.allow("new")
        await task
        assert [token_of(call) for call in page.transport.calls] == ["new"]

    asyncio.run(main())


def test_a_second_401_with_the_fresh_token_is_an_error_and_no_second_popup() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = lambda call: EXPIRED
        task = asyncio.create_task(podio.get("/user/status"))
        await until_popup(page)
        page.popup.allow("new")
        with pytest.raises(AuthorizationError):
            await task
        assert len(page.popups) == 1
        assert len(page.transport.calls) == 2

    asyncio.run(main())


def test_a_request_answered_after_the_renewal_is_replayed_without_another() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        gate = asyncio.Event()

        async def perform(call: Request, timeout: float | None) -> Response:
            if token_of(call) == "new":
                return Response(200, {}, "")
            if call.path == "/slow":
                await gate.wait()
            return EXPIRED

        page.transport.perform = perform  # type: ignore[method-assign]
        slow = asyncio.create_task(podio.get("/slow"))
        quick = asyncio.create_task(podio.get("/quick"))
        await until_popup(page)
        page.popup.allow("new")
        await quick
        gate.set()
        await slow
        assert len(page.popups) == 1

    asyncio.run(main())


def test_a_popup_that_fails_is_reported_to_every_request_and_the_next_one_opens_anew() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        tasks = [asyncio.create_task(podio.get(f"/item/{number}")) for number in range(3)]
        await until_popup(page)
        for _ in range(9):
            page.popup.tick(True, True)
            page.time += 0.25
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in outcomes] == [PopupClosed] * 3
        again = asyncio.create_task(podio.get("/item/9"))
        await until_popup(page, 2)
        page.popup.allow("new")
        assert await again == {"path": "/item/9"}

    asyncio.run(main())


def test_a_request_that_is_cancelled_leaves_the_others_waiting() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        impatient = asyncio.create_task(podio.get("/item/1"))
        patient = asyncio.create_task(podio.get("/item/2"))
        await until_popup(page)
        await asyncio.sleep(0.001)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        assert not page.popup.closed
        page.popup.allow("new")
        assert await patient == {"path": "/item/2"}

    asyncio.run(main())


def test_another_tab_that_has_renewed_already_spares_the_popup() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("theirs")
        page.store.set(Token("theirs", expires_at=page.time + 28_800, ref={"type": "user", "id": 1001}), "client")
        assert await podio.get("/item/1") == {"path": "/item/1"}
        assert page.popups == []

    asyncio.run(main())


def test_a_stored_token_that_is_older_is_not_taken_for_a_renewed_one() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        page.store.set(Token("older", expires_at=page.time + 10), "client")
        task = asyncio.create_task(podio.get("/item/1"))
        await until_popup(page)
        page.popup.allow("new")
        await task

    asyncio.run(main())


def test_a_renewal_as_somebody_else_sends_nothing_and_says_so() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        changed: list[Token] = []
        podio.on("account_changed", changed.append)
        page.transport.respond = accept_only("theirs")
        tasks = [asyncio.create_task(podio.put(f"/item/{number}", {})) for number in range(3)]
        await until_popup(page)
        page.popup.allow("theirs", user_id=1002)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in outcomes] == [AccountChanged] * 3
        assert {token_of(call) for call in page.transport.calls} == {"old"}
        assert changed == [podio.token]
        # They are signed in now, in their own right.
        assert await podio.get("/user/status") == {"path": "/user/status"}

    asyncio.run(main())


def test_an_answer_to_somebody_elses_request_is_not_replayed_after_the_account_changed() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        gate = asyncio.Event()

        async def perform(call: Request, timeout: float | None) -> Response:
            await gate.wait()
            return EXPIRED

        page.transport.perform = perform  # type: ignore[method-assign]
        task = asyncio.create_task(podio.put("/item/4", {}))
        await asyncio.sleep(0)
        podio.set_access_token(response("theirs", user_id=1002))
        gate.set()
        with pytest.raises(AccountChanged):
            await task

    asyncio.run(main())


@pytest.mark.parametrize("known", ["before", "after", "never"])
def test_who_cannot_be_told_to_be_the_same_person_counts_as_another(known: str) -> None:
    """Whatever waits was meant to be sent as the person before."""

    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        ref = {"ref": {"type": "user", "id": 1001}} if known == "before" else {}
        podio.set_access_token({"access_token": "old", **ref})
        page.transport.respond = accept_only("new")
        task = asyncio.create_task(podio.put("/item/1", {"fields": {}}))
        await until_popup(page)
        page.popup.answer(token_fragment(page.popup.state, "new").replace("ref", "none" if known != "after" else "ref"))
        with pytest.raises(AccountChanged):
            await task
        assert [token_of(call) for call in page.transport.calls if call.method == "PUT"] == ["old"]
        assert await podio.put("/item/1", {}) == {"path": "/item/1"}, "they are signed in now, in their own right"

    asyncio.run(main())


# --- What a page's own hook does ---


@pytest.mark.parametrize("way", ["at once", "in a task", "in two tasks"])
def test_a_call_that_the_hook_makes_itself_fails_instead_of_waiting_for_its_own_end(way: str) -> None:
    async def main() -> None:
        page = FakePage()
        said: list[Exception] = []

        async def hook(podio: Podio) -> None:
            calls = [podio.get("/user/status") for _ in range(2 if way == "in two tasks" else 1)]
            try:
                await (calls[0] if way == "at once" else asyncio.gather(*calls))
            except LoginRequired as problem:
                said.append(problem)
            podio.set_access_token(response("new"))

        podio = signed_in(page, on_token_will_refresh=hook)
        page.transport.respond = accept_only("new")
        assert await podio.get("/item/1") == {"path": "/item/1"}
        assert "on_token_will_refresh" in str(said[0])
        assert await podio.get("/item/2") == {"path": "/item/2"}, "later calls of the same task are like any other"

    asyncio.run(main())


def test_the_hook_may_call_with_the_fresh_session() -> None:
    async def main() -> None:
        page = FakePage()
        found: list[object] = []

        async def hook(podio: Podio) -> None:
            podio.set_access_token(response("new"))
            found.append(await podio.get("/user/status"))

        podio = signed_in(page, on_token_will_refresh=hook)
        page.transport.respond = accept_only("new")
        await podio.get("/item/1")
        assert found == [{"path": "/user/status"}]

    asyncio.run(main())


async def never_ends(podio: Podio) -> None:
    await asyncio.Event().wait()


async def stuck(page: FakePage, **options: Any) -> tuple[Podio, list[asyncio.Task[Any]]]:
    """A client whose hook never ends, and calls that wait for it."""
    podio = signed_in(page, on_token_will_refresh=never_ends, **options)
    page.transport.respond = accept_only("new")
    tasks = [asyncio.create_task(podio.get(f"/item/{number}", timeout=5)) for number in range(2)]
    await asyncio.sleep(0.01)
    return podio, tasks


def test_a_hook_that_never_ends_is_given_up_when_a_persons_time_is_over() -> None:
    async def main() -> None:
        page = FakePage()
        podio, tasks = await stuck(page, login_timeout=30)
        page.pass_time(29)
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in tasks)
        page.pass_time(1)
        for task in tasks:
            with pytest.raises(PopupTimeout):
                await task
        again = asyncio.create_task(podio.get("/item/3"))
        await asyncio.sleep(0.01)
        assert not again.done(), "the next call asks again"
        page.pass_time(30)
        with pytest.raises(PopupTimeout):
            await again

    asyncio.run(main())


@pytest.mark.parametrize("way", ["login", "set_access_token", "another tab"])
def test_a_fresh_session_releases_everybody_whoever_brought_it(way: str) -> None:
    async def main() -> None:
        page = FakePage()
        podio, tasks = await stuck(page)
        if way == "login":
            signing_in = podio.login()
            page.popup.allow("new")
            await signing_in
        elif way == "set_access_token":
            podio.set_access_token(response("new"))
        else:
            page.store.set(Token("new", expires_at=page.time + 28_800, ref={"type": "user", "id": 1001}), "client")
            await podio.refresh_auth_from_store()
        page.pass_time(1)
        assert await asyncio.gather(*tasks) == [{"path": "/item/0"}, {"path": "/item/1"}]

    asyncio.run(main())


def test_a_call_made_while_a_renewal_is_under_way_waits_for_it() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        first = asyncio.create_task(podio.get("/item/1"))
        await until_popup(page)
        second = asyncio.create_task(podio.post("/item/app/3001/", {}))
        await asyncio.sleep(0.01)
        assert len(page.transport.calls) == 1, "a token that is known to be dead is not sent again"
        page.popup.allow("new")
        await asyncio.gather(first, second)
        assert [token_of(call) for call in page.transport.calls] == ["old", "new", "new"]

    asyncio.run(main())


# --- What is announced ---


def test_a_renewal_announces_the_new_token_once_and_never_the_dead_one() -> None:
    async def main() -> None:
        page = FakePage()
        page.store.set(Token("old", expires_at=page.time + 60, ref={"type": "user", "id": 1001}), "client")
        podio = make_podio(page)
        page.store.is_shared = True
        assert await podio.is_authenticated()
        heard: list[Any] = []
        podio.on("authenticated", heard.append)
        page.transport.respond = accept_only("new")
        task = asyncio.create_task(podio.get("/item/1"))
        await until_popup(page)
        assert heard == []
        page.popup.allow("new")
        await task
        page.lines[0].hear("signed_in")
        await asyncio.sleep(0.05)
        assert [token.access_token for token in heard] == ["new"]

    asyncio.run(main())


def test_a_401_for_good_ends_the_session() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        heard: list[object] = []
        podio.on("logged_out", heard.append)
        page.transport.respond = lambda call: EXPIRED
        task = asyncio.create_task(podio.get("/user/status"))
        await until_popup(page)
        page.popup.allow("new")
        with pytest.raises(AuthorizationError):
            await task
        assert podio.token is None
        assert page.store.get("client") is None
        assert heard == [None]

    asyncio.run(main())


def test_another_refusal_after_a_renewal_leaves_the_session() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        forbidden = Response(401, {}, '{"error": "unauthorized", "error_description": "not for you"}')
        page.transport.respond = lambda call: EXPIRED if token_of(call) == "old" else forbidden
        task = asyncio.create_task(podio.get("/user/status"))
        await until_popup(page)
        page.popup.allow("new")
        with pytest.raises(AuthorizationError):
            await task
        assert podio.token is not None

    asyncio.run(main())


def test_log_out_ends_the_waiting_of_every_request() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        tasks = [asyncio.create_task(podio.get(f"/item/{number}")) for number in range(3)]
        await until_popup(page)
        await asyncio.sleep(0.001)
        await podio.logout()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in outcomes] == [LoginRequired] * 3
        assert podio.token is None
        task = podio.login()
        page.popup.allow("new")
        await task
        assert await podio.get("/item/1") == {"path": "/item/1"}

    asyncio.run(main())


def test_an_answer_after_a_log_out_is_not_replayed() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        gate = asyncio.Event()

        async def perform(call: Request, timeout: float | None) -> Response:
            await gate.wait()
            return EXPIRED

        page.transport.perform = perform  # type: ignore[method-assign]
        task = asyncio.create_task(podio.get("/item/4"))
        await asyncio.sleep(0)
        await podio.logout()
        gate.set()
        with pytest.raises(LoginRequired):
            await task
        assert page.popups == []

    asyncio.run(main())


def test_closing_the_client_ends_the_waiting_of_every_request() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = accept_only("new")
        task = asyncio.create_task(podio.get("/item/1"))
        await until_popup(page)
        await asyncio.sleep(0.001)
        await podio.aclose()
        with pytest.raises(PodioError):
            await task

    asyncio.run(main())


def test_on_token_will_refresh_none_means_login_required() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page, on_token_will_refresh=None)
        page.transport.respond = lambda call: EXPIRED
        with pytest.raises(LoginRequired):
            await podio.get("/item/1")
        assert page.popups == []

    asyncio.run(main())


@pytest.mark.parametrize("asynchronous", [False, True])
def test_an_own_on_token_will_refresh_is_given_the_client_and_its_token_is_used(asynchronous: bool) -> None:
    async def main() -> None:
        page = FakePage()
        told: list[Token] = []

        def renew(podio: Podio) -> None:
            podio.set_access_token(response("new"))

        async def renew_later(podio: Podio) -> None:
            await asyncio.sleep(0)
            renew(podio)

        podio = signed_in(
            page,
            on_token_will_refresh=renew_later if asynchronous else renew,
            after_token_refreshed=told.append,
        )
        page.transport.respond = accept_only("new")
        assert await podio.get("/item/1") == {"path": "/item/1"}
        assert told == [podio.token]

    asyncio.run(main())


def test_podio_js_s_pattern_works_the_hook_lets_the_store_be_filled() -> None:
    async def main() -> None:
        page = FakePage()

        def renew(podio: Podio) -> None:
            page.store.set(Token("new", expires_at=page.time + 60), "client")

        podio = signed_in(page, on_token_will_refresh=renew)
        page.transport.respond = accept_only("new", {"user": {"user_id": 1001}})
        assert await podio.get("/user/status") == {"user": {"user_id": 1001}}

    asyncio.run(main())


def test_a_hook_that_brings_no_fresh_token_ends_in_login_required() -> None:
    async def main() -> None:
        page = FakePage()
        told: list[Token] = []
        podio = signed_in(page, on_token_will_refresh=lambda podio: None, after_token_refreshed=told.append)
        page.transport.respond = lambda call: EXPIRED
        with pytest.raises(LoginRequired, match="not renewed"):
            await podio.get("/item/1")
        assert told == []

    asyncio.run(main())


def test_what_a_hook_raises_reaches_every_request() -> None:
    async def main() -> None:
        page = FakePage()

        def renew(podio: Podio) -> None:
            raise KeyError("the hook's own bug")

        podio = signed_in(page, on_token_will_refresh=renew)
        page.transport.respond = lambda call: EXPIRED
        outcomes = await asyncio.gather(podio.get("/item/1"), podio.get("/item/2"), return_exceptions=True)
        assert [type(each) for each in outcomes] == [KeyError] * 2

    asyncio.run(main())


@pytest.mark.parametrize("end", ["logout", "aclose"])
def test_a_hook_that_never_ends_holds_no_lock_after_the_client_has_ended(end: str) -> None:
    async def main() -> None:
        page = FakePage()
        page.store.is_shared = True
        podio, tasks = await stuck(page)
        assert len(page.locks) == 1
        await getattr(podio, end)()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)
        assert page.locks == set()

    asyncio.run(main())


def test_a_hook_that_goes_on_after_the_session_is_fresh_holds_no_lock() -> None:
    async def main() -> None:
        page = FakePage()
        page.store.is_shared = True
        podio, tasks = await stuck(page)
        podio.set_access_token(response("new"))
        page.pass_time(1)
        await asyncio.gather(*tasks)
        assert page.locks == set()

    asyncio.run(main())
