"""Refuse requests whose ``Host`` header is not a name of the server.

This protects against DNS rebinding. An attacker's site can point its own host name at this machine. The browser then
treats the local server as part of that site and lets its scripts read all responses. The ``Host`` header still
contains the site's name.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# RFC 3986, section 3.2.2, without percent-encoding, sub-delimiters and future IP versions. Browsers do not send them.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_.-]{1,255}))(?::([0-9]{0,5}))?")


class Hosts:
    """The host names that a server accepts.

    Args:
        listener: The listening socket. Its port is part of each name.
        host: The host name or address that the server was started with.
        allowed: Additional names, such as a proxy's: ``NAME`` for all ports, or ``NAME:PORT``.

    Raises:
        ValueError: One of ``allowed`` is not a host name.

    Examples:
        >>> listener = socket.create_server(("127.0.0.1", 0))
        >>> Hosts(listener, "127.0.0.1", ["podio.test"]).problem(["podio.test:8001"]) is None
        True
        >>> listener.close()
    """

    def __init__(self, listener: socket.socket, host: str, allowed: Iterable[str] = ()) -> None:
        address, self._port = listener.getsockname()[:2]
        # podio-js replaces the first label of the API's host by "push". No name below localhost can be an attacker's
        # (RFC 6761, section 6.3).
        self._names = {_same(name) for name in (*LOOPBACK, "push.localhost", host, address)}
        # DNS rebinding needs a name, so all addresses are safe.
        self._any_address = is_every_address(address)
        self._further: set[tuple[str, int | None]] = set()
        for name in allowed:
            parsed = parse_host(name)
            if parsed is None:
                raise ValueError(f"{name!r} is not a host. Use a name such as podio.test or podio.test:8001.")
            self._further.add(parsed)
        shown = "localhost" if self._any_address or ":" in host else host
        self._url = f"http://{shown}:{self._port}"

    def problem(self, values: list[str]) -> tuple[int, str] | None:
        """Return the status and text of a refused request, or None if the request is accepted.

        Args:
            values: The values of the request's ``Host`` headers.
        """
        if len(values) != 1:
            text = "The request has no Host header." if not values else "The request has more than one Host header."
            return 400, f"{text} Send one, such as {self._url[7:]}."
        parsed = parse_host(values[0])
        if parsed is None:
            return 400, f"The Host header is not a host. Send one such as {self._url[7:]}."
        if self._knows(*parsed):
            return None
        name, port = parsed
        shown = f"[{name}]" if ":" in name else name
        text = f"This server was not started for the host {shown}{'' if port is None else f':{port}'}."
        return 421, f"{text} Use {self._url}, or start it with --allowed-host {shown}."

    def _knows(self, name: str, port: int | None) -> bool:
        if (name, port) in self._further or (name, None) in self._further:
            return True
        if (80 if port is None else port) != self._port:
            return False
        return name in self._names or (self._any_address and _is_address(name))


def parse_host(text: str) -> tuple[str, int | None] | None:
    """Return the normalized name and the port of a host, or None if the text is not a host.

    The port is None if the text has no port.

    Examples:
        >>> parse_host("LOCALHOST.:8001")
        ('localhost', 8001)
    """
    match = _HOST.fullmatch(text)
    if match is None:
        return None
    name = match[1] or match[2].removesuffix(".")
    if not name or (match[1] and not (":" in name and _is_address(name))):
        return None
    port = int(match[3]) if match[3] else None
    return None if port is not None and port > 65535 else (_same(name), port)


def is_every_address(address: str) -> bool:
    """Return whether ``address`` means all addresses of the machine, such as ``0.0.0.0``."""
    return _is_address(address) and ip_address(address).is_unspecified


def reaches_network(listener: socket.socket) -> bool:
    """Return whether other machines can connect to a listening socket."""
    return not ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _same(name: str) -> str:
    """Normalize a name: lower case, and the short form of addresses."""
    if not _is_address(name):
        return name.lower().removesuffix(".")
    address = ip_address(name)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


class KnownHosts:
    """ASGI middleware that refuses requests for unknown hosts.

    ``X-Forwarded-Host`` and similar headers are ignored because pages can send them.

    Args:
        app: The application that handles accepted requests.
        hosts: The host names to accept.
        refuse: Returns the response to a refused request. Its arguments are the ASGI scope, a status and a text.

    Example::

        hosts = Hosts(listener, "127.0.0.1")
        app = KnownHosts(app, hosts, lambda scope, status, text: PlainTextResponse(text, status))
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, refuse: Callable[[Scope, int, str], Response]) -> None:
        self._app = app
        self._hosts = hosts
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        problem = None
        if scope["type"] in ("http", "websocket"):
            values = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"]
            problem = self._hosts.problem(values)
        if problem is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            await self._refuse(scope, *problem)(scope, receive, send)
