"""Tabs without a browser: they share a lock and a channel, and each has a poll that a test plays Podio for."""

from collections.abc import Callable
from typing import Any

from podio_web.errors import PodioError
from podio_web.live.credentials import Credential
from podio_web.live.protocols import Listener
from podio_web.live.shared_feed import SharedFeed
from podio_web.types import LiveStatus
from tests.unit.fake_page import FakePage

NAME = "podio-web:live:test"


class FakeLock:
    """A lock that a tab holds or waits for."""

    def __init__(self, browser: "FakeBrowser", on_held: Callable[[], object], on_lost: Callable[[], object]) -> None:
        self._browser = browser
        self.on_held = on_held
        self.on_lost = on_lost

    def release(self) -> None:
        self._browser.give_up(self)


class FakeLine:
    """A channel to the other tabs. A frozen tab hears nothing."""

    def __init__(self, network: "FakeNetwork", on_text: Callable[[object], None]) -> None:
        self._network = network
        self.hear = on_text

    def send(self, text: str) -> None:
        for network in self._network.browser.networks:
            if network is not self._network and not network.is_frozen:
                for line in list(network.lines):
                    line.hear(text)

    def close(self) -> None:
        self._network.lines.remove(self)


class FakeNetwork:
    """Implements ``Network`` of ``podio_web.runtime.protocols`` for one tab."""

    can_share = True

    def __init__(self, browser: "FakeBrowser") -> None:
        self.browser = browser
        self.lines: list[FakeLine] = []
        self.names: list[str] = []
        self.hidden = False
        self.is_frozen = False

    def is_offline(self) -> bool:
        return False

    def is_hidden(self) -> bool:
        return self.hidden

    def on_online(self, callback: Callable[[], object]) -> Callable[[], None]:
        return lambda: None

    on_offline = on_online

    def open_line(self, name: str, on_text: Callable[[object], None]) -> FakeLine:
        self.names.append(name)
        self.lines.append(FakeLine(self, on_text))
        return self.lines[-1]

    def hold_lock(
        self, name: str, on_held: Callable[[], object], on_lost: Callable[[], object], *, steal: bool = False
    ) -> FakeLock:
        self.names.append(name)
        lock = FakeLock(self.browser, on_held, on_lost)
        self.browser.ask(lock, steal=steal)
        return lock


class FakeBrowser:
    """The lock of an origin with its queue, and the tabs."""

    def __init__(self) -> None:
        self.networks: list[FakeNetwork] = []
        self.queue: list[FakeLock] = []  # the first one holds the lock

    def ask(self, lock: FakeLock, *, steal: bool) -> None:
        if steal:
            robbed, self.queue[:1] = self.queue[:1], [lock]
            lock.on_held()
            for each in robbed:
                each.on_lost()
        else:
            self.queue.append(lock)
            if len(self.queue) == 1:
                lock.on_held()

    def give_up(self, lock: FakeLock) -> None:
        if lock in self.queue:
            held = self.queue[0] is lock
            self.queue.remove(lock)
            if held and self.queue:
                self.queue[0].on_held()


class FakePoll:
    """Implements ``Feed``. The test plays Podio: it accepts subscriptions, and sends events."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.status: LiveStatus = "connecting"
        self.timeout = 2.0
        self.wanted: list[str] = []
        self.waiting: list[str] = []
        self.closed = False
        self.told = False

    def want(self, credential: Credential) -> None:
        assert credential.channel not in self.wanted
        self.wanted.append(credential.channel)
        self.waiting.append(credential.channel)

    def unwant(self, channel: str) -> None:
        self.wanted.remove(channel)
        self.waiting = [each for each in self.waiting if each != channel]

    def close(self) -> None:
        self.closed = True
        self.listener.on_status("closed")

    async def aclose(self) -> None:
        self.told = True

    def agree(self, *channels: str) -> None:
        """Accept subscriptions, by default all that wait. Each is accepted once."""
        self.listener.on_status("live")
        for channel in channels or tuple(self.waiting):
            self.waiting.remove(channel)
            self.listener.on_agreed(channel)


class FakeTab:
    """A tab with its feed, and what it has heard: ``agreed``, ``gap``, ``event``, ``ended`` or a status."""

    def __init__(self, browser: FakeBrowser) -> None:
        self.network = FakeNetwork(browser)
        browser.networks.append(self.network)
        self.page = FakePage()
        self.page.random_text = lambda: f"tab{len(browser.networks)}"  # type: ignore[method-assign]
        self.polls: list[FakePoll] = []
        self.heard: list[Any] = []
        self.feed = SharedFeed(NAME, self.page, self.network, self.open_poll, self)

    def open_poll(self, listener: Listener) -> FakePoll:
        self.polls.append(FakePoll(listener))
        return self.polls[-1]

    @property
    def poll(self) -> FakePoll | None:
        return next((poll for poll in self.polls if not poll.closed), None)

    def want(self, *channels: str) -> None:
        for channel in channels:
            self.feed.want(Credential(channel, "5ca1ab1e", 1_800_000_000, 21_600.0))

    def news(self) -> list[Any]:
        """Return what was heard since the last call."""
        found, self.heard = self.heard, []
        return found

    def crash(self) -> None:
        """End without a word, as a browser ends a tab."""
        self.network.is_frozen = True
        browser = self.network.browser
        for lock in list(browser.queue):
            if getattr(lock.on_held, "__self__", None) is self.feed:
                browser.give_up(lock)

    def on_agreed(self, channel: str) -> None:
        self.heard.append(("agreed", channel))

    def on_ended(self, channel: str, problem: PodioError) -> None:
        self.heard.append(("ended", channel, problem))

    def on_event(self, channel: str, data: Any) -> None:
        self.heard.append(("event", channel, data))

    def on_gap(self, channels: list[str]) -> None:
        self.heard.append(("gap", channels))

    def on_status(self, status: LiveStatus) -> None:
        self.heard.append(status)
