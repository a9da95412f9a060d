"""The messages between ``callback.html`` and the page that opened the popup, as JSON text.

Text passes between JavaScript and Python unchanged. Any other message is ignored.
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
"""The name of a BroadcastChannel is this prefix and the ``state``. ``callback.html`` uses it too."""

HANDOVER_KEY = "podio-web:handover"
"""Where ``callback.html`` leaves the redirect response for the page that the person returns to."""

HANDOVER_LIFETIME = 900
"""Seconds after which a redirect response that was left there is ignored."""


class Delivery:
    """A redirect response from the callback page. ``state`` is that of its authorization request."""

    __slots__ = ("redirect", "state")

    def __init__(self, state: str, redirect: Redirect) -> None:
        self.state: str = state
        self.redirect: Redirect = redirect


def read_delivery(text: object) -> "Delivery | None":
    """Return the delivery in a message, or None if the message is something else. Never raises.

    >>> text = '{"type": "podio-web:response", "version": 1, "attempt": "s1", "fragment": "", "query": ""}'
    >>> read_delivery(text).state
    's1'
    """
    message = _read_response(text)
    if message is None:
        return None
    return Delivery(message["attempt"], parse_redirect(message["fragment"], message["query"]))


def read_handover(text: object, now: float) -> "dict[str, Any] | None":
    """Return the message that ``callback.html`` left in the tab, or None if it is something else or too old.

    ``now`` is in seconds since 1970, the message's ``time`` in milliseconds. The ``attempt``, ``fragment`` and
    ``query`` of the result are texts. Never raises.

    >>> parts = '"version": 1, "attempt": "s1", "fragment": "", "query": "?error=access_denied&state=s1"'
    >>> text = '{"type": "podio-web:response", "time": 1800000000000, ' + parts + "}"
    >>> read_handover(text, 1_800_000_000.0)["query"]
    '?error=access_denied&state=s1'
    """
    message = _read_response(text)
    left = None if message is None else message.get("time")
    recent = isinstance(left, (int, float)) and abs(now - left / 1000) <= HANDOVER_LIFETIME
    return message if recent else None


def acknowledgement(state: str) -> str:
    """Return the message that tells the callback page that its redirect response has arrived.

    >>> acknowledgement("s1")
    '{"type": "podio-web:received", "version": 1, "attempt": "s1"}'
    """
    return json.dumps({"type": RECEIVED, "version": VERSION, "attempt": state})


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
