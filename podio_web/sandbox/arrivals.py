"""What arrived with uploads. The control interface tells it to tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .world import Entry

# Limits the memory of a sandbox that runs for weeks.
_MOST_ARRIVALS = 1000


@dataclass
class Arrival:
    """What arrived with one upload, for the control interface.

    Args:
        call: The call in the list of calls.
        is_closed: Returns whether the connection is closed.
    """

    call: Entry
    is_closed: Callable[[], bool]
    # "receiving", "received" (no response yet), "answered", "closed" (by the client) or "dropped" (by a fault).
    state: str = "receiving"
    # Bytes of the request body.
    received: int = 0
    # The names of the parts.
    parts: list[str] = field(default_factory=list)
    # The file part's Content-Disposition and Content-Type, and the two names.
    disposition: str | None = None
    content_type: str | None = None
    source_name: str | None = None
    filename: str | None = None
    # Bytes of the file, and their hash when all of them have arrived.
    size: int | None = None
    sha256: str | None = None

    def end(self, state: str) -> None:
        """Take note of how the upload ended."""
        self.state = state
        self.is_closed = lambda: False

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as a JSON object."""
        names = ("received", "parts", "disposition", "content_type", "source_name", "filename", "size", "sha256")
        return {
            "n": self.call.n,
            "path": self.call.path,
            "status": self.call.status,
            "state": "closed" if self.is_closed() else self.state,
            **{name: getattr(self, name) for name in names},
        }


class Arrivals:
    """The latest uploads, oldest first."""

    def __init__(self) -> None:
        self.entries: list[Arrival] = []

    def add(self, arrival: Arrival) -> None:
        """Add an upload, and forget the oldest if there are too many."""
        self.entries.append(arrival)
        del self.entries[:-_MOST_ARRIVALS]

    def clear(self) -> None:
        """Forget all uploads."""
        self.entries.clear()
