"""What podio_web's source may use of a browser: read from it, without a browser."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.browser_apis import FOLDERS
from tests.conftest import ROOT
from tests.old_browsers import CHROMIUM, FEATURES, FIREFOX, OLDEST, SAFARI, lacking, uses

NODE_MODULES = ROOT / "node_modules"
LOADERS, CALLBACK = ["static/podio-web.js", "static/fast-pyodide.mjs"], "static/callback.html"
PYTHON = sorted(
    path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / "podio_web" / folder).glob("*.py")
)
INTERPRETERS = [
    "@micropython/micropython-webassembly-pyscript/micropython.mjs",
    "pyodide/pyodide.mjs",
    "pyodide/pyodide.asm.mjs",
]
MICROPYTHON_WASM = "@micropython/micropython-webassembly-pyscript/micropython.wasm"
PYODIDE_WASM = "pyodide/pyodide.asm.wasm"
ESBUILD_NAMES = {CHROMIUM: "chrome", FIREFOX: "firefox", SAFARI: "safari"}

# What WebAssembly's compilers call that the oldest browsers have. Of its two ways to handle exceptions, the newer one
# came with Chromium 137, Firefox 131 and Safari 18.4: its instruction is try_table.
KNOWN: tuple[str, ...] = (
    "bulk-memory",
    "exception-handling",
    "mutable-globals",
    "nontrapping-float-to-int",
    "reference-types",
)
KNOWN += ("sign-ext",)

# Where a name is used although it may be missing, and why that does no harm.
GUARDED = {
    ("static/fast-pyodide.mjs", "requestIdleCallback"): "?? setTimeout",
    ("static/fast-pyodide.mjs", "trustedTypes"): "// the browser or the page has no Trusted Types",
    ("static/podio-web.js", "trustedTypes"): "// the browser or the page has no Trusted Types",
}


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_each_browser_lacks_something_and_none_lacks_everything() -> None:
    for browser in OLDEST:
        assert "Promise.withResolvers" in lacking(browser)
        assert len(lacking(browser)) < len(FEATURES)
    assert "URL.canParse" in lacking(CHROMIUM)
    assert "URL.canParse" not in lacking(FIREFOX)
    assert "requestIdleCallback" in lacking(SAFARI)


@pytest.mark.parametrize(
    ("feature", "source", "expected"),
    [
        ("Promise.withResolvers", "const { resolve } = Promise.withResolvers()", True),
        ("Promise.try", "try { act() }", False),
        ("Promise.try", "Promise.try(act)", True),
        ("URL.parse", "JSON.parse(text)", False),
        ("Array.prototype.toSorted", "list.toSorted()", True),
        ("Set.prototype.union", "names.union(others)", False),
        ("Iterator", "from collections.abc import Iterator", False),
        ("navigation", "window.navigation.navigate(url)", True),
    ],
)
def test_a_use_is_told_from_a_word(feature: str, source: str, expected: bool) -> None:
    assert uses(feature, source) is expected


@pytest.mark.parametrize("path", [*LOADERS, CALLBACK, *PYTHON])
def test_the_source_uses_only_what_the_oldest_browsers_have(path: str) -> None:
    source = text_of(path)
    missing = {feature for browser in OLDEST for feature in lacking(browser)}
    found = {feature for feature in missing if uses(feature, source)}
    assert found == {feature for file, feature in GUARDED if file == path}


@pytest.mark.parametrize(("path", "feature"), GUARDED)
def test_what_may_be_missing_is_guarded(path: str, feature: str) -> None:
    assert uses(feature, text_of(path))
    assert GUARDED[path, feature] in text_of(path)


def test_the_oldest_browsers_know_the_syntax(tmp_path: Path) -> None:
    """Else the compiler would write it in another way for them."""
    (tmp_path / "callback.js").write_text(re.findall(r"<script>(.*?)</script>", text_of(CALLBACK), re.DOTALL)[0])
    sources = [str(ROOT / path) for path in LOADERS] + [str(tmp_path / "callback.js")]
    sources += [str(NODE_MODULES / name) for name in INTERPRETERS]
    numbers = [f"{ESBUILD_NAMES[browser]}{number}" for browser, number in OLDEST.items()]
    for name, target in (("newest", "esnext"), ("oldest", ",".join(numbers))):
        command = [
            str(NODE_MODULES / ".bin" / "esbuild"),
            f"--target={target}",
            f"--outdir={tmp_path / name}",
            *sources,
        ]
        subprocess.run(command, capture_output=True, check=True)
    compiled = [path for path in (tmp_path / "newest").rglob("*") if path.is_file()]
    assert len(compiled) == len(sources)
    for path in compiled:
        for_oldest = tmp_path / "oldest" / path.relative_to(tmp_path / "newest")
        assert path.read_bytes() == for_oldest.read_bytes(), path.name


@pytest.mark.parametrize("path", [MICROPYTHON_WASM, PYODIDE_WASM])
def test_the_oldest_browsers_know_the_interpreters_instructions(path: str, tmp_path: Path) -> None:
    features = ["--mvp-features", *(f"--enable-{name}" for name in KNOWN)]
    text = tmp_path / "all.wat"
    command: list[str | Path] = ["node", NODE_MODULES / ".bin" / "wasm-dis", NODE_MODULES / path, *features, "-o", text]
    subprocess.run(command, capture_output=True, check=True)
    words = text.read_text(encoding="utf-8")
    assert bool(re.search(r"\(try\b", words)) is (path == PYODIDE_WASM)
    assert not re.search(r"\((try_table|return_call\w*|throw_ref)\b", words)


def test_the_document_names_the_same_browsers() -> None:
    row = re.search(r"^\| MicroPython: .*? \|(.*)\|$", text_of("docs/browsers.md"), re.MULTILINE)
    assert row is not None
    assert [float(number) for number in row[1].split("|")] == list(OLDEST.values())
