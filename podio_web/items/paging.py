"""Read a long list page by page, without I/O: each item once, although others add and delete items meanwhile.

The API counts from the start of the list. If an item before the next page is deleted, the rest moves up, and a plain
reader would skip some. So each page begins with the last items of the one before. If none of them is there, the reader
steps back. Items that were read before are dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from podio_web.errors import BadRequestError, RateLimitError, ServerError, TimedOut, UnavailableError

LIMIT = 100
"""The items of a page, unless the caller says something else."""

LARGEST = 500
"""The largest page."""

SMALLEST = 25
"""The smallest page after faults at Podio."""

_SURE = 100
"""A page of this size is allowed everywhere. Some reports say that larger ones are not."""

_OVERLAP = 10
"""One item in so many is asked for again, if the page has room for that."""


@dataclass(frozen=True)
class Resume:
    """Where a reading ended, for ``App.items(..., resume=...)``. The other arguments must be the same.

    - ``offset``: the number of items before the next one.
    - ``last``: the ID of the last item.
    - ``seen``: the IDs of all items that were read, unless they come in the order of their IDs.

    >>> text = json.dumps(dataclasses.asdict(Resume(offset=200, last=6300)))
    >>> Resume(**json.loads(text)).offset
    200
    """

    offset: int = 0
    last: int | None = None
    seen: tuple[int, ...] = ()


class ItemsRateLimitError(RateLimitError):
    """Podio allows no more calls for now. ``resume`` continues the reading later, after ``retry_after`` seconds.

    >>> found = []
    >>> try:
    ...     async for task in tasks.items(status="To do"):
    ...         found.append(task)
    ... except ItemsRateLimitError as error:
    ...     rest = tasks.items(status="To do", resume=error.resume)
    >>> len(found)
    12
    """

    def __init__(self, problem: RateLimitError, resume: Resume) -> None:
        names = ("status", "error", "error_description", "error_detail", "error_parameters", "method", "path")
        told = {name: getattr(problem, name) for name in names}
        super().__init__(problem.message, retry_after=problem.retry_after, **told)
        self.resume: Resume = resume


class Paging:
    """The state of one reading. Perform each ``request()``, give its answer to ``take`` or its error to ``fail``.

    - ``limit``: the new items of a page, from 1 to 500.
    - ``order``: 1 if the items come in the order of their IDs, -1 if in the reverse one, 0 otherwise.
    - ``resume``: where an earlier reading ended.
    - ``largest``: the largest page that Podio gives. It becomes smaller if Podio refuses a page.

    ``total`` and ``filtered`` are the items of the app and those that match, as the last answer said.

    >>> paging = Paging(100, 1)
    >>> while (request := paging.request()) is not None:
    ...     body = {"sort_by": "item_id", "sort_desc": False, "limit": request[0], "offset": request[1]}
    ...     paging.take(await podio.post("/item/app/3001/filter/", body))
    ...     for row in paging.rows():
    ...         print(row["item_id"])
    6101
    6102
    ...
    """

    def __init__(
        self, limit: int = LIMIT, order: int = 1, resume: Resume | None = None, *, largest: int = LARGEST
    ) -> None:
        start = resume or Resume()
        self.total: int | None = None
        self.filtered: int | None = None
        self.largest: int = largest
        self._limit = limit
        self._order = order
        self._last = start.last
        self._seen = set(start.seen)
        # The number of items before the next one, if the list has not changed.
        self._position = start.offset
        self._asked = (0, 0)
        # Items behind a gap, whose missing neighbors are asked for.
        self._behind: list[dict[str, Any]] = []
        self._step_back_to: int | None = None
        self._fresh: deque[tuple[int, dict[str, Any]]] = deque()
        # The first item of the last page.
        self._first: int | None = None
        # How far the list moved up between two pages lately.
        self._moved = 0
        self._was_halved = False
        self._is_done = False

    @property
    def resume(self) -> Resume:
        """Where the reading is: behind the last item that ``rows`` has given."""
        return Resume(self._position, self._last, tuple(sorted(self._seen)))

    @property
    def _size(self) -> int:
        return min(self._limit, self.largest)

    def request(self) -> tuple[int, int] | None:
        """Return the limit and the offset of the next page, or None at the end."""
        if self._is_done:
            return None
        if self._step_back_to is not None:
            self._asked = self._size, self._step_back_to
        else:
            has_room = self._size < self.largest
            wanted = max(1, 2 * self._moved, self._size // _OVERLAP if has_room else 1)
            overlap = min(wanted, max(1, self._size // 2), self._position)
            self._asked = min(self._size + overlap, self.largest), self._position - overlap
        return self._asked

    def take(self, answer: Any) -> None:
        """Take the answer to the last request. ``rows`` then gives the items in it that were not read before."""
        told = answer if isinstance(answer, dict) else {}
        listed = told.get("items")
        page = [row for row in (listed if isinstance(listed, list) else ()) if _has_id(row)]
        self.total, self.filtered = _count(told.get("total")), _count(told.get("filtered"))
        self._was_halved = False
        offset = self._asked[1]
        ids = {row["item_id"] for row in page}
        page += [row for row in self._behind if row["item_id"] not in ids]
        if offset > 0 and not (page and self._was_read(page[0]["item_id"])):
            # What was read last is not there any more, so items between it and this page may have moved up.
            self._behind, self._step_back_to = page, max(0, offset - max(1, self._size - 1))
            return
        self._behind, self._step_back_to = [], None
        known = next((number for number, row in enumerate(page) if not self._was_read(row["item_id"])), len(page))
        self._moved = max(self._position - (offset + known), self._moved // 2)
        end = offset + len(page)
        self._fresh.extend((offset + n, row) for n, row in enumerate(page, 1) if not self._was_read(row["item_id"]))
        first = page[0]["item_id"] if page else None
        # A page with nothing new means that others added items before it, unless it is the page of before again.
        is_stuck = not self._fresh and (end <= self._position or first == self._first or self.filtered is None)
        self._first = first
        self._is_done = is_stuck or (self.filtered is not None and end >= self.filtered)
        if not self._fresh:
            self._position = end

    def rows(self) -> Iterator[dict[str, Any]]:
        """Give the items that are new. Each counts as read from then on."""
        while self._fresh:
            self._position, row = self._fresh.popleft()
            if self._was_read(row["item_id"]):
                continue
            self._last = row["item_id"]
            if self._order == 0:
                self._seen.add(self._last)
            yield row

    def fail(self, problem: Exception) -> bool:
        """Return whether to ask again, for a smaller page. Otherwise the error is the caller's.

        After a fault at Podio or a timeout, the page is halved once. If Podio refuses a large page, all are smaller.
        """
        if isinstance(problem, BadRequestError) and self._asked[0] > _SURE:
            self.largest = _SURE
            return True
        is_fault = isinstance(problem, (ServerError, UnavailableError, TimedOut))
        if not is_fault or self._was_halved or self._size <= SMALLEST:
            return False
        self._was_halved = True
        self._limit = max(SMALLEST, self._size // 2)
        return True

    def _was_read(self, item_id: int) -> bool:
        if self._order == 0:
            return item_id in self._seen
        return self._last is not None and (item_id - self._last) * self._order <= 0


def _has_id(row: Any) -> bool:
    return type(row) is dict and type(row.get("item_id")) is int


def _count(value: Any) -> int | None:
    return value if type(value) is int else None
