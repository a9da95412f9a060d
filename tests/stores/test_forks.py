"""A process that forks while its threads use SQLite: the new process can use it too."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from podio_web.hooks import SQLiteInbox
from podio_web.hooks.delivery import Delivery
from podio_web.oauth.token import Token
from podio_web.stores import SQLiteStore
from podio_web.stores.forks import no_fork

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

FORKS = 40
TOKEN = Token("a1b2c3", expires_at=4e9)
CREATED = Delivery("item.create", 12, {"item_id": 6101})


def fork(work: Callable[[], object], seconds: float = 30.0) -> int | None:
    """Run something in a new process, and return its exit status, or None if it did not end in time."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def uses_of_a_store(folder: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    store = SQLiteStore(folder / "sessions.db", timeout=20)
    return lambda: store.get("server"), lambda: store.set(TOKEN, "server")


def uses_of_an_inbox(folder: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    inbox = SQLiteInbox(folder / "hooks.db", timeout=20)
    return lambda: inbox.lease(time.time(), 1), lambda: inbox.put(CREATED, time.time())


@pytest.mark.parametrize("uses", [uses_of_a_store, uses_of_an_inbox])
def test_a_new_process_can_use_what_threads_of_its_parent_use(
    tmp_path: Path, uses: Callable[[Path], tuple[Callable[[], object], Callable[[], object]]]
) -> None:
    again, once = uses(tmp_path)
    is_over = threading.Event()

    def use() -> None:
        while not is_over.is_set():
            again()

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert [fork(once) for _ in range(FORKS)] == [0] * FORKS
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def test_a_fork_waits_until_no_thread_is_inside() -> None:
    events: list[str] = []
    is_inside = threading.Event()

    def stay() -> None:
        with no_fork():
            is_inside.set()
            time.sleep(0.2)
            events.append("left")

    thread = threading.Thread(target=stay)
    thread.start()
    is_inside.wait()

    def enter() -> None:
        with no_fork():
            assert events == ["left"]

    assert fork(enter) == 0
    events.append("forked")
    thread.join()
    assert events == ["left", "forked"]
    with no_fork():
        pass
