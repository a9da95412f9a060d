"""The state of an item: what Podio said, what was set since, and what saving it would send. Nothing here does I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from podio_web.items.alike import is_unchanged
from podio_web.items.coerce import coerce
from podio_web.items.decode import decode
from podio_web.items.definition import Definition, Field, UnknownField, key_of
from podio_web.items.encode import same, write
from podio_web.items.values import Link

L = TypeVar("L")

_MISSING: Any = object()


@dataclass(frozen=True)
class Saved:
    """What ``save`` did: the new ``revision``, None if Podio did not tell it, and the external IDs that were sent.

    >>> task.set({"status": "Done", "hours": 5})
    >>> saved = await task.save()
    >>> saved.changed
    ('status', 'hours')
    """

    revision: int | None
    changed: tuple[str, ...] = ()


class Change(NamedTuple):
    """A field that differs from what Podio has: its value, and what Podio has as far as it is known."""

    field: Field
    value: Any
    before: Any


class Pending(NamedTuple):
    """What a save sends: the changed fields, and ``external_id`` and ``tags`` if they differ.

    It is a copy: what is set while a save is under way belongs to the next one.
    """

    changes: tuple[Change, ...]
    extras: dict[str, Any]

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON of the changed fields, by external ID."""
        return {field.key: write(field, value) for field, value, _ in self.changes}

    @property
    def new_urls(self) -> list[str]:
        """The URLs of links that Podio does not know yet."""
        links = [
            each for _, value, _ in self.changes if isinstance(value, list) for each in value if _is_new_link(each)
        ]
        return list(dict.fromkeys(link.url for link in links))


