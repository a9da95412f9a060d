"""The session: memory, store, and what happens when the store does not work."""

import asyncio

import pytest

from podio_web import MemoryStore, Token
from podio_web.auth.session import Session
from podio_web.events import Events

NOW = 1_800_000_000.0


def token(text: str = "first", lifetime: float = 60, ref: int | None = None) -> Token:
    return Token(text, expires_at=NOW + lifetime, ref=None if ref is None else {"type": "user", "id": ref})


class AsyncStore:
    """A store of a user's own, all async, that returns records and has no ``clear``."""

    def __init__(self) -> None:
        self.record: object = None

    async def get(self, auth_type: str) -> object:
        await asyncio.sleep(0)
        return self.record

    async def set(self, token: Token | None, auth_type: str) -> None:
        await asyncio.sleep(0)
        self.record = token.to_dict() if token is not None else None


class BrokenStore:
    def get(self, auth_type: str) -> None:
        raise PermissionError("blocked: secret-in-the-text")

    def set(self, token: Token, auth_type: str) -> None:
        raise OSError("full: " + token.access_token)

    def clear(self, auth_type: str) -> None:
        raise OSError("gone")


def make(store: object) -> tuple[Session, list[tuple[str, object]]]:
    events = Events()
    heard: list[tuple[str, object]] = []

    def hear(name: str) -> None:
        events.on(name, lambda detail: heard.append((name, detail)))

    for name in ("authenticated", "logged_out", "storage_degraded"):
        hear(name)
    return Session("client", store, events, lambda: NOW), heard  # type: ignore[arg-type]


def test_a_saved_token_is_held_stored_and_announced() -> None:
    store = MemoryStore()
    session, heard = make(store)
    assert not session.usable
    first = token()
    asyncio.run(session.save(first))
    assert session.token is first
    assert session.usable
    assert store.get("client") is first
    assert heard == [("authenticated", first)]


def test_put_holds_without_storing() -> None:
    store = MemoryStore()
    session, _ = make(store)
    session.put(token())
    assert session.usable
    assert store.get("client") is None


def test_an_expired_token_is_held_but_not_usable() -> None:
    session, _ = make(MemoryStore())
    session.put(token(lifetime=0))
    assert session.token is not None
    assert not session.usable


def test_an_expired_token_in_the_store_is_held_but_signs_nobody_in() -> None:
    store = MemoryStore()
    store.set(token("stored", -10), "client")
    session, heard = make(store)
    asyncio.run(session.load())
    assert session.token is not None
    assert heard == []


def test_load_takes_what_is_stored_only_when_it_is_better() -> None:
    async def main() -> None:
        store = MemoryStore()
        session, _ = make(store)
        await session.load()
        assert session.token is None
        store.set(token("stored", -10), "client")
        await session.load()
        assert session.token is not None
        assert session.token.access_token == "stored"
        session.put(token("live", -5))
        await session.load()
        assert session.token.access_token == "live"
        store.set(token("renewed", 60), "client")
        await session.load()
        assert session.token.access_token == "renewed"
        store.set(token("later-still", 600), "client")
        await session.load()
        assert session.token.access_token == "renewed", "a usable token is kept"

    asyncio.run(main())


def test_an_empty_store_never_takes_a_live_token_away() -> None:
    async def main() -> None:
        session, _ = make(MemoryStore())
        session.put(token("live"))
        await session.load()
        await session.reload()
        assert session.token is not None
        assert session.token.access_token == "live"

    asyncio.run(main())


def test_reload_takes_what_is_stored_whatever_is_held() -> None:
    async def main() -> None:
        store = MemoryStore()
        session, heard = make(store)
        session.put(token("live", 600))
        store.set(token("stored", 60), "client")
        await session.reload()
        assert session.token is not None
        assert session.token.access_token == "stored"
        await session.reload()
        assert len(heard) == 2, "the same token again is not an event"

    asyncio.run(main())


