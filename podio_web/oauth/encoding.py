"""Percent encoding, form encoding, and checks of the characters in a text.

MicroPython does not have ``urllib.parse``, and Pyodide imports it slowly. MicroPython is also slow in loops over
characters, so the checks avoid such loops.

https://url.spec.whatwg.org/#application/x-www-form-urlencoded
"""

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VISIBLE = DIGITS + LETTERS + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


MOST_BRACKETS = 1_000

# RFC 3986 section 2.3: these characters never need escaping in a URL.
_UNRESERVED = DIGITS + LETTERS + "-._~"
_HEX = "0123456789abcdefABCDEF"


def consists_of(text: str, characters: str) -> bool:
    """Return whether ``text`` has no other characters than ``characters``. True for an empty text.

    >>> consists_of("2026", DIGITS), consists_of("20.26", DIGITS)
    (True, False)
    """
    return not text.strip(characters)


def is_clean(text: str) -> bool:
    """Return whether ``text`` has no spaces and no control characters, which URL parsers drop or rewrite.

    https://url.spec.whatwg.org/#url-parsing

    >>> is_clean("/räume"), is_clean("/a\\tb")
    (True, False)
    """
    return consists_of(text, VISIBLE) or not any(character <= " " or character == "\x7f" for character in text)


def percent_encode(text: str, keep: str = "") -> str:
    """Percent-encode ``text`` as UTF-8. The ASCII characters in ``keep`` are not encoded.

    Raises ValueError if the text has a lone surrogate. UTF-8 cannot hold it, but MicroPython would write it.

    >>> percent_encode("a b/ä", keep="/")
    'a%20b/%C3%A4'
    """
    kept = _UNRESERVED + keep
    if consists_of(text, kept):
        # Not the text itself: a member of a text enumeration is formatted as its name.
        return text[:]
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("the text has half of a character (a surrogate), which a URL cannot contain")
    return "".join(chr(byte) if chr(byte) in kept else f"%{byte:02X}" for byte in text.encode())


def form_encode(pairs: "Iterable[tuple[str, str]]") -> str:
    """Return pairs as ``key=value&key=value``, for a query or a form body.

    >>> form_encode([("scope", "user:read app:all")])
    'scope=user%3Aread%20app%3Aall'
    """
    return "&".join(f"{percent_encode(key)}={percent_encode(value)}" for key, value in pairs)


def form_decode(text: str) -> "str | None":
    """Decode one key or value: ``+`` is a space, ``%XX`` is a byte of UTF-8.

    A ``%`` without two hexadecimal digits after it stays as it is, as in browsers. Returns None if the bytes are not
    UTF-8.

    >>> form_decode("global%3Aall+x")
    'global:all x'
    """
    first, *rest = text.replace("+", " ").split("%")
    try:
        raw = bytearray(first.encode())
        for piece in rest:
            if len(piece) >= 2 and piece[0] in _HEX and piece[1] in _HEX:
                raw.append(int(piece[:2], 16))
                raw.extend(piece[2:].encode())
            else:
                raw.extend(b"%")
                raw.extend(piece.encode())
        return bytes(raw).decode()
    except UnicodeError:
        return None


def parse_form(text: str) -> "dict[str, str | None]":
    """Parse ``key=value&…``. If a key is repeated, its last value counts, as at Podio.

    Pairs with a key that is not UTF-8 are left out. A value that is not UTF-8 is None.
    https://developers.podio.com/doc/oauth-authorization

    >>> parse_form("a=1&a=2&b")
    {'a': '2', 'b': ''}
    """
    found: dict[str, str | None] = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        key = form_decode(name)
        if key:
            found[key] = form_decode(value)
    return found


def read_record(text: "str | bytes") -> "Any":
    """Parse the JSON of a small record or message from an untrusted source.

    Raises ValueError if it is not JSON or too deep. JSON with a few thousand levels crashes Pyodide, and no ``except``
    catches that.

    >>> read_record('{"owner": "tab-1"}')
    {'owner': 'tab-1'}
    """
    text = text if isinstance(text, str) else text.decode()
    outside_strings = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    if outside_strings.count("[") + outside_strings.count("{") > MOST_BRACKETS:
        raise ValueError("this is too deep for a record")
    try:
        return json.loads(text)
    except RuntimeError:  # MicroPython raises it if the JSON is too deep
        raise ValueError("this is too deep for a record") from None
