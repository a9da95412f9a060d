"""File names: what of them is sent."""

LONGEST = 255
"""The longest file name in characters."""

UNNAMED = "file"

_REPLACEMENT = "\ufffd"

# They change the order or the lines of the text around a name, so that "gpj.exe" can look like "exe.jpg"
# (https://www.unicode.org/reports/tr9/).
_MISLEADING = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"


def safe_name(name: str) -> str:
    """Return the last segment of a path without control characters, at most 255 characters; never empty.

    Lone surrogates become U+FFFD: they cannot be sent.

    >>> safe_name("C:\\\\reports\\\\2026\\r\\n.pdf")
    '2026.pdf'
    """
    last = name.replace("\\", "/").split("/")[-1]
    kept = shortened("".join([_sendable(each) for each in last]).strip())
    return UNNAMED if kept in ("", ".", "..") else kept


def shortened(name: str) -> str:
    """Return a name of at most 255 characters that keeps its extension.

    >>> len(shortened("a" * 300 + ".pdf"))
    255
    """
    if len(name) <= LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 20:
        return name[:LONGEST].strip()
    return stem[: LONGEST - len(extension) - 1] + dot + extension


def _sendable(character: str) -> str:
    if character < " " or "\x7f" <= character <= "\x9f" or character in _MISLEADING:
        return ""
    return _REPLACEMENT if 0xD800 <= ord(character) <= 0xDFFF else character