def test_async_stores_with_records_and_without_clear_work() -> None:
    async def main() -> None:
        store = AsyncStore()
        session, _ = make(store)
        await session.save(token())
        other, _ = make(store)
        await other.load()
        assert other.token is not None
        assert other.token.access_token == "first"
        await other.clear()
        assert "first" not in repr(store.record)
        third, _ = make(store)
        await third.load()
        assert third.token is None

    asyncio.run(main())


@pytest.mark.parametrize("record", [{}, {"access_token": 5}, {"unknown": "thing"}, "text", 7])
def test_a_store_that_returns_rubbish_means_nobody_is_signed_in(
    record: object, caplog: pytest.LogCaptureFixture
) -> None:
    store = AsyncStore()
    store.record = record
    session, heard = make(store)
    asyncio.run(session.load())
    assert session.token is None
    assert heard == []
    assert ("invalid session" in caplog.text) == bool(record)


def test_rule_9_a_failing_store_is_replaced_by_memory_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        session, heard = make(BrokenStore())
        first = token("canary")
        await session.save(first)
        await session.load()
        await session.save(first)
        assert session.usable
        assert [name for name, _ in heard] == ["authenticated", "storage_degraded"]
        session.token = None
        await session.load()
        assert session.token is first, "memory has it"

    asyncio.run(main())
    printed = caplog.text
    assert printed.count("session store failed") == 1
    assert "OSError" in printed
    assert "canary" not in printed


def test_rule_9_a_store_that_fails_while_reading_or_clearing_does_not_break_anything() -> None:
    async def main() -> None:
        session, heard = make(BrokenStore())
        await session.load()
        assert session.token is None
        session, heard = make(BrokenStore())
        session.put(token())
        await session.clear()
        await session.load()
        assert session.token is None
        assert [name for name, _ in heard] == ["authenticated", "logged_out", "storage_degraded"]

    asyncio.run(main())


def test_what_a_slow_store_returns_after_a_log_out_is_discarded() -> None:
    async def main() -> None:
        store = AsyncStore()
        store.record = token().to_dict()
        session, _ = make(store)
        loading = asyncio.create_task(session.load())
        await asyncio.sleep(0)
        await session.clear()
        await loading
        assert session.token is None

    asyncio.run(main())


class SlowStore(MemoryStore):
    """A store whose ``set`` takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def set(self, token: Token, auth_type: str) -> None:  # type: ignore[override]
        await self.gate.wait()
        super().set(token, auth_type)


def test_a_log_out_while_a_slow_store_is_writing_wins() -> None:
    async def main() -> None:
        store = SlowStore()
        session, _ = make(store)
        saving = asyncio.create_task(session.save(token()))
        await asyncio.sleep(0)
        await session.clear()
        store.gate.set()
        await saving
        assert session.token is None
        assert store.get("client") is None

    asyncio.run(main())


def test_a_log_out_heard_late_leaves_a_newer_stored_session_alone() -> None:
    async def main() -> None:
        store = MemoryStore()
        session, heard = make(store)
        session.put(token("old"))
        store.set(token("newer"), "client")
        await session.clear_after_other_tab()
        assert session.token is None
        assert store.get("client") is not None
        session.put(token("newer"))
        await session.clear_after_other_tab()
        assert store.get("client") is None
        store.set(token("never-read"), "client")
        await session.clear_after_other_tab()
        assert store.get("client") is None
        assert [name for name, _ in heard].count("logged_out") == 2, "nobody was signed in the third time"

    asyncio.run(main())


# --- What a store that has failed must not bring back ---


class FullStore(MemoryStore):
    """Has a session, takes no other, and gives it away as long as it can: localStorage without room."""

    is_shared = True

    def __init__(self, failing: str = "set") -> None:
        super().__init__()
        self.failing = ""
        self._wanted = failing
        super().set(token("of-somebody-before", ref=1001), "client")

    def fill_up(self) -> None:
        self.failing = self._wanted

    def get(self, auth_type: str) -> Token | None:
        if self.failing == "get":
            raise OSError("broken")
        return super().get(auth_type)

    def set(self, token: Token, auth_type: str) -> None:
        if self.failing == "set":
            raise OSError("full")
        super().set(token, auth_type)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("failing", ["set", "get"])
def test_an_older_session_does_not_come_back_out_of_a_store_that_failed(failing: str, ends: bool) -> None:
    async def main() -> None:
        store = FullStore(failing)
        session, _ = make(store)
        await session.load()
        store.fill_up()
        session.token = None
        await session.load()
        await session.save(token("of-somebody-else", ref=1002))
        if ends:
            await session.clear()
        elif failing == "get":
            return
        store.failing = ""
        again, _ = make(store)
        await again.load()
        assert again.token is None

    asyncio.run(main())


def test_a_store_without_clear_that_cannot_keep_a_session_says_so(caplog: pytest.LogCaptureFixture) -> None:
    class Unclearable:
        def get(self, auth_type: str) -> None:
            return None

        def set(self, token: Token, auth_type: str) -> None:
            raise OSError("full")

    session, _ = make(Unclearable())
    asyncio.run(session.save(token()))
    assert "may still have the previous session" in caplog.text


def test_a_renewal_that_cannot_be_stored_leaves_the_same_persons_session() -> None:
    async def main() -> None:
        store = FullStore()
        session, _ = make(store)
        await session.load()
        store.fill_up()
        await session.save(token("renewed", ref=1001))
        assert store.get("client") is not None
        await session.clear()
        assert store.get("client") is None

    asyncio.run(main())


# --- The order of calls ---


class DawdlingStore(AsyncStore):
    """Takes its time for what it was asked first."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses = [0.02, 0.0, 0.0, 0.0]

    async def set(self, token: Token | None, auth_type: str) -> None:
        await asyncio.sleep(self.pauses.pop(0))
        self.record = token.to_dict() if token is not None else None


