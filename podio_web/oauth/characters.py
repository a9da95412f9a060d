"""What texts consist of, asked in one step each.

MicroPython takes longer for a loop over the characters of a token than for anything else before a page's first call.
"""

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VISIBLE = DIGITS + LETTERS + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


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
