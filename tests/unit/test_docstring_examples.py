"""The ``>>>`` examples in docstrings run and show what really comes out.

An example may use the names that ``names`` yields, such as ``podio``. It may use ``await``. Examples that need a
browser run in ``test_docstring_examples_in_page.py``.
"""

import ast
import doctest
import functools
import importlib
import inspect
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import podio_web
from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl
from tests.conftest import ROOT
from tests.unit.docstring_names import IN_PAGE, names
from tests.unit.quick_tools import quick_node_modules

PACKAGE = Path(podio_web.__file__).parent

JOIN = """
import { readFileSync, writeFileSync } from "node:fs";
const files = process.argv.slice(2);
const target = files.pop();
writeFileSync(target, files.map((file) => readFileSync(file, "utf8")).join(""));
"""
"""A script for ``podio_web.site_builder.node``."""


def awaited_here(test: doctest.DocTest) -> None:
    """Let the examples use ``await``, which doctest does not know."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    for example in test.examples:
        # A statement with await is a coroutine, unless it only defines a function. Its names are global as well.
        if compile(example.source, test.name, "single", flags).co_flags & inspect.CO_COROUTINE:
            code = f"compile({example.source!r}, {test.name!r}, 'single', {flags})"
            example.source = f"wait(eval({code}))\n"


def call_views(given: dict[str, Any]) -> None:
    """Call the views of a web application that an example defines, so that their bodies run too."""
    views = [given[name] for name in ("home", "me", "check") if inspect.isfunction(given.get(name))]
    if "Home" in given:
        views.append(functools.partial(given["Home"].as_view(), given["request"]))
    for view in views:
        outcome = view(**{name: given[name] for name in inspect.signature(view).parameters if name in given})
        if inspect.isawaitable(outcome):
            given["wait"](outcome)


def examples(module: str) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(importlib.import_module(module), module) if test.examples]


def modules() -> list[str]:
    paths = (path for path in PACKAGE.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))
    names = (".".join(("podio_web", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in paths)
    return sorted(name.removesuffix(".__init__") for name in names)


def prepare(module: str, folder: Path) -> None:
    """Put what a module's examples read into the folder in which they run."""
    if module == "podio_web.site_builder.micropython.started":
        quick_node_modules(ROOT / "node_modules", folder / "node_modules")
    else:
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "static").symlink_to(ROOT / "static")
    (folder / "join.mjs").write_text(JOIN, encoding="utf-8")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxControl]:
    with Sandbox(control=True) as running:
        yield SandboxControl(running.url)


@pytest.mark.parametrize("module", sorted({*modules()} - IN_PAGE))
def test_examples_run(module: str, sandbox: SandboxControl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if module == "podio_web.stores.redis" and shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed")
    prepare(module, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PODIO_CLIENT_SECRET", "s1e2c3r4e5t6")
    monkeypatch.setenv("SECRET_KEY", "0123456789abcdef" * 4)
    said: list[str] = []
    failed = 0
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    for test in examples(module):
        awaited_here(test)
        with names(module, sandbox, test.name) as given:
            test.globs = {**test.globs, **given}
            failed += runner.run(test, out=said.append, clear_globs=False).failed
            if module.startswith("podio_web.web."):
                call_views(test.globs)
    assert not failed, "".join(said)


def test_the_modules_that_need_a_page_have_examples() -> None:
    assert {*modules()} >= IN_PAGE


def test_a_wrong_example_is_found(sandbox: SandboxControl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(">>> await podio.get('/user/status')\n[]\n", {}, "wrong", None, 0)
    awaited_here(test)
    with names("podio_web.errors", sandbox) as given:
        test.globs = given
        assert doctest.DocTestRunner(verbose=False).run(test, out=lambda text: None).failed == 1
