"""The whole package and the page archives, installed by Pyodide and by micropip under node."""

import subprocess
import sys
from pathlib import Path

import pytest

import podio_web
from podio_web.site_builder.page_archive import archive_name, page_archive
from tests.conftest import ROOT

PYODIDE = ROOT / "node_modules" / "pyodide" / "pyodide.mjs"
SCRIPT = Path(__file__).with_name("install_in_pyodide.mjs")
WITH_MICROPIP = Path(__file__).with_name("install_with_micropip.mjs")
# What an installer leaves behind; and whether the client for scripts is there.
CODE = """
import importlib.metadata
import podio_web

def is_there(name, *arguments):
    try:
        return bool(getattr(podio_web, name)(*arguments))
    except ImportError:
        return False

def has_files():
    try:
        from podio_web.files import Files
    except ImportError as problem:
        return str(problem)
    return bool(Files(podio))

podio = podio_web.Podio("client", client_id="my-app")
signed_in = await podio.is_authenticated()
" ".join(map(str, (importlib.metadata.version("podio-web"), signed_in, is_there("SyncPodio", "app", "my-app", "hush"),
    is_there("FileStore", "session.json"), has_files())))
"""


def install(*wheels: Path, script: Path = SCRIPT) -> str:
    ran = subprocess.run(
        ["node", script, PYODIDE, CODE, *wheels], capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout.strip()


def test_the_whole_package_has_every_client(wheel: Path) -> None:
    assert install(wheel) == f"{podio_web.__version__} False True True True"


@pytest.fixture(scope="module")
def micropip(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheels of micropip and of what it needs, which Pyodide's own distribution has too."""
    folder = tmp_path_factory.mktemp("micropip")
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    # They are for Pyodide's Python.
    options = ["--only-binary", ":all:", "--platform", "any", "--python-version", "3.13", "--abi", "none"]
    subprocess.run([*download, *options, "micropip==0.11.1", "packaging"], check=True, capture_output=True)
    return sorted(folder.iterdir())


def test_micropip_installs_the_whole_package(wheel: Path, micropip: list[Path]) -> None:
    installed = install(wheel, *micropip, script=WITH_MICROPIP)
    assert installed == f"{podio_web.__version__} False True True True"


def test_the_page_archive_has_what_a_page_needs(tmp_path: Path) -> None:
    archive = tmp_path / archive_name()
    archive.write_bytes(page_archive())
    part = tmp_path / archive_name(part="files")
    part.write_bytes(page_archive(part="files"))
    assert install(archive, part) == f"{podio_web.__version__} False False False True"
    without = install(archive)
    assert without.startswith(f"{podio_web.__version__} False False False podio_web.files is not in this page.")
    assert part.name in without
