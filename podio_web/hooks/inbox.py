"""Where deliveries wait for their handlers: the protocol of an inbox, and one in memory.

A worker *leases* an entry until a deadline and extends the lease while handlers run. If the worker ends, the lease
does, and another worker takes the entry. So each delivery is handled at least once.
"""

from __future__ import annotations

import heapq
import secrets
import threading
from abc import abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from podio_web.hooks.delivery import REMEMBERED, Delivery

UPDATE = "item.update"


class InboxUnavailable(Exception):
    """The inbox cannot take or give deliveries now. The answer to Podio is 503."""


class InboxFull(InboxUnavailable):
    """Too many deliveries wait."""


@dataclass(frozen=True)
class Entry:
    """A delivery in an inbox.

    - ``owner``: names the lease.
    - ``leases``: how often it was leased.
    - ``failures``: how often handlers failed.
    - ``left``: the names of the handlers that have not succeeded yet; all if it is empty.
    - ``stale``: whether a newer revision of the item has arrived.
    - ``problem``: why it was given up.

    >>> Entry(1, Delivery("item.create", 12, {"item_id": 6101}), received=0.0).failures
    0
    """

    entry_id: int
    delivery: Delivery
    received: float
    owner: str = ""
    leases: int = 0
    failures: int = 0
    left: tuple[str, ...] = ()
    stale: bool = False
    problem: str = ""


class Inbox(Protocol):
    """Keeps deliveries until they are handled. All times are seconds since 1970.

    ``Hooks`` calls the methods in threads if ``blocks`` is true. They may raise InboxUnavailable.
    Deliveries of one item are leased one after the other, so that its handlers never run at the same time.
    """

    @property
    @abstractmethod
    def blocks(self) -> bool:
        """Whether the methods may wait for a disk or a network."""

    @abstractmethod
    def put(self, delivery: Delivery, now: float, *, coalesce: float = 0.0) -> bool:
        """Keep a delivery. When this returns, it is safe. Return False if it is a duplicate.

        An ``item.update`` waits for ``coalesce`` seconds. Further ones of the item and the hook become one with it
        while it waits. Raises InboxFull.
        """

    @abstractmethod
    def lease(self, now: float, seconds: float) -> Entry | None:
        """Return the next entry that is due, and lease it. None if there is none."""

    @abstractmethod
    def extend(self, entry: Entry, now: float, seconds: float) -> bool:
        """Move the deadline of a lease. Return False if it is lost: it has ended, and somebody else has the entry."""

    @abstractmethod
    def done(self, entry: Entry) -> bool:
        """Forget an entry that is handled. Return False if the lease is lost."""

    @abstractmethod
    def retry(self, entry: Entry, due: float) -> bool:
        """Give an entry back until ``due``, with its ``failures`` and ``left``. Return False if the lease is lost."""

    @abstractmethod
    def fail(self, entry: Entry, now: float) -> bool:
        """Put an entry aside, with its ``problem``. Return False if the lease is lost."""

    @abstractmethod
    def failed(self) -> list[Entry]:
        """Return the entries that were put aside, the oldest first."""

    @abstractmethod
    def again(self, entry: Entry, now: float) -> bool:
        """Let an entry that was put aside be handled again. Return False if it is not there."""

    @abstractmethod
    def next_due(self, now: float) -> float | None:
        """Return when the next entry is due that waits now, or None."""

    @abstractmethod
    def waiting(self) -> int:
        """Return how many entries wait or are being handled."""


@dataclass
class _Kept:
    entry: Entry
    due: float
    deadline: float = 0.0


