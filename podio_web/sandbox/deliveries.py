"""The deliveries of webhooks: a queue for each receiver, and the list that the control interface tells to tests."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from .clock import Clock
from .posting import NotPosted, post_form
from .settings import Settings

# Limits the memory of a sandbox that runs for weeks.
_MOST_DELIVERIES = 10_000
# Deliveries that are out of order wait until no new one has come for this long, in seconds.
_SECONDS_TO_GATHER = 0.2


@dataclass
class Delivery:
    """A request to the URL of a hook.

    Args:
        url: The hook's URL.
        form: The values of the request's body.
        hook_id: The hook.
    """

    url: str
    form: Mapping[str, str]
    hook_id: int
    n: int = 0
    # "waiting", "sent", "answered" or "failed" (no answer).
    state: str = "waiting"
    # When it was queued, sent and answered, in seconds since 1970 by the sandbox's clock.
    queued_at: float = 0.0
    sent_at: float | None = None
    answered_at: float | None = None
    status: int | None = None
    # The start of the answer, or why there is none.
    answer: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the receiver has answered with a status from 200 to 299."""
        return self.status is not None and 200 <= self.status < 300

    def to_dict(self) -> dict[str, Any]:
        """Return the delivery as a JSON object."""
        return {**vars(self), "form": dict(self.form)}


@dataclass
class _Queued:
    """A delivery that has not been sent. ``due`` is on the clock of ``time.monotonic``."""

    delivery: Delivery
    ended: Callable[[Delivery], object]
    due: float
    newest_first: bool


class Deliveries:
    """The latest deliveries, oldest first. Each receiver gets its deliveries one after the other.

    Args:
        clock: The sandbox's clock.
    """

    def __init__(self, clock: Clock) -> None:
        self.entries: list[Delivery] = []
        self._clock = clock
        self._counted = 0
        self._queues: dict[str, deque[_Queued]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def add(self, delivery: Delivery, settings: Settings, ended: Callable[[Delivery], object]) -> None:
        """Queue a delivery. A background task of the running event loop sends it after the caller has returned.

        Args:
            delivery: The delivery.
            settings: Says whether it is sent twice, late or out of order.
            ended: Is called with the delivery when it has an answer or has failed.
        """
        receiver = urlsplit(delivery.url).netloc
        queue = self._queues.setdefault(receiver, deque())
        newest_first = settings.deliver_out_of_order
        due = time.monotonic() + max(settings.deliver_late, _SECONDS_TO_GATHER if newest_first else 0.0)
        for _ in range(2 if settings.deliver_twice else 1):
            one = replace(delivery)
            self._note(one)
            queue.append(_Queued(one, ended, due, newest_first))
        if receiver not in self._running:
            self._running[receiver] = asyncio.get_running_loop().create_task(self._send_all(receiver))

    async def send(self, delivery: Delivery) -> None:
        """Send a delivery now, before all that wait, and note the answer."""
        if not delivery.n:
            self._note(delivery)
        delivery.state, delivery.sent_at = "sent", self._clock.now()
        try:
            delivery.status, delivery.answer = await post_form(delivery.url, delivery.form)
            delivery.state = "answered"
        except NotPosted as problem:
            delivery.state, delivery.answer = "failed", str(problem)
        delivery.answered_at = self._clock.now()

    async def settle(self, seconds: float) -> None:
        """Wait until nothing is waiting, but no longer than a number of seconds."""
        deadline = time.monotonic() + seconds
        while self._running and time.monotonic() < deadline:
            await asyncio.wait(list(self._running.values()), timeout=deadline - time.monotonic())

    def clear(self) -> None:
        """Forget the list. What is waiting is still sent."""
        self.entries.clear()

    def reset(self) -> None:
        """Forget the list, cancel what is waiting, and start numbering at 1 again."""
        for task in self._running.values():
            task.cancel()
        self._running.clear()
        self._queues.clear()
        self._counted = 0
        self.clear()

    def _note(self, delivery: Delivery) -> None:
        self._counted += 1
        delivery.n, delivery.queued_at = self._counted, self._clock.now()
        self.entries.append(delivery)
        if len(self.entries) > _MOST_DELIVERIES:
            del self.entries[: _MOST_DELIVERIES // 10]

    async def _send_all(self, receiver: str) -> None:
        queue = self._queues[receiver]
        try:
            while queue:
                newest_first = queue[-1].newest_first
                pause = queue[-1 if newest_first else 0].due - time.monotonic()
                if pause > 0:
                    # A newer one may come meanwhile, so choose again.
                    await asyncio.sleep(pause)
                    continue
                chosen = queue.pop() if newest_first else queue.popleft()
                await self.send(chosen.delivery)
                chosen.ended(chosen.delivery)
        finally:
            # After a reset, another task may have this receiver.
            if self._queues.get(receiver) is queue:
                del self._running[receiver], self._queues[receiver]
