"""The push service over HTTP: long polling at ``/faye``.

Requests are JSON, or a form with the JSON in ``message``. Callback polling is not imitated.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import Response

from .bayeux import Message, Poll
from .connection import Dropped, Gone, Line, Pace
from .error_pages import error_page
from .faults import PUSH_PATH, Fault
from .refusals import Refusal
from .world import World

_FORM = "application/x-www-form-urlencoded"
_HEADERS = {"cache-control": "no-cache, no-store", "x-content-type-options": "nosniff"}
_PREFLIGHT = {
    "access-control-allow-headers": "Accept, Authorization, Content-Type, Pragma, X-Requested-With",
    "access-control-allow-methods": "POST, GET",
    "access-control-max-age": "86400",
}
_LARGEST = 1_000_000
# The clock can be moved while a poll waits.
_SECONDS_BETWEEN_LOOKS = 0.1
_RUBBISH = (
    b"<html><body>It works!</body></html>",
    b'[{"channel":"/meta/connect","succ',
    b"null",
    b'{"error":"unexpected"}',
    b'[1,"two",null]',
    b"\xff\xfe\x00",
    b"",
)


def is_push(path: str) -> bool:
    """Return whether a path is that of the push service. CometD adds the type of the message, as in /faye/connect."""
    return path == PUSH_PATH or path.startswith(f"{PUSH_PATH}/")


class Polling:
    """Answers the requests to the push service.

    Args:
        world: The sandbox's state.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._rubbish = 0

    async def serve(self, method: str, headers: dict[str, str], line: Line) -> None:
        """Answer one request.

        Args:
            method: The HTTP method.
            headers: The request headers, with lower-case names.
            line: The connection.
        """
        world, counts = self._world, self._world.push.bayeux.counts
        if method != "OPTIONS":
            counts.requests += 1
        fault = world.faults.take(method, PUSH_PATH)
        try:
            await self._deliver(method, headers, fault, line)
        except (Gone, Dropped):
            # The connection is closed.
            return

    async def _deliver(self, method: str, headers: dict[str, str], fault: Fault | None, line: Line) -> None:
        kind = "" if fault is None else fault.kind
        try:
            body = await line.read(Pace(fault, "upload", line), _LARGEST)
        except Refusal:
            body, kind = b"", "too_large"
        if kind == "drop":
            await line.drop()
            return
        if kind == "slow" and fault is not None:
            await asyncio.sleep(1.0 if fault.seconds is None else fault.seconds)
        response = error_page("unavailable" if self._world.settings.push_down else kind)
        if response is None:
            response = await self._answer(method, headers, body, line)
        with_cors = kind != "cors" and (fault is None or fault.cors)
        self._finish(response, method, headers, with_cors=with_cors)
        if kind == "drop_body":
            await line.drop_body(response)
        else:
            await line.deliver(response, Pace(fault, "download", line))

    async def _answer(self, method: str, headers: dict[str, str], body: bytes, line: Line) -> Response:
        if method == "OPTIONS":
            return Response(status_code=200, headers=_PREFLIGHT)
        messages = _messages(headers.get("content-type", ""), body) if method == "POST" else None
        if messages is None:
            return Response("Bad request", 400, media_type="text/plain")
        bayeux = self._world.push.bayeux
        replies, poll = bayeux.answer(messages)
        if poll is not None:
            replies += await self._wait(poll, line)
        content = json.dumps(replies, separators=(",", ":")).encode()
        if bayeux.disturbances.take("rubbish"):
            content = _RUBBISH[self._rubbish % len(_RUBBISH)]
            self._rubbish += 1
        return Response(content, headers={**_HEADERS, "content-type": "application/json; charset=utf-8"})

    async def _wait(self, poll: Poll, line: Line) -> list[Message]:
        """Wait for messages, at most as long as the poll may take, and return them.

        Raises:
            Gone: The client has closed the connection.
            Dropped: A test has killed the poll.
        """
        end, clock = self._world.push.bayeux.end, self._world.clock
        until = clock.now() + poll.seconds
        closed = asyncio.ensure_future(line.receive())
        changed = asyncio.ensure_future(poll.changed.wait())
        try:
            left = poll.seconds
            while left > 0 and not changed.done() and not closed.done():
                seconds = min(left, _SECONDS_BETWEEN_LOOKS)
                await asyncio.wait((closed, changed), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
                left = until - clock.now()
            is_closed = closed.done()
        except BaseException:
            # The server stops.
            end(poll, is_answered=False)
            raise
        finally:
            closed.cancel()
            changed.cancel()
        if is_closed or poll.is_killed:
            end(poll, is_answered=False)
            if not is_closed:
                await line.drop()
                raise Dropped
            raise Gone
        return end(poll)

    def _finish(self, response: Response, method: str, headers: dict[str, str], *, with_cors: bool) -> None:
        response.headers["server"] = "nginx"
        response.headers["date"] = self._world.clock.http_date()
        origin = headers.get("origin")
        if origin is not None and with_cors and self._world.settings.push_cors:
            response.headers["access-control-allow-origin"] = origin
            response.headers["access-control-allow-credentials"] = "true"
        elif method == "OPTIONS":
            for name in _PREFLIGHT:
                del response.headers[name]


def _messages(content_type: str, body: bytes) -> list[Message] | None:
    """Return the messages in the body of a request, or None if it has none."""
    try:
        if content_type.partition(";")[0].strip().lower() == _FORM:
            body = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=100)["message"][0].encode()
        found: Any = json.loads(body)
    except (ValueError, KeyError, RecursionError):
        return None
    messages = found if isinstance(found, list) else [found]
    return messages if all(isinstance(each, dict) for each in messages) else None
