"""Check values that are assigned to fields, and turn them into what reading returns. The field's type decides.

A value that the item already has is always accepted: an option that was deleted meanwhile, or a currency that is no
longer allowed. Errors name the field and what it takes. They do not show the value, which may be confidential.

https://developers.podio.com/doc/items
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from podio_web.files.file import File
from podio_web.items.arguments import exact, several, whole
from podio_web.items.definition import CATEGORIES, Field
from podio_web.items.values import (
    Contact,
    Dates,
    Link,
    Location,
    Mail,
    Money,
    Option,
    Raw,
    Reference,
    Typed,
    User,
)

DECIMALS = 4
"""The decimal places that Podio keeps."""

DIGITS = 100
"""The most digits before the decimal point. A text such as "1e999999999" would fill the memory."""

Coercer = Callable[[Field, Any, list[Any]], Any]


def coerce(field: Field, value: Any, held: Any = None) -> Any:
    """Return a value as reading the field would return it.

    - ``field``: the field that it is assigned to.
    - ``value``: what was assigned; None empties the field.
    - ``held``: the value that the item has at Podio.

    Raises AttributeError if Podio calculates the field, ValueError if the field does not take the value.

    >>> coerce(definition["hours"], 5)
    Decimal('5')
    """
    if field.type == "calculation":
        raise AttributeError(f"{field.key} is calculated by Podio and cannot be written")
    if not field.is_active:
        raise ValueError(f"{field.key} was deleted from the app and cannot be written")
    if isinstance(value, Raw):
        return value
    coercer = _COERCERS.get(field.type)
    if coercer is None and value is None:
        return None
    if coercer is None:
        raise _refused(field, value, "Raw(...), because podio_web does not know its type")
    before = held if type(held) is list else [] if held is None else [held]
    if field.is_list:
        listed = [] if value is None else several(value)
        return [each if _is_held(each, before) else coercer(field, each, before) for each in listed]
    if field.type in _SINGLE_OR_LIST and isinstance(value, (list, tuple)):
        if len(value) > 1:
            raise ValueError(f"{field.key} takes one value, not {len(value)}")
        value = value[0] if value else None
    if value is None or _is_held(value, before):
        return value
    return coercer(field, value, before)


def _is_held(value: Any, held: list[Any]) -> bool:
    """Return whether the item has this very value, or an equal one of a type whose equality says it all."""
    return any(
        value is each or (type(each) in _COMPARABLE and type(value) is type(each) and value == each) for each in held
    )


def _refused(field: Field, value: Any, wanted: str) -> ValueError:
    return ValueError(f"{field.key} takes {wanted}, not {type(value).__name__}")


def _text(field: Field, value: Any, held: list[Any]) -> str:
    if not isinstance(value, str):
        raise _refused(field, value, "a text")
    return exact(value)


def decimal_of(field: Field, value: Any, *, with_float: bool = True) -> Decimal:
    """Return a number as a ``Decimal``. Raises ValueError if the field does not take it.

    >>> decimal_of(definition["hours"], "12.50")
    Decimal('12.50')
    """
    number = whole(value)
    if number is None and not isinstance(value, (Decimal, str, float) if with_float else (Decimal, str)):
        raise _refused(field, value, "a Decimal, a whole number or a text of digits")
    if isinstance(value, float):
        value = float.__repr__(value)
    try:
        found = Decimal(value if number is None else number)
    except ArithmeticError:
        raise ValueError(f"{field.key} takes a number, and this text is not one") from None
    if not found.is_finite():
        raise ValueError(f"{field.key} takes a finite number")
    if found.adjusted() >= DIGITS:
        raise ValueError(f"{field.key} takes a number of at most {DIGITS} digits")
    if not _fits_decimals(found):
        raise ValueError(f"{field.key} keeps {DECIMALS} decimal places. Use round(value, {DECIMALS})")
    return found


def _fits_decimals(number: Decimal) -> bool:
    """Return whether all behind the decimal places is zero. The precision of Python's ``decimal`` does not matter."""
    _, digits, exponent = number.as_tuple()
    behind = -DECIMALS - int(exponent)
    return behind <= 0 or not any(digits[-behind:])


def _number(field: Field, value: Any, held: list[Any]) -> Decimal:
    return decimal_of(field, value)


def _money(field: Field, value: Any, held: list[Any]) -> Money:
    allowed = field.settings.get("allowed_currencies")
    allowed = allowed if isinstance(allowed, list) else []
    there = [each.currency for each in held if isinstance(each, Money)]
    if isinstance(value, Money):
        amount, currency = decimal_of(field, value.amount), value.currency
    else:
        amount = decimal_of(field, value, with_float=False)
        known = there or (allowed if len(allowed) == 1 else [])
        if not known:
            raise ValueError(f"{field.key} takes several currencies. Use Money(amount, currency)")
        currency = known[0]
    if allowed and currency not in allowed and currency not in there:
        raise ValueError(f"{field.key} takes the currencies {', '.join(map(str, allowed))}")
    return Money(amount, currency)


