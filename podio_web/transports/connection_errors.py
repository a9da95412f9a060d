"""Errors for requests without a usable response, for CPython's transports.

An HTTP library's own message may quote a header ("Illegal header value b'OAuth2 …'"). So the messages here contain only
what the operating system and OpenSSL say, and nothing from headers or bodies.
"""

from __future__ import annotations

from podio_web.errors import ConnectionFailed, PodioError, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.http import Request
    from podio_web.transports.body import UnreadableBody


def connection_failed(request: Request, problem: BaseException) -> ConnectionFailed:
    """Return the error for a request that failed before the whole response arrived.

    Args:
        request: The request.
        problem: The exception that ended it.

    Returns:
        The error, to be raised.

    Examples:
        >>> connection_failed(request, OSError(111, "Connection refused")).path
        '/item/4'
    """
    origin = "/".join(request.url.split("/", 3)[:3])
    reason = _reason(problem)
    return ConnectionFailed(
        f"No answer to {request.method} {request.path} from {origin}{f' ({reason})' if reason else ''}. Check that the "
        "network and the server are up and that api_url is right. A proxy, a firewall or a certificate may also block "
        "the connection.",
        method=request.method,
        path=request.path,
    )


def timed_out(request: Request, timeout: float | None) -> TimedOut:
    """Return the error for a request whose response did not arrive in time.

    Args:
        request: The request.
        timeout: The time limit in seconds. None if the limit is not known.

    Returns:
        The error, to be raised.

    Examples:
        >>> timed_out(request, 30.0)
        TimedOut('Podio did not answer GET /item/4 within 30 seconds.')
    """
    limit = "in time" if timeout is None else f"within {round(timeout, 2) or timeout:g} seconds"
    return TimedOut(
        f"Podio did not answer {request.method} {request.path} {limit}.", method=request.method, path=request.path
    )


def unreadable(request: Request, status: int, problem: UnreadableBody) -> PodioError:
    """Return the error for a response that arrived in full but cannot be used.

    It is not a ConnectionFailed, because a retry would not help.

    Args:
        request: The request.
        status: The HTTP status of the response.
        problem: Why the body cannot be used.

    Returns:
        The error, to be raised.

    Examples:
        >>> from podio_web.transports.body import UnreadableBody
        >>> unreadable(request, 200, UnreadableBody("it is too large"))
        PodioError("Podio's response to GET /item/4 cannot be read: it is too large.")
    """
    return PodioError(
        f"Podio's response to {request.method} {request.path} cannot be read: {problem}.",
        status=status,
        method=request.method,
        path=request.path,
    )


def _reason(problem: BaseException) -> str:
    """Return the operating system's or OpenSSL's message from the exception chain. No other text is safe to show."""
    seen = set()
    links: list[BaseException | None] = [problem]
    while links:
        link = links.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        if isinstance(link, OSError):
            said = getattr(link, "verify_message", None) or link.strerror
            if said:
                return str(said)
        links += [*getattr(link, "exceptions", ()), link.__context__, link.__cause__]
    return ""
