"""Sessions that processes share through their store: what it says counts, and it may fail at any moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from podio_web import LoginRequired, MemoryStore, StoreUnavailable, Token
from podio_web.auth.grants_in_page import InPage
from podio_web.auth.session import SIGNED_OUT
from podio_web.auth.stored_session import LOOK_EVERY, StoredSession
from podio_web.events import Events
from tests.unit.fake_page import FakePage
from tests.unit.test_token_grants import LockingStore, TokenEndpoint, expired, server


class Plain:
    """A store without a lock, as the published protocol has it."""

    def __init__(self, token: Any = None) -> None:
        self.token = token
        self.failure: Exception | None = None
        self.failing = {"get", "set", "clear", "acquire", "release", "replace"}

    def _may(self, operation: str) -> None:
        if self.failure is not None and operation in self.failing:
            raise self.failure

    def get(self, auth_type: str) -> Any:
        self._may("get")
        return self.token

    def set(self, token: Token, auth_type: str) -> None:
        self._may("set")
        self.token = token


class Replacing(Plain):
    """A store with a lock and a compare-and-swap, which may be told to fail."""

    released = 0

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        self._may("acquire")
        return True

    def release(self, auth_type: str, owner: str) -> None:
        self._may("release")
        self.released += 1

    def replace(self, old: Token, new: Token, auth_type: str) -> bool:
        self._may("replace")
        if self.token is None or self.token.access_token not in (old.access_token, new.access_token):
            return False
        self.token = new
        return True

    def clear(self, auth_type: str) -> None:
        self._may("clear")
        self.token = None


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        await test()

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0)


def session_of(store: Any, page: FakePage, **options: Any) -> StoredSession:
    return StoredSession("server", store, Events(page.start), page.now, **options)


def token(text: str, page: FakePage, version: int = 0) -> Token:
    return Token(text, expires_at=page.time + 60, version=version)


@pytest.mark.parametrize("store", [Plain(), MemoryStore()])
def test_a_session_that_another_process_ended_has_ended_here(store: Any) -> None:
    async def main() -> None:
        page = FakePage()
        session = session_of(store, page)
        await session.save(token("a", page))
        assert await session.stored() is not None
        await session_of(store, page).clear()
        page.time += LOOK_EVERY
        await session.look_again()
        assert session.token is None

    run(main)


def test_a_store_that_never_gives_anything_back_ends_nothing() -> None:
    class WriteOnly(Plain):
        def get(self, auth_type: str) -> None:
            return None

    async def main() -> None:
        page = FakePage()
        session = session_of(WriteOnly(), page)
        await session.save(token("a", page))
        page.time += LOOK_EVERY
        await session.look_again()
        assert session.alive

    run(main)


def test_a_client_does_not_look_twice_in_a_second() -> None:
    async def main() -> None:
        page, store = FakePage(), Plain()
        store.token = token("a", page)
        session = session_of(store, page)
        await session.look_again()
        assert session.token is None, "nothing is held that another process could have ended"
        await session.load()
        store.token = Token(SIGNED_OUT, expires_at=page.time + 60)
        await session.look_again()
        assert session.alive
        page.put_back = -3600  # a clock that was set back
        await session.look_again()
        assert session.token is None

    run(main)


@pytest.mark.parametrize("is_newer", [True, False])
def test_the_newer_of_two_sessions_counts_however_long_each_lives(is_newer: bool) -> None:
    async def main() -> None:
        page = FakePage()
        held, stored = token("a", page, version=2), token("b", page, version=3 if is_newer else 1)
        # Lifetimes may shrink: the newer one ends first.
        stored.expires_at += -30 if is_newer else 3600
        store = Plain(held)
        session = session_of(store, page)
        await session.load()
        store.token = stored
        assert await session.adopt(held if is_newer else token("stale", page))
        assert session.token is (stored if is_newer else held)

    run(main)


def test_a_session_is_replaced_unless_another_process_was_there() -> None:
    async def main() -> None:
        page = FakePage()
        for store in (Plain(token("a", page)), Replacing(token("a", page))):
            session = session_of(store, page)
            await session.load()
            old = session.token
            assert old is not None
            assert await session.replace(old, token("b", page))
            assert store.token is session.token
            store.token = theirs = token("c", page)
            assert not await session.replace(token("b", page), token("d", page))
            assert session.token is theirs
            store.token = None
            assert not await session.replace(theirs, token("e", page))
            assert session.token is None

    run(main)


def test_a_store_that_cannot_be_read_or_written_is_unavailable() -> None:
    async def main() -> None:
        page, store = FakePage(), Replacing()
        session = session_of(store, page)
        store.failure = OSError("a secret")
        with pytest.raises(StoreUnavailable, match=r"^The session store cannot be read .* \(OSError\)") as problem:
            await session.load()
        assert problem.value.reason == "OSError"
        with pytest.raises(StoreUnavailable, match="cannot be written"):
            await session.save(token("a", page))
        store.failure = mine = StoreUnavailable("Come back later.")
        with pytest.raises(StoreUnavailable) as told:
            await session.clear()
        assert told.value is mine

    run(main)


def test_in_a_page_memory_stands_in_for_a_store_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        page, store = FakePage(), Plain()
        store.failure = OSError()
        session = session_of(store, page, in_page=True)
        await session.save(token("a", page))
        assert session.alive

    run(main)
    assert "kept in memory from now on" in caplog.text


# A refresh whose token cannot be stored


def stale_client(store: Plain, page: FakePage) -> Any:
    endpoint = TokenEndpoint()
    endpoint.issued = 1
    store.token = expired(page)
    return server(endpoint, page, session_store=store)


def test_a_token_that_could_not_be_stored_is_stored_later(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        page, store = FakePage(), Replacing()
        podio = stale_client(store, page)
        store.failing, store.failure = {"replace"}, OSError()
        assert await podio.get("/user/status") == {"path": "/user/status"}
        assert store.released == 0, "nobody else may try the old refresh token"
        store.failure = None
        await until(lambda: store.released == 1)
        assert store.token is podio.token

    run(main)
    assert "will be stored as soon as possible" in caplog.text


def test_a_token_that_can_never_be_stored_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        page, store = FakePage(), Replacing()
        podio = stale_client(store, page)
        store.failing, store.failure = {"replace"}, OSError()
        await podio.get("/user/status")
        await until(lambda: "must sign in again" in caplog.text)
        assert store.released == 0

    run(main)


def test_a_lock_that_cannot_be_given_back_is_reported_and_ends_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        page, store = FakePage(), Replacing()
        podio = stale_client(store, page)
        store.failing, store.failure = {"release"}, OSError()
        assert await podio.get("/user/status") == {"path": "/user/status"}
        assert store.token is podio.token

    run(main)
    assert "cannot be written at the moment (OSError)" in caplog.text


def test_who_signs_out_while_the_token_waits_to_be_stored_stays_signed_out() -> None:
    async def main() -> None:
        page, store = FakePage(), Replacing()
        podio = stale_client(store, page)
        store.failing, store.failure = {"replace"}, OSError()
        await podio.get("/user/status")
        await podio.logout()
        store.failure = None
        await until(lambda: store.released == 1)
        assert store.token is None
        with pytest.raises(LoginRequired):
            await podio.get("/user/status")

    run(main)


def test_a_sign_in_goes_on_while_another_process_holds_the_lock() -> None:
    async def main() -> None:
        page, store = FakePage(), LockingStore()
        store.holder = "another process"
        podio = server(TokenEndpoint(), page, session_store=store)
        await podio.get_access_token("code", "https://app.example/in")
        assert podio.token is store.get("server")
        assert store.holder == "another process"

    run(main)


def test_a_page_has_what_a_machine_has() -> None:
    async def main() -> None:
        page = FakePage()
        machine = InPage(page)
        store = MemoryStore()
        done: list[int] = []

        async def work() -> int:
            done.append(1)
            return 7

        assert machine.now() == page.now()
        assert machine.unblocked(store) is store
        assert not machine.enter_loop()
        assert machine.time_left() == float("inf")
        assert await machine.in_time(0.1, work(), TimeoutError()) == 7
        machine.beside(work())  # type: ignore[arg-type]
        await asyncio.sleep(0)
        assert done == [1, 1]

    run(main)
