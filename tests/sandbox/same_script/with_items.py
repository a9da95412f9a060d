"""The end of a week, with podio_web.items."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from podio_web import SyncPodio
from podio_web.items import SyncApp, SyncItem, User, fields
from tests.sandbox.same_script import NOTES, PAGE, PERSON, TASKS, TODAY


class Task(SyncItem, app=TASKS):
    status = fields.Category()
    due = fields.Date()
    hours = fields.Number()
    rate = fields.Money()
    progress = fields.Progress()
    time_spent = fields.Duration()
    responsible = fields.Contacts()
    client = fields.Reference()


class Note(SyncItem, app=NOTES):
    title = fields.Text(required=True)
    body = fields.Text()


class Week:
    """The script."""

    def __init__(self, podio: SyncPodio[Any]) -> None:
        self.tasks = SyncApp(podio, Task)
        self.notes = SyncApp(podio, Note)

    def run(self) -> dict[str, Any]:
        """Do the work and return the figures."""
        tasks = list(self.tasks.items(status=["To do", "In progress"], limit=PAGE))
        references = {task.client.item_id: task.client for task in tasks if task.client}
        clients = {each.item_id: each["name"] for each in self.tasks.load(references.values()) if each}
        sums: dict[int, dict[str, Any]] = {}
        for task in tasks:
            self.add(sums, task)
            self.update(task)
        self.save(self.tasks, tasks)
        self.write_notes({clients[item_id]: (item_id, figures) for item_id, figures in sums.items()})
        return {
            "open": len(tasks),
            "overdue": [task.item_id for task in tasks if self.is_overdue(task)],
            "clients": {clients[item_id]: figures for item_id, figures in sums.items()},
        }

    def is_overdue(self, task: Task) -> bool:
        """Return whether a task should be done by now."""
        if task.due is None:
            return False
        start: date = task.due.start
        return (start.date() if isinstance(start, datetime) else start) < TODAY

    def add(self, sums: dict[int, dict[str, Any]], task: Task) -> None:
        """Add a task to the figures of its client."""
        if task.client is None:
            return
        figures = sums.setdefault(task.client.item_id, {"tasks": 0, "hours": Decimal(0), "costs": {}, "minutes": 0})
        hours = task.hours or Decimal(0)
        figures["tasks"] += 1
        figures["hours"] += hours
        if task.rate:
            costs = figures["costs"]
            costs[task.rate.currency] = costs.get(task.rate.currency, Decimal(0)) + hours * task.rate.amount
        figures["minutes"] += (task.time_spent or timedelta(0)) // timedelta(minutes=1)

    def update(self, task: Task) -> None:
        """Bring a task up to date."""
        progress = task.progress or 0
        if self.is_overdue(task):
            task.status = "In progress"
            progress = max(progress, 10)
        task.progress = progress
        if not task.responsible:
            task.responsible = User(PERSON)

    def write_notes(self, wanted: dict[str, tuple[int, dict[str, Any]]]) -> None:
        """Create or change the note of each client."""
        ids = [f"week-{item_id}" for item_id, _ in wanted.values()]
        found = {note.external_id: note for note in self.notes.items(external_id=ids)}
        notes = []
        for external_id, (name, (_, figures)) in zip(ids, wanted.items(), strict=True):
            note = found.get(external_id) or self.notes.new(external_id=external_id)
            note.title, note.body = f"Week of {name}", self.text(figures)
            notes.append(note)
        self.save(self.notes, notes)

    def save(self, app: SyncApp[Any], items: list[Any]) -> None:
        """Save what has changed."""
        for result in app.save_all(items, silent=True):
            if result.error:
                raise result.error

    def text(self, figures: dict[str, Any]) -> str:
        """Return what the note of a client says."""
        lines = [f"{figures['tasks']} open tasks", f"{figures['hours']} hours, {figures['minutes']} minutes spent"]
        lines += [f"{amount:.2f} {currency}" for currency, amount in sorted(figures["costs"].items())]
        return "\n".join(lines)
