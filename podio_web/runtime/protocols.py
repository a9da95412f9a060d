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
    """A popup window, which may be closed."""

    def focus(self) -> None:
        """Bring the window to the front."""

    def open_again(self) -> None:
        """Open another window with the same URL, because the state of the first one is unknown."""

    def close(self) -> None:
        """Close the window and stop listening."""

    def acknowledge(self, text: str) -> None:
        """Tell the callback page that its redirect response has arrived."""


class Line(Protocol):
    """A channel to the other tabs of the same page."""

    def send(self, text: str) -> None:
        """Send a text to every other tab."""

    def close(self) -> None:
        """Stop sending and listening."""


class Lock(Protocol):
    """A lock among the tabs of this origin, or a place in its queue."""

    def release(self) -> None:
        """Release the lock, or leave the queue. Releasing twice has no effect."""


class PopupOpener(Protocol):
    """The part of a runtime that a popup sign-in needs."""

    @property
    def isolated(self) -> bool:
        """Whether the page is ``crossOriginIsolated``. Then a popup's ``closed`` means nothing."""

    def now(self) -> float:
        """Return seconds since 1970."""

    def monotonic(self) -> float:
        """Return seconds on a monotonic clock."""

    def after(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` once after ``seconds``. Returns a function that prevents it."""

    def random_text(self) -> str:
        """Return at least 128 random bits from a cryptographic generator, in hexadecimal digits."""

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: Callable[[object, bool], None],
        on_tick: Callable[[bool, bool, str], None],
        on_blocked: Callable[[], None],
    ) -> Popup:
        """Open ``url`` in a popup when the running callback returns to the browser.

        - ``on_message(data, own_popup)``: receives the messages of the BroadcastChannel ``channel`` and those that
          windows of this origin post. ``own_popup``: whether the popup posted it.
        - ``on_tick(closed, focused, page)``: called a few times per second. ``closed``: whether the popup is
          closed. ``focused``: whether this page has the focus. ``page``: the URL in the popup, without query and
          fragment, or an empty text if it is of another origin.
        - ``on_blocked()``: called, after this function has returned, if the browser did not open the window.
        """


class Runtime(PopupOpener, Protocol):
    """What a client runs in: clock, random numbers, storage, address, windows, other tabs."""

    @property
    def tab(self) -> TextStorage:
        """Texts that last as long as the tab. They are kept in memory if storage fails."""

    @property
    def page_texts(self) -> Texts:
        """Texts that last as long as the page. All its interpreters share them."""

    @property
    def how_to_sign_in(self) -> str:
        """Why a sign-in is not possible here, and what to do instead. An empty text if it is possible."""

    @property
    def tab_survives(self) -> bool:
        """Whether ``tab`` survives leaving the page and coming back."""

    @property
    def timers_last(self) -> bool:
        """Whether timers always fire. The timers of an event loop end with it."""

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""

    def start(self, coroutine: Coroutine[Any, Any, None]) -> object:
        """Run a coroutine concurrently with the caller. Its exceptions are reported."""

    def shared_outcome(self) -> SharedOutcome:
        """Return an outcome that the tasks or threads of this runtime can wait for."""

    def lead(self, work: Coroutine[Any, Any, None], outcome: SharedOutcome) -> object:
        """Run ``work``, which settles ``outcome``, concurrently with the caller."""

    def adapted(self, transport: Transport) -> Transport:
        """Return the transport as the clients of this runtime use it."""

    def on_wake(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` whenever the page becomes visible. Returns a function that ends this."""

    def on_leave(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` whenever the page is about to be left. Returns a function that ends this."""

    def on_emptied(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` when another tab clears the storage. Returns a function that ends this."""

    async def try_lock(self, name: str) -> Callable[[], None] | None:
        """Take the lock ``name`` of this origin. Returns a function that releases it, or None if it is taken.

        If a tab is closed or crashes, its lock is released.
        """

    def default_redirect_uri(self) -> str:
        """Return the URL of ``static/callback.html`` beside the page."""

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Raise ValueError if a redirect response to this URI cannot reach the page."""

    def default_store(self) -> SessionStore:
        """Return the default session store."""

    def default_transport(self) -> Transport:
        """Return the default transport."""

    def address(self) -> tuple[str, str, str]:
        """Return the path, the query with ``?`` and the fragment with ``#`` of the page."""

    def show_address(self, url: str) -> None:
        """Show a local URL in the address bar, without navigation or a new history entry."""

    def leave_for(self, url: str) -> None:
        """Navigate this tab to ``url``."""

    def open_line(self, name: str, on_text: Callable[[object], None]) -> Line:
        """Listen to the other tabs on the channel ``name``."""


class Network(Protocol):
    """What live updates need besides the runtime. Pages have it only if they ask for live updates."""

    @property
    def can_share(self) -> bool:
        """Whether the tabs of this origin can agree which one of them polls."""

    def is_offline(self) -> bool:
        """Return whether the device says that it is offline."""

    def is_hidden(self) -> bool:
        """Return whether nobody sees this page."""

    def on_online(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` when the device goes online. Returns a function that ends this."""

    def on_offline(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` when the device goes offline. Returns a function that ends this."""

    def open_line(self, name: str, on_text: Callable[[object], None]) -> Line:
        """Listen to the other tabs on the channel ``name``."""

    def hold_lock(
        self, name: str, on_held: Callable[[], object], on_lost: Callable[[], object], *, steal: bool = False
    ) -> Lock:
        """Wait for the lock ``name`` of this origin, and hold it.

        - ``on_held()``: called when this tab has the lock. If a tab is closed or crashes, the next one gets it.
        - ``on_lost()``: called when another tab has stolen the lock.
        - ``steal``: whether to take the lock from the tab that has it.
        """


class ServerRuntime(Runtime, Protocol):
    """The runtime of a server or a script, with event loops and threads, and without a person."""

    def enter_loop(self) -> bool:
        """Return whether the event loop has changed. Raises RuntimeError if the previous loop is still running."""

    def beside(self, coroutine: Coroutine[Any, Any, None]) -> object:
        """Run a coroutine that may outlive the caller's request."""

    def time_left(self) -> float:
        """Return the seconds that the current request has left; infinity if ``in_time`` cancels it."""

    async def in_time(self, seconds: float, coroutine: Coroutine[Any, Any, Any], late: Exception) -> Any:
        """Return the coroutine's result. After ``seconds`` it is cancelled and ``late`` is raised."""

    def unblocked(self, store: SessionStore) -> SessionStore:
        """Return the store, wrapped so that it does not block the event loop."""
