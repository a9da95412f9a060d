"""A simulated line: a TCP relay that passes bytes on as slowly, and as late, as a line of a given speed would.

Developer tools can throttle too, but each browser has its own way and some have none; a relay is the same for all.
What it leaves out: lost packets, TCP's slow start, and TLS.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from podio_web.sandbox.background import listen

CHUNK = 8_192
# A connection may be this many seconds ahead of the line: waking up a moment late then leaves no gap on it.
AHEAD = 0.02


class Direction:
    """One direction of a line, shared by every connection over it; ``bits_per_second`` is its speed.

    >>> down = Direction(10_000_000)
    >>> down.send(125_000, now=0.0)     # seconds, on whatever clock `now` is
    0.1
    """

    def __init__(self, bits_per_second: float) -> None:
        self._bits_per_second = bits_per_second
        self._free_at = 0.0

    def send(self, size: int, now: float) -> float:
        """Put ``size`` bytes on the line; return when the last of them has left."""
        self._free_at = max(now, self._free_at) + 8 * size / self._bits_per_second
        return self._free_at


@dataclass(frozen=True)
class Line:
    """How fast a line is: ``megabits`` per second in each direction, and its ``round_trip`` in milliseconds.

    >>> Line(10, 40)
    Line(megabits=10, round_trip=40)
    """

    megabits: float = 10
    round_trip: float = 40


@asynccontextmanager
async def relayed(line: Line, *ports: int) -> AsyncIterator[list[int]]:
    """Relay to each of ``ports`` on loopback over one common line; yield the ports to use instead.

    >>> async with relayed(Line(10, 40), 8000, 8001) as (site, api):
    ...     ...
    """
    up, down = Direction(line.megabits * 1e6), Direction(line.megabits * 1e6)
    relays = [_Relay(port, up, down, line.round_trip / 2000) for port in ports]
    servers = []
    for relay in relays:
        listener, _ = listen("127.0.0.1", 0)
        servers.append(await asyncio.start_server(relay.connect, sock=listener))
    try:
        yield [_port(server.sockets[0]) for server in servers]
    finally:
        for server in servers:
            server.close()
        for relay in relays:
            await relay.close()


class _Relay:
    def __init__(self, port: int, up: Direction, down: Direction, delay: float) -> None:
        self._port = port
        self._up = up
        self._down = down
        self._delay = delay
        self._connections: set[asyncio.Task[None]] = set()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until both ends have closed it."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        # The browser's connection was accepted at once; over a line, opening one takes a round trip
        # (https://www.rfc-editor.org/rfc/rfc9293#section-3.5).
        await asyncio.sleep(2 * self._delay)
        writers = [writer]
        try:
            with suppress(ConnectionError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
                writers.append(far_writer)
                await asyncio.gather(
                    self._pass_on(reader, far_writer, self._up), self._pass_on(far_reader, writer, self._down)
                )
            # What is still on its way.
            await asyncio.sleep(self._delay + 2 * AHEAD)
        finally:
            for each in writers:
                each.close()

    async def close(self) -> None:
        """Cut the connections that are still open."""
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):
            while data := await reader.read(CHUNK):
                sent = direction.send(len(data), loop.time())
                loop.call_at(sent + self._delay, writer.write, data)
                await asyncio.sleep(max(0.0, sent - loop.time() - AHEAD))
        loop.call_at(direction.send(1, loop.time()) + self._delay, _end, writer)


def _end(writer: asyncio.StreamWriter) -> None:
    """Say that nothing more comes; the other direction may still be busy."""
    with suppress(OSError, RuntimeError):
        writer.write_eof()


def _port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port
