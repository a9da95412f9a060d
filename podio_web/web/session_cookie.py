"""The cookie with a browser's session ID, and the lifetime of the session.

The session ends if it is not used for ``idle`` seconds, or ``longest`` seconds after the sign-in. A request renews the
cookie if it is older than a day, or than a tenth of ``idle`` if that is shorter.
"""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from podio_web.errors import SignInError
from podio_web.web.cookies import SecretKey, SignedCookie
from podio_web.web.messages import set_cookies

MOST_OFTEN = 86_400
"""The longest time between two renewals of a cookie in use, in seconds."""

# These let a shared cache store a response (https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2).
_SHARED = re.compile(r"\b(?:public|s-maxage|max-age=\"?0*[1-9])", re.IGNORECASE)
_PRIVATE = re.compile(r"\b(?:private(?!\s*=)|no-store)\b", re.IGNORECASE)

# A CDN obeys these before Cache-Control (https://www.rfc-editor.org/rfc/rfc9213#section-2.2).
_TARGETED = re.compile(r".+-cache-control|surrogate-control", re.IGNORECASE)


@dataclass(frozen=True)
class CookieSession:
    """The content of the cookie.

    Attributes:
        session_id: The session's ID.
        began: When the user signed in, in seconds since 1970.
        is_due: Whether the cookie should be renewed.
    """

    session_id: str = field(repr=False)
    began: float
    is_due: bool


class SessionCookie:
    """Reads and sets the cookie of a session.

    Args:
        name: The cookie's name.
        secret_key: One or several keys, as for ``SignedCookie``.
        idle: After how many seconds without use the session ends.
        longest: After how many seconds the session ends in any case. None means without limit.
        secure: True for a site on https.

    Raises:
        ValueError: A lifetime is not a positive integer, or ``secret_key`` is invalid.

    Examples:
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
        """Return the content of a browser's cookie, or None without a valid session. Never raises."""
        found = self._cookie.read_signed(cookies)
        if found is None:
            return None
        data, signed_at = found
        # A cookie of podio-web 0.1 contains only the ID, and was never renewed.
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
        """Return the visit of a browser with these cookies. ``headers`` are to be added to the response."""
        session = self.read(cookies)
        if session is None:
            return Visit(None, error, list(headers))
        return Visit(session.session_id, error, list(headers), self.renew(session) if session.is_due else None)

    def begin(self, session_id: str) -> str:
        """Return the value of a ``Set-Cookie`` header for a new session."""
        return self._set(session_id, int(time.time()))

    def renew(self, session: CookieSession) -> str:
        """Return the value of a ``Set-Cookie`` header that renews the cookie of a session."""
        return self._set(session.session_id, int(session.began))

    def delete(self) -> str:
        """Return the value of a ``Set-Cookie`` header that removes the cookie."""
        return self._cookie.delete()

    def _set(self, session_id: str, began: int) -> str:
        left = self._idle if self._longest is None else int(began + self._longest - time.time())
        return self._cookie.set([session_id, began], lifetime=min(self._idle, left))


def cache_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]] | None:
    """Return the headers that a response with a session cookie needs, so that shared caches do not store it.

    Args:
        headers: The headers of the response.

    Returns:
        The headers to add, or None if the response allows shared caches and must not set the cookie.

    Examples:
        >>> cache_headers([("Content-Type", "text/html")]), cache_headers([("Cache-Control", "public, max-age=3600")])
        ([('Cache-Control', 'private')], None)
    """
    headers = list(headers)
    if any(_TARGETED.fullmatch(name) and _SHARED.search(value) for name, value in headers):
        return None
    control = ", ".join(value for name, value in headers if name.lower() == "cache-control")
    if _PRIVATE.search(control):
        return []
    return None if _SHARED.search(control) else [("Cache-Control", "private")]


def _check_seconds(value: int, option: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{option} must be a positive integer, the number of seconds, such as 28 * 86_400")
    return value


@dataclass(frozen=True)
class Visit:
    """The session that a request belongs to, and the headers to add to its response.

    Attributes:
        session_id: The session's ID, or None if the browser is signed out.
        error: Why the last sign-in failed, or None.
        headers: The headers to add to the response.
        renewal: The value of a ``Set-Cookie`` header that renews the session's cookie, or None.
    """

    session_id: str | None = field(repr=False)
    error: SignInError | None
    headers: list[tuple[str, str]] = field(repr=False)
    renewal: str | None = field(default=None, repr=False)

    def headers_for(self, response: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers to add to the application's response.

        They renew the session's cookie, unless shared caches may store the response.

        Args:
            response: The headers of the response.
        """
        more = None if self.renewal is None else cache_headers(response)
        return self.headers if more is None else [*self.headers, *more, *set_cookies(str(self.renewal))]
