"""The sandbox's SQLite database: its schema, and a class that runs queries.

Only the server's thread uses the connection, so no locks are needed.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Version of the schema, stored in the file.
VERSION = 3

SCHEMA = """
CREATE TABLE client (client_id TEXT PRIMARY KEY, number INTEGER, secret TEXT, domain TEXT, name TEXT);
CREATE TABLE person (
    user_id INTEGER PRIMARY KEY, profile_id INTEGER UNIQUE, mail TEXT UNIQUE, password TEXT,
    activation_code TEXT, name TEXT, locale TEXT, timezone TEXT, status TEXT, created_on TEXT, profile TEXT);
CREATE TABLE org (org_id INTEGER PRIMARY KEY, name TEXT, url_label TEXT, created_on TEXT, created_by INTEGER);
CREATE TABLE space (
    space_id INTEGER PRIMARY KEY AUTOINCREMENT, org_id INTEGER, name TEXT, url_label TEXT, privacy TEXT,
    auto_join INTEGER, post_on_new_app INTEGER, post_on_new_member INTEGER, description TEXT,
    created_on TEXT, created_by INTEGER);
CREATE TABLE member (space_id INTEGER, user_id INTEGER, role TEXT, PRIMARY KEY (space_id, user_id));
CREATE TABLE app (
    app_id INTEGER PRIMARY KEY, space_id INTEGER, url_label TEXT, token TEXT, status TEXT, config TEXT,
    created_on TEXT, created_by INTEGER, revision INTEGER DEFAULT 0);
CREATE TABLE field (
    field_id INTEGER PRIMARY KEY, app_id INTEGER, position INTEGER, external_id TEXT, type TEXT, label TEXT,
    required INTEGER, settings TEXT, status TEXT DEFAULT 'active');
CREATE TABLE item (
    item_id INTEGER PRIMARY KEY AUTOINCREMENT, app_id INTEGER, app_item_id INTEGER, external_id TEXT,
    revision INTEGER, title TEXT, contents TEXT, tags TEXT, created_on TEXT, created_by TEXT,
    created_via TEXT, last_edit_on TEXT, last_edit_by TEXT, last_edit_via TEXT, last_event_on TEXT,
    deleted INTEGER DEFAULT 0, UNIQUE (app_id, app_item_id));
CREATE INDEX item_external ON item (app_id, external_id);
CREATE INDEX item_listed ON item (app_id, deleted, item_id);
CREATE INDEX item_created ON item (app_id, deleted, created_on, item_id);
CREATE TABLE saved_view (
    view_id INTEGER PRIMARY KEY AUTOINCREMENT, app_id INTEGER, name TEXT, private INTEGER, sort_by TEXT,
    sort_desc INTEGER, filters TEXT, layout TEXT, created_on TEXT, created_by TEXT);
CREATE TABLE revision (
    item_revision_id INTEGER PRIMARY KEY AUTOINCREMENT, item_id INTEGER, revision INTEGER, type TEXT,
    contents TEXT, created_on TEXT, created_by TEXT, created_via TEXT, UNIQUE (item_id, revision));
CREATE TABLE comment (
    comment_id INTEGER PRIMARY KEY AUTOINCREMENT, item_id INTEGER, value TEXT, external_id TEXT, embed_id INTEGER,
    created_on TEXT, created_by TEXT, created_via TEXT, last_edit_on TEXT, deleted INTEGER DEFAULT 0);
CREATE INDEX comment_item ON comment (item_id);
CREATE TABLE embed (embed_id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT, created_by TEXT);
CREATE TABLE file (
    file_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, description TEXT, mimetype TEXT, size INTEGER, sha256 TEXT,
    content TEXT, is_picture INTEGER, ref_type TEXT, ref_id INTEGER, replaced_by INTEGER,
    created_on TEXT, created_by TEXT, created_via TEXT, deleted INTEGER DEFAULT 0);
CREATE INDEX file_ref ON file (ref_type, ref_id);
CREATE TABLE rating (
    rating_id INTEGER PRIMARY KEY AUTOINCREMENT, item_id INTEGER, user_id INTEGER, UNIQUE (item_id, user_id));
CREATE TABLE property (client_id TEXT, user_id INTEGER, name TEXT, value TEXT,
    PRIMARY KEY (client_id, user_id, name));
