"""Sessions and texts in memory, for where there is no storage, and instead of one that fails."""

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.token import Token


class MemoryStore:
    """Keeps the session until the page is left or the process ends; the default outside a page.

    ``is_shared`` is False: no other tab sees it.

    >>> podio = Podio("client", client_id="my-app", session_store=MemoryStore())
    """

    is_shared = False

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, tuple[str, float, int]] = {}

    def get(self, auth_type: str) -> "Token | None":
        """Return the token, or None."""
        return self._tokens.get(auth_type)

    def set(self, token: "Token", auth_type: str) -> None:
        """Keep the token."""
        self._tokens[auth_type] = token

    def clear(self, auth_type: str) -> None:
        """Forget the token."""
        self._tokens.pop(auth_type, None)

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        """Take the lock, for clients that share this store, unless somebody else holds it."""
        # A forked process has a copy of the lock, and not the thread that would release it.
        process = _process()
        holder, deadline, holders_process = self._locks.get(auth_type, (owner, 0.0, process))
        if holder != owner and time.monotonic() < deadline and process == holders_process:
            return False
        self._locks[auth_type] = (owner, time.monotonic() + seconds, process)
        return True

    def release(self, auth_type: str, owner: str) -> None:
        """Let go of the lock, if it is still this owner's."""
        if self._locks.get(auth_type, ("", 0.0, 0))[0] == owner:
            del self._locks[auth_type]


class MemoryTexts:
    """Texts by key, in memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def get(self, key: str) -> "str | None":
        """Return the text, or None."""
        return self._texts.get(key)

    def set(self, key: str, text: str) -> None:
        """Keep the text."""
        self._texts[key] = text

    def remove(self, key: str) -> None:
        """Forget the text."""
        self._texts.pop(key, None)

    def keys(self) -> "list[str]":
        """Return every key."""
        return list(self._texts)


def _process() -> int:
    """Return the number of this process; MicroPython has none."""
    return os.getpid() if hasattr(os, "getpid") else 0
