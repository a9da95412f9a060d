"""A page without a browser: clock, storage, address, popups and other tabs that tests steer."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from podio_web.http import Request, Response
from podio_web.oauth.encoding import form_encode, parse_form
from podio_web.runtime.interpreter import spawn
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.stores.memory import MemoryStore, MemoryTexts

TOKEN_TEXT = "0123456789abcdef0123456789abcdef"
CALLBACK = "https://app.example/static/callback.html"


class FakePopup:
    """A popup as the session sees it; ``answer`` and ``tick`` are what a person and the browser do to it."""

    def __init__(
        self,
        page: "FakePage",
        url: str,
        channel: str,
        on_message: Callable[[object, bool], None],
        on_tick: Callable[[bool, bool, str], None],
    ) -> None:
        self.url = url
        self.channel = channel
        self.state = str(parse_form(url.partition("?")[2])["state"])
        self.acknowledged: list[dict[str, object]] = []
        self.focused = 0
        self.opened_again = 0
        self.closed = False
        self._on_tick = on_tick
        self.hear = on_message
        self._page = page

    def focus(self) -> None:
        self.focused += 1

    def open_again(self) -> None:
        self.opened_again += 1

    def close(self) -> None:
        self.closed = True

    def tick(self, closed: bool, focused: bool, page: str = "") -> None:
        self._on_tick(closed, focused, page)

    def acknowledge(self, text: str) -> None:
        self.acknowledged.append(json.loads(text))

    def answer(self, fragment: str = "", query: str = "", *, attempt: str | None = None, own: bool = False) -> None:
        message = {
            "type": "podio-web:response",
            "version": 1,
            "attempt": self.state if attempt is None else attempt,
            "fragment": fragment,
            "query": query,
        }
        self.hear(json.dumps(message), own)

    def allow(self, access_token: str = TOKEN_TEXT, user_id: int = 1001, **more: str) -> None:
        self.answer(token_fragment(self.state, access_token, user_id, **more))


class FakeLine:
    def __init__(self, name: str, on_text: Callable[[object], None]) -> None:
        self.name = name
        self.sent: list[str] = []
        self.hear = on_text
        self.closed = False

    def send(self, text: str) -> None:
        self.sent.append(text)

    def close(self) -> None:
        self.closed = True


class FakeTransport:
    """Answers by a function of the call; keeps what was asked."""

    def __init__(self, respond: Callable[[Request], Response] | None = None) -> None:
        self.respond = respond or (lambda call: Response(200, {}, "{}"))
        self.calls: list[Request] = []
        self.timeouts: list[float | None] = []
        self.closed = False

    async def perform(self, call: Request, timeout: float | None) -> Response:
        self.calls.append(call)
        self.timeouts.append(timeout)
        return self.respond(call)

    async def close(self) -> None:
        self.closed = True


class FakePage:
    """Implements ``Runtime`` of ``podio_web.runtime.protocols``."""

    def __init__(self, path: str = "/app", query: str = "", fragment: str = "") -> None:
        self.time = 1_800_000_000.0
        self.put_back = 0.0
        self.tab = MemoryTexts()
        self.page_texts = MemoryTexts()
        self.how_to_sign_in = ""
        self.tab_survives = True
        self.timers_last = True
        self.isolated = False
        self.block_popups = False
        self.popups: list[FakePopup] = []
        self.lines: list[FakeLine] = []
        self.shown: list[str] = []
        self.left_for: list[str] = []
        self.location = (path, query, fragment)
        self.transport = FakeTransport()
        self.store = MemoryStore()
        self.slept: list[float] = []
        self.timers: list[tuple[float, Callable[[], object]]] = []
        self.wakers: list[Callable[[], object]] = []
        self.leavers: list[Callable[[], object]] = []
        self.emptied: list[Callable[[], object]] = []
        self.locks: set[str] = set()
        self._states = 0

    def now(self) -> float:
        return self.time + self.put_back

    def monotonic(self) -> float:
        return self.time

    def enter_loop(self) -> bool:
        return False

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)

    def start(self, coroutine: Coroutine[Any, Any, None]) -> object:
        return spawn(coroutine)

    beside = start

    def shared_outcome(self) -> SharedOutcome:
        return SharedOutcome()

    def lead(self, work: Coroutine[Any, Any, None], outcome: SharedOutcome) -> object:
        return self.start(work)

    def adapted(self, transport: Any) -> Any:
        return transport

    def unblocked(self, store: Any) -> Any:
        return store

    def time_left(self) -> float:
        return float("inf")

    async def in_time(self, seconds: float, coroutine: Coroutine[Any, Any, Any], late: Exception) -> Any:
        return await coroutine

    def after(self, seconds: float, callback: Callable[[], object]) -> Callable[[], None]:
        """Timers ring in `pass_time`, in their order."""
        timer = (self.time + seconds, callback)
        self.timers.append(timer)

        def stop() -> None:
            if timer in self.timers:
                self.timers.remove(timer)

        return stop

    def pass_time(self, seconds: float) -> None:
        end = self.time + seconds
        while due := sorted((timer for timer in self.timers if timer[0] <= end), key=lambda timer: timer[0]):
            self.timers.remove(due[0])
            self.time = max(self.time, due[0][0])
            due[0][1]()
        self.time = end

    def on_wake(self, callback: Callable[[], object]) -> Callable[[], None]:
        self.wakers.append(callback)
        return lambda: self.wakers.remove(callback)

    def on_leave(self, callback: Callable[[], object]) -> Callable[[], None]:
        self.leavers.append(callback)
        return lambda: self.leavers.remove(callback)

    def on_emptied(self, callback: Callable[[], object]) -> Callable[[], None]:
        self.emptied.append(callback)
        return lambda: self.emptied.remove(callback)

    async def try_lock(self, name: str) -> Callable[[], None] | None:
        if name in self.locks:
            return None
        self.locks.add(name)
        return lambda: self.locks.discard(name)

    def random_text(self) -> str:
        self._states += 1
        return f"{self._states:064x}"

    def default_redirect_uri(self) -> str:
        return CALLBACK

    def check_redirect_uri(self, redirect_uri: str) -> None:
        if not redirect_uri.startswith("https://app.example/"):
            raise ValueError("redirect_uri is on another origin")

    def default_store(self) -> MemoryStore:
        return self.store

    def default_transport(self) -> FakeTransport:
        return self.transport

    def address(self) -> tuple[str, str, str]:
        return self.location

    def show_address(self, url: str) -> None:
        self.shown.append(url)
        rest, mark, fragment = url.partition("#")
        path, question, query = rest.partition("?")
        self.location = (path, question + query, mark + fragment)

    def leave_for(self, url: str) -> None:
        self.left_for.append(url)

    def open_popup(
        self,
        url: str,
        channel: str,
        on_message: Callable[[object, bool], None],
        on_tick: Callable[[bool, bool, str], None],
        on_blocked: Callable[[], None],
    ) -> FakePopup:
        popup = FakePopup(self, url, channel, on_message, on_tick)
        if self.block_popups:
            asyncio.get_running_loop().call_soon(on_blocked)
        else:
            self.popups.append(popup)
        return popup

    def open_line(self, name: str, on_text: Callable[[object], None]) -> FakeLine:
        self.lines.append(FakeLine(name, on_text))
        return self.lines[-1]

    @property
    def popup(self) -> FakePopup:
        return self.popups[-1]


def token_fragment(state: str, access_token: str = TOKEN_TEXT, user_id: int = 1001, **more: str) -> str:
    """A fragment as Podio writes it: eight parts in alphabetical order."""
    parameters = {
        "access_token": access_token,
        "expires_in": "28800",
        "ref[id]": str(user_id),
        "ref[type]": "user",
        "refresh_token": "fedcba9876543210fedcba9876543210",
        "scope": "global:all",
        "state": state,
        "token_type": "bearer",
    }
    return "#" + form_encode(sorted((parameters | more).items()))
