"""A client made from another one, as a web application needs for each request."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from podio_web import MemoryStore, Podio, SyncPodio, Token
from podio_web.errors import LoginRequired
from podio_web.stores.records import KeyedStore
from podio_web.testing import FakeTransport


class Closing(FakeTransport):
    closed = False

    async def close(self) -> None:
        self.closed = True


def holding(text: str) -> MemoryStore:
    store = MemoryStore()
    store.set(Token(text, expires_at=4_000_000_000, refresh_token="refresh"), "server")
    return store


def template(transport: Any, **options: Any) -> Podio:
    return Podio("server", "my-app", "secret", transport=transport, **options)


def test_each_client_has_the_session_of_its_own_store() -> None:
    async def sent() -> list[str]:
        transport = FakeTransport()
        transport.answer("GET", "/user/status", {}, times=None)
        one = template(transport, session_store=holding("first"))
        await one.get("/user/status")
        two = one.with_store(holding("second"))
        await two.get("/user/status")
        await two.logout()
        with pytest.raises(LoginRequired):
            await two.get("/user/status")
        await one.get("/user/status")
        return [call.headers["Authorization"] for call in transport.calls]

    assert asyncio.run(sent()) == ["OAuth2 first", "OAuth2 second", "OAuth2 first"]


def test_handlers_errors_and_closing_are_not_shared() -> None:
    async def scene() -> None:
        transport = Closing()
        one = template(transport)
        heard: list[object] = []
        one.on("logged_out", heard.append)
        async with one.with_store(holding("second")) as two:
            await two.logout()
        assert heard == []
        assert not transport.closed, "others go on with it"
        assert not await one.is_authenticated()

    asyncio.run(scene())


def test_clients_made_from_one_may_live_in_several_event_loops() -> None:
    one = template(FakeTransport())
    for _ in range(2):
        assert asyncio.run(one.with_store(holding("token")).is_authenticated())


def test_a_store_that_is_narrowed_already_is_not_copied() -> None:
    store = KeyedStore().for_client("https://api.podio.com", "my-app").for_user("alice")
    assert store.for_client("https://api.podio.com", "my-app") is store
    assert store.for_client("https://api.podio.com", "other") is not store


def test_threads_share_each_of_the_blocking_clients() -> None:
    transport = FakeTransport()
    transport.answer("GET", "/user/status", {}, times=None)
    one = SyncPodio("server", "my-app", "secret", transport=transport, session_store=holding("first"))
    two = one.with_store(holding("second"))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda client: client.get("/user/status"), [one, two, one, two]))
    sent = [call.headers["Authorization"] for call in transport.calls]
    assert sorted(sent) == ["OAuth2 first", "OAuth2 first", "OAuth2 second", "OAuth2 second"]


def test_a_client_whose_person_signs_in_through_a_page_refuses() -> None:
    with pytest.raises(ValueError, match=r"^with_store\(\) is for auth_type 'server'"):
        Podio("client", "my-app", transport=FakeTransport()).with_store(MemoryStore())  # type: ignore[misc]
