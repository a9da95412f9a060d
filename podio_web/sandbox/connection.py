"""The connection of one request: read the body, send the response, and disturb both if a fault asks for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .downloads import Download
from .faults import Fault
from .refusals import Refusal

ABORT = "podio_web.abort"
"""The ASGI extension that contains the connection's transport, and whether it has carried other requests before."""

# RFC 9110, section 15.2: clients ignore it. If the client has closed the connection, its system answers with a reset.
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_SECONDS_BETWEEN_PROBES = 0.25


class Gone(Exception):
    """The client has closed the connection."""


class Dropped(Exception):
    """A fault has closed the connection."""


@dataclass
class Line:
    """A connection to a client.

    Args:
        scope: The ASGI scope of the request.
        receive: Receives ASGI messages.
        send: Sends ASGI messages.
        is_browser: Whether the client is a browser.
    """

    scope: Scope
    receive: Receive
    send: Send
    is_browser: bool
    _probed_at: float = field(default_factory=time.monotonic)

    @property
    def is_closed(self) -> bool:
        """Whether the connection is closed. It is False if the server does not tell."""
        transport = self._transport()
        return transport is not None and transport.is_closing()

    @property
    def will_repeat(self) -> bool:
        """Whether the client sends the request again if the connection is closed before the response.

        Browsers do so, even with uploads, if the connection has carried other requests before.
        """
        extension = self.scope.get("extensions", {}).get(ABORT, {})
        return self.is_browser and bool(extension.get("is_kept"))

    async def chunks(self, pace: Pace) -> AsyncIterator[bytes]:
        """Iterate over the request body.

        Raises:
            Gone: The client has closed the connection.
            Dropped: ``pace`` has closed it.
        """
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunk: bytes = message.get("body", b"")
            yield chunk
            await pace.passed(len(chunk))
            if not message.get("more_body", False):
                return

    async def read(self, pace: Pace, largest: int) -> bytes:
        """Return the whole request body. What exceeds ``largest`` bytes is discarded.

        Raises:
            Refusal: 413 if the body is larger.
            Gone: The client has closed the connection.
            Dropped: ``pace`` has closed it.
        """
        kept: list[bytes] = []
        size = 0
        async for chunk in self.chunks(pace):
            size += len(chunk)
            if size <= largest:
                kept.append(chunk)
        if size > largest:
            raise Refusal(413, "invalid_request", f"The request body must not be larger than {largest} bytes")
        return b"".join(kept)

    async def deliver(self, response: Response, pace: Pace) -> None:
        """Send the whole response.

        Raises:
            Dropped: ``pace`` has closed the connection.
        """
        if not isinstance(response, Download):
            await response(self.scope, self.receive, self.send)
            return
        await self.send({"type": "http.response.start", "status": 200, "headers": response.raw_headers})
        for chunk in response.chunks():
            if self.is_closed:
                return
            for part in pace.split(chunk):
                await self.send({"type": "http.response.body", "body": part, "more_body": True})
                await pace.passed(len(part))
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def wait(self, seconds: float | None, *, while_sending: bool = False) -> None:
        """Wait, at most until the client closes the connection.

        Args:
            seconds: How long. None waits for the client to close the connection.
            while_sending: Whether the client is sending its body. The connection is then full of unread bytes and
                does not show that the client has closed it. Sending something to the client brings that to light.

        Raises:
            Gone: The client has closed the connection.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while not self.is_closed:
            now = time.monotonic()
            if until is not None and now >= until:
                return
            if while_sending and now - self._probed_at >= _SECONDS_BETWEEN_PROBES:
                self._probed_at = now
                self._write(_CONTINUE)
            left = _SECONDS_BETWEEN_PROBES if until is None else min(until - now, _SECONDS_BETWEEN_PROBES)
            await asyncio.sleep(left)
        raise Gone

    async def drop(self) -> None:
        """Close the connection without a response.

        A browser retries a request if the connection was closed before the first byte. To prevent that, it gets the
        start of a response whose headers do not let pages read it.
        """
        if self.is_browser:
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n")
        await self.close()

    async def drop_body(self, response: Response) -> None:
        """Send the headers and half of the body, then close the connection."""
        if isinstance(response, Download):
            half = Fault("drop_download", after_bytes=response.size // 2)
            await self.deliver(response, Pace(half, "download", self))
            return
        body = bytes(response.body) or b"{}"
        # A 204 has no body to cut, so it is sent as a 200.
        status = 200 if response.status_code == 204 else response.status_code
        response.headers["content-length"] = str(max(len(body), 64))
        await self.send({"type": "http.response.start", "status": status, "headers": response.raw_headers})
        await self.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await self.close()

    async def close(self) -> None:
        """Close the connection after what has been written was sent."""
        transport = self._transport()
        if transport is None:
            return
        transport.close()
        # The disconnect message ends this request.
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def _write(self, data: bytes) -> None:
        transport = self._transport()
        if transport is not None:
            transport.write(data)

    def _transport(self) -> asyncio.Transport | None:
        extension = self.scope.get("extensions", {}).get(ABORT)
        transport: asyncio.Transport | None = None if extension is None else extension["transport"]
        return transport


class Pace:
    """Slows, stops or drops the body of a request or of a response, as a fault asks for.

    Args:
        fault: The fault of the call, or None.
        direction: ``upload`` or ``download``. Faults of the other direction have no effect.
        line: The connection.
    """

    def __init__(self, fault: Fault | None, direction: str, line: Line) -> None:
        kind, _, of = ("", "", "") if fault is None else fault.kind.partition("_")
        self._kind = kind if of == direction else ""
        self._fault = Fault("") if fault is None else fault
        self._sending = direction == "upload"
        self._line = line
        self._done = 0

    def split(self, chunk: bytes) -> Iterator[bytes]:
        """Iterate over the parts of the next bytes of a body: up to where the fault begins, and from there."""
        left = self._fault.after_bytes - self._done
        if self._kind in ("stall", "drop") and 0 <= left < len(chunk):
            yield chunk[:left]
            chunk = chunk[left:]
        yield chunk

    async def passed(self, count: int) -> None:
        """Take note that ``count`` more bytes have passed, and wait or drop the connection.

        Raises:
            Gone: The client has closed the connection while it waited.
            Dropped: The fault has closed the connection.
        """
        self._done += count
        if self._kind == "slow":
            await self._line.wait(count / (self._fault.rate * 1000), while_sending=self._sending)
        if not self._kind or self._done < self._fault.after_bytes:
            return
        if self._kind == "stall":
            self._kind = ""
            await self._line.wait(self._fault.seconds, while_sending=self._sending)
        elif self._kind == "drop":
            await self._line.close()
            raise Dropped
