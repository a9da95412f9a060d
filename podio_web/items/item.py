"""An item: its fields by external ID. ``Item`` belongs to an ``App``, ``SyncItem`` to a ``SyncApp``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from podio_web.items.declared import Attribute, DeclaredField, declared_fields
from podio_web.items.decode import plain_text
from podio_web.items.definition import Definition, Field
from podio_web.items.state import ItemState, Saved

if TYPE_CHECKING:
    from podio_web.items.app import App
    from podio_web.items.sync_app import SyncApp

OnConflict = Literal["raise", "overwrite"]
"""What ``save`` does if somebody else changed the same field: raise ConflictError, or overwrite it."""


class BaseItem:
    """What ``Item`` and ``SyncItem`` share. ``item["status"]`` reads and sets a field, and so does ``item[4003]``.

    Reading or setting a field never calls Podio. Set None to empty a field. A list can be changed in place.

    Items compare by identity.
    """

    app: Any
    """The ``App`` or ``SyncApp`` that saves it."""

    state: ItemState
    """What Podio said, and what was set since."""

    # Without an annotation, which pyright would take for the type of a field of this name in a declared class.
    title = Attribute[Any](lambda item: item.state.title)
    """What Podio shows as the title. A declared class may have a field of this name instead."""

    app_id: ClassVar[int | None] = None
    """The app of a declared class: ``class Task(Item, app=3001)``."""

    declared: ClassVar[Mapping[str, DeclaredField[Any, Any]]] = {}
    """The fields of a declared class, by attribute."""

    def __init_subclass__(cls, *, app: int | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if app is not None:
            cls.app_id = app
        cls.declared = declared_fields(cls)

    def __init__(self, app: Any, data: Mapping[str, Any], definition: Definition | None = None) -> None:
        self.app = app
        self.state = ItemState(data, definition)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.item_id} {self.state.title!r}>"

    @property
    def item_id(self) -> int | None:
        """The item's ID; None until it is saved."""
        return self.state.item_id

    @property
    def app_item_id(self) -> int | None:
        """The item's number in the app; None until it is saved."""
        return self.state.app_item_id

    @property
    def revision(self) -> int | None:
        """The item's revision; None until it is saved, or if Podio did not tell it."""
        return self.state.revision

    @property
    def data(self) -> Mapping[str, Any]:
        """The JSON of the item, as it was last read."""
        return self.state.data

    @property
    def external_id(self) -> str | None:
        """Your own ID for the item. Set it, and it is saved with the fields."""
        return self.state.external_id

    @external_id.setter
    def external_id(self, value: str | None) -> None:
        """Set your own ID for the item."""
        self.state.external_id = value

    @property
    def tags(self) -> list[str]:
        """The item's tags. Change the list, and it is saved with the fields.

        Raises ValueError if they were not read: Podio leaves them out of the items of a query.
        """
        if self.state.tags is None:
            raise ValueError("Podio leaves out the tags of the items of a query: reload this item first")
        return self.state.tags

    @tags.setter
    def tags(self, value: list[str]) -> None:
        """Replace the item's tags."""
        self.state.tags = list(value)

    def __getitem__(self, key: str | int) -> Any:
        """Return a field's value by external ID or field ID: None, or an empty list, if it has none.

        Raises UnknownField, a KeyError that names similar fields.
        """
        return self.state[key]

    def __setitem__(self, key: str | int, value: Any) -> None:
        """Set a field by external ID or field ID. None empties it.

        Raises UnknownField, ValueError if the field does not take the value, AttributeError if Podio calculates it.
        """
        self.state[key] = value

    def __contains__(self, key: object) -> bool:
        """Return whether the app has a field with an external ID or field ID."""
        return key in self.state

    def __iter__(self) -> Iterator[str]:
        return iter(self.state.keys())

    def keys(self) -> list[str]:
        """Return the external IDs of all fields, so that ``dict(item)`` works. Those without a value are included.

        >>> dict(task)["status"]
        Option('To do', id=1)
        """
        return self.state.keys()

    def field(self, key: str | int) -> Field:
        """Return the definition of a field. Raises UnknownField.

        >>> task.field("status").label
        'Status'
        """
        return self.state.field(key)

    def original(self, key: str | int) -> Any:
        """Return a field's value as Podio has it, for all that is known: as it was last read or saved.

        >>> task.original("status")
        Option('To do', id=1)
        """
        return self.state.original(key)

    def plain(self, key: str | int) -> str:
        """Return the text of a field without HTML, an empty text if it has none.

        >>> task.plain("description")
        'Draft the spring newsletter, in a few simple steps.'
        """
        value = self[key]
        return plain_text(value) if isinstance(value, str) else ""

    def set(self, values: Mapping[Any, Any]) -> None:
        """Set several fields, by external ID, field ID, or attribute of a declared class. ``_`` may stand for ``-``.

        Raises UnknownField, and one ValueError that names all that is wrong. Then nothing is set.

        >>> task.set({"status": "Done", "time_spent": 900})
        """
        declared = self.declared
        self.state.set({declared[key].key if key in declared else key: value for key, value in values.items()})

    def changes(self) -> dict[str, Any]:
        """Return what ``save`` would send: the JSON of each field that differs from what Podio has, by external ID.

        Raises ValueError if a list was changed to what its field does not take.

        >>> task["hours"] += Decimal("1.5")
        >>> task.changes()
        {'hours': '2.5000'}
        """
        return self.state.pending().fields


