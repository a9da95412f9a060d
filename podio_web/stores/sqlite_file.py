"""The database files of podio-web: only their owner can read them, and each is marked with what it is for."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from podio_web.stores.records import file_path

_creating = threading.Lock()


def create_file(path: Path) -> None:
    """Create a file that only its owner can read, if it does not exist. SQLite would let others read it.

    Args:
        path: The database file.

    Raises:
        FileNotFoundError: The directory does not exist.
        IsADirectoryError: ``path`` is not a file.

    Examples:
        >>> create_file(Path("private.db"))
        >>> Path("private.db").stat().st_size
        0
    """
    # One thread at a time: closing a file drops all locks that this process holds on it, SQLite's too
    # (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
    with _creating, suppress(FileExistsError):
        os.close(os.open(file_path(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


class Schema:
    """The tables of one kind of database file.

    Args:
        mark: Four letters that identify the kind (https://sqlite.org/pragma.html#pragma_application_id).
        version: The version of the tables.
        statements: The SQL statements that create the tables.

    Examples:
        >>> schema = Schema(b"Note", 1, ["CREATE TABLE notes (text TEXT)"])
        >>> database = sqlite3.connect("notes.db", isolation_level=None)
        >>> schema.prepare(database, Path("notes.db"))
        >>> database.close()
    """

    def __init__(self, mark: bytes, version: int, statements: Sequence[str]) -> None:
        application_id = int.from_bytes(mark, "big")
        self._mark = (application_id, version)
        self._statements = [
            *statements,
            f"PRAGMA application_id = {application_id}",
            f"PRAGMA user_version = {version}",
        ]

    def prepare(self, database: sqlite3.Connection, path: Path) -> None:
        """Create the tables if the file is new, and turn on WAL.

        Args:
            database: A connection to the file, without transactions of its own (``isolation_level=None``).
            path: The file.

        Raises:
            sqlite3.DatabaseError: The file is damaged, or belongs to another program or another version.
        """
        if not self._fits(database):
            self._create_tables(database, path)
        # With WAL, a commit writes to the disk once, and readers and a writer do not wait for each other
        # (https://sqlite.org/wal.html). If another connection uses the database now, this fails, and everything works
        # without it.
        with suppress(sqlite3.OperationalError):
            database.execute("PRAGMA journal_mode = WAL")

    def _create_tables(self, database: sqlite3.Connection, path: Path) -> None:
        database.execute("BEGIN IMMEDIATE")
        # Another process may have created them.
        if not self._fits(database):
            # SQLite would overwrite a short file that is not a database.
            if path.stat().st_size:
                raise sqlite3.DatabaseError("it belongs to another program or another version")
            for statement in self._statements:
                database.execute(statement)
        database.execute("COMMIT")

    def _fits(self, database: sqlite3.Connection) -> bool:
        application_id = database.execute("PRAGMA application_id").fetchone()[0]
        version = database.execute("PRAGMA user_version").fetchone()[0]
        return (application_id, version) == self._mark
