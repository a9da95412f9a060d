"""A signed-in person's request: ``PodioSignIn`` beside Starlette's SessionMiddleware with the same session store.

Both run the same application, which answers with who the person is. The other one is what an application would write by
hand: the signed cookie of SessionMiddleware holds a session id, and the handler gets the record of this id from the
store. A store that blocks works in a thread in both. There is no web server around them, whose time would hide theirs.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import redis
import redis.asyncio
from itsdangerous import TimestampSigner
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from podio_web.oauth.origin import API_URL
from podio_web.oauth.token import Token
from podio_web.runtime.interpreter import is_awaitable
from podio_web.stores.redis import RedisStore
from podio_web.stores.sqlite import SQLiteStore
from podio_web.web.asgi import PodioSignIn
from podio_web.web.session_cookie import SessionCookie
from podio_web.web.sign_in import SESSION_LIFETIME

from .samples import Samples
from .sync_calls import PLACE

CLIENT_ID = "demo-client"
SECRET_KEY = "benchmark-" * 5
SESSION_ID = "session-id-of-43-characters-like-a-real-one"
REF = {"type": "user", "id": 1001}
STORES = {
    "SQLite": "SQLiteStore",
    "Redis": "RedisStore(redis.Redis)",
    "asyncio Redis": "RedisStore(redis.asyncio.Redis)",
}
LABELS = {
    key: label
    for store, name in STORES.items()
    for key, label in (
        (f"sign-in {store}", f"PodioSignIn, {name}"),
        (f"session {store}", f"SessionMiddleware, {name}"),
    )
}
# Requests of one run: short runs by turns, so that what the machine does else disturbs both alike.
REQUESTS = 20
RUNS = 6


def measure_web_requests(rounds: int) -> Samples:
    """Measure the microseconds that a request takes with each store, with both middlewares."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> Samples:
    samples = Samples()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        socket = await stack.enter_async_context(_redis_server(folder))
        stores = {
            "SQLite": SQLiteStore(folder / "sessions.db"),
            "Redis": RedisStore(redis.Redis(unix_socket_path=socket)),
            "asyncio Redis": RedisStore(redis.asyncio.Redis(unix_socket_path=socket)),
        }
        for name, store in stores.items():
            await keep_session(store)
            ways = {f"sign-in {name}": with_sign_in(store), f"session {name}": with_session(store)}
            for number in range(-1, RUNS * rounds):
                for key in sorted(ways, reverse=bool(number % 2)):
                    taken = await microseconds_of(*ways[key])
                    if number >= 0:
                        samples.add(PLACE, key, {"request": taken})
    return samples


def with_sign_in(store: Any) -> tuple[ASGIApp, str]:
    """Return the application with our middleware, and a signed-in person's cookie."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(send, await sign_in.user(scope))

    sign_in = PodioSignIn(
        app,
        client_id=CLIENT_ID,
        client_secret="demo-secret",  # noqa: S106 - the sandbox's
        secret_key=SECRET_KEY,
        redirect_uri="http://localhost:8000/podio/callback",
        store=store,
    )
    cookie = SessionCookie("podio_session", SECRET_KEY, idle=SESSION_LIFETIME, longest=None, secure=False)
    return sign_in, cookie.begin(SESSION_ID).partition(";")[0]


def with_session(store: Any) -> tuple[ASGIApp, str]:
    """Return the application with Starlette's middleware, and a signed-in person's cookie."""
    sessions = store.for_client(API_URL, CLIENT_ID)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        session = sessions.for_user(scope["session"]["id"])
        token = await (run_in_threadpool(session.get, "server") if store.blocks else session.get("server"))
        await _answer(send, token.ref)

    signed = TimestampSigner(SECRET_KEY).sign(b64encode(json.dumps({"id": SESSION_ID}).encode()))
    return SessionMiddleware(app, SECRET_KEY), f"session={signed.decode()}"


async def _answer(send: Send, who: object) -> None:
    body = json.dumps(who).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def microseconds_of(app: ASGIApp, cookie: str) -> float:
    """Return the microseconds that a request takes; each is answered before the next one comes."""
    bodies: list[bytes] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    began = time.perf_counter()
    for _ in range(REQUESTS):
        await app(_scope(cookie), receive, send)
    taken = time.perf_counter() - began
    assert [json.loads(body) for body in bodies] == [REF] * REQUESTS
    return 1_000_000 * taken / REQUESTS


def _scope(cookie: str) -> dict[str, Any]:
    """Return a request as uvicorn describes that of a browser."""
    headers = {
        "host": "localhost:8000",
        "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-language": "en-US,en;q=0.5",
        "accept-encoding": "gzip, deflate, br, zstd",
        "sec-fetch-site": "same-origin",
        "cookie": cookie,
    }
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/me",
        "raw_path": b"/me",
        "query_string": b"",
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }


async def keep_session(store: Any) -> None:
    """Put the session of a signed-in person into a store."""
    token = Token("a" * 40, expires_at=time.time() + 28_800, ref=REF, refresh_token="r" * 40, scope="global:all")
    kept = store.for_client(API_URL, CLIENT_ID).for_user(SESSION_ID).set(token, "server")
    if is_awaitable(kept):
        await kept


@asynccontextmanager
async def _redis_server(folder: Path) -> AsyncIterator[str]:
    """Run a Redis server on a Unix socket, which keeps nothing; return the socket's path."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise SystemExit("There is no redis-server: install it (on Debian: apt-get install redis-server).")
    socket = folder / "socket"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL) as server:  # noqa: S603, ASYNC220
        try:
            while not socket.exists() and server.poll() is None:  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.01)
            yield str(socket)
        finally:
            server.terminate()
