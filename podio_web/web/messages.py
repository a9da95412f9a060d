"""Requests and answers of a web application, as far as signing in looks at them; ASGI and WSGI translate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from podio_web.web.cookies import parse_cookies

LONGEST_FORM = 4_096
"""Bytes of a form beyond which it is not read."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
"""Methods that change nothing (RFC 9110 section 9.2.1)."""

# A code is in the callback's address, which must be kept nowhere and be told to nobody.
_PRIVATE = [("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")]


@dataclass(frozen=True)
class Request:
    """A request: ``path`` is decoded, ``query`` is not, names of ``headers`` are in lower case.

    ``root_path`` is the prefix that the server knows of, decoded; ``path`` may include it or not. ``form`` is
    the body of a short form, not decoded.

    ``repr`` shows neither query nor headers nor form: they hold codes and cookies.

    >>> Request("GET", "/podio/login", "return_to=%2Fitems%2F4", {"cookie": "a=1"})
    Request(method='GET', path='/podio/login')
    """

    method: str
    path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    root_path: str = field(default="", repr=False)
    form: str = field(default="", repr=False)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies that the browser sent, by name."""
        return parse_cookies(self.headers.get("cookie", ""))

    @property
    def has_form(self) -> bool:
        """Whether the body is a form."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return self.method == "POST" and kind == "application/x-www-form-urlencoded"

    def is_foreign(self, own_origin: str) -> bool:
        """Tell whether a page of another origin sent it, as far as the browser says.

        https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site is sent by all browsers since
        2023, and says more than ``Origin``, which is ``null`` where a page asks for no referrer. A browser that sends
        neither is left to SameSite.
        """
        site = self.headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return self.headers.get("origin", own_origin) != own_origin


@dataclass(frozen=True)
class Response:
    """An answer of the sign-in's own addresses; ``repr`` shows no header, for they hold cookies."""

    status: int
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes = b""


def see_other(url: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a 303: go there with GET, and leave no entry in the history (RFC 9110 section 15.4.4).

    >>> see_other("/items/4").status
    303
    """
    return Response(303, [("Location", url), ("Content-Length", "0"), *_PRIVATE, *headers])


def plain(status: int, text: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a short text.

    >>> plain(405, "Method not allowed", [("Allow", "POST")]).body
    b'Method not allowed'
    """
    return whole(status, text, "text/plain; charset=utf-8", headers)


def whole(status: int, text: str, content_type: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a text of any type, which nothing may keep.

    >>> whole(401, "{}", "application/json").body
    b'{}'
    """
    body = text.encode()
    described = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return Response(status, [*described, *_PRIVATE, *headers], body)


def set_cookies(*cookies: str) -> list[tuple[str, str]]:
    """Return the headers that give a browser these cookies, or take them away.

    >>> set_cookies("a=1; Path=/")
    [('Set-Cookie', 'a=1; Path=/')]
    """
    return [("Set-Cookie", cookie) for cookie in cookies]
