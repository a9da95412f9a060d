"""Tell whether Podio still has a value that was read or saved before.

What Podio shows after a save says more than what was sent: a person for an e-mail address, a place for a text. So what
was sent before leaves some things open, and these do not count.
"""

from __future__ import annotations

from typing import Any

from podio_web.items.coerce import has_address
from podio_web.items.decode import plain_text
from podio_web.items.definition import Field
from podio_web.items.encode import same
from podio_web.items.values import Contact, Link, Location, Mail, Typed, User


def is_unchanged(field: Field, now: Any, before: Any) -> bool:
    """Return whether Podio still has a value.

    - ``field``: the field.
    - ``now``: what Podio shows.
    - ``before``: what it showed, or what was saved since.

    >>> is_unchanged(definition["responsible"], [Contact(8001, user_id=1001)], [User(1001)])
    True
    """
    if type(now) is list and type(before) is list:
        return len(now) == len(before) and all(map(lambda *pair: is_unchanged(field, *pair), now, before))
    return same(field, now, before) or _is_made_of(field, now, before)


def _is_made_of(field: Field, now: Any, before: Any) -> bool:
    """Return whether a value that Podio shows is what it made of one that was sent."""
    if isinstance(before, User):
        return isinstance(now, Contact) and now.user_id == before.user_id
    if isinstance(before, Mail):
        return isinstance(now, Contact) and has_address(now, before)
    if isinstance(before, Location):
        return isinstance(now, Location) and now.value == before.value and not any(before.parts)
    if isinstance(before, Link):
        return isinstance(now, Link) and now.embed_id == before.embed_id and before.file_id is None
    if isinstance(before, Typed):
        return isinstance(now, Typed) and str(now) == str(before) and before.type is None
    # Podio adds HTML to some texts.
    is_text = field.type == "text" and isinstance(now, str) and isinstance(before, str)
    return is_text and plain_text(now) == plain_text(before)
