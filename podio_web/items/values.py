"""The values of fields. They are immutable; each belongs to one or a few field types.

https://developers.podio.com/doc/items
"""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, Self, overload

if TYPE_CHECKING:
    from podio_web.client import Podio
    from podio_web.items.item import Item, SyncItem
    from podio_web.sync_client import SyncPodio


class _Text(str):
    """A text with attributes that never change."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is immutable")


class Option(_Text):
    """An option of a category or question field: its text, with ``id``, ``color`` and ``status``.

    ``field_id`` is the field that it belongs to, because other fields have options with the same IDs. ``status`` is
    ``"active"`` or ``"deleted"``.

    >>> Option("Done", id=3) == "Done"
    True
    """

    __slots__ = ("color", "field_id", "id", "status")

    id: int
    color: str | None
    status: str
    field_id: int | None

    def __new__(
        cls, text: str, *, id: int, color: str | None = None, status: str = "active", field_id: int | None = None
    ) -> Self:
        """Return an option. Reading an item makes them."""
        option = super().__new__(cls, text)
        for name, value in (("id", id), ("color", color), ("status", status), ("field_id", field_id)):
            object.__setattr__(option, name, value)
        return option

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (str(self),), {"id": self.id, "color": self.color, "status": self.status, "field_id": self.field_id}

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        text, named = self.__getnewargs_ex__()
        return _rebuilt, (type(self), *text, named)

    def __repr__(self) -> str:
        return f"Option({str(self)!r}, id={self.id})"


class Typed(_Text):
    """A phone number or an e-mail address, with its ``type``, such as ``"work"``. None means the field's first type.

    >>> Typed("+1 555 0100", "work").type
    'work'
    """

    __slots__ = ("type",)

    type: str | None

    def __new__(cls, value: str, type: str | None = None) -> Self:
        """Return a phone number or an e-mail address."""
        typed = super().__new__(cls, value)
        object.__setattr__(typed, "type", type)
        return typed

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return _rebuilt, (type(self), str(self), {"type": self.type})

    def __repr__(self) -> str:
        return f"Typed({str(self)!r}, {self.type!r})"


def _rebuilt(kind: Any, text: str, named: dict[str, Any]) -> Any:
    """Return a copy, for ``copy`` and ``pickle``."""
    return kind(text, **named)


@dataclass(frozen=True)
class Money:
    """An amount in a currency. An amount given as a whole number or a text becomes a ``Decimal``.

    Raises ValueError if the amount is a float, which cannot hold most amounts exactly, or not a number.

    >>> Money("99.90", "EUR").amount
    Decimal('99.90')
    """

    amount: Decimal
    currency: str

    def __init__(self, amount: Decimal | int | str, currency: str) -> None:
        if type(amount) is not Decimal:
            if isinstance(amount, bool) or not isinstance(amount, (int, str, Decimal)):
                raise ValueError(f"an amount must be a Decimal, a whole number or a text, not {type(amount).__name__}")
            try:
                amount = Decimal(amount)
            except ArithmeticError:
                raise ValueError("an amount must be a number") from None
        if not amount.is_finite():
            raise ValueError("an amount must be a finite number")
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "currency", currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True)
class Dates:
    """The value of a date field: its start and, if there is one, its end.

    A side is a ``date`` if it has no time of day, and an aware ``datetime`` otherwise. What is read is in the time zone
    of the signed-in person, as an offset. What is written keeps the instant, to the second.

    >>> Dates(date(2026, 3, 1), date(2026, 3, 4)).end
    datetime.date(2026, 3, 4)
    """

    start: date | datetime
    end: date | datetime | None = None

    @property
    def first_day(self) -> date:
        """The day of the start, with or without a time of day there."""
        return _day(self.start)

    @property
    def last_day(self) -> date | None:
        """The day of the end, or None if there is none."""
        return None if self.end is None else _day(self.end)


def _day(side: date | datetime) -> date:
    return side.date() if isinstance(side, datetime) else side


@dataclass(frozen=True)
class Reference:
    """An item that another item refers to.

    ``title`` and ``app_id`` are None until the item that refers to it is read again, if only the ID was assigned.

    >>> Reference(6001, "Northwind Bakery", 3002).title
    'Northwind Bakery'
    """

    item_id: int
    title: str | None = None
    app_id: int | None = None

    @overload
    def load(self, podio: Podio) -> Coroutine[Any, Any, Item]: ...
    @overload
    def load(self, podio: SyncPodio) -> SyncItem: ...
    def load(self, podio: Podio | SyncPodio) -> Coroutine[Any, Any, Item] | SyncItem:
        """Return the item, read with two calls. ``App.load`` reads many with fewer calls.

        Raises ValueError if the reference does not know its app, and what ``App.get`` raises.

        >>> client = await task["client"].load(podio)
        """
        from podio_web.items.app import App
        from podio_web.items.sync_app import SyncApp
        from podio_web.sync_client import SyncPodio

        if self.app_id is None:
            raise ValueError("this reference was assigned by its ID and does not know its app: reload the item first")
        if isinstance(podio, SyncPodio):
            return SyncApp(podio, self.app_id).get(self.item_id)
        return App(podio, self.app_id).get(self.item_id)


@dataclass(frozen=True)
class Contact:
    """A person of a contact field. The profile ID is not the user ID.

    >>> Contact(8001, 1001, "Demo Person", ("demo@example.com",)).mail[0]
    'demo@example.com'
    """

    profile_id: int
    user_id: int | None = None
    name: str | None = None
    mail: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    type: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class User:
    """A person to write to a contact or member field, or to filter by, by the user ID.

    >>> task["responsible"] = User(1001)
    """

    user_id: int


@dataclass(frozen=True)
class Mail:
    """A person to write to a contact field, by the e-mail address.

    >>> task["responsible"] = Mail("demo@example.com")
    """

    address: str


@dataclass(frozen=True)
class Location:
    """A place: ``value`` as it was entered, and the parts that Podio found. Only the parts may be given as well.

    ``lat``, ``lng`` and ``formatted`` come from Podio and are never sent.

    >>> Location("1 Market Street, Example Town").city is None
    True
    """

    value: str | None = None
    street_address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    lat: float | None = None
    lng: float | None = None
    formatted: str | None = None

    def __str__(self) -> str:
        return self.value or ", ".join(part for part in self.parts if part)

    @property
    def parts(self) -> tuple[str | None, ...]:
        """The street, city, state, postal code and country."""
        return self.street_address, self.city, self.state, self.postal_code, self.country


@dataclass(frozen=True)
class Link:
    """A web address. ``embed_id`` is None until the item is saved.

    >>> Link("https://example.com/").url
    'https://example.com/'
    """

    url: str | None
    embed_id: int | None = None
    title: str | None = None
    file_id: int | None = None

    def __str__(self) -> str:
        return self.url or ""


@dataclass(frozen=True)
class Raw:
    """The JSON of a field whose type or shape this version does not know. It can be assigned, and is sent as it is.

    >>> task["hours"] = Raw([{"value": "2.5"}])
    >>> task.changes()
    {'hours': [{'value': '2.5'}]}
    """

    values: Any

    def __repr__(self) -> str:
        return "<Raw>"


@dataclass(frozen=True)
class Between:
    """A range to filter by, both ends included. None means that the end is open.

    >>> query = tasks.items(hours=Between(1, 8))
    """

    first: Any = None
    last: Any = None
