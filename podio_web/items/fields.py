"""The fields of a declared class, one descriptor for each type. ``podio-web model`` writes such classes.

>>> from podio_web.items import Item, fields
>>> class Task(Item, app=3001):
...     title = fields.Text(required=True)
...     status = fields.Category()
...     labels = fields.Categories()
...     time_spent = fields.Duration()
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from podio_web.files.file import File
from podio_web.items import values
from podio_web.items.declared import DeclaredField
from podio_web.items.item import BaseItem

__all__ = [
    "Calculation",
    "Categories",
    "Category",
    "Contacts",
    "Date",
    "Duration",
    "Emails",
    "Files",
    "Images",
    "Links",
    "Location",
    "Member",
    "Money",
    "Number",
    "Other",
    "Phones",
    "Progress",
    "Question",
    "Questions",
    "Reference",
    "References",
    "State",
    "Tags",
    "Text",
    "Videos",
]

# An option, its text or its ID; an item; a person.
_Option = str | int
_Item = values.Reference | BaseItem | int
_Person = values.Contact | values.User | values.Mail | int


class Text(DeclaredField[str | None, str | None], types=("text",)):
    """A text. Text with HTML stays HTML; ``item.plain("description")`` strips it."""


class Number(DeclaredField[Decimal | None, Decimal | int | float | str | None], types=("number",)):
    """A number with at most four decimal places."""


class Money(DeclaredField[values.Money | None, values.Money | Decimal | int | str | None], types=("money",)):
    """An amount in a currency. The currency may be left out if there is only one, or if the item has an amount."""


class Progress(DeclaredField[int | None, int | None], types=("progress",)):
    """A percentage from 0 to 100."""


class Duration(DeclaredField[timedelta | None, timedelta | int | None], types=("duration",)):
    """A duration in whole seconds."""


class Calculation(DeclaredField[Any, NoReturn], types=("calculation",)):
    """What Podio calculates: a ``Decimal``, a text or ``Dates``. It cannot be set."""


class Category(DeclaredField[values.Option | None, _Option | None], types=("category",)):
    """One option."""


class Categories(
    DeclaredField[list[values.Option], Iterable[_Option] | _Option | None], types=("category",), is_list=True
):
    """Several options."""


class Question(DeclaredField[values.Option | None, _Option | None], types=("question",)):
    """One answer to a question."""


class Questions(
    DeclaredField[list[values.Option], Iterable[_Option] | _Option | None], types=("question",), is_list=True
):
    """Several answers to a question."""


class Date(DeclaredField[values.Dates | None, values.Dates | date | None], types=("date",)):
    """A start and perhaps an end, each a ``date`` or an aware ``datetime``. Setting it replaces both."""


class Reference(DeclaredField[values.Reference | None, _Item | None], types=("app",)):
    """An item of an app."""


class References(DeclaredField[list[values.Reference], Iterable[_Item] | _Item | None], types=("app",), is_list=True):
    """Several items of apps."""


class Contacts(
    DeclaredField[list[values.Contact], Iterable[_Person] | _Person | None], types=("contact",), is_list=True
):
    """Several people."""


class Member(DeclaredField[int | None, int | values.User | values.Contact | None], types=("member",)):
    """A user ID."""


class Location(DeclaredField[values.Location | None, values.Location | str | None], types=("location",)):
    """A place."""


class Phones(DeclaredField[list[values.Typed], Iterable[str] | None], types=("phone", "tel"), is_list=True):
    """Several phone numbers."""


class Emails(DeclaredField[list[values.Typed], Iterable[str] | None], types=("email",), is_list=True):
    """Several e-mail addresses."""


class Links(
    DeclaredField[list[values.Link], Iterable[values.Link | str] | values.Link | None], types=("embed",), is_list=True
):
    """Several web addresses."""


class Images(DeclaredField[list[File], Iterable[File | int] | File | int | None], types=("image",), is_list=True):
    """Several images. Upload them first, with ``podio_web.files.Files``."""


class Files(Images, types=("file",), is_list=True):
    """Several files. Upload them first, with ``podio_web.files.Files``."""


class Videos(Images, types=("video",), is_list=True):
    """Several videos. Upload them first, with ``podio_web.files.Files``."""


class Tags(DeclaredField[list[str], Iterable[str] | None], types=("tag",), is_list=True):
    """Several texts."""


class State(DeclaredField[str | None, str | None], types=("state",)):
    """A state, as old apps have it."""


class Other(DeclaredField[values.Raw | None, values.Raw | None], is_list=None):
    """A field of a type that podio_web does not know."""
