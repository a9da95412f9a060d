"""What the session needs from the page around it, as protocols.

``podio_web.runtime.page`` implements them in a page. Tests pass fakes. Nothing imports this module at run time, and
pages do not have it.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from podio_web.runtime.shared_outcome import SharedOutcome
    from podio_web.stores.text import Texts, TextStorage
    from podio_web.types import SessionStore, Transport


class Popup(Protocol):
    """A popup window that is open, or was."""

    def focus(self) -> None:
        """Bring the window to the front."""

    def open_again(self) -> None:
        """Open another window for the same address, because nobody can tell what became of the first."""

    def close(self) -> None:
        """Close the window and stop listening and ticking."""

    def acknowledge(self, text: str) -> None:
        """Tell the callback page that its answer has arrived."""


class Line(Protocol):
    """A way to talk to the other tabs of the same page."""

    def send(self, text: str) -> None:
        """Send a text to every other tab."""

    def close(self) -> None:
        """Stop sending and listening."""


class PopupOpener(Protocol):
    """What a sign-in by popup needs."""

    @property
    def isolated(self) -> bool:
        """Whether the page is ``crossOriginIsolated``: then a popup's ``closed`` means nothing."""

    def now(self) -> float:
        """Return seconds since 1970."""

    def monotonic(self) -> float:
        """Return seconds on a clock that nobody puts back, for durations."""

    def after(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` once, ``seconds`` from now; returns a function that prevents it."""

    def random_text(self) -> str:
        """Return at least 128 bits from the platform's cryptographic generator, in hexadecimal digits."""

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: Callable[[object, bool], None],
        on_tick: Callable[[bool, bool, str], None],
        on_blocked: Callable[[], None],
    ) -> Popup:
        """Open ``url`` in a popup as soon as the running callback returns to the browser.

        ``on_message(data, own_popup)`` hears the BroadcastChannel ``channel`` and what windows of this origin post
        here; ``own_popup`` says that it came from this very popup. ``on_tick(closed, focused, page)`` is called a
        few times a second: is the popup closed, has this page the focus, and what page of this origin does the
        popup show, as an address without query and fragment, '' if none? ``on_blocked()`` is called, later than
        this function returns, when the browser did not open the window.
        """


class Runtime(PopupOpener, Protocol):
    """The page: clock, randomness, storage, address, windows, other tabs."""

    @property
    def tab(self) -> TextStorage:
        """Texts that live as long as the tab; never raises, falls back to memory."""

    @property
    def page_texts(self) -> Texts:
        """Texts that live as long as the page, and that all its interpreters share."""

    @property
    def how_to_sign_in(self) -> str:
        """Why nobody can sign in here, and what to do instead; '' where a person can."""

    @property
    def tab_survives(self) -> bool:
        """Whether ``tab`` is still there after leaving the page and coming back."""

    @property
    def timers_last(self) -> bool:
        """Whether timers ring in any case; an event loop takes its timers along when it ends."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""

    def start(self, coroutine: Coroutine[Any, Any, None]) -> object:
        """Run a coroutine beside the caller; what it raises is reported."""

    def shared_outcome(self) -> SharedOutcome:
        """Return an outcome that the tasks or threads of this runtime can wait for."""

    def lead(self, work: Coroutine[Any, Any, None], outcome: SharedOutcome) -> object:
        """Run ``work``, which ends with ``outcome``, beside the caller."""

    def adapted(self, transport: Transport) -> Transport:
        """Return the transport as the clients of this runtime use it."""

    def on_wake(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` whenever the page comes back into sight; returns a function that ends this."""

    def on_leave(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` whenever the page is about to be left; returns a function that ends this."""

    def on_emptied(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` when another tab removes what stores keep; returns a function that ends this."""

    async def try_lock(self, name: str) -> Callable[[], None] | None:
        """Return what gives the lock ``name`` of this origin back, or None while another tab holds it.

        A tab that is closed, or dies, holds it no longer.
        """

    def default_redirect_uri(self) -> str:
        """Return the address of ``static/callback.html`` beside the page."""

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Raise ValueError when an answer sent there could not reach this page."""

    def default_store(self) -> SessionStore:
        """Return the store to use when the caller names none."""

    def default_transport(self) -> Transport:
        """Return the transport to use when the caller names none."""

    def address(self) -> tuple[str, str, str]:
        """Return path, query with ``?`` and fragment with ``#`` of the page."""

    def show_address(self, url: str) -> None:
        """Replace what the address bar shows by a local URL: no navigation, no new history entry."""

    def leave_for(self, url: str) -> None:
        """Navigate this tab to ``url``."""

    def open_line(self, name: str, on_text: Callable[[object], None]) -> Line:
        """Listen to the other tabs on the channel ``name``."""


class ServerRuntime(Runtime, Protocol):
    """A server, or a script's machine: event loops, threads, and nobody to be asked."""

    def enter_loop(self) -> bool:
        """Tell whether the event loop is another one than before. Raises RuntimeError if that one still runs."""

    def beside(self, coroutine: Coroutine[Any, Any, None]) -> object:
        """Run a coroutine that outlives the call it comes from."""

    def time_left(self) -> float:
        """Return the seconds that the call under way has left, where nobody ends it from outside."""

    async def in_time(self, seconds: float, coroutine: Coroutine[Any, Any, Any], late: Exception) -> Any:
        """Return what a coroutine returns; after ``seconds`` end it, and raise ``late``."""

    def unblocked(self, store: SessionStore) -> SessionStore:
        """Return the store, so that none of its operations holds up an event loop."""
