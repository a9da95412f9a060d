"""What the Run button loads: the same at each build, small, and without what the sandbox does not need."""

import asyncio
import io
import json
import lzma
import sys
import zipfile
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from docs_archive import add, packed
from docs_page import Page
from docs_runtime import write_runtime


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runtime")
    write_runtime(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_builds_are_identical_and_small(built: Path, tmp_path: Path) -> None:
    write_runtime(tmp_path)
    assert contents(tmp_path) == contents(built)
    told = json.loads((built / "runtime.json").read_text(encoding="utf-8"))
    assert {"runtime.json", *told["files"]} == set(contents(built))
    assert 6_000_000 < told["download"] <= 7_500_000


def test_the_archive_has_what_the_sandbox_needs(built: Path) -> None:
    (archive,) = built.glob("files/packages-*.bin")
    with zipfile.ZipFile(io.BytesIO(lzma.decompress(archive.read_bytes()))) as zipped:
        names = set(zipped.namelist())
        zones = zipped.read("tzdata/zones").decode().split()
        for zone in zones:
            ZoneInfo.from_file(io.BytesIO(zipped.read(f"tzdata/zoneinfo/{zone}")))
    assert zones == ["America/New_York", "Europe/Copenhagen", "UTC"]
    assert {"podio_web/sandbox/in_page.pyc", "podio_web/items/app.pyc", "starlette/applications.pyc"} <= names
    assert {"podio_web/live/live.py", "podio_web/hooks/hooks.py"} <= names
    assert not {name for name in names if name.startswith(("podio_web/site_builder/", "podio_web/cli."))}
    assert len([name for name in names if "/licenses/" in name]) >= 6


def test_modules_are_imported_from_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "some.xz").write_bytes(packed({"only_in_archive.py": b"answer = 42\n"}))
    add(str(tmp_path / "some.xz"))
    assert __import__("only_in_archive").answer == 42


async def outcomes(page: Page, *pieces: str) -> list[dict[str, object]]:
    return [json.loads(await page.run(piece, lambda text: None)) for piece in pieces]


def test_a_page_lists_the_calls_of_each_piece() -> None:
    page = Page()
    first, second, third = asyncio.run(
        outcomes(
            page,
            'await podio.get("/user/status")',
            'await podio.get("/app/3001")\nlen(sandbox.calls())',
            'sandbox.reset()\nawait podio.get("/org/")',
        )
    )
    page.close()
    assert first["calls"] == ["GET /user/status"]
    assert (second["calls"], second["value"]) == (["GET /app/3001"], "2")
    assert third["calls"] == ["GET /org/", "GET /org/"], "the reset has ended the session, so the first call is refused"


@pytest.mark.parametrize("piece", ["raise SystemExit(3)", "raise KeyboardInterrupt"])
def test_a_piece_cannot_end_the_interpreter(piece: str) -> None:
    page = Page("sync")
    (outcome,) = asyncio.run(outcomes(page, piece))
    page.close()
    assert str(outcome["error"]).startswith(f"Line 1: {piece}")
