"""docs/webhooks.md: its programs run against the sandbox, and its tables name what is there."""

from __future__ import annotations

import asyncio
import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from podio_web import Podio, SyncPodio
from podio_web.hooks import Event, Hooks, MemoryInbox, SyncHooks
from podio_web.hooks.delivery import LONGEST_BODY, REMEMBERED
from podio_web.hooks.receiver import ANSWERS
from podio_web.hooks.registered import LIMIT
from podio_web.hooks.schedule import PAUSES
from podio_web.testing import SandboxControl
from tests.unit.hooks_support import SECRET, form, served, soon, until
from tests.unit.test_docs_examples import piece
from tests.unit.test_docs_tables import keyword_only, names, rows, section
from tests.unit.test_hooks_flow import wsgi_served


@pytest.fixture
def sandbox(podio_sandbox: SandboxControl, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> SandboxControl:
    podio_sandbox.reset()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODIO_CLIENT_SECRET", "demo-secret")
    monkeypatch.setenv("PODIO_APP_TOKEN", f"{3001:032x}")
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    return podio_sandbox


def program(sandbox: SandboxControl, origin: str, *signs: str) -> dict[str, Any]:
    """Run a piece of the page with the sandbox's client instead of the reader's, and return its names."""
    source = piece("webhooks.md", *signs)
    source = source.replace('client_id="my-app"', f'client_id="demo-client", api_url="{sandbox.url}"')
    # Flask looks for the file of its module.
    made: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source.replace("https://example.com", origin), "webhooks.md", "exec"), made)
    return made


def register(sandbox: SandboxControl, origin: str) -> None:
    """Run register.py, and wait until the hooks are active."""
    program(sandbox, origin, "hooks.ensure(")
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        until(lambda: all(each["status"] == "active" for each in podio.get("/hook/app/3001/")))


def change(sandbox: SandboxControl) -> None:
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        podio.put("/item/6101", {"fields": {"title": "Paint the fence"}})
        podio.post("/comment/item/6101/", {"value": "Done"})


