"""The cookie that says which session a browser belongs to, and how long it lasts.

The session ends if nobody uses it for ``idle`` seconds, or ``longest`` seconds after the sign-in. Using it renews the
cookie, but not at every request: after a day, or a tenth of ``idle`` if that is less.
"""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from podio_web.errors import SignInError
from podio_web.web.cookies import SecretKey, SignedCookie
from podio_web.web.messages import set_cookies

MOST_OFTEN = 86_400
"""Seconds between two renewals of a cookie, at most."""

# What lets a cache that many people share keep an answer (https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2).
_SHARED = re.compile(r"\b(?:public|s-maxage|max-age=\"?0*[1-9])", re.IGNORECASE)
_PRIVATE = re.compile(r"\b(?:private|no-store)\b", re.IGNORECASE)


@dataclass(frozen=True)
class CookieSession:
    """What the cookie says: the session's id, when it began (seconds since 1970), and whether to renew the cookie."""

    session_id: str = field(repr=False)
    began: float
    is_due: bool


class SessionCookie:
    """Reads and sets the cookie of a session.

    Arguments: ``name``, ``secret_key`` and ``secure`` as for ``SignedCookie``; ``idle`` in seconds; ``longest`` in
    seconds, or None for no limit.

    Raises ValueError for a lifetime that is not a positive whole number.

    >>> cookie = SessionCookie("podio_session", secret_key, idle=28 * 86_400, longest=None, secure=True)
    >>> header = cookie.begin(session_id)
    """

    def __init__(self, name: str, secret_key: SecretKey, *, idle: int, longest: int | None, secure: bool) -> None:
        self._idle = _check_seconds(idle, "session_lifetime")
        self._longest = None if longest is None else _check_seconds(longest, "longest_session")
        self._cookie = SignedCookie(name, secret_key, lifetime=idle, secure=secure)

    def __repr__(self) -> str:
        return f"<SessionCookie {self._cookie.name}>"

    def read(self, cookies: Mapping[str, str]) -> CookieSession | None:
        """Return what a browser's cookie says, or None if it has none or the session is over. Never raises."""
        found = self._cookie.read_signed(cookies)
        if found is None:
            return None
        data, signed_at = found
        # Cookies of podio-web 0.1 hold just the id, and were never renewed.
        session_id, began = (data, signed_at) if isinstance(data, str) else data
        now = time.time()
        if self._longest is not None and now >= began + self._longest:
            return None
        return CookieSession(session_id, began, is_due=now - signed_at >= min(MOST_OFTEN, self._idle / 10))

    def visit(
        self,
        cookies: Mapping[str, str],
        error: SignInError | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> "Visit":
        """Return the visit of a browser with these cookies."""
        session = self.read(cookies)
        if session is None:
            return Visit(None, error, list(headers))
        return Visit(session.session_id, error, list(headers), self.renew(session) if session.is_due else None)

    def begin(self, session_id: str) -> str:
        """Return the ``Set-Cookie`` header of a new session."""
        return self._set(session_id, int(time.time()))

    def renew(self, session: CookieSession) -> str:
        """Return the ``Set-Cookie`` header that keeps a session from running out."""
        return self._set(session.session_id, int(session.began))

    def delete(self) -> str:
        """Return the ``Set-Cookie`` header that makes the browser forget the session."""
        return self._cookie.delete()

    def _set(self, session_id: str, began: int) -> str:
        left = self._idle if self._longest is None else int(began + self._longest - time.time())
        return self._cookie.set([session_id, began], lifetime=min(self._idle, left))


def may_carry(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """Tell whether an answer with these headers may carry somebody's session cookie.

    Return the headers to add, so that shared caches do not keep the answer. Return None if they are meant to keep it.

    >>> may_carry([("Content-Type", "text/html")]), may_carry([("Cache-Control", "public, max-age=3600")])
    ([('Cache-Control', 'private')], None)
    """
    control = ", ".join(value for name, value in headers if name.lower() == "cache-control")
    if _PRIVATE.search(control):
        return []
    return None if _SHARED.search(control) else [("Cache-Control", "private")]


def _check_seconds(value: int, option: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{option} must be a positive whole number of seconds, such as 28 * 86_400")
    return value


@dataclass(frozen=True)
class Visit:
    """Who a request belongs to, as its cookies say."""

    session_id: str | None = field(repr=False)
    error: SignInError | None
    headers: list[tuple[str, str]] = field(repr=False)
    renewal: str | None = field(default=None, repr=False)

    def headers_for(self, answer: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers to add to the application's answer, which has the headers ``answer``.

        The session's cookie is renewed with it, unless caches that many people share may keep the answer.
        """
        more = None if self.renewal is None else may_carry(answer)
        return self.headers if more is None else [*self.headers, *more, *set_cookies(str(self.renewal))]
