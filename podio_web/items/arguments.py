"""What callers may pass for one or several texts and whole numbers: also generators, enums, and what NumPy has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from operator import index
from typing import Any, SupportsIndex


def several(value: Any) -> Iterable[Any]:
    """Return the values that are given as one, such as a list or a generator. A text is one value.

    >>> several("Done")
    ('Done',)
    """
    is_one = isinstance(value, (str, bytes, dict)) or not isinstance(value, (Collection, Iterator))
    return (value,) if is_one else value


def whole(value: Any) -> int | None:
    """Return a whole number as an ``int``, also that of an enum or of NumPy. Return None for anything else.

    >>> whole(3), whole(True), whole("3")
    (3, None, None)
    """
    is_whole = isinstance(value, SupportsIndex) and not isinstance(value, bool)
    return index(value) if is_whole else None


def app_id_of(value: Any) -> int:
    """Return the ID of an app, which becomes a part of paths. Raises TypeError if it is not a whole number.

    >>> app_id_of(3001), app_id_of("3001")
    (3001, 3001)
    """
    number = whole(value)
    if number is None and isinstance(value, str) and value.isascii() and value.isdigit():
        number = int(value)
    if number is None:
        raise TypeError(f"the ID of an app is a whole number, such as 3001, not {value!r}")
    return number


def exact(text: str) -> str:
    """Return a text as a plain ``str``. The ``str()`` of an enum's member is its name.

    >>> from enum import Enum
    >>> exact(Enum("Status", {"DONE": "Done"}, type=str).DONE)
    'Done'
    """
    return str.__str__(text)
