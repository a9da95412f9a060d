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
    Token,
)
from podio_web.api import Answer, Call
from tests.unit.fake_page import FakePage
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


def test_answers_that_arrive_in_another_order_are_still_replayed_in_order_of_submission() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        gates = {f"/item/{number}": asyncio.Event() for number in range(4)}
        replayed: list[str] = []

        async def perform(call: Call, timeout: float | None) -> Answer:
            if token_of(call) == "new":
                replayed.append(call.path)
                return Answer(200, {}, "")
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

        async def perform(call: Call, timeout: float | None) -> Answer:
            if token_of(call) == "new":
                return Answer(200, {}, "")
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

        async def perform(call: Call, timeout: float | None) -> Answer:
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


def test_an_unknown_person_before_or_after_is_no_reason_to_refuse() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        podio.set_access_token({"access_token": "old"})
        page.transport.respond = accept_only("new")
        task = asyncio.create_task(podio.get("/item/1"))
        await until_popup(page)
        page.popup.allow("new")
        await task

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

        async def perform(call: Call, timeout: float | None) -> Answer:
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
