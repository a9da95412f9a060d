"""The scripts of a site: filled in, minified, and the same JavaScript."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from podio_web.site_builder import BuildError
from podio_web.site_builder.interpreters import TERSER
from podio_web.site_builder.micropython.loader import CHECKS, for_pages
from podio_web.site_builder.scripts import EMPTY, as_it_is, filled_in, loader, minifier, static_text
from podio_web.site_builder.static_files import static_file
from tests.conftest import ROOT
from tests.unit.test_build_micropython import NPM, SEVERAL, told_by

NODE_MODULES = ROOT / "node_modules"
FILES = {"version": "1.2.3", "text": "</script> \\1 and \\g<0> stay"}
NAMES = ["podio-web.js", "fast-pyodide.mjs"]


@pytest.fixture(scope="module")
def minify() -> Callable[[str, str], str]:
    return minifier(NODE_MODULES)


@pytest.mark.parametrize("name", NAMES)
def test_a_loader_has_one_line_to_fill_in_and_gets_it(name: str) -> None:
    assert len(EMPTY.findall(static_text(name))) == 1
    text = loader(name, FILES, as_it_is).decode()
    assert f"const FILES = {json.dumps(FILES)};\n" in text
    assert "FILES = null" not in text


@pytest.mark.parametrize("text", ["", "export const FILES = 1;", "const FILES = null;\nconst FILES = null;\n"])
def test_a_file_that_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(BuildError, match=r"static/podio-web\.js has no line .* install podio-web again"):
        filled_in("podio-web.js", text, FILES)


def test_a_file_that_is_not_there_is_named() -> None:
    assert static_file("callback.html") == ROOT / "static" / "callback.html"
    with pytest.raises(BuildError, match=r"static/nothing\.js is not beside podio_web"):
        static_text("nothing.js")


@pytest.mark.parametrize("name", NAMES)
def test_a_loader_is_smaller_and_keeps_what_pages_see(name: str, minify, tmp_path: Path) -> None:
    plain, small = loader(name, FILES, as_it_is).decode(), loader(name, FILES, minify).decode()
    assert len(small) < 0.8 * len(plain)
    (tmp_path / name).write_text(small, encoding="utf-8")
    subprocess.run(["node", "--check", str(tmp_path / name)], check=True)
    assert "1.2.3" in small
    # The names of properties, of classes, and of what a module exports.
    seen = {
        "podio-web.js": r"podioWeb|PodioJS|data-podio|isAuthenticated|class Podio\w* ",
        "fast-pyodide.mjs": "export",
    }
    assert set(re.findall(seen[name], plain)) <= set(re.findall(seen[name], small))


def test_micropython_does_the_same_and_is_compiled_while_it_comes(minify, tmp_path: Path) -> None:
    changed = for_pages(NPM)
    small = minify("micropython.mjs", changed, CHECKS)
    assert len(small) < 0.8 * len(changed)
    assert told_by(small, tmp_path) == told_by(changed, tmp_path)
    assert told_by(small, tmp_path, SEVERAL) == told_by(changed, tmp_path, SEVERAL)
    early = r"const \w+=\(async function\(\w+\)\{let [\w,]+;const \w+=\(async function\("
    assert re.match(early, changed)
    assert re.match(early, small)
    assert small.count("(async function(") == 2
    assert re.search(r"\}\);export\{\w+ as loadMicroPython\};", small)


def test_a_function_that_is_to_be_compiled_early_may_be_among_others(minify) -> None:
    small = minify("a.mjs", "const a=1;const b=(async function(c){return [a,c]});export default b;export{a,b};")
    assert re.search(r"=\(async function\((\w)\)\{return\[\w,\1\]\}\)[;,]", small)


def test_a_function_in_another_one_is_compiled_early_too(minify) -> None:
    text = "const a=(async function(b){const c=(async function(d){return [b,d]});await c(1);return c});export{a};"
    small = minify("a.mjs", text)
    assert small.count("(async function(") == 2
    assert re.search(r"\]\}\);.*\}\);export", small)


def test_checks_are_left_out_where_nothing_takes_their_results(minify) -> None:
    text = "function assert(a,b){a||alert(b)}assert(x.y>1,'no');export const found=assert(x.z,'none');"
    small = minify("a.mjs", text, ["assert"])
    assert "no" not in small.replace("none", "")
    assert "none" in small
    assert "'no'" in minify("a.mjs", text).replace('"', "'")


def test_a_licence_stays_and_other_comments_go(minify) -> None:
    small = minify("a.js", "/*! MIT */ /* why */ alert(1); // how\n/** @license BSD */ alert(2);")
    assert "MIT" in small
    assert "BSD" in small
    assert "why" not in small
    assert "how" not in small


def test_the_same_text_gives_the_same_bytes(minify) -> None:
    text = (ROOT / "static" / "podio-web.js").read_text(encoding="utf-8")
    assert minify("podio-web.js", text) == minify("podio-web.js", text)


def test_what_is_not_javascript_is_an_explained_failure(minify) -> None:
    with pytest.raises(BuildError, match="node made no minified script"):
        minify("a.js", "const = 1;")


def test_without_terser_or_node_the_remedy_is_named(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(BuildError, match=rf"run `npm install terser@{re.escape(TERSER.version)}`.*--node-modules"):
        minifier(tmp_path)
    (tmp_path / "terser").mkdir()
    (tmp_path / "terser" / "package.json").write_text('{"version": "5.0.0"}')
    with pytest.raises(BuildError, match=r"has version 5\.0\.0"):
        minifier(tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BuildError, match="node, which is not installed"):
        minifier(NODE_MODULES)


def test_another_terser_under_the_same_version_is_refused(tmp_path: Path) -> None:
    shutil.copytree(NODE_MODULES / "terser", tmp_path / "terser")
    with (tmp_path / "terser" / "dist" / "bundle.min.js").open("a") as file:
        file.write("\n")
    with pytest.raises(BuildError, match=rf"bundle\.min\.js is not the file of terser@{re.escape(TERSER.version)}"):
        minifier(tmp_path)
