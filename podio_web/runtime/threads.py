"""The renewal and the transport that the threads of one ``SyncPodio`` share."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from podio_web.errors import LoginRequired
from podio_web.runtime.run_blocking import drive
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.runtime.turns import OutOfTime, let_go, limit_of_call, seconds_left, turns_held

if TYPE_CHECKING:
    from podio_web.http import Request, Response
    from podio_web.types import FileSink, FileSource, FileTransport, TransferWatch, Transport


class ThreadOutcome(SharedOutcome):
    """An outcome that threads wait for, each no longer than the time that its request has left.

    >>> outcome = ThreadOutcome()
    >>> lead(renew(outcome), outcome, patience=60.0)      # renew() calls outcome.succeed("new token")
    >>> drive(outcome.wait())
    'new token'
    """

    def __init__(self) -> None:
        super().__init__()
        self.leader = 0
        self._over = threading.Event()

    @property
    def is_led_here(self) -> bool:
        """Whether the running thread settles the outcome."""
        return self.leader == threading.get_ident()

    async def wait(self, order: int = 0) -> Any:
        """Return the outcome or raise its error. Never suspends.

        Raises OutOfTime if the request has no time left, and LoginRequired in the thread that the others wait for.
        """
        if not self.settled:
            if self.is_led_here:
                raise LoginRequired(
                    "A hook or handler made a request during the renewal, and that request would wait for itself. "
                    "Make it after the renewal."
                )
            with let_go():
                in_time = self._over.wait(seconds_left())
            if not in_time:
                raise OutOfTime
        return await super().wait(order)

    def _settle(self, value: Any, error: Exception | None) -> None:
        super()._settle(value, error)
        self._over.set()


def lead(work: Coroutine[Any, Any, None], outcome: SharedOutcome, patience: float) -> None:
    """Run ``work``, which settles ``outcome``, in one thread, while the others wait.

    It runs in the thread that needs it first, where hooks and session stores expect to be called, and the timeout of
    that request ends it. If that request has less than ``patience`` seconds, the work gets its own thread. Otherwise
    the short timeout would end it for all, and a new refresh token in the response could be lost.

    >>> lead(renew(outcome), outcome, patience=60.0)
    """
    turns, limit = turns_held(), limit_of_call()
    if turns is None or limit is None or limit >= patience:
        _lead(work, outcome)
        return

    def alone() -> None:
        with turns.take(patience):
            _lead(work, outcome)

    threading.Thread(target=copy_context().run, args=(alone,), name="podio-web renewal").start()


def _lead(work: Coroutine[Any, Any, None], outcome: SharedOutcome) -> None:
    if isinstance(outcome, ThreadOutcome):
        outcome.leader = threading.get_ident()
    drive(work)


class SharedTransport:
    """A transport that lets other threads run during a request, and ends at the request's timeout.

    >>> transport = SharedTransport(UrllibTransport())
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Return the response. Raises the transport's errors, and OutOfTime if no time is left."""
        left = seconds_left()
        if left is not None:
            if left <= 0:
                raise OutOfTime
            timeout = left if timeout is None else min(timeout, left)
        with let_go():
            return await self._transport.perform(request, timeout)

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.close()


class SharedFileTransport(SharedTransport):
    """A ``SharedTransport`` that sends and receives files too. Their watch limits the time.

    >>> transport = SharedFileTransport(UrllibTransport())
    """

    def __init__(self, transport: FileTransport) -> None:
        super().__init__(transport)
        self._files = transport

    def source(self, given: Any, name: str | None) -> FileSource:
        """Return what to send. Raises the transport's errors."""
        return self._files.source(given, name)

    async def upload(self, request: Request, source: FileSource, watch: TransferWatch) -> Response:
        """Send a file. Raises the transport's errors."""
        with let_go():
            return await self._files.upload(request, source, watch)

    async def download(self, request: Request, sink: FileSink, watch: TransferWatch) -> Response:
        """Receive a file. Raises the transport's errors."""
        with let_go():
            return await self._files.download(request, sink, watch)
