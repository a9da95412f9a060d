"""docs/items.md: its pieces run, one after the other, against the sandbox."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from typing import Any

import pytest

from podio_web import Podio, SyncPodio
from podio_web.items import SyncApp, fields
from podio_web.items.model import class_text
from podio_web.testing import SandboxControl
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "items.md").read_text(encoding="utf-8")
PIECES = re.findall(r"^```python(.*?)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def sandbox(podio_sandbox: SandboxControl) -> SandboxControl:
    podio_sandbox.reset()
    return podio_sandbox


async def run_pieces(names: dict[str, Any], *, sync: bool) -> int:
    """Run the pieces for one of the clients; those that need a package that is not installed are left out."""
    done = 0
    for marks, piece in PIECES:
        words = marks.split()
        is_ready = all(word == "sync" or _has(word) for word in words)
        if ("sync" in words) is sync and is_ready:
            code = compile(piece, "items.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            result = eval(code, names)
            if inspect.isawaitable(result):
                await result
            done += 1
    return done


def _has(package: str) -> bool:
    try:
        __import__(package)
    except ImportError:
        return False
    return True


def test_every_piece_runs_with_await(sandbox: SandboxControl, capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> int:
        async with Podio("client", "demo-client", api_url=sandbox.url) as podio:
            podio.set_access_token(sandbox.issue_token())
            return await run_pieces({"podio": podio}, sync=False)

    assert asyncio.run(main()) >= 13
    printed = capsys.readouterr().out
    assert "1 ('status', 'hours')\n" in printed
    assert "'labels': [1, 2, 3]" in printed


def test_every_piece_runs_without_await(sandbox: SandboxControl) -> None:
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        assert asyncio.run(run_pieces({"podio": podio}, sync=True)) >= 1
        assert SyncApp(podio, 3001).items(status="To do").page().filtered == 0


def test_the_conflict_of_the_docs_is_one(sandbox: SandboxControl, capsys: pytest.CaptureFixture[str]) -> None:
    (piece,) = [piece for _, piece in PIECES if "rebase" in piece]
    edit = "edit()\n"
    piece = piece.replace("try:\n", f"{edit}try:\n")
    names: dict[str, Any] = {"edit": lambda: sandbox.edit("update", 6101, fields={"hours": 5})}

    async def main() -> None:
        from podio_web.items import App

        async with Podio("client", "demo-client", api_url=sandbox.url) as podio:
            podio.set_access_token(sandbox.issue_token())
            names["tasks"] = App(podio, 3001)
            await eval(compile(piece, "items.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
            assert (await names["tasks"].get(6101))["hours"] == 9

    asyncio.run(main())
    assert capsys.readouterr().out == "hours is 5.0000 at Podio and 9 here\n"


def test_filters_of_the_docs_are_accepted(sandbox: SandboxControl) -> None:
    (piece,) = [piece for _, piece in PIECES if "Between(1, 8)" in piece]
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        tasks = SyncApp(podio, 3001)
        view = podio.post("/view/app/3001/", {"name": "Done", "filters": {"status": [3]}})["view_id"]
        calls = [line for line in piece.splitlines() if line.startswith("tasks.items(")]
        counts = []
        for call in calls:
            names: dict[str, Any] = {"tasks": tasks}
            exec("from podio_web.items import Between", names)
            counts.append(eval(call.replace("view=7001", f"view={view}"), names).page().filtered)
        assert len(counts) == 6
        assert all(isinstance(count, int) and count <= 36 for count in counts)
        assert 0 < counts[0] < 36


def test_the_class_of_the_docs_is_what_the_command_writes(sandbox: SandboxControl) -> None:
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        written = class_text(SyncApp(podio, 3001).definition()).splitlines()
    (piece,) = [piece for _, piece in PIECES if '"""An item of the app Tasks."""' in piece]
    assert [line for line in piece.splitlines() if line not in written] == []


def test_every_type_of_field_is_in_the_table() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \|", TEXT, re.MULTILINE)
    listed = {kind for row in rows for kind in row.split(", ")}
    kinds = {kind for name in fields.__all__ for kind in getattr(fields, name).types}
    # "tel" is how old apps call a phone.
    assert kinds - {"tel"} == listed - {"any other"}
