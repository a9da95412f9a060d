"""The seam between ``Live`` and what polls, as protocols. Nothing imports this module at run time.

``podio_web.live.connection`` is a feed with one poll of its own. In a page, tabs may share the poll of one of them.
All methods are plain functions with texts and JSON values, so that a message to another tab can stand for each call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.errors import PodioError
    from podio_web.live.credentials import Credential
    from podio_web.types import LiveStatus


class Listener(Protocol):
    """Hears what a feed receives."""

    def on_agreed(self, channel: str) -> None:
        """Podio has accepted the subscription to a channel. It is called once for each ``want``."""

    def on_ended(self, channel: str, problem: PodioError) -> None:
        """The subscription to a channel has ended with an error. The feed has forgotten the channel."""

    def on_event(self, channel: str, data: Any) -> None:
        """An event has arrived. ``data`` is the JSON value as it was received."""

    def on_gap(self, channels: list[str]) -> None:
        """Events on these channels may have been missed. It is called before any later event."""

    def on_status(self, status: LiveStatus) -> None:
        """The status has changed: ``connecting``, ``live``, ``waiting``, ``offline`` or ``closed``."""


class Feed(Protocol):
    """Receives the events of the channels that are wanted."""

    @property
    def status(self) -> LiveStatus:
        """The status, as in ``Listener.on_status``."""

    @property
    def timeout(self) -> float:
        """The seconds that Podio lets a poll wait, as last heard."""

    def want(self, credential: Credential) -> None:
        """Subscribe to a channel that is not wanted yet. ``on_agreed`` or ``on_ended`` is called later."""

    def unwant(self, channel: str) -> None:
        """Unsubscribe from a channel. Nothing is called for it afterwards."""

    def close(self) -> None:
        """End everything now, and tell Podio in the background. Only ``on_status`` is still called, with ``closed``."""

    async def aclose(self) -> None:
        """Do what ``close`` does, and wait until Podio was told, for a few seconds at most."""


class Connectivity(Protocol):
    """Whether the device is online. The network of a page's runtime is one."""

    def is_offline(self) -> bool:
        """Return whether the device is offline for certain."""

    def on_online(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` when the device comes online. Returns a function that ends this."""

    def on_offline(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call ``callback`` when the device goes offline. Returns a function that ends this."""


class SharedTab(Protocol):
    """What ``podio_web.live.sharing`` needs of its tab: to send texts, to own the poll, and to hear what arrives."""

    def send(self, text: str) -> None:
        """Send a text to the other tabs."""

    def steal(self) -> None:
        """Take the lock from the tab that holds it."""

    def poll(self, channel: str, push: dict[str, Any]) -> None:
        """Subscribe to a channel. Only the leader is asked to."""

    def poll_without(self, channel: str) -> None:
        """Unsubscribe from a channel."""

    def poll_timeout(self) -> float:
        """Return the seconds that Podio lets the poll wait."""

    def on_agreed(self, channel: str) -> None:
        """The leader has subscribed to a channel that this tab wants."""

    def on_ended(self, channel: str, problem: dict[str, Any]) -> None:
        """The subscription has ended. ``problem`` is a record of ``record_of``."""

    def on_event(self, channel: str, data: Any) -> None:
        """An event has arrived."""

    def on_gap(self, channels: list[str]) -> None:
        """Events on these channels may have been missed."""

    def on_state(self, status: LiveStatus, timeout: float) -> None:
        """The status of the poll, and the seconds that Podio lets it wait."""
