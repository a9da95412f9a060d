"""Find the caller of a request by its access token.

The token may be in ``Authorization: OAuth2 TOKEN`` (https://developers.podio.com/authentication), in
``Authorization: Bearer TOKEN``, or in the query parameter ``oauth_token`` of older clients.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from .database import Store, digest
from .refusals import Refusal, bad_authorization_header, forbidden, unauthorized
from .scopes import EVERYTHING


@dataclass(frozen=True)
class Identity:
    """The owner of a token: a user, or an app."""

    kind: str
    id: int
    client_id: str
    scope: str
    permit_id: int
    token_number: int
    # Whether the token is valid. Expired ones are kept only for the list of calls.
    valid: bool

    @property
    def user_id(self) -> int | None:
        """The user's ID, or None for an app."""
        return self.id if self.kind == "user" else None

    @property
    def author(self) -> str:
        """The author as the database stores it, such as ``user:1001``."""
        return f"{self.kind}:{self.id}"

    @property
    def account(self) -> tuple[str, int, str]:
        """The account whose rate limits apply."""
        return self.kind, self.id, self.client_id


def identify(store: Store, authorization: str | None, oauth_token: str | None, now: float) -> Identity | Refusal:
    """Return the caller, or the refusal to raise if the operation needs a caller.

    Args:
        store: Contains the tokens.
        authorization: The ``Authorization`` header, or None.
        oauth_token: The query parameter, or None.
        now: The current time in seconds since 1970.
    """
    if authorization is None:
        if oauth_token is None:
            return unauthorized("invalid_request")
        return _holder(store, oauth_token, now) or unauthorized("expired_token")
    scheme, _, credentials = authorization.strip().partition(" ")
    credentials = credentials.strip()
    if scheme.lower() in ("oauth2", "bearer") and credentials:
        return _holder(store, credentials, now) or unauthorized("expired_token")
    if scheme.lower() == "basic" and credentials:
        return _client(store, credentials)
    return bad_authorization_header()


def visitor(user_id: int) -> Identity:
    """Return the caller of a request that a session of the sign-in pages authorizes.

    Args:
        user_id: The user who has signed in.
    """
    return Identity("user", user_id, "", EVERYTHING, 0, 0, True)


def _holder(store: Store, token: str, now: float) -> Identity | None:
    row = store.one("SELECT * FROM access_token JOIN permit USING (permit_id) WHERE digest = ?", digest(token))
    if row is None:
        return None
    return Identity(
        kind=row["ref_type"],
        id=row["ref_id"],
        client_id=row["client_id"],
        scope=row["scope"],
        permit_id=row["permit_id"],
        token_number=row["number"],
        valid=now < row["expires_at"],
    )


def _client(store: Store, credentials: str) -> Refusal:
    try:
        client_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return bad_authorization_header()
    row = store.one("SELECT secret FROM client WHERE client_id = ?", client_id)
    if row is None or not hmac.compare_digest(row["secret"], digest(secret)):
        return unauthorized("invalid_request")
    # Only operations that are internal to Podio accept a client ID and secret. The others need a user or an app.
    return forbidden("This method is only available to API clients with a trust level of 4 or higher")
