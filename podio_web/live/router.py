"""Hand the events of a feed to the subscriptions that want their channels."""

from podio_web.live.events import LiveEvent, event_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from podio_web.errors import PodioError
    from podio_web.live.credentials import Credential
    from podio_web.live.protocols import Feed
    from podio_web.runtime.protocols import Runtime
    from podio_web.runtime.shared_outcome import SharedOutcome
    from podio_web.types import LiveStatus

    class Subscriber(Protocol):
        """Takes the events of some channels."""

        def take(self, event: LiveEvent) -> None:
            """Take an event."""

        def end(self, channel: "str | None", problem: "Exception | None") -> None:
            """Take note that a channel has ended, or all of them if it is None."""


class _Channel:
    """A channel with its subscribers. ``outcome`` is whether Podio has agreed."""

    def __init__(self, outcome: "SharedOutcome") -> None:
        self.outcome = outcome
        self.subscribers: list[Subscriber] = []


class Router:
    """The listener of a feed. A channel with several subscribers is subscribed to once.

    - ``runtime``: the client's.
    - ``open_feed``: opens a feed for this listener, when there is a first subscriber.
    - ``feed``: the open feed, or None.

    >>> router = Router(runtime, lambda router: Connection(podio, push_url, router))
    """

    def __init__(self, runtime: "Runtime", open_feed: "Callable[[Router], Feed]") -> None:
        self.feed: Feed | None = None
        self._runtime = runtime
        self._open_feed = open_feed
        self._channels: dict[str, _Channel] = {}

    def join(self, subscriber: "Subscriber", credential: "Credential") -> "SharedOutcome":
        """Add a subscriber to a channel. Returns the outcome of the subscription at Podio."""
        if self.feed is None:
            self.feed = self._open_feed(self)
        entry = self._channels.get(credential.channel)
        if entry is None:
            entry = self._channels[credential.channel] = _Channel(self._runtime.shared_outcome())
            self.feed.want(credential)
        entry.subscribers.append(subscriber)
        return entry.outcome

    def leave(self, subscriber: "Subscriber", channel: str) -> None:
        """Remove a subscriber from a channel. The last one ends the subscription."""
        entry = self._channels.get(channel)
        if entry is not None and subscriber in entry.subscribers:
            entry.subscribers.remove(subscriber)
            if not entry.subscribers:
                del self._channels[channel]
                if self.feed is not None:
                    self.feed.unwant(channel)

    def end(self, problem: "Exception") -> "Feed | None":
        """End all subscriptions, and return the feed to be closed. Those that wait for Podio raise ``problem``."""
        feed, self.feed = self.feed, None
        channels, self._channels = self._channels, {}
        for entry in channels.values():
            entry.outcome.fail(problem)
        for subscriber in _subscribers(list(channels.values())):
            subscriber.end(None, None)
        return feed

    # What a feed calls.

    def on_agreed(self, channel: str) -> None:
        """Tell those who wait for Podio."""
        if channel in self._channels:
            self._channels[channel].outcome.succeed(None)

    def on_ended(self, channel: str, problem: "PodioError") -> None:
        """Tell those who wait for Podio, and the subscribers."""
        entry = self._channels.pop(channel, None)
        if entry is not None:
            entry.outcome.fail(problem)
            for subscriber in list(entry.subscribers):
                subscriber.end(channel, problem)

    def on_event(self, channel: str, data: "Any") -> None:
        """Hand out an event."""
        if channel in self._channels:
            event = event_of(channel, data)
            for subscriber in list(self._channels[channel].subscribers):
                subscriber.take(event)

    def on_gap(self, channels: "list[str]") -> None:
        """Tell each subscriber once."""
        for subscriber in _subscribers([self._channels[name] for name in channels if name in self._channels]):
            subscriber.take(LiveEvent("gap"))

    def on_status(self, status: "LiveStatus") -> None:
        """Do nothing: the feed knows its status."""


def _subscribers(entries: "list[_Channel]") -> "list[Subscriber]":
    """Return the subscribers of some channels, each once."""
    found: list[Subscriber] = []
    for entry in entries:
        found.extend(each for each in entry.subscribers if each not in found)
    return found
