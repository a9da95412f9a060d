"""The runtime without a page: on a server or in a script. ``podio_web.runtime.worker`` is based on it."""

import asyncio
import time

from podio_web.errors import PodioError, PopupBlocked
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.stores.memory import MemoryStore, MemoryTexts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from podio_web.http import Request, Response
    from podio_web.runtime.protocols import Popup
    from podio_web.types import SessionStore, Transport


class CPythonRuntime:
    """A runtime without windows, address or other tabs. Its storage is memory.

    >>> CPythonRuntime().address()
    ('/', '', '')
    """

    # MicroPython has no time.monotonic. Its workers replace this.
    monotonic: "Callable[[], float]" = staticmethod(getattr(time, "monotonic", time.time))
    isolated = False
    tab_survives = False
    timers_last = False
    how_to_sign_in = (
        "There is no browser window here to sign in with. Use another auth_type: servers and scripts have their own "
        "flows. Or sign in in a page, and pass its token to set_access_token()."
    )

    def __init__(self) -> None:
        self.tab: MemoryTexts = MemoryTexts()
        self.page_texts: MemoryTexts = MemoryTexts()
        self._loop: asyncio.AbstractEventLoop | None = None

    def now(self) -> float:
        """Return seconds since 1970."""
        # Read from the module each time, because tests freeze the clock there.
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        await asyncio.sleep(seconds)

    def start(self, coroutine: "Coroutine[Any, Any, None]") -> object:
        """Run a coroutine concurrently with the caller."""
        return spawn(coroutine)

    def shared_outcome(self) -> SharedOutcome:
        """Return an outcome that tasks can wait for."""
        return SharedOutcome()

    def lead(self, work: "Coroutine[Any, Any, None]", outcome: SharedOutcome) -> object:
        """Run ``work``, which settles ``outcome``, concurrently with the caller."""
        return self.start(work)

    def adapted(self, transport: "Transport") -> "Transport":
        """Return the transport as it is."""
        return transport

    def beside(self, coroutine: "Coroutine[Any, Any, None]") -> object:
        """Run a coroutine that may outlive the caller's request."""
        return self.start(coroutine)

    def time_left(self) -> float:
        """Return infinity: ``in_time`` cancels a request that takes too long."""
        return float("inf")

    async def in_time(self, seconds: float, coroutine: "Coroutine[Any, Any, Any]", late: Exception) -> "Any":
        """Return the coroutine's result. After ``seconds`` it is cancelled and ``late`` is raised."""
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await coroutine
        except TimeoutError:
            if limit.expired():
                raise late from None
            raise

    def after(self, seconds: float, callback: "Callable[[], object]") -> "Callable[[], None]":
        """Call ``callback`` after ``seconds`` if the event loop still runs. Returns a function that prevents it."""
        try:
            return asyncio.get_running_loop().call_later(seconds, callback).cancel
        except RuntimeError:  # no loop: a client may be made, and given a token, before there is one
            return _nothing

    def enter_loop(self) -> bool:
        """Return whether the event loop has changed. Raises RuntimeError if the previous loop is still running."""
        before = self._loop
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no loop: methods that do not wait work without one
            return False
        if loop is before:
            return False
        if before is not None and before.is_running():
            raise RuntimeError(
                "This Podio client belongs to another event loop, which is still running. Make a client for each event "
                "loop: they can share a session_store, and one transport=HttpxTransport()."
            )
        self._loop = loop
        return before is not None

    def on_wake(self, callback: "Callable[[], object]") -> "Callable[[], None]":
        """Do nothing: there is no page that becomes visible, is left, or shares its storage."""
        return _nothing

    on_leave = on_wake
    on_emptied = on_wake

    async def try_lock(self, name: str) -> "Callable[[], None]":
        """Return a lock at once: there are no other tabs."""
        return _nothing

    def random_text(self) -> str:
        """Return 128 random bits in hexadecimal digits."""
        # Imported late: MicroPython does not have this module.
        import secrets

        return secrets.token_hex(16)

    def default_redirect_uri(self) -> str:
        """Return a placeholder: without a page there is no callback page."""
        return "http://localhost/static/callback.html"

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Accept any URI: there is no page to compare it with."""

    def default_store(self) -> MemoryStore:
        """Return a store in memory."""
        return MemoryStore()

    def unblocked(self, store: "SessionStore") -> "SessionStore":
        """Return the store, wrapped so that it does not block the event loop."""
        # Imported late: a page's worker does not have the module. It has no threads and does not call this.
        from podio_web.stores.bounded import BoundedStore

        return BoundedStore(store)

    def default_transport(self) -> "Transport":
        """Return the transport that uses httpx2, or one that says how to install it."""
        try:
            from podio_web.transports.httpx import HttpxTransport
        except ImportError:
            return NoTransport(
                "Outside a web page there is no fetch. For Podio run pip install 'podio-web[server]', or use "
                "SyncPodio, which needs no other package. In tests pass transport=podio_web.testing.FakeTransport()."
            )
        return HttpxTransport()

    def address(self) -> "tuple[str, str, str]":
        """Return an empty address."""
        return "/", "", ""

    def show_address(self, url: str) -> None:
        """Do nothing: there is no address bar."""

    def leave_for(self, url: str) -> None:
        """Do nothing: there is no page to leave."""

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool, str], None]",
        on_blocked: "Callable[[], None]",
    ) -> "Popup":
        """Raise PopupBlocked: there is no window."""
        raise PopupBlocked(self.how_to_sign_in)

    def open_line(self, name: str, on_text: "Callable[[object], None]") -> "SilentLine":
        """Return a channel without other tabs."""
        return SilentLine()


def _nothing() -> None:
    """Do nothing."""


class SilentLine:
    """A channel to other tabs where there are none.

    >>> SilentLine().send("logged_out")
    """

    def send(self, text: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


class NoTransport:
    """A transport that raises PodioError with ``advice``, where no request can be sent.

    >>> transport = NoTransport("This JavaScript engine has no fetch.")
    """

    def __init__(self, advice: str) -> None:
        self._advice = advice

    async def perform(self, request: "Request", timeout: "float | None") -> "Response":
        """Raise PodioError, not ConnectionFailed, because a retry would not help."""
        raise PodioError(self._advice, method=request.method, path=request.path)

    async def close(self) -> None:
        """Do nothing."""
