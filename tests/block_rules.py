"""How code blocks of the documentation are checked, language by language."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import textwrap
import tomllib
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser

import yaml  # type: ignore[import-untyped]

from tests.conftest import ROOT

LOADERS = {"js": "js", "jsx": "jsx", "ts": "ts", "tsx": "tsx", "css": "css"}
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
PYTHON_TYPES = frozenset({"py", "mpy", "py-editor", "mpy-editor", "text/python"})


def check_python(text: str, place: str) -> None:
    """Parse a program, and look up what it imports from podio_web."""
    tree = compile(text, place, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "podio_web":
                    importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "podio_web":
            module = importlib.import_module(str(node.module))
            public = getattr(module, "__all__", dir(module))
            for alias in node.names:
                assert alias.name in public, f"{place}:{node.lineno}: {node.module} has no {alias.name}"


def check_script(text: str, loader: str, place: str) -> None:
    """Let esbuild parse a script or a style sheet."""
    module = [] if loader == "css" else ["--format=esm"]
    said = subprocess.run(
        [str(ROOT / "node_modules" / ".bin" / "esbuild"), f"--loader={loader}", "--log-level=warning", *module],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, ""), f"{place}: {said.stderr}"


class Parts(HTMLParser):
    """Finds the scripts and styles of a page, their settings, and tags that are not closed."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.parts: list[tuple[str, dict[str, str | None], str]] = []
        self.settings: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag not in VOID:
            self.open.append((tag, found))
        # PyScript takes JSON, or the name of a file.
        config = found.get("config") or ""
        if config.lstrip().startswith("{"):
            self.settings.append(config)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1][0] != tag and self.open[-1][0] in ("p", "li", "option"):
            self.open.pop()
        assert self.open, f"{self.place}: </{tag}> closes nothing"
        opened, _ = self.open.pop()
        assert opened == tag, f"{self.place}: <{opened}> ends with </{tag}>"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][0] in ("script", "style"):
            self.parts.append((*self.open[-1], data))


def check_html(text: str, place: str) -> None:
    """Parse a page, and its Python, scripts, styles and settings."""
    page = Parts(place)
    page.feed(text)
    page.close()
    left = [tag for tag, _ in page.open if tag not in ("html", "head", "body", "p", "li")]
    assert left == [], f"{place}: not closed"
    for config in page.settings:
        json.loads(config)
    for tag, attributes, data in page.parts:
        kind = attributes.get("type") or ""
        if tag == "style":
            check_script(data, "css", place)
        elif kind in PYTHON_TYPES:
            check_python(textwrap.dedent(data).strip("\n"), place)
        elif kind in ("importmap", "application/json"):
            json.loads(data)
        elif kind in ("", "module", "text/javascript"):
            check_script(data, "ts" if attributes.get("lang") == "ts" else "js", place)
        else:
            raise AssertionError(f"{place}: a script of type {kind}: say here how it is checked")


def check_headers(text: str, place: str) -> None:
    """A header has a name, a colon and a value. Lines that begin with spaces continue the one before."""
    for line in re.sub(r"\n +", " ", text).splitlines():
        assert re.fullmatch(r"[A-Z][A-Za-z0-9-]*: \S.*", line), f"{place}: {line!r} is not a header"


def check_nginx(text: str, place: str) -> None:
    """Each directive ends with a semicolon or a brace, and braces are closed."""
    depth = 0
    for line in text.splitlines():
        code = re.sub(r"#.*", "", re.sub(r'"[^"]*"', "x", line)).strip()
        depth += code.count("{") - code.count("}")
        assert not code or code[-1] in ";{}", f"{place}: {line!r} has no end"
        assert depth >= 0, f"{place}: {line!r} closes nothing"
    assert depth == 0, f"{place}: a brace is open"


def check_text(text: str, place: str) -> None:
    assert text.strip(), f"{place}: it is empty"


def _check_script_of(loader: str, text: str, place: str) -> None:
    check_script(text, loader, place)


RULES: dict[str, Callable[[str, str], object]] = {
    "python": check_python,
    "html": check_html,
    "vue": check_html,
    "http": check_headers,
    "nginx": check_nginx,
    "json": lambda text, place: json.loads(text),
    "toml": lambda text, place: tomllib.loads(text),
    "yaml": lambda text, place: yaml.safe_load(text),
    "text": check_text,
    **{name: partial(_check_script_of, loader) for name, loader in LOADERS.items()},
}
