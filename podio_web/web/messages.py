"""Requests and responses of a web application, independent of ASGI and WSGI."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from podio_web.web.cookies import parse_cookies

LONGEST_FORM = 4_096
"""The largest form that is read, in bytes."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
"""Methods that do not change anything (RFC 9110 section 9.2.1)."""

# The callback's address contains the code, so it must not be cached or sent as a referrer.
_PRIVATE = [("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"), ("X-Content-Type-Options", "nosniff")]


@dataclass(frozen=True)
class Request:
    """A request. Its ``repr`` shows no query, headers or form, because they contain codes and cookies.

    Args:
        method: The HTTP method.
        path: The path, percent-decoded. It may include ``root_path`` or not.
        query: The query, not decoded.
        headers: The headers, with lower-case names.
        root_path: The prefix that the server knows, percent-decoded.
        form: The body of a short form, not decoded.

    Examples:
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
        """Tell whether a page of another origin sent this request, as far as the browser says.

        All browsers since 2023 send https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site. It is
        better than ``Origin``, which is ``null`` if a page has the policy ``no-referrer``. If a browser sends neither
        header, only SameSite protects.
        """
        site = self.headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return self.headers.get("origin", own_origin) != own_origin


@dataclass(frozen=True)
class Response:
    """A response of the middleware. Its ``repr`` shows no headers, because they contain cookies."""

    status: int
    headers: list[tuple[str, str]] = field(repr=False)
    body: bytes = b""


def see_other(url: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a 303 redirect, which the browser follows with GET (RFC 9110 section 15.4.4).

    Args:
        url: The address.
        headers: More headers.

    Returns:
        The response.

    Examples:
        >>> see_other("/items/4").status
        303
    """
    return Response(303, [("Location", url), ("Content-Length", "0"), *_PRIVATE, *headers])


def plain(status: int, text: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a response with plain text.

    Args:
        status: The HTTP status.
        text: The text.
        headers: More headers.

    Returns:
        The response.

    Examples:
        >>> plain(405, "Method not allowed", [("Allow", "POST")]).body
        b'Method not allowed'
    """
    return with_body(status, text, "text/plain; charset=utf-8", headers)


def with_body(status: int, text: str, content_type: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a response with a text of any content type. It must not be cached.

    Args:
        status: The HTTP status.
        text: The text.
        content_type: The ``Content-Type``.
        headers: More headers.

    Returns:
        The response.

    Examples:
        >>> with_body(401, "{}", "application/json").body
        b'{}'
    """
    body = text.encode()
    content = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return Response(status, [*content, *_PRIVATE, *headers], body)


def set_cookies(*cookies: str) -> list[tuple[str, str]]:
    """Return ``Set-Cookie`` headers.

    Args:
        cookies: The values of the headers.

    Returns:
        The headers.

    Examples:
        >>> set_cookies("a=1; Path=/")
        [('Set-Cookie', 'a=1; Path=/')]
    """
    return [("Set-Cookie", cookie) for cookie in cookies]
