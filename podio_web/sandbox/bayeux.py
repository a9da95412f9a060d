"""The server side of Bayeux (https://docs.cometd.org/current7/reference/#_bayeux), without the network.

It answers the messages of clients as faye does, and keeps the events that a client has not received yet.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .clock import Clock
from .settings import Settings
from .signatures import INCORRECT, Signatures

Message = dict[str, Any]

_CONNECTION_TYPES = ("long-polling", "cross-origin-long-polling")
# A client that has been silent for this many times the timeout of a poll is forgotten.
_SILENT_TIMEOUTS = 2


class Poll:
    """A connect message whose response waits for events."""

    def __init__(self, client: Client, seconds: float) -> None:
        self.client: Client = client
        # How long it may wait.
        self.seconds: float = seconds
        # Is set when there is something to answer, or when `is_killed` has changed.
        self.changed: asyncio.Event = asyncio.Event()
        # Whether the connection is to be closed without a response.
        self.is_killed: bool = False


@dataclass
class Client:
    """A client that has shaken hands."""

    client_id: str
    # When its last message arrived or its last poll ended, in seconds since 1970.
    seen_at: float
    channels: set[str] = field(default_factory=set)
    waiting: list[Message] = field(default_factory=list)
    # Its newest poll, while that is open.
    poll: Poll | None = None
    polls_made: int = 0
    polls_open: int = 0
    most_open: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the client as the control interface shows it."""
        return {
            "client_id": self.client_id,
            "channels": sorted(self.channels),
            "polls_made": self.polls_made,
            "polls_open": self.polls_open,
            "most_open": self.most_open,
            "waiting": len(self.waiting),
        }


@dataclass
class Counts:
    """What clients have sent. ``polls_open`` and ``most_open`` count the polls of all clients at the same time."""

    requests: int = 0
    handshakes: int = 0
    subscribes: int = 0
    polls_made: int = 0
    polls_open: int = 0
    most_open: int = 0
    published: int = 0
    delivered: int = 0


class Disturbances:
    """Disturbances that tests request: what happens to the next messages or responses."""

    KINDS: tuple[str, ...] = ("lose", "none", "rubbish")

    def __init__(self) -> None:
        self._left = dict.fromkeys(self.KINDS, 0)

    def add(self, kind: str, count: int) -> None:
        """Request a disturbance ``count`` more times."""
        self._left[kind] += count

    def take(self, kind: str) -> bool:
        """Return whether the disturbance happens now, and count it."""
        happens = self._left[kind] > 0
        self._left[kind] -= happens
        return happens

    def clear(self) -> None:
        """Cancel all disturbances."""
        self._left = dict.fromkeys(self.KINDS, 0)

    def to_dict(self) -> dict[str, int]:
        """Return how often each disturbance will happen."""
        return dict(self._left)


