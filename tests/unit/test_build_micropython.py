"""MicroPython's own loader, as a site has it: what is changed, and what stays as it was."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from podio_web.site_builder.interpreters import BuildError
from podio_web.site_builder.micropython.loader import CHANGES, FOR_SCRIPT_TAGS, for_pages, for_script_tag
from tests.unit.test_build_bundle import MICROPYTHON

NPM = (MICROPYTHON / "micropython.mjs").read_text(encoding="utf-8")

# Starts it with WebAssembly that is compiled already, and asks its file system.
RUN = """
import { readFile } from "node:fs/promises";
const [loader, url] = process.argv.slice(2);
const { loadMicroPython } = await import(loader);
let handed = 0;
const module = {
  instantiateWasm(imports, receive) {
    handed += 1;
    readFile(url).then((wasm) => WebAssembly.instantiate(wasm, imports)).then(({ instance }) => receive(instance));
  },
};
const { FS } = await loadMicroPython({ url, module });
const tried = (act) => { try { return act() ?? null; } catch ({ errno }) { return { errno }; } };
FS.mkdir("/new");
FS.writeFile("/new/file", "text");
console.log(JSON.stringify([
  handed,
  tried(() => FS.readdir("/").sort()),
  tried(() => FS.readdir("/dev").sort()),
  tried(() => void FS.mkdir("/new")),
  tried(() => void FS.mkdir("/new/toString")),
  tried(() => void FS.mkdir("/new/file/below")),
  tried(() => void FS.mkdir("/proc/self/fd/1")),
  tried(() => void FS.symlink("/new/file", "/new/link")),
  tried(() => void FS.symlink("/new/file", "/new/link")),
  tried(() => FS.readFile("/new/link", { encoding: "utf8" })),
  tried(() => { FS.unlink("/new/file"); FS.mkdir("/new/file"); return FS.readdir("/new").sort(); }),
]));
"""

# Starts several interpreters, lets their calls take turns, and asks each for its own object.
SEVERAL = """
const [loader, url] = process.argv.slice(2);
const { loadMicroPython } = await import(loader);
const names = () => Object.getOwnPropertyNames(globalThis);
const before = names();
const started = [];
const start = async (number) => {
  const python = await loadMicroPython({ url });
  python.globals.set("own", { number, twice: (value) => [number, value, value] });
  python.runPython(`
import asyncio
def call(back, value):
  return back(own.number, own.twice(value).length)
async def wait(value):
  await asyncio.sleep(0.01 * value)
  return own.number * 100 + value
`);
  started.push({ number, python, call: python.globals.get("call"), wait: python.globals.get("wait") });
};
await start(1);
await start(2);
await start(3);
const told = [];
for (const turn of [7, 8]) {
  for (const { number, call } of started) told.push(call((own, length) => own * 10 + length, turn) === number * 10 + 3);
}
const waited = await Promise.all(started.map(({ wait, number }) => wait(4 - number)));
console.log(JSON.stringify([names().filter((name) => !before.includes(name)), told, waited]));
"""


def told_by(
    loader: str, folder: Path, script: str = RUN, wasm: Path = MICROPYTHON / "micropython.wasm"
) -> list[object]:
    (folder / "micropython.mjs").write_text(loader, encoding="utf-8")
    (folder / "run.mjs").write_text(script, encoding="utf-8")
    paths = (folder / "run.mjs", folder / "micropython.mjs", wasm)
    command = ["node", *map(str, paths)]
    told: list[object] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return told


def test_each_change_is_made_in_the_micropython_of_the_sites() -> None:
    text = NPM
    for written, instead in CHANGES.items():
        assert len(re.findall(written, text, re.DOTALL)) == 1
        text = re.sub(written, instead, text, flags=re.DOTALL)
    changed = for_pages(NPM)
    assert text.count("unexportedRuntimeSymbol") == changed.count("unexportedRuntimeSymbol") == 1
    assert re.findall(r"[;}]export\b.*", changed) == [";export{loadMicroPython};"]
    # In parentheses, as both are compiled early.
    assert re.match(
        r"const loadMicroPython=\(async function\(options\)\{let [\w,]+;const \w+=\(async function\(", changed
    )


def test_interpreters_in_one_page_leave_each_other_alone(tmp_path) -> None:
    names, told, waited = told_by(for_pages(NPM), tmp_path, SEVERAL)
    assert names == []
    assert told == [True] * 6
    assert waited == [103, 202, 301]


def test_the_names_that_interpreters_of_npm_share_are_known() -> None:
    shared = set(re.findall(r"globalThis\.(\w+)(?==[^=])", NPM)) - {"crypto", "loadMicroPython"}
    (declared,) = re.findall(r"\{let ([\w,]+);", for_pages(NPM)[:500])
    assert set(declared.split(",")) == shared
    assert len(shared) == 7
    assert not re.search(rf"globalThis\.({'|'.join(shared)})\b", for_pages(NPM))


def test_webassembly_can_be_handed_in_and_the_file_system_is_as_it_was(tmp_path) -> None:
    handed_before, *before = told_by(NPM, tmp_path)
    handed_after, *after = told_by(for_pages(NPM), tmp_path)
    assert (handed_before, handed_after) == (0, 1)
    assert after == before
    exists, not_a_folder = {"errno": 20}, {"errno": 54}
    assert before[2:5] == [exists, None, not_a_folder]
    assert before[6:9] == [None, exists, "text"]
    assert before[9] == [".", "..", "file", "link", "toString"]


@pytest.mark.parametrize("text", ["", "let Module={}", "let Module={locateFile:1};let Module={locateFile:2}"])
def test_a_loader_that_looks_different_is_refused(text: str) -> None:
    with pytest.raises(BuildError, match=r"is not as .*knows it: [02] matches"):
        for_pages(text)


@pytest.mark.parametrize("written", FOR_SCRIPT_TAGS)
def test_a_script_tags_loader_without_one_of_the_places_is_refused(written: str) -> None:
    with pytest.raises(BuildError, match="0 matches"):
        for_script_tag(re.sub(written, "", NPM, flags=re.DOTALL))


@pytest.mark.parametrize("written", [*CHANGES, "export default ", "let Module="])
def test_a_loader_without_one_of_the_places_is_refused(written: str) -> None:
    with pytest.raises(BuildError, match="0 matches"):
        for_pages(re.sub(written, "", NPM, flags=re.DOTALL))
