"""Decode the values of a field from the JSON of the API. The field's type decides, never the look of a text.

What has an unknown type or shape becomes ``Raw``. Nothing here raises.

https://developers.podio.com/doc/items
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING, Any, TypeVar

from podio_web.files.file import File
from podio_web.items.values import Contact, Dates, Link, Location, Money, Raw, Reference, Typed

if TYPE_CHECKING:
    from podio_web.items.definition import Field

T = TypeVar("T")

Decoder = Callable[["Field", list[Any]], Any]

_zones: dict[timedelta, timezone] = {}
_BREAKS = re.compile(r"<br\s*/?>|</(?:p|div|li|h[1-6]|tr)\s*>", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")


def decode(field: Field, values: Any) -> Any:
    """Return the value of a field. ``values`` is the list of the API; without values it is None, or an empty list.

    >>> decode(definition["hours"], [{"value": "12.5000"}])
    Decimal('12.5000')
    """
    if not values:
        return [] if field.is_list else None
    if type(values) is not list:
        return Raw(values)
    try:
        return field.decode(field, values)
    except Exception:  # Any shape is possible, and none may break the reading of an item.
        return Raw(values)


def decoder_of(kind: str) -> Decoder:
    """Return the function that decodes the values of a field type. It raises anything if it does not know the shape.

    >>> decoder_of("future")(definition["status"], [{"value": 1}])
    <Raw>
    """
    return _DECODERS.get(kind, _raw)


def plain_text(html: str) -> str:
    """Return HTML as plain text: without tags, and a line for each paragraph.

    >>> plain_text("<p>Paint the <b>fence</b></p><p>Today &amp; tomorrow</p>")
    'Paint the fence\\nToday & tomorrow'
    """
    # The time that it takes must grow with the length only, also for spaces or "<" alone.
    lines = "\n".join(each.strip() for each in _BREAKS.split(html))
    text, end, rest = lines.rpartition(">")
    return unescape(_TAGS.sub("", text + end) + rest).strip()


def _raw(field: Field, values: list[Any]) -> Any:
    return Raw(values)


def _text(field: Field, values: list[Any]) -> str:
    return _str(values[0]["value"])


def _decimal(value: Any) -> Decimal:
    if type(value) is str or type(value) is int:
        number = Decimal(value)
    elif type(value) is float:
        number = Decimal(repr(value))
    else:
        raise TypeError
    if not number.is_finite():
        raise ValueError
    return number


def _number(field: Field, values: list[Any]) -> Decimal:
    return _decimal(values[0]["value"])


def _money(field: Field, values: list[Any]) -> Money:
    first = values[0]
    return Money(_decimal(first["value"]), _str(first["currency"]))


def _progress(field: Field, values: list[Any]) -> int:
    return _int(values[0]["value"])


def _duration(field: Field, values: list[Any]) -> timedelta:
    return timedelta(seconds=_int(values[0]["value"]))


def _calculation(field: Field, values: list[Any]) -> Any:
    decoder = {"number": _number, "text": _text, "date": _date}[field.settings["return_type"]]
    return decoder(field, values)


def _category(field: Field, values: list[Any]) -> Any:
    options = field.options
    found = []
    for each in values:
        value = each["value"]
        if type(value) is int:
            found.append(options[value])
            continue
        known = options.get(value["id"])
        if known is not None and known == value["text"] and known.status == value.get("status", known.status):
            found.append(known)
        else:
            _int(value["id"])
            found.append(field.option(value))
    return found if field.is_list else found[0]


def _date(field: Field, values: list[Any]) -> Dates:
    value = values[0]
    start = _side(value, "start", "start_date", "start_time", "start_utc")
    if start is None:
        raise ValueError
    return Dates(start, _side(value, "end", "end_date", "end_time", "end_utc"))


def _side(value: dict[str, Any], whole: str, day: str, clock: str, utc: str) -> date | datetime | None:
    """Return one side of a date, whose keys are missing or null if there is none.

    The offset of the person's time zone is the difference of the local time and UTC.
    """
    local = value.get(whole)
    if value.get(clock) is not None:
        here, there = (
            datetime.fromisoformat(local or f"{value[day]} {value[clock]}"),
            datetime.fromisoformat(value[utc]),
        )
        offset = here - there
        zone = _zones.get(offset)
        if zone is None:
            zone = _zones[offset] = timezone(offset)
        return here.replace(tzinfo=zone)
    found = value.get(day)
    if found is None:
        if local is None:
            return None
        if clock not in value:
            # Whether it has a time of day is not said.
            raise ValueError
        found = local[:10]
    return date.fromisoformat(found)


def _reference(field: Field, values: list[Any]) -> Any:
    found = []
    for each in values:
        value = each["value"]
        app = value.get("app")
        app_id = app.get("app_id") if type(app) is dict else None
        found.append(_made(Reference, item_id=_int(value["item_id"]), title=value.get("title"), app_id=app_id))
    return found if field.is_list else found[0]


def _contacts(field: Field, values: list[Any]) -> list[Contact]:
    return [_contact(each["value"]) for each in values]


def _contact(value: dict[str, Any]) -> Contact:
    get = value.get
    return _made(
        Contact,
        profile_id=_int(value["profile_id"]),
        user_id=get("user_id"),
        name=get("name"),
        mail=_texts(get("mail")),
        phone=_texts(get("phone")),
        type=get("type"),
        link=get("link"),
    )


def _member(field: Field, values: list[Any]) -> int:
    value = values[0]["value"]
    return _int(value["user_id"] if type(value) is dict else value)


def _location(field: Field, values: list[Any]) -> Location:
    get = values[0].get
    return _made(
        Location,
        value=get("value"),
        street_address=get("street_address"),
        city=get("city"),
        state=get("state"),
        postal_code=get("postal_code"),
        country=get("country"),
        lat=get("lat"),
        lng=get("lng"),
        formatted=get("formatted"),
    )


def _typed(field: Field, values: list[Any]) -> list[Typed]:
    return [Typed(_str(each["value"]), each.get("type")) for each in values]


def _links(field: Field, values: list[Any]) -> list[Link]:
    found = []
    for each in values:
        embed, file = each["embed"], each.get("file")
        url = embed.get("url") or embed.get("original_url")
        file_id = file.get("file_id") if type(file) is dict else None
        embed_id = _int(embed["embed_id"])
        found.append(_made(Link, url=url, embed_id=embed_id, title=embed.get("title"), file_id=file_id))
    return found


def _files(field: Field, values: list[Any]) -> list[File]:
    found = [File(each["value"]) for each in values]
    for file in found:
        _int(file.file_id)
    return found


def _tags(field: Field, values: list[Any]) -> list[str]:
    return [_str(each["value"] if type(each) is dict else each) for each in values]


def _made(kind: type[T], **attributes: Any) -> T:
    """Return a value of a frozen dataclass with all its attributes. Its own constructor takes three times as long."""
    value = object.__new__(kind)
    value.__dict__.update(attributes)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(value) if type(value) is list else () if value is None else (value,)


def _int(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def _str(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    return value


_DECODERS: dict[str, Decoder] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "progress": _progress,
    "duration": _duration,
    "calculation": _calculation,
    "category": _category,
    "question": _category,
    "date": _date,
    "app": _reference,
    "contact": _contacts,
    "member": _member,
    "location": _location,
    "phone": _typed,
    "email": _typed,
    "tel": _typed,
    "embed": _links,
    "image": _files,
    "file": _files,
    "video": _files,
    "tag": _tags,
    "state": _text,
}
