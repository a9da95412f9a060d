"""A transport with scripted answers, for tests that need neither a browser nor a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from podio_web.http import Request, Response
from podio_web.transports.body import headers_of


class _Scripted:
    """One answer or failure, and for how many more calls it stands."""

    def __init__(self, method: str, path: str, outcome: Response | Exception, times: int | None) -> None:
        if times is not None and times < 1:
            raise ValueError("times must be at least 1, or None for any number of calls")
        self.method = method.upper()
        self.path = path
        self.outcome = outcome
        self.left = times

    def matches(self, call: Request) -> bool:
        return self.left != 0 and (self.method, self.path) == (call.method, call.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class FakeTransport:
    """Answers calls from a script, and remembers them in ``calls``.

    Answers to the same method and path are given in the order in which they were scripted. A call that nothing is
    scripted for is a mistake in the test and raises AssertionError.

    >>> transport = FakeTransport()
    >>> transport.answer("GET", "/item/4", {"item_id": 4, "title": "Paint the fence"})
    >>> podio = Podio("client", client_id="my-app", transport=transport)
    >>> podio.set_access_token({"access_token": "test", "expires_in": 3600})
    >>> (await podio.get("/item/4"))["title"]
    'Paint the fence'
    >>> transport.calls
    [<Request GET /item/4>]
    """

    def __init__(self) -> None:
        self.calls: list[Request] = []
        self.closed = False
        self._script: list[_Scripted] = []

    def answer(
        self,
        method: str,
        path: str,
        data: Any = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        text: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Script an answer.

        Args:
            method: The HTTP method.
            path: The call's path, without its query.
            data: The body, as what becomes JSON; None means an empty one.
            status: The HTTP status.
            headers: The answer's headers.
            text: The body as it is, instead of ``data``: for a gateway's HTML page, for example.
            times: How many calls it answers; None means all that follow.

        Raises:
            ValueError: Both ``data`` and ``text`` are given, or ``times`` is less than 1.

        >>> transport.answer("GET", "/item/9", {"error": "gone"}, status=410)
        """
        if data is not None and text is not None:
            raise ValueError("data and text are two ways to give one body: use one of them")
        # Transports drop a byte order mark.
        body = text.removeprefix("\ufeff") if text is not None else "" if data is None else json.dumps(data)
        self._script.append(_Scripted(method, path, Response(status, headers_of((headers or {}).items()), body), times))

    def fail(self, method: str, path: str, problem: Exception, *, times: int | None = 1) -> None:
        """Script an exception instead of an answer; ``times`` is as for ``answer``.

        ``Podio`` repeats a GET that met a lost connection, or a 502, 503 or 504: script what comes after it, or make
        the client with ``retry=None``.

        >>> transport.fail("GET", "/user/status", ConnectionFailed("offline"))
        """
        self._script.append(_Scripted(method, path, problem, times))

    @property
    def unused(self) -> list[str]:
        """What was scripted and never asked for, as "METHOD /path", once per missing call.

        >>> assert transport.unused == []
        """
        return [str(scripted) for scripted in self._script for _ in range(scripted.left or 0)]

    async def perform(self, call: Request, timeout: float | None) -> Response:
        """Remember the call and give the next answer scripted for it.

        Raises:
            AssertionError: Nothing is scripted for the call.
        """
        self.calls.append(call)
        for scripted in self._script:
            if scripted.matches(call):
                if scripted.left is not None:
                    scripted.left -= 1
                if isinstance(scripted.outcome, Exception):
                    raise scripted.outcome
                return scripted.outcome
        known = ", ".join(str(scripted) for scripted in self._script if scripted.left != 0) or "nothing"
        raise AssertionError(f"No answer is scripted for {call.method} {call.path}; scripted: {known}")

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True
