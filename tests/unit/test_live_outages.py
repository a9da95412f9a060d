"""Outages of every kind, one after the other, in virtual time: live again, and nothing is lost without a gap."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from podio_web.live import Live
from podio_web.live.connection import Connection
from tests.unit.fake_push import FakePush, Network
from tests.unit.virtual_time import VirtualRuntime, run_virtually

CHANNELS = [f"/item/{number}" for number in range(5)]


class Watched:
    """A live subscription to five channels with everything that a test needs. Make it inside the event loop.

    - ``seen``: ``"gap"`` and the numbers of the messages, in their order, each with the time.
    - ``sent``: when each message was published, and where.
    """

    def __init__(self, seed: int) -> None:
        self.runtime = VirtualRuntime(seed)
        self.push = FakePush(self.runtime)
        self.network = Network()
        self.podio = self.push.podio()
        self.live = Live(
            self.podio, open_feed=lambda podio, url, listener: Connection(podio, url, listener, self.network)
        )
        self.seen: list[tuple[Any, float]] = []
        self.sent: dict[int, tuple[float, str]] = {}

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        async with self.live.subscribe(*map(self.push.push, CHANNELS)) as events:

            async def read() -> None:
                async for event in events:
                    self.seen.append((event.data if event.name == "update" else event.name, self.runtime.monotonic()))

            task = asyncio.create_task(read())
            yield
            await self.settle()
        await task
        await self.live.aclose()

    def publish(self, channel: str) -> None:
        """Publish a message with the next number."""
        number = len(self.sent)
        self.sent[number] = (self.runtime.monotonic(), channel)
        self.push.publish(channel, {"event": "update", "data": number})

    async def settle(self) -> None:
        """Wait until the connection is live again, at most for two of the longest pauses."""
        for _ in range(600):
            if self.live.status == "live":
                break
            await asyncio.sleep(0.2)
        assert self.live.status == "live"
        await asyncio.sleep(1)

    def check(self) -> int:
        """Check what was seen, and return how many messages were lost."""
        numbers = [each for each, _ in self.seen if each != "gap"]
        assert len(set(numbers)) == len(numbers), "a message came twice"
        for channel in CHANNELS:
            own = [number for number in numbers if self.sent[number][1] == channel]
            assert own == sorted(own), "out of order"
        lost = set(self.sent) - set(numbers)
        for number in lost:
            sent_at = self.sent[number][0]
            later = [
                each for each, at in self.seen if (each == "gap" and at >= sent_at) or (each != "gap" and each > number)
            ]
            assert later[0] == "gap", f"message {number} was lost without a gap"
        return len(lost)


async def break_it(watched: Watched, kind: str, chance: random.Random) -> None:
    """Let an outage happen, with messages before, while and after it."""
    push, runtime = watched.push, watched.runtime
    seconds = chance.choice([0.2, 1.0, 5.0, 40.0])
    if kind == "kill":
        push.kill()
    elif kind in ("refuse", "500", "rubbish", "lose"):
        push.broken = kind
        if chance.random() < 0.5:
            push.kill()
        watched.publish(chance.choice(CHANNELS))
        await asyncio.sleep(seconds)
        push.broken = None
    elif kind == "restart":
        push.broken = "refuse"
        push.kill()
        push.forget()
        await asyncio.sleep(seconds)
        push.broken = None
    elif kind == "forget":
        push.forget()
    elif kind == "expire":
        runtime.asleep += 22_000
        push.forget()
    elif kind == "sleep":
        runtime.wake(600)
    elif kind == "offline":
        watched.network.change(offline=True)
        await asyncio.sleep(seconds)
        watched.network.change(offline=False)


KINDS = ("kill", "refuse", "500", "rubbish", "lose", "restart", "forget", "expire", "sleep", "offline")


@pytest.mark.parametrize("seed", range(10))
def test_after_fifty_outages_nothing_is_lost_without_a_gap(seed: int) -> None:
    chance = random.Random(seed)

    async def main() -> tuple[Watched, int]:
        watched = Watched(seed)
        gaps = 0
        async with watched.watching():
            await watched.settle()
            for number in range(50):
                watched.publish(chance.choice(CHANNELS))
                if chance.random() < 0.5:
                    await asyncio.sleep(chance.random())
                before = len(watched.seen)
                await break_it(watched, KINDS[(number + seed) % len(KINDS)], chance)
                watched.publish(chance.choice(CHANNELS))
                await watched.settle()
                watched.publish(CHANNELS[0])
                await asyncio.sleep(0.5)
                seen = [each for each, _ in watched.seen[before:]]
                assert seen.count("gap") <= 1
                assert seen[-1] == len(watched.sent) - 1
                gaps += seen.count("gap")
        return watched, gaps

    watched, gaps = run_virtually(main())
    assert watched.check() > 0, "no outage lost anything: the test shows nothing"
    assert gaps > 20
    assert watched.push.most_polls == 1


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("broken", ["refuse", "500", "rubbish", "lose"])
def test_an_outage_makes_few_attempts(broken: str, seed: int) -> None:
    async def main() -> list[float]:
        watched = Watched(seed)
        async with watched.watching():
            await watched.settle()
            watched.push.broken = broken
            watched.push.kill()
            begun = watched.runtime.monotonic()
            await asyncio.sleep(600)
            watched.push.broken = None
        return [at - begun for at, _ in watched.push.posts if 0 < at - begun <= 600]

    attempts = run_virtually(main())
    assert len([at for at in attempts if at <= 60]) <= 12
    assert len(attempts) <= 60
