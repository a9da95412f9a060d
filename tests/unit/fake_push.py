"""A push service in memory, as a transport: it signs, holds polls, forgets, and loses what a test tells it to."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import Any

from podio_web import Podio
from podio_web.errors import ConnectionFailed, TimedOut
from podio_web.http import Request, Response
from podio_web.oauth.encoding import form_decode
from tests.unit.virtual_time import VirtualRuntime

JSON = {"content-type": "application/json"}
RUBBISH = ("<html>It works!</html>", '[{"channel":"/meta/connect","succ', "null", '[1,"two",null]', "", '{"error": 1}')


class Network:
    """Whether the device is online, as a page would know it."""

    def __init__(self) -> None:
        self.offline = False
        self._online: list[Callable[[], object]] = []
        self._offline: list[Callable[[], object]] = []

    def is_offline(self) -> bool:
        return self.offline

    def on_online(self, callback: Callable[[], object]) -> Callable[[], None]:
        self._online.append(callback)
        return lambda: self._online.remove(callback)

    def on_offline(self, callback: Callable[[], object]) -> Callable[[], None]:
        self._offline.append(callback)
        return lambda: self._offline.remove(callback)

    def change(self, *, offline: bool) -> None:
        self.offline = offline
        for callback in list(self._offline if offline else self._online):
            callback()


class _Client:
    """A client of the service."""

    def __init__(self, now: float) -> None:
        self.channels: list[str] = []
        self.queue: list[dict[str, Any]] = []
        self.changed: asyncio.Future[bool] | None = None
        self.heard_at = now


class FakePush:
    """The service, and the API beside it. ``perform`` makes it a transport.

    - ``broken``: how requests fail now: ``"refuse"``, ``"500"``, ``"rubbish"``, ``"lose"`` (it is served, and the
      answer gets lost); None if they do not.
    - ``calls``: the paths of the API requests. ``posts``: the time and the channels of each request to ``/faye``.
    - ``polls``: how many polls are open, and ``most_polls`` how many there were at once.
    """

    def __init__(self, runtime: VirtualRuntime, *, timeout: float = 45.0, latency: float = 0.05) -> None:
        self.runtime = runtime
        self.timeout = timeout
        self.latency = latency
        self.expires_in = 21_600
        self.broken: str | None = None
        self.advice: dict[str, Any] = {}
        self.api: dict[str, Response | Exception] = {}
        self.slow: dict[str, float] = {}
        self.calls: list[str] = []
        self.posts: list[tuple[float, list[str]]] = []
        self.sizes: list[tuple[int, int]] = []
        self.headers: list[dict[str, str]] = []
        self.polls = 0
        self.most_polls = 0
        self._clients: dict[str, _Client] = {}
        self._number = 0

    def podio(self) -> Podio[Any]:
        """Return a client that is signed in."""
        podio = Podio("client", "my-app", transport=self, runtime=self.runtime, retry=None)
        podio.set_access_token({"access_token": "secret-token", "expires_in": 360_000})
        return podio

    def push(self, channel: str) -> dict[str, Any]:
        """Return a push object."""
        now = int(self.runtime.now())
        return {"channel": channel, "signature": _sign(channel, now), "timestamp": now, "expires_in": self.expires_in}

    def publish(self, channel: str, data: Any) -> None:
        """Send a message to all clients that have subscribed to a channel."""
        for client in self._clients.values():
            if channel in client.channels:
                client.queue.append({"channel": channel, "data": data, "id": "3"})
                self._answer(client)

    def kill(self) -> None:
        """Close the connections of all polls."""
        for client in self._clients.values():
            self._answer(client, killed=True)

    def forget(self) -> None:
        """Forget all clients, and tell those that poll."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            self._answer(client)

    @property
    def clients(self) -> int:
        """How many clients the service knows."""
        return len(self._clients)

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Answer a request within its time."""
        late = TimedOut("late", method=request.method, path=request.path)
        served = self._serve(request) if request.path == "/faye" else self._serve_api(request)
        try:
            async with asyncio.timeout(timeout):
                return await served
        except TimeoutError:
            raise late from None

    async def close(self) -> None:
        """Do nothing."""

    async def _serve_api(self, request: Request) -> Response:
        self.calls.append(request.url.partition("api.podio.com")[2])
        await asyncio.sleep(self.slow.get(request.path, self.latency))
        outcome = self.api.get(request.path)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is not None:
            return outcome
        channel = "/user/1" if request.path == "/user/status" else request.path
        return Response(200, JSON, json.dumps({"push": self.push(channel)}))

    async def _serve(self, request: Request) -> Response:
        assert isinstance(request.body, str)
        messages = json.loads(form_decode(request.body.partition("=")[2]) or "")
        self.posts.append((self.runtime.monotonic(), [message["channel"] for message in messages]))
        self.sizes.append((len(messages), len(request.body)))
        self.headers.append(request.headers)
        is_poll = messages[0]["channel"] == "/meta/connect"
        self.polls += is_poll
        self.most_polls = max(self.most_polls, self.polls)
        try:
            await asyncio.sleep(self.latency)
            broken = self.broken
            if broken == "refuse":
                raise ConnectionFailed("refused")
            if broken == "500":
                return Response(500, {}, "<html></html>")
            replies = [reply for message in messages for reply in await self._reply(message)]
            await asyncio.sleep(self.latency)
            if "lose" in (broken, self.broken):
                raise ConnectionFailed("lost")
            if "rubbish" in (broken, self.broken):
                self._number += 1
                return Response(200, JSON, RUBBISH[self._number % len(RUBBISH)])
            return Response(200, JSON, json.dumps(replies))
        finally:
            self.polls -= is_poll

    async def _reply(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        channel = message["channel"]
        reply: dict[str, Any] = {"id": message["id"], "channel": channel, "successful": True}
        advice = {"reconnect": "retry", "interval": 0, "timeout": int(self.timeout * 1000), **self.advice}
        if channel == "/meta/handshake":
            self._number += 1
            self._clients[f"c{self._number}"] = _Client(self.runtime.now())
            return [{**reply, "clientId": f"c{self._number}", "advice": advice}]
        client = self._known(message["clientId"])
        if client is None:
            reply |= {"successful": False, "error": f"401:{message['clientId']}:Unknown client"}
            return [{**reply, "advice": {**advice, "reconnect": "handshake"}}]
        if channel == "/meta/connect":
            return await self._poll(message, client, reply, advice)
        if channel == "/meta/disconnect":
            del self._clients[message["clientId"]]
        elif channel == "/meta/unsubscribe":
            reply["subscription"] = message["subscription"]
            client.channels = [name for name in client.channels if name != message["subscription"]]
        elif channel == "/meta/subscribe":
            reply["subscription"] = message["subscription"]
            error = self._check(message)
            if error:
                reply |= {"successful": False, "error": error}
            else:
                client.channels.append(message["subscription"])
        return [reply]

    async def _poll(
        self, message: dict[str, Any], client: _Client, reply: dict[str, Any], advice: dict[str, Any]
    ) -> list[dict[str, Any]]:
        seconds = message.get("advice", {}).get("timeout", self.timeout * 1000) / 1000
        if not client.queue and seconds:
            self._answer(client, killed=True)
            client.changed = asyncio.get_running_loop().create_future()
            done, _ = await asyncio.wait([client.changed], timeout=seconds)
            if done and client.changed is not None and client.changed.result():
                raise ConnectionFailed("killed")
            client.changed = None
        if self._known(message["clientId"]) is None:
            reply |= {"successful": False, "error": f"401:{message['clientId']}:Unknown client"}
            return [{**reply, "advice": {**advice, "reconnect": "handshake"}}]
        queue, client.queue = client.queue, []
        return [{**reply, "advice": advice}, *queue]

    def _known(self, client_id: str) -> _Client | None:
        now = self.runtime.now()
        for name, client in list(self._clients.items()):
            if client.changed is None and now - client.heard_at > 2 * max(self.timeout, 5.0):
                del self._clients[name]
        found = self._clients.get(client_id)
        if found is not None:
            found.heard_at = now
        return found

    def _answer(self, client: _Client, *, killed: bool = False) -> None:
        if client.changed is not None and not client.changed.done():
            client.changed.set_result(killed)

    def _check(self, message: dict[str, Any]) -> str:
        ext = message["ext"]
        if ext["private_pub_signature"] != _sign(message["subscription"], ext["private_pub_timestamp"]):
            return "Incorrect signature."
        expired = ext["private_pub_timestamp"] + self.expires_in < self.runtime.now()
        return "Signature has expired." if expired else ""


def _sign(channel: str, timestamp: int) -> str:
    return hashlib.sha1(f"secret{channel}{timestamp}".encode()).hexdigest()
