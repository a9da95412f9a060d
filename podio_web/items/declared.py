"""Fields that a class declares: descriptors, and what differs from the app's definition.

``podio_web.items.fields`` has one descriptor for each field type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

from podio_web.errors import PodioError
from podio_web.items.definition import Definition, Field

R = TypeVar("R", covariant=True)
W = TypeVar("W", contravariant=True)


class SchemaMismatch(PodioError):
    """A declared class does not fit its app. Run ``podio-web model`` again, or change the class.

    - ``gone``: the external IDs of declared fields that the app does not have.
    - ``new``: the external IDs of the app's fields that are not declared.
    - ``changed``: a text for each field of another type, by external ID.
    """

    def __init__(self, name: str, gone: list[str], new: list[str], changed: Mapping[str, str]) -> None:
        parts = [f"gone: {', '.join(gone)}"] if gone else []
        parts += [f"new: {', '.join(new)}"] if new else []
        parts += [f"{key}: {text}" for key, text in changed.items()]
        super().__init__(f"{name} does not fit the app. {'; '.join(parts)}")
        self.gone: list[str] = gone
        self.new: list[str] = new
        self.changed: dict[str, str] = dict(changed)


class Attribute(Generic[R]):
    """A read-only property that a declared class may have as a field instead."""

    def __init__(self, get: Callable[[Any], R]) -> None:
        self._get = get

    @overload
    def __get__(self, item: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, item: object, owner: Any) -> R: ...
    def __get__(self, item: Any, owner: Any) -> Self | R:
        """Return the value of an item's attribute, or the attribute of a class."""
        return self if item is None else self.read(item)

    def __set__(self, item: Any, value: Any) -> None:
        raise AttributeError("Podio makes the title of the item's first text. Set that field")

    def read(self, item: Any) -> Any:
        """Return the value of an item's attribute."""
        return self._get(item)


class DeclaredField(Attribute[R], Generic[R, W]):
    """A field of a declared class.

    Args:
        key: The external ID or the field ID; by default the name of the attribute, with ``-`` for ``_``.
        required: Whether people must fill it in. Podio decides; it is for readers and ``check``.

    >>> class Task(Item, app=3001):
    ...     time_spent = fields.Duration()  # the external ID is time-spent
    ...     due_on = fields.Date("due")
    """

    types: ClassVar[tuple[str, ...]] = ()
    """The field types that it reads."""

    is_list: ClassVar[bool | None] = False
    """Whether its value is a list. None means that the app decides."""

    def __init_subclass__(cls, *, types: tuple[str, ...] = (), is_list: bool | None = False) -> None:
        cls.types = types
        cls.is_list = is_list

    def __init__(self, key: str | int | None = None, *, required: bool = False) -> None:
        self.key: str = "" if key is None else str(key)
        self.required: bool = required

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.key = self.key or name.replace("_", "-")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.key}>"

    def __set__(self, item: Any, value: W) -> None:
        item[self.key] = value

    def read(self, item: Any) -> Any:
        """Return the field's value, as a list or not as this descriptor says."""
        if item.state.definition is None and self.key not in item:
            return [] if self.is_list else None
        value = item[self.key]
        if self.is_list is None or isinstance(value, list) is self.is_list:
            return value
        if self.is_list:
            return [] if value is None else [value]
        return value[0] if value else None

    def differs(self, field: Field) -> str | None:
        """Return how the app's field differs, or None."""
        if self.types and field.type not in self.types:
            return f"is of type {field.type}, not {' or '.join(self.types)}"
        if self.is_list is not None and field.is_list is not self.is_list:
            return f"holds {'several values' if field.is_list else 'one value'} now"
        return None


def declared_fields(cls: type[Any]) -> dict[str, DeclaredField[Any, Any]]:
    """Return the fields that a class and its bases declare, by attribute.

    Raises TypeError if an attribute would hide a member of ``Item``.

    >>> declared_fields(Task)["time_spent"]
    <Duration time-spent>
    """
    found: dict[str, DeclaredField[Any, Any]] = {}
    for base in reversed(cls.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, DeclaredField)}
    for name, field in found.items():
        for base in cls.__mro__:
            member = vars(base).get(name)
            is_annotated = name in vars(base).get("__annotations__", ())
            if not isinstance(member, Attribute) and (member is not None or is_annotated):
                raise TypeError(
                    f"{cls.__name__}.{name} would hide a member of {base.__name__}. "
                    f"Call it {name}_ = fields.{type(field).__name__}({field.key!r})"
                )
    return found


def check_declared(name: str, declared: Mapping[str, DeclaredField[Any, Any]], definition: Definition) -> None:
    """Compare the fields of a class with the app's. Raises SchemaMismatch, which names all differences.

    >>> check_declared("Task", Task.declared, definition)
    """
    gone, changed, keys = [], {}, set()
    for each in declared.values():
        field = definition.find(each.key)
        if field is None or not field.is_active:
            gone.append(each.key)
            continue
        keys.add(field.key)
        difference = each.differs(field)
        if difference is not None:
            changed[field.key] = difference
    new = [field.key for field in definition if field.key not in keys]
    if gone or new or changed:
        raise SchemaMismatch(name, gone, new, changed)
