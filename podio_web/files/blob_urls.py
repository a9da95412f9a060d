"""The ``blob:`` URLs that a page has made. Each keeps a file in memory until it is revoked.

https://w3c.github.io/FileAPI/#creating-revoking
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MOST = 100
"""The ``blob:`` URLs that live at the same time. With one more, the oldest is revoked."""


class BlobURLs:
    """Makes ``blob:`` URLs, and revokes each of them.

    - ``make``: returns a URL for a JavaScript Blob.
    - ``revoke``: revokes a URL.

    Example::

        urls = BlobURLs(object_url, revoke_url)
        url = urls.make(js_blob)
        urls.revoke(url)
    """

    def __init__(self, make: "Callable[[Any], str]", revoke: "Callable[[str], object]", most: int = MOST) -> None:
        self._make = make
        self._revoke = revoke
        self._most = most
        self._alive: list[str] = []

    def __len__(self) -> int:
        return len(self._alive)

    def make(self, js_blob: "Any") -> str:
        """Return a new URL for a Blob."""
        while len(self._alive) >= self._most:
            self.revoke(self._alive[0])
        url = self._make(js_blob)
        self._alive.append(url)
        return url

    def revoke(self, url: str) -> None:
        """Revoke a URL, if that has not been done."""
        if url in self._alive:
            self._alive.remove(url)
            self._revoke(url)

    def revoke_all(self) -> None:
        """Revoke every URL."""
        for url in list(self._alive):
            self.revoke(url)
