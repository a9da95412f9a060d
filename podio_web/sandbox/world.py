"""The state of a running sandbox, and the list of calls that it has received."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import seed
from .arrivals import Arrivals
from .changes import Changes
from .clock import Clock
from .contents import Contents
from .database import Store
from .deliveries import Deliveries
from .faults import Faults
from .push import Push
from .rates import Rates
from .settings import Settings
from .zones import UnknownZone, check_zones

# Limits the memory of a sandbox that runs for weeks.
_MOST_CALLS = 100_000


@dataclass
class Entry:
    """A received call. It contains no secrets: a token is recorded as a number."""

    n: int
    method: str
    path: str
    query: str
    at: float
    status: int | None = None
    user_id: int | None = None
    token_index: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as a JSON object."""
        return asdict(self)


@dataclass
class Journal:
    """The received calls, oldest first."""

    entries: list[Entry] = field(default_factory=list)
    _arrived: int = 0

    def arrive(self, method: str, path: str, query: str, at: float) -> Entry:
        """Record a call and return its entry. The caller completes the entry when it sends the response.

        Args:
            method: The HTTP method.
            path: The path, without the query.
            query: The query string, without secrets.
            at: When the call arrived, in seconds since 1970.
        """
        self._arrived += 1
        entry = Entry(self._arrived, method, path, query, at)
        self.entries.append(entry)
        if len(self.entries) > _MOST_CALLS:
            del self.entries[: _MOST_CALLS // 10]
        return entry

    def clear(self) -> None:
        """Remove all calls and start numbering at 1 again."""
        self.entries.clear()
        self._arrived = 0


class Waiting:
    """Changes that happen before one of the next filter calls to an app."""

    def __init__(self) -> None:
        self._calls: Counter[int] = Counter()
        self._changes: list[tuple[int, int, Callable[[], object]]] = []

    def add(self, app_id: int, nth: int, change: Callable[[], object]) -> None:
        """Add a change.

        Args:
            app_id: The app whose filter calls are counted.
            nth: The number of the filter call, counted from now. 1 is the next one.
            change: Makes the change.
        """
        self._changes.append((app_id, self._calls[app_id] + nth, change))

    def due(self, app_id: int) -> list[Callable[[], object]]:
        """Count a filter call to an app. Remove the changes that happen before it, and return them."""
        self._calls[app_id] += 1
        now = (app_id, self._calls[app_id])
        due = [change for *when, change in self._changes if tuple(when) == now]
        self._changes = [each for each in self._changes if each[:2] != now]
        return due

    def clear(self) -> None:
        """Remove all changes."""
        self._calls.clear()
        self._changes.clear()


class World:
    """The state of one sandbox.

    Args:
        data: SQLite file that keeps the data. A folder beside it, with ``.files`` after its name, keeps the contents
            of files. None keeps the data in memory and the contents in a temporary folder.
        clock: The source of time. None uses the system's clock.

    Raises:
        ValueError: ``data`` is not a sandbox database, or this machine does not know a user's time zone.

    Examples:
        >>> world = World()
        >>> world.settings.consent
        'ask'
        >>> world.close()
    """

    def __init__(self, data: Path | None = None, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or Clock()
        self.store: Store = Store(seed.fill, data)
        try:
            check_zones(self.store)
        except UnknownZone:
            self.store.close()
            raise
        self.contents: Contents = Contents(None if data is None else data.with_name(f"{data.name}.files"))
        self._remove_unused_contents(is_start=True)
        self.settings: Settings = Settings()
        self.faults: Faults = Faults()
        self.rates: Rates = Rates()
        self.journal: Journal = Journal()
        self.arrivals: Arrivals = Arrivals()
        self.waiting: Waiting = Waiting()
        self.changes: Changes = Changes()
        self.deliveries: Deliveries = Deliveries(self.clock)
        # Signs form tokens. Each run has a new key.
        self.key: bytes = secrets.token_bytes(32)
        self.push: Push = Push(secrets.token_hex(32), self.clock, self.store, lambda: self.settings)
        self.changes.listen(self.push.publish)

    def reset(self) -> None:
        """Reset data, settings, clock, faults, counters, waiting edits, recorded calls, deliveries and push."""
        self.store.reset()
        self._remove_unused_contents()
        self.clock.reset()
        self.settings = Settings()
        self.faults.clear()
        self.rates.clear()
        self.journal.clear()
        self.arrivals.clear()
        self.waiting.clear()
        self.push.reset()
        self.deliveries.reset()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what a ``with`` block writes, then publish its changes. An exception undoes and discards both."""
        try:
            with self.store.transaction():
                yield
        except BaseException:
            self.changes.discard()
            raise
        self.changes.publish()

    def close(self) -> None:
        """Close the database, and remove the temporary folder with the contents of files."""
        self.store.close()
        self.contents.close()

    def _remove_unused_contents(self, *, is_start: bool = False) -> None:
        rows = self.store.all("SELECT DISTINCT content FROM file WHERE deleted = 0")
        self.contents.keep_only({row["content"] for row in rows}, is_start=is_start)