class Item(BaseItem):
    """An item of an ``App``. Subclass it to declare the fields, with their types.

    >>> class Task(Item, app=3001):
    ...     title = fields.Text(required=True)
    ...     status = fields.Category()
    ...     time_spent = fields.Duration()
    """

    app: App[Any]

    async def save(self, *, silent: bool = False, hook: bool = True, on_conflict: OnConflict = "raise") -> Saved:
        """Create the item, or send the fields that differ. Without a difference, nothing is sent.

        Args:
            silent: Whether nobody is notified.
            hook: Whether webhooks are called.
            on_conflict: ``"overwrite"`` sends no revision, so that the changes of others are overwritten.

        Raises ConflictError if somebody else changed the same field meanwhile, ValueError if a required field is empty
        or a value does not fit, and what ``Podio.request`` raises. After a lost connection, it is not known whether
        Podio saved the item: reload it, or use ``App.get_or_create`` for a new one.

        >>> saved = await task.save(silent=True)
        """
        return await self.app.save(self, silent=silent, hook=hook, on_conflict=on_conflict)

    async def reload(self) -> None:
        """Read the item again. Changes that were not saved are lost.

        Raises ValueError if the item is not saved, and what ``Podio.request`` raises.

        >>> await task.reload()
        """
        await self.app.reload(self)

    async def rebase(self) -> tuple[str, ...]:
        """Read the item again, and lay the changes on top. Return the fields that both sides changed, differently.

        ``original(key)`` returns what somebody else wrote there.

        Raises ValueError if the item is not saved, and what ``Podio.request`` raises.

        >>> if not await task.rebase():
        ...     saved = await task.save()
        """
        return await self.app.rebase(self)

    async def delete(self, *, silent: bool = False, hook: bool = True) -> None:
        """Delete the item permanently. The arguments are those of ``save``.

        Raises ValueError if the item is not saved, and what ``Podio.request`` raises.

        >>> await task.delete()
        """
        await self.app.delete(self, silent=silent, hook=hook)


class SyncItem(BaseItem):
    """An item of a ``SyncApp``: ``Item`` without ``await``.

    ``SyncApp(podio, Task)`` also works with a class that is declared with ``Item``. Type checkers know its methods
    without ``await`` only if it is declared with ``SyncItem``.

    >>> class Task(SyncItem, app=3001):
    ...     status = fields.Category()
    """

    app: SyncApp[Any]

    def save(self, *, silent: bool = False, hook: bool = True, on_conflict: OnConflict = "raise") -> Saved:
        """Create the item, or send the fields that differ. Without a difference, nothing is sent.

        Args:
            silent: Whether nobody is notified.
            hook: Whether webhooks are called.
            on_conflict: ``"overwrite"`` sends no revision, so that the changes of others are overwritten.

        Raises ConflictError if somebody else changed the same field meanwhile, ValueError if a required field is empty
        or a value does not fit, and what ``Podio.request`` raises. After a lost connection, it is not known whether
        Podio saved the item: reload it, or use ``App.get_or_create`` for a new one.

        >>> saved = task.save(silent=True)
        """
        return self.app.save(self, silent=silent, hook=hook, on_conflict=on_conflict)

    def reload(self) -> None:
        """Read the item again. Changes that were not saved are lost.

        Raises ValueError if the item is not saved, and what ``Podio.request`` raises.

        >>> task.reload()
        """
        self.app.reload(self)

    def rebase(self) -> tuple[str, ...]:
        """Read the item again, and lay the changes on top. Return the fields that both sides changed, differently.

        ``original(key)`` returns what somebody else wrote there.

        Raises ValueError if the item is not saved, and what ``Podio.request`` raises.

        >>> if not task.rebase():
        ...     saved = task.save()
        """
        return self.app.rebase(self)

    def delete(self, *, silent: bool = False, hook: bool = True) -> None:
        """Delete the item permanently. The arguments are those of ``save``.

        Raises ValueError if the item is not saved, and what ``Podio.request`` raises.

        >>> task.delete()
        """
        self.app.delete(self, silent=silent, hook=hook)
