"""Access tokens, and reading them from responses and records.

https://developers.podio.com/authentication/client_side
"""

from podio_web.oauth.encoding import DIGITS, VISIBLE, consists_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

BEARER = "bearer"
"""The only supported type of token (https://www.rfc-editor.org/rfc/rfc6750)."""

DEFAULT_LIFETIME = 28_800
"""The lifetime of an access token, in seconds, if the response does not say it."""

LONGEST_LIFETIME = 366 * 86_400
LONGEST_TOKEN = 4_096
_FAR_FUTURE = 1e11


class Token:
    """An access token, its end and its user. ``repr`` and ``str`` do not show the token.

    - ``expires_at``: seconds since 1970 (UTC).
    - ``scope``: the granted scope.
    - ``ref``: the user, such as ``{"type": "user", "id": 1001}``; None if Podio did not say.
    - ``refresh_token``: renews the session without the user. Always None in the client-side flow.
    - ``version``: greater in a newer token of the same session; 0 if unknown.

    Raises ValueError if a token has characters that are not allowed, or is not a bearer token.

    >>> Token("a1b2c3", expires_at=1790000000, scope="global:all", ref={"type": "user", "id": 1001})
    <Token of user 1001, expires_at=1790000000, scope='global:all'>
    """

    __slots__ = ("access_token", "expires_at", "ref", "refresh_token", "scope", "token_type", "version")

    def __init__(
        self,
        access_token: str,
        *,
        expires_at: float,
        scope: str = "",
        ref: "dict[str, Any] | None" = None,
        token_type: str = BEARER,
        refresh_token: "str | None" = None,
        version: int = 0,
    ) -> None:
        if not is_legal_token(access_token):
            raise ValueError("the access token is empty, too long, or has invalid characters")
        if refresh_token is not None and not is_legal_token(refresh_token):
            raise ValueError("the refresh token is empty, too long, or has invalid characters")
        if token_type.lower() != BEARER:
            raise ValueError("the token is not a bearer token")
        # Not the text itself: a member of a text enumeration is formatted as its name.
        self.access_token: str = access_token[:]
        self.expires_at: float = expires_at
        self.scope: str = scope
        self.ref: dict[str, Any] | None = ref
        self.token_type: str = BEARER
        self.refresh_token: str | None = refresh_token
        self.version: int = version

    def __repr__(self) -> str:
        user = f"{self.ref['type']} {self.ref['id']}" if self.ref else "an unknown user"
        return f"<Token of {user}, expires_at={int(self.expires_at)}, scope={self.scope!r}>"

    def is_expired(self, now: float) -> bool:
        """Return whether the token has expired at ``now`` (seconds since 1970).

        >>> Token("a1b2c3", expires_at=1_790_000_000).is_expired(1_790_000_000)
        True
        """
        return now >= self.expires_at

    def is_newer(self, other: "Token") -> bool:
        """Return whether this token is newer than ``other``. Without versions, the later end decides.

        >>> Token("d4e5f6", expires_at=1_790_000_060).is_newer(Token("a1b2c3", expires_at=1_790_000_000))
        True
        """
        if self.version and other.version:
            return self.version > other.version
        return self.expires_at > other.expires_at

    def to_dict(self) -> "dict[str, Any]":
        """Return a record for a session store, ready for JSON. It holds secrets: do not log it.

        >>> sorted(Token("a1b2c3", expires_at=1_790_000_000).to_dict())
        ['access_token', 'expires_at', 'ref', 'scope', 'token_type']
        """
        record = {
            "access_token": self.access_token,
            "expires_at": self.expires_at,
            "scope": self.scope,
            "ref": self.ref,
            "token_type": self.token_type,
        }
        if self.version:
            record["version"] = self.version
        if self.refresh_token is not None:
            record["refresh_token"] = self.refresh_token
        return record

    def without_refresh(self) -> "Token":
        """Return this token without its refresh token.

        >>> Token("a1b2c3", expires_at=1_790_000_000, refresh_token="d4e5f6").without_refresh().refresh_token is None
        True
        """
        if self.refresh_token is None:
            return self
        record = self.to_dict()
        del record["refresh_token"]
        return Token.from_dict(record)

    @staticmethod
    def from_dict(record: "Mapping[str, Any]") -> "Token":
        """Return the token of a record that ``to_dict`` made. Raises ValueError if the record is invalid.

        >>> Token.from_dict({"access_token": "a1b2c3", "expires_at": 1790000000, "scope": "global:all"})
        <Token of an unknown user, expires_at=1790000000, scope='global:all'>
        """
        access_token = _field(record, "access_token")
        expires_at = _field(record, "expires_at")
        if not isinstance(expires_at, (int, float)) or isinstance(expires_at, bool):
            raise ValueError("the session record has no expires_at in seconds")
        if not 0 < expires_at < _FAR_FUTURE:
            raise ValueError("the session record has an expires_at out of range")
        return Token(
            access_token,
            expires_at=expires_at,
            scope=_text(_field(record, "scope")),
            ref=read_ref(_field(record, "ref")),
            token_type=_text(_field(record, "token_type")) or BEARER,
            refresh_token=_field(record, "refresh_token"),
            version=read_integer(_field(record, "version")) or 0,
        )

    @staticmethod
    def from_response(response: "Mapping[str, Any]", now: float, *, keep_refresh: bool = False) -> "Token":
        """Return the token of a token response that was received at ``now`` (seconds since 1970).

        The refresh token is dropped unless ``keep_refresh`` is true: a page cannot use it, and anyone could steal it.
        Raises ValueError if the response has no valid token.

        >>> Token.from_response({"access_token": "a1b2c3", "expires_in": 28800}, 1_790_000_000.0)
        <Token of an unknown user, expires_at=1790028800, scope=''>
        """
        return Token(
            _field(response, "access_token"),
            expires_at=now + read_lifetime(_field(response, "expires_in")),
            scope=_text(_field(response, "scope")),
            ref=read_ref(_field(response, "ref")),
            token_type=_text(_field(response, "token_type")) or BEARER,
            refresh_token=_field(response, "refresh_token") or None if keep_refresh else None,
        )

    @staticmethod
    def from_podio_js(record: "Mapping[str, Any]", now: float) -> "Token":
        """Return the token of a podio-js session in ``localStorage``, read at ``now`` (seconds since 1970).

        podio-js does not record when it received the token, so its lifetime starts at ``now``. If the token has
        expired earlier, Podio responds with 401. Raises ValueError if the record is invalid.

        >>> Token.from_podio_js({"accessToken": "a1b2c3", "expiresIn": "28800"}, 1_790_000_000.0)
        <Token of an unknown user, expires_at=1790028800, scope=''>
        """
        return Token(
            _field(record, "accessToken"),
            expires_at=now + read_lifetime(_field(record, "expiresIn")),
            scope=_text(_field(record, "scope")),
            ref=read_ref(_field(record, "ref")),
        )


