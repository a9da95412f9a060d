"""Copy the tasks of one app into notes of another one, each night: those that are new or have changed.

A copy has the external id "task-" and the item id of its task, so that the next run finds it. Each app signs in with
its own token, and has a rate limit of its own. A run that was cut short is finished by the next one.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from podio_web import FileStore, LoginRequired, RateLimitError, SyncPodio
from podio_web.items import ItemsRateLimitError, SyncApp, SyncItem, fields

LONGEST_WAIT = 3600.0
"""Seconds. Podio counts the calls of an hour."""


class Task(SyncItem, app=3001):
    """An item of the app that is copied. `podio-web model APP_ID --sync` writes such classes."""

    title = fields.Text(required=True)
    status = fields.Category()
    due = fields.Date()
    hours = fields.Number()


class Note(SyncItem, app=3003):
    """An item of the app that is copied to."""

    title = fields.Text(required=True)
    body = fields.Text()


def signed_in(name: str, default_app: int) -> tuple[SyncPodio[Any], int]:
    """Return a client that is signed in as an app, and the app's id. ``name`` is SOURCE or TARGET."""
    app_id = int(os.environ.get(f"PODIO_{name}_APP_ID", default_app))
    podio: SyncPodio[Any] = SyncPodio(
        "app",
        client_id=os.environ.get("PODIO_CLIENT_ID", "demo-client"),
        client_secret=os.environ.get("PODIO_CLIENT_SECRET", "demo-secret"),
        session_store=FileStore(os.environ.get("PODIO_SESSION", "session") + f".{app_id}.json"),
        api_url=os.environ.get("PODIO_API_URL", "http://127.0.0.1:8001"),
    )
    try:
        podio.get(f"/app/{app_id}")
    except LoginRequired:
        # The sandbox's token of an app is its id in hexadecimal digits.
        podio.authenticate_with_app(app_id, os.environ.get(f"PODIO_{name}_APP_TOKEN", f"{app_id:032x}"))
    return podio, app_id


class NightlySync:
    """Copies tasks to notes. ``sleep`` waits for some seconds."""

    def __init__(
        self, tasks: SyncApp[Task], notes: SyncApp[Note], sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self.tasks = tasks
        self.notes = notes
        self.sleep = sleep

    def run(self) -> tuple[int, int]:
        """Copy what differs. Return the number of tasks, and of the notes that were written."""
        notes = {note.external_id: note for note in self.all_of(self.notes)}
        copies = []
        for task in self.all_of(self.tasks):
            key = f"task-{task.item_id}"
            # Podio accepts an external id twice, so the script looks for the copy itself.
            note = notes.get(key) or self.notes.new(external_id=key)
            note.title = task.title
            note.body = body_of(task)
            copies.append(note)
        return len(copies), self.save(copies)

    def all_of(self, app: SyncApp[Any]) -> Iterator[Any]:
        """Read all items of an app. After a rate limit, go on behind the last item."""
        resume = None
        while True:
            try:
                yield from app.items(resume=resume, limit=500)
                return
            except ItemsRateLimitError as problem:
                resume = problem.resume
                self.wait(problem)

    def save(self, items: Iterable[Note]) -> int:
        """Save what differs, and return how many there were. After a rate limit, save the rest."""
        written = 0
        left = list(items)
        while left:
            # Nobody is notified of what a machine writes, and no webhook is called.
            results = self.notes.save_all(left, silent=True, hook=False)
            written += sum(1 for each in results if each.saved and each.saved.changed)
            left, refusals = [], []
            for each in results:
                if isinstance(each.error, RateLimitError):
                    left.append(each.item)
                    refusals.append(each.error)
                elif each.error:
                    print(f"{each.item.external_id} was not saved: {each.error}")
            if refusals:
                self.wait(*refusals)
        return written

    def wait(self, *refusals: RateLimitError) -> None:
        """Wait until Podio takes calls again. It may have refused several at once."""
        seconds = min(LONGEST_WAIT, max(each.retry_after or LONGEST_WAIT for each in refusals))
        print(f"Podio takes no calls for {seconds:.0f} seconds.")
        self.sleep(seconds)


def body_of(task: Task) -> str:
    """Return what the copy says of a task."""
    lines = [f"Status: {task.status or 'none'}"]
    if task.due:
        lines.append(f"Due: {task.due.start:%Y-%m-%d}")
    if task.hours is not None:
        lines.append(f"Hours: {task.hours.normalize():f}")
    return "\n".join(lines)


def main() -> None:
    """Run the script."""
    source, source_app = signed_in("SOURCE", 3001)
    target, target_app = signed_in("TARGET", 3003)
    with source, target:
        sync = NightlySync(SyncApp(source, Task, source_app), SyncApp(target, Note, target_app))
        found, written = sync.run()
    print(f"{found} tasks, {written} notes written")


if __name__ == "__main__":
    main()
