"""The sign-ins that a browser has begun, and which of them an answer from Podio belongs to.

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

MOST_ATTEMPTS = 5
"""Attempts that one browser may have waiting, in as many tabs; servers refuse requests with too many cookies."""


@dataclass(frozen=True)
class Arrival:
    """What came back from Podio: a code or an error, where to go on (None: nobody said), and headers that forget it."""

    outcome: str | SignInError = field(repr=False)
    return_to: str | None
    headers: list[tuple[str, str]] = field(repr=False)


class Attempts:
    """Keeps each attempt to sign in as a cookie of its own, so that several tabs may sign in at once.

    >>> attempts = Attempts(SignedCookie("podio_attempt_", secret_key, lifetime=600, secure=True))
    >>> headers = attempts.begin(request, state, return_to="/items/4")
    """

    def __init__(self, cookie: SignedCookie) -> None:
        self._cookie = cookie

    def begin(self, request: Request, state: str, return_to: str) -> list[tuple[str, str]]:
        """Return the headers that let the browser answer an attempt with this ``state``."""
        attempt = self._cookie.set({"return_to": return_to, "at": time.time()}, _name_of(state))
        return set_cookies(*self._too_many(request.cookies), attempt)

    def read_answer(self, request: Request) -> Arrival:
        """Find the attempt that the answer belongs to, and what it says. It is forgotten: none is answered twice."""
        redirect = parse_redirect("", request.query)
        name = _name_of(redirect.query.get("state") or "")
        attempt = self._cookie.read(request.cookies, name)
        if attempt is None:
            return Arrival(self._unasked(redirect, request.cookies), None, [])
        outcome: str | SignInError = redirect.query.get("code") or ""
        refusal = refusal_in(redirect)
        if refusal is not None:
            outcome = refusal
        elif not is_legal_token(outcome):
            outcome = MalformedResponse("The sign-in answer has no usable code.")
        return Arrival(outcome, attempt["return_to"], set_cookies(self._cookie.delete(name)))

    def _too_many(self, cookies: Mapping[str, str]) -> list[str]:
        """Return what makes the browser forget attempts that are broken, or older than the latest few."""
        begun = {name: self._cookie.read(cookies, name) for name in self._cookie.suffixes(cookies)}
        latest = sorted((name for name in begun if begun[name]), key=lambda name: begun[name]["at"], reverse=True)
        return [self._cookie.delete(name) for name in begun if name not in latest[: MOST_ATTEMPTS - 1]]

    def _unasked(self, redirect: Redirect, cookies: Mapping[str, str]) -> SignInError:
        if redirect.too_long:
            return MalformedResponse("The sign-in answer is too long to be one.")
        if any(self._cookie.read(cookies, name) for name in self._cookie.suffixes(cookies)):
            return StateMismatch("The sign-in answer belongs to another attempt and was refused.")
        return UnsolicitedResponse("A sign-in answer arrived that this browser did not ask for. It was ignored.")


def _name_of(state: str) -> str:
    """Return what an attempt is called: the state itself stays out of cookies."""
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()[:32]
