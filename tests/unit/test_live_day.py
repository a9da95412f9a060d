"""A working day of polling in virtual time: memory and timers stay as they are."""

import asyncio
import gc
import tracemalloc

from podio_web.live import Live
from tests.unit.fake_push import FakePush
from tests.unit.virtual_time import VirtualRuntime, run_virtually


def test_eight_hours_take_no_more_memory_and_timers_than_one() -> None:
    async def main() -> None:
        runtime = VirtualRuntime()
        push = FakePush(runtime)
        podio = push.podio()
        others = runtime.timers
        live = Live(podio)
        channels = [f"/item/{number}" for number in range(5)]
        most = 0

        async def hour() -> int:
            """Let an hour pass, with events and an outage; return the memory that this package takes, in bytes."""
            nonlocal most
            for minute in range(60):
                push.publish(channels[minute % 5], {"event": "update", "data": minute})
                if minute == 30:
                    push.kill()
                await asyncio.sleep(60)
                most = max(most, runtime.timers - others)
            # What the fake server has counted is not ours.
            push.posts.clear()
            push.sizes.clear()
            push.headers.clear()
            push.calls.clear()
            gc.collect()
            ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*podio_web*")])
            return sum(each.size for each in ours.statistics("filename"))

        async with live.subscribe(*map(push.push, channels)) as events:

            async def read() -> None:
                async for event in events:
                    del event

            task = asyncio.ensure_future(read())
            await hour()
            memory = [await hour() for _ in range(8)]
        await task
        await live.aclose()
        # An hour may end in the middle of a poll, and tables grow by steps. What leaks is in all later hours.
        assert min(memory[4:]) <= 1.01 * max(memory[:4]), memory
        assert most <= 3
        assert push.calls == []

    tracemalloc.start()
    try:
        run_virtually(main())
    finally:
        tracemalloc.stop()
