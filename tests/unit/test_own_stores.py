"""Session stores as people write them by the published protocol: ``get``, ``set``, and no ``clear``.

Each client of a test stands for a process: it makes a store of its own over what the one before left behind.
"""

import asyncio
import json
import pickle
import sqlite3
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from podio_web import LoginRequired, Podio, StoreUnavailable, SyncPodio, Token
from podio_web.auth.session import SIGNED_OUT
from podio_web.testing import FakeTransport
from podio_web.types import SessionStore, SharedSessionStore
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import make_podio
from tests.unit.hooks_support import soon

ACCESS, REFRESH = "access-canary-71c0", "refresh-canary-52b9"
SIGNED_IN = {"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 3600}
IN_MEMORY: dict[str, Any] = {}
"""What stands for a server that several processes ask; empty again for each test."""


class DictStore:
    """Keeps what it is given."""

    def __init__(self, path: Path) -> None:
        self.kept = IN_MEMORY

    def get(self, auth_type: str) -> Token | None:
        return self.kept.get(auth_type)

    def set(self, token: Token, auth_type: str) -> None:
        self.kept[auth_type] = token


class RecordStore(DictStore):
    """Keeps records, and has no use for None."""

    def set(self, token: Token, auth_type: str) -> None:
        self.kept[auth_type] = token.to_dict()


class RowStore(DictStore):
    """Returns rows, which are mappings but not dictionaries."""

    def set(self, token: Token, auth_type: str) -> None:
        self.kept[auth_type] = MappingProxyType(token.to_dict())


class CarefulStore(DictStore):
    """Keeps only sessions that have not ended."""

    def set(self, token: Token, auth_type: str) -> None:
        if token and not token.is_expired(time.time()):
            self.kept[auth_type] = token


class MergingStore(DictStore):
    """Updates the record that is there, as an ORM does: what a token lacks stays."""

    def set(self, token: Token, auth_type: str) -> None:
        self.kept.setdefault(auth_type, {}).update(token.to_dict())


class JsonFileStore:
    """One file of JSON for each kind of sign-in."""

    def __init__(self, path: Path) -> None:
        self.folder = path

    def get(self, auth_type: str) -> str | None:
        file = self.folder / f"{auth_type}.json"
        return file.read_text() if file.exists() else None

    def set(self, token: Token, auth_type: str) -> None:
        (self.folder / f"{auth_type}.json").write_text(json.dumps(token.to_dict()))


class PickleStore:
    """One pickle for all."""

    def __init__(self, path: Path) -> None:
        self.file = path / "sessions.pickle"

    def get(self, auth_type: str) -> Token | None:
        return pickle.loads(self.file.read_bytes()).get(auth_type) if self.file.exists() else None

    def set(self, token: Token, auth_type: str) -> None:
        kept = pickle.loads(self.file.read_bytes()) if self.file.exists() else {}
        self.file.write_bytes(pickle.dumps({**kept, auth_type: token}))


class TableStore:
    """A row with columns, from which the token is put together again."""

    def __init__(self, path: Path) -> None:
        self.base = sqlite3.connect(path / "sessions.sqlite", isolation_level=None)
        self.base.execute("create table if not exists sessions (kind text primary key, access text, ends real, renews)")

    def get(self, auth_type: str) -> Token | None:
        row = self.base.execute("select access, ends, renews from sessions where kind = ?", (auth_type,)).fetchone()
        return Token(row[0], expires_at=row[1], refresh_token=row[2]) if row else None

    def set(self, token: Token, auth_type: str) -> None:
        row = (auth_type, token.access_token, token.expires_at, token.refresh_token)
        self.base.execute("insert or replace into sessions values (?, ?, ?, ?)", row)

    def __del__(self) -> None:
        self.base.close()


class CacheStore(DictStore):
    """A cache that lets go of a record when the token ends, and refuses a time that is over, as Redis' SETEX does."""

    def set(self, token: Token, auth_type: str) -> None:
        seconds = int(token.expires_at - time.time())
        if seconds <= 0:
            raise ValueError("invalid expire time")
        self.kept[auth_type] = json.dumps(token.to_dict())


class PodioPhpLikeStore(DictStore):
    """Has one session only, whatever it is asked for, and answers a set with what it has kept."""

    def get(self, auth_type: str | None = None) -> dict[str, Any]:  # type: ignore[override]
        return json.loads(self.kept.get("session", "{}"))

    def set(self, oauth: Token, auth_type: str | None = None) -> str:  # type: ignore[override]
        self.kept["session"] = json.dumps(oauth.to_dict())
        return self.kept["session"]


class ProtocolStore(DictStore, SessionStore):
    """Says that it follows the protocol."""


STORES = [
    *(DictStore, ProtocolStore, RecordStore, RowStore, CarefulStore, MergingStore, JsonFileStore),
    *(PickleStore, TableStore, CacheStore, PodioPhpLikeStore),
]


def made_async(kind: type[Any]) -> type[Any]:
    """Return the same store with ``async def`` methods, which wait as a database would."""

    class AsyncStore:
        def __init__(self, path: Path) -> None:
            self.store = kind(path)

        async def get(self, auth_type: str) -> Any:
            await asyncio.sleep(0)
            return self.store.get(auth_type)

        async def set(self, token: Token, auth_type: str) -> None:
            await asyncio.sleep(0)
            self.store.set(token, auth_type)

    return AsyncStore


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> type[Any]:
    IN_MEMORY.clear()
    return request.param


@pytest.fixture
def transport() -> FakeTransport:
    transport = FakeTransport()
    transport.answer("POST", "/oauth/token", SIGNED_IN, times=None)
    transport.answer("GET", "/app/5001", {"app_id": 5001}, times=None)
    return transport


def left_behind(folder: Path) -> str:
    """Return everything that the processes have left."""
    return repr(IN_MEMORY) + "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())


def check_nobody(kept: Any) -> None:
    """Check that a placeholder holds no secret."""
    record = kept.to_dict() if isinstance(kept, Token) else json.loads(kept) if isinstance(kept, str) else kept
    assert record["access_token"] == SIGNED_OUT
    assert ACCESS not in repr(record)


def test_after_a_log_out_the_next_process_is_signed_out(
    kind: type[Any], transport: FakeTransport, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def process() -> SyncPodio:
        return SyncPodio("app", "my-app", "hush", session_store=kind(tmp_path), transport=transport)

    degraded: list[object] = []
    with process() as podio:
        podio.authenticate_with_app(5001, "t1")
    with process() as podio:
        podio.on("storage_degraded", degraded.append)
        assert podio.is_authenticated(), "the store works"
        assert podio.get("/app/5001") == {"app_id": 5001}
        podio.logout()
        assert not podio.is_authenticated()
    with process() as podio:
        assert not podio.is_authenticated()
        assert podio.token is None
        with pytest.raises(LoginRequired):
            podio.get("/app/5001")
        podio.authenticate_with_app(5001, "t1")
    with process() as podio:
        assert podio.is_authenticated(), "the placeholder is in nobody's way"
        podio.logout()
    check_nobody(kind(tmp_path).get("app"))
    assert degraded == []
    assert caplog.text == ""


def test_the_same_holds_for_stores_that_are_awaited(kind: type[Any], transport: FakeTransport, tmp_path: Path) -> None:
    def process() -> Podio:
        return Podio("app", "my-app", "hush", session_store=made_async(kind)(tmp_path), transport=transport)

    async def main() -> None:
        await process().authenticate_with_app(5001, "t1")
        podio = process()
        assert await podio.is_authenticated()
        await podio.logout()
        podio = process()
        assert not await podio.is_authenticated()
        with pytest.raises(LoginRequired):
            await podio.get("/app/5001")

    asyncio.run(main())


def test_nor_does_a_page_s_own_store_bring_a_session_back(kind: type[Any], tmp_path: Path) -> None:
    async def main() -> None:
        page = FakePage()
        page.time = time.time()
        podio = make_podio(page, session_store=kind(tmp_path))
        task = podio.login()
        page.popup.allow(ACCESS)
        await task
        assert await make_podio(page, session_store=kind(tmp_path)).is_authenticated()
        await podio.logout()
        assert not await make_podio(page, session_store=kind(tmp_path)).is_authenticated()

    asyncio.run(main())


def test_a_refresh_is_not_stored_over_the_log_out_of_another_process(
    kind: type[Any], transport: FakeTransport, tmp_path: Path
) -> None:
    def process(transport: FakeTransport = transport) -> SyncPodio:
        return SyncPodio("app", "my-app", "hush", session_store=kind(tmp_path), transport=transport)

    class Meanwhile(FakeTransport):
        async def perform(self, call: Any, timeout: float | None) -> Any:
            process().logout()
            return await transport.perform(call, timeout)

    # Some stores take no token that has ended.
    kind(tmp_path).set(Token("old", expires_at=time.time() + 30, refresh_token=REFRESH), "app")
    podio = process(Meanwhile())
    assert podio.is_authenticated()
    assert podio.token is not None
    podio.token.expires_at = time.time() - 1
    with pytest.raises(LoginRequired):
        podio.get("/app/5001")
    assert not process().is_authenticated()


class PublishedStore:
    """The required methods of the published protocol, and nothing else."""

    def __init__(self) -> None:
        self.tokens: dict[str, Token] = {}
        self.calls: list[tuple[str, str]] = []

    def get(self, auth_type: str) -> Token | None:
        self.calls.append(("get", auth_type))
        return self.tokens.get(auth_type)

    def set(self, token: Token, auth_type: str) -> None:
        assert isinstance(token, Token), "set is never called with None"
        self.calls.append(("set", auth_type))
        self.tokens[auth_type] = token


def test_a_store_by_the_published_protocol_has_nobody_after_a_sign_out(transport: FakeTransport) -> None:
    published = PublishedStore()
    store: SessionStore = published  # what a type checker says of it

    def client() -> SyncPodio:
        return SyncPodio("app", "my-app", "hush", session_store=store, transport=transport)

    podio = client()
    podio.authenticate_with_app(5001, "t1")
    assert client().is_authenticated()
    podio.logout()
    assert client().is_authenticated() is False
    assert client().token is None
    assert published.tokens["app"].access_token == SIGNED_OUT
    assert published.tokens["app"].refresh_token is None
    assert set(published.calls) == {("get", "app"), ("set", "app")}


def test_the_same_store_has_nobody_after_a_sign_out_in_a_page() -> None:
    store: SessionStore = PublishedStore()

    async def main() -> None:
        page = FakePage()
        page.time = time.time()
        podio = make_podio(page, session_store=store)
        task = podio.login()
        page.popup.allow(ACCESS)
        await task
        assert await make_podio(page, session_store=store).is_authenticated()
        await podio.logout()
        assert await make_podio(page, session_store=store).is_authenticated() is False

    asyncio.run(main())


@pytest.mark.parametrize(("protocol", "missing"), [(SessionStore, "set"), (SharedSessionStore, "clear")])
def test_a_store_that_inherits_the_protocol_lacks_no_method(protocol: type[Any], missing: str) -> None:
    """An inherited method would do nothing, and the session would stay after a sign-out."""
    complete = dict.fromkeys(protocol.__abstractmethods__, print)
    type("Complete", (protocol,), complete)()
    incomplete = {name: method for name, method in complete.items() if name != missing}
    with pytest.raises(TypeError, match=rf"abstract method '?{missing}"):
        type("Incomplete", (protocol,), incomplete)()


@pytest.mark.parametrize("method", ["set", "clear"])
def test_a_store_that_fails_at_a_log_out_says_what_it_may_still_hold(
    method: str, transport: FakeTransport, caplog: pytest.LogCaptureFixture
) -> None:
    class WithoutClear(DictStore):
        is_read_only = False

        def set(self, token: Token, auth_type: str) -> None:
            self.write()
            super().set(token, auth_type)

        def write(self) -> None:
            if self.is_read_only:
                raise PermissionError(f"read-only: {ACCESS}")

    class WithClear(WithoutClear):
        def clear(self, auth_type: str) -> None:
            self.write()

    store = WithClear(Path()) if method == "clear" else WithoutClear(Path())
    podio = SyncPodio("app", "my-app", "hush", session_store=store, transport=transport)
    podio.authenticate_with_app(5001, "t1")
    store.is_read_only = True
    with pytest.raises(StoreUnavailable, match="PermissionError") as caught:
        podio.logout()
    assert podio.token is None
    assert ("may still have the session" in str(caught.value)) is (method == "clear")
    assert ACCESS not in "".join(traceback.format_exception(caught.value))
    assert not caplog.records


def test_the_documented_store_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: FakeTransport) -> None:
    """Run the store of the protocol's own text."""
    from podio_web.stores import text as stores

    assert stores.__doc__ is not None
    example = [line.strip() for line in stores.__doc__.splitlines()]
    lines = [line[4:] for line in example if line.startswith((">>> ", "..."))]
    names: dict[str, Any] = {"Path": Path, "json": json}
    exec("\n".join(lines), names)
    monkeypatch.chdir(tmp_path)
    process: Callable[[], SyncPodio] = lambda: SyncPodio(  # noqa: E731
        "app", "my-app", "hush", session_store=names["JsonStore"](), transport=transport
    )
    process().authenticate_with_app(5001, "t1")
    assert process().is_authenticated()
    process().logout()
    assert not process().is_authenticated()
    assert ACCESS not in left_behind(tmp_path)
    assert REFRESH not in left_behind(tmp_path)


class SlowStore(DictStore):
    """Has not cleared itself when a caller gives up. The session is in it until ``may_clear``."""

    may_clear: asyncio.Event

    async def clear(self, auth_type: str) -> None:
        await self.may_clear.wait()
        self.kept.pop(auth_type)


@pytest.mark.parametrize("auth_type", ["client", "app"])
def test_a_sign_out_whose_caller_gives_up_clears_the_store_all_the_same(auth_type: str, tmp_path: Path) -> None:
    async def main() -> None:
        options = {} if auth_type == "client" else {"client_secret": "s"}
        store = SlowStore(tmp_path)
        store.kept = {}
        store.may_clear = asyncio.Event()
        store.set(Token(ACCESS, expires_at=FakePage().time + 3600), auth_type)
        podio = make_podio(FakePage(), auth_type=auth_type, session_store=store, **options)
        assert await podio.is_authenticated()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(podio.logout(), 0.001)
        assert auth_type in store.kept
        store.may_clear.set()
        await soon(lambda: not store.kept)

    asyncio.run(main())
