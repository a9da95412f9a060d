"""The three wheels: what a page downloads, the other half for everything else, and the sandbox."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

from podio_web.site_builder.bundle import page_sources
from tests.conftest import ROOT

LARGEST = 106_000


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheels, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "packaging" / "server", ROOT / "packaging" / "sandbox"):
        command = [sys.executable, "-m", "build", "-qq", "--wheel", "--no-isolation", "--outdir", str(folder)]
        subprocess.run([*command, str(project)], check=True, capture_output=True)
    return {path.name.partition("-")[0]: path for path in folder.glob("*.whl")}


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_of_a_page_is_small_and_holds_no_server(wheels: dict[str, Path]) -> None:
    wheel = wheels["podio_web"]
    assert wheel.stat().st_size <= LARGEST
    elsewhere = (
        "podio_web/sandbox/",
        "podio_web/testing/",
        "podio_web/web/",
        "podio_web/sync/",
        "podio_web/grants/",
        "podio_web/site_builder/",
    )
    assert not [name for name in names(wheel) if name.startswith(elsewhere)]
    assert "podio_web/static/callback.html" in names(wheels["podio_web_server"])
    assert "podio_web/py.typed" in names(wheel)


def test_in_a_page_it_depends_on_nothing(wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels["podio_web"]) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
        lines = archive.read(metadata).decode().splitlines()
    needed = [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert [Requirement(line.partition(":")[2]).marker for line in needed] == [Marker("sys_platform != 'emscripten'")]


def test_they_share_no_file_and_leave_none_out(wheels: dict[str, Path]) -> None:
    every = [name for wheel in wheels.values() for name in names(wheel)]
    assert len(set(every)) == len(every)
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "podio_web").rglob("*.py")}
    assert sources == {name for name in every if name.endswith(".py")}
    assert not [name for name in every if name.endswith(".pyc")]


def test_the_servers_wheel_makes_a_script_work_without_any_other_package(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    for name in ("podio_web", "podio_web_server"):
        with zipfile.ZipFile(wheels[name]) as archive:
            archive.extractall(tmp_path / "site")
    script = (
        "from podio_web import FileStore, SyncPodio\n"
        "podio = SyncPodio('app', 'my-app', 'hush', session_store=FileStore('session.json'))\n"
        "print(podio.is_authenticated())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("False\n", "")


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


def test_without_the_extra_the_command_builds_a_site(wheels: dict[str, Path], tmp_path: Path) -> None:
    for name in ("podio_web", "podio_web_server"):
        with zipfile.ZipFile(wheels[name]) as archive:
            archive.extractall(tmp_path / "site")
    arguments = ["build", str(tmp_path / "mine"), "--from-cdn", "--no-snapshot"]
    ran = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys, podio_web.cli; sys.exit(podio_web.cli.main({arguments!r}))"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "pip install podio-web[build]" in ran.stdout, "without the compiler it says what would be better"
    bundles = list((tmp_path / "mine" / "assets").glob("podio_web-*.json"))
    assert [json.loads(path.read_text(encoding="utf-8")) for path in bundles] == [
        {**page_sources(with_script_tag=False), **page_sources()}
    ]
    assert "podio_web/site_builder/snapshot.mjs" in names(wheels["podio_web_server"])


def test_without_the_extra_the_command_says_how_to_get_it(wheels: dict[str, Path], tmp_path: Path) -> None:
    for name in ("podio_web", "podio_web_server"):
        with zipfile.ZipFile(wheels[name]) as archive:
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
