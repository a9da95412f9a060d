"""Running the sandbox: in a background thread for tests, or in the foreground for the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import ABORT, create_app
from .background import Background, Server, listen, quiet_config
from .clock import Clock
from .errors import Refusal
from .world import World

_BAD_REQUEST = Refusal(400, "invalid_request", "The request could not be read as HTTP")
# Browsers keep connections for minutes; closing them sooner makes requests fail by chance.
_KEEP_ALIVE_SECONDS = 300


class _Protocol(H11Protocol):
    """uvicorn's HTTP protocol with Podio's kind of error and a connection that can be broken on purpose."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        inner: Callable[..., Any] = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["extensions"] = {**scope.get("extensions", {}), ABORT: {"transport": self.transport}}
            await inner(scope, receive, send)

        self.app = app

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, unless an answer is already on its way."""
        body = json.dumps(_BAD_REQUEST.body(url="", query_string="", method="")).encode()
        headers = [
            ("content-type", "application/json; charset=utf-8"),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        with suppress(h11.LocalProtocolError):
            response = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
            parts = [self.conn.send(event) for event in (response, h11.Data(data=body), h11.EndOfMessage())]
            self.transport.write(b"".join(part for part in parts if part))
        self.transport.close()


class Sandbox:
    """A local Podio, running while it is entered.

    Args:
        port: Where to listen; 0 picks a free port.
        host: The address to listen on.
        data: SQLite file that keeps the data; None keeps it in memory.
        control: Whether the control interface under ``/sandbox`` answers.
        clock: The source of time; the system's by default.

    Raises:
        OSError: On entering, if the port is taken.
        ValueError: On entering, if ``data`` is not a sandbox database.

    Example:
        >>> with Sandbox(control=True) as sandbox:
        ...     print(sandbox.url)  # http://127.0.0.1:40123
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        data: Path | str | None = None,
        control: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._address = (host, port)
        self._data = None if data is None else Path(data)
        self._control = control
        self._clock = clock
        self._url = ""
        self._running: Background | None = None
        self._world: World | None = None

    @property
    def url(self) -> str:
        """The origin, without a slash at the end; empty before the sandbox has been entered."""
        return self._url

    def __enter__(self) -> Sandbox:
        listener, self._url = listen(*self._address)
        try:
            self._world = World(self._data, self._clock)
            self._running = Background(_config(self._world, self._control), listener, "podio-sandbox")
        except BaseException:
            listener.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None and self._world is not None:
            self._running.stop()
            self._world.close()


def _config(world: World, control: bool) -> uvicorn.Config:
    return quiet_config(
        create_app(world, with_control=control),
        http=_Protocol,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )


def serve(port: int = 8001, host: str = "127.0.0.1", data: Path | str | None = None, control: bool = False) -> None:
    """Run the sandbox until it is interrupted.

    Args:
        port: Where to listen.
        host: The address to listen on.
        data: SQLite file that keeps the data; None keeps it in memory.
        control: Whether the control interface under ``/sandbox`` answers.

    Raises:
        OSError: If the port is taken.
        ValueError: If ``data`` is not a sandbox database.

    Example:
        >>> serve(8001, data="podio.sqlite")  # stops with Ctrl+C
    """
    listener, url = listen(host, port)
    try:
        world = World(None if data is None else Path(data))
    except BaseException:
        listener.close()
        raise
    print(f"Podio sandbox on {url} (stop with Ctrl+C)", flush=True)
    try:
        with suppress(KeyboardInterrupt):
            Server(_config(world, control), lambda: None).run([listener])
    finally:
        world.close()
