"""The page's Python in one file: what is in it, what was taken out, and that it does the same."""

import ast
import gzip
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from podio_web.site_builder.bundle import bundle, files_as_json, page_sources, part_bundle, strip
from podio_web.site_builder.page_archive import archive_name, page_archive
from podio_web.site_builder.page_modules import (
    NOT_IN_SCRIPT_TAGS,
    OPTIONAL_PARTS,
    PACKAGE,
    STAND_INS,
    WITHOUT_PARTS,
    page_files,
)
from tests.conftest import ROOT

# Bytes, with the headers of a file for each module: 50 000 takes about twenty modules less.
LARGEST_ARCHIVE = 62_500
LARGEST = 50_000  # bytes, compressed: what a page's own Python may cost, PodioJS and workers included
LARGEST_PARTS = {"files": 17_500, "live": 20_500}  # bytes of the archives
LARGEST_BUNDLES = {"files": 12_000, "live": 13_000}  # bytes, compressed

IN_PAGES = page_sources()
SOURCES = page_sources(script_tag=True)
PARTS = {name: page_sources(name) for name in OPTIONAL_PARTS}
SCRIPT_TAG_PARTS = {name: page_sources(name, script_tag=True) for name in OPTIONAL_PARTS}
# What a page or a script tag has after all its parts have come.
ALL_IN_PAGES = {path: source for sources in (IN_PAGES, *PARTS.values()) for path, source in sources.items()}
ALL_SOURCES = {path: source for sources in (SOURCES, *SCRIPT_TAG_PARTS.values()) for path, source in sources.items()}
MISSING_PARTS = {f"{name.replace('.', '/')}.py" for name in WITHOUT_PARTS}


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


def test_a_page_has_each_module_of_the_list_with_the_packages_that_it_is_in() -> None:
    for path in ("__init__.py", "client.py", "runtime/page.py", "runtime/cpython.py", "stores/__init__.py"):
        assert f"podio_web/{path}" in IN_PAGES
    elsewhere = {f"{name.replace('.', '/')}.py" for name in NOT_IN_SCRIPT_TAGS}
    assert set(IN_PAGES) - set(SOURCES) == elsewhere | MISSING_PARTS
    assert "podio_web/script_tag/__init__.py" in SOURCES
    assert not [path for path in IN_PAGES if path.startswith("podio_web/script_tag")]
    for others, files in ((WITHOUT_PARTS, page_files()), (STAND_INS, page_files(script_tag=True))):
        changed = {path for path, file in files.items() if file != PACKAGE.parent / path}
        assert changed == {f"{name.replace('.', '/')}.py" for name in others}


def test_a_page_with_all_parts_has_everything_once() -> None:
    for parts in (PARTS, SCRIPT_TAG_PARTS):
        paths = [path for sources in (IN_PAGES, *parts.values()) for path in sources]
        assert len(paths) == len(set(paths))
    assert {"podio_web/files/__init__.py", "podio_web/runtime/blobs.py"} < set(PARTS["files"])
    assert not [path for path in (*IN_PAGES, *SOURCES) if "/files/" in path or path in PARTS["files"]]
    assert set(SCRIPT_TAG_PARTS["files"]) - set(PARTS["files"]) == {"podio_web/script_tag/js_files.py"}
    # The packages around belong to the page archive: of two archives, either may be unpacked last.
    inits = {path for path in PARTS["files"] if path.endswith("__init__.py")}
    assert inits == {"podio_web/files/__init__.py"}


