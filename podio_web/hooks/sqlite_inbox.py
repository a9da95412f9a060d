"""An inbox in an SQLite database, for several workers on one machine.

A delivery is on the disk before Podio gets its answer. It survives the end of the process and of the machine.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from podio_web.hooks.delivery import REMEMBERED, Delivery
from podio_web.hooks.inbox import UPDATE, Entry, InboxFull, InboxUnavailable, is_older, new_owner
from podio_web.stores.forks import no_fork
from podio_web.stores.records import check_timeout, file_path
from podio_web.stores.sqlite_file import Schema, create_file

# Failed deliveries are kept for a month.
_KEEP_FAILED = 30 * 86_400.0
# A deadline farther away comes from a clock that was set back.
_LONGEST_LEASE = 86_400.0

_TABLES = (
    "CREATE TABLE entries (entry_id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, hook_id INTEGER NOT NULL,"
    " item_id INTEGER, data TEXT NOT NULL, received REAL NOT NULL, due REAL NOT NULL, owner TEXT, deadline REAL,"
    " leases INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, unfinished TEXT NOT NULL DEFAULT '[]')",
    "CREATE INDEX entries_due ON entries (due, entry_id)",
    "CREATE INDEX entries_leased ON entries (item_id, deadline) WHERE owner IS NOT NULL",
    "CREATE INDEX entries_update ON entries (item_id, hook_id) WHERE type = 'item.update' AND leases = 0",
    "CREATE TABLE failed (entry_id INTEGER PRIMARY KEY, type TEXT NOT NULL, hook_id INTEGER NOT NULL,"
    " data TEXT NOT NULL, received REAL NOT NULL, failures INTEGER NOT NULL, unfinished TEXT NOT NULL,"
    " problem TEXT NOT NULL, ends_at REAL NOT NULL)",
    "CREATE TABLE seen (key TEXT PRIMARY KEY, ends_at REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX seen_ends_at ON seen (ends_at)",
    "CREATE TABLE newest (item_id INTEGER PRIMARY KEY, revision INTEGER NOT NULL, ends_at REAL NOT NULL)",
    "CREATE INDEX newest_ends_at ON newest (ends_at)",
    # COUNT(*) would read all entries.
    "CREATE TABLE size (entries INTEGER NOT NULL)",
    "INSERT INTO size VALUES (0)",
    "CREATE TRIGGER added AFTER INSERT ON entries BEGIN UPDATE size SET entries = entries + 1; END",
    "CREATE TRIGGER removed AFTER DELETE ON entries BEGIN UPDATE size SET entries = entries - 1; END",
)
_SCHEMA = Schema(b"Podh", 1, _TABLES)

_NEXT = (
    "SELECT entry_id, type, hook_id, data, received, leases, failures, unfinished FROM entries AS e"
    " WHERE due <= :now AND (owner IS NULL OR deadline <= :now OR deadline > :now + :longest)"
    " AND NOT EXISTS (SELECT 1 FROM entries AS other WHERE other.item_id = e.item_id"
    " AND other.owner IS NOT NULL AND other.deadline > :now AND other.deadline <= :now + :longest"
    " AND other.entry_id <> e.entry_id) ORDER BY due, entry_id LIMIT 1"
)

# Connections of the parent process. Closing them here would damage its database.
_inherited: list[sqlite3.Connection] = []


class SQLiteInbox:
    """An inbox in an SQLite database that only its owner can read. Threads and processes may share it.

    Args:
        path: The database file. It is created if it does not exist. Use a disk of this machine.
        limit: The most deliveries that wait.
        timeout: Seconds to wait while another process writes.

    Raises FileNotFoundError if the directory does not exist, ValueError if the path is ``":memory:"``, InboxUnavailable
    if the file belongs to another program.

    >>> inbox = SQLiteInbox("hooks.db")
    >>> inbox.put(Delivery("item.create", 12, {"item_id": 6101}), 0.0)
    True
    >>> SQLiteInbox("hooks.db").waiting()
    1
    """

    blocks = True

    def __init__(self, path: str | Path, *, limit: int = 1_000_000, timeout: float = 5.0) -> None:
        if str(path) == ":memory:":
            raise ValueError(
                "SQLiteInbox needs a file. Give it a path, or use MemoryInbox to keep deliveries in memory."
            )
        check_timeout(timeout)
        self._path = file_path(path)
        self._limit = limit
        self._timeout = timeout
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._process = os.getpid()
        # Open it now, so that a wrong path fails here.
        with self._database():
            pass

    def __repr__(self) -> str:
        return f"<SQLiteInbox {str(self._path)!r}>"

    def put(self, delivery: Delivery, now: float, *, coalesce: float = 0.0) -> bool:
        """Keep a delivery. When this returns, it is on the disk. Return False if it is a duplicate."""
        with self._transaction(durable=True) as database:
            for table in ("seen", "newest", "failed"):
                database.execute(f"DELETE FROM {table} WHERE ends_at <= ?", (now,))  # noqa: S608 - our own names
            record = (delivery.key, now + delivery.remembered)
            if not database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", record).rowcount:
                return False
            self._note_revision(database, delivery, now)
            is_update = delivery.type == UPDATE and coalesce > 0
            if is_update and self._join(database, delivery):
                return True
            if database.execute("SELECT entries FROM size").fetchone()[0] >= self._limit:
                # It undoes all of this.
                raise InboxFull(f"{self._limit} deliveries wait in {self._path}")
            database.execute(
                "INSERT INTO entries (type, hook_id, item_id, data, received, due) VALUES (?, ?, ?, ?, ?, ?)",
                (*_values(delivery), now, now + coalesce if is_update else now),
            )
            return True

    def lease(self, now: float, seconds: float) -> Entry | None:
        """Return the next entry that is due, and lease it."""
        times = {"now": now, "longest": _LONGEST_LEASE}
        with self._database() as database:
            # Idle workers look often. They must not lock the database each time.
            if database.execute(_NEXT, times).fetchone() is None:
                return None
        with self._transaction() as database:
            row = database.execute(_NEXT, times).fetchone()
            if row is None:
                return None
            entry_id, type_, hook_id, data, received, leases, failures, left = row
            owner = new_owner()
            database.execute(
                "UPDATE entries SET owner = ?, deadline = ?, leases = leases + 1 WHERE entry_id = ?",
                (owner, now + seconds, entry_id),
            )
            delivery = Delivery(type_, hook_id, json.loads(data))
            stale = self._is_stale(database, delivery, now)
        return Entry(entry_id, delivery, received, owner, leases + 1, failures, tuple(json.loads(left)), stale)

    def extend(self, entry: Entry, now: float, seconds: float) -> bool:
        """Move the deadline of a lease. Return False if it is lost."""
        return self._change("UPDATE entries SET deadline = ? WHERE entry_id = ? AND owner = ?", now + seconds, entry)

    def done(self, entry: Entry) -> bool:
        """Forget an entry that is handled. Return False if the lease is lost."""
        return self._change("DELETE FROM entries WHERE entry_id = ? AND owner = ?", None, entry)

    def retry(self, entry: Entry, due: float) -> bool:
        """Give an entry back until ``due``. Return False if the lease is lost."""
        with self._transaction() as database:
            changed = database.execute(
                "UPDATE entries SET owner = NULL, deadline = NULL, due = ?, failures = ?, leases = ?, unfinished = ?"
                " WHERE entry_id = ? AND owner = ?",
                (due, entry.failures, entry.leases, json.dumps(entry.left), entry.entry_id, entry.owner),
            )
            return changed.rowcount == 1

    def fail(self, entry: Entry, now: float) -> bool:
        """Put an entry aside for 30 days. Return False if the lease is lost."""
        with self._transaction() as database:
            record = (entry.entry_id, entry.owner)
            if not database.execute("DELETE FROM entries WHERE entry_id = ? AND owner = ?", record).rowcount:
                return False
            type_, hook_id, _, data = _values(entry.delivery)
            database.execute(
                "INSERT INTO failed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(entry.entry_id, type_, hook_id, data, entry.received, entry.failures),
                    *(json.dumps(entry.left), entry.problem, now + _KEEP_FAILED),
                ),
            )
            return True

    def failed(self) -> list[Entry]:
        """Return the entries that were put aside, the oldest first."""
        with self._database() as database:
            rows = database.execute(
                "SELECT entry_id, type, hook_id, data, received, failures, unfinished, problem FROM failed"
                " ORDER BY entry_id"
            ).fetchall()
        return [
            Entry(
                *(entry_id, Delivery(type_, hook_id, json.loads(data)), received),
                failures=failures,
                left=tuple(json.loads(left)),
                problem=problem,
            )
            for entry_id, type_, hook_id, data, received, failures, left, problem in rows
        ]

    def again(self, entry: Entry, now: float) -> bool:
        """Let an entry that was put aside be handled again. Return False if it is not there."""
        with self._transaction(durable=True) as database:
            if not database.execute("DELETE FROM failed WHERE entry_id = ?", (entry.entry_id,)).rowcount:
                return False
            database.execute(
                "INSERT INTO entries (entry_id, type, hook_id, item_id, data, received, due, unfinished)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (entry.entry_id, *_values(entry.delivery), entry.received, now, json.dumps(entry.left)),
            )
            return True

    def next_due(self, now: float) -> float | None:
        """Return when the next entry is due that waits now, or None."""
        with self._database() as database:
            found = database.execute("SELECT MIN(due) FROM entries WHERE due > ?", (now,)).fetchone()[0]
        return None if found is None else float(found)

    def waiting(self) -> int:
        """Return how many entries wait or are being handled."""
        with self._database() as database:
            return int(database.execute("SELECT entries FROM size").fetchone()[0])

    def close(self) -> None:
        """Close the database. The next call opens it again."""
        if self._process != os.getpid():
            self._begin_anew()
        with no_fork(), self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _change(self, statement: str, value: Any, entry: Entry) -> bool:
        values = (() if value is None else (value,)) + (entry.entry_id, entry.owner)
        with self._transaction() as database:
            return database.execute(statement, values).rowcount == 1

    def _join(self, database: sqlite3.Connection, delivery: Delivery) -> bool:
        """Let an update become one with an earlier one of the item that nobody has taken yet."""
        row = database.execute(
            "SELECT entry_id, data FROM entries WHERE item_id = ? AND hook_id = ? AND type = 'item.update'"
            " AND leases = 0",
            (delivery.item_id, delivery.hook_id),
        ).fetchone()
        if row is None:
            return False
        if not is_older(delivery, replace(delivery, data=json.loads(row[1]))):
            database.execute("UPDATE entries SET data = ? WHERE entry_id = ?", (_values(delivery)[3], row[0]))
        return True

    def _note_revision(self, database: sqlite3.Connection, delivery: Delivery, now: float) -> None:
        if delivery.item_id is not None and delivery.item_revision_id is not None:
            database.execute(
                "INSERT INTO newest VALUES (?, ?, ?) ON CONFLICT (item_id) DO UPDATE SET"
                " revision = excluded.revision, ends_at = excluded.ends_at WHERE excluded.revision >= revision",
                (delivery.item_id, delivery.item_revision_id, now + REMEMBERED),
            )

    def _is_stale(self, database: sqlite3.Connection, delivery: Delivery, now: float) -> bool:
        wanted = (delivery.item_id, now)
        row = database.execute("SELECT revision FROM newest WHERE item_id = ? AND ends_at > ?", wanted).fetchone()
        return row is not None and delivery.item_revision_id is not None and delivery.item_revision_id < row[0]

    @contextmanager
    def _transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        with self._database() as database:
            # Without FULL, the last transactions may be lost when the machine loses its power. A lease may be.
            database.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                # SQLite has undone it already after some errors, such as a full disk.
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        if self._process != os.getpid():
            self._begin_anew()
        with no_fork(), self._lock:
            try:
                yield self._open()
            except sqlite3.Error as problem:
                # SQLite's message says why: locked, read-only, a full disk, or not a database.
                raise InboxUnavailable(f"The inbox {self._path} cannot be used: {problem}") from None

    def _begin_anew(self) -> None:
        """Forget the connection and the lock of the parent process after a fork."""
        if self._connection is not None:
            _inherited.append(self._connection)
        self._connection, self._lock, self._process = None, threading.Lock(), os.getpid()

    def _open(self) -> sqlite3.Connection:
        """Return this process's connection."""
        if self._connection is None:
            create_file(self._path)
            database = sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False)
            try:
                _SCHEMA.prepare(database, self._path)
                # A checkpoint makes one answer wait. One in a thousand is late then, instead of one in a hundred.
                database.execute("PRAGMA wal_autocheckpoint = 10000")
            except BaseException:
                database.close()
                raise
            self._connection, self._file = database, _identity(self._path)
        elif _identity(self._path) != self._file:
            # What is written now would be lost with the process.
            raise sqlite3.OperationalError("the file was deleted or replaced. Restart all workers")
        return self._connection


def _values(delivery: Delivery) -> tuple[str, int, int | None, str]:
    return delivery.type, delivery.hook_id, delivery.item_id, json.dumps(dict(delivery.data))


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of the same name, or None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