class Bayeux:
    """A Bayeux server without the network.

    Args:
        clock: The sandbox's clock.
        signatures: Checks the signatures of subscriptions.
        settings: Returns the sandbox's settings.

    Examples:
        >>> clock = Clock()
        >>> server = Bayeux(clock, Signatures("secret", clock), Settings)
        >>> types = ["long-polling"]
        >>> order = {"channel": "/meta/handshake", "version": "1.0", "supportedConnectionTypes": types}
        >>> replies, poll = server.answer([order])
        >>> replies[0]["successful"], poll is None
        (True, True)
    """

    def __init__(self, clock: Clock, signatures: Signatures, settings: Callable[[], Settings]) -> None:
        self._clock = clock
        self._signatures = signatures
        self._settings = settings
        self._clients: dict[str, Client] = {}
        self._message_id = 0
        self.counts: Counts = Counts()
        self.disturbances: Disturbances = Disturbances()

    def answer(self, messages: Iterable[Message]) -> tuple[list[Message], Poll | None]:
        """Return the replies to the messages of one request, and the poll that the response waits for, if any.

        Pass the poll to ``end`` when it has waited.
        """
        self._forget_silent()
        handlers = {
            "/meta/handshake": self._handshake,
            "/meta/connect": self._connect,
            "/meta/subscribe": self._subscribe,
            "/meta/unsubscribe": self._unsubscribe,
            "/meta/disconnect": self._disconnect,
        }
        replies: list[Message] = []
        for message in messages:
            handler = handlers.get(str(message.get("channel")), self._refuse)
            reply = {name: _plain(message[name]) for name in ("id", "clientId", "channel") if message.get(name)}
            error = handler(message, reply)
            replies.append(self._finished(reply, error))
        poll = self._poll_of(messages, replies)
        return replies, poll

    def _finished(self, reply: Message, error: str | None) -> Message:
        reply["successful"] = error is None
        if error is not None:
            reply["error"] = error
        if reply.get("channel") in ("/meta/handshake", "/meta/connect") and "advice" not in reply:
            settings = self._settings()
            times = {"interval": int(settings.push_interval * 1000), "timeout": int(settings.push_timeout * 1000)}
            reply["advice"] = {"reconnect": "handshake"} if error is not None else {"reconnect": "retry", **times}
        return reply

    def _known(self, message: Message) -> Client | str:
        """Return the client that has sent a message, or the error."""
        client_id = message.get("clientId")
        if not client_id:
            return _missing("clientId")
        client = self._clients.get(str(client_id))
        if client is None:
            return f"401:{client_id}:Unknown client"
        client.seen_at = self._clock.now()
        return client

    def _handshake(self, message: Message, reply: Message) -> str | None:
        self.counts.handshakes += 1
        reply |= {"version": "1.0", "supportedConnectionTypes": list(_CONNECTION_TYPES)}
        if not message.get("version"):
            return _missing("version")
        types = message.get("supportedConnectionTypes")
        if not isinstance(types, list):
            return _missing("supportedConnectionTypes")
        if not set(_CONNECTION_TYPES) & {str(each) for each in types}:
            return f"301:{','.join(str(each) for each in types)}:Connection types not supported"
        if self._is_none(reply):
            return "403::Forbidden"
        client = Client(secrets.token_hex(16), self._clock.now())
        self._clients[client.client_id] = client
        reply["clientId"] = client.client_id
        return None

    def _is_none(self, reply: Message) -> bool:
        """Return whether the reply must tell the client not to reconnect, and write that into it."""
        if not self.disturbances.take("none"):
            return False
        reply["advice"] = {"reconnect": "none"}
        return True

    def _connect(self, message: Message, reply: Message) -> str | None:
        client, kind = self._known(message), message.get("connectionType")
        error = client if isinstance(client, str) else None
        if not kind:
            error = _missing("connectionType")
        elif kind not in _CONNECTION_TYPES:
            error = f"301:{kind}:Connection types not supported"
        if error is None and self._is_none(reply):
            self._remove(str(message["clientId"]))
            error = "403::Forbidden"
        if error is not None:
            reply.pop("clientId", None)
        return error

    def _subscribe(self, message: Message, reply: Message) -> str | None:
        self.counts.subscribes += 1
        client, channel = self._known(message), message.get("subscription")
        reply["subscription"] = _plain(channel or [])
        if isinstance(client, str):
            return client
        if not channel:
            return _missing("subscription")
        ext = message.get("ext")
        if not isinstance(channel, str) or not isinstance(ext, dict):
            # One signature belongs to one channel.
            return INCORRECT
        signature, timestamp = ext.get("private_pub_signature"), ext.get("private_pub_timestamp")
        problem = self._signatures.problem(channel, signature, timestamp)
        if problem is None:
            client.channels.add(channel)
        return problem

    def _unsubscribe(self, message: Message, reply: Message) -> str | None:
        client, channels = self._known(message), message.get("subscription")
        reply["subscription"] = _plain(channels or [])
        if isinstance(client, str):
            return client
        if not channels:
            return _missing("subscription")
        client.channels.difference_update(map(str, channels) if isinstance(channels, list) else [str(channels)])
        return None

    def _disconnect(self, message: Message, reply: Message) -> str | None:
        client = self._known(message)
        if isinstance(client, str):
            reply.pop("clientId", None)
            return client
        self._remove(client.client_id)
        return None

    def _refuse(self, message: Message, reply: Message) -> str:
        """Refuse messages of all other channels. Clients cannot publish."""
        channel = message.get("channel")
        if not isinstance(channel, str):
            return _missing("channel")
        return f"403:{channel}:Forbidden channel" if channel.startswith("/meta/") else "Incorrect token."

    def _poll_of(self, messages: Iterable[Message], replies: list[Message]) -> Poll | None:
        """Return the poll that the last successful connect message opens."""
        chosen: Poll | None = None
        for message, reply in zip(messages, replies, strict=True):
            client = self._clients.get(str(reply.get("clientId")))
            if reply.get("channel") == "/meta/connect" and reply["successful"] and client is not None:
                chosen = Poll(client, self._seconds(message))
        if chosen is not None:
            self._open(chosen)
        return chosen

    def _seconds(self, message: Message) -> float:
        """Return how long a poll may wait. Clients ask for less in their ``advice``."""
        longest, advice = self._settings().push_timeout, message.get("advice")
        asked = advice.get("timeout") if isinstance(advice, dict) else None
        if isinstance(asked, bool) or not isinstance(asked, int | float):
            return longest
        # JSON numbers can be too large for a division.
        return max(0.0, min(longest * 1000, asked)) / 1000

    def _open(self, poll: Poll) -> None:
        client, counts = poll.client, self.counts
        if client.poll is not None:
            # A client has one poll. The earlier one is answered.
            client.poll.changed.set()
        client.poll = poll
        for counted in (client, counts):
            counted.polls_made += 1
            counted.polls_open += 1
            counted.most_open = max(counted.most_open, counted.polls_open)
        if client.waiting:
            poll.changed.set()

    def end(self, poll: Poll, *, is_answered: bool = True) -> list[Message]:
        """Close a poll and return the messages for its response.

        Args:
            poll: The poll.
            is_answered: Whether there will be a response. Otherwise, the messages wait for the next poll.
        """
        client = poll.client
        client.polls_open -= 1
        self.counts.polls_open -= 1
        client.seen_at = self._clock.now()
        if client.poll is not poll:
            return []
        client.poll = None
        if not is_answered:
            return []
        messages, client.waiting = client.waiting, []
        self.counts.delivered += len(messages)
        return messages

    def publish(self, channel: str, data: Any) -> None:
        """Send data to all clients that have subscribed to a channel."""
        self._forget_silent()
        receivers = [client for client in self._clients.values() if channel in client.channels]
        if not receivers or self.disturbances.take("lose"):
            return
        message: Message = {"channel": channel, "data": data}
        if self._settings().push_ids:
            # Clients count their messages too, so this may be the ID of one of theirs.
            self._message_id += 1
            message["id"] = str(self._message_id)
        self.counts.published += 1
        for client in receivers:
            client.waiting.append(message)
            if client.poll is not None:
                client.poll.changed.set()

    def kill_polls(self) -> int:
        """Let the connections of all open polls be closed without a response. Return how many there are."""
        polls = [client.poll for client in self._clients.values() if client.poll is not None]
        for poll in polls:
            poll.is_killed = True
            poll.changed.set()
        return len(polls)

    def forget(self) -> int:
        """Forget all clients and return how many there were. Their open polls are answered."""
        known = list(self._clients)
        for client_id in known:
            self._remove(client_id)
        return len(known)

    def reset(self) -> None:
        """Forget all clients, disturbances and counts."""
        self.forget()
        self.disturbances.clear()
        # Polls that are being answered are still to be counted down.
        self.counts = Counts(polls_open=self.counts.polls_open, most_open=self.counts.polls_open)

    def clients(self) -> list[dict[str, Any]]:
        """Return all clients as the control interface shows them, in the order of their handshakes."""
        self._forget_silent()
        return [client.to_dict() for client in self._clients.values()]

    def _remove(self, client_id: str) -> None:
        client = self._clients.pop(client_id)
        if client.poll is not None:
            client.poll.changed.set()

    def _forget_silent(self) -> None:
        earliest = self._clock.now() - _SILENT_TIMEOUTS * self._settings().push_timeout
        for client in list(self._clients.values()):
            if client.polls_open == 0 and client.seen_at < earliest:
                self._remove(client.client_id)


def _plain(value: object) -> object:
    """Return what a reply repeats of a message: texts, numbers and lists of them."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return value if isinstance(value, str | int | float) else str(value)


def _missing(name: str) -> str:
    return f"402:{name}:Missing required parameter"
