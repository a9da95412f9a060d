"""The body of an answer as it comes over the wire: unpacked, within a size, and as text.

https://www.rfc-editor.org/rfc/rfc9110#section-8.4
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

ACCEPTED = "gzip, deflate"
"""What both of CPython's transports ask for; other packings need more than Python's own library."""

LARGEST = 128 * 1024 * 1024
"""Bytes that a body may have once it is unpacked: a few kilobytes can be packed so that they fill any memory."""

_GZIP, _ZLIB, _RAW = 31, 15, -15


class UnreadableBody(Exception):
    """A body that came whole and cannot be used; its text says why, for the caller."""


class Body:
    """Collects a body that is packed as its ``Content-Encoding`` says, part by part.

    Raises UnreadableBody for packings other than gzip and deflate, and for a body that is too large. Raises zlib.error
    or EOFError for one that is broken.

    >>> body = Body("gzip")
    >>> body.add(part)
    >>> text = body.text()
    """

    def __init__(self, encodings: str) -> None:
        names = [name.strip().lower() for name in encodings.split(",")]
        names = [name for name in names if name not in ("", "identity")]
        # More than a few over each other are nobody's honest packing.
        unknown = [name for name in names if name not in ("gzip", "x-gzip", "deflate")] or names[3:]
        if unknown:
            raise UnreadableBody(
                f"it is packed as {unknown[0][:20]!r}, which was not asked for. Look for a proxy that does it"
            )
        self._packings = [_Packing(name != "deflate") for name in reversed(names)]
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        """Take the next part."""
        room = LARGEST - self._size + 1
        for packing in self._packings:
            part = packing.unpack(part, room)
        self._parts.append(part)
        self._size += len(part)
        if self._size > LARGEST:
            raise UnreadableBody(f"it has more than {LARGEST // 1024**2} MiB. Ask for less at a time")

    def text(self) -> str:
        """Return the whole as text.

        It is read as UTF-8, whatever ``charset`` it claims, as ``fetch`` does in a page; what is not UTF-8 becomes
        U+FFFD. A byte order mark is dropped.
        """
        if any(packing.is_open for packing in self._packings):
            raise EOFError
        return text_of(b"".join(self._parts))


def text_of(content: bytes) -> str:
    """Return UTF-8 as text, without a byte order mark.

    >>> text_of(b"\\xef\\xbb\\xbf{}")
    '{}'
    """
    return str(content, "utf-8-sig", "replace")


def headers_of(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers with names in lower case. A date in ``Retry-After`` becomes the seconds until then.

    They are counted from the ``Date`` of the answer, or from now (RFC 9110 section 10.2.3).

    >>> headers_of([("Date", "Fri, 15 Jan 2027 08:00:00 GMT"), ("Retry-After", "Fri, 15 Jan 2027 08:00:30 GMT")])
    {'date': 'Fri, 15 Jan 2027 08:00:00 GMT', 'retry-after': '30'}
    """
    headers = {name.lower(): text for name, text in items}
    # Most answers have none.
    if "retry-after" in headers:
        then, now = _moment(headers["retry-after"]), _moment(headers.get("date", ""))
        if then is not None:
            headers["retry-after"] = str(max(0, round(then - (time.time() if now is None else now))))
    return headers


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


class _Packing:
    """One packing, being undone."""

    def __init__(self, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._held = b""
        self._stream: zlib._Decompress | None = None
        self._has_ended = False

    @property
    def is_open(self) -> bool:
        """Whether the end is still to come."""
        return self._stream is not None or self._held != b""

    def unpack(self, part: bytes, room: int) -> bytes:
        """Return what ``part`` contains, at most ``room`` bytes of it."""
        data, unpacked = self._held + part, []
        self._held = b""
        while data and room:
            if self._stream is None:
                if self._has_ended and not (self._is_gzip and data[:1] == b"\x1f"):
                    # Some servers fill up with zeros; a second member (RFC 1952 section 2.2) starts with 1f.
                    break
                if len(data) < 2:
                    self._held = data
                    break
                self._stream = zlib.decompressobj(_GZIP if self._is_gzip else _deflate_kind(data))
            unpacked.append(self._stream.decompress(data, room))
            room -= len(unpacked[-1])
            data = self._stream.unconsumed_tail
            if self._stream.eof:
                data, self._stream, self._has_ended = self._stream.unused_data, None, True
        return b"".join(unpacked)


def _deflate_kind(data: bytes) -> int:
    """Tell zlib's format, which RFC 9110 means by deflate, from the bare one, which some servers send."""
    is_zlib = data[0] & 15 == zlib.DEFLATED and (data[0] * 256 + data[1]) % 31 == 0
    return _ZLIB if is_zlib else _RAW
