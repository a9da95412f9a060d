"""A uvicorn server in a thread of its own: how the sandbox and the demo's site run beside tests and commands."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

_SECONDS_TO_START = 30
_SECONDS_TO_STOP = 10


class Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and does not wait for answers that are being delayed."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen and say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and cut the connections on which an answer is still being delayed."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)


def quiet_config(app: Any, **options: Any) -> uvicorn.Config:
    """Return uvicorn's configuration for a local server that logs nothing: query strings can hold tokens."""
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        loop="asyncio",
        access_log=False,
        # Nothing here stands behind a proxy, and a page can send the headers of one.
        proxy_headers=False,
        log_config=None,
        log_level=logging.CRITICAL,
        timeout_graceful_shutdown=1,
        **options,
    )


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a listening socket and its origin; port 0 takes a free one. Raises OSError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves the delay for small packets on.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    shown = f"[{host}]" if ":" in host else host
    return listener, f"http://{shown}:{listener.getsockname()[1]}"


class Background:
    """A server that runs in a thread from its making until ``stop``.

    Raises RuntimeError if the server does not come up.

    >>> listener, url = listen("127.0.0.1", 0)
    >>> running = Background(quiet_config(app), listener, "my-site")
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, name: str) -> None:
        ready = threading.Event()
        self._server = Server(config, ready.set)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name=name, daemon=True)
        self._thread.start()
        if not ready.wait(_SECONDS_TO_START):
            self.stop()
            raise RuntimeError(f"{name} did not start within {_SECONDS_TO_START} seconds")

    def stop(self) -> None:
        """End the server and its thread."""
        self._server.should_exit = True
        self._thread.join(_SECONDS_TO_STOP)


@contextmanager
def stop_signal() -> Iterator[Callable[[], None]]:
    """Yield a function that waits for SIGTERM or Ctrl-C. From now on both end the ``with`` block in good order.

    Enter it before you announce a server: someone may stop it at once. Outside the main thread, where Python takes no
    signals, the function waits for ever.

    >>> with stop_signal() as wait_for_it, Sandbox() as sandbox:
    ...     print(sandbox.url)
    ...     wait_for_it()
    """
    stopped = threading.Event()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            before[number] = signal.signal(number, lambda number, frame: stopped.set())

    def wait() -> None:
        # On Windows no signal interrupts a wait without an end.
        while not stopped.wait(0.5):
            pass

    try:
        yield wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
