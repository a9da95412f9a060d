"""What the other processes of these tests run; each opens the store anew, by kind and address."""

import mmap
import multiprocessing
import os
import secrets
import time
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from podio_web import Token
from podio_web.stores.file import FileStore
from podio_web.stores.redis import RedisStore
from podio_web.stores.sqlite import SQLiteStore

API = "https://api.podio.com"
LONG = 4_000
LOCK_SECONDS = 0.05
FORKED = ("child", "parent")

# Begun anew and not forked from the tests, whose threads a fork would break; a hundred such starts take no time.
PROCESSES: ForkServerContext = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([__name__])


def open_store(kind: str, address: str) -> Any:
    """Open the store at a path or a URL, for one client at one API."""
    opened = {"file": FileStore, "sqlite": SQLiteStore, "redis": RedisStore}[kind](address)
    return opened.for_client(API, "my-app")


def closing(client: Any) -> Any:
    """Return what closes an asyncio client of Redis; ``aclose`` came with redis 5.0.1."""
    return (client.aclose if hasattr(client, "aclose") else client.close)()


def token(text: str = "a" * 32) -> Token:
    """A token that lives for long."""
    return Token(text, expires_at=1_900_000_000.0, scope="global:all", ref={"type": "user", "id": 1001})


def write_until_killed(kind: str, address: str, notes: Path) -> None:
    """Lock and set for ever; one byte of `notes` says whether a set is under way, the other that one was."""
    store = open_store(kind, address)
    with notes.open("r+b") as file, mmap.mmap(file.fileno(), 2) as inside:
        while True:
            store.acquire("server", "writer", LOCK_SECONDS)
            for text in ("a" * LONG, "b") * 3:
                inside[0] = 1
                store.set(token(text), "server")
                inside[0] = 0
                inside[1] = 1


def count_under_the_lock(kind: str, address: str, counter: Path, times: int) -> None:
    """Add to a number in a file that has no lock of its own, holding the store's."""
    store = open_store(kind, address)
    owner = secrets.token_hex(8)
    for _ in range(times):
        while not store.acquire("server", owner, 60):
            time.sleep(0.001)
        number = int(counter.read_text())
        time.sleep(0)
        counter.write_text(str(number + 1))
        assert store.release("server", owner)


def write_for_a_user(kind: str, address: str, user: str, times: int) -> None:
    """Set a session many times, reading each back."""
    _write_for(open_store(kind, address).for_user(user), user, times)


def _write_for(store: Any, user: str, times: int) -> None:
    for number in range(times):
        store.set(token(f"{user}-{number}"), "server")
        assert store.get("server").access_token == f"{user}-{number}"


def fork_and_write(kind: str, address: str) -> None:
    """Open the store, use it, fork, and go on with it on both sides; `FORKED` names the users."""
    store = open_store(kind, address)
    store.set(token(), "server")
    child = os.fork()
    _write_for(store.for_user(FORKED[bool(child)]), FORKED[bool(child)], 15)
    if child:
        assert os.waitpid(child, 0)[1] == 0


def take_the_lock(kind: str, address: str) -> None:
    """Take the lock and end without giving it back."""
    assert open_store(kind, address).acquire("server", "the dead", 60)


def run_together(target: Any, *arguments: tuple[Any, ...]) -> None:
    """Run `target` once per tuple of arguments, all at a time, each in a process of its own; all must succeed."""
    processes = [PROCESSES.Process(target=target, args=each) for each in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(processes)
