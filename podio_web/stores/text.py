"""The session store protocol, and a session store that keeps texts by key.

A session store keeps a token between two visits. It is any object with the following methods. Each method may be
``def`` or ``async def``. ``auth_type`` is the client's auth type, such as ``"app"``.

- ``get(auth_type)`` returns the token that was set last. It may return a ``Token``, the result of ``Token.to_dict()``,
  or that result as JSON text. If nothing was set, it returns None.
- ``set(token, auth_type)`` stores a ``Token``. It is never called with None.
- ``clear(auth_type)`` removes the token. This method is optional. Without it, ``logout()`` calls ``set`` with a
  placeholder: a ``Token`` without secrets that expires within a minute. ``get`` may return the placeholder, and the
  client then counts as signed out.

A store that several processes share should have three more methods. Each of them is optional.

- ``acquire(auth_type, owner, seconds)`` takes the session's lock. ``owner`` is a random text. It returns True if
  ``owner`` now holds the lock, because the lock was free, had ended, or was held by ``owner`` already. Otherwise it
  returns False.
- ``release(auth_type, owner)`` releases the lock if ``owner`` still holds it. A store has both ``acquire`` and
  ``release``, or neither.
- ``replace(old, new, auth_type)`` stores the ``Token`` ``new`` in one step, but only if the stored token has the
  ``access_token`` of ``old`` or of ``new``. Then it returns True. Otherwise, for example after a sign-out, it changes
  nothing and returns False.

With a lock, only one client refreshes an expired session, and the others use the new token. Taking the lock also shows
that the store can be written before a refresh token is used. Without a lock, each client refreshes by itself. If Podio
issues a new refresh token each time, it may refuse the second client, and the user has to sign in again. Without a
lock, the session is also written once more before a refresh, to check that the store can be written.

Without ``replace``, the client reads the store, and writes it if the session is still the same. Another process may
write in between. Then a refresh may undo a sign-out, or replace a newer token with an older one.

If a method raises an exception, a client in a page, or with auth_type ``"client"``, continues with a session in memory.
Clients with other auth types on servers and in scripts raise StoreUnavailable.

If ``is_shared`` is False, other tabs of a page do not see the store's session. Without this attribute, a store counts
as shared. If a store has ``for_client(api_origin, client_id)``, the client calls it and uses the store that it returns,
which holds the sessions of one client ID.

``podio_web.stores.redis`` is a store with all methods.

Examples:
    >>> class JsonStore:
    ...     def get(self, auth_type):
    ...         path = Path(f"{auth_type}.json")
    ...         return path.read_text() if path.exists() else None
    ...
    ...     def set(self, token, auth_type):
    ...         Path(f"{auth_type}.json").write_text(json.dumps(token.to_dict()))
"""

import json

from podio_web.oauth.encoding import percent_encode, read_record
from podio_web.oauth.origin import API_URL
from podio_web.oauth.token import Token
from podio_web.stores.podio_js_session import PODIO_JS_KEY, read_podio_js_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Texts(Protocol):
        """Texts by key."""

        def get(self, key: str) -> str | None:
            """Return the text of a key, or None."""

        def set(self, key: str, text: str) -> None:
            """Store a text."""

        def remove(self, key: str) -> None:
            """Remove a key, if it exists."""

    class TextStorage(Texts, Protocol):
        """Texts in a browser's ``Storage``. Each method may raise if the storage is blocked or full."""

        def keys(self) -> list[str]:
            """Return all keys."""


KEY_PREFIX = "podio-web:session:"


class TextStore:
    """A session store that keeps the session as JSON text, with one key per API, client ID and auth type.

    Args:
        storage: Returns the storage. It is called for each operation and may raise, because a browser raises when a
            blocked storage is accessed.
        now: Returns the time in seconds since 1970.
        scope: The part of the key that names API and client ID.
        is_shared: Whether other tabs see the session.
        is_podio: Whether the API is Podio's own. Only then a session of podio-js is taken over.
    """

    def __init__(
        self,
        storage: "Callable[[], TextStorage]",
        now: "Callable[[], float]",
        scope: str = "",
        *,
        is_shared: bool = True,
        is_podio: bool = False,
    ) -> None:
        self.is_shared = is_shared
        self._is_podio = is_podio
        self._storage = storage
        self._now = now
        self._scope = scope

    def for_client(self, api_origin: str, client_id: str) -> "TextStore":
        """Return this store for the sessions of one client ID at one API."""
        scope = f"{api_origin}:{percent_encode(client_id)}:"
        return TextStore(self._storage, self._now, scope, is_shared=self.is_shared, is_podio=api_origin == API_URL)

    def get(self, auth_type: str) -> "Token | None":
        """Return the token, or None. A broken record is removed. Raises the exception of a blocked storage."""
        storage = self._storage()
        key = self._key(auth_type)
        try:
            text = storage.get(key)
            return self._adopt_podio_js(storage, auth_type) if text is None else Token.from_dict(read_record(text))
        except (ValueError, MemoryError):  # MemoryError: too large for MicroPython
            storage.remove(key)
            return None

    def set(self, token: Token, auth_type: str) -> None:
        """Store a token. Raises the exception of a blocked or full storage."""
        self._storage().set(self._key(auth_type), json.dumps(token.to_dict()))

    def clear(self, auth_type: str) -> None:
        """Remove the token of one auth type."""
        self._storage().remove(self._key(auth_type))

    def _key(self, auth_type: str) -> str:
        return f"{KEY_PREFIX}{self._scope}{auth_type}"

    def _adopt_podio_js(self, storage: "TextStorage", auth_type: str) -> "Token | None":
        """Take over the session of a page that used podio-js, and remove it there.

        If it stayed there, it would still exist after a sign-out.
        """
        # The record does not name its API. Almost all pages use Podio's own.
        is_theirs = auth_type == "client" and self._is_podio
        token = read_podio_js_session(storage, self._now()) if is_theirs else None
        if token is not None:
            storage.set(self._key(auth_type), json.dumps(token.to_dict()))
            storage.remove(PODIO_JS_KEY)
        return token
