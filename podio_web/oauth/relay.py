"""What ``callback.html`` and the page that opened the popup say to each other, as JSON text.

Text crosses the border between JavaScript and Python unharmed, and whoever sent something else is not heard.
"""

import json

from podio_web.oauth.encoding import read_record
from podio_web.oauth.redirect import Redirect, parse_redirect

VERSION = 1
RESPONSE = "podio-web:response"
RECEIVED = "podio-web:received"
CHANNEL_PREFIX = "podio-web:"
"""A BroadcastChannel has this name and the attempt's state; ``callback.html`` knows it too."""

HANDOVER_KEY = "podio-web:handover"
"""Where ``callback.html`` leaves the answer to a redirect sign-in for the page that the person returns to."""


class Delivery:
    """An answer from the callback page: which attempt it names, and the redirect."""

    __slots__ = ("attempt", "redirect")

    def __init__(self, attempt: str, redirect: Redirect) -> None:
        self.attempt = attempt
        self.redirect = redirect


def read_delivery(text: object) -> "Delivery | None":
    """Return the delivery in a message, or None when the message is something else. Never raises.

    >>> read_delivery('{"type": "podio-web:response", "version": 1, "attempt": "s", "fragment": "", "query": ""}')
    <podio_web.oauth.relay.Delivery object at …>
    """
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
    attempt, fragment, query = message.get("attempt"), message.get("fragment"), message.get("query")
    if not isinstance(attempt, str) or not isinstance(fragment, str) or not isinstance(query, str):
        return None
    return Delivery(attempt, parse_redirect(fragment, query))


def acknowledgement(attempt: str) -> str:
    """Return the message that tells the callback page that its answer has arrived."""
    return json.dumps({"type": RECEIVED, "version": VERSION, "attempt": attempt})
