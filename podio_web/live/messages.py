"""The messages of the Bayeux protocol: write requests, read answers.

https://docs.cometd.org/current8/reference/#_bayeux
"""

from podio_web.http.json_text import to_json
from podio_web.http.response import from_json
from podio_web.oauth.encoding import form_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.live.credentials import Credential

HANDSHAKE = "/meta/handshake"
CONNECT = "/meta/connect"
SUBSCRIBE = "/meta/subscribe"
UNSUBSCRIBE = "/meta/unsubscribe"
DISCONNECT = "/meta/disconnect"

MOST = 20
"""The most messages in one request."""

LARGEST = 2_048
"""The bytes that a request must stay below, unless it has one message only."""

# Tabs ask after the one that polls once per timeout.
_SHORTEST_TIMEOUT = 1.0
_LONGEST_TIMEOUT = 600.0
_LONGEST_INTERVAL = 300.0


def handshake() -> "dict[str, Any]":
    """Return the message that asks for a client ID.

    >>> handshake()["channel"]
    '/meta/handshake'
    """
    return {"channel": HANDSHAKE, "version": "1.0", "supportedConnectionTypes": ["long-polling"]}


def connect(client_id: str, *, at_once: bool) -> "dict[str, Any]":
    """Return the message that waits for events. ``at_once``: the server is asked to answer without waiting.

    >>> connect("a1", at_once=True)["advice"]
    {'timeout': 0}
    """
    message: dict[str, Any] = {"channel": CONNECT, "clientId": client_id, "connectionType": "long-polling"}
    if at_once:
        message["advice"] = {"timeout": 0}
    return message


def subscribe(client_id: str, credential: "Credential") -> "dict[str, Any]":
    """Return the message that subscribes to a channel, signed as in the private_pub scheme.

    >>> subscribe("a1", credential)["subscription"]
    '/item/6101'
    """
    # Not as a float: the signature is made over the digits.
    timestamp = int(credential.timestamp) if credential.timestamp == int(credential.timestamp) else credential.timestamp
    return {
        "channel": SUBSCRIBE,
        "clientId": client_id,
        "subscription": credential.channel,
        "ext": {"private_pub_signature": credential.signature, "private_pub_timestamp": timestamp},
    }


def unsubscribe(client_id: str, channel: str) -> "dict[str, Any]":
    """Return the message that ends a subscription.

    >>> unsubscribe("a1", "/item/6101")["subscription"]
    '/item/6101'
    """
    return {"channel": UNSUBSCRIBE, "clientId": client_id, "subscription": channel}


def disconnect(client_id: str) -> "dict[str, Any]":
    """Return the message that makes the server forget the client.

    >>> disconnect("a1")["channel"]
    '/meta/disconnect'
    """
    return {"channel": DISCONNECT, "clientId": client_id}


def form_of(messages: "list[dict[str, Any]]") -> str:
    """Return the body of a request: a form, because a page may send it to another origin without asking first.

    >>> form_of([disconnect("a1")])[:20]
    'message=%5B%7B%22cha'
    """
    return form_encode([("message", to_json(messages))])


def fits(messages: "list[dict[str, Any]]") -> bool:
    """Return whether these messages may be sent in one request.

    >>> fits([disconnect("a1")] * 21)
    False
    """
    return len(messages) <= MOST and (len(messages) == 1 or len(form_of(messages)) < LARGEST)


def read_answer(status: int, text: str) -> "list[dict[str, Any]] | None":
    """Return the messages of a response, or None if it has none that can be read.

    >>> read_answer(200, '[{"channel": "/item/6101", "data": {}}]')
    [{'channel': '/item/6101', 'data': {}}]
    """
    if not 200 <= status < 300:
        return None
    try:
        answer = from_json(text)
    except (ValueError, MemoryError):
        return None
    answer = [answer] if isinstance(answer, dict) else answer
    if not isinstance(answer, list):
        return None
    return [message for message in answer if isinstance(message, dict) and isinstance(message.get("channel"), str)]


def is_reply(message: "dict[str, Any]") -> bool:
    """Return whether a message answers one of ours. Events never have ``successful``, but may have any ``id``.

    >>> is_reply({"channel": "/item/6101", "id": "3", "data": {}})
    False
    """
    return "successful" in message


class Advice:
    """What the server advises: ``reconnect``, and ``timeout`` and ``interval`` in seconds.

    >>> advice = Advice()
    >>> advice.read({"reconnect": "retry", "timeout": 45_000})
    >>> advice.timeout
    45.0
    """

    __slots__ = ("interval", "reconnect", "timeout")

    def __init__(self) -> None:
        self.reconnect: str = "retry"
        self.timeout: float = 45.0
        self.interval: float = 0.0

    def read(self, advice: "Any") -> None:
        """Take over what an answer advises. Values that make no sense are ignored."""
        if not isinstance(advice, dict):
            return
        self.reconnect = advice["reconnect"] if isinstance(advice.get("reconnect"), str) else "retry"
        self.timeout = max(_seconds(advice.get("timeout"), self.timeout, _LONGEST_TIMEOUT), _SHORTEST_TIMEOUT)
        self.interval = _seconds(advice.get("interval"), self.interval, _LONGEST_INTERVAL)


def _seconds(milliseconds: "Any", otherwise: float, longest: float) -> float:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)) or milliseconds < 0:
        return otherwise
    # In this order, because JSON numbers can be too large for a division.
    return min(milliseconds, longest * 1000) / 1000
