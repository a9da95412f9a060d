"""Receivers of webhooks, for uvicorn's and gunicorn's workers. The environment says where the inbox is.

Each handler writes a line when it begins and one when it ends, with the time and the process.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from podio_web import Podio, SyncPodio
from podio_web.hooks import Event, Hooks, SQLiteInbox, SyncHooks

SECRET = "wJ3k9Zq7Lm2Xv8Tn4Rb6Yc"
LEASE = 5.0
AT_ONCE = 8
OPTIONS: Any = {"secret": SECRET, "coalesce": 0.0, "lease": LEASE, "at_once": AT_ONCE}
INBOX = os.environ.get("STORE", "sqlite hooks.db").split(" ", 1)[1]
TOKEN = {"access_token": "test", "expires_in": 3600}


def note(what: str, event: Event) -> None:
    """Write a line with one call, so that the lines of processes do not mix."""
    line = f"{what} {time.monotonic():.6f} {os.getpid()} {event.item_id} {event.item_revision_id}\n"
    log = os.open(INBOX + ".log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(log, line.encode())
    os.close(log)


def asgi_app() -> Starlette:
    """Return the receiver with ``Hooks``."""
    podio = Podio("client", "demo-client", api_url=os.environ["PODIO_API_URL"])
    podio.set_access_token(TOKEN)
    hooks = Hooks(podio, inbox=SQLiteInbox(INBOX), **OPTIONS)
    hooks.accept("app", 3001, f"{os.environ['ORIGIN']}/podio")

    @hooks.on("item.*")
    async def changed(event: Event) -> None:
        note("begin", event)
        await asyncio.sleep(0.002)
        note("end", event)

    async def ping(request: Request) -> Response:
        return PlainTextResponse("pong")

    async def lifespan(app: Starlette) -> Any:
        async with hooks:
            yield

    app = Starlette(routes=[Route("/ping", ping), Mount("/podio", app=hooks.asgi)], lifespan=lifespan)
    # Starlette would redirect some paths of other mounts that do not exist.
    app.router.redirect_slashes = False
    return app


def wsgi_app() -> Callable[..., Iterable[bytes]]:
    """Return the receiver with ``SyncHooks``."""
    podio = SyncPodio("client", "demo-client", api_url=os.environ["PODIO_API_URL"])
    podio.set_access_token(TOKEN)
    hooks = SyncHooks(podio, inbox=SQLiteInbox(INBOX), **OPTIONS)
    hooks.accept("app", 3001, f"{os.environ['ORIGIN']}/podio")

    @hooks.on("item.*")
    def changed(event: Event) -> None:
        note("begin", event)
        time.sleep(0.002)
        note("end", event)

    hooks.start()

    def ping(environ: Any, start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"pong"]

    return DispatcherMiddleware(ping, {"/podio": hooks.wsgi})


def __getattr__(name: str) -> Any:
    """Make the application that a server asks for."""
    makers: dict[str, Callable[[], Any]] = {"app": asgi_app, "wsgi": wsgi_app}
    if name not in makers:
        raise AttributeError(name)
    return makers[name]()
