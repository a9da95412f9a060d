"""The feed of a tab that shares one poll with the other tabs of the same person."""

import podio_web.errors as errors
from podio_web.live.credentials import credential_of
from podio_web.live.errors import PushRefused
from podio_web.live.sharing import Sharing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.live.credentials import Credential
    from podio_web.live.protocols import Feed, Listener
    from podio_web.runtime.protocols import Network, Runtime
    from podio_web.types import LiveStatus

FIRST_TIMEOUT = 10.0
"""Seconds that stand for the timeout of the poll until the leader has said it."""

LONG_SLEEP = 60.0
"""Seconds beyond two timeouts without a timer after which a tab has slept. A hidden tab's timers come once a minute."""


class SharedFeed:
    """A feed that polls only while this tab holds the lock ``name``. Otherwise another tab polls for it.

    - ``open_poll(listener)``: opens the feed that polls.
    - ``listener``: hears what arrives for this tab.

    Example::

        feed = SharedFeed("podio-web:live:…", runtime, find_network(), open_poll, listener)
    """

    def __init__(
        self,
        name: str,
        runtime: "Runtime",
        network: "Network",
        open_poll: "Callable[[Listener], Feed]",
        listener: "Listener",
    ) -> None:
        self.status: LiveStatus = "connecting"
        self.timeout: float = FIRST_TIMEOUT
        self._name = name
        self._runtime = runtime
        self._network = network
        self._open_poll = open_poll
        self._listener = listener
        self._poll: Any = None  # a Feed while this tab leads
        self._lock: Any = None  # from the end of this constructor on, a Lock
        self._is_away = False
        self._seen = runtime.now()
        self._sharing = Sharing(runtime.random_text(), self)
        self._line = network.open_line(name, self._heard)
        self._stops = [runtime.on_leave(self._leave), runtime.on_wake(self._wake)]
        self._stop_timer = runtime.after(self.timeout, self._tick)
        self._wait_for_lock()

    def want(self, credential: "Credential") -> None:
        """Subscribe to a channel, by way of the leader."""
        self._sharing.want(credential.channel, credential.to_dict())

    def unwant(self, channel: str) -> None:
        """Unsubscribe from a channel. Another tab may still want it."""
        self._sharing.unwant(channel)

    def close(self) -> None:
        """Take part no more. If this tab polls, the next one takes over."""
        if self.status == "closed":
            return
        for stop in self._stops:
            stop()
        self._stop_timer()
        self._leave()
        self._line.close()
        self.on_state("closed", self.timeout)

    async def aclose(self) -> None:
        """Close, and wait until Podio was told, if this tab polls."""
        poll = self._poll
        self.close()
        if poll is not None:
            await poll.aclose()

    # What ``Sharing`` asks for.

    def send(self, text: str) -> None:
        """Send a text to the other tabs."""
        self._line.send(text)

    def steal(self) -> None:
        """Take the lock from the tab that holds it."""
        self._lock.release()
        self._wait_for_lock(steal=True)

    def poll(self, channel: str, push: "dict[str, Any]") -> None:
        """Subscribe to a channel."""
        self._poll.want(credential_of(push))

    def poll_without(self, channel: str) -> None:
        """Unsubscribe from a channel."""
        self._poll.unwant(channel)

    def poll_timeout(self) -> float:
        """Return the seconds that Podio lets the poll wait."""
        timeout: float = self._poll.timeout
        return timeout

    def on_agreed(self, channel: str) -> None:
        """Pass it on."""
        self._listener.on_agreed(channel)

    def on_ended(self, channel: str, problem: "dict[str, Any]") -> None:
        """Pass it on, as an error."""
        self._listener.on_ended(channel, problem_of(channel, problem))

    def on_event(self, channel: str, data: "Any") -> None:
        """Pass it on."""
        self._listener.on_event(channel, data)

    def on_gap(self, channels: "list[str]") -> None:
        """Pass it on."""
        self._listener.on_gap(channels)

    def on_state(self, status: "LiveStatus", timeout: float) -> None:
        """Pass the status on if it has changed."""
        self.timeout = timeout
        if status != self.status:
            self.status = status
            self._listener.on_status(status)

    # The lock, the page and the clock.

    def _wait_for_lock(self, *, steal: bool = False) -> None:
        self._lock = self._network.hold_lock(self._name, self._held, self._stolen, steal=steal)

    def _heard(self, text: object) -> None:
        if not self._is_away:
            self._sharing.heard(text)

    def _held(self) -> None:
        self._poll = self._open_poll(self._sharing)
        self._sharing.elected()

    def _stolen(self) -> None:
        self._sharing.deposed()
        self._end_poll()
        self.on_state("connecting", self.timeout)
        self._wait_for_lock()

    def _end_poll(self) -> None:
        poll, self._poll = self._poll, None
        if poll is not None:
            poll.close()

    def _leave(self) -> None:
        """Let another tab poll while this page is left. The browser may keep it, and freeze it with the lock."""
        if not self._is_away:
            self._is_away = True
            self._sharing.leave()
            self._end_poll()
            self._lock.release()

    def _wake(self) -> None:
        """Come back to a page that was left, and look after the leader."""
        if self._is_away:
            self._is_away = False
            self._sharing.come_back()
            self._wait_for_lock()
        self._look()

    def _tick(self) -> None:
        self._stop_timer = self._runtime.after(self.timeout, self._tick)
        self._look()

    def _look(self) -> None:
        """Ask whether the leader lives. After a long sleep, messages of it may be lost."""
        now = self._runtime.now()
        has_slept = now - self._seen > 2 * self.timeout + LONG_SLEEP
        self._seen = now
        if has_slept and not self._sharing.leads:  # the poll of a leader looks at the clock itself
            self._sharing.come_back()
        self._sharing.tick(self._network.is_hidden())


def problem_of(channel: str, record: "dict[str, Any]") -> errors.PodioError:
    """Return the error in a record that another tab has sent.

    Example::

        problem_of("/item/6101", {"name": "NotFoundError", "text": "…", "status": 404})  # NotFoundError('…')
    """
    if record["name"] == PushRefused.__name__:
        return PushRefused(record["text"], channel=channel)
    kind: type[errors.PodioError] = getattr(errors, record["name"], errors.PodioError)
    return kind(record["text"], status=record["status"])
