"""The sign-ins that a browser has started, and the redirect response that belongs to each.

https://developers.podio.com/authentication/server_side documents ``code`` and ``error`` in the query.
https://www.rfc-editor.org/rfc/rfc6749#section-10.12 is about ``state``.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from podio_web.errors import MalformedResponse, SignInError, StateMismatch, UnsolicitedResponse
from podio_web.oauth.redirect_response import Redirect, parse_redirect, refusal_in
from podio_web.oauth.token import is_legal_token
from podio_web.web.cookies import SignedCookie
from podio_web.web.messages import Request, set_cookies

MOST_PENDING = 5
"""How many sign-ins may be pending in one browser. Servers reject requests with too many cookies."""


@dataclass(frozen=True)
class RedirectResult:
    """The result of a redirect response.

    Attributes:
        outcome: The authorization code, or the error.
        return_to: The address to redirect the person to. None if the response belongs to no pending sign-in.
        headers: The headers that remove the pending sign-in.
    """

    outcome: str | SignInError = field(repr=False)
    return_to: str | None
    headers: list[tuple[str, str]] = field(repr=False)


class PendingSignIns:
    """Keeps each pending sign-in in a cookie of its own, so that a person can sign in in several tabs at once.

    Args:
        cookie: The kind of cookie.

    Examples:
        >>> pending = PendingSignIns(SignedCookie("podio_attempt_", secret_key, lifetime=600, secure=True))
        >>> headers = pending.begin(request, state, return_to="/items/4")
    """

    def __init__(self, cookie: SignedCookie) -> None:
        self._cookie = cookie

    def begin(self, request: Request, state: str, return_to: str) -> list[tuple[str, str]]:
        """Return the headers that start a sign-in with this ``state``."""
        cookie = self._cookie.set({"return_to": return_to, "at": time.time()}, _name_of(state))
        return set_cookies(*self._removed(request.cookies), cookie)

    def finish(self, request: Request) -> RedirectResult:
        """Read a redirect response, and end the sign-in that it belongs to, so that it cannot be used again."""
        redirect = parse_redirect("", request.query)
        name = _name_of(redirect.query.get("state") or "")
        pending = self._cookie.read(request.cookies, name)
        if pending is None:
            return RedirectResult(self._unexpected(redirect, request.cookies), None, [])
        outcome: str | SignInError = redirect.query.get("code") or ""
        refusal = refusal_in(redirect)
        if refusal is not None:
            outcome = refusal
        elif not is_legal_token(outcome):
            outcome = MalformedResponse("The redirect response has no usable code.")
        return RedirectResult(outcome, pending["return_to"], set_cookies(self._cookie.delete(name)))

    def _removed(self, cookies: Mapping[str, str]) -> list[str]:
        """Return ``Set-Cookie`` values that remove broken cookies, and all but the latest pending sign-ins."""
        begun = {name: self._cookie.read(cookies, name) for name in self._cookie.suffixes(cookies)}
        latest = sorted((name for name in begun if begun[name]), key=lambda name: begun[name]["at"], reverse=True)
        return [self._cookie.delete(name) for name in begun if name not in latest[: MOST_PENDING - 1]]

    def _unexpected(self, redirect: Redirect, cookies: Mapping[str, str]) -> SignInError:
        if redirect.too_long:
            return MalformedResponse("The redirect response is too long.")
        if any(self._cookie.read(cookies, name) for name in self._cookie.suffixes(cookies)):
            return StateMismatch("The redirect response belongs to another sign-in. It was refused.")
        return UnsolicitedResponse("This browser did not request the redirect response. It was ignored.")


def _name_of(state: str) -> str:
    """Return the suffix of a pending sign-in's cookie. The cookie does not contain the state itself."""
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()[:32]
