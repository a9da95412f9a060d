"""Several processes at one store, and processes that are killed in the middle."""

import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.stores.workers import (
    FORKED,
    LOCK_SECONDS,
    LONG,
    PROCESSES,
    count_under_the_lock,
    fork_and_write,
    open_store,
    run_together,
    take_the_lock,
    token,
    write_for_a_user,
    write_until_killed,
)

KILLS = 100
TEXTS = ("a" * LONG, "b")


def kill_a_writer(kind: str, address: str, notes: Path, delay: float) -> bool:
    """Start a writer, kill it `delay` seconds after its first write; tell whether it was inside another one."""
    notes.write_bytes(b"\0\0")
    writer = PROCESSES.Process(target=write_until_killed, args=(kind, address, notes))
    writer.start()
    assert writer.pid is not None
    while notes.read_bytes()[1] == 0:
        assert writer.is_alive(), "the writer ended by itself"
        time.sleep(0.0005)
    time.sleep(delay)
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert writer.exitcode == -signal.SIGKILL
    return notes.read_bytes()[0] == 1


@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_a_killed_writer_leaves_a_readable_session_and_no_lock_beyond_its_deadline(
    kind: str, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = number = 0
    # A kill counts only when it came in the middle of a write.
    while inside < KILLS:
        number += 1
        inside += kill_a_writer(kind, address, tmp_path / "notes", delay=number % 10 / 1000)
        deadline = time.monotonic() + LOCK_SECONDS
        # Read as the next process does, by a store of its own.
        store = open_store(kind, address)
        assert store.get("server").access_token in TEXTS
        time.sleep(max(0.0, deadline - time.monotonic()))
        assert store.acquire("server", "the next one", 60)
        assert store.release("server", "the next one")
        store.set(token(TEXTS[number % 2]), "server")
        assert store.get("server").access_token == TEXTS[number % 2]
    assert capsys.readouterr() == ("", "")
    left = {path.name for path in tmp_path.iterdir()} - {"notes"}
    assert left <= {"sessions", "sessions.lock", "sessions-wal", "sessions-shm"}
    if kind == "sqlite":
        with closing(sqlite3.connect(address)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_only_one_of_eight_processes_holds_the_lock(kind: str, address: str, tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    run_together(count_under_the_lock, *[(kind, address, counter, 15)] * 8)
    assert counter.read_text() == "120"


def test_eight_processes_writing_at_once_lose_nobody_s_session(kind: str, address: str) -> None:
    users = [f"user-{number}" for number in range(8)]
    run_together(write_for_a_user, *[(kind, address, user, 15) for user in users])
    store = open_store(kind, address)
    assert [store.for_user(user).get("server").access_token for user in users] == [f"{user}-14" for user in users]


def test_what_was_opened_before_a_fork_serves_parent_and_children(kind: str, address: str) -> None:
    run_together(fork_and_write, (kind, address))
    store = open_store(kind, address)
    assert [store.for_user(user).get("server").access_token for user in FORKED] == [f"{user}-14" for user in FORKED]


def test_eight_threads_share_one_store(kind: str, address: str) -> None:
    store = open_store(kind, address)
    with ThreadPoolExecutor(8) as pool:
        mine = [store.for_user(f"user-{number}") for number in range(8)]
        assert all(pool.map(written_and_read, mine))


def written_and_read(store: Any) -> bool:
    """Set, read and lock many times; tell whether all went well."""
    for number in range(15):
        store.set(token(f"t-{number}"), "server")
        if store.get("server").access_token != f"t-{number}" or not store.acquire("server", "me", 60):
            return False
    return bool(store.release("server", "me"))


def test_a_process_that_died_with_the_lock_keeps_it_until_its_deadline(kind: str, address: str) -> None:
    run_together(take_the_lock, (kind, address))
    assert not open_store(kind, address).acquire("server", "somebody", 60)
