"""The page as the session sees it: the browser's side of ``podio_web.session.platform``."""

import asyncio
import time

import js

from podio_web import compat
from podio_web.browser import timers
from podio_web.browser.bridge import guarded, of_document
from podio_web.browser.fetch import FetchTransport
from podio_web.browser.storage import LocalStorageStore, TabTexts, tab_storage
from podio_web.browser.tabs import TabLine
from podio_web.compat import spawn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.browser.popup import PopupWindow
    from podio_web.session.platform import Platform

CALLBACK_PAGE = "static/callback.html"

# Each by its own name: workers often have one of them, real or borrowed from their page.
_OF_A_PAGE = (
    ("window", "open"),
    ("window", "addEventListener"),
    ("document", "addEventListener"),
    ("document", "baseURI"),
    ("history", "replaceState"),
    ("location", "assign"),
)


def random_text() -> str:
    """Return 256 bits from the browser's cryptographic generator, in hexadecimal digits."""
    js_bytes = js.crypto.getRandomValues(js.Uint8Array.new(32))
    return "".join(f"{js_bytes[index]:02x}" for index in range(32))


def _show(level: str, text: str) -> None:
    getattr(js.console, level)(f"podio_web: {text}")


compat.show = _show


class Page:
    """The page that this interpreter runs in."""

    timers_last = True
    # Not Date.now(): MicroPython cuts whole numbers from JavaScript off at 32 bits.
    now = staticmethod(time.time)
    start = staticmethod(spawn)
    after = staticmethod(timers.after)
    on_wake = staticmethod(timers.on_wake)
    open_line = staticmethod(TabLine)
    default_store = staticmethod(LocalStorageStore)
    default_transport = staticmethod(FetchTransport)
    random_text = staticmethod(random_text)

    def __init__(self) -> None:
        self.tab = TabTexts(tab_storage())
        self._owner = ""

    @property
    def isolated(self) -> bool:
        """Whether the page is cut off from the windows that it opens."""
        return bool(js.window.crossOriginIsolated)

    @property
    def tab_survives(self) -> bool:
        """Whether the tab's texts are still there after leaving the page."""
        return self.tab.survives

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def try_lock(self, name: str) -> "Callable[[], None] | None":
        """Take a lock among the tabs of this origin, or None."""
        # Late, like the popup: a start needs neither.
        from podio_web.browser.locks import try_lock

        self._owner = self._owner or self.random_text()
        return await try_lock(name, self._owner)

    def default_redirect_uri(self) -> str:
        """Return the address of the callback page beside this page."""
        js_url = js.URL.new(CALLBACK_PAGE, of_document("baseURI"))
        return f"{js_url.origin}{js_url.pathname}"

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Raise ValueError unless the callback page is on this page's origin: only there can it reach this page."""
        here = js.location.origin
        if redirect_uri.startswith(f"{here}/"):
            return
        # Asked first: the constructor throws.
        origin = js.URL.new(redirect_uri).origin if js.URL.canParse(redirect_uri) else "nowhere"
        if origin != here:
            raise ValueError(
                f"redirect_uri is on {origin}, but this page is on {here}: put callback.html on the page's own origin"
            )

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


def kind_of_page() -> "type[Platform]":
    """Return the class of what is around this interpreter: the page, or what stands in for it elsewhere.

    >>> kind_of_page() is Page
    True
    """
    for place, member in _OF_A_PAGE:
        if not hasattr(getattr(js, place, None), member):
            from podio_web.browser.worker import Worker

            return Worker
    return Page
