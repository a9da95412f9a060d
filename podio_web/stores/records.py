"""What the session stores outside a page have in common: the key of a record, its text, and what a lock may be.

A record belongs to one API, one client id, one user of the application and one kind of sign-in. Nobody sees another's.
"""

from __future__ import annotations

import json
from copy import copy
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from podio_web.oauth.token import Token

LIFETIME = 28 * 86_400
"""Seconds that a server's store keeps a session that nothing is written to: as long as Podio's refresh token lives.

https://developers.podio.com/authentication
"""

LONGEST_LOCK = 3_600.0
"""Seconds that a lock may be held; a deadline further ahead was written by a clock that has been set back since."""


class KeyedStore:
    """A store for the sessions of everybody; ``for_client`` and ``for_user`` narrow it.

    >>> mine = store.for_client("https://api.podio.com", "my-app").for_user("alice")
    """

    blocks = True
    """Whether operations are done when they return; else they return awaitables."""

    tells_no_secrets = True
    """Whether the texts of what operations raise may be shown and logged."""

    _scope = ("", "", "")

    def for_client(self, api_origin: str, client_id: str) -> Self:
        """Return the same store for the sessions of one client id at one API, as ``Podio`` asks for it.

        >>> store.for_client("https://api.podio.com", "my-app").get("app")
        """
        _, _, user = self._scope
        return self._scoped(api_origin, client_id, user)

    def for_user(self, user: str) -> Self:
        """Return the same store for one user of the application: any text that tells people apart.

        >>> podio = Podio("server", "my-app", secret, session_store=store.for_user(session_id))
        """
        api_origin, client_id, _ = self._scope
        return self._scoped(api_origin, client_id, user)

    def _scoped(self, api_origin: str, client_id: str, user: str) -> Self:
        if not all(isinstance(part, str) for part in (api_origin, client_id, user)):
            raise TypeError("sessions are told apart by texts: give for_client and for_user nothing but str")
        scope = (api_origin, client_id, user)
        if scope == self._scope:
            return self
        other = copy(self)
        other._scope = scope
        return other

    def _key(self, auth_type: str) -> str:
        # Quoted, so that no client id or user can spell out somebody else's key.
        return ":".join(quote(part, safe="", errors="surrogatepass") for part in (*self._scope, auth_type))


def read_token(record: Any) -> Token | None:
    """Return the token in a record, as JSON text or as what was read from it; None when it is none.

    >>> read_token('{"access_token": "a1b2c3", "expires_at": 1790000000, "scope": "global:all"}')
    <Token of an unknown user, expires_at=1790000000, scope='global:all'>
    """
    try:
        return Token.from_dict(json.loads(record) if isinstance(record, (str, bytes)) else record)
    except (ValueError, RecursionError):
        return None


def write_token(token: Token) -> str:
    """Return the token as JSON text; it holds the secret, keep it where it belongs.

    >>> read_token(write_token(token))
    <Token of user 1001, expires_at=1790000000, scope='global:all'>
    """
    return json.dumps(token.to_dict())


def is_either(record: Any, old: Token, new: Token) -> bool:
    """Tell whether a record is of the session ``old``, or of ``new`` already: a write may be told to have failed late.

    >>> is_either(text, old, new)
    True
    """
    kept = read_token(record)
    return kept is not None and kept.access_token in (old.access_token, new.access_token)


def check_lock(owner: str, seconds: float) -> None:
    """Raise ValueError unless ``owner`` is a text and ``seconds`` a time that a lock may be held.

    >>> check_lock("worker-1", 30)
    """
    if not isinstance(owner, str) or not owner:
        raise ValueError("a lock's owner must be a text that nobody else uses, such as secrets.token_hex(16)")
    if not 0 < seconds <= LONGEST_LOCK:
        raise ValueError(f"a lock is held for more than 0 and at most {LONGEST_LOCK:.0f} seconds")


def check_ttl(ttl: float | None) -> None:
    """Raise ValueError unless ``ttl`` is a number of seconds, or None for ever.

    >>> check_ttl(LIFETIME)
    """
    if ttl is not None and not ttl >= 1:
        raise ValueError("ttl must be at least 1 second, or None to keep sessions for ever")


def is_locked(owner: str | None, deadline: float, now: float) -> bool:
    """Tell whether a lock stands at ``now``; both times in seconds since 1970.

    >>> is_locked("worker-1", deadline=1790000000, now=1790000001)
    False
    """
    return bool(owner) and now < deadline <= now + LONGEST_LOCK


def file_path(path: str | Path) -> Path:
    """Return the absolute path of a store's file, ``~`` expanded and links followed.

    Raises FileNotFoundError when its directory is missing, IsADirectoryError when it is no place for a file.

    >>> file_path("~/.podio.json").name
    '.podio.json'
    """
    found = Path(path).expanduser().resolve()
    if not found.parent.is_dir():
        raise FileNotFoundError(
            f"There is no directory {found.parent} for the session store: create it (mkdir -p), or choose another path."
        )
    if found.exists() and not found.is_file():
        raise IsADirectoryError(f"{found} is not a file: give the session store the path of a file of its own.")
    return found
