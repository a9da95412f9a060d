"""What surrounds a client that blocks: the page or the machine, with a transport and a clock that block too."""

from __future__ import annotations

import threading
import time
from collections.abc import Coroutine
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from podio_web.runtime.cpython import CPythonRuntime
from podio_web.runtime.interpreter import IN_PAGE
from podio_web.runtime.run_blocking import start
from podio_web.runtime.threads import SharedTransport, ThreadOutcome, lead
from podio_web.runtime.turns import OutOfTime, let_go, seconds_left, turns_held
from podio_web.transports.urllib import UrllibTransport

if TYPE_CHECKING:
    from podio_web.runtime.protocols import Runtime
    from podio_web.runtime.shared_outcome import SharedOutcome
    from podio_web.types import SessionStore, Transport


LONGEST_RENEWAL = 60.0
"""Seconds after which a renewal ends by itself; a request with less time does not renew in its own thread."""


class _Blocking:
    """What a client without an event loop needs of its platform; nothing here ever suspends."""

    def enter_loop(self) -> bool:
        """Return False: none is used."""
        return False

    async def sleep(self, seconds: float) -> None:
        """Wait, and let other threads go on. Raises OutOfTime when the time of the running call ends first."""
        left = seconds_left()
        with let_go():
            time.sleep(seconds if left is None else min(seconds, left))  # noqa: ASYNC251 - there is no event loop
        if left is not None and left < seconds:
            raise OutOfTime

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end now."""
        start(coroutine)

    def beside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in a thread of its own, which takes turns with the caller's and keeps no process alive."""
        turns = turns_held()

        def alone() -> None:
            with turns.take() if turns is not None else nullcontext():
                start(coroutine)

        threading.Thread(target=alone, name="podio-web", daemon=True).start()

    def unblocked(self, store: SessionStore) -> SessionStore:
        """Return the store as it is: this client may block."""
        return store

    def time_left(self) -> float:
        """Return the seconds that the call under way has left."""
        left = seconds_left()
        return float("inf") if left is None else left

    async def in_time(self, seconds: float, coroutine: Coroutine[Any, Any, Any], late: Exception) -> Any:
        """Return what a coroutine returns: it asks ``time_left`` before it waits."""
        return await coroutine


class BlockingCPython(_Blocking, CPythonRuntime):
    """CPython, where threads may share a client. ``patience``: seconds that a renewal for all of them may take."""

    def __init__(self, patience: float = LONGEST_RENEWAL) -> None:
        super().__init__()
        self._patience = patience

    def shared_outcome(self) -> SharedOutcome:
        """Return an outcome that threads can wait for."""
        return ThreadOutcome()

    def lead(self, work: Coroutine[Any, Any, None], outcome: SharedOutcome) -> None:
        """Run ``work`` in one thread, for which the others wait."""
        lead(work, outcome, self._patience)

    def adapted(self, transport: Transport) -> Transport:
        """Return the transport, which lets other threads run while one waits for it."""
        return SharedTransport(transport)

    def default_transport(self) -> Transport:
        """Return the transport of this machine."""
        return blocking_transport()


def blocking_transport() -> Transport:
    """Return a transport for calls that block: httpx2's where it is installed, else the standard library's.

    >>> podio = SyncPodio("app", "my-app", secret, transport=blocking_transport())
    """
    try:
        from podio_web.transports.httpx_blocking import BlockingHttpxTransport
    except ImportError:
        return UrllibTransport()
    return BlockingHttpxTransport()


def blocking_runtime(timeout: float) -> Runtime:
    """Return the page around us, or CPython, for a client that blocks and whose requests may take ``timeout`` seconds.

    >>> runtime = blocking_runtime(30.0)
    """
    if not IN_PAGE:
        return BlockingCPython(min(timeout, LONGEST_RENEWAL))
    from podio_web.runtime.page import kind_of_page
    from podio_web.runtime.page_blocking import BlockingTransport

    class BlockingPage(_Blocking, kind_of_page()):  # type: ignore[misc]
        """The page or the worker that this interpreter runs in."""

        default_transport = staticmethod(BlockingTransport)

    return BlockingPage()
