"""Fetch a file for ``POST /file/from_url``, from this machine only."""

from __future__ import annotations

import http.client
import socket
import time
from ipaddress import ip_address
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .contents import Incoming
from .refusals import Refusal
from .validation import invalid

LARGEST = 100_000_000
"""The largest file in bytes if the setting ``largest_upload`` has no limit."""

_SECONDS_TO_ANSWER = 10
_SECONDS_TO_FINISH = 60
_CHUNK = 65_536


def fetch(url: str, incoming: Incoming, largest: int) -> tuple[str, str | None]:
    """Fetch a URL of this machine and return the name and the ``Content-Type`` of the file. This call blocks.

    Redirects are not followed, so a server of this machine cannot lead to another one.

    Args:
        url: The URL.
        incoming: Takes the content.
        largest: The largest content in bytes.

    Raises:
        Refusal: 400 if the URL is not on this machine, cannot be fetched or is too large.
    """
    address, host, target = _taken_apart(url)
    connection = http.client.HTTPConnection(*address, timeout=_SECONDS_TO_ANSWER)
    try:
        connection.request("GET", target, headers={"Host": host, "Accept-Encoding": "identity"})
        response = connection.getresponse()
        if response.status != 200:
            raise invalid(url, f"could not be fetched: the status is {response.status}")
        deadline = time.monotonic() + _SECONDS_TO_FINISH
        while chunk := response.read(_CHUNK):
            incoming.write(chunk)
            if incoming.size > largest:
                raise invalid(url, f"must not have more than {largest} bytes")
            if time.monotonic() > deadline:
                raise invalid(url, "could not be fetched in time")
        return _name(target), response.getheader("Content-Type")
    except (http.client.HTTPException, OSError):
        raise invalid(url, "could not be fetched") from None
    finally:
        connection.close()


def _taken_apart(url: str) -> tuple[tuple[str, int], str, str]:
    """Return the address, the ``Host`` and the target of a URL. The address is that of the check, not a name."""
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port or 80
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM) if name else []
    except (ValueError, OSError):
        raise invalid(url, "must be a URL") from None
    if parts.scheme != "http" or not found:
        raise invalid(url, "must be a URL")
    addresses = [str(each[4][0]) for each in found]
    if not all(ip_address(address.partition("%")[0]).is_loopback for address in addresses):
        text = "The sandbox fetches files from this machine only. Use a URL such as http://127.0.0.1:8000/report.pdf."
        raise Refusal(400, "invalid_value", text, detail="sandbox.loopback_only")
    # Prefer IPv4, which local servers listen on.
    address = min(addresses, key=lambda each: ":" in each)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return (address, port), parts.netloc.rpartition("@")[2], target


def _name(target: str) -> str:
    return PurePosixPath(unquote(target.partition("?")[0])).name or "file"
