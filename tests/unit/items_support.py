"""Clients and items for the tests of ``podio_web.items``: scripted answers, and what was sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from podio_web import Podio, SyncPodio
from podio_web.items import App, Item
from podio_web.items.definition import Definition, Field
from podio_web.testing import FakeTransport
from tests.items_data import APP_ID, app_json, field_json, item_json

T = TypeVar("T")

TOKEN = {"access_token": "test", "expires_in": 86_400}
DEFINITION = Definition(app_json())


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def field(key: str, **settings: Any) -> Field:
    """Return a field of the made-up app, with other settings if there are any."""
    data = field_json(key)
    if settings:
        data["config"]["settings"] = {**(data["config"]["settings"] or {}), **settings}
    return Field(data)


def item_of(values: Mapping[str, Any] | None = None, **changes: Any) -> Item:
    """Return an item that was read, whose app calls nobody."""
    return Item(None, item_json(6101, None if values is None else dict(values), **changes), DEFINITION)


class Scripted(FakeTransport):
    """Scripted answers; ``sent`` are the JSON bodies of the calls that had one, in order, with method and path."""

    @property
    def sent(self) -> list[tuple[str, Any]]:
        return [
            (f"{call.method} {call.path}", None if call.body is None else json.loads(call.body)) for call in self.calls
        ]

    @property
    def queries(self) -> list[str]:
        return [call.url.partition("?")[2] for call in self.calls]

    def with_app(self, *keys: str) -> Scripted:
        self.answer("GET", f"/app/{APP_ID}", app_json(*keys), times=None)
        return self


def client(transport: FakeTransport, **options: Any) -> Podio[Any]:
    podio: Podio[Any] = Podio("client", "my-app", transport=transport, **options)
    podio.set_access_token(TOKEN)
    return podio


def sync_client(transport: FakeTransport, **options: Any) -> SyncPodio[Any]:
    podio: SyncPodio[Any] = SyncPodio("app", "my-app", "hush", transport=transport, **options)
    podio.set_access_token(TOKEN)
    return podio


def app(transport: FakeTransport, **options: Any) -> App[Item]:
    return App(client(transport, **options), APP_ID)
