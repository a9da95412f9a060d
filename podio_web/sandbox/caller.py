"""Who calls: reading a token from the request and finding its grant.

``Authorization: OAuth2 TOKEN`` (https://developers.podio.com/authentication), ``Bearer``, and the
``oauth_token`` query parameter of older clients all work.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

from .database import Store, digest
from .refusals import Refusal, bad_authorization_header, forbidden, unauthorized


@dataclass(frozen=True)
class Identity:
    """The holder of a token: a person, or an app acting for itself."""

    kind: str
    id: int
    client_id: str
    scope: str
    permit_id: int
    token_number: int
    # Whether the token is still good; a dead one is remembered for the list of calls only.
    valid: bool

    @property
    def user_id(self) -> int | None:
        """The person's id, None for an app."""
        return self.id if self.kind == "user" else None

    @property
    def author(self) -> str:
        """How the database notes who did something."""
        return f"{self.kind}:{self.id}"

    @property
    def account(self) -> tuple[str, int, str]:
        """Whose rate counters apply."""
        return self.kind, self.id, self.client_id


def identify(store: Store, authorization: str | None, oauth_token: str | None, now: float) -> Identity | Refusal:
    """Return who calls, or the refusal to give if the operation needs to know.

    Args:
        store: Holds the tokens.
        authorization: The header's value, None without one.
        oauth_token: The query parameter, None without one.
        now: Seconds since 1970.
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
    # The operations that a key alone may call are internal to Podio; every other one asks for a person or app.
    return forbidden("This method is only available to API clients with a trust level of 4 or higher")
