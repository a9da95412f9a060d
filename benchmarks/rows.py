"""The ways into a page that are compared, each with the page that a developer would write for it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = Path(__file__).resolve().parent / "pages"
BUILT = ROOT / ".make" / "site"

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{label}</title>
<link rel="icon" href="data:,">
{head}
</html>
"""
MODULE = '<script type="module" src="/bench/{name}"></script>'
PYSCRIPT = """<link rel="stylesheet" href="/vendor/pyscript/core.css">
<script type="module" src="/vendor/pyscript/core.js"></script>
<script type="{kind}" src="/bench/start.py" config='{config}'></script>"""
# API_URL is put in when the page is asked for: over a line the API has another port.
SCRIPT_TAG = """<script type="module" src="/podio-web/podio-web.js" data-client-id="demo-client" data-api-url="API_URL"
        {more}></script>
<script type="module" src="/bench/script_tag.mjs"></script>"""

PYODIDE = "/vendor/pyodide/pyodide.mjs"
MICROPYTHON = "/vendor/micropython/micropython.mjs"
FAST_PYODIDE = "/podio-web/fast-pyodide.mjs"
# As docs/hosting.md has it: it begins to load before PyScript asks.
FAST_SCRIPT = f'<script type="module" src="{FAST_PYODIDE}"></script>\n'


@dataclass(frozen=True)
class Row:
    """One way: ``key`` in the results, ``label`` in the table, ``head`` of its page.

    ``calls`` says whether its calls are measured: rows with the same client and interpreter need that once.
    ``by_hand`` is the row that gets the calls which the same page makes without a client. ``settles`` says that a first
    visit goes on with something for the second one.
    """

    key: str
    label: str
    head: str
    calls: bool = True
    by_hand: str | None = None
    settles: bool = False

    @property
    def page(self) -> str:
        """The page's HTML."""
        return PAGE.format(label=self.label, head=self.head)


def all_rows(archive: str, *, built: bool, module: str | None = None) -> list[Row]:
    """Return every row; ``archive`` is the address of the page archive, ``built`` whether there is a built site.

    ``module`` is the address of the package as one file, which PyScript's MicroPython need not unpack.
    """
    rows = [
        Row("podio-js", "podio-js 1.6.1, bundled", MODULE.format(name="podio-js.js")),
        Row("fetch", "JavaScript's fetch by hand", MODULE.format(name="fetch.mjs")),
        Row("tag-mpy", "script tag, MicroPython", _script_tag("")),
        Row("tag-py", "script tag, Pyodide", _script_tag('data-interpreter="pyodide"'), False, settles=True),
        Row(
            "pyscript-mpy",
            "PyScript, MicroPython",
            _pyscript("mpy", MICROPYTHON, module or archive),
            by_hand="js.fetch by hand",
        ),
        Row(
            "pyscript-fast", "PyScript, fast Pyodide", FAST_SCRIPT + _pyscript("py", FAST_PYODIDE), False, settles=True
        ),
        Row("pyscript-py", "PyScript, Pyodide as usual", _pyscript("py", PYODIDE, archive), by_hand="js.fetch by hand"),
    ]
    return rows if built else [row for row in rows if "/podio-web/" not in row.head]


def labels(rows: list[Row]) -> dict[str, str]:
    """Return what the table calls each row, the calls by hand behind the rest."""
    hands = {f"{row.key} by hand": f"{row.label}: {row.by_hand}" for row in rows if row.by_hand}
    return {row.key: row.label for row in rows} | hands


def bundle_podio_js(folder: Path) -> Path:
    """Bundle podio-js with its page's script, as apps are built (https://esbuild.github.io); return the file."""
    bundled = folder / "podio-js.js"
    command = [
        str(ROOT / "node_modules" / ".bin" / "esbuild"),
        str(PAGES / "podio_js.mjs"),
        "--bundle",
        "--minify",
        "--format=esm",
        "--platform=browser",
        "--define:global=globalThis",
        "--log-level=error",
        f"--outfile={bundled}",
    ]
    subprocess.run(command, check=True)  # noqa: S603 - our own command
    return bundled


def _pyscript(kind: str, interpreter: str, package: str | None = None) -> str:
    config: dict[str, object] = {"interpreter": interpreter}
    if package is not None:
        config["files"] = {package: "./podio_web.mpy" if package.endswith(".mpy") else "./*"}
    return PYSCRIPT.format(kind=kind, config=json.dumps(config))


def _script_tag(more: str) -> str:
    return SCRIPT_TAG.format(more=more)
