"""Runs aiocometd-ng as ``client.cjs`` runs the clients for Node: the same commands, and the same lines."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from aiocometd_ng.client import Client
from aiocometd_ng.constants import ConnectionType
from aiocometd_ng.exceptions import ServerError
from aiocometd_ng.extensions import Extension


class Signing(Extension):
    """Adds the signatures to the subscriptions."""

    def __init__(self) -> None:
        self.pushes: dict[str, Any] = {}

    async def incoming(self, payload: Any, headers: Any = None) -> None:
        """Leave what arrives as it is."""

    async def outgoing(self, payload: Any, headers: Any) -> None:
        """Sign subscriptions."""
        for message in payload:
            if message["channel"] == "/meta/subscribe":
                push = self.pushes[message["subscription"]]
                ext = {"private_pub_signature": push["signature"], "private_pub_timestamp": push["timestamp"]}
                message["ext"] = ext


def say(*words: Any) -> None:
    """Print one line."""
    print(json.dumps(words), flush=True)


async def listen(client: Any) -> None:
    """Print each message."""
    async for message in client:
        say("message", message["channel"], message["data"])


async def run(url: str) -> None:
    """Follow the commands until the standard input ends."""
    loop, signing = asyncio.get_running_loop(), Signing()
    client = Client(f"{url}/faye", ConnectionType.LONG_POLLING, extensions=[signing], connection_timeout=20)
    await client.open()
    listening = asyncio.create_task(listen(client))
    say("ready")
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, *rest = json.loads(line)
        if name == "subscribe":
            push = rest[0]
            signing.pushes[push["channel"]] = push
            try:
                await client.subscribe(push["channel"])
            except ServerError as error:
                say("refused", push["channel"], error.error)
            else:
                say("subscribed", push["channel"])
        elif name == "unsubscribe":
            await client.unsubscribe(rest[0])
            say("unsubscribed", rest[0])
        else:
            listening.cancel()
            await client.close()
            say("disconnected")
            return


asyncio.run(run(sys.argv[1]))
