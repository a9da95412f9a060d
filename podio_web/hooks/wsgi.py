"""A receiver as a WSGI application (https://peps.python.org/pep-3333/)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from podio_web.hooks.delivery import LONGEST_BODY
from podio_web.hooks.receiver import ANSWERS, Refusal, masked

if TYPE_CHECKING:
    from podio_web.hooks.sync_hooks import SyncHooks

_LOGGED = ("RAW_URI", "REQUEST_URI")


def serve_wsgi(hooks: SyncHooks, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request.

    >>> def app(environ, start_response):
    ...     return serve_wsgi(hooks, environ, start_response)
    """
    status = _status(hooks, environ)
    body = ANSWERS[status]
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))]
    if status == 405:
        headers.append(("Allow", "POST"))
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]


def _status(hooks: SyncHooks, environ: dict[str, Any]) -> int:
    path = environ.get("PATH_INFO", "")
    # Servers log these after the answer.
    environ["PATH_INFO"] = masked(path)
    environ["QUERY_STRING"] = ""
    for name in _LOGGED:
        if name in environ:
            environ[name] = environ.get("SCRIPT_NAME", "") + masked(path)
    length = environ.get("CONTENT_LENGTH") or None
    refused = hooks.refuse(path, environ["REQUEST_METHOD"], length)
    if refused is not None:
        return refused.status
    if length is None and not environ.get("wsgi.input_terminated"):
        # Reading would wait forever.
        return Refusal(400).status
    body = _read(environ["wsgi.input"], LONGEST_BODY + 1 if length is None else int(length))
    if len(body) > LONGEST_BODY:
        return Refusal(413).status
    if length is not None and len(body) < int(length):
        # The client has gone. What is missing may be the end of an ID.
        return Refusal(400).status
    return hooks.take(hooks.read(path, {"Content-Type": environ.get("CONTENT_TYPE", "")}, body))


def _read(source: Any, most: int) -> bytes:
    """Read up to ``most`` bytes. One read may return fewer."""
    body = b""
    while len(body) < most:
        part = source.read(most - len(body))
        if not part:
            break
        body += part
    return body