class ItemState:
    """The fields of an item by external ID, and its IDs.

    - ``data``: the JSON of the item, as it was last read.
    - ``definition``: the fields of its app; None for a new item if they were not read yet.

    >>> state = ItemState({"item_id": 6101, "revision": 3, "fields": []}, definition)
    >>> state["hours"] = 5
    >>> state.pending().fields
    {'hours': '5'}
    """

    def __init__(self, data: Mapping[str, Any], definition: Definition | None = None) -> None:
        self.definition: Definition | None = definition
        self._locks: dict[Any, Any] = {}
        self._start(data)

    def _start(self, data: Mapping[str, Any]) -> None:
        get = data.get
        revision, tags = get("revision"), get("tags", _MISSING)
        self.data: Mapping[str, Any] = data
        self.item_id: int | None = get("item_id")
        self.app_item_id: int | None = get("app_item_id")
        self.revision: int | None = revision if type(revision) is int else None
        self.external_id: str | None = get("external_id")
        # None if they were not read: the items of a list come without them.
        is_unread = tags is _MISSING and self.item_id is not None
        self.tags: list[str] | None = None if is_unread else list(tags) if type(tags) is list else []
        self._envelopes: dict[str, Mapping[str, Any]] | None = None
        # What was read or set, by external ID, and what was set before the definition was known.
        self._values: dict[str, Any] = {}
        self._unchecked: dict[str, Any] = {}
        # What was saved since the item was read. It replaces what was read.
        self._saved: dict[str, Any] = {}
        self._saved_title: str | None = None
        self._saved_extras = self.external_id, _copied(self.tags)
        self._creation: dict[str, Any] = {}
        # Whether the fields may differ from what was read, so that the next save must look.
        self.is_stale: bool = False

    @property
    def title(self) -> str:
        """What Podio shows as the title, an empty text until the item is saved."""
        title = self.data.get("title") if self._saved_title is None else self._saved_title
        return title if isinstance(title, str) else ""

    def __getitem__(self, key: str | int) -> Any:
        """Return a field's value by external ID or field ID: None, or an empty list, if it has none.

        Raises UnknownField, a KeyError that names similar fields.
        """
        value = self._values.get(key, _MISSING)  # type: ignore[arg-type]
        if value is not _MISSING:
            return value
        # Most fields are known and were read. This must be quick: pages have thousands of them.
        field = None if self.definition is None else self.definition.by_key.get(key)
        if field is None or self._saved or field.key in self._values:
            return self._get(key)
        envelope = (self._envelopes or self._fields_read()).get(field.key)
        if envelope is None:
            value = [] if field.is_list else None
        elif envelope.get("type") == field.type:
            value = decode(field, envelope.get("values"))
        else:
            return self._get(key)
        self._values[field.key] = value
        return value

    def _get(self, key: str | int) -> Any:
        if self.definition is None and str(key) in self._unchecked:
            return self._unchecked[str(key)]
        field = self.field(key)
        value = self._values.get(field.key, _MISSING)
        if value is _MISSING:
            # A list is copied, because it can be changed in place.
            value = self._values[field.key] = self._before(field)
        return value

    def __setitem__(self, key: str | int, value: Any) -> None:
        """Set a field by external ID or field ID. None empties it.

        Raises UnknownField, ValueError if the field does not take the value, AttributeError if Podio calculates it.
        """
        if self.definition is None:
            self._unchecked[str(key)] = value
            return
        field = self.field(key)
        self._values[field.key] = coerce(field, value, self._before(field))

    def __contains__(self, key: object) -> bool:
        """Return whether the app has a field with an external ID or field ID."""
        return isinstance(key, (str, int)) and (str(key) in self._unchecked or self._field(key) is not None)

    def keys(self) -> list[str]:
        """Return the external IDs of all fields, so that ``dict(item)`` works. Those without a value are included.

        >>> dict(task)["status"]
        Option('To do', id=1)
        """
        known = dict.fromkeys(self._unchecked) if self.definition is None else self.definition.keys
        return [*known, *(key for key in self._fields_read() if key not in known)]

    def field(self, key: str | int) -> Field:
        """Return the definition of a field. Raises UnknownField.

        >>> task.field("status").label
        'Status'
        """
        found = self._field(key)
        if found is not None:
            return found
        if self.definition is None:
            raise UnknownField(
                f"{key!r} was not set, and the fields of the app were not read yet: await app.definition()"
            )
        return self.definition[key]

    def original(self, key: str | int) -> Any:
        """Return a field's value as Podio has it, for all that is known: as it was last read or saved.

        >>> task.original("status")
        Option('To do', id=1)
        """
        return self._before(self.field(key))

    def set(self, values: Mapping[Any, Any]) -> None:
        """Set several fields, by external ID, field ID, or attribute of a declared class. ``_`` may stand for ``-``.

        Raises UnknownField, and one ValueError that names all that is wrong. Then nothing is set.

        >>> task.set({"status": "Done", "time_spent": 900})
        """
        if self.definition is None:
            self._unchecked |= {str(key): value for key, value in values.items()}
            return
        found = {}
        problems = []
        for key, value in values.items():
            field = self._field(key) or (self.definition.named(key) if isinstance(key, str) else self.field(key))
            try:
                found[field.key] = coerce(field, value, self._before(field))
            except ValueError as problem:
                problems.append(str(problem))
        if problems:
            raise ValueError(". ".join(problems))
        self._values |= found

    def lock(self, kind: Callable[[], L]) -> L:
        """Return the lock of a kind that the saves of this item share, so that each sends what the others did not.

        >>> import asyncio
        >>> task.state.lock(asyncio.Lock) is task.state.lock(asyncio.Lock)
        True
        """
        found: L = self._locks.setdefault(kind, kind())
        return found

    def use(self, definition: Definition) -> None:
        """Use a definition, and check what was set before it was known. ``App`` calls this.

        Raises UnknownField, and one ValueError that names all that is wrong.
        """
        self.definition = definition
        unchecked, self._unchecked = self._unchecked, {}
        try:
            self.set(unchecked)
        except (KeyError, ValueError, AttributeError):
            self.definition, self._unchecked = None, unchecked
            raise

    def prepare(self, creation: Mapping[str, Any]) -> None:
        """Send these keys as well when the item is created: ``file_ids``, ``reminder``. ``App.new`` calls this."""
        self._creation = dict(creation)

    def pending(self) -> Pending:
        """Return what a save would send. Raises ValueError if a list was changed to what its field does not take."""
        external_id, tags = self._saved_extras
        extras: dict[str, Any] = {} if self.external_id == external_id else {"external_id": self.external_id}
        if self.tags != tags:
            extras["tags"] = list(self.tags or ())
        return Pending(tuple(self._changes()), extras)

    def missing(self, pending: Pending) -> list[str]:
        """Return the external IDs of the required fields that a save would leave empty."""
        required = [field.key for field in self.definition or () if field.is_required and field.can_be_written]
        written = pending.fields
        return [key for key in required if written.get(key, [] if self.item_id is None else None) == []]

    def creation(self, pending: Pending) -> dict[str, Any]:
        """Return the body of the request that creates the item."""
        fields = {key: value for key, value in pending.fields.items() if value != []}
        return {"fields": fields, **pending.extras, **self._creation}

    def link_created(self, url: str, embed: Mapping[str, Any]) -> None:
        """Take note of the link that Podio created for a URL."""
        link = Link(url, embed["embed_id"], embed.get("title"))
        for value in self._values.values():
            if type(value) is list:
                value[:] = [link if _is_new_link(each) and each.url == url else each for each in value]

    def saved(self, answer: Any, pending: Pending) -> Saved:
        """Take note of the answer to a save. The values stay as they were sent until the item is read again."""
        told = answer if isinstance(answer, dict) else {}
        self._saved |= {field.key: value for field, value, _ in pending.changes}
        external_id, tags = self._saved_extras
        self._saved_extras = pending.extras.get("external_id", external_id), pending.extras.get("tags", tags)
        revision, title = told.get("revision"), told.get("title")
        revision = revision if type(revision) is int else None
        if self.item_id is None:
            self.item_id, self.app_item_id = told.get("item_id"), told.get("app_item_id")
            self.data = {**self.data, **told}
            self._envelopes = None
        elif self.revision is None or revision != self.revision + 1:
            # Somebody else saved the item too, or Podio did not tell. Other fields may differ from what was read.
            self.is_stale = True
        self.revision = revision
        self._saved_title = title if isinstance(title, str) else self._saved_title
        return Saved(revision, (*(field.key for field, _, _ in pending.changes), *pending.extras))

    def read(self, data: Mapping[str, Any]) -> None:
        """Replace everything by what Podio says now."""
        self._start(data)

    def conflicts(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the fields that were changed here and, differently, at Podio. ``data`` is what Podio says now."""
        pending = self.pending()
        fresh = ItemState(data, self.definition)
        both = []
        for field, value, before in pending.changes:
            now = fresh.original(field.key)
            if not (is_unchanged(field, now, before) or same(field, now, value)):
                both.append(field.key)
        external_id, tags = self._saved_extras
        for name, held in (("external_id", external_id), ("tags", fresh.tags if tags is None else tags)):
            if name in pending.extras and getattr(fresh, name) not in (held, pending.extras[name]):
                both.append(name)
        return tuple(both)

    def rebase(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Lay the changes on top of what Podio says now. Return the fields that both sides changed, differently."""
        both = self.conflicts(data)
        changes, extras = self.pending()
        values = {change.field.key: self._values[change.field.key] for change in changes}
        self._start(data)
        self._values = values
        self.external_id = extras.get("external_id", self.external_id)
        self.tags = extras.get("tags", self.tags)
        return both

    def _fields_read(self) -> dict[str, Mapping[str, Any]]:
        """Return the fields that have a value, by external ID."""
        if self._envelopes is None:
            listed = self.data.get("fields")
            fields = listed if type(listed) is list else ()
            try:
                found = {each["external_id"]: each for each in fields}
                is_plain = set(map(type, found)) <= {str} and "" not in found
            except (TypeError, KeyError):
                is_plain = False
            replaced = {} if self.definition is None else self.definition.replaced
            if replaced or not is_plain:
                found = {_key_in(replaced, each): each for each in fields if type(each) is dict}
            self._envelopes = found
        return self._envelopes

    def _field(self, key: str | int) -> Field | None:
        """Return a field of the definition. If its type has changed or it is unknown there, the item's JSON counts."""
        field = None if self.definition is None else self.definition.find(key)
        envelopes = self._fields_read()
        envelope = envelopes.get(key if field is None else field.key)  # type: ignore[arg-type]
        if field is not None and (envelope is None or envelope.get("type", field.type) == field.type):
            return field
        if envelope is None:
            ids = {str(each.get("field_id")): each for each in envelopes.values()}
            envelope = ids.get(str(key))
        return field if envelope is None else Field(envelope)

    def _before(self, field: Field) -> Any:
        """Return a new object with what Podio has: what was saved, or else what was read."""
        saved = self._saved.get(field.key, _MISSING)
        if saved is not _MISSING:
            return list(saved) if type(saved) is list else saved
        envelope = self._fields_read().get(field.key)
        return decode(field, None if envelope is None else envelope.get("values"))

    def _changes(self) -> Iterator[Change]:
        for key, value in self._values.items():
            field = self.field(key)
            before = self._before(field)
            if type(value) is list:
                if _is_same_list(field, value, before):
                    continue
                # It was changed in place, and may hold anything. The caller may hold the list, so it is kept.
                value[:] = coerce(field, value, before)
            if not same(field, value, before):
                yield Change(field, list(value) if type(value) is list else value, before)


def _is_same_list(field: Field, value: list[Any], before: Any) -> bool:
    """Return whether a list holds what was read, in the types that were read."""
    return type(before) is list and list(map(type, value)) == list(map(type, before)) and same(field, value, before)


def _key_in(replaced: Mapping[Any, Field], envelope: Mapping[str, Any]) -> str:
    field_id = envelope.get("field_id")
    return str(field_id) if type(field_id) is int and field_id in replaced else key_of(envelope)


def _copied(values: list[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def _is_new_link(value: Any) -> bool:
    return isinstance(value, Link) and value.embed_id is None
