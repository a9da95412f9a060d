"""Silent refresh over processes: one refresh for everybody, and a process that dies leaves nobody locked out.

Against a real sandbox with rotation on: a second refresh with the same token would be refused, and end the session.
"""

import asyncio
import json
import mmap
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from podio_web import Podio, SyncPodio
from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl
from podio_web.transports.httpx_blocking import BlockingHttpxTransport
from tests.stores.workers import PROCESSES, open_store, run_together

EVERYBODY = 8
REQUESTS = 100
KILLS = 10  # for each of the three stores, besides the hundreds in the middle of a write of test_processes
SECONDS = 300.0
"""How long everybody may take to be ready, and to get their answers, on a busy machine."""
LOCK_SECONDS = 0.25
CLIENT: dict[str, Any] = {"client_id": "demo-client", "client_secret": "demo-secret"}


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxControl]:
    with Sandbox(port=0, control=True) as sandbox:
        yield SandboxControl(sandbox.url)


@pytest.fixture
def sandbox(running: SandboxControl) -> SandboxControl:
    running.reset()
    running.settings(rotate_refresh_tokens=True, general_limit=100_000)
    return running


def sign_in(kind: str, address: str, sandbox: SandboxControl) -> None:
    with SyncPodio("password", **CLIENT, session_store=open_store(kind, address), api_url=sandbox.url) as podio:
        podio.authenticate_with_credentials("demo@example.com", "demo")


def refreshes(sandbox: SandboxControl) -> list[int]:
    """The statuses that the token endpoint has answered with since the list of calls was cleared."""
    return [call["status"] for call in sandbox.calls("/oauth/token")]


def ask_together(kind: str, address: str, url: str, barrier: Barrier, found: Path) -> None:
    """Ask 100 times at once, when every process is ready."""

    async def main() -> list[int]:
        store = open_store(kind, address)
        async with Podio("password", **CLIENT, session_store=store, api_url=url, timeout=SECONDS) as podio:
            assert await podio.is_authenticated()
            barrier.wait(SECONDS)
            answers = await asyncio.gather(*[podio.get("/user/status") for _ in range(REQUESTS)])
            return [answer["user"]["user_id"] for answer in answers]

    found.write_text(json.dumps(asyncio.run(main())))


class ShortLocks:
    """A store with short locks, so that the next process need not wait long for one that was killed."""

    def __init__(self, store: Any) -> None:
        self.store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def for_client(self, api_url: str, client_id: str) -> "ShortLocks":
        return ShortLocks(self.store.for_client(api_url, client_id))

    def acquire(self, auth_type: str, owner: str, seconds: float) -> Any:
        return self.store.acquire(auth_type, owner, min(seconds, LOCK_SECONDS))


def refresh_and_stop(kind: str, address: str, url: str, notes: Path) -> None:
    """Renew the session; one byte of `notes` says that the refresh is on its way, and when it is over."""

    class Noted(BlockingHttpxTransport):
        async def perform(self, call: Any, timeout: float | None) -> Any:
            if call.path == "/oauth/token":
                state[0] = 1
            return await super().perform(call, timeout)

    with notes.open("r+b") as file, mmap.mmap(file.fileno(), 1) as state:
        store = ShortLocks(open_store(kind, address))
        podio = SyncPodio("password", **CLIENT, session_store=store, api_url=url, transport=Noted())
        podio.get("/user/status")
        state[0] = 2


def test_8_processes_with_100_requests_each_refresh_once(
    kind: str, address: str, sandbox: SandboxControl, tmp_path: Path
) -> None:
    sign_in(kind, address, sandbox)
    sandbox.expire_tokens()
    sandbox.clear_calls()
    barrier = PROCESSES.Barrier(EVERYBODY)
    notes = [tmp_path / f"found-{number}" for number in range(EVERYBODY)]
    run_together(ask_together, *[(kind, address, sandbox.url, barrier, each) for each in notes])
    assert refreshes(sandbox) == [200]
    assert [json.loads(each.read_text()) for each in notes] == [[1001] * REQUESTS] * EVERYBODY
    assert len([call for call in sandbox.calls("/user/status") if call["status"] == 200]) == EVERYBODY * REQUESTS


def test_20_clients_in_one_process_refresh_once(kind: str, address: str, sandbox: SandboxControl) -> None:
    sign_in(kind, address, sandbox)
    sandbox.expire_tokens()
    sandbox.clear_calls()

    async def main() -> None:
        clients = [
            Podio("password", **CLIENT, session_store=open_store(kind, address), api_url=sandbox.url) for _ in range(20)
        ]
        await asyncio.gather(*[client.get("/user/status") for client in clients])
        for client in clients:
            await client.aclose()

    asyncio.run(main())
    assert refreshes(sandbox) == [200]


def test_a_process_that_is_killed_in_the_middle_of_a_refresh_locks_nobody_out(
    kind: str, address: str, sandbox: SandboxControl, tmp_path: Path
) -> None:
    """Kills in all moments of a refresh: after each the session is readable, and the next one is let in in time."""
    # Without rotation, so that the same session goes on: what Podio has used up, no client can bring back.
    sandbox.settings(rotate_refresh_tokens=False)
    sign_in(kind, address, sandbox)
    landed = number = 0
    while landed < KILLS:
        number += 1
        assert number < 5 * KILLS, "too few kills come while the refresh is on its way"
        sandbox.expire_tokens()
        notes = tmp_path / "notes"
        notes.write_bytes(b"\0")
        process = PROCESSES.Process(target=refresh_and_stop, args=(kind, address, sandbox.url, notes))
        process.start()
        while notes.read_bytes() == b"\0":
            assert process.exitcode in (None, 0)
            time.sleep(0.0005)
        time.sleep(0.0005 * (number % 10))
        process.kill()
        process.join()
        landed += notes.read_bytes() == b"\1"
        killed_at = time.time()
        store = open_store(kind, address).for_client(sandbox.url, "demo-client")
        stored = store.get("password")
        assert stored is not None
        assert stored.refresh_token is not None
        asked_at = time.time()
        while not store.acquire("password", "the next one", 1):
            assert asked_at < killed_at + LOCK_SECONDS + 0.01, "the lock of the dead one outlives its deadline"
            time.sleep(0.002)
            asked_at = time.time()
        store.release("password", "the next one")
