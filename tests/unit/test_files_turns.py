"""The queue of uploads and the hand-over of a stream, step by step."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from podio_web.errors import PodioError
from podio_web.files import FileStream
from podio_web.files.queue import Queue
from podio_web.files.sinks import BytesSink, WatchedSink
from podio_web.files.watch import Watch
from podio_web.runtime.cpython import CPythonRuntime


def test_places_come_in_the_order_of_asking() -> None:
    async def run() -> list[int]:
        queue = Queue(2, CPythonRuntime())
        order: list[int] = []

        async def use(number: int) -> None:
            async with queue.place():
                order.append(number)
                await asyncio.sleep(0)

        await asyncio.gather(*(use(number) for number in range(7)))
        assert queue.free == 2
        return order

    assert asyncio.run(run()) == list(range(7))


@pytest.mark.parametrize("has_turn", [False, True])
def test_a_waiter_that_is_cancelled_keeps_no_place(has_turn: bool) -> None:
    async def run() -> None:
        queue = Queue(1, CPythonRuntime())
        first = queue.place()
        await first.__aenter__()
        waiting = asyncio.create_task(queue.place().__aenter__())
        await asyncio.sleep(0)
        if has_turn:
            await first.__aexit__()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        if not has_turn:
            await first.__aexit__()
        assert (queue.free, queue.waiting) == (1, [])

    asyncio.run(run())


def test_an_upload_that_fails_gives_its_place_back() -> None:
    async def run() -> None:
        queue = Queue(1, CPythonRuntime())
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                async with queue.place():
                    raise ZeroDivisionError
        assert queue.free == 1

    asyncio.run(run())


def read(receive: Callable[[Any], Awaitable[None]]) -> tuple[list[bytes], FileStream]:
    async def run() -> tuple[list[bytes], FileStream]:
        stream = FileStream(receive, CPythonRuntime())  # type: ignore[arg-type]
        async with stream:
            return [part async for part in stream], stream

    return asyncio.run(run())


def test_empty_parts_are_not_handed_out() -> None:
    async def receive(sink: Any) -> None:
        await sink.begin(2, "text/plain")
        for part in (b"", b"a", b"", b"b", b""):
            await sink.write(part)

    parts, stream = read(receive)
    assert parts == [b"a", b"b"]
    assert (stream.size, stream.mimetype) == (2, "text/plain")


def test_a_response_without_a_body_is_an_empty_file() -> None:
    async def receive(sink: Any) -> None:
        """Receive nothing."""

    parts, stream = read(receive)
    assert parts == []
    assert stream.size is None


def test_the_last_part_before_a_failure_is_handed_out() -> None:
    async def receive(sink: Any) -> None:
        await sink.begin(None, "")
        await sink.write(b"a")
        raise PodioError("lost")

    async def collect(stream: FileStream, parts: list[bytes]) -> None:
        async for part in stream:
            parts.append(part)

    async def run() -> list[bytes]:
        parts: list[bytes] = []
        async with FileStream(receive, CPythonRuntime()) as stream:
            with pytest.raises(PodioError, match="lost"):
                await collect(stream, parts)
            with pytest.raises(PodioError, match="lost"):
                await anext(stream)
        return parts

    assert asyncio.run(run()) == [b"a"]


def test_a_failure_while_the_reader_works_comes_at_its_next_step() -> None:
    failing = asyncio.Event()

    async def receive(sink: Any) -> None:
        await sink.begin(None, "")
        await sink.write(b"a")
        await failing.wait()
        raise PodioError("lost")

    async def run() -> None:
        async with FileStream(receive, CPythonRuntime()) as stream:
            assert await anext(stream) == b"a"
            failing.set()
            await asyncio.sleep(0.01)
            with pytest.raises(PodioError, match="lost"):
                await anext(stream)

    asyncio.run(run())


def test_a_stream_that_has_ended_closes_without_waiting() -> None:
    async def receive(sink: Any) -> None:
        await sink.begin(1, "")
        await sink.write(b"a")

    async def run() -> None:
        before = asyncio.all_tasks()
        async with FileStream(receive, CPythonRuntime()) as stream:
            assert [part async for part in stream] == [b"a"]
            await asyncio.sleep(0)
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
        assert asyncio.all_tasks() == before

    asyncio.run(run())


def test_a_stream_that_is_left_before_its_end_stops_the_download() -> None:
    ended: list[str] = []

    async def receive(sink: Any) -> None:
        try:
            await sink.begin(1, "")
            await sink.write(b"a")
            await sink.write(b"b")
        finally:
            ended.append("stopped")

    async def run() -> None:
        async with FileStream(receive, CPythonRuntime()) as stream:
            assert await anext(stream) == b"a"
        assert ended == ["stopped"]

    asyncio.run(run())


def test_a_second_begin_drops_what_was_collected() -> None:
    async def run() -> bytes:
        sink = BytesSink(10)
        await sink.begin(None, "")
        await sink.write(b"half")
        await sink.begin(5, "")
        await sink.write(b"whole")
        return sink.content()

    assert asyncio.run(run()) == b"whole"


def test_a_stopped_transfer_hands_out_nothing_more() -> None:
    async def run() -> None:
        watch = Watch(lambda: 0.0, lambda: PodioError("stalled"), lambda: PodioError("silent"))
        collected = BytesSink(10)
        sink = WatchedSink(collected, watch)
        await sink.begin(4, "")
        await sink.write(b"ab")
        watch.stop(PodioError("signed out"))
        with pytest.raises(PodioError, match="signed out"):
            await sink.write(b"cd")
        assert collected.content() == b"ab"

    asyncio.run(run())