class Printed:
    """What was printed so far. ``print`` writes a text and the end of its line one after the other."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self._text = ""

    def has(self, text: str) -> bool:
        self._text += self._capsys.readouterr().out
        return text in self._text


def test_the_asgi_receiver_hears_of_changes(sandbox: SandboxControl, capsys: pytest.CaptureFixture[str]) -> None:
    made: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        # The address is known when the server runs.
        if not made:
            made.update(program(sandbox, "http://localhost", "Starlette("))
        await made["app"](scope, receive, send)

    with served(app) as origin:
        made["hooks"].accept("app", 3001, f"{origin}/podio")
        register(sandbox, origin)
        change(sandbox)
        printed = Printed(capsys)
        until(lambda: printed.has("item.update Paint the fence\n"))
        until(lambda: printed.has("somebody commented on 6101\n"))
    assert printed.has("item.update inactive\n")


def test_the_wsgi_receiver_hears_of_changes(sandbox: SandboxControl, capsys: pytest.CaptureFixture[str]) -> None:
    made = program(sandbox, "http://localhost", "Flask(")
    with wsgi_served(made["app"]) as origin:
        made["hooks"].accept("app", 3001, f"{origin}/podio")
        register(sandbox, origin)
        capsys.readouterr()
        change(sandbox)
        printed = Printed(capsys)
        until(lambda: printed.has("item.update Paint the fence\n"))
    made["hooks"].close()
    made["podio"].close()


def test_a_receiver_in_another_framework_answers(sandbox: SandboxControl) -> None:
    heard: list[int | None] = []

    async def main() -> None:
        async with Podio("client", "demo-client", api_url=sandbox.url) as podio:
            hooks = Hooks(podio, secret=SECRET, inbox=MemoryInbox())
            hooks.on("item.create")(lambda event: heard.append(event.item_id))
            made: dict[str, Any] = {"hooks": hooks}
            exec(compile(piece("webhooks.md", "async def receive"), "webhooks.md", "exec"), made)

            async def receive(body: bytes, secret: str = SECRET) -> int:
                request = SimpleNamespace(path=f"/podio/{secret}", headers={}, body=body, method="POST")
                return int(await made["receive"](request))

            async with hooks:
                assert await receive(form("item.create", item_id=6101)) == 200
                assert await receive(form("item.create", item_id=6102), "another") == 404
                assert await receive(b"") == 400
                await soon(lambda: hooks.inbox.waiting() == 0)
            assert await hooks.failed() == []

    asyncio.run(main())
    assert heard == [6101]


def test_the_test_of_the_docs_passes(sandbox: SandboxControl) -> None:
    hooks = Hooks(Podio("client", "demo-client", api_url=sandbox.url), secret=SECRET, inbox=MemoryInbox())
    made: dict[str, Any] = {}
    exec(compile(piece("webhooks.md", "podio_sandbox.deliver"), "webhooks.md", "exec"), made)
    with served(hooks.asgi) as origin:
        made["test_an_update_is_accepted"](sandbox, f"{origin}/{SECRET}")


def test_the_deliveries_of_the_docs_arrive(sandbox: SandboxControl) -> None:
    receiving = Podio("client", "demo-client", api_url=sandbox.url)
    receiving.set_access_token(sandbox.issue_token())
    hooks = Hooks(receiving, secret=SECRET, inbox=MemoryInbox())
    with served(hooks.asgi) as origin, SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        hooks.accept("app", 3001, origin)
        podio.post("/hook/app/3001/", {"url": f"{origin}/{SECRET}", "type": "item.update"})
        until(lambda: [each["status"] for each in podio.get("/hook/app/3001/")] == ["active"])
        sandbox.clear_deliveries()
        text = piece("sandbox.md", "deliver_twice").replace("http://127.0.0.1:8000/podio/secret", f"{origin}/{SECRET}")
        exec(compile(text, "sandbox.md", "exec"), {"podio_sandbox": sandbox})
        assert [each["status"] for each in sandbox.deliveries(wait=30)] == [200, 200, 200]


def test_every_option_is_listed_with_its_default() -> None:
    listed = {names(row[0])[0]: row[1] for row in rows(section("webhooks.md", "Options")) if not row[0].endswith(")`")}
    listed.pop("own", None)
    options = keyword_only(Hooks)
    assert options.keys() == keyword_only(SyncHooks).keys()
    defaults = {name: str(each.default) for name, each in options.items() if name not in ("secret", "inbox")}
    shown = {name: text for name, text in listed.items() if name in options}
    assert shown == {"secret": "", "inbox": "`MemoryInbox()`", **defaults}


def test_every_status_is_listed() -> None:
    listed = [int(row[0]) for row in rows(section("webhooks.md", "What the receiver answers"))]
    assert listed == list(ANSWERS)


def test_every_attribute_of_an_event_is_listed() -> None:
    listed = {name for row in rows(section("webhooks.md", "Handlers")) for name in names(row[0])}
    fields = set(inspect.signature(Event).parameters)
    properties = {name for name, each in inspect.getmembers(Event) if isinstance(each, property)}
    assert listed == fields | (properties - {"key", "remembered"})


def test_the_numbers_of_the_docs_are_those_of_the_code() -> None:
    assert "for 72 hours" in section("webhooks.md", "Handlers")
    assert REMEMBERED == 72 * 3600
    assert "about 1, 10 and 60 seconds" in section("webhooks.md", "Handlers")
    assert PAUSES == (1.0, 10.0, 60.0)
    assert "more than 64 kB" in section("webhooks.md", "What the receiver answers")
    assert LONGEST_BODY == 64 * 1024
    assert f"Podio allows {LIMIT} hooks of one type" in section("webhooks.md", "In production")
