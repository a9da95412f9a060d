"""The API reference can be built: every module is imported on CPython, and pdoc finds every public name."""

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import podio_web
from podio_web import Podio, SyncPodio
from tests.conftest import ROOT

# They take the browser's objects, which exist in a page only.
IN_PAGES_ONLY = {
    *("podio_web.runtime.browser_storage", "podio_web.runtime.js_bridge", "podio_web.runtime.page"),
    *("podio_web.runtime.page_blocking", "podio_web.runtime.popup_window", "podio_web.runtime.tab_channel"),
    *("podio_web.runtime.tab_lock", "podio_web.runtime.timers", "podio_web.runtime.worker"),
    *("podio_web.runtime.held_lock", "podio_web.runtime.page_network"),
    *("podio_web.script_tag.body_transport", "podio_web.transports.fetch", "podio_web.transports.page_files"),
    *("podio_web.files.page_files", "podio_web.runtime.blobs", "podio_web.runtime.elements"),
}
WITHOUT_LIST = ["podio_web.errors", "podio_web.events", "podio_web.web"]


def packages() -> list[str]:
    """Return the packages, and ``podio_web.types``, that say which names of them are public."""
    root = Path(podio_web.__file__).parent
    paths = [root / "__init__.py", root / "types.py", *sorted(root.glob("*/__init__.py"))]
    named = [path for path in paths if "\n__all__ = " in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__") for path in named]


PACKAGES = packages()


def modules() -> list[str]:
    root = Path(podio_web.__file__).parent
    paths = (path.relative_to(root.parent).with_suffix("") for path in sorted(root.rglob("*.py")))
    names = (".".join(path.parts).removesuffix(".__init__") for path in paths)
    return [name for name in names if not name.endswith("__main__") and ".stand_ins" not in name]


def test_the_list_of_modules_is_the_package_s() -> None:
    walked = {each.name for each in pkgutil.iter_modules(podio_web.__path__, "podio_web.")}
    assert walked - {"podio_web.__main__"} <= set(modules())


def test_every_module_but_those_of_pages_can_be_imported() -> None:
    # In a process of its own: other tests stand in for a browser.
    program = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        print(name)
"""
    command = [sys.executable, "-W", "error", "-c", program, *modules()]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert set(ran.stdout.split()) == IN_PAGES_ONLY


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pdoc",
        "--docformat",
        "google",
        *PACKAGES,
        *WITHOUT_LIST,
        "--output-directory",
        folder,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    built = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


@pytest.mark.parametrize("package", PACKAGES)
def test_pdoc_shows_every_name(reference: Path, package: str) -> None:
    page = (reference / f"{package.replace('.', '/')}.html").read_text(encoding="utf-8")
    module = importlib.import_module(package)
    # A module has a page of its own.
    names = {name for name in module.__all__ if not inspect.ismodule(getattr(module, name))}
    assert names <= set(re.findall(r'<section id="(\w+)">', page))


@pytest.mark.parametrize("client", [Podio, SyncPodio])
def test_pdoc_shows_every_member_of_a_client(reference: Path, client: type) -> None:
    page = (reference / "podio_web.html").read_text(encoding="utf-8")
    members = {f"{client.__name__}.{name}" for name in dir(client) if not name.startswith("_")}
    assert len(members) > 20
    assert members <= set(re.findall(r'id="([\w.]+)"', page))
