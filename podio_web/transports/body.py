"""Read the body of an HTTP response: decompress it, limit its size, and decode it as text.

https://www.rfc-editor.org/rfc/rfc9110#section-8.4
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from podio_web.http.retry_after import LONGEST_WAIT

ACCEPTED = "gzip, deflate"
"""The ``Accept-Encoding`` of CPython's transports: the encodings that Python's standard library can decode."""

LARGEST = 128 * 1024 * 1024
"""The largest size of a decompressed body, in bytes, if ``Body`` is given no other.

A few kilobytes can decompress to more than memory holds.
"""

# zlib takes the limit as a C integer.
_ANY_SIZE = 2**62

_GZIP, _ZLIB, _RAW = 31, 15, -15

# No server needs more than a few encodings on top of each other.
_MOST_ENCODINGS = 3


class UnreadableBody(Exception):
    """A body that arrived in full but cannot be used. Its text says why."""


class Body:
    """Collects a response body part by part, and decompresses it.

    Args:
        encodings: The value of the response's ``Content-Encoding`` header, or an empty string.
        largest: The largest size of the decompressed body, in bytes.

    Attributes:
        size: The size of the decompressed body so far, in bytes.

    Raises:
        UnreadableBody: An encoding is neither gzip nor deflate, or the body is larger than ``largest``.
        zlib.error: The compressed data is broken.
        EOFError: The compressed data ends too early.

    Examples:
        >>> body = Body("deflate")
        >>> body.add(zlib.compress(b"{}"))
        >>> body.text()
        '{}'
    """

    def __init__(self, encodings: str, *, largest: int = LARGEST) -> None:
        names = [name.strip().lower() for name in encodings.split(",")]
        names = [name for name in names if name not in ("", "identity")]
        refused = [name for name in names if name not in ("gzip", "x-gzip", "deflate")] or names[_MOST_ENCODINGS:]
        if refused:
            raise UnreadableBody(
                f"its Content-Encoding has {refused[0][:20]!r}, which was not requested. Check whether a proxy adds it"
            )
        self._decoders = [_Decoder(name != "deflate") for name in reversed(names)]
        self._parts: list[bytes] = []
        self._largest = largest
        self.size = 0

    @classmethod
    def of_file(cls, encodings: str) -> Body:
        """Return a body of any size, whose parts are not collected but taken from ``decode``."""
        return cls(encodings, largest=_ANY_SIZE)

    def add(self, part: bytes) -> None:
        """Add the next part."""
        self._parts.append(self.decode(part))

    def decode(self, part: bytes) -> bytes:
        """Return the decompressed content of the next part."""
        limit = self._largest - self.size + 1
        for decoder in self._decoders:
            part = decoder.decode(part, limit)
        self.size += len(part)
        if self.size > self._largest:
            raise UnreadableBody(f"it is larger than {self._largest // 1024**2} MiB. Request less data at a time")
        return part

    def finish(self) -> None:
        """Take note that the body has arrived. Raises EOFError if compressed data is missing."""
        if any(decoder.is_open for decoder in self._decoders):
            raise EOFError

    def text(self) -> str:
        """Return the whole body as text.

        The body is decoded as UTF-8, whatever ``charset`` the headers say, like ``fetch`` in a page. Bytes that are not
        UTF-8 become U+FFFD. A byte order mark is removed.
        """
        self.finish()
        return text_of(b"".join(self._parts))


def text_of(content: bytes) -> str:
    """Decode UTF-8, and remove a byte order mark.

    Args:
        content: The bytes.

    Returns:
        The text. Bytes that are not UTF-8 become U+FFFD.

    Examples:
        >>> text_of(b"\\xef\\xbb\\xbf{}")
        '{}'
    """
    return str(content, "utf-8-sig", "replace")


def headers_of(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return response headers with lower-case names, and ``Retry-After`` in seconds.

    A date in ``Retry-After`` becomes the seconds from the response's ``Date`` until then, or from now if there is no
    ``Date`` (RFC 9110 section 10.2.3). They are at most a day.

    Args:
        items: Names and values of the headers.

    Returns:
        The headers.

    Examples:
        >>> headers_of([("Date", "Fri, 15 Jan 2027 08:00:00 GMT"), ("Retry-After", "Fri, 15 Jan 2027 08:00:30 GMT")])
        {'date': 'Fri, 15 Jan 2027 08:00:00 GMT', 'retry-after': '30'}
    """
    headers = {name.lower(): text for name, text in items}
    # Most responses have no such header.
    if "retry-after" in headers:
        then, now = _moment(headers["retry-after"]), _moment(headers.get("date", ""))
        if then is not None:
            seconds = round(then - (time.time() if now is None else now))
            headers["retry-after"] = str(min(max(0, seconds), LONGEST_WAIT))
    return headers


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


class _Decoder:
    """Decompresses one encoding."""

    def __init__(self, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._held = b""
        self._stream: zlib._Decompress | None = None
        self._has_ended = False

    @property
    def is_open(self) -> bool:
        """Whether the end has not arrived yet."""
        return self._stream is not None or self._held != b""

    def decode(self, part: bytes, limit: int) -> bytes:
        """Return the decompressed content of ``part``, at most ``limit`` bytes."""
        data, decoded = self._held + part, []
        self._held = b""
        while data and limit:
            if self._stream is None:
                if self._has_ended and not (self._is_gzip and data[:1] == b"\x1f"):
                    # Some servers add zeros at the end. A second gzip member (RFC 1952 section 2.2) starts with 1f.
                    break
                if len(data) < 2:
                    self._held = data
                    break
                self._stream = zlib.decompressobj(_GZIP if self._is_gzip else _deflate_kind(data))
            decoded.append(self._stream.decompress(data, limit))
            limit -= len(decoded[-1])
            data = self._stream.unconsumed_tail
            if self._stream.eof:
                data, self._stream, self._has_ended = self._stream.unused_data, None, True
        return b"".join(decoded)


def _deflate_kind(data: bytes) -> int:
    """Tell zlib's format, which RFC 9110 calls deflate, from raw deflate, which some servers send."""
    is_zlib = data[0] & 15 == zlib.DEFLATED and (data[0] * 256 + data[1]) % 31 == 0
    return _ZLIB if is_zlib else _RAW
