"""The loaders: filled in, slim, and still the same JavaScript."""

import json
import subprocess

import pytest

from podio_web.site_builder import loaders
from podio_web.site_builder.interpreters import BuildError
from podio_web.site_builder.loaders import EMPTY, loader, slim, static_text
from podio_web.site_builder.static_files import static_file
from tests.conftest import ROOT

NAMES = ["podio-web.js", "fast-pyodide.mjs"]
FILES = {"version": "1.2.3", "text": "\\1 and \\g<0> stay"}


@pytest.mark.parametrize("name", NAMES)
def test_a_loader_has_one_line_to_fill_in_and_gets_it(name: str) -> None:
    assert len(EMPTY.findall(static_text(name))) == 1
    text = loader(name, FILES).decode()
    assert f"const FILES = {json.dumps(FILES)};\n" in text
    assert "FILES = null" not in text


@pytest.mark.parametrize("name", NAMES)
def test_a_loader_is_javascript_after_all_that(name: str, tmp_path) -> None:
    copy = tmp_path / name
    copy.write_bytes(loader(name, FILES))
    subprocess.run(["node", "--check", str(copy)], check=True)
    assert len(copy.read_bytes()) < len(static_text(name).encode())


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a(); // why\n", "a(); // why\n"),
        ("  // why\n  a();\n", "a();\n"),
        ("/** What.\n * More.\n */\na();\n", "a();\n"),
        ("/* one */\na();\n", "a();\n"),
        ('const url = "https://a.example"; // b\n', 'const url = "https://a.example"; // b\n'),
        ("const a = `x ${y}`;\n  b();\n", "const a = `x ${y}`;\nb();\n"),
        ("const a = `\n  // text\n  b`;\n", "const a = `\n  // text\n  b`;\n"),
    ],
)
def test_comments_and_indentation_go_and_texts_stay(script: str, expected: str) -> None:
    assert slim(script) == expected


def test_a_file_that_is_not_ours_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(loaders, "static_text", lambda name: "export const FILES = 1;")
    with pytest.raises(BuildError, match="install podio-web again"):
        loader("podio-web.js", FILES)


def test_a_file_that_is_not_there_is_named() -> None:
    assert static_file("callback.html") == ROOT / "static" / "callback.html"
    with pytest.raises(BuildError, match=r"static/nothing\.js is not beside podio_web"):
        static_text("nothing.js")
