"""Run a uvicorn server in a background thread. The sandbox and the demo's site use it."""

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

# Headers that arrive in several pieces are refused beyond this.
_HEADER_BYTES = 65_536


class Server(uvicorn.Server):
    """A uvicorn server that reports when it is ready and does not wait for delayed responses when it stops.

    Args:
        config: The configuration.
        ready: Called when the server is listening.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then call ``ready``."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and close connections whose response is delayed."""
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)


def quiet_config(app: Any, **options: Any) -> uvicorn.Config:
    """Return the configuration of a local server. It logs nothing because query strings can contain tokens.

    Args:
        app: The ASGI application.
        options: Additional options of ``uvicorn.Config``.
    """
    return uvicorn.Config(
        app,
        ws="none",
        lifespan="off",
        loop="asyncio",
        access_log=False,
        # The server is not behind a proxy, and pages can send the headers of one.
        proxy_headers=False,
        log_config=None,
        log_level=logging.CRITICAL,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        **options,
    )


def listen(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a listening socket and its origin.

    Args:
        host: The address to listen on.
        port: The port. 0 picks a free one.

    Raises:
        OSError: The port is in use.

    Examples:
        >>> listener, url = listen("127.0.0.1", 0)
        >>> url
        'http://127.0.0.1:...'
        >>> listener.close()
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off the delay for small packets only if the protocol is named.
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
    """A server that runs in a background thread until ``stop`` is called.

    ``url`` is its origin, such as ``http://localhost:8000``.

    Args:
        configure: Returns the configuration for a listening socket, such as one of ``quiet_config``.
        name: The name of the thread.
        host: The address to listen on.
        port: The port to listen on. 0 picks a free one.

    Raises:
        OSError: The port is in use.
        RuntimeError: The server did not start in time.

    Examples:
        >>> from starlette.applications import Starlette
        >>> running = Background(lambda listener: quiet_config(Starlette()), "my-site", "127.0.0.1")
        >>> running.url
        'http://127.0.0.1:...'
        >>> running.stop()
    """

    def __init__(
        self, configure: Callable[[socket.socket], uvicorn.Config], name: str, host: str = "localhost", port: int = 0
    ) -> None:
        ready = threading.Event()
        listener, self.url = listen(host, port)
        try:
            self._server = Server(configure(listener), ready.set)
            self._thread = threading.Thread(target=self._server.run, args=([listener],), name=name, daemon=True)
            self._thread.start()
            if not ready.wait(_SECONDS_TO_START):
                self.stop()
                raise RuntimeError(f"{name} did not start within {_SECONDS_TO_START} seconds.")
        except BaseException:
            listener.close()
            raise

    def stop(self) -> None:
        """Stop the server and its thread."""
        self._server.should_exit = True
        self._thread.join(_SECONDS_TO_STOP)


@contextmanager
def stop_signal() -> Iterator[Callable[[], None]]:
    """Handle SIGTERM and Ctrl+C inside a ``with`` block, and yield a function that waits for either.

    Enter the block before you print the address of a server, because it can be stopped at once. Python handles
    signals only in the main thread. In other threads, the function waits forever.

    Example::

        with stop_signal() as wait_for_it, Sandbox() as sandbox:
            print(sandbox.url)
            wait_for_it()
    """
    stopped = threading.Event()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            before[number] = signal.signal(number, lambda number, frame: stopped.set())

    def wait() -> None:
        # On Windows, signals do not interrupt a wait without a timeout.
        while not stopped.wait(0.5):
            pass

    try:
        yield wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
