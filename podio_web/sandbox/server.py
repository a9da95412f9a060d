"""Run the sandbox: in a background thread for tests, or in the foreground for the command line."""

from __future__ import annotations

import itertools
import logging
import socket
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .api_response import json_body, refuse_host
from .app import create_app
from .background import Background, quiet_config, stop_signal
from .clock import Clock
from .connection import ABORT
from .hosts import Hosts, KnownHosts, reaches_network
from .refusals import Refusal
from .world import World

_BAD_REQUEST = Refusal(400, "invalid_request", "The request could not be read as HTTP")
# Browsers reuse connections for minutes. If the server closes them sooner, requests fail at random.
_KEEP_ALIVE_SECONDS = 300
# Bytes that arrive before they are read, and the size of a segment of an Ethernet.
_RECEIVED_AHEAD = 131_072
_SEGMENT = 1460

logger: logging.Logger = logging.getLogger("podio_web.sandbox")


class _Protocol(H11Protocol):
    """uvicorn's HTTP protocol, with Podio's error body and a connection that faults can close."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        inner: Callable[..., Any] = self.app
        requests = itertools.count()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            abort = {"transport": self.transport, "is_kept": next(requests) > 0}
            scope["extensions"] = {**scope.get("extensions", {}), ABORT: abort}
            await inner(scope, receive, send)

        self.app = app

    def send_400_response(self, msg: str) -> None:
        """Respond to a request that is not valid HTTP, unless a response has been started."""
        body = json_body(_BAD_REQUEST.body(url="", query_string="", method=""))
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
    """A local Podio that runs inside a ``with`` block.

    Args:
        port: The port to listen on. 0 picks a free one.
        host: The address to listen on.
        data: SQLite file that keeps the data. None keeps it in memory.
        control: Whether to turn on the control interface under ``/sandbox``.
        clock: The source of time. None uses the system's clock.
        allowed_hosts: Host names to accept besides ``host`` and those of loopback, each ``NAME`` or ``NAME:PORT``.

    Raises:
        OSError: On entering, if the port is in use.
        ValueError: On entering, if ``data`` is not a sandbox database, if this machine does not know a time zone in
            it, or if one of ``allowed_hosts`` is not a host name.

    Examples:
        >>> with Sandbox(control=True) as sandbox:
        ...     print(sandbox.url)
        http://127.0.0.1:...
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        data: Path | str | None = None,
        *,
        control: bool = False,
        clock: Clock | None = None,
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        self._address = (host, port)
        self._allowed_hosts = allowed_hosts
        self._data = None if data is None else Path(data)
        self._control = control
        self._clock = clock
        self._running: Background | None = None
        self._world: World | None = None

    @property
    def url(self) -> str:
        """The origin without a trailing slash. It is empty before the ``with`` block starts."""
        return "" if self._running is None else self._running.url

    def __enter__(self) -> Sandbox:
        self._running = Background(self._configure, "podio-sandbox", *self._address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None and self._world is not None:
            self._running.stop()
            self._world.close()

    def _configure(self, listener: socket.socket) -> uvicorn.Config:
        _limit_buffers(listener)
        hosts = Hosts(listener, self._address[0], self._allowed_hosts)
        self._world = World(self._data, self._clock)
        if reaches_network(listener):
            logger.warning(network_warning(control=self._control))
        return _config(self._world, self._control, hosts)


def _limit_buffers(listener: socket.socket) -> None:
    """Let connections hold as much as over a network. Loopback would hold megabytes, so that uploads jump to 100 %."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_AHEAD)
    if hasattr(socket, "TCP_MAXSEG"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, _SEGMENT)


def network_warning(*, control: bool) -> str:
    """Return the warning for a sandbox that other machines can reach.

    Args:
        control: Whether the control interface is on.
    """
    if control:
        harm = "control this sandbox, sign in as any user and read the tokens that it issues"
    else:
        harm = "sign in to this sandbox with its published passwords, and read and change its data"
    return f"Anyone on your network can {harm}. Keep real data out of it, or listen on 127.0.0.1."


def _config(world: World, control: bool, hosts: Hosts) -> uvicorn.Config:
    app = create_app(world, with_control=control)
    return quiet_config(
        KnownHosts(app, hosts, lambda scope, status, text: refuse_host(world, scope, status, text)),
        http=_Protocol,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
    )


def serve(
    port: int = 8001,
    host: str = "127.0.0.1",
    data: Path | str | None = None,
    control: bool = False,
    allowed_hosts: Sequence[str] = (),
) -> None:
    """Run the sandbox until SIGTERM or Ctrl+C.

    If other machines can reach it, a warning is logged.

    Args:
        port: The port to listen on. 0 picks a free one.
        host: The address to listen on.
        data: SQLite file that keeps the data. None keeps it in memory.
        control: Whether to turn on the control interface under ``/sandbox``.
        allowed_hosts: Host names to accept besides ``host`` and those of loopback, each ``NAME`` or ``NAME:PORT``.

    Raises:
        OSError: The port is in use.
        ValueError: ``data`` is not a sandbox database, this machine does not know a time zone in it, or one of
            ``allowed_hosts`` is not a host name.

    Example::

        serve(8001, data="podio.sqlite")
    """
    run_until_stopped(Sandbox(port=port, host=host, data=data, control=control, allowed_hosts=allowed_hosts))


def run_until_stopped(running: AbstractContextManager[Sandbox]) -> None:
    """Print the address of a sandbox, and wait for SIGTERM or Ctrl+C.

    Args:
        running: The sandbox, or another context manager that starts and stops one.

    Raises:
        OSError: The address cannot be printed.

    Example::

        run_until_stopped(Sandbox(8001))
    """
    with stop_signal() as wait_for_it, running as sandbox:
        print(f"Podio sandbox on {sandbox.url} (stop with Ctrl+C)", flush=True)
        wait_for_it()
