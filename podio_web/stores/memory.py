"""Sessions and texts in memory, where no storage exists or the storage fails."""

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.token import Token


class MemoryStore:
    """A session store in memory, the default outside a page.

    The session is lost when the user leaves the page or the process ends. ``is_shared`` is False, because other tabs
    do not see the session.

    Examples:
        >>> podio = Podio("client", client_id="my-app", session_store=MemoryStore())
    """

    is_shared = False

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locks: dict[str, tuple[str, float, int]] = {}

    def get(self, auth_type: str) -> "Token | None":
        """Return the token that was set last, or None."""
        return self._tokens.get(auth_type)

    def set(self, token: "Token", auth_type: str) -> None:
        """Store a token."""
        self._tokens[auth_type] = token

    def clear(self, auth_type: str) -> None:
        """Remove the token of one auth type."""
        self._tokens.pop(auth_type, None)

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        """Take or extend the session's lock for ``seconds``. Return False if another owner holds it.

        It is for clients that share this store in one process.
        """
        # A forked process has a copy of the lock, but not the thread that would release it.
        process = _process()
        holder, deadline, holders_process = self._locks.get(auth_type, (owner, 0.0, process))
        if holder != owner and time.monotonic() < deadline and process == holders_process:
            return False
        self._locks[auth_type] = (owner, time.monotonic() + seconds, process)
        return True

    def release(self, auth_type: str, owner: str) -> None:
        """Release the session's lock if ``owner`` still holds it."""
        if self._locks.get(auth_type, ("", 0.0, 0))[0] == owner:
            del self._locks[auth_type]


class MemoryTexts:
    """Texts by key, in memory."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def get(self, key: str) -> "str | None":
        """Return the text of a key, or None."""
        return self._texts.get(key)

    def set(self, key: str, text: str) -> None:
        """Store a text."""
        self._texts[key] = text

    def remove(self, key: str) -> None:
        """Remove a key."""
        self._texts.pop(key, None)

    def keys(self) -> "list[str]":
        """Return all keys."""
        return list(self._texts)


def _process() -> int:
    """Return the process ID. MicroPython has none, so it is 0 there."""
    return os.getpid() if hasattr(os, "getpid") else 0
