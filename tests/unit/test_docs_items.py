"""docs/items.md: its pieces run, one after the other, against the sandbox."""

from __future__ import annotations

import asyncio
import re
from importlib.util import find_spec
from typing import Any

import pytest
from docs_pieces import check, fences

from podio_web import Podio, SyncPodio
from podio_web.items import SyncApp, fields
from podio_web.items.model import class_text
from podio_web.testing import SandboxControl
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "items.md").read_text(encoding="utf-8")
PIECES = [each for each in fences("docs/items.md", TEXT) if each.language == "python"]


@pytest.fixture
def sandbox(podio_sandbox: SandboxControl) -> SandboxControl:
    podio_sandbox.reset()
    return podio_sandbox


async def run_pieces(podio: Podio[Any] | SyncPodio[Any], kind: str) -> list[str]:
    """Run the pieces of one class, and return what they printed. Those for a package that is missing are left out."""
    names: dict[str, Any] = {"podio": podio}
    return [
        await check(each.text, names, each.page, each.line)
        for each in PIECES
        if each.kind == kind and (not each.tag or find_spec(each.tag))
    ]


def test_every_piece_runs_with_await(sandbox: SandboxControl) -> None:
    async def main() -> list[str]:
        async with Podio("client", "demo-client", api_url=sandbox.url) as podio:
            podio.set_access_token(sandbox.issue_token())
            return await run_pieces(podio, "run")

    printed = asyncio.run(main())
    assert len(printed) >= 19
    assert printed[0].endswith("1 ('status', 'hours')\n")


def test_every_piece_runs_without_await(sandbox: SandboxControl) -> None:
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        assert asyncio.run(run_pieces(podio, "sync"))
        assert SyncApp(podio, 3001).items(status="To do").page().filtered == 0


def test_filters_of_the_docs_are_accepted(sandbox: SandboxControl) -> None:
    (piece,) = [each.text for each in PIECES if "view=3501" in each.text]
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        tasks = SyncApp(podio, 3001)
        calls = [line for line in piece.splitlines() if line.startswith("tasks.items(")]
        counts = []
        for call in calls:
            names: dict[str, Any] = {"tasks": tasks}
            exec("from podio_web.items import Between", names)
            counts.append(eval(call, names).page().filtered)
        assert len(counts) == 6
        assert all(isinstance(count, int) and count <= 36 for count in counts)
        assert 0 < counts[0] < 36


def test_the_class_of_the_docs_is_what_the_command_writes(sandbox: SandboxControl) -> None:
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        written = class_text(SyncApp(podio, 3001).definition()).splitlines()
    (piece,) = [each.text for each in PIECES if '"""An item of the app Tasks."""' in each.text]
    assert [line for line in piece.splitlines() if line not in written] == []


def test_every_type_of_field_is_in_the_table() -> None:
    rows = re.findall(r"^\| ([a-z, ]+) \|", TEXT, re.MULTILINE)
    listed = {kind for row in rows for kind in row.split(", ")}
    kinds = {kind for name in fields.__all__ for kind in getattr(fields, name).types}
    # "tel" is how old apps call a phone.
    assert kinds - {"tel"} == listed - {"any other"}
