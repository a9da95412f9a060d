"""examples/hooks_receiver: a local table follows an app, end to end against the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from podio_web import SyncPodio
from podio_web.items import SyncApp
from podio_web.testing import SandboxControl
from tests.examples_support import WebExample, run_script
from tests.unit.hooks_support import SECRET, until


@pytest.mark.parametrize("name", ["starlette receiver", "flask receiver"])
def test_the_table_follows_the_app(name: str, podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    files = {"INBOX": str(tmp_path / "inbox.sqlite"), "TABLE": str(tmp_path / "tasks.sqlite"), "HOOK_SECRET": SECRET}
    with (
        WebExample(name, tmp_path, podio_sandbox.url, ready="/", **files) as example,
        SyncPodio("client", "demo-client", api_url=podio_sandbox.url) as podio,
    ):
        podio.set_access_token(podio_sandbox.issue_token())

        def table() -> dict[int, list[Any]]:
            return {row[0]: row[1:] for row in httpx2.get(example.url).json()}

        def is_active() -> bool:
            return all(each["status"] == "active" for each in podio.get("/hook/app/3001/"))

        def register() -> str:
            return run_script(
                "register.py", "hooks_receiver", BASE_URL=example.url, PODIO_API_URL=podio_sandbox.url, **files
            )

        assert table() == {}
        assert "item.create inactive" in register()
        until(is_active)
        assert len(table()) == 36
        tasks = SyncApp(podio, 3001)
        task = tasks.new(title="Paint the fence")
        task.save()
        assert task.item_id is not None
        until(lambda: table().get(task.item_id or 0) == ["Paint the fence", None])
        task["status"] = "Done"
        task.save()
        until(lambda: table()[task.item_id or 0] == ["Paint the fence", "Done"])
        task.delete()
        until(lambda: task.item_id not in table())
        podio_sandbox.clear_calls()
        assert "item.create active" in register()
        assert [call["path"] for call in podio_sandbox.calls("/hook/")] == ["/hook/app/3001/"]
        assert "Traceback" not in example.log
        assert SECRET not in example.log
