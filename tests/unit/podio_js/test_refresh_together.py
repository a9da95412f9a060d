"""One refresh for everybody who meets an ended session at once: what podio-js's refresh does not look at."""

import asyncio
import threading
import time
from typing import Any

import pytest

from podio_web import LoginRequired, Token
from podio_web.http import Request, Response
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import make_podio
from tests.unit.podio_js.support import GRANT_REFUSED, SECRET, Clients, FakeAPI, Recorder, ended, session


@pytest.mark.parametrize("known", [True, False], ids=["known here", "learned from a 401"])
def test_100_calls_that_meet_an_ended_session_make_one_refresh(known: bool) -> None:
    """_onResponse. Wrong there: each parallel 401 starts a refresh, and rotation logs the person out."""

    async def main() -> None:
        page = FakePage()
        api = FakeAPI(page)

        async def perform(call: Request, timeout: float | None) -> Response:
            await asyncio.sleep(0)
            answer = api.respond(call)
            await asyncio.sleep(0)
            return answer

        page.transport.perform = perform  # type: ignore[method-assign]
        # A store without a lock: the client itself keeps its calls together.
        podio = make_podio(page, auth_type="server", client_secret=SECRET, session_store=Recorder())
        podio.set_access_token(session(expires_in=1))
        if known:
            page.time += 2
        else:
            api.issued += 1
        answers = await asyncio.gather(*(podio.get(f"/item/{number}") for number in range(100)))
        assert answers == [{"path": f"/item/{number}"} for number in range(100)]
        assert api.token_calls == ["refresh_token"]
        assert len(api.calls) == (100 if known else 200)

    asyncio.run(main())


def test_a_refused_refresh_is_told_to_every_call_that_waited() -> None:
    """_onResponse. Wrong there: the calls that lost the race are told about undefined instead."""

    async def main() -> None:
        page = FakePage()
        api = FakeAPI(page)
        podio = make_podio(page, auth_type="server", client_secret=SECRET)
        podio.set_access_token(session(expires_in=1))
        page.time += 2
        api.refusal = GRANT_REFUSED
        told = await asyncio.gather(*(podio.get("/item/4") for _ in range(20)), return_exceptions=True)
        assert {type(problem) for problem in told} == {LoginRequired}
        assert api.token_calls == ["refresh_token"]

    asyncio.run(main())


def test_threads_that_share_a_blocking_client_make_one_refresh() -> None:
    """_onResponse: one refresh for all, for the client that blocks as well."""
    clients = Clients(None)
    api = FakeAPI(clients.page)
    client = clients.open()
    client.set_access_token(session())
    api.end_token()
    answer_at_once = clients.page.transport.respond

    def respond(call: Request) -> Response:
        # Let the other threads come as far as they can.
        time.sleep(0.005)
        return answer_at_once(call)

    clients.page.transport.respond = respond
    answers: list[Any] = []
    together = threading.Barrier(8)

    def ask() -> None:
        together.wait()
        answers.append(client.get("/user/status"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"path": "/user/status"}] * 8
    assert api.token_calls == ["refresh_token"]


def test_20_clients_that_share_a_store_make_one_refresh() -> None:
    """_refreshToken. Wrong there: nothing keeps two clients of one session from refreshing at once."""

    async def main() -> None:
        page = FakePage()
        api = FakeAPI(page)

        async def perform(call: Request, timeout: float | None) -> Response:
            await asyncio.sleep(0)
            answer = api.respond(call)
            await asyncio.sleep(0)
            return answer

        page.transport.perform = perform  # type: ignore[method-assign]
        page.store.set(ended(page), "server")
        clients = [make_podio(page, auth_type="server", client_secret=SECRET) for _ in range(20)]
        answers = await asyncio.gather(*(client.get("/user/status") for client in clients), return_exceptions=True)
        assert answers == [{"path": "/user/status"}] * 20
        assert api.token_calls == ["refresh_token"]

    asyncio.run(main())


def test_a_session_that_another_process_renewed_meanwhile_is_used(
    clients: Clients, fake_page: FakePage, api: FakeAPI
) -> None:
    """_refreshToken. Wrong there: what another process has stored is overwritten with nothing."""
    store = Recorder(ended(fake_page))
    client = clients.open(session_store=store)
    good = fake_page.transport.respond

    def respond(call: Request) -> Response:
        if call.path == "/oauth/token":
            # The other process was faster, and this refresh token has gone with it.
            store.held = Token("access-7", expires_at=fake_page.time + 60, refresh_token="refresh-7")
            api.issued, api.refresh_token = 7, "refresh-7"
        return good(call)

    fake_page.transport.respond = respond
    assert client.get("/user/status") == {"path": "/user/status"}
    assert api.sent == [("/user/status", "access-7")]
    assert store.held.access_token == "access-7"  # type: ignore[attr-defined]


def test_a_log_out_during_a_refresh_wins() -> None:
    """_clearAuthentication during _refreshToken: an answer that comes later brings nothing back."""

    async def main() -> None:
        page = FakePage()
        api = FakeAPI(page)
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def perform(call: Request, timeout: float | None) -> Response:
            asked.set()
            await go_on.wait()
            return api.respond(call)

        page.transport.perform = perform  # type: ignore[method-assign]
        podio = make_podio(page, auth_type="server", client_secret=SECRET)
        podio.set_access_token(session(expires_in=1))
        page.time += 2
        waiting = asyncio.create_task(podio.get("/user/status"))
        await asked.wait()
        await podio.logout()
        go_on.set()
        with pytest.raises(LoginRequired):
            await waiting
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert podio.token is None
        assert page.store.get("server") is None
        assert api.calls == []

    asyncio.run(main())


def test_a_log_out_elsewhere_during_a_refresh_wins() -> None:
    """_clearAuthentication in one process during _refreshToken in another: nothing comes back into the store."""

    async def main() -> None:
        page = FakePage()
        api = FakeAPI(page)
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def perform(call: Request, timeout: float | None) -> Response:
            asked.set()
            await go_on.wait()
            return api.respond(call)

        page.transport.perform = perform  # type: ignore[method-assign]
        page.store.set(ended(page), "server")
        here, elsewhere = (make_podio(page, auth_type="server", client_secret=SECRET) for _ in range(2))
        waiting = asyncio.create_task(here.get("/user/status"))
        await asked.wait()
        await elsewhere.logout()
        go_on.set()
        await asyncio.gather(waiting, return_exceptions=True)
        assert page.store.get("server") is None
        assert not await elsewhere.is_authenticated()

    asyncio.run(main())
