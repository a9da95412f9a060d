"""SQLiteStore's database: who may read it, whose it is, and what is forgotten when."""

import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podio_web.stores.sqlite import SQLiteStore
from tests.stores.workers import token

CANARY = "canary0123456789abcdef"
DAY = 86_400


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def run(path: Path, *statements: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            rows = database.execute(statement).fetchall()
        return rows


def test_the_database_and_what_is_beside_it_are_the_owner_s_alone(path: Path) -> None:
    store = SQLiteStore(path)
    with closing(sqlite3.connect(path)) as reader:
        # Somebody has it open, so that SQLite keeps its files beside it.
        reader.execute("SELECT * FROM sessions").fetchall()
        store.set(token(), "server")
        files = list(path.parent.iterdir())
        assert len(files) == 3
        assert {stat.S_IMODE(found.stat().st_mode) for found in files} == {0o600}


def test_a_reader_waits_for_no_writer(path: Path) -> None:
    SQLiteStore(path)
    assert run(path, "PRAGMA journal_mode") == [("wal",)]


def test_the_mode_does_not_depend_on_the_umask(path: Path, root: Path) -> None:
    script = "import os, sys; os.umask(0); from podio_web.stores.sqlite import SQLiteStore as S; S(sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, cwd=root)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_missing_directory_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Create it"):
        SQLiteStore(tmp_path / "absent" / "sessions.db")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="is not a file"):
        SQLiteStore(tmp_path)


def test_memory_is_refused_with_the_store_to_use() -> None:
    with pytest.raises(ValueError, match="use MemoryStore"):
        SQLiteStore(":memory:")


def test_another_program_s_database_is_refused_and_left_alone(path: Path) -> None:
    run(path, "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (7)")
    before = path.read_bytes()
    with pytest.raises(sqlite3.DatabaseError, match=r"not podio-web's session database.*move the file away"):
        SQLiteStore(path)
    assert path.read_bytes() == before


def test_a_database_of_a_later_version_is_refused(path: Path) -> None:
    SQLiteStore(path)
    run(path, "PRAGMA user_version = 2")
    with pytest.raises(sqlite3.DatabaseError, match="another version"):
        SQLiteStore(path)


@given(st.binary(min_size=1, max_size=300) | st.binary(min_size=1).map(lambda tail: b"SQLite format 3\x00" + tail))
@settings(deadline=None, max_examples=60)
def test_rubbish_is_a_clear_error_and_left_alone(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "sessions.db"
        path.write_bytes(content)
        with pytest.raises(sqlite3.DatabaseError, match=r"(?s)sessions\.db is not podio-web's .*move the file away"):
            SQLiteStore(path).get("server")
        assert path.read_bytes() == content


def test_a_database_that_is_damaged_later_is_a_clear_error_without_a_secret(path: Path) -> None:
    store = SQLiteStore(path)
    store.set(token(CANARY), "server")
    path.write_bytes(path.read_bytes()[:4096] + CANARY.encode() * 400)
    with pytest.raises(sqlite3.DatabaseError, match="damaged") as raised:
        store.set(token(CANARY), "server")
    assert CANARY not in "".join(traceback.format_exception(raised.value))


def test_a_database_that_stays_locked_is_a_clear_error_without_a_secret(path: Path) -> None:
    store = SQLiteStore(path, timeout=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.get("server") is None
        with pytest.raises(sqlite3.OperationalError, match="cannot be used: database is locked") as raised:
            store.set(token(CANARY), "server")
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    store.set(token(), "server")


def test_a_database_that_is_deleted_is_made_anew(path: Path) -> None:
    store = SQLiteStore(path)
    store.set(token(), "server")
    path.unlink()
    assert store.get("server") is None
    store.set(token(), "server")
    assert store.get("server") is not None


def test_a_first_start_that_was_killed_before_the_tables_is_made_good(path: Path) -> None:
    path.touch(0o600)
    SQLiteStore(path).set(token(), "server")
    assert SQLiteStore(path).get("server") is not None


@pytest.mark.parametrize("record", ["", "null", "{", "[" * 100_000, '{"access_token": "a b", "expires_at": 1}'])
def test_a_broken_record_is_no_session(path: Path, record: str) -> None:
    store = SQLiteStore(path)
    store.set(token(), "server")
    run(path, f"UPDATE sessions SET token = '{record}'")
    assert store.get("server") is None


def test_a_session_that_nothing_is_written_to_is_forgotten_after_28_days(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    store = SQLiteStore(path)
    store.set(token(), "server")
    monkeypatch.setattr(time, "time", lambda: now + 27.9 * DAY)
    assert store.get("server") is not None
    monkeypatch.setattr(time, "time", lambda: now + 28.1 * DAY)
    assert store.get("server") is None
    store.for_user("alice").set(token(), "server")
    assert run(path, "SELECT count(*) FROM sessions") == [(1,)]


def test_a_session_without_a_ttl_is_kept_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    store = SQLiteStore(path, ttl=None)
    store.set(token(), "server")
    monkeypatch.setattr(time, "time", lambda: now + 1_000 * DAY)
    store.for_user("alice").set(token(), "server")
    assert store.get("server") is not None


@pytest.mark.parametrize("ttl", [0, -1, float("nan")])
def test_a_ttl_that_is_no_time_is_refused(path: Path, ttl: float) -> None:
    with pytest.raises(ValueError, match="ttl must be at least 1 second"):
        SQLiteStore(path, ttl=ttl)


def test_a_deadline_from_a_clock_that_was_set_back_holds_nobody_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    store = SQLiteStore(path)
    store.acquire("server", "me", 60)
    monkeypatch.setattr(time, "time", lambda: now - DAY)
    assert store.acquire("server", "somebody", 60)


def test_locks_past_their_deadlines_do_not_pile_up(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SQLiteStore(path)
    for number in range(5):
        store.for_user(str(number)).acquire("server", "me", 60)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100)
    store.acquire("server", "me", 60)
    assert run(path, "SELECT count(*) FROM locks") == [(1,)]
