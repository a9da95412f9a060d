"""Receive Podio's webhooks in a web application on CPython (https://developers.podio.com/doc/hooks).

>>> from podio_web.hooks import Hooks, SQLiteInbox
>>> hooks = Hooks(podio, secret="abcdefghijklmnopqrstuvwxyz", inbox=SQLiteInbox("hooks.db"))
>>> @hooks.on("item.create", "item.update")
... async def changed(event):
...     item = await podio.get(f"/item/{event.item_id}")
"""

from podio_web.hooks.delivery import BadDelivery, Delivery, Event
from podio_web.hooks.hooks import Hooks
from podio_web.hooks.inbox import Entry, Inbox, InboxFull, InboxUnavailable, MemoryInbox
from podio_web.hooks.own_writes import quiet
from podio_web.hooks.receiver import Refusal
from podio_web.hooks.registered import Hook, HookLimitReached
from podio_web.hooks.router import Router
from podio_web.hooks.sqlite_inbox import SQLiteInbox
from podio_web.hooks.sync_hooks import SyncHooks

__all__ = [
    "BadDelivery",
    "Delivery",
    "Entry",
    "Event",
    "Hook",
    "HookLimitReached",
    "Hooks",
    "Inbox",
    "InboxFull",
    "InboxUnavailable",
    "MemoryInbox",
    "Refusal",
    "Router",
    "SQLiteInbox",
    "SyncHooks",
    "quiet",
]
