"""Why a call had no answer, in words for the caller: what both of CPython's transports say.

The texts name what to look at, and hold nothing that a header or a body held: an HTTP library's own texts may quote
them ("Illegal header value b'OAuth2 …'"), so only what the operating system and OpenSSL say is passed on.
"""

from __future__ import annotations

from podio_web.errors import ConnectionFailed, PodioError, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.http import Request
    from podio_web.transports.body import UnreadableBody


def connection_failed(request: Request, problem: BaseException) -> ConnectionFailed:
    """Return the error for a call that ``problem`` ended before there was a whole answer.

    >>> raise connection_failed(request, problem)
    """
    origin = "/".join(request.url.split("/", 3)[:3])
    reason = _reason(problem)
    return ConnectionFailed(
        f"No answer to {request.method} {request.path} from {origin}{f' ({reason})' if reason else ''}. Either the "
        "network or the server is down or broke the connection off, or the address is wrong (check api_url), or a "
        "proxy, a firewall or a certificate stands in between.",
        method=request.method,
        path=request.path,
    )


def timed_out(request: Request, timeout: float | None) -> TimedOut:
    """Return the error for a call that had no whole answer within ``timeout`` seconds.

    >>> raise timed_out(request, 30.0)
    """
    limit = "in time" if timeout is None else f"within {round(timeout, 2) or timeout:g} seconds"
    return TimedOut(
        f"Podio did not answer {request.method} {request.path} {limit}.", method=request.method, path=request.path
    )


def unreadable(request: Request, status: int, problem: UnreadableBody) -> PodioError:
    """Return the error for an answer that came whole and cannot be used: trying again would not help.

    >>> raise unreadable(request, 200, problem)
    """
    return PodioError(
        f"Podio's answer to {request.method} {request.path} cannot be read: {problem}.",
        status=status,
        method=request.method,
        path=request.path,
    )


def _reason(problem: BaseException) -> str:
    """Return what the operating system or OpenSSL says, wherever it is in the chain; nothing else is safe to show."""
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
