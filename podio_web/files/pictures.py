"""Pictures: which types a page may show, found in the first bytes of a file.

The person who uploaded a file chose its name and type. As a ``blob:`` URL, HTML or SVG would run scripts in the
page's own origin.

https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
"""

OCTETS = "application/octet-stream"
"""The type of every file that is not a picture. Browsers show nothing of this type."""

FIRST = 32
"""The bytes that ``picture_type`` looks at."""

# Pixels of the longer side (https://developers.podio.com/doc/files). Those of "preview" are not documented.
_SIDES = {"tiny": 16, "small": 32, "medium": 80, "large": 160, "badge": 220, "preview": 450, "extra_large": 520}

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_BRANDS = (b"avif", b"avis")


def picture_type(first: bytes) -> str:
    """Return the type of the picture that begins with these bytes, or ``OCTETS`` if it is none that a page may show.

    >>> picture_type(b"GIF89a\\x01\\x00")
    'image/gif'
    >>> picture_type(b"<svg onload=")
    'application/octet-stream'
    """
    for start, kind in _STARTS.items():
        if first.startswith(start):
            return kind
    if first[:4] == b"RIFF" and first[8:12] == b"WEBP":
        return "image/webp"
    if first[4:8] == b"ftyp" and _has_brand(first):
        return "image/avif"
    # Two letters could be a text. Four bytes that must be zero could not.
    if first[:2] == b"BM" and first[6:10] == b"\0\0\0\0":
        return "image/bmp"
    return OCTETS


def _has_brand(first: bytes) -> bool:
    """Return whether a file of ISO's container format says that it is an AVIF picture (ISO/IEC 14496-12, 4.3)."""
    end = min(int.from_bytes(first[:4], "big"), len(first))
    return any(first[at : at + 4] in _BRANDS for at in range(8, end, 4) if at != 12)


def smaller(width: int, height: int, size: str) -> "tuple[int, int] | None":
    """Return the width and height of a picture's thumbnail; None if the picture is not larger.

    >>> smaller(4000, 3000, "medium")
    (80, 60)
    """
    side, longest = max(width, height), _SIDES[size]
    if side <= longest:
        return None
    return max(1, width * longest // side), max(1, height * longest // side)
