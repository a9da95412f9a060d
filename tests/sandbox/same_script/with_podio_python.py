"""The end of a week, with podio-python 0.1.9: JSON as Podio sends it, and one loop for each thing."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from tests.sandbox.same_script import NOTES, PAGE, PERSON, TASKS, TODAY


class Week:
    """The script. ``client`` is a ``podio.client.Client`` that is signed in."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.options: dict[str, int] = {}
        self.clients: dict[int, str] = {}

    def run(self) -> dict[str, Any]:
        """Do the work and return the figures."""
        self.read_options()
        tasks = list(self.open_tasks())
        sums: dict[int, dict[str, Any]] = {}
        overdue = []
        for task in tasks:
            self.add(sums, task)
            if self.is_overdue(task):
                overdue.append(task["item_id"])
            self.update(task)
        for client_id, figures in sums.items():
            self.write_note(client_id, figures)
        return {
            "open": len(tasks),
            "overdue": overdue,
            "clients": {self.clients[client_id]: figures for client_id, figures in sums.items()},
        }

    def read_options(self) -> None:
        """Learn the ids of the options of the field "status"."""
        app = self.client.get_application(TASKS)
        for field in app["fields"]:
            if field["external_id"] == "status" and field["status"] == "active":
                for option in field["config"]["settings"]["options"]:
                    if option["status"] == "active":
                        self.options[html.unescape(option["text"])] = option["id"]

    def open_tasks(self) -> Iterator[dict[str, Any]]:
        """Read all open tasks, page by page."""
        offset = 0
        while True:
            page = self.filter(
                TASKS,
                {"status": [self.options["To do"], self.options["In progress"]]},
                offset,
            )
            yield from page["items"]
            offset += len(page["items"])
            if not page["items"] or offset >= page["filtered"]:
                return

    def filter(self, app_id: int, filters: dict[str, Any], offset: int) -> dict[str, Any]:
        """Read one page."""
        body = {
            "filters": filters,
            "limit": PAGE,
            "offset": offset,
            "sort_by": "item_id",
            "sort_desc": False,
        }
        answer: dict[str, Any] = self.client.post(f"item/app/{app_id}/filter/", data=json.dumps(body))
        if "error" in answer:
            raise RuntimeError(answer["error_description"])
        return answer

    def values(self, item: dict[str, Any], external_id: str) -> list[dict[str, Any]]:
        """Return the values of a field, which is missing if it is empty."""
        for field in item["fields"]:
            if field["external_id"] == external_id:
                found: list[dict[str, Any]] = field["values"]
                return found
        return []

    def first(self, item: dict[str, Any], external_id: str) -> Any:
        """Return the first value of a field, or None."""
        values = self.values(item, external_id)
        return values[0]["value"] if values else None

    def number(self, item: dict[str, Any], external_id: str) -> Decimal:
        """Return a number, 0 if the field is empty."""
        value = self.first(item, external_id)
        return Decimal(0) if value is None else Decimal(value)

    def money(self, item: dict[str, Any], external_id: str) -> tuple[Decimal, str]:
        """Return an amount and its currency."""
        values = self.values(item, external_id)
        if not values:
            return Decimal(0), ""
        return Decimal(values[0]["value"]), values[0]["currency"]

    def due(self, item: dict[str, Any]) -> date | None:
        """Return the day on which a task is due."""
        values = self.values(item, "due")
        if not values:
            return None
        return date.fromisoformat(values[0]["start_date"])

    def is_overdue(self, item: dict[str, Any]) -> bool:
        """Return whether a task should be done by now."""
        due = self.due(item)
        return due is not None and due < TODAY

    def add(self, sums: dict[int, dict[str, Any]], task: dict[str, Any]) -> None:
        """Add a task to the figures of its client."""
        client = self.first(task, "client")
        if client is None:
            return
        client_id = client["item_id"]
        if client_id not in self.clients:
            self.clients[client_id] = self.client_name(client_id)
        figures = sums.setdefault(client_id, {"tasks": 0, "hours": Decimal(0), "costs": {}, "minutes": 0})
        figures["tasks"] += 1
        hours = self.number(task, "hours")
        figures["hours"] += hours
        amount, currency = self.money(task, "rate")
        if currency:
            figures["costs"][currency] = figures["costs"].get(currency, Decimal(0)) + hours * amount
        figures["minutes"] += (self.first(task, "time-spent") or 0) // 60

    def client_name(self, item_id: int) -> str:
        """Read the name of a client, once for each."""
        item = self.client.get_item(item_id)
        if "error" in item:
            raise RuntimeError(item["error_description"])
        name: str = self.first(item, "name")
        return name

    def update(self, task: dict[str, Any]) -> None:
        """Bring a task up to date. What it has already is sent again: nobody remembers what was read."""
        fields: dict[str, Any] = {}
        progress = self.first(task, "progress") or 0
        if self.is_overdue(task):
            fields["status"] = [self.options["In progress"]]
            progress = max(progress, 10)
        fields["progress"] = progress
        if not self.values(task, "responsible"):
            fields["responsible"] = [{"type": "user", "id": PERSON}]
        body = {"fields": fields, "revision": task["revision"]}
        answer = self.client.put(f"item/{task['item_id']}?silent=true", data=json.dumps(body))
        # There is no answer if nothing has changed.
        if answer and "error" in answer:
            raise RuntimeError(answer["error_description"])

    def note_of(self, external_id: str) -> dict[str, Any] | None:
        """Return the note with an external id, or None."""
        answer: dict[str, Any] = self.client.get(f"item/app/{NOTES}/external_id/{external_id}")
        if answer.get("error") == "not_found":
            return None
        if "error" in answer:
            raise RuntimeError(answer["error_description"])
        return answer

    def write_note(self, client_id: int, figures: dict[str, Any]) -> None:
        """Create or change the note of a client."""
        external_id = f"week-{client_id}"
        fields = {"title": f"Week of {self.clients[client_id]}", "body": self.text(figures)}
        note = self.note_of(external_id)
        if note is None:
            self.client.post(
                f"item/app/{NOTES}/?silent=true",
                data=json.dumps({"fields": fields, "external_id": external_id}),
            )
            return
        body = {"fields": fields, "revision": note["revision"]}
        answer = self.client.put(f"item/{note['item_id']}?silent=true", data=json.dumps(body))
        # There is no answer if nothing has changed.
        if answer and "error" in answer:
            raise RuntimeError(answer["error_description"])

    def text(self, figures: dict[str, Any]) -> str:
        """Return what the note of a client says."""
        lines = [f"{figures['tasks']} open tasks", f"{figures['hours']} hours, {figures['minutes']} minutes spent"]
        for currency, amount in sorted(figures["costs"].items()):
            lines.append(f"{amount:.2f} {currency}")
        return "\n".join(lines)
