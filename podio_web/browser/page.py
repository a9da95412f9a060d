"""The page as the session sees it: the browser's side of ``podio_web.session.platform``."""

import asyncio
import time

import js

from podio_web.browser.bridge import guarded
from podio_web.browser.fetch import FetchTransport
from podio_web.browser.storage import LocalStorageStore, TabTexts, tab_storage
from podio_web.browser.tabs import TabLine
from podio_web.browser.timers import after, on_wake
from podio_web.compat import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from podio_web.browser.popup import PopupWindow
    from podio_web.session.platform import Platform

CALLBACK_PAGE = "static/callback.html"


class Page:
    """The page that this interpreter runs in."""

    def __init__(self) -> None:
        self.tab = TabTexts(tab_storage())
        self._owner = ""
        self.isolated = bool(js.window.crossOriginIsolated)

    @property
    def tab_survives(self) -> bool:
        """Whether the tab's texts are still there after leaving the page."""
        return self.tab.survives

    def now(self) -> float:
        """Return seconds since 1970."""
        # Not Date.now(): MicroPython cuts whole numbers from JavaScript off at 32 bits.
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def start(self, coroutine: "Coroutine[Any, Any, None]") -> object:
        """Run a coroutine beside the caller."""
        return spawn(coroutine)

    def after(self, seconds: float, callback: "Callable[[], object]") -> "Callable[[], None]":
        """Call ``callback`` later."""
        return after(seconds, callback)

    def on_wake(self, callback: "Callable[[], object]") -> "Callable[[], None]":
        """Call ``callback`` whenever the page comes back into sight."""
        return on_wake(callback)

    async def try_lock(self, name: str) -> "Callable[[], None] | None":
        """Take a lock among the tabs of this origin, or None."""
        # Late, like the popup: a start needs neither.
        from podio_web.browser.locks import try_lock

        self._owner = self._owner or self.random_text()
        return await try_lock(name, self._owner)

    def random_text(self) -> str:
        """Return 256 bits from the browser's cryptographic generator, in hexadecimal digits."""
        js_bytes = js.crypto.getRandomValues(js.Uint8Array.new(32))
        return "".join(f"{js_bytes[index]:02x}" for index in range(32))

    def default_redirect_uri(self) -> str:
        """Return the address of the callback page beside this page."""
        js_url = js.URL.new(CALLBACK_PAGE, js.document.baseURI)
        return f"{js_url.origin}{js_url.pathname}"

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Raise ValueError unless the callback page is on this page's origin: only there can it reach this page."""
        # Asked first: the constructor throws.
        origin = js.URL.new(redirect_uri).origin if js.URL.canParse(redirect_uri) else "nowhere"
        if origin != js.location.origin:
            raise ValueError(
                f"redirect_uri is on {origin}, but this page is on {js.location.origin}: "
                "put callback.html on the page's own origin"
            )

    def default_store(self) -> LocalStorageStore:
        """Return the store on localStorage."""
        return LocalStorageStore()

    def default_transport(self) -> FetchTransport:
        """Return the transport on fetch."""
        return FetchTransport()

    def address(self) -> "tuple[str, str, str]":
        """Return path, query and fragment of the page."""
        return js.location.pathname, js.location.search, js.location.hash

    def show_address(self, url: str) -> None:
        """Replace what the address bar shows, keeping the router's own history state."""
        # With the origin in front: a path that starts with two slashes would name another host.
        guarded(js.history.replaceState, js.history, js.history.state, "", f"{js.location.origin}{url}")

    def leave_for(self, url: str) -> None:
        """Navigate this tab."""
        js.location.assign(url)

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool], None]",
        on_blocked: "Callable[[], None]",
    ) -> "PopupWindow":
        """Open a popup, and listen to it."""
        from podio_web.browser.popup import PopupWindow

        return PopupWindow(url, channel, on_message, on_tick, on_blocked)

    def open_line(self, name: str, on_text: "Callable[[object], None]") -> TabLine:
        """Listen to the other tabs."""
        return TabLine(name, on_text)


def kind_of_page() -> "type[Platform]":
    """Return the class of what is around this interpreter: a page, or a worker without one."""
    if hasattr(js, "document"):
        return Page
    from podio_web.browser.worker import Worker

    return Worker
