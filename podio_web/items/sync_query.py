"""``SyncItemQuery``: the members of ``ItemQuery`` without ``await``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from podio_web.items.item import BaseItem
from podio_web.items.paging import LIMIT, Paging, Resume
from podio_web.items.query import ItemQuery, Page
from podio_web.items.rows import row_of

if TYPE_CHECKING:
    from podio_web.items.sync_app import SyncApp

T = TypeVar("T", bound=BaseItem)


class SyncItemQuery(Generic[T]):
    """A query of an app's items. It reads when it is iterated; each iteration starts anew.

    ``total`` and ``filtered`` are the items of the app, and those that match; None before the first page.

    >>> query = tasks.items(status="To do")
    >>> for task in query:
    ...     print(task.title, "of", query.filtered)
    Draft the spring newsletter of 12
    Check the contact form of 12
    ...
    """

    def __init__(self, app: SyncApp[T], query: ItemQuery[Any]) -> None:
        self._app = app
        self._query = query

    def __repr__(self) -> str:
        return f"<SyncItemQuery of app {self._app.app_id}>"

    @property
    def total(self) -> int | None:
        """The items of the app; None before the first page."""
        return self._query.total

    @property
    def filtered(self) -> int | None:
        """The items that match; None before the first page."""
        return self._query.filtered

    @property
    def resume(self) -> Resume:
        """Where the last iteration is: behind the last item that it gave. Pass it to ``SyncApp.items``."""
        return self._query.resume

    def __iter__(self) -> Iterator[T]:
        return self._read_items()

    def rows(self, *names: str) -> Iterator[dict[str, Any]]:
        """Iterate over plain dicts, for pandas, polars and CSV files.

        A name is an external ID, a part of a value such as ``due.end``, or a member of the item such as ``item_id``.
        Without names, all fields are there. ``podio_web.items.rows`` says what becomes of each type.
        ``pandas.DataFrame`` and ``polars.DataFrame`` take a list of the dicts.

        >>> rows = list(tasks.items().rows("title", "hours"))
        >>> rows[0]
        {'title': 'Draft the spring newsletter', 'hours': Decimal('1.0000')}
        """
        for item in self._read_items(with_tags="tags" in names):
            yield row_of(item, names)

    def page(self, *, limit: int = LIMIT, offset: int = 0) -> Page[T]:
        """Return at most ``limit`` items from ``offset`` on.

        Raises ValueError if the limit is not from 1 to 500, and what ``Podio.request`` raises.

        >>> page = tasks.items(status="To do").page(limit=5)
        >>> len(page.items), page.filtered
        (5, 12)
        """
        return self._app.run(lambda: self._query.page(limit=limit, offset=offset))

    def start(self) -> Paging:
        """Return the state of a new iteration."""
        return self._query.start()

    def read_next(self, paging: Paging, *, with_tags: bool = False) -> bool:
        """Read the next page into ``paging``, and the tags if they are wanted. Return False at the end.

        Raises ItemsRateLimitError, which has ``resume``, and what ``Podio.request`` raises.
        """
        return self._app.run(lambda: self._query.read_next(paging, with_tags=with_tags))

    def _read_items(self, *, with_tags: bool = False) -> Iterator[T]:
        paging = self.start()
        while self.read_next(paging, with_tags=with_tags):
            for row in paging.rows():
                yield self._app.wrap(row)
