"""What the examples of items use."""

import dataclasses
import json
from datetime import date
from decimal import Decimal
from typing import Any

from podio_web import Podio, SyncPodio
from podio_web.items import App, Item, Mail, Raw, SyncApp, SyncItem, User, fields
from podio_web.testing import SandboxControl


def names_of_items(sandbox: SandboxControl, wait: Any, *, is_blocking: bool) -> dict[str, Any]:
    """Return an app of the sandbox, some of its tasks, and what else the examples of items use."""

    def got(read: Any) -> Any:
        return read if is_blocking else wait(read)

    podio: Any = (SyncPodio if is_blocking else Podio)("app", "demo-client", "demo-secret", api_url=sandbox.url)
    podio.set_access_token(sandbox.issue_token())
    tasks: Any = (SyncApp if is_blocking else App)(podio, 3001)

    class Task(SyncItem if is_blocking else Item, app=3001):  # type: ignore[misc, call-arg]
        title = fields.Text(required=True)
        description = fields.Text()
        status = fields.Category()
        labels = fields.Categories()
        due = fields.Date()
        hours = fields.Number()
        rate = fields.Money()
        total = fields.Calculation()
        progress = fields.Progress()
        time_spent = fields.Duration()
        responsible = fields.Contacts()
        client = fields.Reference()
        place = fields.Location()
        link = fields.Links()
        keywords = fields.Tags()

    changed = [got(tasks.get(6104)), got(tasks.get(6107))]
    for each in changed:
        each["status"] = "Done"
    return {
        "changed": changed,
        "dataclasses": dataclasses,
        "date": date,
        "Decimal": Decimal,
        "definition": got(tasks.definition()),
        "embed": {"embed_id": 9001},
        "fields": fields,
        "Item": Item,
        "json": json,
        "podio": podio,
        "SyncItem": SyncItem,
        "Task": Task,
        "task": got(tasks.get(6101)),
        "tasks": tasks,
        "User": User,
        "Mail": Mail,
        "Raw": Raw,
    }
