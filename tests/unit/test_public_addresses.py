"""``podio_web``, ``podio_web.stores`` and ``podio_web.transports``: every name can be imported in every runtime."""

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import podio_web.stores
import podio_web.transports
from podio_web.runtime.interpreter import load
from podio_web.site_builder.bundle import page_sources
from podio_web.stores.text import TextStore
from tests.conftest import ROOT
from tests.unit.in_interpreters import INTERPRETERS, told_by

PACKAGES = [podio_web.stores, podio_web.transports]
NAMES = [(package, name) for package in PACKAGES for name in package.__all__]
IN_PAGES = {"LocalStorageStore", "MemoryStore", "SessionStorageStore", "FetchTransport"}

PROGRAM = """
import json

import podio_web.stores
import podio_web.transports
from podio_web.stores import FileStore, LocalStorageStore, MemoryStore, RedisStore, SessionStorageStore, SQLiteStore
from podio_web.transports import BlockingHttpxTransport, FakeTransport, FetchTransport, HttpxTransport, UrllibTransport

told = {}
for package in (podio_web.stores, podio_web.transports):
    for name in package.__all__:
        try:
            told[name] = type(getattr(package, name)()).__name__
        except ImportError as problem:
            told[name] = str(problem)
    try:
        package.Nothing
    except AttributeError:
        pass
    else:
        raise AssertionError("Nothing is there")

names = {}
exec("from podio_web.stores import *; from podio_web.transports import *", names)
told["star"] = sorted(name for name in names if name in told)

names = {}
exec("from podio_web import *", names)
told["missing"] = [name for name in podio_web.__all__ if name not in names]
try:
    names["SyncPodio"]("app", "my-app", "hush")
except ImportError as problem:
    told["SyncPodio"] = str(problem)
print(json.dumps(told))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_the_names_are_sorted_and_those_that_type_checkers_see(package: ModuleType) -> None:
    assert package.__file__ is not None
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    typed = [alias.name for node in ast.walk(blocks[0]) if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert package.__all__ == sorted(package.__all__) == sorted(typed)


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_every_name_is_a_class_that_dir_lists(package: ModuleType, name: str) -> None:
    found = getattr(package, name)
    assert isinstance(found, type)
    assert found.__name__ == name
    assert name in dir(package)


@pytest.mark.parametrize("package", [podio_web, *PACKAGES])
def test_dir_lists_what_is_imported_as_well(package: ModuleType) -> None:
    assert {"__name__", "__all__", *package.__all__} <= set(dir(package))
    assert dir(package) == sorted(dir(package))


@pytest.mark.parametrize("package", [podio_web, *PACKAGES])
def test_a_star_import_brings_every_name(package: ModuleType) -> None:
    names: dict[str, Any] = {}
    exec(f"from {package.__name__} import *", names)
    assert set(package.__all__) <= set(names)


@pytest.mark.parametrize("package", PACKAGES)
def test_any_other_name_is_an_attribute_error(package: ModuleType) -> None:
    with pytest.raises(AttributeError, match=f"^module '{package.__name__}' has no attribute 'Nothing'$"):
        _ = package.Nothing
    with pytest.raises(ImportError):
        exec(f"from {package.__name__} import Nothing")


def test_the_package_is_imported_without_its_modules() -> None:
    program = (
        "import sys, podio_web.stores, podio_web.transports\n"
        "heavy = ('podio_web.stores.redis', 'podio_web.stores.sqlite', 'podio_web.transports.httpx', 'httpx2',\n"
        "         'podio_web.sync_client', 'podio_web.types')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("name", ["LocalStorageStore", "SessionStorageStore"])
def test_a_browser_s_store_is_refused_outside_a_page_when_it_is_created(name: str) -> None:
    kind = getattr(podio_web.stores, name)
    assert issubclass(kind, TextStore)
    with pytest.raises(RuntimeError, match=r"^(local|session)Storage exists only in a web page\. Use FileStore in "):
        kind()


def test_fetch_is_refused_outside_a_page_when_it_is_created() -> None:
    kind = podio_web.transports.FetchTransport
    reason = r"^FetchTransport is not available here: the browser's objects exist only in a web page\.$"
    with pytest.raises(ImportError, match=reason):
        kind()


def test_a_transport_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in list(sys.modules):
        if module.startswith(("podio_web.transports.httpx", "httpx2")):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    for name in ("HttpxTransport", "BlockingHttpxTransport"):
        with pytest.raises(
            ImportError, match=rf"^{name} is not available here: .*pip install 'podio-web\[server\]'\.$"
        ):
            getattr(podio_web.transports, name)(connections=1)


def test_a_name_can_be_looked_up_in_a_module_of_another_package() -> None:
    modules = {"podio_web.stores.memory": ("MemoryStore", "MemoryTexts"), "json": ("JSONDecoder",)}
    assert load("anything", modules, "JSONDecoder") is json.JSONDecoder
    assert load("anything", modules, "MemoryTexts") is importlib.import_module("podio_web.stores.memory").MemoryTexts
    with pytest.raises(AttributeError, match="module 'anything' has no attribute 'dumps'"):
        load("anything", modules, "dumps")


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_every_name_can_be_imported_in_a_page(interpreter: str, tmp_path: Path) -> None:
    (told,) = told_by(tmp_path, interpreter, PROGRAM, page_sources(), {"node": ""})
    names = [name for _, name in NAMES]
    assert told.pop("star") == sorted(names)
    assert told.pop("missing") == []
    for name in ("SyncPodio", *names):
        if name in IN_PAGES:
            assert told[name] == name
        else:
            assert told[name].startswith(f"{name} is not available here: ")
            assert told[name].endswith(". The page archive holds only what pages need. In Pyodide, install podio-web.")


def packages_with_names() -> list[str]:
    """Return the modules that say which of their names are public."""
    root = Path(podio_web.__file__).parent
    found = [path for path in sorted(root.rglob("*.py")) if "\n__all__ = " in path.read_text(encoding="utf-8")]
    return [".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__") for path in found]


@pytest.mark.parametrize("module", packages_with_names())
def test_help_and_completion_see_names_that_are_not_imported_yet(module: str) -> None:
    code = f"import {module} as module; print(sorted(set(module.__all__) - set(dir(module))))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(("missing", "is_described"), [("", True), ("uvicorn", False)])
def test_help_describes_the_sandbox_if_its_extra_is_installed(missing: str, is_described: bool) -> None:
    code = (
        f"import pydoc, sys; sys.modules[{missing!r}] = None\n"
        "import podio_web.sandbox; print(pydoc.render_doc(podio_web.sandbox, renderer=pydoc.plaintext))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ("class Sandbox(" in ran.stdout) is is_described
