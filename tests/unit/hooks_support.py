"""What the tests of webhooks share: a running receiver, deliveries, and waiting for them."""

from __future__ import annotations

import asyncio
import inspect
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn

from podio_web.hooks import Delivery

SECRET = "wJ3k9Zq7Lm2Xv8Tn4Rb6Yc"
OTHER = "Hd5Ps1Gf0Ka9Wx7Ue3Oi2Q"


def delivery(type_: str = "item.update", hook_id: int = 12, **data: int | str) -> Delivery:
    if type_.startswith("item."):
        data = {"item_id": 6101, **data}
    return Delivery(type_, hook_id, {"type": type_, "hook_id": hook_id, **data})


def form(type_: str, hook_id: int = 12, **data: int | str) -> bytes:
    return urlencode({"type": type_, "hook_id": hook_id, **data}).encode()


def until(reached: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return what ``reached`` returns when it is true. It is asked every 10 ms."""
    pause = threading.Event()
    for _ in range(int(seconds * 100)):
        found = reached()
        if found:
            return found
        pause.wait(0.01)
    raise AssertionError("it has not happened")


async def soon(reached: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Return what ``reached`` returns when it is true; it may be ``async def``. Tasks run meanwhile."""
    for _ in range(int(seconds * 100)):
        found = reached()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.01)
    raise AssertionError("it has not happened")


App = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


@contextmanager
def served(app: App) -> Iterator[str]:
    """Serve an ASGI application in a thread, and yield its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
