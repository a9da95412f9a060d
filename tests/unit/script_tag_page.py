"""A page with a script tag, without a browser: what `podio-web.js` gives Python, and its remote procedure calls."""
# ruff: noqa: N802 - the names of the functions are those of podio-web.js

import asyncio
import json
from typing import Any

from podio_web.http import Request, Response
from podio_web.script_tag import calls
from tests.unit.fake_page import FakePage


class FakeHost:
    """Keeps bodies, a session and what it was told; names are those of `podio-web.js`."""

    def __init__(self) -> None:
        self.bodies: dict[int, str] = {}
        self.told: list[tuple[Any, ...]] = []
        self.held: object = None
        self.hook: Any = None
        self.elements: dict[str, list[Any]] = {}

    def keep(self, text: str) -> str:
        number = len(self.bodies) + 1
        self.bodies[number] = text
        return str(number)

    def takeBytes(self, number: int) -> bytes:
        return self.bodies[number].encode()

    def typeOf(self, number: int) -> str:
        return "application/json"

    def emit(self, event: str, text: str) -> None:
        self.told.append((event, json.loads(text)))

    def failed(self, text: str) -> None:
        self.told.append(("failed", json.loads(text)))

    def listen(self, event: str, selector: str, handler: Any) -> bool:
        self.elements.setdefault(f"{event} {selector}", []).append(handler)
        return selector != "#nowhere"

    async def readSession(self, auth_type: str) -> str:
        return json.dumps(self.held)

    async def writeSession(self, text: str, auth_type: str) -> None:
        self.held = json.loads(text)

    def canRefresh(self) -> bool:
        return self.hook is not None

    async def willRefresh(self) -> None:
        await self.hook()

    def refreshed(self, text: str) -> None:
        self.told.append(("refreshed", json.loads(text)))

    async def bring(self, part: str) -> None:
        self.told.append(("brought", part))

    def authCompleted(self) -> None:
        self.told.append(("completed",))

    def authFailed(self, text: str) -> None:
        self.told.append(("denied", json.loads(text)))


class _BodyTransport:
    """The page's own transport, with good answers left at the host."""

    def __init__(self, page: FakePage, host: FakeHost) -> None:
        self.plain = page.transport
        self._page = page
        self._host = host

    async def perform(self, call: Request, timeout: float | None) -> Response:
        answer = await self._page.transport.perform(call, timeout)
        return Response(answer.status, answer.headers, self._host.keep(answer.text)) if answer.status < 300 else answer

    def text(self, js_body: bytes) -> str:
        return js_body.decode()

    async def close(self) -> None:
        pass


class Problem(Exception):
    """The outcome was an error; `record` is what JavaScript makes its Error of."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(f"{record['name']}: {record['message']}")
        self.record = record


class ScriptTagClient:
    """A client as `podio-web.js` has it."""

    def __init__(self, number: int, page: FakePage, host: FakeHost) -> None:
        self.number = number
        self.page = page
        self.host = host

    def ask(self, method: str, *arguments: Any) -> Any:
        return outcome(calls.ask(self.number, method, json.dumps(arguments)))

    async def call(self, method: str, *arguments: Any) -> Any:
        settled: asyncio.Future[str] = asyncio.Future()
        calls.begin(self.number, method, json.dumps(arguments), settled.set_result)
        return outcome(await settled)

    async def request(self, *arguments: Any) -> Any:
        return json.loads(self.host.bodies[await self.call("request", *arguments)])


def outcome(text: str) -> Any:
    found = json.loads(text)
    if "problem" in found:
        raise Problem(found["problem"])
    return found["value"]


def open_client(
    kind: str = "web", *, page: FakePage | None = None, host: FakeHost | None = None, **options: Any
) -> ScriptTagClient:
    """Open a client by a remote procedure call; raises Problem when its options are refused."""
    page, host = page or FakePage(), host or FakeHost()
    required = {"clientId": "my-app"} if kind == "web" else {"authType": "client", "clientId": "my-app"}
    opened = calls.open(kind, json.dumps(required | options), host, runtime=page, transport=_BodyTransport(page, host))
    return ScriptTagClient(outcome(opened), page, host)
