"""A receiver as an ASGI application (https://asgi.readthedocs.io/en/latest/specs/www.html)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from podio_web.hooks.delivery import LONGEST_BODY
from podio_web.hooks.receiver import ANSWERS, Refusal, masked

if TYPE_CHECKING:
    from podio_web.hooks.hooks import Hooks

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def asgi_app(hooks: Hooks) -> App:
    """Return the ASGI application of a receiver. It answers requests and follows the lifespan of a server.

    >>> app = asgi_app(hooks)
    """

    # A function, because servers take the bound method of an object for an application of an older ASGI.
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(hooks, receive, send)
            return
        path = _hide_path(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            status = await _status(hooks, scope, path, receive)
            if status is not None:
                await _answer(status, send)

    return app


def _hide_path(scope: Scope) -> str:
    """Return the path, and take it out of the scope. Servers log it when the answer starts."""
    path: str = scope["path"]
    scope["path"] = masked(path)
    scope["raw_path"] = scope["path"].encode()
    scope["query_string"] = b""
    return path


async def _status(hooks: Hooks, scope: Scope, path: str, receive: Receive) -> int | None:
    """Return the status of the answer to a request. None if the client has gone."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    refused = hooks.refuse(path, scope["method"], headers.get("content-length"))
    if refused is not None:
        return refused.status
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > LONGEST_BODY:
            return Refusal(413).status
        if not message.get("more_body"):
            break
    return await hooks.take(hooks.read(path, headers, body))


async def _answer(status: int, send: Send) -> None:
    body = ANSWERS[status]
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"%d" % len(body))]
    if status == 405:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(hooks: Hooks, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await hooks.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hooks.aclose()
            await send({"type": "lifespan.shutdown.complete"})
            return
