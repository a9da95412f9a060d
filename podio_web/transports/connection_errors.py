"""Why a call had no answer, in words for the caller: what both of CPython's transports say.

The texts name what to look at, and hold nothing that a header or a body held: an HTTP library's own texts may quote
them ("Illegal header value b'OAuth2 …'"), so only what the operating system and OpenSSL say is passed on.
"""

from __future__ import annotations

from podio_web.errors import ConnectionFailed, PodioError, TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.http import Call
    from podio_web.transports.body import UnreadableBody


def connection_failed(call: Call, problem: BaseException) -> ConnectionFailed:
    """Return the error for a call that ``problem`` ended before there was a whole answer.

    >>> raise connection_failed(call, problem)
    """
    origin = "/".join(call.url.split("/", 3)[:3])
    reason = _reason(problem)
    return ConnectionFailed(
        f"No answer to {call.method} {call.path} from {origin}{f' ({reason})' if reason else ''}. Either the network "
        "or the server is down or broke the connection off, or the address is wrong (check api_url), or a proxy, a "
        "firewall or a certificate stands in between.",
        method=call.method,
        path=call.path,
    )


def timed_out(call: Call, timeout: float | None) -> TimedOut:
    """Return the error for a call that had no whole answer within ``timeout`` seconds.

    >>> raise timed_out(call, 30.0)
    """
    limit = "in time" if timeout is None else f"within {round(timeout, 2) or timeout:g} seconds"
    return TimedOut(f"Podio did not answer {call.method} {call.path} {limit}.", method=call.method, path=call.path)


def unreadable(call: Call, status: int, problem: UnreadableBody) -> PodioError:
    """Return the error for an answer that came whole and cannot be used: trying again would not help.

    >>> raise unreadable(call, 200, problem)
    """
    return PodioError(
        f"Podio's answer to {call.method} {call.path} cannot be read: {problem}.",
        status=status,
        method=call.method,
        path=call.path,
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
