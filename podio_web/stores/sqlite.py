"""A session store in an SQLite database, for web applications with several workers on one machine.

Each operation opens and closes its own connection, so threads and forked processes share no connection.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podio_web.oauth.token import Token
from podio_web.stores.forks import no_fork
from podio_web.stores.records import (
    LIFETIME,
    LONGEST_LOCK,
    KeyedStore,
    check_lock,
    check_timeout,
    check_ttl,
    file_path,
    is_either,
    read_token,
    write_token,
)
from podio_web.stores.sqlite_file import Schema, create_file

_TABLES = (
    "CREATE TABLE sessions (key TEXT PRIMARY KEY, token TEXT NOT NULL, ends_at REAL) WITHOUT ROWID",
    "CREATE INDEX sessions_ends_at ON sessions (ends_at)",
    "CREATE TABLE locks (key TEXT PRIMARY KEY, owner TEXT NOT NULL, deadline REAL NOT NULL) WITHOUT ROWID",
)
_SCHEMA = Schema(b"Podi", 1, _TABLES)


class SQLiteStore(KeyedStore):
    """A session store in an SQLite database that only its owner can read.

    Args:
        path: The database file. It is created if it does not exist.
        ttl: How long a session is kept after the last write, in seconds. The default is 28 days, like Podio's refresh
            token. None means without limit.
        timeout: How long to wait while another connection writes, in seconds.

    Raises:
        FileNotFoundError: The directory does not exist.
        IsADirectoryError: ``path`` is not a file.
        ValueError: ``path`` is ``":memory:"``, or ``ttl`` is less than 1, or ``timeout`` is negative.
        sqlite3.DatabaseError: The file is damaged, or belongs to another program.

    Examples:
        >>> store = SQLiteStore("sessions.db")
        >>> podio = Podio("server", "my-app", secret, session_store=store.for_user(session_id))
    """

    def __init__(self, path: str | Path, *, ttl: float | None = LIFETIME, timeout: float = 5.0) -> None:
        if str(path) == ":memory:":
            raise ValueError("SQLiteStore needs a file. Give it a path, or use MemoryStore to keep sessions in memory.")
        check_ttl(ttl)
        check_timeout(timeout)
        self._path = file_path(path)
        self._ttl = ttl
        self._timeout = timeout
        # Open it now, so that a wrong path fails here.
        with self._database():
            pass

    def __repr__(self) -> str:
        return f"<SQLiteStore {str(self._path)!r}>"

    def get(self, auth_type: str) -> Token | None:
        """Return the stored token.

        Args:
            auth_type: The client's auth type, such as ``"server"``.

        Returns:
            The token that was set last, or None.

        Raises:
            sqlite3.Error: The database cannot be read.

        Examples:
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
        """Store a token. When this returns, the token is on the disk.

        Args:
            token: The token.
            auth_type: The client's auth type.

        Raises:
            sqlite3.Error: The database cannot be written.

        Examples:
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
        """Replace a token in one step, but only if the store still holds it.

        Args:
            old: The token that the store should hold.
            new: The token to store.
            auth_type: The client's auth type.

        Returns:
            True if the store now holds ``new``. False if it held neither ``old`` nor ``new``; then nothing changed.

        Raises:
            sqlite3.Error: The database cannot be written.

        Examples:
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
        """Remove the token of one auth type.

        Args:
            auth_type: The client's auth type.

        Raises:
            sqlite3.Error: The database cannot be written.

        Examples:
            >>> store.for_user("alice").clear("server")
        """
        with self._database() as database:
            database.execute("DELETE FROM sessions WHERE key = ?", (self._key(auth_type),))

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        """Take the session's lock, or extend it.

        Args:
            auth_type: The client's auth type.
            owner: A text that only this caller uses.
            seconds: How long the lock is held, at most 3600 seconds.

        Returns:
            True if ``owner`` now holds the lock. False if another owner holds it.

        Raises:
            ValueError: ``owner`` is empty, or ``seconds`` is out of range.
            sqlite3.Error: The database cannot be written.

        Examples:
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
        """Release the session's lock.

        Args:
            auth_type: The client's auth type.
            owner: The owner that took the lock.

        Returns:
            True if the lock was released. False if ``owner`` no longer held it; then nothing changed.

        Raises:
            sqlite3.Error: The database cannot be written.

        Examples:
            >>> store.for_user("alice").release("server", owner="worker-1")
            True
        """
        with self._database() as database:
            gone = database.execute("DELETE FROM locks WHERE key = ? AND owner = ?", (self._key(auth_type), owner))
            return gone.rowcount == 1

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._database() as database:
            # A transaction that starts by reading may fail to write later (https://sqlite.org/lang_transaction.html).
            database.execute("BEGIN IMMEDIATE")
            # Without the COMMIT, closing the connection undoes the changes.
            yield database
            database.execute("COMMIT")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            with no_fork():
                create_file(self._path)
                database = sqlite3.connect(self._path, timeout=self._timeout, isolation_level=None)
                try:
                    _SCHEMA.prepare(database, self._path)
                    yield database
                finally:
                    database.close()
        except sqlite3.OperationalError as problem:
            # SQLite's message says why: locked, read-only, or a full disk.
            raise sqlite3.OperationalError(f"The session database {self._path} cannot be used: {problem}") from None
        except sqlite3.DatabaseError as problem:
            raise sqlite3.DatabaseError(
                f"{self._path} is not podio-web's session database, or it is damaged ({problem}). Give SQLiteStore "
                "another path, or move the file away; then everyone has to sign in again."
            ) from None
