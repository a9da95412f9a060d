"""Visits to a page that starts Pyodide through `fast-pyodide.mjs`."""

import json
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, ConsoleMessage, Page

# Each start leaves behind whether podio_web was in Python's memory already, and a number by chance.
LOOK = """
import json, random, sys
from_memory = "podio_web.client" in sys.modules
import podio_web, podio_web.runtime.browser_storage
json.dumps({"from_memory": from_memory, "chance": random.random(), "version": podio_web.__version__})
"""
# A page rests for three seconds before it fetches the snapshot for its next visit; no test needs to.
HURRY = """
const wait = self.setTimeout;
self.setTimeout = (act, delay, ...rest) => wait(act, delay === 3000 ? 100 : delay, ...rest);
"""
KEPT = """async () => {
  for (const name of await caches.keys()) {
    if ((await (await caches.open(name)).keys()).some(({ url }) => url.includes("/snapshot-"))) return true;
  }
  return false;
}"""
# Milliseconds that Pyodide may take to start for the first time, on a busy machine.
START = 120_000
FIRST_WORDS = "podio-web: Pyodide starts without its snapshot: "


class Visitor:
    """Somebody with one browser profile, who comes again."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.said: list[str] = []
        context.on("console", self._hear)
        context.add_init_script(HURRY)

    def look_in(self) -> None:
        """Open a page of the site that starts nothing."""
        self.page: Page = self.context.new_page()
        self.page.goto("/tests/blank.html")

    def visit(self, *, pyscript: bool = False, **options: Any) -> dict[str, Any]:
        """Open the page; return what its Python says about its start. The page stays in `self.page`."""
        query = {"options": json.dumps(options), **({"pyscript": "1"} if pyscript else {})}
        self.page = self.context.new_page()
        self.page.goto(f"/tests/fast.html?{urlencode(query)}")
        self.page.wait_for_function("() => window.pyodide || window.failed", timeout=START)
        assert self.page.evaluate("window.failed ?? null") is None
        told: dict[str, Any] = json.loads(self.page.evaluate("source => window.pyodide.runPython(source)", LOOK))
        return told

    def leave(self) -> None:
        """Hear no more of what the profile's pages say."""
        self.context.remove_listener("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self.said.append(message.text)

    @property
    def complaints(self) -> list[str]:
        """The lines that the console got about a snapshot."""
        return [text for text in self.said if text.startswith(FIRST_WORDS)]

    def wait_for_line(self, part: str) -> None:
        """Wait until the console has a warning or an error with this part, which a browser tells a moment later."""
        if not any(part in text for text in self.said):
            self.page.wait_for_event("console", lambda message: part in message.text)

    def wait_for_complaint(self) -> str:
        """Wait until the console has a line about a snapshot, and return it."""
        self.wait_for_line(FIRST_WORDS)
        return self.complaints[-1]

    def wait_until_kept(self) -> None:
        """Wait until the snapshot is there for the next visit."""
        self.wait_in_page(KEPT)

    def has_kept(self) -> bool:
        """Tell whether the snapshot is there for the next visit."""
        return bool(self.page.evaluate(f"({KEPT})()"))

    def wait_in_page(self, condition: str) -> None:
        """Wait until an async function of the page returns true; Playwright would take its promise for true."""
        self.page.evaluate(
            """async source => {
              const condition = new Function(`return ${source}`)();
              for (let looks = 0; looks < 600; looks += 1) {
                if (await condition()) return;
                await new Promise(resolve => setTimeout(resolve, 100));
              }
              throw new Error(`in vain: ${source}`);
            }""",
            condition,
        )

    def caches(self) -> list[str]:
        """The names of what CacheStorage keeps."""
        names: list[str] = self.page.evaluate("caches.keys()")
        return names

    def in_cache(self, change: str) -> None:
        """Put something else in the kept snapshot's place: `change` is an expression with its bytes as `memory`."""
        self.page.evaluate(
            """async change => {
              for (const name of await caches.keys()) {
                const cache = await caches.open(name);
                for (const request of await cache.keys()) {
                  const memory = new Uint8Array(await (await cache.match(request)).arrayBuffer());
                  const changed = new Function("memory", `return ${change}`)(memory);
                  await cache.put(request, new Response(changed));
                }
              }
            }""",
            change,
        )
