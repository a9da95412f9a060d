"""What stands in for a page where there is none: on a server, in a script, and below ``podio_web.runtime.worker``."""

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
    """A platform without windows, address or other tabs; storage is memory."""

    # MicroPython has no such clock; its workers bring another.
    monotonic: "Callable[[], float]" = staticmethod(getattr(time, "monotonic", time.time))
    isolated = False
    tab_survives = False
    timers_last = False
    how_to_sign_in = (
        "There is no browser window here to sign in with. Use another auth_type: servers and scripts have flows of "
        "their own. Or sign in in a page, and hand its token over with set_access_token()."
    )

    def __init__(self) -> None:
        self.tab: MemoryTexts = MemoryTexts()
        self.page_texts: MemoryTexts = MemoryTexts()
        self._loop: asyncio.AbstractEventLoop | None = None

    def now(self) -> float:
        """Return seconds since 1970."""
        # Asked of the module each time: tests freeze the clock there.
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def start(self, coroutine: "Coroutine[Any, Any, None]") -> object:
        """Run a coroutine beside the caller."""
        return spawn(coroutine)

    def shared_outcome(self) -> SharedOutcome:
        """Return an outcome that tasks can wait for."""
        return SharedOutcome()

    def lead(self, work: "Coroutine[Any, Any, None]", outcome: SharedOutcome) -> object:
        """Run ``work``, which ends with ``outcome``, beside the caller."""
        return self.start(work)

    def adapted(self, transport: "Transport") -> "Transport":
        """Return the transport as it is."""
        return transport

    def beside(self, coroutine: "Coroutine[Any, Any, None]") -> object:
        """Run a coroutine that outlives the call it comes from."""
        return self.start(coroutine)

    def time_left(self) -> float:
        """Return the seconds that the call under way has left: tasks are ended from outside, by ``in_time``."""
        return float("inf")

    async def in_time(self, seconds: float, coroutine: "Coroutine[Any, Any, Any]", late: Exception) -> "Any":
        """Return what a coroutine returns; after ``seconds`` cancel it and raise ``late``."""
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await coroutine
        except TimeoutError:
            if limit.expired():
                raise late from None
            raise

    def after(self, seconds: float, callback: "Callable[[], object]") -> "Callable[[], None]":
        """Call ``callback`` later, if an event loop is running that does not end before."""
        try:
            return asyncio.get_running_loop().call_later(seconds, callback).cancel
        except RuntimeError:  # no loop: a client may be made, and a token handed to it, before there is one
            return _nothing

    def enter_loop(self) -> bool:
        """Tell whether the event loop is another one than before. Raises RuntimeError while that one is running too."""
        before = self._loop
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no loop: what does not wait works without one
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
        """Never call it: there is no page to come back to, to leave, or to share a storage with."""
        return _nothing

    on_leave = on_wake
    on_emptied = on_wake

    async def try_lock(self, name: str) -> "Callable[[], None]":
        """Return a lock that nobody else could hold: there are no other tabs."""
        return _nothing

    def random_text(self) -> str:
        """Return 128 random bits in hexadecimal digits."""
        # Late: MicroPython has no such module, and another way.
        import secrets

        return secrets.token_hex(16)

    def default_redirect_uri(self) -> str:
        """Return an address that only a page could serve."""
        return "http://localhost/static/callback.html"

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Accept any: there is no page to compare with."""

    def default_store(self) -> MemoryStore:
        """Return a store in memory."""
        return MemoryStore()

    def unblocked(self, store: "SessionStore") -> "SessionStore":
        """Return the store, so that none of its operations holds up the event loop."""
        # Late: a page's worker is without it. It never asks, for it has no threads.
        from podio_web.stores.bounded import BoundedStore

        return BoundedStore(store)

    def default_transport(self) -> "Transport":
        """Return the transport of the server room, or one that explains where that is."""
        try:
            from podio_web.transports.httpx import HttpxTransport
        except ImportError:
            return NoTransport(
                "Outside a web page there is no fetch. For Podio run pip install podio-web[server]. Or use SyncPodio, "
                "which needs nothing more. In tests give Podio(transport=podio_web.testing.FakeTransport())."
            )
        return HttpxTransport()

    def address(self) -> "tuple[str, str, str]":
        """Return an address without anything in it."""
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
        """Refuse: there is no window."""
        raise PopupBlocked(self.how_to_sign_in)

    def open_line(self, name: str, on_text: "Callable[[object], None]") -> "SilentLine":
        """Return a line to nobody."""
        return SilentLine()


def _nothing() -> None:
    """Release or end nothing."""


class SilentLine:
    """A line to other tabs where there are none."""

    def send(self, text: str) -> None:
        """Send to nobody."""

    def close(self) -> None:
        """Close nothing."""


class NoTransport:
    """Raises PodioError with ``advice`` when a call is made where nothing can perform it.

    >>> transport = NoTransport("This JavaScript engine has no fetch.")
    """

    def __init__(self, advice: str) -> None:
        self._advice = advice

    async def perform(self, call: "Request", timeout: "float | None") -> "Response":
        """Raise PodioError and not ConnectionFailed: trying again would not help."""
        raise PodioError(self._advice, method=call.method, path=call.path)

    async def close(self) -> None:
        """Release nothing."""
