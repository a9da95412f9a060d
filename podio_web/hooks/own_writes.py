"""Keep a handler's own writes from calling hooks, because they would call the handler again.

A context variable marks the code that runs in a handler, and the tasks that it starts. A transport around the client's
own adds Podio's flag ``hook=false`` to what is written there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from podio_web.http import Request, is_safe

if TYPE_CHECKING:
    from podio_web.client import Podio
    from podio_web.http import Response
    from podio_web.types import Transport

FAMILIES = ("app", "comment", "file", "form", "item", "status", "tag", "task")
"""The operations whose changes call hooks, by the first part of their paths."""

_is_quiet: ContextVar[bool] = ContextVar("podio_web.hooks", default=False)


@contextmanager
def quiet(on: bool = True) -> Iterator[None]:
    """Let writes call no hooks while the ``with`` block runs. Handlers run in such a block.

    Pass ``on=False`` for a write in a handler that other receivers must hear of.

    >>> with quiet(on=False):
    ...     await podio.put("/item/4", {"fields": {"title": "New"}})
    """
    before = _is_quiet.set(on)
    try:
        yield
    finally:
        _is_quiet.reset(before)


def without_hooks(request: Request) -> Request:
    """Return a request with ``hook=false``, if it is a write that would call hooks and says nothing of them itself.

    >>> from podio_web.http import build_request
    >>> without_hooks(build_request("https://api.podio.com", "DELETE", "/item/4")).url
    'https://api.podio.com/item/4?hook=0'
    """
    family = request.path.strip("/").partition("/")[0]
    if request.method == "GET" or family not in FAMILIES or is_safe(request.method, request.path, None):
        return request
    address, _, query = request.url.partition("?")
    pairs = query.split("&") if query else []
    if any(pair.partition("=")[0] == "hook" for pair in pairs):
        return request
    url = f"{address}?{'&'.join([*pairs, 'hook=0'])}"
    return Request(request.method, url, path=request.path, headers=request.headers, body=request.body)


class QuietTransport:
    """A transport that adds ``hook=false`` to the writes of handlers. All else is that of the transport in it.

    >>> transport = QuietTransport(transport)
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        # Transports of files have more methods.
        return getattr(self._transport, name)

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Send a request, without hooks if it comes from a handler."""
        return await self._transport.perform(without_hooks(request) if _is_quiet.get() else request, timeout)

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.close()


def keep_quiet(podio: Podio) -> None:
    """Let a client respect ``quiet``. ``Hooks`` calls it for its client.

    >>> keep_quiet(podio)
    """
    context = podio.context
    if not isinstance(context.transport, QuietTransport):
        context.transport = QuietTransport(context.transport)
