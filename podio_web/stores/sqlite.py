"""A session store in an SQLite database, for web applications with several workers on one machine.

Nothing is kept open between two operations: threads share nothing, and a fork inherits nothing.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from podio_web.oauth.token import Token
from podio_web.stores.records import (
    LIFETIME,
    LONGEST_LOCK,
    KeyedStore,
    check_lock,
    check_ttl,
    file_path,
    is_either,
    read_token,
    write_token,
)

# https://sqlite.org/pragma.html#pragma_application_id: "Podi", which tells our databases from everybody else's.
_APPLICATION_ID = 0x506F6469
_VERSION = 1
_PATIENCE = 5.0
"""Seconds to wait for another connection's write."""

_SCHEMA = (
    "CREATE TABLE sessions (key TEXT PRIMARY KEY, token TEXT NOT NULL, ends_at REAL) WITHOUT ROWID",
    "CREATE INDEX sessions_ends_at ON sessions (ends_at)",
    "CREATE TABLE locks (key TEXT PRIMARY KEY, owner TEXT NOT NULL, deadline REAL NOT NULL) WITHOUT ROWID",
    f"PRAGMA application_id = {_APPLICATION_ID}",
    f"PRAGMA user_version = {_VERSION}",
)

_creating = threading.Lock()


class SQLiteStore(KeyedStore):
    """Keeps sessions in the SQLite database at ``path``, which is created readable by its owner only.

    A session is forgotten ``ttl`` seconds after it was last written, 28 days when left out: Podio's refresh token lives
    no longer. None keeps it for ever. Raises FileNotFoundError when the directory is missing, and
    ``sqlite3.DatabaseError`` when the file is damaged or another program's.

    >>> store = SQLiteStore("sessions.db")
    >>> podio = Podio("server", "my-app", secret, session_store=store.for_user(session_id))
    """

    def __init__(self, path: str | Path, *, ttl: float | None = LIFETIME) -> None:
        if str(path) == ":memory:":
            raise ValueError("SQLiteStore keeps sessions in a file; for memory there is MemoryStore.")
        check_ttl(ttl)
        self._path = file_path(path)
        self._ttl = ttl
        # At once, so that a wrong path is heard of where it was given.
        with self._database():
            pass

    def __repr__(self) -> str:
        return f"<SQLiteStore {str(self._path)!r}>"

    def get(self, auth_type: str) -> Token | None:
        """Return the token that was set last, or None. Raises ``sqlite3.Error`` when the database cannot be read.

        >>> store.for_user("alice").get("server")
        <Token of user 1001, expires_at=1790000000, scope='global:all'>
        """
        with self._database() as database:
            row = database.execute(
                "SELECT token FROM sessions WHERE key = ? AND (ends_at IS NULL OR ends_at > ?)",
                (self._key(auth_type), time.time()),
            ).fetchone()
        return None if row is None else read_token(row[0])

    def set(self, token: Token, auth_type: str) -> None:
        """Keep the token; it is on the disk when this returns. Raises ``sqlite3.Error`` when that is not possible.

        >>> store.for_user("alice").set(token, "server")
        """
        now = time.time()
        ends_at = None if self._ttl is None else now + self._ttl
        with self._transaction() as database:
            database.execute("DELETE FROM sessions WHERE ends_at <= ?", (now,))
            database.execute(
                "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)", (self._key(auth_type), write_token(token), ends_at)
            )

    def replace(self, old: Token, new: Token, auth_type: str) -> bool:
        """Keep ``new`` in the place of ``old``, in one step; False, and nothing done, when something else is there.

        Raises ``sqlite3.Error`` when that is not possible.

        >>> store.for_user("alice").replace(old, new, "server")
        True
        """
        key = self._key(auth_type)
        ends_at = None if self._ttl is None else time.time() + self._ttl
        with self._transaction() as database:
            row = database.execute("SELECT token FROM sessions WHERE key = ?", (key,)).fetchone()
            if row is None or not is_either(row[0], old, new):
                return False
            record = (write_token(new), ends_at, key)
            database.execute("UPDATE sessions SET token = ?, ends_at = ? WHERE key = ?", record)
            return True

    def clear(self, auth_type: str) -> None:
        """Forget the token, and no other one. Raises ``sqlite3.Error`` when that is not possible.

        >>> store.for_user("alice").clear("server")
        """
        with self._database() as database:
            database.execute("DELETE FROM sessions WHERE key = ?", (self._key(auth_type),))

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        """Take the session's lock for ``seconds`` (at most 3600), or go on holding it; False when another has it.

        Raises ValueError for an empty owner and other times.

        >>> store.for_user("alice").acquire("server", owner="worker-1", seconds=30)
        True
        """
        check_lock(owner, seconds)
        with self._transaction() as database:
            now = time.time()
            database.execute("DELETE FROM locks WHERE deadline <= ? OR deadline > ?", (now, now + LONGEST_LOCK))
            taken = database.execute(
                "INSERT INTO locks VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET deadline = excluded.deadline"
                " WHERE owner = excluded.owner",
                (self._key(auth_type), owner, now + seconds),
            )
            return taken.rowcount == 1

    def release(self, auth_type: str, owner: str) -> bool:
        """Give the session's lock back; False, and nothing done, when it is not the owner's any more.

        >>> store.for_user("alice").release("server", owner="worker-1")
        True
        """
        with self._database() as database:
            gone = database.execute("DELETE FROM locks WHERE key = ? AND owner = ?", (self._key(auth_type), owner))
            return gone.rowcount == 1

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._database() as database:
            # https://sqlite.org/lang_transaction.html: a transaction that starts as a reader's may fail to write later.
            database.execute("BEGIN IMMEDIATE")
            # What is not committed is undone when the connection closes.
            yield database
            database.execute("COMMIT")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        self._create()
        try:
            database = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
            try:
                self._prepare(database)
                yield database
            finally:
                database.close()
        except sqlite3.OperationalError as problem:
            # Locked, read-only, a full disk: SQLite's own words say which.
            raise sqlite3.OperationalError(f"The session database {self._path} cannot be used: {problem}") from None
        except sqlite3.DatabaseError as problem:
            raise sqlite3.DatabaseError(
                f"{self._path} is not podio-web's session database, or is damaged ({problem}): move it away, and people"
                " sign in again, or give SQLiteStore another path."
            ) from None

    def _create(self) -> None:
        """Make the file before SQLite would: private from its first byte on, whatever the umask."""
        # Threads take turns: closing a file drops all locks that this process has on it, SQLite's too
        # (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
        with _creating, suppress(FileExistsError):
            os.close(os.open(file_path(self._path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def _prepare(self, database: sqlite3.Connection) -> None:
        if not _is_ours(database):
            self._lay_out(database)
        # Readers and a writer do not wait for each other (https://sqlite.org/wal.html); without it, as when somebody
        # else is at it this moment, everything works too.
        with suppress(sqlite3.OperationalError):
            database.execute("PRAGMA journal_mode = WAL")

    def _lay_out(self, database: sqlite3.Connection) -> None:
        database.execute("BEGIN IMMEDIATE")
        # Another process may have been first.
        if not _is_ours(database):
            # SQLite would write over a short file that is no database.
            if self._path.stat().st_size:
                raise sqlite3.DatabaseError("it is another program's, or another version's")
            for statement in _SCHEMA:
                database.execute(statement)
        database.execute("COMMIT")


def _is_ours(database: sqlite3.Connection) -> bool:
    application_id = database.execute("PRAGMA application_id").fetchone()[0]
    version = database.execute("PRAGMA user_version").fetchone()[0]
    return (application_id, version) == (_APPLICATION_ID, _VERSION)
