"""What the transports through httpx2 have in common, whether they wait in an event loop or block.

https://github.com/pydantic/httpx2
"""

from __future__ import annotations

import zlib
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

from podio_web.transports.body import ACCEPTED, UnreadableBody
from podio_web.transports.connection_errors import connection_failed, timed_out, unreadable

try:
    import httpx2
except ImportError:
    raise ImportError("Calls from a server go through httpx2: pip install podio-web[server]") from None

if TYPE_CHECKING:
    from collections.abc import Mapping

    from podio_web.errors import PodioError
    from podio_web.http import Request

C = TypeVar("C", httpx2.Client, httpx2.AsyncClient)

# Calls under way at once; more wait for their turn: a thousand at once would be neither welcome nor answered sooner.
CONNECTIONS = 100
# Connections that are kept when there is nothing to do, and for how many seconds. httpx2 looks at each of them before
# each call, so keeping all would make quiet times slow; gateways close idle connections after a minute or so.
KEPT = 20
KEPT_SECONDS = 20.0

FAILURES = (UnreadableBody, TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError, EOFError, zlib.error)
"""What a call may raise that has no usable answer; ValueError is for something that no header can hold."""

_HEADERS = (("User-Agent", "podio-web"), ("Accept-Encoding", ACCEPTED))
# Servers expect a length with these, if there is nothing too (RFC 9110 section 8.6).
_WITH_BODY = ("POST", "PUT")


def request_of(call: Request, limits: Mapping[str, float | None]) -> httpx2.Request:
    """Return the request for a call; ``limits`` are httpx2's time-outs, by what it waits for.

    >>> response = client.send(request_of(call, {}), auth=None, follow_redirects=False, stream=True)
    """
    url = httpx2.URL(call.url)
    body = b"" if call.body is None else call.body.encode() if isinstance(call.body, str) else call.body
    headers = [("Host", url.netloc.decode("ascii")), *_HEADERS, *call.headers.items()]
    if body or call.method in _WITH_BODY:
        headers.append(("Content-Length", str(len(body))))
    # With a stream httpx2 adds no headers of its own, for which it would copy all of them twice.
    request = httpx2.Request(
        call.method, url, headers=headers, stream=httpx2.ByteStream(body), extensions={"timeout": limits}
    )
    # Somebody's hook or mock transport may look at the content.
    request.read()
    return request


def failure_of(call: Request, status: int, timeout: float | None, problem: Exception) -> PodioError:
    """Return the error for what httpx2 raised, one of ``FAILURES``.

    Raise it outside of the ``except`` clause: httpx2's error knows the request and its token, and would come along as
    the context.

    >>> raise failure_of(call, 0, 30.0, problem)
    """
    if isinstance(problem, UnreadableBody):
        return unreadable(call, status, problem)
    if isinstance(problem, (TimeoutError, httpx2.TimeoutException)):
        return timed_out(call, timeout)
    return connection_failed(call, problem)


def pool_limits(connections: int) -> httpx2.Limits:
    """Return the limits of a client with so many connections.

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
    """Let a client keep and send no cookies: one person's would be sent with another's calls.

    >>> client = without_cookies(httpx2.Client())
    """
    jar: Any = client.cookies.jar
    jar.set_policy(DefaultCookiePolicy(allowed_domains=()))
    return client
