"""Which ``Host`` a local server answers to: only names that it was started for.

A page of another site can point its own host name at this machine (DNS rebinding). The browser then takes the local
server for a part of that site and lets its scripts read everything. The ``Host`` header still holds the site's name.
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
# RFC 3986, section 3.2.2, without what no browser sends: percent-encoding, sub-delimiters and future IP versions.
_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9_.-]{1,255}))(?::([0-9]{0,5}))?")


class Hosts:
    """The names that a server answers to.

    Args:
        listener: The listening socket. Its port is part of each name.
        host: The host that the server was started for.
        allowed: Further names, such as that of a proxy; ``NAME`` for every port, or ``NAME:PORT``.

    Raises:
        ValueError: One of ``allowed`` is not a host name.

    Example:
        >>> Hosts(listener, "127.0.0.1", ["podio.test"]).problem(["podio.test:8001"]) is None
        True
    """

    def __init__(self, listener: socket.socket, host: str, allowed: Iterable[str] = ()) -> None:
        address, self._port = listener.getsockname()[:2]
        self._names = {_same(name) for name in (*LOOPBACK, host, address)}
        # Nobody can point an address at another machine, so every address of this one will do.
        self._any_address = is_every_address(address)
        self._further: set[tuple[str, int | None]] = set()
        for name in allowed:
            parsed = parse_host(name)
            if parsed is None:
                raise ValueError(f"{name!r} is not a host: give a name such as podio.test or podio.test:8001")
            self._further.add(parsed)
        shown = "localhost" if self._any_address or ":" in host else host
        self._url = f"http://{shown}:{self._port}"

    def problem(self, values: list[str]) -> tuple[int, str] | None:
        """Return why a request is refused, as a status and a text; None if it is not.

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
    """Return the name of a host in its one spelling, and its port if it has one; None if the text is not a host.

    Example:
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
    """Return whether a server that listens on ``address`` listens on all addresses of the machine."""
    return _is_address(address) and ip_address(address).is_unspecified


def reaches_network(listener: socket.socket) -> bool:
    """Return whether other machines can reach a listening socket."""
    return not ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _same(name: str) -> str:
    """Return the one spelling of a name: lower case, addresses in their short form."""
    if not _is_address(name):
        return name.lower().removesuffix(".")
    address = ip_address(name)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


class KnownHosts:
    """An ASGI application in front of another one that refuses requests for foreign hosts.

    ``X-Forwarded-Host`` and its like count for nothing: a page can send them.

    Args:
        app: Answers all other requests.
        hosts: The names that the server answers to.
        refuse: Makes the answer from the request's scope, a status and a text.

    Example:
        >>> KnownHosts(app, Hosts(listener, "127.0.0.1"), lambda scope, status, text: PlainTextResponse(text, status))
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, refuse: Callable[[Scope, int, str], Response]) -> None:
        self._app = app
        self._hosts = hosts
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
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
