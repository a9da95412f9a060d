"""``App``: read and write the items of one app.

https://developers.podio.com/doc/items
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

from podio_web.errors import ConflictError, NotFoundError
from podio_web.http import quote
from podio_web.items.arguments import app_id_of, whole
from podio_web.items.bulk import AT_ONCE, Outcomes, SaveResult, save_each
from podio_web.items.declared import check_declared
from podio_web.items.definition import Definition
from podio_web.items.item import BaseItem, Item, OnConflict
from podio_web.items.paging import LARGEST, LIMIT, Resume
from podio_web.items.query import Asked, ItemQuery
from podio_web.items.state import Saved
from podio_web.items.values import Reference

if TYPE_CHECKING:
    from podio_web.client import Podio

T = TypeVar("T", bound=Item)

_UNSEEN = {"mark_as_viewed": False}

SEARCHED = 20
"""The most results of a search."""


class App(Generic[T]):
    """The items of one app. Nothing is read before it is needed; then the app's definition is read once.

    Args:
        podio: The client.
        model: The app's ID, or a class that declares its fields: ``class Task(Item, app=3001)``.
        app_id: Another app with the same fields, instead of the one that the class names.

    Raises TypeError for a ``SyncPodio`` or if the class is not an ``Item``, ValueError if it names no app.

    >>> tasks = App(podio, 3001)
    >>> async for task in tasks.items(status="To do", sort_by="due"):
    ...     print(task.title, task["due"].start)
    Draft the spring newsletter 2026-03-01 10:00:00+01:00
    Translate the price list, part 3 2026-03-03 10:00:00+01:00
    ...
    """

    kind: ClassVar[type[BaseItem]] = Item
    """The class of the items, and the base of declared ones."""

    @overload
    def __init__(self: App[Item], podio: Podio, model: int) -> None: ...
    @overload
    def __init__(self, podio: Podio, model: type[T], app_id: int | None = None) -> None: ...
    def __init__(self, podio: Podio, model: Any, app_id: int | None = None) -> None:
        if not hasattr(podio, "send"):
            raise TypeError(f"App needs a Podio, not {type(podio).__name__}. For a SyncPodio, use SyncApp")
        self.podio: Podio = podio
        number = whole(model)
        self.model: type[T] = model if number is None else self.kind  # type: ignore[assignment]
        if not (isinstance(self.model, type) and issubclass(self.model, self.kind)):
            raise TypeError(f"model must be the ID of an app or a subclass of {self.kind.__name__}")
        found = app_id or self.model.app_id if number is None else number
        if found is None:
            raise ValueError(f"{self.model.__name__} names no app: class {self.model.__name__}(Item, app=3001)")
        self.app_id: int = app_id_of(found)
        self.largest_page: int = LARGEST
        self._definition: Definition | None = None

    def __repr__(self) -> str:
        return f"<App {self.app_id}>"

    async def definition(self) -> Definition:
        """Return the app's fields. They are read once; ``reload_definition`` reads them again.

        >>> definition = await tasks.definition()
        >>> definition["status"].options[3]
        Option('Done', id=3)
        """
        return self._definition or await self.reload_definition()

    async def reload_definition(self) -> Definition:
        """Read the app's fields again, and return them. Items that were read before keep the old ones.

        >>> definition = await tasks.reload_definition()
        """
        self._definition = Definition(await self.podio.get(f"/app/{self.app_id}"))
        return self._definition

    async def check(self) -> None:
        """Compare the declared class with the app's fields, which are read again.

        Raises SchemaMismatch, which names every field that is gone, new or of another type.

        >>> await App(podio, Task).check()
        """
        check_declared(self.model.__name__, self.model.declared, await self.reload_definition())

    def items(
        self,
        filters: Mapping[Any, Any] | None = None,
        *,
        sort_by: str | int | None = "item_id",
        sort_desc: bool = False,
        limit: int = LIMIT,
        view: int | None = None,
        resume: Resume | None = None,
        **by_field: Any,
    ) -> ItemQuery[T]:
        """Return a query of the items that match all filters. It reads when it is iterated.

        In the order of their IDs, which is the default, each item that is there all the time comes exactly once,
        although others add and delete items meanwhile.

        Args:
            filters: Values by external ID, field ID or a key such as ``created_on``.
            sort_by: A field, or a key such as ``created_on``; None for the order of the view.
            sort_desc: Whether the order is reversed.
            limit: The new items of a page, at most 500. Pages overlap a little. After a fault at Podio, they are
                smaller.
            view: The ID of a saved view.
            resume: Where an earlier query with the same arguments ended.
            by_field: More filters, by external ID with ``_`` for ``-``.

        The values of a list are alternatives. None in it means that the field is empty. A range is ``Between(1, 8)`` or
        ``{"from": 1, "to": 8}``; one of dates may be relative, such as ``{"to": "-1d"}``. The errors of filters are
        raised when the first page is read: UnknownField, and ValueError if Podio would ignore the filter. A rate limit
        raises ItemsRateLimitError, whose ``resume`` continues the query.

        >>> query = tasks.items(status=["To do", "In progress"], due={"to": "-1d"}, sort_by="due")
        """
        return ItemQuery(
            self, self.asked(filters, by_field, sort_by, sort_desc=sort_desc, limit=limit, view=view, resume=resume)
        )

    def asked(self, filters: Mapping[Any, Any] | None, named: Mapping[str, Any], sort_by: Any, **options: Any) -> Asked:
        """Return what ``items`` asks for, with copies of what may change. A declared class knows its attributes."""
        declared = self.model.declared
        by_key = {declared[name].key if name in declared else name: value for name, value in named.items()}
        if sort_by in declared:
            sort_by = declared[sort_by].key
        return Asked(dict(filters or {}), by_key, sort_by, **options)

    async def get(
        self,
        item_id: int | None = None,
        *,
        number: int | None = None,
        external_id: str | None = None,
        mark_as_viewed: bool = False,
    ) -> T:
        """Return one item, by one of its item ID, its ``number`` in the app, or its external ID.

        Several items may have the same external ID; the first one is returned. Unlike Podio, the notifications about
        the item stay new unless ``mark_as_viewed`` is true.

        Raises ValueError without exactly one of the three or if the item is of another app, NotFoundError, GoneError,
        and what ``Podio.request`` raises.

        >>> task = await tasks.get(external_id="seed-1")
        """
        if [item_id, number, external_id].count(None) != 2:
            raise ValueError("get() takes one of item_id, number and external_id")
        if number is not None:
            path = f"/app/{self.app_id}/item/{quote(number)}"
        elif external_id is not None:
            path = f"/item/app/{self.app_id}/external_id/{quote(external_id)}"
        else:
            assert item_id is not None, "one of the three is given"
            path = f"/item/{quote(item_id)}"
        data = await self.podio.get(path, {"mark_as_viewed": mark_as_viewed})
        app = data.get("app")
        found = app.get("app_id", self.app_id) if isinstance(app, dict) else self.app_id
        if found != self.app_id:
            raise ValueError(f"item {item_id} is of app {found}, not of {self.app_id}")
        await self.definition()
        return self.wrap(data)

    def wrap(self, data: Mapping[str, Any]) -> T:
        """Return an item from the JSON of the API. Read the ``definition()`` before.

        >>> task = tasks.wrap(await podio.get("/item/6101"))
        """
        return self.model(self, data, self._definition)

    def new(
        self,
        values: Mapping[Any, Any] | None = None,
        *,
        external_id: str | None = None,
        tags: Iterable[str] = (),
        file_ids: Iterable[int] = (),
        reminder: Mapping[str, Any] | None = None,
        **by_field: Any,
    ) -> T:
        """Return a new item. ``save()`` creates it.

        Args:
            values: The fields, by external ID or field ID.
            external_id: Your own ID for it. Podio accepts one that is taken.
            tags: Its tags.
            file_ids: The files to attach.
            reminder: ``{"remind_delta": minutes}``.
            by_field: More fields, by external ID with ``_`` for ``-``.

        Before the app's definition was read, values are checked when the item is saved. Raises what setting a field
        raises.

        >>> task = tasks.new(title="Paint the fence", client=6001, due=date(2026, 12, 24))
        >>> saved = await task.save()
        """
        item = self.wrap({})
        item.external_id = external_id
        item.tags = list(tags)
        files = list(file_ids)
        item.state.prepare(
            {**({"file_ids": files} if files else {}), **({"reminder": dict(reminder)} if reminder else {})}
        )
        item.set({**(values or {}), **by_field})
        return item

    async def get_or_create(
        self,
        values: Mapping[Any, Any] | None = None,
        *,
        external_id: str,
        silent: bool = False,
        hook: bool = True,
        **by_field: Any,
    ) -> T:
        """Return the item with an external ID, or create it with these fields. One that is there is not changed.

        After a lost connection, call it again: it finds what was created. Raises what ``get`` and ``save`` raise.

        >>> task = await tasks.get_or_create(external_id="order-17", title="Paint the fence")
        """
        try:
            return await self.get(external_id=external_id)
        except NotFoundError:
            item = self.new(values, external_id=external_id, **by_field)
            await self.save(item, silent=silent, hook=hook)
            return item

    async def load(self, references: Iterable[Reference]) -> list[Item | None]:
        """Return the items that references refer to, in their order; None for those that are not there any more.

        It takes one definition and one filter for each app and hundred items. Raises ValueError if a reference was
        assigned by its ID and does not know its app, and what ``Podio.request`` raises.

        >>> clients = await tasks.load([task["client"] async for task in tasks.items() if task["client"]])
        """
        wanted = list(references)
        if any(each.app_id is None for each in wanted):
            raise ValueError("a reference was assigned by its ID and does not know its app: reload the item first")
        found: dict[int, Item] = {}
        for app_id in dict.fromkeys(each.app_id for each in wanted):
            app = self if app_id == self.app_id else self.sibling(app_id or 0)
            ids = [*dict.fromkeys(each.item_id for each in wanted if each.app_id == app_id)]
            for start in range(0, len(ids), LIMIT):
                page = await app.items({"item_id": ids[start : start + LIMIT]}).page(limit=LIMIT)
                found |= {each.item_id: each for each in page.items if each.item_id is not None}
        return [found.get(each.item_id) for each in wanted]

    def sibling(self, app_id: int) -> App[Any]:
        """Return another app of the same client."""
        return App(self.podio, app_id)

    async def search(self, text: str, *, limit: int = SEARCHED) -> list[Reference]:
        """Return references to the items that contain the words of a text, at most 20. Podio cannot filter by texts.

        >>> newsletters = await tasks.load(await tasks.search("newsletter"))
        >>> len(newsletters)
        3
        """
        body = {"query": text, "limit": limit, "ref_type": "item"}
        answer = await self.podio.post(f"/search/app/{self.app_id}/", body, safe=True)
        hits = answer.get("results", ()) if isinstance(answer, dict) else answer or ()
        return [Reference(hit["id"], hit.get("title"), self.app_id) for hit in hits if hit.get("type") == "item"]

    async def save(
        self, item: BaseItem, *, silent: bool = False, hook: bool = True, on_conflict: OnConflict = "raise"
    ) -> Saved:
        """Create an item, or send the fields that differ, like ``Item.save``.

        >>> saved = await tasks.save(task, silent=True)
        """
        if on_conflict not in ("raise", "overwrite"):
            raise ValueError("on_conflict must be 'raise' or 'overwrite'")
        async with item.state.lock(asyncio.Lock):
            return await self._save(item, _flags(silent=silent, hook=hook), on_conflict)

    async def save_all(
        self, items: Iterable[T], *, at_once: int = AT_ONCE, silent: bool = False, hook: bool = True
    ) -> list[SaveResult[T]]:
        """Save many items, and return one outcome for each, in order. An error of one does not stop the others.

        After a rate limit or a sign-out, no more are sent. Items without changes cost nothing, so after a while you may
        save all again.

        Args:
            items: The items.
            at_once: The saves that run at the same time.
            silent: Whether nobody is notified.
            hook: Whether webhooks are called.

        Raises ValueError if ``at_once`` is not at least 1, and what reading the app's definition raises.

        >>> results = await tasks.save_all(changed, silent=True)
        >>> [each.item for each in results if each.error]
        []
        """
        outcomes = Outcomes(items, at_once)
        if any(item.state.definition is None for item in outcomes.items):
            await self.definition()
        return await save_each(
            outcomes, lambda item: self.save(item, silent=silent, hook=hook), lambda: self.podio.rate_limit
        )

    async def reload(self, item: BaseItem) -> None:
        """Read an item again, like ``Item.reload``.

        >>> await tasks.reload(task)
        """
        item.state.read(await self._read(item))

    async def rebase(self, item: BaseItem) -> tuple[str, ...]:
        """Read an item again and lay its changes on top, like ``Item.rebase``.

        >>> both = await tasks.rebase(task)
        """
        return item.state.rebase(await self._read(item))

    async def delete(self, item: BaseItem | int, *, silent: bool = False, hook: bool = True) -> None:
        """Delete an item permanently, like ``Item.delete``, or by its item ID.

        >>> await tasks.delete(6101)
        """
        item_id = item.item_id if isinstance(item, BaseItem) else item
        if item_id is None:
            raise ValueError("this item is not saved, so it cannot be deleted")
        await self.podio.delete(f"/item/{quote(item_id)}", params=_flags(silent=silent, hook=hook))

    async def _save(self, item: BaseItem, params: Mapping[str, bool], on_conflict: OnConflict) -> Saved:
        if item.state.definition is None:
            item.state.use(await self.definition())
        state = item.state
        pending = state.pending()
        missing = state.missing(pending)
        if missing:
            raise ValueError(f"required fields are empty: {', '.join(missing)}")
        while pending.new_urls:
            url = pending.new_urls[0]
            state.link_created(url, await self.podio.post("/embed/", {"url": url}))
            pending = state.pending()
        if state.item_id is None:
            answer = await self.podio.post(f"/item/app/{self.app_id}/", state.creation(pending), params=params)
            return state.saved(answer, pending)
        if not any(pending):
            return Saved(state.revision)
        body: dict[str, Any] = {}
        if on_conflict == "raise":
            body["revision"] = await self._revision(item)
        if pending.changes:
            body["fields"] = pending.fields
        return state.saved(
            await self.podio.put(f"/item/{state.item_id}", body | pending.extras, params=params), pending
        )

    async def _revision(self, item: BaseItem) -> int | None:
        """Return the revision that an item's values are of. If that is not known, the item is read again.

        Raises ConflictError if somebody else changed a field that is changed here.
        """
        state = item.state
        if state.is_stale or state.revision is None:
            data = await self._read(item)
            both = state.conflicts(data)
            if both:
                raise ConflictError(f"somebody else changed {', '.join(both)} too. Use rebase()")
            state.rebase(data)
        return state.revision

    async def _read(self, item: BaseItem) -> Any:
        if item.item_id is None:
            raise ValueError("this item is not saved, so it cannot be read")
        return await self.podio.get(f"/item/{item.item_id}", _UNSEEN)


def _flags(*, silent: bool, hook: bool) -> dict[str, bool]:
    """Return the query of a write. What is Podio's default is left out."""
    return {**({"silent": True} if silent else {}), **({} if hook else {"hook": False})}
