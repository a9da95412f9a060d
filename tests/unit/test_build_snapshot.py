"""Pyodide's memory, made under node: what it tells about the machine, and what is said when it cannot be made."""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from podio_web.site_builder.bundle import bundle
from podio_web.site_builder.interpreters import PYODIDE, BuildError
from podio_web.site_builder.pyodide import snapshot as module
from podio_web.site_builder.pyodide.snapshot import make_snapshot, pack
from tests.conftest import ROOT
from tests.platforms import needs_posix

NODE_MODULES = ROOT / "node_modules"


@pytest.fixture(scope="module")
def snapshot() -> bytes:
    return make_snapshot(NODE_MODULES, bundle())


def test_the_same_sources_give_the_same_snapshot(snapshot) -> None:
    """Else each build would make every visitor download it again."""
    assert make_snapshot(NODE_MODULES, bundle()) == snapshot


def test_it_is_packed_without_a_date() -> None:
    packed = pack(b"memory" * 1000)
    assert gzip.decompress(packed) == b"memory" * 1000
    # https://www.rfc-editor.org/rfc/rfc1952#page-7
    assert packed[4:8] == bytes(4)


def test_it_tells_nothing_about_the_machine_that_it_was_made_on(snapshot) -> None:
    for path in (ROOT, Path(module.__file__).parent, NODE_MODULES, Path(sys.executable).parent):
        assert str(path).encode() not in snapshot


def test_podio_web_is_in_it(snapshot) -> None:
    assert b"/home/pyodide/podio_web/client.py" in snapshot


def pretend(monkeypatch, script: str, tmp_path: Path) -> Path:
    """Put something else in node's place, and a made-up Pyodide."""
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\n{script}\n")
    node.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(node))
    package = tmp_path / "node_modules" / "pyodide"
    package.mkdir(parents=True)
    (package / "package.json").write_text(f'{{"version": "{PYODIDE.version}"}}')
    return tmp_path / "node_modules"


def test_without_node_the_remedy_is_named(monkeypatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BuildError, match="--no-snapshot"):
        make_snapshot(NODE_MODULES, "{}")


@needs_posix("shell scripts as programs")
@pytest.mark.parametrize("script", ["echo 'out of memory' >&2; exit 1", "echo 'out of memory'; exit 0"])
def test_what_node_says_is_passed_on(monkeypatch, tmp_path, script) -> None:
    with pytest.raises(BuildError, match=r"--no-snapshot[\s\S]*out of memory"):
        make_snapshot(pretend(monkeypatch, script, tmp_path), "{}")


def test_a_node_that_hangs_is_given_up(monkeypatch, tmp_path) -> None:
    folder = pretend(monkeypatch, "", tmp_path)

    def hang(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(BuildError, match="within 120 seconds"):
        make_snapshot(folder, "{}")
