"""A local table of an app's items, in SQLite. Several workers may use it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

FILE = Path(os.environ.get("TABLE", "tasks.sqlite"))


@contextmanager
def opened() -> Iterator[sqlite3.Connection]:
    """Open the table, and keep what the block writes."""
    with closing(sqlite3.connect(FILE, timeout=10)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS tasks (item_id INTEGER PRIMARY KEY, title TEXT, status TEXT)")
        yield database


def put(item_id: int, title: str | None, status: str | None) -> None:
    """Add an item or replace it."""
    with opened() as table:
        table.execute("INSERT OR REPLACE INTO tasks VALUES (?, ?, ?)", (item_id, title, status))


def remove(item_id: int) -> None:
    """Remove an item, if it is there."""
    with opened() as table:
        table.execute("DELETE FROM tasks WHERE item_id = ?", (item_id,))


def rows() -> list[tuple[int, str | None, str | None]]:
    """Return all items, by their ids."""
    with opened() as table:
        return table.execute("SELECT item_id, title, status FROM tasks ORDER BY item_id").fetchall()
