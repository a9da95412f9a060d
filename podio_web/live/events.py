"""The events of a subscription.

| Name | What happened |
|---|---|
| ``gap`` | Something may have been missed. Read what you show again. |
| ``ended`` | A channel of the subscription has ended; ``data`` is the error. The other channels go on. |
| all others | Podio's own, such as ``comment_create`` or ``update`` (https://developers.podio.com/examples/push). |
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class LiveEvent:
    """Something that has happened, or ``gap`` or ``ended``.

    - ``name``: the name of the event; an empty text if Podio sent something else than an event.
    - ``ref``: the object that it is about, ``{"type": ..., "id": ...}``, or None.
    - ``created_by``: who did it, ``{"type": ..., "id": ...}``, or None.
    - ``created_via``: the ID of the API client that did it, or None.
    - ``data``: what else Podio says, which depends on the event.
    - ``channel``: the channel, such as ``/item/6101``; None for ``gap``.

    >>> LiveEvent("gap")
    <LiveEvent gap>
    """

    __slots__ = ("channel", "created_by", "created_via", "data", "name", "ref")

    def __init__(self, name: str, channel: "str | None" = None, data: "Any" = None) -> None:
        self.name: str = name
        self.channel: str | None = channel
        self.data: Any = data
        self.ref: dict[str, Any] | None = None
        self.created_by: dict[str, Any] | None = None
        self.created_via: Any = None

    def __repr__(self) -> str:
        return f"<LiveEvent {self.name} {self.channel}>" if self.channel else f"<LiveEvent {self.name}>"


def event_of(channel: str, data: "Any") -> LiveEvent:
    """Return the event in the data of a message.

    Podio sends ``{"channel": ..., "data": event}``; an event by itself is understood too. Anything else is kept as
    ``data``. A script in ``eval``, which the private_pub scheme knows, is never run.

    >>> event_of("/item/6101", {"channel": "/item/6101", "data": {"event": "update", "data": {}}})
    <LiveEvent update /item/6101>
    """
    body = data
    if isinstance(body, dict) and "event" not in body and "channel" in body and "data" in body:
        body = body["data"]
    if not isinstance(body, dict) or not isinstance(body.get("event"), str):
        return LiveEvent("", channel, body)
    event = LiveEvent(body["event"], channel, body.get("data"))
    event.ref = _reference(body.get("ref"))
    event.created_by = _reference(body.get("created_by"))
    event.created_via = body.get("created_via")
    return event


def _reference(value: "Any") -> "dict[str, Any] | None":
    return value if isinstance(value, dict) else None