def _progress(field: Field, value: Any, held: list[Any]) -> int:
    number = whole(value)
    if number is None or not 0 <= number <= 100:
        raise ValueError(f"{field.key} takes a whole number from 0 to 100")
    return number


def _duration(field: Field, value: Any, held: list[Any]) -> timedelta:
    seconds = whole(value)
    if seconds is not None:
        try:
            value = timedelta(seconds=seconds)
        except OverflowError:
            raise ValueError(f"{field.key} takes no duration as long as that") from None
    if not isinstance(value, timedelta):
        raise _refused(field, value, "a timedelta or whole seconds")
    if value < timedelta(0):
        raise ValueError(f"{field.key} takes no negative duration")
    return timedelta(seconds=value // timedelta(seconds=1))


def _category(field: Field, value: Any, held: list[Any]) -> Option:
    options = field.options
    there = [each for each in held if isinstance(each, Option)]
    if isinstance(value, Option):
        is_own = value.field_id == field.field_id
        known = [each for each in (*there, *options.values()) if each.id == value.id and (is_own or each == value)]
        if known:
            return _active(field, known[0], there)
    number = whole(value)
    known = [each for each in there if (str(each) == value if isinstance(value, str) else each.id == number)]
    if known:
        return known[0]
    if isinstance(value, str):
        return _active(field, option_by_text(field, value), there)
    if number is None or number not in options:
        raise ValueError(f"{field.key} has no such option. {_listed(field)}")
    return _active(field, options[number], there)


def option_by_text(field: Field, text: str) -> Option:
    """Return the option with a text: the exact one, else the only one that differs in case at most.

    Active options come first. Raises ValueError, which lists the options, if there is none or several.

    >>> option_by_text(definition["status"], "done")
    Option('Done', id=3)
    """
    options = field.options.values()
    for candidates in ([each for each in options if each.status != "deleted"], list(options)):
        for found in (
            [each for each in candidates if each == text],
            [each for each in candidates if each.casefold() == text.casefold()],
        ):
            if len(found) == 1:
                return found[0]
            if found:
                raise ValueError(f"{field.key} has several such options. Use the ID. {_listed(field)}")
    raise ValueError(f"{field.key} has no such option. {_listed(field)}")


def _active(field: Field, option: Option, there: list[Option]) -> Option:
    if option.status == "deleted" and option.id not in [each.id for each in there]:
        raise ValueError(f"this option of {field.key} was deleted. {_listed(field)}")
    return option


def _listed(field: Field) -> str:
    active = [f"{str(each)!r} ({each.id})" for each in field.options.values() if each.status != "deleted"]
    return f"It has {', '.join(active) or 'none'}."


def _dates(field: Field, value: Any, held: list[Any]) -> Dates:
    if not isinstance(value, (Dates, date)):
        raise _refused(field, value, "a date, an aware datetime or Dates")
    dates = value if isinstance(value, Dates) else Dates(value)
    start = _side(field, dates.start)
    end = None if dates.end is None else _side(field, dates.end)
    for name, is_there in (("time", isinstance(start, datetime)), ("end", end is not None)):
        setting = field.settings.get(name)
        if setting == "disabled" and is_there:
            raise ValueError(f"{field.key} takes no {'time of day. Use a date' if name == 'time' else 'end'}")
        if setting == "required" and not is_there:
            raise ValueError(
                f"{field.key} needs {'a time of day. Use an aware datetime' if name == 'time' else 'an end'}"
            )
    if end is not None:
        _check_order(field, start, end)
    return Dates(start, end)


def _side(field: Field, value: Any) -> date | datetime:
    if not isinstance(value, date):
        raise _refused(field, value, "a date or an aware datetime on each side")
    if not isinstance(value, datetime):
        return value
    offset = value.utcoffset()
    if offset is None:
        raise ValueError(
            f"{field.key} needs to know the time zone. Use value.replace(tzinfo=ZoneInfo('Europe/Copenhagen')) with "
            "the right zone, or value.astimezone() if the clock of this computer is meant"
        )
    # As an offset, like what is read. Python compares times in one zone by the clock, which may be set back in between.
    moment = value.replace(microsecond=0, tzinfo=timezone(offset), fold=0)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{field.key} takes times from the year 1 to 9999, in UTC too") from None
    return moment


def _check_order(field: Field, start: date | datetime, end: date | datetime) -> None:
    if isinstance(end, datetime) and not isinstance(start, datetime):
        raise ValueError(f"{field.key} has an end with a time of day, but a start without one")
    if isinstance(end, datetime):
        is_ordered = start <= end
    else:
        is_ordered = (start.date() if isinstance(start, datetime) else start) <= end
    if not is_ordered:
        raise ValueError(f"{field.key} must not end before it starts")


def _reference(field: Field, value: Any, held: list[Any]) -> Reference:
    if isinstance(value, Reference):
        return value
    number = whole(value)
    item_id = getattr(value, "item_id", 0) if number is None else number
    if type(item_id) is int and item_id > 0:
        there = [each for each in held if isinstance(each, Reference) and each.item_id == item_id]
        return there[0] if there else Reference(item_id, getattr(value, "title", None), getattr(value, "app_id", None))
    if item_id is None:
        raise ValueError(f"{field.key} takes items that are saved. Save this one first")
    raise _refused(field, value, "a Reference, an item or an item ID")


def _contact(field: Field, value: Any, held: list[Any]) -> Contact | User | Mail:
    there = [each for each in held if isinstance(each, Contact)]
    number = whole(value)
    if number is not None:
        return next((each for each in there if each.profile_id == number), Contact(number))
    if isinstance(value, User):
        return next((each for each in there if each.user_id == value.user_id), value)
    if isinstance(value, Mail):
        return next((each for each in there if has_address(each, value)), value)
    if isinstance(value, Contact):
        return value
    raise _refused(field, value, "a Contact, a profile ID, User(user_id) or Mail(address)")


def has_address(contact: Contact, mail: Mail) -> bool:
    """Return whether a person has an e-mail address.

    >>> has_address(Contact(8001, mail=("demo@example.com",)), Mail("Demo@Example.com"))
    True
    """
    return mail.address.casefold() in [str(each).casefold() for each in contact.mail]


def _member(field: Field, value: Any, held: list[Any]) -> int:
    user_id = whole(value.user_id if isinstance(value, (User, Contact)) else value)
    if user_id is None:
        raise _refused(field, value, "a user ID or User(user_id)")
    return user_id


def _location(field: Field, value: Any, held: list[Any]) -> Location:
    if isinstance(value, Location):
        return value
    if not isinstance(value, str):
        raise _refused(field, value, "a text or a Location")
    there = [each for each in held if isinstance(each, Location) and each.value == value]
    return there[0] if there else Location(exact(value))


def _typed(field: Field, value: Any, held: list[Any]) -> Typed:
    if not isinstance(value, str):
        raise _refused(field, value, "a text or Typed(text, type)")
    possible = field.settings.get("possible_types")
    types = possible if isinstance(possible, list) else []
    kind = value.type if isinstance(value, Typed) else None
    there = [each for each in held if isinstance(each, Typed)]
    if kind is None:
        kind = next((each.type for each in there if each == value), types[0] if types else None)
    elif types and kind not in types and kind not in [each.type for each in there]:
        raise ValueError(f"{field.key} takes the types {', '.join(map(str, types))}")
    return Typed(exact(value), kind)


def _link(field: Field, value: Any, held: list[Any]) -> Link:
    if isinstance(value, Link):
        link = value
    elif isinstance(value, str):
        link = Link(exact(value))
    else:
        raise _refused(field, value, "a URL or a Link")
    if link.embed_id is None and not link.url:
        raise ValueError(f"{field.key} takes links that have a URL")
    there = [each for each in held if isinstance(each, Link) and each.url == link.url]
    return there[0] if there and link.embed_id is None else link


def _file(field: Field, value: Any, held: list[Any]) -> File:
    if isinstance(value, File):
        return value
    file_id = whole(value)
    if file_id is None:
        raise _refused(field, value, "a File or a file ID. Upload it first, with Files(podio).upload()")
    there = [each for each in held if isinstance(each, File) and each.file_id == file_id]
    return there[0] if there else File({"file_id": file_id})


def _tag(field: Field, value: Any, held: list[Any]) -> str:
    if not isinstance(value, str):
        raise _refused(field, value, "texts")
    return exact(value)


_SINGLE_OR_LIST = CATEGORIES | {"app"}
_COMPARABLE = (Money, Dates, Reference, Contact, Location, Link)

_COERCERS: dict[str, Coercer] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "progress": _progress,
    "duration": _duration,
    "category": _category,
    "question": _category,
    "date": _dates,
    "app": _reference,
    "contact": _contact,
    "member": _member,
    "location": _location,
    "phone": _typed,
    "email": _typed,
    "tel": _typed,
    "embed": _link,
    "image": _file,
    "file": _file,
    "video": _file,
    "tag": _tag,
    "state": _text,
}
