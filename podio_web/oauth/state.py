"""An attempt to sign in: what was asked, when, and the ``state`` that ties the answer to it.

One record per attempt, removed before the answer is judged, so that no answer counts twice (RFC 6749 section 10.12).
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
"""Seconds after which an attempt is too old to be answered."""

KEY_PREFIX = "podio-web:attempt:"
"""Where records live in the tab's sessionStorage, followed by the state; ``callback.html`` knows it too."""


class AuthorizationRequest:
    """One attempt: its ``state``, whose it is, and where and when the answer may come.

    ``client`` is the ``ClientIdentity.key`` of the client that asked; ``redirect_uri`` is where the answer comes to;
    ``created_at`` is in seconds since 1970, None for an attempt that lives in a page's memory, which ends it in time;
    ``return_to`` is the local path to come back to after a redirect, None for a popup.
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
        """The storage key of this attempt's record."""
        return KEY_PREFIX + self.state

    def is_current(self, now: float) -> bool:
        """Tell whether the attempt may still be answered at ``now``; the clock may have been put back meanwhile."""
        return self.created_at is None or abs(now - self.created_at) <= REQUEST_LIFETIME

    def to_text(self) -> str:
        """Return the record's text; the state itself is in the key."""
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
        """Read a record; None when it is not one."""
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
    """Return the token that ``redirect`` brings in answer to ``request``, or raise why there is none.

    ``request`` is None when nobody asked, ``client`` the ``ClientIdentity.key`` of who judges. ``expected`` says that
    the answer came where only this attempt's answer comes, such as in the very window that it opened: then a refusal
    counts even when Podio left the ``state`` out of it, because it can only end the attempt. Raises
    UnsolicitedResponse, StateMismatch, AccessDenied, MalformedResponse, or SignInError for the other ways in which an
    authorization server says no (RFC 6749 section 4.2.2.1).
    """
    if request is None:
        raise UnsolicitedResponse(
            "A sign-in answer arrived that this page did not ask for. It was ignored; sign in from this page."
        )
    if redirect.too_long:
        raise MalformedResponse("The sign-in answer is too long to be one. Sign in again.")
    refusal = refusal_in(redirect)
    answers = redirect.state == request.state != ""
    if not (answers or (expected and refusal and not redirect.state)):
        raise StateMismatch("The sign-in answer belongs to another attempt and was refused. Sign in again.")
    if request.client != client:
        raise StateMismatch("The sign-in answer belongs to another client and was refused. Sign in again.")
    if not request.is_current(now):
        raise StateMismatch("The sign-in took longer than 15 minutes and was refused. Sign in again.")
    if refusal is not None:
        raise refusal
    return access_token_in(redirect, now)
