"""``Subscription``: the events of some channels, one after the other."""

from podio_web.live.events import LiveEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from podio_web.live.credentials import Credential
    from podio_web.live.router import Router
    from podio_web.runtime.protocols import Runtime

LONGEST_QUEUE = 1_000
"""Events that wait to be read. If there are more, all are dropped, and a ``gap`` stands for them."""

NOT_OPEN = "Open the subscription first: async with live.subscribe(item) as events"


class Subscription:
    """The events of some channels. ``Live.subscribe`` returns it.

    Read them as they come: at most 1,000 wait. If you leave the block, Podio is told.

    >>> async with live.subscribe(item) as events:
    ...     async for event in events:
    ...         show(event)
    """

    def __init__(self, router: "Router", credentials: "list[Credential]", runtime: "Runtime") -> None:
        self._router = router
        self._credentials = credentials
        self._runtime = runtime
        self._channels: list[str] = []
        self._queue: list[LiveEvent] = []
        self._arrival = runtime.shared_outcome()
        self._was_opened = False
        self._has_ended = False
        self._problem: Exception | None = None

    async def __aenter__(self) -> "Self":
        if self._was_opened:
            raise RuntimeError("This subscription was opened before. Call live.subscribe() again.")
        self._was_opened = True
        outcomes = []
        for credential in self._credentials:
            if credential.channel not in self._channels:
                self._channels.append(credential.channel)
                outcomes.append(self._router.join(self, credential))
        try:
            for outcome in outcomes:
                await outcome.wait()
        except BaseException:
            self.close()
            raise
        return self

    async def __aexit__(self, *problem: object) -> None:
        self.close()

    def __aiter__(self) -> "Self":
        return self

    async def __anext__(self) -> LiveEvent:
        if not self._was_opened:
            raise RuntimeError(NOT_OPEN)
        while not self._queue:
            if self._has_ended:
                problem, self._problem = self._problem, None
                if problem is not None:
                    raise problem
                raise StopAsyncIteration
            if self._arrival.settled:
                self._arrival = self._runtime.shared_outcome()
            await self._arrival.wait()
        return self._queue.pop(0)

    def close(self) -> None:
        """Unsubscribe. The iterator ends, and events that were not read yet are dropped."""
        self._queue = []
        self._has_ended = True
        self._arrival.succeed(None)
        channels, self._channels = self._channels, []
        for channel in channels:
            self._router.leave(self, channel)

    # What the router calls.

    def take(self, event: LiveEvent) -> None:
        """Keep an event until it is read."""
        queue = self._queue
        if len(queue) >= LONGEST_QUEUE:
            queue.clear()
            event = LiveEvent("gap")
        if event.name != "gap" or not queue or queue[-1].name != "gap":
            queue.append(event)
        self._arrival.succeed(None)

    def end(self, channel: "str | None", problem: "Exception | None") -> None:
        """Take note that a channel has ended, or all of them if it is None. The last one ends the iterator."""
        self._channels = [] if channel is None else [name for name in self._channels if name != channel]
        if channel is None:
            self.close()
        elif self._channels:
            self.take(LiveEvent("ended", channel, problem))
        else:
            self._has_ended = True
            self._problem = problem
            self._arrival.succeed(None)
