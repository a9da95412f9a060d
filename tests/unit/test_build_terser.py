"""The scripts of a site, minified: smaller, and the same JavaScript."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from podio_web.site_builder import BuildError
from podio_web.site_builder.interpreters import TERSER
from podio_web.site_builder.loaders import loader
from podio_web.site_builder.micropython import for_pages
from podio_web.site_builder.terser import minifier
from tests.conftest import ROOT
from tests.unit.test_build_micropython import NPM, SEVERAL, told_by

NODE_MODULES = ROOT / "node_modules"
FILES = {"version": "1.2.3", "text": "</script> \\1"}


@pytest.fixture(scope="module")
def minify() -> Callable[[str, str], str]:
    found = minifier(NODE_MODULES)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["podio-web.js", "fast-pyodide.mjs"])
def test_a_loader_is_smaller_and_keeps_what_pages_see(name: str, minify, tmp_path: Path) -> None:
    plain, small = loader(name, FILES).decode(), loader(name, FILES, minify).decode()
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
    small = minify("micropython.mjs", changed)
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


def test_without_terser_or_node_scripts_stay_as_they_are(tmp_path: Path, monkeypatch) -> None:
    assert minifier(tmp_path) is None
    (tmp_path / "terser").mkdir()
    (tmp_path / "terser" / "package.json").write_text('{"version": "5.0.0"}')
    assert minifier(tmp_path) is None
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert minifier(NODE_MODULES) is None


def test_another_terser_under_the_same_version_is_refused(tmp_path: Path) -> None:
    shutil.copytree(NODE_MODULES / "terser", tmp_path / "terser")
    with (tmp_path / "terser" / "dist" / "bundle.min.js").open("a") as file:
        file.write("\n")
    with pytest.raises(BuildError, match=rf"bundle\.min\.js is not the file of terser@{re.escape(TERSER.version)}"):
        minifier(tmp_path)
