"""What surrounds a client that blocks: the page or the machine, with a transport and a clock that block too."""

from __future__ import annotations

import threading
import time
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from podio_web.compat import IN_PAGE
from podio_web.headless import Headless
from podio_web.sync.driver import start
from podio_web.sync.urllib_transport import UrllibTransport

if TYPE_CHECKING:
    from podio_web.session.platform import Platform
    from podio_web.session.stores import SessionStore


_end_of_call: ContextVar[float] = ContextVar("end of call", default=float("inf"))


class _Blocking:
    """What a client without an event loop needs of its platform; nothing here ever suspends."""

    async def sleep(self, seconds: float) -> None:
        """Wait, and let nothing else happen meanwhile."""
        time.sleep(seconds)  # noqa: ASYNC251 - there is no event loop to hold up

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end now."""
        start(coroutine)

    def beside(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in a thread of its own, which does not keep the process alive."""
        threading.Thread(target=start, args=(coroutine,), name="podio-web", daemon=True).start()

    def unblocked(self, store: SessionStore) -> SessionStore:
        """Return the store as it is: this client may block."""
        return store

    def time_left(self) -> float:
        """Return the seconds that the call under way has left."""
        return _end_of_call.get() - time.monotonic()

    async def in_time(self, seconds: float, coroutine: Coroutine[Any, Any, Any], late: Exception) -> Any:
        """Return what a coroutine returns, which asks ``time_left`` before it waits."""
        before = _end_of_call.set(min(time.monotonic() + seconds, _end_of_call.get()))
        try:
            return await coroutine
        finally:
            _end_of_call.reset(before)


class BlockingHeadless(_Blocking, Headless):
    """A machine without a page."""

    def default_transport(self) -> UrllibTransport:
        """Return the transport of the standard library."""
        return UrllibTransport()


def blocking_platform() -> Platform:
    """Return the page around us, or the machine, for a client that blocks."""
    if not IN_PAGE:
        return BlockingHeadless()
    from podio_web.browser.blocking import BlockingTransport
    from podio_web.browser.page import kind_of_page

    class BlockingPage(_Blocking, kind_of_page()):  # type: ignore[misc]
        """The page or the worker that this interpreter runs in."""

        default_transport = staticmethod(BlockingTransport)

    return BlockingPage()
