"""Pages that a test writes itself, on a site of their own with headers of the test's choice."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from podio_web.sandbox.demo_server import Site
from podio_web.site_builder.pyodide.snapshot import make_snapshot
from tests.browser.tab import allow

NONCE = "bWFkZSB1cA"
SRC = "/podio-web/podio-web.js"

HTML = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Served</title><link rel="icon" href="data:,">
<button id="click">Run in a click</button>
{body}
</html>"""

# A promise's outcome as a test sees it, whatever it is rejected with.
OUTCOME = """async (wait) => {
  try {
    return { value: (await wait()) ?? null };
  } catch (error) {
    return { name: error?.name, code: error?.code ?? null, message: String(error?.message) };
  }
}"""


def copy_pages(root: Path, folder: Path) -> Path:
    """Copy tests/browser/pages, and put beside them the memory of a started Pyodide, from which `tab.html` goes on.

    Starting Pyodide from its first instruction is what costs most of a test's time, and has tests of its own.
    """
    shutil.copytree(root / "tests" / "browser" / "pages", folder)
    (folder / "memory.bin").write_bytes(make_snapshot(root / "node_modules", bundle="{}"))
    return folder


class Served:
    """A page, and the sites that it is opened on; `folder` is for the texts of its pages."""

    def __init__(self, page: Page, site: Site, folder: Path, running: ExitStack) -> None:
        self.page = page
        self.api_url = site.api_url
        self.url = ""
        self._site = site
        self._folder = folder
        self._running = running

    def tag(self, **attributes: str) -> str:
        """Return a script tag of podio-web.js."""
        given = {"data-client-id": "demo-client", "data-api-url": self.api_url, "type": "module", "src": SRC}
        given |= {name.replace("_", "-"): value for name, value in attributes.items()}
        written = " ".join(f'{name}="{value}"' for name, value in given.items())
        return f"<script {written}></script>"

    def policy(self, scripts: str, more: str = "", connect: str | None = None) -> str:
        """Return the documented policy with other scripts, and more directives."""
        connect = f"'self' {self.api_url}" if connect is None else connect
        return (
            f"default-src 'none'; script-src {scripts}; connect-src {connect}; style-src 'self'; "
            f"img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-src 'self'{more and '; ' + more}"
        )

    def open(self, body: str, policy: str = "", **more: str) -> "Served":
        """Load a page. Its scripts have run then; `more` are the bodies of other pages, by their names."""
        for name, content in {"served": body, **more}.items():
            (self._folder / f"{name}.html").write_text(HTML.format(body=content), encoding="utf-8")
        headers = {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"}
        if policy:
            headers["Content-Security-Policy"] = policy
        ours = Site(
            self._site.root, client_id=self._site.client_id, api_url=self.api_url, extra=self._folder, headers=headers
        )
        self.url = self._running.enter_context(ours).url
        self.page.goto(f"{self.url}/tests/served.html")
        return self

    def outcome(self, expression: str) -> dict[str, Any]:
        """Return what comes of a promise."""
        found: dict[str, Any] = self.page.evaluate(f"() => ({OUTCOME})(async () => {expression})")
        return found

    def ready(self) -> dict[str, Any]:
        """Return what comes of `podioWeb.ready`."""
        return self.outcome("{ await podioWeb.ready }")

    def sign_in(self) -> str:
        """Sign in through a popup, and return the person's name."""
        assert self.ready() == {"value": None}
        self.page.evaluate("""async () => {
          const client = await podioWeb.ready;
          document.getElementById("click").onclick = () => { window.clicked = client.login(); };
        }""")
        with self.page.expect_popup() as popup:
            self.page.locator("#click").click()
        allow(popup.value)
        assert self.outcome("window.clicked") == {"value": None}
        called = self.outcome("(await (await podioWeb.ready).get('/user/status')).profile.name")
        name: str = called["value"]
        return name
