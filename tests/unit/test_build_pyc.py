"""Bytecode for Pyodide: that it is what Pyodide imports, and what is said when it cannot be made."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from podio_web.site_builder.bundle import page_sources
from podio_web.site_builder.interpreters import PYODIDE, BuildError
from podio_web.site_builder.pyodide import snapshot as module
from podio_web.site_builder.pyodide.snapshot import pyodide_bytecode
from tests.conftest import ROOT

NODE_MODULES = ROOT / "node_modules"
SOURCES = page_sources()
RUN = """
const { loadPyodide } = await import(process.argv[1]);
let text = "";
for await (const chunk of process.stdin) text += chunk;
const { files, program } = JSON.parse(text);
const { FS, runPython } = await loadPyodide();
for (const [path, content] of Object.entries(files)) {
  FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  FS.writeFile(path, Buffer.from(content, "base64"));
}
console.log(runPython(program));
process.exit(0);
"""


@pytest.fixture(scope="module")
def bytecode() -> dict[str, bytes]:
    return pyodide_bytecode(NODE_MODULES, SOURCES)


def run(files: dict[str, bytes], program: str) -> str:
    """The value of a program in Pyodide, with files in its working directory."""
    given = {path: base64.b64encode(content).decode() for path, content in files.items()}
    command = ["node", "--input-type=module", "--eval", RUN, (PYODIDE.find(NODE_MODULES) / "pyodide.mjs").as_uri()]
    asked = json.dumps({"files": given, "program": program})
    return subprocess.run(command, input=asked, capture_output=True, text=True, check=True).stdout.strip()


def test_pyodide_takes_it_instead_of_compiling(bytecode) -> None:
    # Were the source compiled, there would be nothing to import from it.
    files = dict.fromkeys(SOURCES, b"raise SystemExit") | bytecode
    program = (
        "from podio_web import Token\nfrom podio_web.http import request as call\nf'{Token.__name__} {call.__file__}'"
    )
    assert run(files, program) == "Token /home/pyodide/podio_web/http/request.py"


def test_there_is_some_for_each_module_and_the_same_each_time(bytecode) -> None:
    assert len(bytecode) == len(SOURCES)
    assert pyodide_bytecode(NODE_MODULES, SOURCES) == bytecode


def test_it_tells_nothing_about_the_machine_that_it_was_made_on(bytecode) -> None:
    for path in (ROOT, Path(module.__file__).parent, NODE_MODULES, Path(sys.executable).parent):
        assert str(path).encode() not in b"".join(bytecode.values())


def test_what_pyodide_does_not_understand_is_told() -> None:
    with pytest.raises(BuildError, match=r"--no-snapshot[\s\S]*SyntaxError"):
        pyodide_bytecode(NODE_MODULES, {"podio_web/__init__.py": "def"})
