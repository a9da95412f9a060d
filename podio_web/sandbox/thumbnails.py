"""Thumbnails: pictures of the right size that differ from file to file. They do not show the file's content."""

from __future__ import annotations

import struct
import zlib

SIZES: dict[str, tuple[int, int]] = {
    "tiny": (16, 16),
    "small": (32, 32),
    "medium": (80, 80),
    "large": (160, 160),
    "extra_large": (520, 520),
    "badge": (220, 160),
    "preview": (450, 450),
}
"""Width and height in pixels (https://developers.podio.com/doc/files). Those of ``preview`` are made up."""

_STRIPES = 4


def is_picture(head: bytes) -> bool:
    """Return whether a content is a PNG, JPEG, GIF, WebP or BMP.

    Args:
        head: The first 16 bytes of the content.

    Examples:
        >>> is_picture(b"GIF89a"), is_picture(b"<svg xmlns=")
        (True, False)
    """
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    return head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM"))


def thumbnail(sha256: str, size: str) -> bytes:
    """Return a PNG (https://www.w3.org/TR/png/) with stripes in colors of a content's hash.

    Args:
        sha256: The hash of the content, as hexadecimal digits.
        size: A key of ``SIZES``.

    Examples:
        >>> thumbnail("ab" * 32, "tiny")[:4]
        b'\\x89PNG'
    """
    width, height = SIZES[size]
    colours = bytes.fromhex(sha256)
    rows = []
    for y in range(height):
        first = 3 * (y * _STRIPES // height)
        # The 0 says that the row is not filtered.
        rows.append(b"\0" + colours[first : first + 3] * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
