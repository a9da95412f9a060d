"""Push objects: the credentials for channels.

Most of Podio's objects carry one as ``push``, with ``channel``, ``signature``, ``timestamp`` and ``expires_in``.
https://developers.podio.com/examples/push
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LIFETIME = 21_600.0
"""Seconds that Podio's signatures are valid."""

SPARE = 60.0
"""Seconds before its end at which a signature is no longer used: clocks differ, and requests take time."""

_LARGEST = 1e15


class Credential:
    """The right to subscribe to one channel until the signature expires. Its ``repr`` shows no signature.

    - ``channel``: such as ``/item/6101``.
    - ``signature``: Podio's, a secret.
    - ``timestamp``: when it was signed, in seconds since 1970.
    - ``expires_in``: seconds that it is valid.

    >>> Credential("/item/6101", "5ca1ab1e", 1_700_000_000, 21_600.0)
    <Credential /item/6101>
    """

    __slots__ = ("channel", "expires_in", "signature", "timestamp")

    def __init__(self, channel: str, signature: str, timestamp: float, expires_in: float) -> None:
        self.channel: str = channel
        self.signature: str = signature
        self.timestamp: float = timestamp
        self.expires_in: float = expires_in

    def __repr__(self) -> str:
        return f"<Credential {self.channel}>"

    def is_stale(self, now: float) -> bool:
        """Return whether the signature has expired, or is about to. ``now``: seconds since 1970.

        >>> Credential("/item/6101", "5ca1ab1e", 1_700_000_000, 21_600.0).is_stale(1_700_021_541)
        True
        """
        return now > self.timestamp + self.expires_in - SPARE

    def to_dict(self) -> "dict[str, Any]":
        """Return the push object that ``credential_of`` reads. It holds the signature.

        >>> sorted(Credential("/item/6101", "5ca1ab1e", 1_700_000_000, 21_600.0).to_dict())
        ['channel', 'expires_in', 'signature', 'timestamp']
        """
        return {
            "channel": self.channel,
            "signature": self.signature,
            "timestamp": self.timestamp,
            "expires_in": self.expires_in,
        }


def credential_of(carrier: "Any") -> Credential:
    """Return the credential in one of Podio's objects, or in a push object itself.

    Raises ValueError if there is none. Podio leaves it out of objects in lists.

    >>> credential_of({"item_id": 6101, "push": {"channel": "/item/6101", "signature": "5ca1ab1e", "timestamp": 1}})
    <Credential /item/6101>
    """
    push: Any = carrier
    if not isinstance(carrier, dict):
        push = getattr(carrier, "data", None)
    if isinstance(push, dict) and "channel" not in push:
        push = push.get("push")
    if not isinstance(push, dict):
        raise ValueError(
            "This has no push object. Pass what podio.get('/item/6101') or podio.get('/user/status') returns. "
            "Objects in lists have none."
        )
    channel: Any = push.get("channel")
    signature: Any = push.get("signature")
    timestamp: Any = push.get("timestamp")
    if not (_is_channel(channel) and isinstance(signature, str) and signature and _is_number(timestamp)):
        raise ValueError("This push object has no usable channel, signature or timestamp. Read the object again.")
    expires_in: Any = push.get("expires_in")
    return Credential(channel, signature, timestamp, expires_in if _is_number(expires_in) else LIFETIME)


def carrier_path(channel: str) -> "tuple[str, dict[str, Any] | None]":
    """Return the path and the query that read the carrier of a channel anew.

    >>> carrier_path("/item/6101")
    ('/item/6101', {'mark_as_viewed': False, 'fields': 'push'})
    >>> carrier_path("/user/1001")
    ('/user/status', None)
    """
    if channel.startswith("/user/"):
        return "/user/status", None
    if channel.startswith("/item/"):
        return channel, {"mark_as_viewed": False, "fields": "push"}
    return channel, None


def _is_channel(channel: "Any") -> bool:
    """Return whether a text is the name of one channel: a path, without the wildcards and meta channels of Bayeux."""
    return (
        isinstance(channel, str)
        and channel.startswith("/")
        and "*" not in channel
        and not channel.startswith(("/meta/", "/service/"))
    )


def _is_number(value: "Any") -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < _LARGEST