def imports(node: ast.AST, *, late: bool = True) -> Iterator[str]:
    """Yield the names of imported modules; without `late`, not those of functions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom) and child.module:
            yield from (child.module, *(f"{child.module}.{alias.name}" for alias in child.names))
        elif late or not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from imports(child, late=late)


def is_module(name: str) -> bool:
    place = PACKAGE.parent / name.replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").is_file()


@pytest.mark.parametrize(
    "sources",
    [IN_PAGES, SOURCES, ALL_IN_PAGES, ALL_SOURCES],
    ids=["page archive", "script tag", "page archives", "script tag with parts"],
)
def test_every_module_that_it_imports_at_once_is_in_it(sources: dict[str, str]) -> None:
    for path, source in sources.items():
        for name in filter(is_module, imports(ast.parse(source), late=False)):
            place = name.replace(".", "/")
            assert f"{place}.py" in sources or f"{place}/__init__.py" in sources, (path, name)


# What no page asks for: CPython's, and clients with a secret.
LATE = {"podio_web.auth.grant_auth", "podio_web.stores.bounded", "podio_web.transports.httpx"}
LATE |= {"podio_web.files.path_sink", "podio_web.runtime.no_network"}


def test_every_module_that_it_imports_late_is_in_it_but_for_those_of_other_places() -> None:
    found = {name for source in ALL_IN_PAGES.values() for name in imports(ast.parse(source)) if is_module(name)}
    files = {name: name.replace(".", "/") for name in found}
    missing = {name for name, file in files.items() if not {f"{file}.py", f"{file}/__init__.py"} & set(ALL_IN_PAGES)}
    assert missing == LATE


@pytest.mark.parametrize("path", ALL_SOURCES)
def test_each_module_is_the_whole_one_but_for_what_does_nothing(path: str) -> None:
    names = {
        node.name
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    tree = ast.parse(ALL_SOURCES[path])
    kept = {
        node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    assert kept <= names
    assert strip(ALL_SOURCES[path]) == ALL_SOURCES[path]
    for node in ast.walk(tree):
        assert not isinstance(node, ast.AnnAssign)
        assert not (isinstance(node, ast.arg) and node.annotation)
        assert not (isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            assert ast.get_docstring(node) is None


def test_the_bundle_is_one_json_object_and_small() -> None:
    text = bundle()
    everything = {**SOURCES, **IN_PAGES}
    assert json.loads(text) == {path: source for path, source in everything.items() if path not in MISSING_PARTS}
    assert len(gzip.compress(text.encode(), 6)) <= LARGEST


@pytest.mark.parametrize("part", OPTIONAL_PARTS)
def test_the_bundle_of_a_part_has_what_pages_and_script_tags_need(part: str) -> None:
    text = part_bundle(part)
    assert json.loads(text) == SCRIPT_TAG_PARTS[part]
    assert len(gzip.compress(text.encode(), 6)) <= LARGEST_BUNDLES[part]


def test_bytecode_becomes_characters_and_source_stays_text() -> None:
    assert json.loads(files_as_json({"a.py": "ü".encode(), "a.mpy": b"M\xff"})) == {"a.py": "ü", "a.mpy": "M\xff"}


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
    ran = in_micropython({**ALL_SOURCES, **ALL_IN_PAGES})
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "SyntaxError" in in_micropython({"x.py": "match x:\n case 1: pass"}).stderr


def test_the_page_archive_is_a_wheel_that_pip_would_take_and_the_same_each_time() -> None:
    compiled = {"podio_web/__pycache__/client.cpython-314.pyc": b"\x00\xff"}
    wheel = page_archive("1.2.3", compiled)
    assert wheel == page_archive("1.2.3", compiled)
    assert len(page_archive()) <= LARGEST_ARCHIVE
    assert archive_name("1.2.3") == "podio_web-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        record = archive.read("podio_web-1.2.3.dist-info/RECORD").decode()
        assert archive.read("podio_web/client.py").decode() == SOURCES["podio_web/client.py"]
        assert {path: archive.read(path) for path in compiled} == compiled
    assert [line.split(",")[0] for line in record.splitlines()] == names
    # PyScript's MicroPython makes each file's folder, but not the folder around that.
    assert names.index("podio_web/__init__.py") < names.index("podio_web/http/__init__.py")


@pytest.mark.parametrize("part", OPTIONAL_PARTS)
def test_the_archive_of_a_part_is_a_wheel_that_goes_into_the_same_package(part: str) -> None:
    wheel = page_archive("1.2.3", part=part)
    assert wheel == page_archive("1.2.3", part=part)
    assert len(page_archive(part=part)) <= LARGEST_PARTS[part]
    assert archive_name("1.2.3", part=part) == f"podio_web_{part}-1.2.3-py3-none-any.whl"
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive, zipfile.ZipFile(io.BytesIO(page_archive("1.2.3"))) as core:
        assert archive.testzip() is None
        # PyScript may unpack this archive first, and does not make the folder of a folder.
        folder, *names = archive.namelist()
        assert folder == "podio_web/"
        record = archive.read(f"podio_web_{part}-1.2.3.dist-info/RECORD").decode()
        assert [line.split(",")[0] for line in record.splitlines()] == names
        metadata = archive.read(f"podio_web_{part}-1.2.3.dist-info/METADATA").decode()
        assert f"Name: podio-web-{part}\nVersion: 1.2.3\n" in metadata
        assert not set(names) & set(core.namelist())
        assert {path: archive.read(path).decode() for path in PARTS[part]} == PARTS[part]


def test_a_page_archive_without_a_part_says_what_is_missing(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(page_archive())) as archive:
        archive.extractall(tmp_path)
    program = "import podio_web\ntry:\n    import podio_web.files\nexcept ImportError as problem:\n    print(problem)\n"
    program += "from podio_web.files import Files\n"
    run = [sys.executable, "-c", program]
    ran = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert f"Add {archive_name(part='files')} to the files of the page." in ran.stdout
    assert ran.returncode == 1
    with zipfile.ZipFile(io.BytesIO(page_archive(part="files"))) as archive:
        archive.extractall(tmp_path)
    ran = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


# Modules whose behaviour hangs on little else, and whose tests do not look at docstrings.
TESTS = ["client", "encoding", "exchange", "page_sign_in", "redirect_response", "renewal", "request", "response"]
TESTS += ["session", "state", "stores", "token"]


def test_stripped_it_passes_the_tests_of_the_whole(tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
    for folder in ("podio_web", "tests/unit", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    copied = ("tests/__init__.py", "tests/conftest.py", "tests/turns.py", "tests/waited.py")
    for file in (*copied, "playwright.config.py", "pyproject.toml"):
        shutil.copyfile(ROOT / file, tmp_path / file)
    for path in set(ALL_IN_PAGES) - MISSING_PARTS:
        (tmp_path / path).write_text(strip((ROOT / path).read_text(encoding="utf-8")), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += [f"tests/unit/test_{name}.py" for name in TESTS]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