class MemoryInbox:
    """An inbox in memory. Its deliveries are lost when the process ends. Threads may share it.

    Args:
        limit: The most deliveries that wait.

    >>> inbox = MemoryInbox()
    >>> inbox.put(Delivery("item.create", 12, {"item_id": 6101}), 0.0)
    True
    >>> inbox.put(Delivery("item.create", 12, {"item_id": 6101}), 1.0)
    False
    >>> inbox.lease(1.0, 60.0).delivery.item_id
    6101
    """

    blocks = False

    def __init__(self, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._number = 0
        self._kept: dict[int, _Kept] = {}
        self._leased: dict[int, _Kept] = {}
        self._failed: deque[Entry] = deque(maxlen=limit)
        # When an entry is due, and its number. What is out of date is skipped.
        self._queue: list[tuple[float, int]] = []
        self._seen: dict[str, float] = {}
        self._forget: list[tuple[float, str]] = []
        # The newest revision of each item, and until when it is remembered.
        self._newest: dict[int, tuple[int, float]] = {}
        self._newest_until: deque[tuple[float, int]] = deque()
        self._updates: dict[tuple[int, int | None], int] = {}

    def __repr__(self) -> str:
        return f"<MemoryInbox, {len(self._kept)} waiting>"

    def put(self, delivery: Delivery, now: float, *, coalesce: float = 0.0) -> bool:
        """Keep a delivery. Return False if it is a duplicate."""
        with self._lock:
            self._forget_old(now)
            key = delivery.key
            if key in self._seen:
                return False
            waiting = self._waiting_update(delivery) if coalesce > 0 else None
            if waiting is None and len(self._kept) >= self._limit:
                raise InboxFull(f"{self._limit} deliveries wait")
            self._seen[key] = now + delivery.remembered
            heapq.heappush(self._forget, (now + delivery.remembered, key))
            self._note_revision(delivery, now)
            if waiting is None:
                self._add(delivery, now, coalesce if delivery.type == UPDATE else 0.0)
            elif not is_older(delivery, waiting.entry.delivery):
                waiting.entry = replace(waiting.entry, delivery=delivery)
            return True

    def lease(self, now: float, seconds: float) -> Entry | None:
        """Return the next entry that is due, and lease it."""
        with self._lock:
            self._forget_old(now)
            self._end_leases(now)
            busy = {kept.entry.delivery.item_id for kept in self._leased.values()} - {None}
            blocked = []
            found = None
            while found is None and self._queue and self._queue[0][0] <= now:
                due, number = heapq.heappop(self._queue)
                kept = self._kept.get(number)
                if kept is None or number in self._leased or kept.due != due:
                    continue
                if kept.entry.delivery.item_id in busy:
                    blocked.append((due, number))
                else:
                    found = kept
            for each in blocked:
                heapq.heappush(self._queue, each)
            return None if found is None else self._take(found, now, seconds)

    def extend(self, entry: Entry, now: float, seconds: float) -> bool:
        """Move the deadline of a lease. Return False if it is lost."""
        with self._lock:
            kept = self._owned(entry)
            if kept is None:
                return False
            kept.deadline = now + seconds
            self._leased[entry.entry_id] = kept
            return True

    def done(self, entry: Entry) -> bool:
        """Forget an entry that is handled. Return False if the lease is lost."""
        with self._lock:
            if self._owned(entry) is None:
                return False
            self._drop(entry)
            return True

    def retry(self, entry: Entry, due: float) -> bool:
        """Give an entry back until ``due``. Return False if the lease is lost."""
        with self._lock:
            kept = self._owned(entry)
            if kept is None:
                return False
            self._leased.pop(entry.entry_id, None)
            self._queue_again(kept, replace(entry, owner=""), due)
            return True

    def fail(self, entry: Entry, now: float) -> bool:
        """Put an entry aside. Return False if the lease is lost."""
        with self._lock:
            if self._owned(entry) is None:
                return False
            self._drop(entry)
            self._failed.append(replace(entry, owner=""))
            return True

    def failed(self) -> list[Entry]:
        """Return the entries that were put aside, the oldest first."""
        with self._lock:
            return list(self._failed)

    def again(self, entry: Entry, now: float) -> bool:
        """Let an entry that was put aside be handled again."""
        with self._lock:
            for each in self._failed:
                if each.entry_id == entry.entry_id:
                    self._failed.remove(each)
                    self._kept[each.entry_id] = kept = _Kept(each, now)
                    self._queue_again(kept, replace(each, leases=0, failures=0, problem=""), now)
                    return True
            return False

    def next_due(self, now: float) -> float | None:
        """Return when the next entry is due that waits now, or None."""
        with self._lock:
            waiting = (kept.due for number, kept in self._kept.items() if number not in self._leased)
            return min((due for due in waiting if due > now), default=None)

    def waiting(self) -> int:
        """Return how many entries wait or are being handled."""
        with self._lock:
            return len(self._kept)

    def _add(self, delivery: Delivery, now: float, delay: float) -> None:
        self._number += 1
        entry = Entry(self._number, delivery, now)
        self._kept[self._number] = _Kept(entry, now + delay)
        heapq.heappush(self._queue, (now + delay, self._number))
        if delivery.type == UPDATE:
            self._updates[delivery.hook_id, delivery.item_id] = self._number

    def _waiting_update(self, delivery: Delivery) -> _Kept | None:
        """Return the entry that an update of an item becomes one with: one that nobody has taken yet."""
        if delivery.type != UPDATE:
            return None
        kept = self._kept.get(self._updates.get((delivery.hook_id, delivery.item_id), 0))
        return kept if kept is not None and not kept.entry.leases else None

    def _take(self, kept: _Kept, now: float, seconds: float) -> Entry:
        delivery = kept.entry.delivery
        kept.entry = replace(
            kept.entry, owner=new_owner(), leases=kept.entry.leases + 1, stale=self._is_stale(delivery)
        )
        kept.deadline = now + seconds
        self._leased[kept.entry.entry_id] = kept
        number = self._updates.get((delivery.hook_id, delivery.item_id))
        if number == kept.entry.entry_id:
            del self._updates[delivery.hook_id, delivery.item_id]
        return kept.entry

    def _queue_again(self, kept: _Kept, entry: Entry, due: float) -> None:
        kept.entry, kept.due = entry, due
        heapq.heappush(self._queue, (due, entry.entry_id))

    def _end_leases(self, now: float) -> None:
        for kept in [kept for kept in self._leased.values() if kept.deadline <= now]:
            del self._leased[kept.entry.entry_id]
            # It still has its owner, until somebody else takes it.
            self._queue_again(kept, kept.entry, kept.due)

    def _drop(self, entry: Entry) -> None:
        del self._kept[entry.entry_id]
        self._leased.pop(entry.entry_id, None)

    def _owned(self, entry: Entry) -> _Kept | None:
        kept = self._kept.get(entry.entry_id)
        return kept if kept is not None and kept.entry.owner == entry.owner else None

    def _note_revision(self, delivery: Delivery, now: float) -> None:
        item_id, revision = delivery.item_id, delivery.item_revision_id
        if item_id is not None and revision is not None and revision >= self._newest.get(item_id, (0, 0.0))[0]:
            self._newest[item_id] = revision, now + REMEMBERED
            self._newest_until.append((now + REMEMBERED, item_id))

    def _is_stale(self, delivery: Delivery) -> bool:
        revision = delivery.item_revision_id
        return revision is not None and revision < self._newest.get(delivery.item_id or 0, (0, 0.0))[0]

    def _forget_old(self, now: float) -> None:
        while self._forget and self._forget[0][0] <= now:
            self._seen.pop(heapq.heappop(self._forget)[1], None)
        while self._newest_until and self._newest_until[0][0] <= now:
            _, item_id = self._newest_until.popleft()
            if item_id in self._newest and self._newest[item_id][1] <= now:
                del self._newest[item_id]


def new_owner() -> str:
    """Return a new name for a lease.

    >>> len(new_owner())
    16
    """
    return secrets.token_hex(8)


def is_older(delivery: Delivery, other: Delivery) -> bool:
    """Return whether a delivery is of an older revision than another one of the same item.

    >>> old, new = ({"item_id": 6101, "item_revision_id": revision} for revision in (7, 8))
    >>> is_older(Delivery("item.update", 12, old), Delivery("item.update", 12, new))
    True
    """
    revision, others = delivery.item_revision_id, other.item_revision_id
    return revision is not None and others is not None and revision < others


def problem_text(problems: Sequence[BaseException]) -> str:
    """Return the kinds of some exceptions. Their texts may hold what must not be kept.

    >>> problem_text([KeyError("a"), ValueError("b")])
    'KeyError, ValueError'
    """
    return ", ".join(type(problem).__name__ for problem in problems)
