"""One browser as the benchmark drives it: a visit is a page from its navigation to its first answer."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser as Driven
from playwright.sync_api import BrowserContext, Error, Page, Request, sync_playwright

from podio_web.site_builder.interpreters import MICROPYTHON

from .memory import descendants, megabytes
from .rows import PAGES, ROOT, Row
from .servers import Address, Served

sys.path.insert(0, str(ROOT / "scripts"))

import browsers

CLIENT_ID = "demo-client"
PATH = "/user/status"
_WATCH = (PAGES / "watch.js").read_text(encoding="utf-8")


class VisitFailed(Exception):
    """A page did not come to its first answer; the text says what it said."""


@dataclass
class Visit:
    """What one visit to a ``row`` told: the ``measures`` by name, and the page, which is still open."""

    row: Row
    measures: dict[str, float]
    page: Page


_CACHED = """async () => {
  for (let looks = 0; looks < 300; looks += 1) {
    for (const name of await caches.keys()) {
      if ((await (await caches.open(name)).keys()).length) return;
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}"""


class Browser:
    """A running browser."""

    def __init__(self, driven: Driven, processes: set[int], token: dict[str, Any]) -> None:
        self._driven = driven
        self._processes = processes
        self._token = token

    @property
    def version(self) -> str:
        """The browser's version."""
        return self._driven.version

    @contextmanager
    def person(self, address: Address) -> Iterator[Person]:
        """Somebody who has never been here: empty caches and storage, while the block runs."""
        context = self._driven.new_context()
        settings = {"api_url": address.api_url, "client_id": CLIENT_ID, "token": self._token, "path": PATH}
        context.add_init_script(_WATCH.replace("SETTINGS", json.dumps(settings)))
        try:
            yield Person(context, address, self._memory)
        finally:
            context.close()

    def _memory(self) -> float:
        return megabytes(descendants() - self._processes)


class Person:
    """Visits pages, with whatever the visits before have left in the caches."""

    def __init__(self, context: BrowserContext, address: Address, memory: Any) -> None:
        self._context = context
        self._address = address
        self._memory = memory
        self._asked: list[str] = []
        context.on("request", self._note)

    def visit(self, row: Row, *, weigh: bool = False) -> Visit:
        """Open a row's page and wait for its first answer; with ``weigh``, tell how much memory that took.

        Raises VisitFailed.
        """
        page = self._context.new_page()
        self._asked.clear()
        before = self._memory() if weigh else 0.0
        try:
            page.goto(self._address.page(row.key), wait_until="commit")
            told = page.evaluate("window.benchDone")
        except Error as problem:
            page.close()
            raise VisitFailed(f"{row.label}: {problem.message.splitlines()[0]}") from None
        files = told.pop("files")
        measures: dict[str, float] = told
        measures["kB"] = sum(file["bytes"] for file in files) / 1000
        measures["wheel kB"] = ours(files) / 1000
        measures["strangers"] = len([url for url in self._asked if not self._is_known(url)])
        if weigh and before:
            measures["memory"] = self._memory() - before
        return Visit(row, measures, page)

    def settle(self, visit: Visit) -> None:
        """Wait until a first visit has fetched what makes the next one fast; that begins when it has come to rest."""
        if visit.row.settles:
            visit.page.evaluate(_CACHED)

    def _note(self, request: Request) -> None:
        self._asked.append(request.url)

    def _is_known(self, url: str) -> bool:
        parts = urlsplit(url)
        ports = (self._address.site, self._address.api)
        local = parts.hostname in ("localhost", "127.0.0.1") and parts.port in ports
        return local or parts.scheme in ("data", "blob")


def ours(files: list[dict[str, Any]]) -> int:
    """Return how many of the bytes that came are there for the Python of this project.

    An interpreter with the package in its memory counts for what it has more than the one that npm brings.

    >>> ours([{"name": "http://localhost:8000/podio_web-0.1.0-py3-none-any.whl", "bytes": 42_000}])
    42000
    """
    found = [file for file in files if is_ours(file["name"])]
    interpreters = [file for file in found if urlsplit(file["name"]).path.endswith(".wasm")]
    came: int = sum(file["bytes"] for file in found)
    return came - len(interpreters) * plain_interpreter()


@functools.cache
def plain_interpreter() -> int:
    """Return how many bytes MicroPython has as npm brings it, compressed as these servers do it."""
    wasm = MICROPYTHON.find(ROOT / "node_modules") / "micropython.wasm"
    return len(Served(wasm.name, wasm.read_bytes()).packed)


def is_ours(url: str) -> bool:
    """Tell whether a file has the Python of this project: a wheel, a bundle, an interpreter with it in its memory.

    >>> is_ours("http://localhost:8000/podio_web-0.1.0-py3-none-any.whl")
    True
    """
    return urlsplit(url).path.rpartition("/")[2].startswith("podio_web-")


@contextmanager
def browser(name: str, token: dict[str, Any]) -> Iterator[Browser]:
    """Run a browser while the block runs, as the tests do; its person holds ``token``.

    >>> with browser("firefox", token) as firefox, firefox.person(address) as person:
    ...     person.visit(row)
    """
    before = descendants()
    with sync_playwright() as playwright:
        kind = getattr(playwright, name)
        driven = kind.launch(**browsers.launch_options(name, kind.executable_path, browsers.load_settings()))
        try:
            yield Browser(driven, before, token)
        finally:
            driven.close()
