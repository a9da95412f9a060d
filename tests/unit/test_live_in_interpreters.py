"""``podio_web.live`` runs on MicroPython and Pyodide: machine, events, subscriptions and handlers."""

from pathlib import Path

import pytest

from podio_web.site_builder.bundle import page_sources
from tests.unit.in_interpreters import INTERPRETERS, told_by

PROGRAM = r"""
import asyncio
import json

from podio_web.client import Podio
from podio_web.errors import ConnectionFailed
from podio_web.http import Response
from podio_web.live import Live, LiveEvent, PushRefused, SyncLive
from podio_web.live.bayeux import Machine
from podio_web.live.credentials import credential_of
from podio_web.live.events import event_of
from podio_web.live.feeds import push_address
from podio_web.live.messages import Advice
from podio_web.oauth.encoding import form_decode
from podio_web.runtime.shared_outcome import SharedOutcome

told = {}
now = 1700000000
clock = {"now": now}


def push(channel, age=0):
    return {"channel": channel, "signature": "5ca1ab1e", "timestamp": now - age, "expires_in": 21600}


large = {"event": "update", "ref": {"type": "item", "id": 3000000001}}
event = event_of("/item/3000000001", {"channel": "/item/3000000001", "data": large})
told["event"] = [event.name, event.channel, event.ref["id"], repr(event)]
told["address"] = [push_address("https://api.podio.com"), push_address("http://localhost:8000")]
try:
    credential_of({"item_id": 1})
except ValueError as problem:
    told["no_push"] = str(problem)[:24]

advice = Advice()
advised = told["advised"] = []
for number in ("0", "2500", "1e400", "1" + 400 * "0"):
    advice.read(json.loads('{"timeout": %s, "interval": %s}' % (number, number)))
    advised.append([advice.timeout, advice.interval])

# The machine by itself.
machine = Machine(lambda: 0.5)
shake = machine.want(credential_of(push("/item/1")), now)[-1]
kinds = []


def reply_to(message, error=""):
    keys = {"clientId": "a1", "successful": not error, "error": error}
    return dict(keys, id=message["id"], channel=message["channel"])


def answer(post):
    replies = [reply_to(message) for message in post.messages]
    actions = machine.answered(post, 200, json.dumps(replies), now)
    kinds.append([type(action).__name__ for action in actions])
    posts = [action for action in actions if hasattr(action, "messages")]
    return posts[0] if posts else None


subscribe = answer(shake)
prove = answer(subscribe)
poll = answer(prove)
told["machine"] = kinds
told["signed"] = subscribe.messages[0]["ext"]
told["lost"] = [type(action).__name__ for action in machine.failed(poll, now)]
told["again"] = [repr(action) for action in machine.elapsed("main", now + 1) if hasattr(action, "messages")]


class Transport:
    # A push service with one client.
    def __init__(self):
        self.queue = []
        self.changed = None
        self.polls = 0
        self.most = 0
        self.refuse = {}
        self.kill = False
        self.sent = []
        self.headers = []

    async def perform(self, request, timeout):
        if request.path != "/faye":
            return Response(200, {}, json.dumps({"push": push(request.path)}))
        messages = json.loads(form_decode(request.body.split("=", 1)[1]))
        self.headers.append(sorted(request.headers))
        self.sent.extend(message["channel"] for message in messages)
        replies = []
        for message in messages:
            replies.append(reply_to(message, self.refuse.get(message.get("subscription", ""), "")))
        if messages[0]["channel"] == "/meta/connect" and "advice" not in messages[0]:
            self.polls += 1
            self.most = max(self.most, self.polls)
            try:
                if not self.queue and not self.kill:
                    self.changed = SharedOutcome()
                    await self.changed.wait()
                if self.kill:
                    self.kill = False
                    raise ConnectionFailed("killed")
                queue, self.queue = self.queue, []
                replies += queue
            finally:
                self.polls -= 1
        return Response(200, {}, json.dumps(replies))

    def publish(self, channel, number):
        event = {"event": "update", "data": number}
        self.queue.append({"channel": channel, "data": {"channel": channel, "data": event}})
        if self.changed is not None:
            self.changed.succeed(None)

    def break_off(self):
        self.kill = True
        self.changed.succeed(None)

    async def close(self):
        pass


def fresh(channel):
    import time
    return {"channel": channel, "signature": "5ca1ab1e", "timestamp": int(time.time()), "expires_in": 21600}


transport = Transport()
podio = Podio("client", "my-app", transport=transport)
podio.set_access_token({"access_token": "test", "expires_in": 36000})
live = Live(podio)
heard = []


async def count(subscription, number):
    found = []
    async for event in subscription:
        found.append(event.name if event.data is None else event.data)
        if len(found) == number:
            return found
    return found


async def until(condition):
    # The whole program has a limit.
    while not condition():
        await asyncio.sleep(0.01)


async def main():
    async with live.subscribe(fresh("/item/1"), fresh("/user/1")) as events:
        stop = await live.on(fresh("/item/1"), lambda event: heard.append(event.name))
        for number in range(600):
            transport.publish("/item/1" if number % 2 else "/user/1", number)
        found = await count(events, 600)
        await until(lambda: len(heard) >= 300)
        await asyncio.sleep(0.1)
        told["order"] = [found == list(range(600)), len(heard), live.status]
        await until(lambda: transport.polls == 1)
        transport.break_off()
        told["gap"] = await count(events, 1)
        await until(lambda: len(heard) == 301)
        await stop()
        transport.publish("/item/1", 7)
        told["after"] = [await count(events, 1), len(heard)]
        transport.refuse = {"/item/2": "Incorrect signature."}
        try:
            async with live.subscribe(fresh("/item/2")):
                pass
        except PushRefused as problem:
            told["refused"] = [str(problem), problem.channel]
        await podio.logout()
        told["signed_out"] = [await count(events, 1), live.status]
        await until(lambda: "/meta/disconnect" in transport.sent)


await main()
told["polls"] = [transport.most, transport.polls]
told["goodbye"] = [channel for channel in transport.sent if channel == "/meta/disconnect"]
told["headers"] = transport.headers[0]
try:
    SyncLive(podio)
except Exception as problem:
    told["sync"] = type(problem).__name__
await live.aclose()
await podio.aclose()
print(json.dumps(told))
"""
PLACES = {
    "page": "globalThis.location = new URL('http://localhost/page.html'); globalThis.window = globalThis;",
    "a worker": "globalThis.WorkerGlobalScope = class {}; globalThis.location = {origin: 'https://example.com'}",
}


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_live_updates_do_in_a_page_what_they_do_here(interpreter: str, tmp_path: Path) -> None:
    sources = page_sources() | page_sources("live")
    in_page, in_worker = told_by(tmp_path, interpreter, PROGRAM, sources, PLACES, timeout=300)
    assert in_page == in_worker
    assert in_page == {
        "event": ["update", "/item/3000000001", 3_000_000_001, "<LiveEvent update /item/3000000001>"],
        "address": ["https://push.podio.com/faye", "http://localhost:8000/faye"],
        "no_push": "This has no push object.",
        "advised": [[1, 0], [2.5, 2.5], [600, 300], [600, 300]],
        "machine": [["Post"], ["Agreed", "Post"], ["Status", "Post"]],
        "signed": {"private_pub_signature": "5ca1ab1e", "private_pub_timestamp": 1_700_000_000},
        "lost": ["Status", "Wait"],
        "again": ["<Post /meta/connect>"],
        "order": [True, 300, "live"],
        "gap": ["gap"],
        "after": [[7], 301],
        "refused": ["Podio refused /item/2: Incorrect signature.", "/item/2"],
        "signed_out": [[], "closed"],
        "polls": [1, 0],
        "goodbye": ["/meta/disconnect"],
        "headers": ["Accept", "Content-Type"],
        "sync": "ImportError",
    }
