"""Pages with runnable examples, and a reader who presses their buttons."""

import html
import re
import shutil
from pathlib import Path

from docs_pieces import fences
from docs_site.prepared import sources
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, WebError, expect

ROOT = Path(__file__).resolve().parents[3]
START = 120_000  # milliseconds, on a busy machine
HEADERS = """\
/*
  Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
connect-src 'self'; img-src data:; base-uri 'self'; form-action 'none'

/assets/runtime/files/*
  Cache-Control: public, max-age=31536000, immutable
"""
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">{head}
<title>Examples</title><link rel="icon" href="data:,"><link rel="stylesheet" href="assets/run.css">
<script type="module" src="assets/run.mjs"></script><main>{body}</main></html>"""
# As zensical writes it.
BLOCK = '<div class="language-python run highlight"><pre><span></span><code>{}\n</code></pre></div>'


def write_site(folder: Path, assets: Path, runtime: Path) -> None:
    """Write the files that pages of examples load."""
    shutil.copytree(runtime, folder / "assets" / "runtime")
    for name in ("run.mjs", "run.css"):
        shutil.copyfile(assets / name, folder / "assets" / name)
    (folder / "_headers").write_text(HEADERS, encoding="utf-8")


def write_page(folder: Path, name: str, *pieces: str, setup: str = "") -> str:
    """Write a page, and return its path."""
    head = f'<meta name="podio-setup" content="{setup}">' if setup else ""
    body = "".join(BLOCK.format(html.escape(piece)) for piece in pieces)
    (folder / f"{name}.html").write_text(PAGE.format(head=head, body=body), encoding="utf-8")
    return f"{name}.html"


def pages_with_examples() -> list[str]:
    """Return the paths of the site's pages that have examples to run."""
    return [
        name.removesuffix(".md") + ".html"
        for path, name in sources(ROOT).items()
        if any(fence.kind == "run" for fence in fences(path, (ROOT / path).read_text(encoding="utf-8")))
    ]


class Reader:
    """A page with examples, and what its console said."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.said: list[str] = []
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        self.page = context.new_page()
        self.page.goto(url)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.said.append(message.text)

    def _catch(self, problem: WebError) -> None:
        self.said.append(str(problem.error))

    @property
    def count(self) -> int:
        """The number of examples."""
        return self.page.locator(".run-panel").count()

    def button(self, example: int, name: str) -> Locator:
        """Return a button of an example, which is counted from 1."""
        bar = self.page.get_by_role("group", name=f"Example {example}", exact=True)
        return bar.get_by_role("button", name=re.compile(f"^{name}"))

    def output(self, example: int) -> Locator:
        """Return the element with an example's output."""
        return self.page.locator(".run-output").nth(example - 1)

    def wait(self, example: int) -> str:
        """Wait until an example has run, and return its output."""
        start = self.page.locator(".run-start").nth(example - 1)
        expect(start).to_have_text(re.compile("^(Run|Run · .*|Try again)$"), timeout=START)
        return self.shown(example)

    def shown(self, example: int) -> str:
        """Return the lines that an example shows."""
        return "\n".join(line for line in self.output(example).inner_text().splitlines() if line.strip())

    def run(self, example: int) -> str:
        """Press Run, and return the output."""
        self.button(example, "Run").click()
        return self.wait(example)

    def run_text(self, text: str) -> str:
        """Run a text in place of the first example."""
        if (edit := self.button(1, "Edit")).is_visible():
            edit.click()
        editor = self.page.get_by_role("textbox")
        editor.fill(text)
        editor.press("Control+Enter")
        return self.wait(1)

    def problem(self, example: int) -> str:
        """Return the error or the difference that an example shows, or an empty text."""
        wrong = self.output(example).locator(".run-error, .run-different")
        return self.shown(example) if wrong.count() else ""
