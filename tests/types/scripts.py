"""Scripts and servers: the methods of each auth type, stores and transports."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, assert_type

from podio_web import FileStore, LoginRequired, MemoryStore, Podio, RedisStore, SQLiteStore, SyncPodio, Token
from podio_web.stores import FileStore as SameFileStore
from podio_web.testing import FakeTransport
from podio_web.transports import BlockingHttpxTransport, HttpxTransport, UrllibTransport
from podio_web.types import AuthType, Request, Response, SessionStore, SharedSessionStore, StoredToken, Transport

secret, app_token = "hush", "t1"

with SyncPodio("app", "my-app", secret, session_store=FileStore("~/.my-app.json")) as script:
    assert_type(script, SyncPodio[Literal["app"]])
    try:
        app = script.get("/app/5001")
    except LoginRequired:
        assert_type(script.authenticate_with_app(5001, app_token), Token)
        app = script.get("/app/5001")
    assert_type(app, Any)

password = SyncPodio("password", "my-app", secret, transport=UrllibTransport())
assert_type(password.authenticate_with_credentials("demo@example.com", "demo"), Token)
assert_type(password.is_authenticated(), bool)
assert_type(password.authenticate_with_activation_code("code"), Token)
assert_type(password.on("expiring", lambda token: token.expires_at), Callable[[], None])
assert_type(password.close(), None)

template = Podio(
    "server", "my-app", secret, redirect_uri="https://example.com/podio/callback", transport=HttpxTransport()
)


async def sign_in(code: str, session_id: str) -> Token:
    podio = template.with_store(SQLiteStore("sessions.sqlite").for_user(session_id))
    assert_type(podio, Podio[Literal["server"]])
    podio.set_auth_error(None)
    async with podio:
        return await podio.get_access_token(code)


blocking = SyncPodio("server", "my-app", secret, transport=BlockingHttpxTransport())
assert_type(blocking.with_store(MemoryStore()), SyncPodio[Literal["server"]])


class JsonStore:
    def get(self, auth_type: str) -> str | None:
        path = Path(f"{auth_type}.json")
        return path.read_text() if path.exists() else None

    def set(self, token: Token, auth_type: str) -> None:
        Path(f"{auth_type}.json").write_text(json.dumps(token.to_dict()))


class AsyncStore:
    async def get(self, kind: str) -> StoredToken:
        return {"access_token": kind, "expires_at": 1_790_000_000}

    async def set(self, record: Token, kind: str) -> None: ...


class LoggedTransport:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    async def perform(self, request: Request, timeout: float | None) -> Response:
        return await self.transport.perform(request, timeout)

    async def close(self) -> None:
        await self.transport.close()


stores: list[SessionStore] = [
    *(JsonStore(), AsyncStore(), MemoryStore(), SameFileStore("s.json")),
    *(SQLiteStore("s.sqlite"), RedisStore("redis://localhost")),
]
shared: list[SharedSessionStore] = [SQLiteStore("s.sqlite"), RedisStore("redis://localhost"), FileStore("s.json")]
fake = FakeTransport()
fake.answer("GET", "/item/4", {"item_id": 4})


def client_of(auth_type: AuthType, store: SessionStore, transport: Transport) -> SyncPodio[AuthType]:
    return SyncPodio(auth_type, "my-app", secret, session_store=store, transport=transport)


client_of("app", JsonStore(), LoggedTransport(fake))


class MyPodio(Podio):
    """Subclasses need not say the auth type."""


async def of_a_subclass() -> None:
    await MyPodio("app", "my-app", secret).authenticate_with_app(5001, app_token)
