"""The two wheels: what a page downloads, and the sandbox that the extra brings."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

LARGEST = 80_000


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both wheels, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "packaging" / "sandbox"):
        command = [sys.executable, "-m", "build", "-qq", "--wheel", "--no-isolation", "--outdir", str(folder)]
        subprocess.run([*command, str(project)], check=True, capture_output=True)
    return {path.name.partition("-")[0]: path for path in folder.glob("*.whl")}


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_of_a_page_is_small_and_holds_no_server(wheels: dict[str, Path]) -> None:
    wheel = wheels["podio_web"]
    assert wheel.stat().st_size <= LARGEST
    assert not [name for name in names(wheel) if name.startswith("podio_web/sandbox/")]
    assert "podio_web/static/callback.html" in names(wheel)
    assert "podio_web/py.typed" in names(wheel)


def test_it_depends_on_nothing(wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels["podio_web"]) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    needed = [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert needed == []


def test_the_two_share_no_file(wheels: dict[str, Path]) -> None:
    assert not set(names(wheels["podio_web"])) & set(names(wheels["podio_web_sandbox"]))
    assert not [name for name in names(wheels["podio_web_sandbox"]) if name.endswith(".pyc")]


def test_installed_together_the_sandbox_runs_and_the_assets_are_there(wheels: dict[str, Path], tmp_path: Path) -> None:
    for wheel in wheels.values():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tmp_path / "site")
    script = (
        "import podio_web, podio_web.cli\n"
        "from podio_web.sandbox import Sandbox\n"
        "with Sandbox() as sandbox: print(sandbox.url)\n"
        f"assert podio_web.cli.main(['assets', {str(tmp_path / 'mine')!r}]) == 0\n"
        "print(podio_web.__file__)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert str(tmp_path / "site") in ran.stdout
    assert (tmp_path / "mine" / "static" / "callback.html").read_bytes() == (ROOT / "static/callback.html").read_bytes()


def test_without_the_extra_the_command_says_how_to_get_it(wheels: dict[str, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(wheels["podio_web"]) as archive:
        archive.extractall(tmp_path / "site")
    ran = subprocess.run(
        [sys.executable, "-c", "import sys, podio_web.cli; sys.exit(podio_web.cli.main(['sandbox']))"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "pip install 'podio-web[sandbox]'" in ran.stderr
