"""The push service: signed channels, the clients that have subscribed to them, and events after each change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .bayeux import Bayeux, Disturbances
from .changes import Change
from .clock import Clock
from .database import Store
from .push_events import events_of
from .settings import Settings
from .signatures import Signatures

ACTIONS: tuple[str, ...] = ("kill", "forget", "expire", *Disturbances.KINDS)
"""What tests can do to the push service."""


class Push:
    """The push service of a sandbox.

    Args:
        secret: Is part of each signature.
        clock: The sandbox's clock.
        store: The database.
        settings: Returns the sandbox's settings.
    """

    def __init__(self, secret: str, clock: Clock, store: Store, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._settings = settings
        self.signatures: Signatures = Signatures(secret, clock)
        self.bayeux: Bayeux = Bayeux(clock, self.signatures, settings)

    def publish(self, change: Change) -> None:
        """Send the events of a change to the clients that have subscribed to their channels."""
        for channel, event in events_of(change, self._store):
            self.bayeux.publish(
                channel, {"channel": channel, "data": event} if self._settings().push_wrapped else event
            )

    def act(self, action: str, count: int) -> None:
        """Do what a test asks for.

        Args:
            action: One of ``ACTIONS``.
            count: How many messages or responses a disturbance affects.
        """
        now: dict[str, Callable[[], object]] = {
            "kill": self.bayeux.kill_polls,
            "forget": self.bayeux.forget,
            "expire": self.signatures.expire,
        }
        if action in now:
            now[action]()
        else:
            self.bayeux.disturbances.add(action, count)

    def state(self) -> dict[str, Any]:
        """Return the clients, what they have sent and the disturbances to come, for the control interface."""
        to_come = self.bayeux.disturbances.to_dict()
        return {**asdict(self.bayeux.counts), "clients": self.bayeux.clients(), "to_come": to_come}

    def reset(self) -> None:
        """Forget all clients, counts and disturbances."""
        self.signatures.reset()
        self.bayeux.reset()
