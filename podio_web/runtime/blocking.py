"""The runtimes of a client that blocks: a page or CPython, with a transport and a clock that block too."""

from __future__ import annotations

import threading
import time
from collections.abc import Coroutine
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from podio_web.runtime.cpython import CPythonRuntime
from podio_web.runtime.interpreter import IN_PAGE
from podio_web.runtime.run_blocking import start
from podio_web.runtime.threads import SharedFileTransport, SharedTransport, ThreadOutcome, lead
from podio_web.runtime.turns import OutOfTime, let_go, seconds_left, turns_held
from podio_web.transports.urllib import UrllibTransport

if TYPE_CHECKING:
    from podio_web.runtime.protocols import Runtime
    from podio_web.runtime.shared_outcome import SharedOutcome
    from podio_web.types import SessionStore, Transport


LONGEST_RENEWAL = 60.0
"""The longest renewal in seconds. A request with less time does not renew in its own thread."""


class _Blocking:
    """The methods of a runtime for a client without an event loop. Nothing here suspends."""

    def enter_loop(self) -> bool:
        """Return False: no event loop is used."""
        return False

    async def sleep(self, seconds: float) -> None:
        """Wait, and let other threads run. Raises OutOfTime if the time of the current request ends first."""
        left = seconds_left()
        with let_go():
            time.sleep(seconds if left is None else min(seconds, left))  # noqa: ASYNC251 - there is no event loop
        if left is not None and left < seconds:
            raise OutOfTime

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end now."""
        start(coroutine)

    def beside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in a daemon thread, which takes turns with the caller's thread."""
        turns = turns_held()

        def alone() -> None:
            with turns.take() if turns is not None else nullcontext():
                start(coroutine)

        threading.Thread(target=alone, name="podio-web", daemon=True).start()

    def unblocked(self, store: SessionStore) -> SessionStore:
        """Return the store as it is, because this client may block."""
        return store

    def time_left(self) -> float:
        """Return the seconds that the current request has left."""
        left = seconds_left()
        return float("inf") if left is None else left

    async def in_time(self, seconds: float, coroutine: Coroutine[Any, Any, Any], late: Exception) -> Any:
        """Return the coroutine's result. The coroutine calls ``time_left`` itself before it waits."""
        return await coroutine


class BlockingCPython(_Blocking, CPythonRuntime):
    """The runtime of CPython for a client that threads may share. ``patience``: seconds that a renewal may take.

    >>> runtime = BlockingCPython(patience=30.0)
    """

    def __init__(self, patience: float = LONGEST_RENEWAL) -> None:
        super().__init__()
        self._patience = patience

    def shared_outcome(self) -> SharedOutcome:
        """Return an outcome that threads can wait for."""
        return ThreadOutcome()

    def lead(self, work: Coroutine[Any, Any, None], outcome: SharedOutcome) -> None:
        """Run ``work`` in one thread, while the others wait."""
        lead(work, outcome, self._patience)

    def adapted(self, transport: Transport) -> Transport:
        """Return the transport, wrapped so that other threads run during its requests."""
        files: Any = transport
        return SharedFileTransport(files) if callable(getattr(files, "upload", None)) else SharedTransport(transport)

    def default_transport(self) -> Transport:
        """Return the transport for CPython."""
        return blocking_transport()


def blocking_transport() -> Transport:
    """Return a transport that blocks: httpx2's if it is installed, else the standard library's.

    >>> podio = SyncPodio("app", "my-app", secret, transport=blocking_transport())
    """
    try:
        from podio_web.transports.httpx_blocking import BlockingHttpxTransport
    except ImportError:
        return UrllibTransport()
    return BlockingHttpxTransport()


def blocking_runtime(timeout: float) -> Runtime:
    """Return the runtime for a client that blocks. ``timeout``: seconds that a request may take.

    >>> runtime = blocking_runtime(30.0)
    """
    if not IN_PAGE:
        return BlockingCPython(min(timeout, LONGEST_RENEWAL))
    from podio_web.runtime.page import kind_of_page
    from podio_web.runtime.page_blocking import BlockingTransport

    class BlockingPage(_Blocking, kind_of_page()):  # type: ignore[misc]
        """The runtime of this page or worker, for a client that blocks."""

        default_transport = staticmethod(BlockingTransport)

    return BlockingPage()
