"""Percent and form encoding, and which characters a text has.

``urllib.parse`` is not in MicroPython, and Pyodide is slow to import it. MicroPython is also slow in loops over
characters, so each question about them is asked in one step.

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

# RFC 3986 section 2.3: these never need escaping in a URL.
_UNRESERVED = DIGITS + LETTERS + "-._~"
_HEX = "0123456789abcdefABCDEF"


def consists_of(text: str, characters: str) -> bool:
    """Tell whether each character of ``text`` is among ``characters``; of an empty text each is.

    >>> consists_of("2026", DIGITS), consists_of("20.26", DIGITS)
    (True, False)
    """
    return not text.strip(characters)


def is_clean(text: str) -> bool:
    """Tell whether ``text`` is without spaces and control characters, which URL parsers drop or rewrite.

    https://url.spec.whatwg.org/#url-parsing

    >>> is_clean("/räume"), is_clean("/a\\tb")
    (True, False)
    """
    return consists_of(text, VISIBLE) or not any(character <= " " or character == "\x7f" for character in text)


def percent_encode(text: str, keep: str = "") -> str:
    """Percent-encode the UTF-8 of ``text``; characters in ``keep`` (ASCII) stay as they are.

    Raises ValueError for half of a character, a surrogate, which UTF-8 cannot hold; MicroPython would write it.

    >>> percent_encode("a b/ä", keep="/")
    'a%20b/%C3%A4'
    """
    kept = _UNRESERVED + keep
    if consists_of(text, kept):
        return text
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise ValueError("this text holds half of a character (a surrogate), which no address can hold")
    return "".join(chr(byte) if chr(byte) in kept else f"%{byte:02X}" for byte in text.encode())


def form_encode(pairs: "Iterable[tuple[str, str]]") -> str:
    """Join pairs to ``key=value&key=value``, for a query or a form body.

    >>> form_encode([("scope", "user:read app:all")])
    'scope=user%3Aread%20app%3Aall'
    """
    return "&".join(f"{percent_encode(key)}={percent_encode(value)}" for key, value in pairs)


def form_decode(text: str) -> "str | None":
    """Decode one key or value: ``+`` is a space, ``%XX`` a byte of UTF-8.

    A ``%`` that is not followed by two hexadecimal digits stays, as in browsers. Returns None when the bytes are not
    UTF-8: whoever asked decides whether that matters.

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
    """Read ``key=value&…``; of a repeated key the last one counts, as at Podio.

    Pairs whose key is not UTF-8 are left out; a value that is not UTF-8 is None.
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
    """Read the JSON of a small record or message that anybody may have written; raises ValueError for anything else.

    Some thousand levels deep, JSON ends Pyodide for good, in a way that no ``except`` sees.

    >>> read_record('{"owner": "tab-1"}')
    {'owner': 'tab-1'}
    """
    text = text if isinstance(text, str) else text.decode()
    outside_strings = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    if outside_strings.count("[") + outside_strings.count("{") > MOST_BRACKETS:
        raise ValueError("this is too deep for a record")
    try:
        return json.loads(text)
    except RuntimeError:  # MicroPython's way to say that it is too deep
        raise ValueError("this is too deep for a record") from None
