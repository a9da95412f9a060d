"""The page's Python in one file: what is in it, what was taken out, and that it does the same."""

import ast
import gzip
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from podio_web.site_builder.bundle import NOT_FOR_PAGES, NOT_FOR_SCRIPT_TAGS, bundle, page_sources, page_wheel, strip
from tests.conftest import ROOT

LARGEST = 50_000  # bytes, compressed: what a page's own Python may cost, PodioJS and workers included

SOURCES = page_sources()


def runs(source: str) -> dict[str, object]:
    names: dict[str, object] = {}
    exec(compile(source, "stripped", "exec"), names)
    return names


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x: int = 1", "x = 1\n"),
        ("x: int", "\n"),
        ('"""Says."""\nx = 1  # one', "x = 1\n"),
        ('x = 1\n"""What x is."""', "x = 1\n"),
        ("def f(a: int, *b: str, c: 'int' = 1, **d: int) -> str: return a", "def f(a, *b, c=1, **d):\n return a\n"),
        ("async def f() -> None:\n    '''Do nothing.'''", "async def f():\n pass\n"),
        ("class A:\n    '''An error.'''", "class A:\n pass\n"),
        ("class A:\n    size: int\n    def f(self): return 1", "class A:\n\n def f(self):\n  return 1\n"),
        ("TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import typing", "\n"),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", "import b\n"),
        ("if x:\n    '''Why.'''\nelse:\n    y()", "if x:\n pass\nelse:\n y()\n"),
    ],
)
def test_what_only_people_and_type_checkers_read_is_taken_out(source: str, expected: str) -> None:
    assert strip(source).lstrip("\n") == expected.lstrip("\n")


@pytest.mark.parametrize(
    "source",
    [
        "x = 'a\\n    b'",
        'y = 2\nx = f"""a\n    {y}\n        b"""',
        "x = '''# no comment'''",
        "def f():\n    return '''a\n        b'''\nx = f()",
        "x = [line for line in ['    a']][0]",
    ],
)
def test_texts_stay_as_they_are(source: str) -> None:
    assert runs(strip(source))["x"] == runs(source)["x"]


def test_a_page_has_every_module_that_its_wheel_would_give_it() -> None:
    whole = page_sources(with_script_tag=False)
    for path in ("__init__.py", "client.py", "runtime/page.py", "runtime/cpython.py", "oauth/token.py"):
        assert f"podio_web/{path}" in whole
    left_out = ("runtime/cpython", "runtime/worker", "http/json_depth", "options")
    assert set(whole) - set(SOURCES) == {f"podio_web/{name}.py" for name in left_out}
    assert "podio_web/script_tag/__init__.py" in SOURCES
    assert not [path for path in whole if path.startswith("podio_web/script_tag")]


def test_nothing_that_a_page_cannot_use_is_in_it() -> None:
    elsewhere = (
        "auth/grants",
        "sync_client.py",
        "web/",
        "sandbox",
        "testing",
        "site_builder",
        "cli.py",
        "runtime/blocking.py",
    )
    assert not [path for path in SOURCES if path.startswith(tuple(f"podio_web/{name}" for name in elsewhere))]


def test_every_import_of_its_own_is_in_it() -> None:
    """Late imports too, but for those that a page does without."""
    absent = tuple(f"podio_web.{name}" for name in (*NOT_FOR_PAGES, *NOT_FOR_SCRIPT_TAGS))
    for path, source in SOURCES.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("podio_web."):
                file = node.module.replace(".", "/")
                known = f"{file}.py" in SOURCES or f"{file}/__init__.py" in SOURCES
                assert known or node.module.startswith(absent), (path, node.module)


@pytest.mark.parametrize("path", SOURCES)
def test_each_module_is_the_whole_one_but_for_what_does_nothing(path: str) -> None:
    names = {
        node.name
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    tree = ast.parse(SOURCES[path])
    kept = {
        node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    assert kept <= names
    assert strip(SOURCES[path]) == SOURCES[path]
    for node in ast.walk(tree):
        assert not isinstance(node, ast.AnnAssign)
        assert not (isinstance(node, ast.arg) and node.annotation)
        assert not (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            assert ast.get_docstring(node) is None


def test_the_bundle_is_one_json_object_and_small() -> None:
    text = bundle()
    assert json.loads(text) == {**page_sources(with_script_tag=False), **SOURCES}
    assert len(gzip.compress(text.encode(), 6)) <= LARGEST


def test_the_bundle_has_what_workers_need_and_the_script_tag_has_not() -> None:
    for path in ("podio_web/runtime/cpython.py", "podio_web/runtime/worker.py"):
        assert path in json.loads(bundle())
        assert path not in SOURCES


MICROPYTHON = ROOT / "node_modules" / "@micropython" / "micropython-webassembly-pyscript"


def in_micropython(sources: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Compile sources in MicroPython."""
    command = ["node", str(Path(__file__).with_name("compile_in_micropython.mjs")), str(MICROPYTHON)]
    return subprocess.run(command, input=json.dumps(sources), capture_output=True, text=True, check=False)


def test_micropython_understands_every_module() -> None:
    ran = in_micropython({**page_sources(with_script_tag=False), **SOURCES})
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "SyntaxError" in in_micropython({"x.py": "match x:\n case 1: pass"}).stderr


def test_the_wheel_is_one_that_pip_would_take_and_the_same_each_time() -> None:
    compiled = {"podio_web/__pycache__/client.cpython-314.pyc": b"\x00\xff"}
    wheel = page_wheel("1.2.3", compiled)
    assert wheel == page_wheel("1.2.3", compiled)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        record = archive.read("podio_web-1.2.3.dist-info/RECORD").decode()
        assert archive.read("podio_web/client.py").decode() == SOURCES["podio_web/client.py"]
        assert {path: archive.read(path) for path in compiled} == compiled
    assert [line.split(",")[0] for line in record.splitlines()] == names
    # PyScript's MicroPython makes each file's folder, but not the folder around that.
    assert names.index("podio_web/__init__.py") < names.index("podio_web/http/__init__.py")


# Modules whose behaviour hangs on little else, and whose tests do not look at docstrings.
TESTS = ["answer", "attempt", "call", "client", "encoding", "exchange", "page_sign_in", "redirect", "renewal"]
TESTS += ["session", "stores", "token"]


def test_stripped_it_passes_the_tests_of_the_whole(tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for folder in ("podio_web", "tests/unit", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    for file in ("tests/__init__.py", "tests/conftest.py", "tests/waited.py", "playwright.config.py", "pyproject.toml"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    for path, source in page_sources(with_script_tag=False).items():
        (tmp_path / path).write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"tests/unit/test_{name}.py" for name in TESTS]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
