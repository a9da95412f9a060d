"""A query of an app's items: what it asks for, and the items that it reads.

https://developers.podio.com/doc/items/filter-items-4496747
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from podio_web.errors import PodioError, RateLimitError
from podio_web.http import quote
from podio_web.items.definition import Definition
from podio_web.items.filters import encode_filters, encode_sort
from podio_web.items.item import BaseItem, Item
from podio_web.items.paging import LARGEST, LIMIT, ItemsRateLimitError, Paging, Resume
from podio_web.items.rows import row_of

if TYPE_CHECKING:
    from podio_web.items.app import App

T = TypeVar("T", bound=Item)
ItemT = TypeVar("ItemT", bound=BaseItem)

_WITH_TAGS = {"fields": "items.fields(tags)"}


@dataclass(frozen=True)
class Page(Generic[ItemT]):
    """Some items of a query; ``filtered`` items match it, and the app has ``total``.

    >>> page = await tasks.items(status="To do").page(limit=50)
    >>> page.filtered, page.total
    (12, 36)
    """

    items: list[ItemT]
    filtered: int | None
    total: int | None


@dataclass(frozen=True)
class Asked:
    """What a query asks for: the arguments of ``App.items``.

    >>> Asked({}, {"status": "Done"}, "item_id").order
    1
    """

    filters: Mapping[Any, Any]
    named: Mapping[str, Any]
    sort_by: str | int | None
    sort_desc: bool = False
    limit: int = LIMIT
    view: int | None = None
    resume: Resume | None = None

    def __post_init__(self) -> None:
        if type(self.limit) is not int or not 1 <= self.limit <= LARGEST:
            raise ValueError(f"limit must be a whole number from 1 to {LARGEST}")

    @property
    def order(self) -> int:
        """1 if the items come in the order of their IDs, -1 if in the reverse one, 0 otherwise."""
        return 0 if self.sort_by != "item_id" else -1 if self.sort_desc else 1

    def body(self, definition: Definition) -> dict[str, Any]:
        """Return the body of a filter request without the page. Raises what ``encode_filters`` raises."""
        body: dict[str, Any] = {"filters": encode_filters(definition, self.filters, self.named)}
        if self.sort_by is not None:
            body |= {"sort_by": encode_sort(definition, self.sort_by), "sort_desc": self.sort_desc}
        return body


class ItemQuery(Generic[T]):
    """A query of an app's items. It reads when it is iterated; each iteration starts anew.

    ``total`` and ``filtered`` are the items of the app, and those that match; None before the first page.

    >>> query = tasks.items(status="To do")
    >>> async for task in query:
    ...     print(task.title, "of", query.filtered)
    Draft the spring newsletter of 12
    Check the contact form of 12
    ...
    """

    def __init__(self, app: App[T], asked: Asked) -> None:
        self.total: int | None = None
        self.filtered: int | None = None
        self._app = app
        self._asked = asked
        self._body: dict[str, Any] | None = None
        self._paging: Paging | None = None

    def __repr__(self) -> str:
        return f"<ItemQuery of app {self._app.app_id}>"

    @property
    def resume(self) -> Resume:
        """Where the last iteration is: behind the last item that it gave. Pass it to ``App.items``."""
        return (self._asked.resume or Resume()) if self._paging is None else self._paging.resume

    def __aiter__(self) -> AsyncIterator[T]:
        return self._read_items()

    async def rows(self, *names: str) -> AsyncIterator[dict[str, Any]]:
        """Iterate over plain dicts, for pandas, polars and CSV files.

        A name is an external ID, a part of a value such as ``due.end``, or a member of the item such as ``item_id``.
        Without names, all fields are there. ``podio_web.items.rows`` says what becomes of each type.
        ``pandas.DataFrame`` and ``polars.DataFrame`` take a list of the dicts.

        >>> rows = [row async for row in tasks.items().rows("title", "hours")]
        >>> rows[0]
        {'title': 'Draft the spring newsletter', 'hours': Decimal('1.0000')}
        """
        async for item in self._read_items(with_tags="tags" in names):
            yield row_of(item, names)

    async def page(self, *, limit: int = LIMIT, offset: int = 0) -> Page[T]:
        """Return at most ``limit`` items from ``offset`` on.

        Raises ValueError if the limit is not from 1 to 500, and what ``Podio.request`` raises.

        >>> page = await tasks.items(status="To do").page(limit=5)
        >>> len(page.items), page.filtered
        (5, 12)
        """
        Asked({}, {}, None, limit=limit)
        answer = await self._read(limit, offset)
        paging = Paging(limit, 0)
        paging.take(answer)
        self.total, self.filtered = paging.total, paging.filtered
        return Page([self._app.wrap(row) for row in paging.rows()], paging.filtered, paging.total)

    def start(self) -> Paging:
        """Return the state of a new iteration."""
        asked = self._asked
        self._paging = Paging(asked.limit, asked.order, asked.resume, largest=self._app.largest_page)
        return self._paging

    async def read_next(self, paging: Paging, *, with_tags: bool = False) -> bool:
        """Read the next page into ``paging``, and the tags if they are wanted. Return False at the end.

        Raises ItemsRateLimitError, which has ``resume``, and what ``Podio.request`` raises.
        """
        request = paging.request()
        if request is None:
            return False
        try:
            answer = await self._read(*request, with_tags=with_tags)
        except RateLimitError as problem:
            raise ItemsRateLimitError(problem, paging.resume) from None
        except PodioError as problem:
            if not paging.fail(problem):
                raise
            self._app.largest_page = paging.largest
        else:
            paging.take(answer)
            self.total, self.filtered = paging.total, paging.filtered
        return True

    async def _read_items(self, *, with_tags: bool = False) -> AsyncIterator[T]:
        paging = self.start()
        while await self.read_next(paging, with_tags=with_tags):
            for row in paging.rows():
                yield self._app.wrap(row)

    async def _read(self, limit: int, offset: int, *, with_tags: bool = False) -> Any:
        definition = await self._app.definition()
        if self._body is None:
            self._body = self._asked.body(definition)
        view = "" if self._asked.view is None else f"{quote(self._asked.view)}/"
        body = {**self._body, "limit": limit, "offset": offset}
        # A filter changes nothing, so it is retried like a GET.
        path = f"/item/app/{self._app.app_id}/filter/{view}"
        return await self._app.podio.post(path, body, params=_WITH_TAGS if with_tags else None, safe=True)
