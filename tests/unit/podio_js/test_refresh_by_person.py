"""Sessions that only the person can renew: podio-js's onTokenWillRefresh."""

import asyncio
from typing import Any

import pytest

from podio_web import LoginRequired, Token
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import make_podio
from tests.unit.podio_js.support import Clients, FakeAPI, session

WITH_REFRESH = ("server", "password", "app")


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_page_asks_the_person_and_the_call_is_repeated(asynchronous: bool) -> None:
    """onTokenWillRefresh: called for client auth, and the token endpoint is not. Wrong there: refresh token wanted."""

    async def main() -> None:
        page = FakePage()
        api = FakeAPI(page)
        asked: list[object] = []

        def renew(podio: Any) -> None:
            asked.append(podio)
            podio.set_access_token(session(api.issued))

        async def renew_later(podio: Any) -> None:
            await asyncio.sleep(0)
            renew(podio)

        heard: list[Token] = []
        podio = make_podio(
            page, on_token_will_refresh=renew_later if asynchronous else renew, after_token_refreshed=heard.append
        )
        podio.set_access_token(session())
        api.end_token()
        assert await podio.get("/user/status") == {"path": "/user/status"}
        assert asked == [podio]
        assert heard == [podio.token]
        assert api.forms == []
        assert api.sent == [("/user/status", "access-0"), ("/user/status", "access-1")]

    asyncio.run(main())


def test_a_blocking_client_asks_the_person_too() -> None:
    """onTokenWillRefresh: given the client that the page made."""
    clients = Clients(None)
    api = FakeAPI(clients.page)
    asked: list[Any] = []

    def renew(podio: Any) -> None:
        asked.append(podio)
        podio.set_access_token(session(api.issued))

    client = clients.open("client", on_token_will_refresh=renew)
    client.set_access_token(session())
    api.end_token()
    assert client.get("/user/status") == {"path": "/user/status"}
    assert asked == [client]


def test_a_blocking_client_that_cannot_wait_for_the_person_says_so_in_time() -> None:
    """onTokenWillRefresh. Wrong there: a popup that nobody can answer leaves the call pending for ever."""
    clients = Clients(None)
    api = FakeAPI(clients.page)
    client = clients.open("client")
    client.set_access_token(session())
    api.end_token()
    with pytest.raises(LoginRequired, match="redirect"):
        client.get("/user/status")


def test_a_page_that_asks_nobody_gets_an_answer_all_the_same(clients: Clients, api: FakeAPI) -> None:
    """onTokenWillRefresh. Wrong there: without it the call's promise never settles."""
    client = clients.open("client", on_token_will_refresh=None)
    client.set_access_token(session())
    api.end_token()
    with pytest.raises(LoginRequired, match=r"login\(\)"):
        client.get("/user/status")
    assert api.forms == []
    assert not client.is_authenticated()


@pytest.mark.parametrize("auth_type", WITH_REFRESH)
def test_nobody_is_asked_where_a_refresh_token_does_it(clients: Clients, auth_type: str) -> None:
    """onTokenWillRefresh is for client auth only. Wrong there: elsewhere it is taken and never called."""
    with pytest.raises(ValueError, match="on_token_will_refresh"):
        clients.open(auth_type, on_token_will_refresh=print)
