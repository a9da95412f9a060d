"""``SyncApp``: the members of ``App`` without ``await``, for ``SyncPodio``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from podio_web.items.app import SEARCHED, App
from podio_web.items.bulk import AT_ONCE, Outcomes, SaveResult, save_each_blocking
from podio_web.items.definition import Definition
from podio_web.items.item import BaseItem, Item, OnConflict, SyncItem
from podio_web.items.paging import LIMIT, Resume
from podio_web.items.state import Saved
from podio_web.items.sync_query import SyncItemQuery
from podio_web.items.values import Reference
from podio_web.runtime.interpreter import IN_PAGE

if TYPE_CHECKING:
    from podio_web.client import Podio
    from podio_web.sync_client import SyncPodio

T = TypeVar("T", bound=BaseItem)
U = TypeVar("U")


class _DrivenApp(App[Any]):
    """An ``App`` whose items belong to a ``SyncApp``."""

    kind = SyncItem
    owner: SyncApp[Any]

    def wrap(self, data: Mapping[str, Any]) -> Any:
        """Return an item of the ``SyncApp`` from the JSON of the API."""
        item = super().wrap(data)
        item.app = self.owner
        return item

    def sibling(self, app_id: int) -> App[Any]:
        """Return another app of the same client."""
        app = _DrivenApp(self.podio, app_id)
        app.owner = self.owner.sibling(app_id)
        return app


class SyncApp(Generic[T]):
    """The items of one app. Nothing is read before it is needed; then the app's definition is read once.

    Args:
        podio: The client.
        model: The app's ID, or a class that declares its fields: ``class Task(SyncItem, app=3001)``.
        app_id: Another app with the same fields, instead of the one that the class names.

    A class that is declared with ``Item`` works as well: its items then have the methods of ``SyncItem``. Raises
    TypeError for a ``Podio`` or if the class is neither, ValueError if it names no app.

    >>> tasks = SyncApp(podio, 3001)
    >>> for task in tasks.items(status="To do", sort_by="due"):
    ...     print(task.title, task["due"].start)
    Draft the spring newsletter 2026-03-01 10:00:00+01:00
    Translate the price list, part 3 2026-03-03 10:00:00+01:00
    ...
    """

    @overload
    def __init__(self: SyncApp[SyncItem], podio: SyncPodio, model: int) -> None: ...
    @overload
    def __init__(self, podio: SyncPodio, model: type[T], app_id: int | None = None) -> None: ...
    def __init__(self, podio: SyncPodio, model: Any, app_id: int | None = None) -> None:
        if not hasattr(podio, "run"):
            raise TypeError(f"SyncApp needs a SyncPodio, not {type(podio).__name__}. For a Podio, use App")
        if isinstance(model, type) and issubclass(model, Item):
            model = type(model.__name__, (SyncItem, model), {"__module__": model.__module__})

        async def begin(driven: Podio) -> _DrivenApp:
            return _DrivenApp(driven, model, app_id)

        self.podio: SyncPodio = podio
        self._app = podio.run(begin)
        self._app.owner = self

    def __repr__(self) -> str:
        return f"<SyncApp {self.app_id}>"

    @property
    def app_id(self) -> int:
        """The app's ID."""
        return self._app.app_id

    @property
    def model(self) -> type[T]:
        """The class of the items."""
        return self._app.model

    def run(self, begin: Callable[[], Coroutine[Any, Any, U]]) -> U:
        """Return the result of a coroutine that never suspends."""
        return self.podio.run(lambda driven: begin())

    def definition(self) -> Definition:
        """Return the app's fields. They are read once; ``reload_definition`` reads them again.

        >>> definition = tasks.definition()
        >>> definition["status"].options[3]
        Option('Done', id=3)
        """
        return self.run(self._app.definition)

    def reload_definition(self) -> Definition:
        """Read the app's fields again, and return them. Items that were read before keep the old ones.

        >>> definition = tasks.reload_definition()
        """
        return self.run(self._app.reload_definition)

    def check(self) -> None:
        """Compare the declared class with the app's fields, which are read again.

        Raises SchemaMismatch, which names every field that is gone, new or of another type.

        >>> SyncApp(podio, Task).check()
        """
        self.run(self._app.check)

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
    ) -> SyncItemQuery[T]:
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
        options: Any = {"sort_by": sort_by, "sort_desc": sort_desc, "limit": limit, "view": view, "resume": resume}
        return SyncItemQuery(self, self._app.items(filters, **options, **by_field))

    def get(
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

        >>> task = tasks.get(external_id="seed-1")
        """
        named: Any = {"number": number, "external_id": external_id, "mark_as_viewed": mark_as_viewed}
        item: T = self.run(lambda: self._app.get(item_id, **named))
        return item

    def wrap(self, data: Mapping[str, Any]) -> T:
        """Return an item from the JSON of the API. Read the ``definition()`` before.

        >>> task = tasks.wrap(podio.get("/item/6101"))
        """
        item: T = self._app.wrap(data)
        return item

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
        >>> saved = task.save()
        """
        named: Any = {"external_id": external_id, "tags": tags, "file_ids": file_ids, "reminder": reminder}
        item: T = self._app.new(values, **named, **by_field)
        return item

    def get_or_create(
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

        >>> task = tasks.get_or_create(external_id="order-17", title="Paint the fence")
        """
        named: Any = {"external_id": external_id, "silent": silent, "hook": hook}
        item: T = self.run(lambda: self._app.get_or_create(values, **named, **by_field))
        return item

    def load(self, references: Iterable[Reference]) -> list[SyncItem | None]:
        """Return the items that references refer to, in their order; None for those that are not there any more.

        It takes one definition and one filter for each app and hundred items. Raises ValueError if a reference was
        assigned by its ID and does not know its app, and what ``Podio.request`` raises.

        >>> clients = tasks.load([task["client"] for task in tasks.items() if task["client"]])
        """
        # Before the client is asked: the references may come from a query of the same client.
        wanted = list(references)
        items: list[Any] = self.run(lambda: self._app.load(wanted))
        return items

    def sibling(self, app_id: int) -> SyncApp[Any]:
        """Return another app of the same client."""
        return SyncApp(self.podio, app_id)

    def search(self, text: str, *, limit: int = SEARCHED) -> list[Reference]:
        """Return references to the items that contain the words of a text, at most 20. Podio cannot filter by texts.

        >>> newsletters = tasks.load(tasks.search("newsletter"))
        >>> len(newsletters)
        3
        """
        return self.run(lambda: self._app.search(text, limit=limit))

    def save(
        self, item: BaseItem, *, silent: bool = False, hook: bool = True, on_conflict: OnConflict = "raise"
    ) -> Saved:
        """Create an item, or send the fields that differ, like ``SyncItem.save``.

        >>> saved = tasks.save(task, silent=True)
        """
        # The driven client cannot wait for another thread.
        with item.state.lock(threading.Lock):
            return self.run(lambda: self._app.save(item, silent=silent, hook=hook, on_conflict=on_conflict))

    def save_all(
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

        >>> results = tasks.save_all(changed, silent=True)
        >>> [each.item for each in results if each.error]
        []
        """
        outcomes = Outcomes(items, at_once)
        if any(item.state.definition is None for item in outcomes.items):
            self.definition()
        return save_each_blocking(
            outcomes,
            lambda item: self.save(item, silent=silent, hook=hook),
            lambda: self.podio.rate_limit,
            with_threads=not IN_PAGE,
        )

    def reload(self, item: BaseItem) -> None:
        """Read an item again, like ``SyncItem.reload``.

        >>> tasks.reload(task)
        """
        self.run(lambda: self._app.reload(item))

    def rebase(self, item: BaseItem) -> tuple[str, ...]:
        """Read an item again and lay its changes on top, like ``SyncItem.rebase``.

        >>> both = tasks.rebase(task)
        """
        return self.run(lambda: self._app.rebase(item))

    def delete(self, item: BaseItem | int, *, silent: bool = False, hook: bool = True) -> None:
        """Delete an item permanently, like ``SyncItem.delete``, or by its item ID.

        >>> tasks.delete(6101)
        """
        self.run(lambda: self._app.delete(item, silent=silent, hook=hook))
