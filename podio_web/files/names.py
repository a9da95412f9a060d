"""File names: what of them is sent."""

LONGEST = 255
"""The longest file name in characters."""

UNNAMED = "file"


def safe_name(name: str) -> str:
    """Return the last segment of a path without control characters, at most 255 characters; never empty.

    >>> safe_name("C:\\\\reports\\\\2026\\r\\n.pdf")
    '2026.pdf'
    """
    last = name.replace("\\", "/").split("/")[-1]
    kept = "".join([each for each in last if each >= " " and not "\x7f" <= each <= "\x9f"]).strip()
    return UNNAMED if kept in ("", ".", "..") else shortened(kept)


def shortened(name: str) -> str:
    """Return a name of at most 255 characters that keeps its extension.

    >>> len(shortened("a" * 300 + ".pdf"))
    255
    """
    if len(name) <= LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 20:
        return name[:LONGEST]
    return stem[: LONGEST - len(extension) - 1] + dot + extension
