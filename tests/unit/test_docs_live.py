"""The programs of docs/live.md, against the sandbox; its tables name what is there."""

import inspect
import json
from pathlib import Path

from podio_web import errors
from podio_web.live import Live, LiveEvent, PushRefused, SyncLive
from podio_web.live.subscription import LONGEST_QUEUE
from podio_web.testing import SandboxControl
from tests.unit.test_docs_examples import piece, run
from tests.unit.test_docs_tables import names, rows, section

SERVER = """
import asyncio
import json
from podio_web import Podio
from podio_web.live import Live

{watch}

shown = []


def show(item):
    shown.append(item["item_id"])


async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # imports take long on a busy machine
    async with Podio("client", client_id="demo-client", api_url={url!r}) as podio:
        podio.set_access_token(json.loads({token!r}))
        watching = asyncio.create_task(watch(podio))
        while not shown:
            await asyncio.sleep(0.05)
        await podio.post("/comment/item/6101/", {{"value": "Hello"}})
        await podio.put("/item/6101", {{"fields": {{"title": "New"}}}})
        while len(shown) < 2:
            await asyncio.sleep(0.05)
        await podio.logout()
        await watching
        print(shown)

asyncio.run(main())
"""
SCRIPT = """
import json
import threading
import time
from podio_web import SyncPodio
from podio_web.live import SyncLive
from podio_web.testing import SandboxControl

{print_events}

{follow}

def write():
    while not any(client["polls_open"] for client in SandboxControl({url!r}).push()["clients"]):
        time.sleep(0.05)
    podio.post("/comment/item/6101/", {{"value": "Hello"}})


with SyncPodio("client", client_id="demo-client", api_url={url!r}) as podio:
    podio.set_access_token(json.loads({token!r}))
    writing = threading.Thread(target=write)
    writing.start()
    follow(podio)
    writing.join()
    print_events(podio)
"""


def filled(sandbox: SandboxControl, program: str, **pieces: str) -> str:
    """Return a program with pieces of the page in it, and a shorter time."""
    texts = {name: text.replace("600)", "6)") for name, text in pieces.items()}
    return program.format(url=sandbox.url, token=json.dumps(sandbox.issue_token()), **texts)


def test_the_server_hears_what_happens(podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    pieces = {
        "watch": piece("live.md", "async def watch(podio)"),
    }
    printed = run(filled(podio_sandbox, SERVER, **pieces), tmp_path)
    assert printed.splitlines() == ["comment on item 6101 by user 1001", "[6101, 6101]"]


def test_the_script_hears_what_happens(podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    pieces = {"print_events": piece("live.md", "def print_events"), "follow": piece("live.md", "def follow")}
    first, *others = run(filled(podio_sandbox, SCRIPT, **pieces), tmp_path).splitlines()
    assert first
    assert others == ["comment_create"]


def test_the_attributes_of_events_are_listed() -> None:
    assert {names(row[0])[0] for row in rows(section("live.md", "Events"))} == set(LiveEvent.__slots__)


def test_every_status_is_listed() -> None:
    listed = {names(row[0])[0] for row in rows(section("live.md", "Connection"))}
    assert all(f"``{status}``" in str(inspect.getdoc(Live.status)) for status in listed)
    assert str(inspect.getdoc(Live.status)).count("- ``") == len(listed)


def test_the_errors_are_there() -> None:
    listed = [name for row in rows(section("live.md", "Errors")) for name in names(row[0])]
    assert set(listed) - {"PushRefused", "ValueError"} <= set(vars(errors))
    assert listed[0] == PushRefused.__name__


def test_the_limits_are_those_of_the_code() -> None:
    assert f"{LONGEST_QUEUE:,}" in section("live.md", "`gap`: read again")
    assert "seconds" in inspect.signature(SyncLive.events).parameters