CREATE TABLE notification (
    notification_id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, item_id INTEGER, viewed INTEGER DEFAULT 0);
CREATE TABLE hook (
    hook_id INTEGER PRIMARY KEY AUTOINCREMENT, ref_type TEXT, ref_id INTEGER, type TEXT, url TEXT,
    status TEXT DEFAULT 'inactive', code TEXT, failures INTEGER DEFAULT 0);
CREATE INDEX hook_type ON hook (type, ref_type, ref_id);
CREATE TABLE permit (
    permit_id INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT, ref_type TEXT, ref_id INTEGER, scope TEXT,
    transfer TEXT);
CREATE TABLE access_token (
    number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT UNIQUE, permit_id INTEGER, expires_at REAL);
CREATE TABLE refresh_token (digest TEXT PRIMARY KEY, permit_id INTEGER, expires_at REAL);
CREATE TABLE code (
    digest TEXT PRIMARY KEY, client_id TEXT, user_id INTEGER, redirect_uri TEXT, scope TEXT, expires_at REAL);
CREATE TABLE web_session (digest TEXT PRIMARY KEY, user_id INTEGER);
"""


def digest(secret: str) -> str:
    """Return the hash of a secret. The database stores only hashes."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


class Store:
    """A SQLite database that starts with the initial data.

    Args:
        seed: Fills an empty database with the initial data.
        path: The database file. None keeps the data in memory.

    Raises:
        ValueError: ``path`` is not a sandbox database of this version.

    Examples:
        >>> from podio_web.sandbox.seed import fill
        >>> store = Store(fill)
        >>> store.number("SELECT count(*) FROM space")
        2
    """

    def __init__(self, seed: Callable[[Store], None], path: Path | None = None) -> None:
        self._pristine = _connect(":memory:")
        self._db = self._pristine
        self._db.executescript(SCHEMA)
        self._db.execute(f"PRAGMA user_version = {VERSION:d}")
        with self.transaction():
            seed(self)
        try:
            self._db = _connect(":memory:" if path is None else str(path))
            found = self._db.execute("PRAGMA user_version").fetchone()[0]
            tables = _tables(self._db)
        except sqlite3.OperationalError as error:
            self.close()
            raise ValueError(
                f"cannot open {path}: {error}. Choose a file that you may write, in a folder that exists."
            ) from error
        except sqlite3.DatabaseError as error:
            self.close()
            raise ValueError(f"{path} is not a SQLite database: {error}. Choose another file.") from error
        if path is None or (found == 0 and not tables):
            self.reset()
        elif found != VERSION or not tables >= _tables(self._pristine):
            # Other programs number their versions too.
            self.close()
            raise ValueError(f"{path} is not a sandbox database of version {VERSION}. Choose another file.")
        # Faster. The file survives a crash of the sandbox but not of the machine, which is enough for made-up data.
        self._db.execute("PRAGMA synchronous = OFF")

    def reset(self) -> None:
        """Restore the initial data."""
        running = self._db.in_transaction
        if running:
            self._db.execute("COMMIT")
        self._pristine.backup(self._db)
        if running:
            self._db.execute("BEGIN")

    def close(self) -> None:
        """Close the database."""
        self._db.close()
        self._pristine.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the changes of a ``with`` block, or undo all of them if it raises an exception."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        row: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self._db.execute(sql, values).fetchall()

    def number(self, sql: str, *values: Any) -> int:
        """Return the first column of the first row as an integer, or 0 if there is no row or the value is NULL."""
        row = self.one(sql, *values)
        return int(row[0] or 0) if row is not None else 0

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute a statement and return its cursor, with ``lastrowid`` and ``rowcount``."""
        return self._db.execute(sql, values)

    def insert(self, table: str, **columns: Any) -> int:
        """Insert a row and return its ID."""
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        # Names of tables and columns come from this package's source, never from a request.
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
        return int(self._db.execute(sql, tuple(columns.values())).lastrowid or 0)


def _tables(db: sqlite3.Connection) -> set[tuple[str, str | None]]:
    """Return the names and definitions of a database's tables and indexes."""
    return {(row["name"], row["sql"]) for row in db.execute("SELECT name, sql FROM sqlite_master")}


def _connect(name: str) -> sqlite3.Connection:
    # The connection is opened before the server's thread starts. After that, only that thread uses it.
    db = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    return db
