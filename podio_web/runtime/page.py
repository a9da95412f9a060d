"""The page as the session sees it: the browser's side of ``podio_web.runtime.protocols``."""

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
    """Return 256 bits from the browser's cryptographic generator, in hexadecimal digits.

    Raises PodioError where something has taken its place: nothing else keeps an answer from being forged.
    """
    js_bytes = js.Uint8Array.new(32)
    quietly(look(js.globalThis, "crypto"), "getRandomValues", js_bytes)
    text = "".join(f"{js_bytes[index]:02x}" for index in range(32))
    if not text.strip("0"):
        raise PodioError("This page's crypto.getRandomValues does not work, and no sign-in is safe without it.")
    return text


def _show(level: str, text: str) -> None:
    quietly(look(js.globalThis, "console"), level, f"podio_web: {text}")


interpreter.show = _show


class Page:
    """The page that this interpreter runs in."""

    timers_last = True
    # Not Date.now(): MicroPython cuts whole numbers from JavaScript off at 32 bits.
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
        """Why nobody can sign in here: a frame of no origin has no callback page and no storage."""
        if own_origin() != "null":
            return ""
        return (
            "This page is in a sandboxed frame, which has no origin that a sign-in could come back to. Add "
            "allow-same-origin and allow-popups to the frame's sandbox attribute, or open the page by itself."
        )

    @property
    def isolated(self) -> bool:
        """Whether the page is cut off from the windows that it opens."""
        return look(js.window, "crossOriginIsolated") is True

    @property
    def tab_survives(self) -> bool:
        """Whether the tab's texts are still there after leaving the page."""
        return self.tab.survives

    def lead(self, work: "Coroutine[Any, Any, None]", outcome: SharedOutcome) -> object:
        """Run ``work``, which ends with ``outcome``, beside the caller."""
        return self.start(work)

    def adapted(self, transport: "Transport") -> "Transport":
        """Return the transport as it is."""
        return transport

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def try_lock(self, name: str) -> "Callable[[], None] | None":
        """Take a lock among the tabs of this origin, or None."""
        # Late, like the popup: a start needs neither.
        from podio_web.runtime.tab_lock import try_lock

        self._owner = self._owner or self.random_text()
        return await try_lock(name, self._owner)

    def default_redirect_uri(self) -> str:
        """Return the address of the callback page beside this page. Raises ValueError where nobody can tell."""
        try:
            js_url = construct("URL", CALLBACK_PAGE, of_document("baseURI"))
            return f"{read(js_url, 'origin')}{read(js_url, 'pathname')}"
        except Exception:
            raise ValueError(
                "redirect_uri is missing: this page's URL or document.baseURI does not work, which would tell it"
            ) from None

    def check_redirect_uri(self, redirect_uri: str) -> None:
        """Raise ValueError unless the callback page is on this page's origin: only there can it reach this page."""
        here = own_origin()
        if here == "null" or redirect_uri.startswith(f"{here}/"):
            return
        js_url = construct("URL", redirect_uri)
        origin = look(js_url, "origin") or "nowhere"
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
        address = f"{own_origin()}{url}"
        try:
            js_state = read(js.history, "state")
            js_state = jsnull if js_state is None else js_state
            guarded(read(js.history, "replaceState"), js.history, js_state, "", address)
        except Exception:
            interpreter.warn(
                "this page's history.replaceState does not work: the sign-in answer stays in the address bar"
            )

    def leave_for(self, url: str) -> None:
        """Navigate this tab."""
        js.location.assign(url)

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: "Callable[[object, bool], None]",
        on_tick: "Callable[[bool, bool, str], None]",
        on_blocked: "Callable[[], None]",
    ) -> "PopupWindow":
        """Open a popup, and listen to it."""
        from podio_web.runtime.popup_window import PopupWindow

        return PopupWindow(url, channel, on_message, on_tick, on_blocked)


def kind_of_page() -> "type[Runtime]":
    """Return the class of what is around this interpreter: the page, or what stands in for it elsewhere.

    >>> kind_of_page() is Page
    True
    """
    for place, member in _OF_A_PAGE:
        if not quietly(js.Reflect, "has", look(js.globalThis, place), member):
            from podio_web.runtime.worker import Worker

            return Worker
    return Page
