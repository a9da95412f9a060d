"""Session stores: where a token is kept between two visits.

A store is any object with these methods, each ``def`` or ``async def``. ``auth_type`` is the client's, such as "app".

- ``get(auth_type)`` returns the token that was set last: a ``Token``, what ``Token.to_dict()`` made, or the JSON text
  of that. It returns None when nothing was set.
- ``set(token, auth_type)`` keeps a ``Token``; it is never given None.
- ``clear(auth_type)`` forgets the token. It is optional. Without it, log-out calls ``set`` with a placeholder: a
  ``Token`` without a secret and without a refresh token, which ends within a minute. ``get`` may return it: then nobody
  is signed in.

A store of your own, for a script:

>>> class JsonStore:
...     def get(self, auth_type):
...         path = Path(f"{auth_type}.json")
...         return path.read_text() if path.exists() else None
...
...     def set(self, token, auth_type):
...         Path(f"{auth_type}.json").write_text(json.dumps(token.to_dict()))

A store that several processes share should have three more methods. Each is optional.

- ``acquire(auth_type, owner, seconds)`` takes the session's lock. It returns True if ``owner``, a random text, holds
  the lock now, because it was free, past its deadline, or theirs already. Else it returns False.
- ``release(auth_type, owner)`` gives the lock back, if it is still theirs. A store has both of them or neither.
- ``replace(old, new, auth_type)`` keeps the ``Token`` ``new`` in one step, but only if what is kept has the
  ``access_token`` of ``old``, or that of ``new`` already. It returns True then. Else something else is kept, or nothing
  after a log-out: it changes nothing and returns False.

With a lock, an expired session is refreshed once for everybody. Taking it also shows that the store can be written,
before a refresh token is spent. Without a lock, each client refreshes by itself. If Podio gives a new refresh token at
each refresh, it may refuse the second client, and the person has to sign in again. Before a refresh, the session is
written once more, to see that the store can be written.

Without ``replace``, the store is read, and then written if it still holds the session. Two processes can overtake each
other in between: a refresh may undo a log-out, or write an older token over a newer one.

If one of these methods raises, memory takes the store's place in a page, and for auth_type "client" everywhere. The
other clients of servers and scripts raise StoreUnavailable.

``podio_web.stores.redis`` is a store with all of them.

``is_shared`` is False for a store that no other tab of a page sees; without it a store counts as shared.

``for_client(api_origin, client_id)``, where a store has it, returns the store for the sessions of one client id.
"""

import json

from podio_web.oauth.encoding import percent_encode, read_record
from podio_web.oauth.origin import API_URL
from podio_web.oauth.token import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any, Protocol

    Kept = Token | Mapping[str, Any] | str | bytes | None

    class Texts(Protocol):
        """Texts by key."""

        def get(self, key: str) -> str | None:
            """Return the text, or None."""

        def set(self, key: str, text: str) -> None:
            """Keep the text."""

        def remove(self, key: str) -> None:
            """Forget the text; an absent key is fine."""

    class TextStorage(Texts, Protocol):
        """Texts as the browser's ``Storage`` has them; any method may raise when storage is blocked or full."""

        def keys(self) -> list[str]:
            """Return every key."""

    class SessionStore(Protocol):
        """What ``Podio(session_store=…)`` wants; ``clear``, ``acquire``, ``release`` and ``replace`` are optional."""

        def get(self, auth_type: str) -> Kept | Awaitable[Kept]:
            """Return the token that was set last, or None."""

        def set(self, token: Token, auth_type: str) -> object:
            """Keep the token, which is never None; what is returned is awaited where it can be."""


KEY_PREFIX = "podio-web:session:"

PODIO_JS_KEY = "podioOAuth"
"""Where the localStorage example of podio-js keeps a session (https://podio.github.io/podio-js/sessions/)."""


class TextStore:
    """Keeps the session as JSON text under one key per API, client id and kind of sign-in.

    ``storage`` returns the browser's storage; it is called anew each time, since asking a browser for a blocked
    storage is what raises. Two client ids or two APIs on one origin never see each other's sessions.
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
        """Return the same store for the sessions of one client id at one API."""
        scope = f"{api_origin}:{percent_encode(client_id)}:"
        return TextStore(self._storage, self._now, scope, is_shared=self.is_shared, is_podio=api_origin == API_URL)

    def get(self, auth_type: str) -> "Token | None":
        """Return the token or None; a broken record is removed. Raises what a blocked storage raises."""
        storage = self._storage()
        key = self._key(auth_type)
        try:
            text = storage.get(key)
            return self._adopt_podio_js(storage, auth_type) if text is None else Token.from_dict(read_record(text))
        except (ValueError, MemoryError):  # MemoryError: more than MicroPython can take
            storage.remove(key)
            return None

    def set(self, token: Token, auth_type: str) -> None:
        """Keep the token. Raises what a blocked or full storage raises."""
        self._storage().set(self._key(auth_type), json.dumps(token.to_dict()))

    def clear(self, auth_type: str) -> None:
        """Forget the token, and no other key."""
        self._storage().remove(self._key(auth_type))

    def _key(self, auth_type: str) -> str:
        return f"{KEY_PREFIX}{self._scope}{auth_type}"

    def _adopt_podio_js(self, storage: "TextStorage", auth_type: str) -> "Token | None":
        """Move over, once, the session that a page on podio-js left behind.

        It is moved and not copied: a copy would outlive the person's log-out.
        """
        # That session does not say for which API it is, and hardly any page talks to another than Podio's.
        text = storage.get(PODIO_JS_KEY) if auth_type == "client" and self._is_podio else None
        if text is None:
            return None
        try:
            token = Token.from_podio_js(read_record(text), self._now())
        except ValueError:
            return None
        storage.set(self._key(auth_type), json.dumps(token.to_dict()))
        storage.remove(PODIO_JS_KEY)
        return token
