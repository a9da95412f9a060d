"""Post a form to a server of this machine. The sandbox delivers webhooks with it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

import h11

from .refusals import Refusal
from .validation import invalid

SECONDS_TO_ANSWER = 10.0
"""How long a receiver may take, in seconds. Podio does not document its limit."""

USER_AGENT = "Podio Webhooks/1.0"
# How much of an answer is kept, in bytes.
_LONGEST_ANSWER = 1000
_CHUNK = 65_536
_FORM = "application/x-www-form-urlencoded"
_PORTS = {"http": 80, "https": 443}


class NotPosted(Exception):
    """The receiver gave no answer. The text says why."""


def check_url(url: str, *, any_port: bool = True) -> None:
    """Check the URL of a hook.

    Args:
        url: The URL.
        any_port: Whether other ports than 80 and 443 are allowed.

    Raises:
        Refusal: 400 if it is not a URL of http or https, or if its port is not allowed.
    """
    parts = _split(url)
    if not any_port and _port(parts) not in _PORTS.values():
        raise invalid(url, "must use port 80 or 443")


def moved_query(url: str) -> dict[str, str]:
    """Return the parameters in the query of a hook's URL, which are sent in the body instead.

    Examples:
        >>> moved_query("http://localhost:5000/podio?key=1")
        {'key': '1'}
    """
    return dict(parse_qsl(_split(url).query, keep_blank_values=True))


def loopback_only(url: str) -> Refusal:
    """Return a 400 for a URL of another machine."""
    text = f"The sandbox delivers to this machine only, not to {_split(url).hostname}. Use http://127.0.0.1:8000/podio."
    return Refusal(400, "invalid_value", text, detail="sandbox.loopback_only")


def is_reachable(url: str) -> bool:
    """Return whether the sandbox delivers to a URL: only by http, and to loopback addresses. No name is looked up."""
    parts = _split(url)
    return parts.scheme == "http" and _address(parts) is not None


async def post_form(url: str, form: Mapping[str, str], seconds: float = SECONDS_TO_ANSWER) -> tuple[int, str]:
    """Post a form, and return the status and the start of the answer. Redirects are not followed.

    Args:
        url: The URL. Its query is not sent.
        form: The values of the form.
        seconds: How long the receiver may take, in seconds.

    Raises:
        NotPosted: The URL is not on this machine, or there was no answer in time.
    """
    parts = _split(url)
    address = _address(parts)
    if address is None or parts.scheme != "http":
        raise NotPosted("not delivered: the sandbox delivers to http on loopback addresses only")
    body = urlencode(form).encode()
    headers = [
        ("Host", parts.netloc.rpartition("@")[2]),
        ("User-Agent", USER_AGENT),
        ("Accept", "*/*"),
        ("Content-Type", _FORM),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    try:
        request = h11.Request(method="POST", target=parts.path or "/", headers=headers)
        async with asyncio.timeout(seconds):
            status, answer = await _exchange(address, _port(parts), request, body)
    except TimeoutError:
        raise NotPosted(f"no answer within {seconds:g} seconds") from None
    except (OSError, h11.ProtocolError) as problem:
        raise NotPosted(f"no answer: {type(problem).__name__}") from None
    return status, answer.decode(errors="replace")


async def _exchange(address: str, port: int, request: h11.Request, body: bytes) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        connection = h11.Connection(h11.CLIENT)
        for part in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(connection.send(part) or b"")
        await writer.drain()
        status, answer = 0, b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(_CHUNK))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                answer = (answer + bytes(event.data))[:_LONGEST_ANSWER]
            elif isinstance(event, h11.EndOfMessage):
                return status, answer
    finally:
        writer.close()


def _split(url: str) -> SplitResult:
    """Return the parts of a URL. Raise Refusal if it is not one of http or https."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known or not url.isascii() or not url.isprintable() or " " in url:
        raise invalid(url, "must be a URL")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or _PORTS[parts.scheme]


def _address(parts: SplitResult) -> str | None:
    """Return what to connect to, or None if the URL's host is not this machine."""
    name = parts.hostname or ""
    if name == "localhost" or name.endswith(".localhost"):
        return "localhost"
    try:
        return name if ip_address(name).is_loopback else None
    except ValueError:
        return None
