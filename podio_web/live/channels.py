"""The channels of one connection: which are wanted, which the server sends, and which have missed something."""

from podio_web.live.actions import Agreed, Ended, Gap, Renew
from podio_web.live.errors import refusal
from podio_web.live.messages import SUBSCRIBE, UNSUBSCRIBE, fits, subscribe, unsubscribe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from podio_web.errors import PodioError
    from podio_web.live.actions import Action
    from podio_web.live.credentials import Credential

BETWEEN_READS = 300.0
"""Seconds between two reads of the same carrier."""


class _Wanted:
    """A channel that is wanted."""

    def __init__(self, credential: "Credential") -> None:
        self.credential = credential
        self.is_subscribed = False  # at the server
        self.was_agreed = False
        self.has_gap = False
        self.is_renewing = False
        self.rests_until = 0.0


class Channels:
    """The channels of one connection. ``add`` takes the actions that they need. Times are seconds since 1970.

    >>> channels = Channels(actions.append)
    >>> channels.want(credential, is_live=False)
    """

    def __init__(self, add: "Callable[[Action], object]") -> None:
        self.wanted: dict[str, _Wanted] = {}
        self.unwanted: list[str] = []  # what the server may still send
        self._reads: dict[str, float] = {}  # when carriers were read
        self._add = add

    def want(self, credential: "Credential", *, is_live: bool) -> None:
        """Add a channel. ``is_live``: whether the connection has lost nothing."""
        channel = credential.channel
        wanted = self.wanted[channel] = _Wanted(credential)
        if channel in self.unwanted:
            self.unwanted.remove(channel)
            if is_live:
                # The server has not been told yet that it was unwanted.
                wanted.is_subscribed = wanted.was_agreed = True
                self._add(Agreed(channel))

    def drop(self, channel: str) -> bool:
        """Remove a channel. Returns whether it was there."""
        wanted = self.wanted.pop(channel, None)
        if wanted is not None and wanted.is_subscribed:
            self.unwanted.append(channel)
        return wanted is not None

    def end(self, channel: str, problem: "PodioError") -> None:
        """End the subscription to a channel with an error."""
        if self.drop(channel):
            self._add(Ended(channel, problem))

    def clear(self) -> None:
        """Remove all channels."""
        self.wanted.clear()
        self.unwanted = []

    def forget_server(self) -> None:
        """Take note that the server has forgotten all subscriptions."""
        self.unwanted = []
        for wanted in self.wanted.values():
            wanted.is_subscribed = False

    def batch(self, client_id: str, now: float, *, may_send: bool) -> "tuple[list[dict[str, Any]], list[float], bool]":
        """Return what to tell the server now, when to ask again, and whether a signature is being renewed.

        An old signature is renewed first. ``may_send``: without it, nothing is to be told now.
        """
        messages: list[dict[str, Any]] = []
        due: list[float] = []
        is_full = not may_send
        is_renewing = False
        for channel in list(self.unwanted):
            is_full = is_full or not _packed(messages, unsubscribe(client_id, channel))
            if not is_full:
                self.unwanted.remove(channel)
        for channel, wanted in self.wanted.items():
            if wanted.is_subscribed:
                continue
            wanted.rests_until = min(wanted.rests_until, now + BETWEEN_READS)
            if wanted.rests_until > now:
                due.append(wanted.rests_until)
                continue
            if wanted.credential.is_stale(now) and not wanted.is_renewing and self._may_read(channel, now):
                self._renew(channel, wanted, now)
            if wanted.is_renewing:
                is_renewing = True
            elif not is_full:
                is_full = not _packed(messages, subscribe(client_id, wanted.credential))
        return messages, due, is_renewing

    def read_subscription(self, channel: str, *, is_agreed: bool, said: str, now: float) -> None:
        """Read the reply to a subscription. ``said``: the error in it."""
        wanted = self.wanted.get(channel)
        if wanted is None:
            if is_agreed:
                # It was unwanted meanwhile.
                self.unwanted.append(channel)
        elif is_agreed:
            wanted.is_subscribed = True
            if not wanted.was_agreed:
                wanted.was_agreed = True
                self._add(Agreed(channel))
        elif "expired" in said.lower() and self._may_read(channel, now):
            self._renew(channel, wanted, now)
        else:
            self.end(channel, refusal(channel, said))

    def not_told(self, messages: "list[dict[str, Any]]") -> None:
        """Take note that the server may not know what these messages would have told it."""
        for message in messages:
            if message["channel"] == UNSUBSCRIBE and message["subscription"] not in self.wanted:
                self.unwanted.append(message["subscription"])

    def renewed(self, credential: "Credential") -> None:
        """Take a new credential."""
        wanted = self.wanted.get(credential.channel)
        if wanted is not None and wanted.is_renewing:
            wanted.is_renewing = False
            wanted.credential = credential

    def not_renewed(self, channel: str, until: float) -> None:
        """Leave a channel alone until then, because its carrier could not be read."""
        wanted = self.wanted.get(channel)
        if wanted is not None and wanted.is_renewing:
            wanted.is_renewing = False
            wanted.rests_until = until
            self._reads.pop(channel, None)

    def mark_gaps(self) -> None:
        """Take note that events of all channels may have been lost."""
        for wanted in self.wanted.values():
            wanted.has_gap = wanted.was_agreed

    def tell_gaps(self, heard: str = "") -> None:
        """Tell of the gaps of the channels that are live again. ``heard``: one that the server has just sent."""
        found = [
            channel
            for channel, wanted in self.wanted.items()
            if wanted.has_gap and (wanted.is_subscribed or channel == heard)
        ]
        for channel in found:
            self.wanted[channel].has_gap = False
        if found:
            self._add(Gap(found))

    def _renew(self, channel: str, wanted: _Wanted, now: float) -> None:
        self._reads = {name: at for name, at in self._reads.items() if abs(now - at) < BETWEEN_READS}
        self._reads[channel] = now
        wanted.is_renewing = True
        self._add(Renew(channel))

    def _may_read(self, channel: str, now: float) -> bool:
        read_at = self._reads.get(channel)
        return read_at is None or abs(now - read_at) >= BETWEEN_READS


def is_subscription(message: "dict[str, Any]") -> bool:
    """Return whether a message asks for a subscription.

    >>> is_subscription({"channel": "/meta/subscribe", "subscription": "/item/6101"})
    True
    """
    return bool(message["channel"] == SUBSCRIBE)


def _packed(messages: "list[dict[str, Any]]", message: "dict[str, Any]") -> bool:
    """Add a message to a request if it fits."""
    # As long as a number gets.
    messages.append(dict(message, id="000000000"))
    if fits(messages):
        messages[-1] = message
        return True
    messages.pop()
    return False
