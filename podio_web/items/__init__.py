"""Read and write the items of an app as Python objects (https://developers.podio.com/doc/items).

For CPython and Pyodide. ``podio_web.items.fields`` has the fields of declared classes, and ``podio_web.items.values``
what they read.

>>> from podio_web.items import App
>>> tasks = App(podio, 3001)
>>> task = await tasks.get(6101)
>>> task["status"] = "Done"
>>> saved = await task.save()
"""

from podio_web.runtime.interpreter import MICROPYTHON

if MICROPYTHON:  # pragma: no cover - there is no coverage in MicroPython
    raise ImportError("podio_web.items needs CPython or Pyodide, because MicroPython has no decimal module.")

from podio_web.items import fields
from podio_web.items.app import App
from podio_web.items.bulk import SaveResult
from podio_web.items.declared import SchemaMismatch
from podio_web.items.definition import Definition, Field, UnknownField
from podio_web.items.item import BaseItem, Item, SyncItem
from podio_web.items.paging import ItemsRateLimitError, Resume
from podio_web.items.query import ItemQuery, Page
from podio_web.items.state import Saved
from podio_web.items.sync_app import SyncApp
from podio_web.items.sync_query import SyncItemQuery
from podio_web.items.values import (
    Between,
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

__all__ = [
    "App",
    "BaseItem",
    "Between",
    "Contact",
    "Dates",
    "Definition",
    "Field",
    "Item",
    "ItemQuery",
    "ItemsRateLimitError",
    "Link",
    "Location",
    "Mail",
    "Money",
    "Option",
    "Page",
    "Raw",
    "Reference",
    "Resume",
    "SaveResult",
    "Saved",
    "SchemaMismatch",
    "SyncApp",
    "SyncItem",
    "SyncItemQuery",
    "Typed",
    "UnknownField",
    "User",
    "fields",
]