def is_legal_token(value: object) -> bool:
    """Return whether ``value`` can be a bearer token: visible ASCII (RFC 6750 section 2.1) without ``#``.

    >>> is_legal_token("a1b2c3"), is_legal_token("a1 b2")
    (True, False)
    """
    return (
        isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and consists_of(value, VISIBLE) and "#" not in value
    )


def read_lifetime(value: object) -> int:
    """Return ``expires_in`` in seconds, from an integer or its decimal text; 28,800 if it is None.

    Raises ValueError if it is not a whole number from 1 second to 366 days.

    >>> read_lifetime("3600")
    3600
    """
    if value is None:
        return DEFAULT_LIFETIME
    seconds = read_integer(value)
    if seconds is None or not 0 < seconds <= LONGEST_LIFETIME:
        raise ValueError("expires_in must be a whole number of seconds, from 1 to 366 days")
    return seconds


def read_integer(value: object) -> "int | None":
    """Return a non-negative integer of up to 15 digits, from an integer or its decimal text, else None.

    >>> read_integer("1001"), read_integer("-1")
    (1001, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 10**15 else None
    if isinstance(value, str) and 0 < len(value) <= 15 and consists_of(value, DIGITS):
        return int(value)
    return None


def read_ref(value: object) -> "dict[str, Any] | None":
    """Return ``{"type": …, "id": …}`` if ``value`` clearly names a token's user, else None.

    >>> read_ref({"type": "user", "id": "1001"})
    {'type': 'user', 'id': 1001}
    """
    if not hasattr(value, "get"):
        return None
    kind, number = value.get("type", "user"), read_integer(value.get("id"))
    if number is None or not isinstance(kind, str) or not 0 < len(kind) <= 20:
        return None
    return {"type": kind, "id": number}


def _field(record: "Mapping[str, Any]", name: str) -> "Any":
    # Stores may have mappings of their own, such as the rows of a database.
    if not hasattr(record, "get"):
        raise ValueError("a session record must be an object")
    return record.get(name)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