@pytest.mark.parametrize("store", [MemoryStore(), DawdlingStore()])
def test_a_sign_in_after_a_log_out_stays_however_slow_the_store_is(store: MemoryStore | DawdlingStore) -> None:
    async def main() -> None:
        session, heard = make(store)
        session.put(token("old"))
        cleared = session.clear()
        assert session.token is None, "it is forgotten when the call returns"
        clearing = asyncio.ensure_future(cleared)
        await asyncio.sleep(0)
        await session.save(token("new"))
        await clearing
        again, _ = make(store)
        await again.load()
        assert again.token is not None
        assert again.token.access_token == "new"
        assert [name for name, _ in heard] == ["authenticated", "logged_out", "authenticated"]

    asyncio.run(main())


# --- Another tab ---


@pytest.mark.parametrize("how", ["loaded", "saved", "adopted"])
def test_a_session_that_was_in_the_store_and_is_there_no_more_was_emptied(how: str) -> None:
    async def main() -> None:
        store = MemoryStore()
        session, _ = make(store)
        stale = token("stale")
        if how == "saved":
            await session.save(token("kept"))
        else:
            store.set(token("kept"), "client")
            await session.load() if how == "loaded" else None
            if how == "adopted":
                session.put(stale)
                await session.adopt(stale)
        assert not await session.was_emptied()
        store.clear("client")
        assert await session.was_emptied()

    asyncio.run(main())


def test_a_session_that_was_never_stored_is_not_emptied() -> None:
    session, _ = make(MemoryStore())
    session.put(token("in-memory-only"))
    assert not asyncio.run(session.was_emptied())
    session.token = None
    assert not asyncio.run(session.was_emptied())


def test_an_async_store_that_fails_twice_at_a_time_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    class Failing(AsyncStore):
        async def set(self, token: Token | None, auth_type: str) -> None:
            await asyncio.sleep(0)
            raise OSError("full")

    async def main() -> None:
        session, heard = make(Failing())
        await asyncio.gather(session.save(token("one")), session.save(token("two")))
        assert session.token is not None
        assert [name for name, _ in heard].count("storage_degraded") == 1

    asyncio.run(main())
    assert caplog.text.count("session store failed") == 1
