"""The body of an upload as ``multipart/form-data``, without I/O.

https://www.rfc-editor.org/rfc/rfc7578
https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
"""

from __future__ import annotations

import mimetypes
import secrets

_ESCAPES = (('"', "%22"), ("\r", "%0D"), ("\n", "%0A"))


class Multipart:
    """The parts ``filename``, a text, and ``source``, a file. Its content goes between ``head`` and ``tail``.

    Args:
        name: The file name.
        boundary: The text between the parts. It must not occur in the file. By default it is random.

    Attributes:
        content_type: The value of the ``Content-Type`` header.
        head: What is sent before the file.
        tail: What is sent after the file.

    Examples:
        >>> body = Multipart("data.csv", "a1b2c3")
        >>> body.content_type
        'multipart/form-data; boundary=a1b2c3'
        >>> body.length(8) == len(body.head) + 8 + len(body.tail)
        True
    """

    def __init__(self, name: str, boundary: str | None = None) -> None:
        # 128 random bits: nobody can put this text into a file beforehand.
        boundary = f"podio-web-{secrets.token_hex(16)}" if boundary is None else boundary
        self.content_type = f"multipart/form-data; boundary={boundary}"
        lines = (
            f"--{boundary}",
            'Content-Disposition: form-data; name="filename"',
            "",
            name,
            f"--{boundary}",
            f'Content-Disposition: form-data; name="source"; filename="{escaped(name)}"',
            f"Content-Type: {content_type_of(name)}",
            "",
            "",
        )
        self.head: bytes = "\r\n".join(lines).encode()
        self.tail: bytes = f"\r\n--{boundary}--\r\n".encode()

    def length(self, size: int) -> int:
        """Return the length of the whole body in bytes, for a file of ``size`` bytes."""
        return len(self.head) + size + len(self.tail)

    def headers(self, size: int | None) -> dict[str, str]:
        """Return the headers that describe the body. Without a size it is sent in chunks."""
        framing = {"Transfer-Encoding": "chunked"} if size is None else {"Content-Length": str(self.length(size))}
        return {"Content-Type": self.content_type, **framing}


def escaped(name: str) -> str:
    """Return a file name for a ``Content-Disposition`` header, escaped as browsers do it.

    Args:
        name: The file name.

    Returns:
        The name without double quotes and line ends.

    Examples:
        >>> escaped('the "last" report.pdf')
        'the %22last%22 report.pdf'
    """
    for character, escape in _ESCAPES:
        name = name.replace(character, escape)
    return name


def content_type_of(name: str) -> str:
    """Return the media type for the extension of a file name.

    Args:
        name: The file name.

    Returns:
        The media type. ``application/octet-stream`` if the extension is unknown or the file is compressed.

    Examples:
        >>> content_type_of("report.pdf")
        'application/pdf'
    """
    # A URL is not a file name, but guess_type() would parse one.
    kind, encoding = mimetypes.guess_type(name.replace(":", "_"), strict=True)
    return kind if kind is not None and encoding is None else "application/octet-stream"
