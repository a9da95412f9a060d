"""What the examples of ``podio_web.live`` use: a push service that sends one event, and then signs the person out."""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from podio_web import Podio, SyncPodio
from podio_web.http import Request, Response
from podio_web.live import Live
from podio_web.live.actions import Post
from podio_web.live.bayeux import Machine
from podio_web.live.channels import Channels
from podio_web.live.connection import Connection
from podio_web.live.credentials import Credential, credential_of
from podio_web.live.feeds import open_feed
from podio_web.live.messages import connect, disconnect
from podio_web.live.router import Router
from podio_web.oauth.encoding import form_decode

SIGNED_OUT_AFTER = 3
PUSH_URL = "https://push.podio.com/faye"


class OneEvent:
    """A transport: the API has an item with ``push``, the push service one event about it."""

    def __init__(self) -> None:
        self.sign_out: Callable[[], object] = lambda: None
        self.polls = 0

    async def perform(self, request: Request, timeout: float | None) -> Response:
        if request.path != "/faye":
            return Response(200, {}, json.dumps(carrier()))
        messages = json.loads(form_decode(str(request.body).partition("=")[2]) or "")
        replies = [{**message, "successful": True, "clientId": "a1"} for message in messages]
        if messages[0]["channel"] == "/meta/connect":
            self.polls += 1
            if self.polls >= SIGNED_OUT_AFTER:
                self.sign_out()
            elif self.polls == SIGNED_OUT_AFTER - 1:
                event = {"event": "update", "ref": {"type": "item", "id": 6101}}
                replies.append({"channel": "/item/6101", "data": {"channel": "/item/6101", "data": event}})
        return Response(200, {}, json.dumps(replies))

    async def close(self) -> None:
        """Do nothing."""


def carrier() -> dict[str, Any]:
    """Return an item."""
    push = {"channel": "/item/6101", "signature": "5ca1ab1e", "timestamp": int(time.time()), "expires_in": 21_600}
    return {"item_id": 6101, "push": push}


def for_live(module: str, wait: Callable[[Awaitable[Any]], Any]) -> dict[str, Any]:
    """Return the names that the examples of a module use."""
    transport = OneEvent()
    kind: Any = SyncPodio if module.endswith("sync_live") else Podio
    podio = kind("client", client_id="my-app", transport=transport)
    podio.set_access_token({"access_token": "test", "expires_in": 3600})
    names = {"podio": podio, "me": carrier(), "item": carrier(), "push_url": PUSH_URL}
    if kind is SyncPodio:
        transport.sign_out = podio.logout
        return names
    context = podio.context
    transport.sign_out = lambda: context.events.emit("logged_out")

    async def opened() -> Live:
        return Live(podio)

    live = wait(opened())
    credential = Credential("/item/6101", "5ca1ab1e", 1_700_000_000, 21_600.0)
    return names | {
        "actions": [],
        "Channels": Channels,
        "connect": connect,
        "Connection": Connection,
        "credential": credential,
        "credential_of": credential_of,
        "disconnect": disconnect,
        "listener": Router(context.runtime, lambda router: open_feed(podio, PUSH_URL, router)),
        "live": live,
        "machine": Machine(lambda: 0.5),
        "post": Post([connect("a1", at_once=True)], 30.0, 0.0, is_main=True),
    }
