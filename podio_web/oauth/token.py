"""The access token and what is known about it.

https://developers.podio.com/authentication/client_side
"""

from podio_web.oauth.encoding import DIGITS, VISIBLE, consists_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

BEARER = "bearer"
"""The only type of token that there is a use for (https://www.rfc-editor.org/rfc/rfc6750)."""

DEFAULT_LIFETIME = 28_800
"""Seconds that Podio's access tokens live when the answer does not say."""

LONGEST_LIFETIME = 366 * 86_400
LONGEST_TOKEN = 4_096
_FAR_FUTURE = 1e11


class Token:
    """An access token with the moment it ends and whom it speaks for.

    ``expires_at`` is in seconds since 1970 (UTC), ``scope`` the granted scope, ``ref`` whom the token belongs to:
    ``{"type": "user", "id": 1001}`` or None when Podio did not say. ``refresh_token`` renews the session without the
    person; it is None in the client-side flow, always. ``version`` grows with each token of a session: of two records
    the greater one is the newer, however long each may live; 0 when it is not known. Neither ``repr`` nor ``str`` shows
    a token.

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
            raise ValueError("the access token is empty, too long, or has characters that no token has")
        if refresh_token is not None and not is_legal_token(refresh_token):
            raise ValueError("the refresh token is empty, too long, or has characters that no token has")
        if token_type.lower() != BEARER:
            raise ValueError("the token is no bearer token, and there is no use for any other")
        self.access_token: str = access_token
        self.expires_at: float = expires_at
        self.scope: str = scope
        self.ref: dict[str, Any] | None = ref
        self.token_type: str = BEARER
        self.refresh_token: str | None = refresh_token
        self.version: int = version

    def __repr__(self) -> str:
        owner = f"{self.ref['type']} {self.ref['id']}" if self.ref else "an unknown user"
        return f"<Token of {owner}, expires_at={int(self.expires_at)}, scope={self.scope!r}>"

    def is_expired(self, now: float) -> bool:
        """Tell whether the token has ended at ``now`` (seconds since 1970)."""
        return now >= self.expires_at

    def is_newer(self, other: "Token") -> bool:
        """Tell whether this token came after ``other``; stores that do not keep versions leave only the ends."""
        if self.version and other.version:
            return self.version > other.version
        return self.expires_at > other.expires_at

    def to_dict(self) -> "dict[str, Any]":
        """Return a JSON-ready record for a session store; it holds the secret, keep it where it belongs."""
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
        """Return this token without a refresh token, for where none may be kept."""
        if self.refresh_token is None:
            return self
        record = self.to_dict()
        del record["refresh_token"]
        return Token.from_dict(record)

    @staticmethod
    def from_dict(record: "Mapping[str, Any]") -> "Token":
        """Read what ``to_dict`` made; raises ValueError when the record is not such a record.

        >>> Token.from_dict({"access_token": "a1b2c3", "expires_at": 1790000000, "scope": "global:all"})
        <Token of an unknown user, expires_at=1790000000, scope='global:all'>
        """
        access_token = _field(record, "access_token")
        expires_at = _field(record, "expires_at")
        if not isinstance(expires_at, (int, float)) or isinstance(expires_at, bool):
            raise ValueError("the session record has no expires_at in seconds")
        if not 0 < expires_at < _FAR_FUTURE:
            raise ValueError("the session record's expires_at is not within reason")
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
        """Read a token response as Podio sends it, received at ``now`` (seconds since 1970).

        A refresh token in it is left where it is unless ``keep_refresh``: in a page nothing could use it, and anybody
        could steal it. Raises ValueError when there is no usable token in the response.

        >>> Token.from_response({"access_token": "a1b2c3", "expires_in": 28800}, now=1789971200)
        <Token of an unknown user, expires_at=1790000000, scope=''>
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
        """Read the session that podio-js's example keeps in ``localStorage``, first seen at ``now``.

        When that token was received is not recorded; should it have ended earlier, Podio's 401 says so.
        Raises ValueError when the record is not such a session.

        >>> Token.from_podio_js({"accessToken": "a1b2c3", "expiresIn": "28800"}, now=1789971200)
        <Token of an unknown user, expires_at=1790000000, scope=''>
        """
        return Token(
            _field(record, "accessToken"),
            expires_at=now + read_lifetime(_field(record, "expiresIn")),
            scope=_text(_field(record, "scope")),
            ref=read_ref(_field(record, "ref")),
        )


def is_legal_token(value: object) -> bool:
    """Tell whether ``value`` can be a bearer token: visible ASCII (RFC 6750 section 2.1) without ``#``."""
    return (
        isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and consists_of(value, VISIBLE) and "#" not in value
    )


def read_lifetime(value: object) -> int:
    """Return ``expires_in`` as seconds: an integer or its decimal text, 28 800 when it is missing.

    Raises ValueError for anything else: zero, negative, fractional, or longer than a year.
    """
    if value is None:
        return DEFAULT_LIFETIME
    seconds = read_integer(value)
    if seconds is None or not 0 < seconds <= LONGEST_LIFETIME:
        raise ValueError("expires_in is not a positive number of seconds within reason")
    return seconds


def read_integer(value: object) -> "int | None":
    """Return a non-negative integer of up to 15 digits from itself or its decimal text, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 10**15 else None
    if isinstance(value, str) and 0 < len(value) <= 15 and consists_of(value, DIGITS):
        return int(value)
    return None


def read_ref(value: object) -> "dict[str, Any] | None":
    """Return ``{"type": …, "id": …}`` when ``value`` says clearly whom a token belongs to, else None."""
    if not isinstance(value, dict):
        return None
    kind, number = value.get("type", "user"), read_integer(value.get("id"))
    if number is None or not isinstance(kind, str) or not 0 < len(kind) <= 20:
        return None
    return {"type": kind, "id": number}


def _field(record: "Mapping[str, Any]", name: str) -> "Any":
    if not isinstance(record, dict):
        raise ValueError("a session record must be an object")
    return record.get(name)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
