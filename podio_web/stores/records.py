"""What the session stores of servers and scripts share: the key of a record, its text, and the rules for locks.

A record belongs to one API, one client ID, one user of the application and one auth type.
"""

from __future__ import annotations

import json
from copy import copy
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from podio_web.oauth.token import Token

LIFETIME = 28 * 86_400
"""How long a server's store keeps a session after the last write, in seconds: 28 days, like Podio's refresh token.

https://developers.podio.com/authentication
"""

LONGEST_LOCK = 3_600.0
"""How long a lock may be held, in seconds. A later deadline is ignored: the clock was set back since it was written."""


class KeyedStore:
    """A session store for many users and clients.

    ``for_client`` and ``for_user`` return the store for the sessions of one client ID or one user.

    Examples:
        >>> mine = store.for_client("https://api.podio.com", "my-app").for_user("alice")
    """

    blocks = True
    """Whether operations block. If False, they return awaitables."""

    tells_no_secrets = True
    """Whether the messages of this store's exceptions are free of secrets, so that they can be logged."""

    _scope = ("", "", "")

    def for_client(self, api_origin: str, client_id: str) -> Self:
        """Return this store for the sessions of one client ID at one API. ``Podio`` calls this.

        Args:
            api_origin: The origin of the API, such as ``https://api.podio.com``.
            client_id: The client ID.

        Returns:
            The store.

        Raises:
            TypeError: An argument is not a str.

        Examples:
            >>> store.for_client("https://api.podio.com", "my-app").get("app")
        """
        _, _, user = self._scope
        return self._scoped(api_origin, client_id, user)

    def for_user(self, user: str) -> Self:
        """Return this store for the sessions of one user of the application.

        Args:
            user: A text that identifies the user, such as a session ID.

        Returns:
            The store.

        Raises:
            TypeError: ``user`` is not a str.

        Examples:
            >>> podio = Podio("server", "my-app", secret, session_store=store.for_user(session_id))
        """
        api_origin, client_id, _ = self._scope
        return self._scoped(api_origin, client_id, user)

    def _scoped(self, api_origin: str, client_id: str, user: str) -> Self:
        if not all(isinstance(part, str) for part in (api_origin, client_id, user)):
            raise TypeError("The arguments of for_client and for_user must be str. Convert other IDs with str().")
        scope = (api_origin, client_id, user)
        if scope == self._scope:
            return self
        other = copy(self)
        other._scope = scope
        return other

    def _key(self, auth_type: str) -> str:
        # Quoted, so that no client ID or user can produce another user's key.
        return ":".join(quote(part, safe="", errors="surrogatepass") for part in (*self._scope, auth_type))


def read_token(record: Any) -> Token | None:
    """Return the token in a record.

    Args:
        record: The record as JSON text or as the object that was read from it.

    Returns:
        The token, or None if the record is not a token.

    Examples:
        >>> read_token('{"access_token": "a1b2c3", "expires_at": 1790000000, "scope": "global:all"}')
        <Token of an unknown user, expires_at=1790000000, scope='global:all'>
    """
    try:
        return Token.from_dict(json.loads(record) if isinstance(record, (str, bytes)) else record)
    except (ValueError, RecursionError):
        return None


def write_token(token: Token) -> str:
    """Return a token as JSON text, which contains its secrets.

    Args:
        token: The token.

    Returns:
        The text for ``read_token``.

    Examples:
        >>> read_token(write_token(token))
        <Token of user 1001, expires_at=1790000000, scope='global:all'>
    """
    return json.dumps(token.to_dict())


def is_either(record: Any, old: Token, new: Token) -> bool:
    """Tell whether a record holds the token ``old`` or ``new``.

    It may hold ``new`` already, if an earlier write seemed to fail but did not.

    Args:
        record: The record as for ``read_token``.
        old: The token that is to be replaced.
        new: The token that replaces it.

    Returns:
        True if the record's access token is that of ``old`` or ``new``.

    Examples:
        >>> is_either(text, old, new)
        True
    """
    kept = read_token(record)
    return kept is not None and kept.access_token in (old.access_token, new.access_token)


def check_lock(owner: str, seconds: float) -> None:
    """Check the arguments of ``acquire``.

    Args:
        owner: The lock's owner.
        seconds: How long the lock is to be held, in seconds.

    Raises:
        ValueError: ``owner`` is not a str or is empty, or ``seconds`` is out of range.

    Examples:
        >>> check_lock("worker-1", 30)
    """
    if not isinstance(owner, str) or not owner:
        raise ValueError("owner must be a text that only this caller uses, such as secrets.token_hex(16)")
    if not 0 < seconds <= LONGEST_LOCK:
        raise ValueError(f"seconds must be more than 0 and at most {LONGEST_LOCK:.0f}")


def check_ttl(ttl: float | None) -> None:
    """Check the option ``ttl``.

    Args:
        ttl: How long a session is kept after the last write, in seconds. None means without limit.

    Raises:
        ValueError: ``ttl`` is less than 1.

    Examples:
        >>> check_ttl(LIFETIME)
    """
    if ttl is not None and not ttl >= 1:
        raise ValueError("ttl must be at least 1 second, or None to keep sessions without limit")


def check_timeout(timeout: float) -> None:
    """Check the option ``timeout``.

    Args:
        timeout: How long to wait for others, in seconds.

    Raises:
        ValueError: ``timeout`` is negative or not a number.

    Example:
        >>> check_timeout(10)
    """
    if not timeout >= 0:
        raise ValueError("timeout must be a number of seconds, or 0 to not wait for others")


def is_locked(owner: str | None, deadline: float, now: float) -> bool:
    """Tell whether a lock is held.

    Args:
        owner: The lock's owner, or None.
        deadline: When the lock ends, in seconds since 1970.
        now: The current time, in seconds since 1970.

    Returns:
        True if the lock has an owner and has not ended.

    Examples:
        >>> is_locked("worker-1", deadline=1790000000, now=1790000001)
        False
    """
    return bool(owner) and now < deadline <= now + LONGEST_LOCK


def file_path(path: str | Path) -> Path:
    """Return the absolute path of the file of a store or an inbox.

    Args:
        path: The path. ``~`` is expanded, and links are followed.

    Returns:
        The absolute path.

    Raises:
        FileNotFoundError: The directory does not exist.
        IsADirectoryError: The path exists but is not a file.

    Examples:
        >>> file_path("~/.podio.json").name
        '.podio.json'
    """
    found = Path(path).expanduser().resolve()
    if not found.parent.is_dir():
        raise FileNotFoundError(
            f"The directory {found.parent} does not exist. Create it (mkdir -p), or choose another path."
        )
    if found.exists() and not found.is_file():
        raise IsADirectoryError(f"{found} is not a file. Pass the path of a file that nothing else uses.")
    return found
