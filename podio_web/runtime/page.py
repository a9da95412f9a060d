"""The runtime of a page: the browser's implementation of ``podio_web.runtime.protocols``."""

import asyncio
import time

import js

from podio_web.errors import PodioError
from podio_web.runtime import interpreter, timers
from podio_web.runtime.browser_storage import PageTexts, TabTexts, tab_storage
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.js_bridge import construct, guarded, jsnull, look, of_document, own_origin, quietly, read
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.runtime.tab_channel import TabLine
from podio_web.stores.web_storage import LocalStorageStore
from podio_web.transports.fetch import FetchTransport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from podio_web.runtime.popup_window import PopupWindow
    from podio_web.runtime.protocols import Runtime
    from podio_web.types import Transport

CALLBACK_PAGE = "static/callback.html"

# All are checked, because workers often have some of them, their own or borrowed from their page.
_OF_A_PAGE = (
    ("window", "open"),
    ("window", "addEventListener"),
    ("document", "addEventListener"),
    ("document", "baseURI"),
    ("history", "replaceState"),
    ("location", "assign"),
)


def random_text() -> str:
    """Return 256 random bits from the browser's cryptographic generator, in hexadecimal digits.

    Raises PodioError if the page has replaced the generator, because then a redirect response could be forged.

    >>> len(random_text())
    64
    """
    js_bytes = js.Uint8Array.new(32)
    quietly(look(js.globalThis, "crypto"), "getRandomValues", js_bytes)
    text = "".join(f"{js_bytes[index]:02x}" for index in range(32))
    if not text.strip("0"):
        raise PodioError("This page's crypto.getRandomValues does not work. Without it, no sign-in is safe.")
    return text


def _show(level: str, text: str) -> None:
    quietly(look(js.globalThis, "console"), level, f"podio_web: {text}")


interpreter.show = _show


class Page:
    """The runtime of the page that this interpreter runs in.

    >>> Page().default_redirect_uri()
    'https://example.com/static/callback.html'
    """

    timers_last = True
    # Not Date.now(), because MicroPython cuts integers from JavaScript to 32 bits.
    now: "Callable[[], float]" = staticmethod(time.time)
    start: "staticmethod[[Coroutine[Any, Any, Any]], object]" = staticmethod(spawn)
    after: "staticmethod[[float, Callable[[], object]], Callable[[], None]]" = staticmethod(timers.after)
    on_wake: "staticmethod[[Callable[[], object]], Callable[[], None]]" = staticmethod(timers.on_wake)
    on_leave: "staticmethod[[Callable[[], object]], Callable[[], None]]" = staticmethod(timers.on_leave)
    on_emptied: "staticmethod[[Callable[[], object]], Callable[[], None]]" = staticmethod(timers.on_emptied)
    open_line: "staticmethod[[str, Callable[[object], None]], TabLine]" = staticmethod(TabLine)
    default_store: "staticmethod[[], LocalStorageStore]" = staticmethod(LocalStorageStore)
    default_transport: "staticmethod[[], FetchTransport]" = staticmethod(FetchTransport)
    random_text: "staticmethod[[], str]" = staticmethod(random_text)
    shared_outcome: "staticmethod[[], SharedOutcome]" = staticmethod(SharedOutcome)

    def __init__(self) -> None:
        self.tab: TabTexts = TabTexts(tab_storage())
        self.page_texts: PageTexts = PageTexts()
        self.monotonic: Callable[[], float] = timers.monotonic_clock()
        self._owner = ""

    @property
    def how_to_sign_in(self) -> str:
        """Why a sign-in is not possible here, or an empty text. A frame without an origin has no callback page."""
        if own_origin() != "null":
            return ""
        return (
            "This page is in a sandboxed frame, which has no origin that a sign-in could come back to. Add "
            "allow-same-origin and allow-popups to the frame's sandbox attribute, or open the page by itself."
        )

    @property
    def isolated(self) -> bool:
        """Whether the page is separated from the windows that it opens."""
        return look(js.window, "crossOriginIsolated") is True

    @property
    def tab_survives(self) -> bool:
        """Whether the tab's texts survive leaving the page."""
        return self.tab.survives

    def lead(self, work: "Coroutine[Any, Any, None]", outcome: SharedOutcome) -> object:
        """Run ``work``, which settles ``outcome``, concurrently with the caller."""
        return self.start(work)

    def adapted(self, transport: "Transport") -> "Transport":
        """Return the transport as it is."""
        return transport

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        await asyncio.sleep(seconds)

    async def try_lock(self, name: str) -> "Callable[[], None] | None":
        """Take a lock among the tabs of this origin. Returns a function that releases it, or None."""
        # Imported late, like the popup: a page needs neither at startup.
        from podio_web.runtime.tab_lock import try_lock

        self._owner = self._owner or self.random_text()
        return await try_lock(name, self._owner)

    def default_redirect_uri(self) -> str:
        """Return the URL of the callback page beside this page. Raises ValueError if it is unknown."""
        try:
            js_url = construct("URL", CALLBACK_PAGE, of_document("baseURI"))
            return f"{read(js_url, 'origin')}{read(js_url, 'pathname')}"
        except Exception:
            raise ValueError(
                "redirect_uri is missing. It has no default, because this page's URL or document.baseURI does not work"
            ) from None

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Raise ValueError unless the callback page is on this page's origin. Otherwise it cannot reach this page."""
        here = own_origin()
        if here == "null" or redirect_uri.startswith(f"{here}/"):
            return
        js_url = construct("URL", redirect_uri)
        origin = look(js_url, "origin") or "nowhere"
        if origin != here:
            raise ValueError(
                f"redirect_uri is on {origin}, but this page is on {here}. Put callback.html on the page's own origin"
            )

    def address(self) -> "tuple[str, str, str]":
        """Return the path, the query and the fragment of the page."""
        return js.location.pathname, js.location.search, js.location.hash

    def show_address(self, url: str) -> None:
        """Replace the URL in the address bar, and keep the history state."""
        # With the origin, because a path that starts with two slashes would name another host.
        address = f"{own_origin()}{url}"
        try:
            js_state = read(js.history, "state")
            js_state = jsnull if js_state is None else js_state
            guarded(read(js.history, "replaceState"), js.history, js_state, "", address)
        except Exception:
            interpreter.warn(
                "This page's history.replaceState does not work. The redirect response stays in the address bar."
            )

    def leave_for(self, url: str) -> None:
        """Navigate this tab to ``url``."""
        js.location.assign(url)

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool, str], None]",
        on_blocked: "Callable[[], None]",
    ) -> "PopupWindow":
        """Open a popup and listen to it."""
        from podio_web.runtime.popup_window import PopupWindow

        return PopupWindow(url, channel, on_message, on_tick, on_blocked)


def kind_of_page() -> "type[Runtime]":
    """Return the runtime class for this interpreter: ``Page``, or ``Worker`` if it does not run in a page.

    >>> kind_of_page() is Page
    True
    """
    for place, member in _OF_A_PAGE:
        if not quietly(js.Reflect, "has", look(js.globalThis, place), member):
            from podio_web.runtime.worker import Worker

            return Worker
    return Page
