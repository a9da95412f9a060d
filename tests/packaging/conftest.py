"""What is built once for all tests of the package: a source distribution, and wheels."""

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest
from assets_wheel import build_wheel as build_assets

from tests.conftest import ROOT


class Built(NamedTuple):
    """What `python -m build` makes: the source distribution, and the wheel that it builds from that."""

    sdist: Path
    wheel: Path

    def names_in_sdist(self) -> set[str]:
        """Return the paths of its files, without the folder that they are all in."""
        with tarfile.open(self.sdist) as archive:
            return {name.partition("/")[2] for name in archive.getnames()}


def build(folder: Path, *options: str) -> Path:
    """Run `python -m build` on the checkout, and return the folder with what it made."""
    command = [sys.executable, "-m", "build", *options, "--outdir", str(folder), str(ROOT)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = build(tmp_path_factory.mktemp("built"))
    return Built(next(folder.glob("*.tar.gz")), next(folder.glob("*.whl")))


@pytest.fixture(scope="session")
def wheel(built: Built) -> Path:
    return built.wheel


@pytest.fixture(scope="session")
def assets_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of podio-web-assets."""
    return build_assets(ROOT / ".make" / "site", tmp_path_factory.mktemp("assets"))


@pytest.fixture(scope="session")
def assets(assets_wheel: Path) -> Path:
    """The folder of the wheel of podio-web-assets, which pip finds with --find-links."""
    return assets_wheel.parent


@pytest.fixture(scope="session")
def checkout_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel built from the checkout, without a source distribution in between."""
    return next(build(tmp_path_factory.mktemp("straight"), "--wheel", "--no-isolation").glob("*.whl"))
