"""What both httpx2 transports share: build an httpx2 request, and turn httpx2's exceptions into errors of podio_web.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import zlib
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

from podio_web.transports.body import ACCEPTED, Body, UnreadableBody, text_of
from podio_web.transports.connection_errors import connection_failed, timed_out, unreadable

try:
    import httpx2
except ImportError:
    raise ImportError("httpx2 is missing. Install it: pip install 'podio-web[server]'") from None

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podio_web.errors import PodioError
    from podio_web.http import Request

C = TypeVar("C", httpx2.Client, httpx2.AsyncClient)

# Requests at the same time; more wait. A thousand at once would not be answered sooner.
CONNECTIONS = 100
# Idle connections that are kept, and for how many seconds. httpx2 looks at each of them before each request, so keeping
# all would be slow. Gateways close idle connections after about a minute.
KEPT = 20
KEPT_SECONDS = 20.0

FAILURES = (UnreadableBody, TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, EOFError, zlib.error)
"""The exceptions of a request without a usable response. ValueError means that a header value is not allowed."""

NO_LIMITS: dict[str, float | None] = {}
"""No timeouts of httpx2's: they are for each operation, such as reading one chunk. Ours are for the whole request."""

_HEADERS = (("User-Agent", "podio-web"), ("Accept-Encoding", ACCEPTED))
# Servers expect a Content-Length with these methods, even if the body is empty (RFC 9110 section 8.6).
_WITH_BODY = ("POST", "PUT")


def request_of(request: Request, limits: Mapping[str, float | None]) -> httpx2.Request:
    """Return a request as httpx2's.

    Args:
        request: The request.
        limits: httpx2's timeouts in seconds, by the name of the operation.

    Returns:
        The request for httpx2.

    Examples:
        >>> request_of(request, {})
        <Request('GET', 'https://api.podio.com/item/4')>
    """
    url = httpx2.URL(request.url)
    body = b"" if request.body is None else request.body.encode() if isinstance(request.body, str) else request.body
    headers = [("Host", url.netloc.decode("ascii")), *_HEADERS, *request.headers.items()]
    if body or request.method in _WITH_BODY:
        headers.append(("Content-Length", str(len(body))))
    # With a stream, httpx2 adds no headers of its own, for which it would copy all headers twice.
    httpx_request = httpx2.Request(
        request.method, url, headers=headers, stream=httpx2.ByteStream(body), extensions={"timeout": limits}
    )
    # A user's event hook or mock transport may look at the content.
    httpx_request.read()
    return httpx_request


def transfer_request(
    request: Request,
    limits: Mapping[str, Any],
    more: Mapping[str, str],
    stream: httpx2.SyncByteStream | httpx2.AsyncByteStream | None = None,
) -> httpx2.Request:
    """Return a request that sends or receives a file as httpx2's.

    Args:
        request: The request, without a body.
        limits: httpx2's timeouts by the name of the operation.
        more: Headers that describe the body, or that replace others.
        stream: The body. None for a download.

    Returns:
        The request for httpx2.

    Examples:
        >>> transfer_request(request, {}, {"Accept-Encoding": "identity"})
        <Request('GET', 'https://api.podio.com/item/4')>
    """
    url = httpx2.URL(request.url)
    headers = {"Host": url.netloc.decode("ascii"), **dict(_HEADERS), **request.headers, **more}
    body = httpx2.ByteStream(b"") if stream is None else stream
    return httpx2.Request(request.method, url, headers=headers, stream=body, extensions={"timeout": limits})


def announced(httpx_response: httpx2.Response) -> tuple[Body, int | None, str]:
    """Return what decodes the file in a response, the size of the file in bytes, None if unknown, and its media type.

    Args:
        httpx_response: The response, whose body was not read yet.

    Returns:
        The three.

    Raises:
        UnreadableBody: The body has an unknown encoding.

    Examples:
        >>> announced(httpx2.Response(200, headers={"Content-Length": "3", "Content-Type": "text/csv"}))[1:]
        (3, 'text/csv')
    """
    headers = httpx_response.headers
    encodings = headers.get("content-encoding", "")
    length = headers.get("content-length", "")
    size = int(length) if length.isdecimal() and not encodings else None
    return Body.of_file(encodings), size, headers.get("content-type", "")


async def read_text(httpx_response: httpx2.Response) -> str:
    """Return the whole body of a response as text, and close the response.

    It is decompressed here, because httpx2 has no size limit and accepts an incomplete body.

    Args:
        httpx_response: The response of an ``httpx2.AsyncClient``.

    Returns:
        The text.

    Raises:
        UnreadableBody: The body has an unknown encoding or is too large.

    Examples:
        >>> await read_text(httpx2.Response(200, content=b"{}"))
        '{}'
    """
    try:
        if httpx_response.is_stream_consumed:
            # A mock transport had the whole content, and httpx2 has decompressed it.
            return text_of(httpx_response.content)
        body = Body(httpx_response.headers.get("content-encoding", ""))
        async for part in httpx_response.aiter_raw():
            body.add(part)
        return body.text()
    finally:
        await httpx_response.aclose()


def read_text_now(httpx_response: httpx2.Response) -> str:
    """Return the whole body of a response as text, and close the response. Like ``read_text``, but blocking.

    Args:
        httpx_response: The response of an ``httpx2.Client``.

    Returns:
        The text.

    Raises:
        UnreadableBody: The body has an unknown encoding or is too large.

    Examples:
        >>> read_text_now(httpx2.Response(200, stream=httpx2.ByteStream(b"{}")))
        '{}'
    """
    try:
        body = Body(httpx_response.headers.get("content-encoding", ""))
        for part in httpx_response.iter_raw():
            body.add(part)
        return body.text()
    finally:
        httpx_response.close()


def failure_of(request: Request, status: int, timeout: float | None, problem: Exception) -> PodioError:
    """Return the error for an exception of httpx2.

    Raise it outside the ``except`` clause. Otherwise httpx2's exception, which holds the request and its token, becomes
    its context.

    Args:
        request: The request.
        status: The HTTP status of the response, or 0 without a response.
        timeout: The request's time limit in seconds.
        problem: One of ``FAILURES``.

    Returns:
        The error, to be raised.

    Examples:
        >>> failure_of(request, 0, 30.0, TimeoutError())
        TimedOut('Podio did not answer GET /item/4 within 30 seconds.')
    """
    if isinstance(problem, UnreadableBody):
        return unreadable(request, status, problem)
    if isinstance(problem, (TimeoutError, httpx2.TimeoutException)):
        return timed_out(request, timeout)
    return connection_failed(request, problem)


def pool_limits(connections: int) -> httpx2.Limits:
    """Return the limits of an httpx2 client's connection pool.

    Args:
        connections: How many connections the client may have.

    Returns:
        The limits.

    Raises:
        ValueError: ``connections`` is less than 1.

    Examples:
        >>> client = httpx2.Client(limits=pool_limits(CONNECTIONS))
    """
    if connections < 1:
        raise ValueError("connections must be at least 1")
    return httpx2.Limits(
        max_connections=connections,
        max_keepalive_connections=min(KEPT, connections),
        keepalive_expiry=KEPT_SECONDS,
    )


def without_cookies(client: C) -> C:
    """Make an httpx2 client ignore cookies. Otherwise it would send one person's cookies with another's requests.

    Args:
        client: The client to change.

    Returns:
        The same client.

    Examples:
        >>> client = without_cookies(httpx2.Client())
    """
    jar: Any = client.cookies.jar
    jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return client
