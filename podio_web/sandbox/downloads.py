"""The response that sends a file from disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response

_CHUNK = 65_536


class Download(Response):
    """A response whose body is a file on disk. It is read in pieces.

    Args:
        path: The file.
        size: Its size in bytes.
        media_type: The value of ``Content-Type``.
        name: The name that a browser saves the file under.

    Examples:
        >>> path = Path("0a1b2c")
        >>> path.write_bytes(b"hello")
        5
        >>> Download(path, 5, "text/plain", "greeting.txt").headers["content-disposition"]
        'attachment; filename="greeting.txt"; filename*=UTF-8\\'\\'greeting.txt'
    """

    def __init__(self, path: Path, size: int, media_type: str, name: str) -> None:
        headers = {
            "content-type": media_type,
            "content-length": str(size),
            "content-disposition": disposition(name),
            "x-content-type-options": "nosniff",
        }
        super().__init__(headers=headers)
        self.path: Path = path
        self.size: int = size

    def chunks(self) -> Iterator[bytes]:
        """Iterate over the content."""
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


def disposition(name: str) -> str:
    """Return the ``Content-Disposition`` of a download (RFC 6266): an ASCII name, and the exact one in UTF-8.

    Examples:
        >>> disposition('a"b.txt')
        'attachment; filename="a_b.txt"; filename*=UTF-8\\'\\'a%22b.txt'
    """
    plain = "".join(each if " " <= each <= "~" and each not in '"\\%' else "_" for each in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
