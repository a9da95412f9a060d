"""An authorization request, and the check of the ``state`` that ties a redirect response to it.

Each request has a record. It is removed before the response is validated, so that no response counts twice
(RFC 6749 section 10.12).
"""

import json

from podio_web.errors import MalformedResponse, StateMismatch, UnsolicitedResponse
from podio_web.oauth.encoding import read_record
from podio_web.oauth.redirect_response import access_token_in, refusal_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.oauth.redirect_response import Redirect
    from podio_web.oauth.token import Token

REQUEST_LIFETIME = 900
"""Seconds after which an authorization request has expired."""

KEY_PREFIX = "podio-web:attempt:"
"""The key of a record in the tab's sessionStorage is this prefix and the state. ``callback.html`` uses it too."""


class AuthorizationRequest:
    """An authorization request that waits for its redirect response.

    - ``state``: the random text that ties the response to it.
    - ``client``: the ``ClientIdentity.key`` of its client.
    - ``redirect_uri``: where the response arrives.
    - ``created_at``: seconds since 1970. None for a request in a page's memory, which has a timer.
    - ``return_to``: the local path to show after a redirect; None for a popup.

    >>> AuthorizationRequest("s1", client=identity.key, redirect_uri=identity.redirect_uri).key
    'podio-web:attempt:s1'
    """

    __slots__ = ("client", "created_at", "redirect_uri", "return_to", "state")

    def __init__(
        self,
        state: str,
        *,
        client: str,
        redirect_uri: str,
        created_at: "float | None" = None,
        return_to: "str | None" = None,
    ) -> None:
        self.state: str = state
        self.client: str = client
        self.redirect_uri: str = redirect_uri
        self.created_at: float | None = created_at
        self.return_to: str | None = return_to

    @property
    def key(self) -> str:
        """The storage key of the request's record."""
        return KEY_PREFIX + self.state

    def is_current(self, now: float) -> bool:
        """Return whether the request has not expired at ``now`` (seconds since 1970), even with a clock set back."""
        return self.created_at is None or abs(now - self.created_at) <= REQUEST_LIFETIME

    def to_text(self) -> str:
        """Return the record as text, without the state, which is in the key."""
        return json.dumps(
            {
                "client": self.client,
                "redirect_uri": self.redirect_uri,
                "created_at": self.created_at,
                "return_to": self.return_to,
            }
        )

    @staticmethod
    def from_text(state: str, text: str) -> "AuthorizationRequest | None":
        """Return the request of a record, or None if the text is not a valid record."""
        try:
            record = read_record(text)
        except ValueError:
            return None
        if not isinstance(record, dict):
            return None
        client, redirect_uri = record.get("client"), record.get("redirect_uri")
        created_at, return_to = record.get("created_at"), record.get("return_to")
        if not isinstance(client, str) or not isinstance(redirect_uri, str):
            return None
        if not isinstance(created_at, (int, float)) or not 0 < created_at < 1e11:
            return None
        if not isinstance(return_to, (str, type(None))):
            return None
        return AuthorizationRequest(
            state, client=client, redirect_uri=redirect_uri, created_at=created_at, return_to=return_to
        )


def validate_response(
    redirect: "Redirect", request: "AuthorizationRequest | None", *, client: str, now: float, expected: bool = False
) -> "Token":
    """Validate a redirect response and return its token.

    - ``request``: the authorization request with the response's state; None if there is none.
    - ``client``: the ``ClientIdentity.key`` of the client that validates.
    - ``now``: seconds since 1970.
    - ``expected``: whether the response came from the request's own window or page. Then an error counts even if Podio
      left out the ``state``, because an error can only end the request.

    Raises UnsolicitedResponse, StateMismatch, AccessDenied, MalformedResponse, or SignInError for any other error of
    the authorization server (RFC 6749 section 4.2.2.1).

    >>> validate_response(redirect, request, client=identity.key, now=1_800_000_000.0)
    <Token of user 1001, expires_at=1800028800, scope='global:all'>
    """
    if request is None:
        raise UnsolicitedResponse(
            "A redirect response arrived that this page did not request. It was ignored. Sign in from this page."
        )
    if redirect.too_long:
        raise MalformedResponse("The redirect response is too long. Sign in again.")
    refusal = refusal_in(redirect)
    matches = redirect.state == request.state != ""
    if not (matches or (expected and refusal and not redirect.state)):
        raise StateMismatch("The redirect response belongs to another sign-in and was refused. Sign in again.")
    if request.client != client:
        raise StateMismatch("The redirect response belongs to another client and was refused. Sign in again.")
    if not request.is_current(now):
        raise StateMismatch("The sign-in took longer than 15 minutes and was refused. Sign in again.")
    if refusal is not None:
        raise refusal
    return access_token_in(redirect, now)
