"""What ``callback.html`` and the page that opened the popup say to each other, as JSON text.

Text crosses the border between JavaScript and Python unharmed, and whoever sent something else is not heard.
"""

import json

from podio_web.oauth.encoding import read_record
from podio_web.oauth.redirect_response import Redirect, parse_redirect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
RESPONSE = "podio-web:response"
RECEIVED = "podio-web:received"
CHANNEL_PREFIX = "podio-web:"
"""A BroadcastChannel has this name and the attempt's state; ``callback.html`` knows it too."""

HANDOVER_KEY = "podio-web:handover"
"""Where ``callback.html`` leaves the answer to a redirect sign-in for the page that the person returns to."""

HANDOVER_LIFETIME = 900
"""Seconds after which nobody takes it any more."""


class Delivery:
    """An answer from the callback page: which attempt it names, and the redirect."""

    __slots__ = ("attempt", "redirect")

    def __init__(self, attempt: str, redirect: Redirect) -> None:
        self.attempt: str = attempt
        self.redirect: Redirect = redirect


def read_delivery(text: object) -> "Delivery | None":
    """Return the delivery in a message, or None when the message is something else. Never raises.

    >>> read_delivery('{"type": "podio-web:response", "version": 1, "attempt": "s", "fragment": "", "query": ""}')
    <podio_web.oauth.popup_message.Delivery object at 0x...>
    """
    message = _read_response(text)
    if message is None:
        return None
    return Delivery(message["attempt"], parse_redirect(message["fragment"], message["query"]))


def read_handover(text: object, now: float) -> "dict[str, Any] | None":
    """Return the message that ``callback.html`` left in the tab, None for another, or one that is too old.

    ``now`` is in seconds since 1970, the message's ``time`` in milliseconds. Its ``attempt``, ``fragment`` and
    ``query`` are texts. Never raises.
    """
    message = _read_response(text)
    left = None if message is None else message.get("time")
    recent = isinstance(left, (int, float)) and abs(now - left / 1000) <= HANDOVER_LIFETIME
    return message if recent else None


def acknowledgement(attempt: str) -> str:
    """Return the message that tells the callback page that its answer has arrived."""
    return json.dumps({"type": RECEIVED, "version": VERSION, "attempt": attempt})


def _read_response(text: object) -> "dict[str, Any] | None":
    if not isinstance(text, str):
        return None
    try:
        message = read_record(text)
    except ValueError:
        return None
    if not isinstance(message, dict) or message.get("type") != RESPONSE:
        return None
    version = message.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version != VERSION:
        return None
    return message if all(isinstance(message.get(name), str) for name in ("attempt", "fragment", "query")) else None
