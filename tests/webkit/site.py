"""The demo's site, with a script in each page that tells its errors to the test.

WebKitWebDriver has no access to the console, and cannot run a script before the page's own.
"""

import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from podio_web.sandbox.demo_server import Site

SCRIPT = "/watch.js"
TELL = "/watch/errors"
CALLBACK = "callback.html"
"""The callback page's policy names the hash of its one script, so it gets no other."""

WATCH = """"use strict";
(() => {
  const send = XMLHttpRequest;
  // At once, so that no error is lost when the window closes.
  const tell = (text) => {
    const request = new send();
    request.open("POST", "%s", false);
    try { request.send(`${text} (${location.pathname})`); } catch { /* the page is being left */ }
  };
  const words = (value) => value instanceof Error ? `${value}\\n${value.stack}` : String(value);
  addEventListener("error", (event) => tell(event instanceof ErrorEvent
    ? `[uncaught] ${event.message}` : `[not loaded] ${event.target.src ?? event.target.href}`), true);
  addEventListener("unhandledrejection", ({ reason }) => tell(`[unhandled] ${words(reason)}`));
  addEventListener("securitypolicyviolation", (event) =>
    tell(`[policy] ${event.effectiveDirective} forbids ${event.blockedURI}`));
  for (const level of ["warn", "error"]) {
    const log = console[level];
    console[level] = (...values) => {
      log.apply(console, values);
      tell(`[console.${level}] ${values.map(words).join(" ")}`);
    };
  }
})();
"""


class WatchedSite(Site):
    """The demo's site. What pages reported is in ``errors`` and ``warnings``.

    Args:
        root: The checkout.
        api_url: The sandbox.
        extra: The folder of ``/tests/``.
    """

    def __init__(self, root: Path, api_url: str, extra: Path) -> None:
        super().__init__(root, api_url=api_url, extra=extra)
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.reset()
        self._app.add_middleware(Watching, site=self)

    def reset(self) -> None:
        """Forget what a test has changed, and the errors."""
        self.before = ""
        """A script that runs before those of each page."""
        self.missing: set[str] = set()
        """Paths that are answered with 404."""
        self.pages: dict[str, str] = {}
        """The texts of pages, by their paths."""
        self.more_headers: dict[str, str] = {}
        """Headers that every HTML page gets."""
        self.errors.clear()
        self.warnings.clear()


class Watching:
    """ASGI middleware: puts the script into pages, and takes what it reports."""

    def __init__(self, app: ASGIApp, site: WatchedSite) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == TELL:
            text = (await _body(receive)).decode()
            told = self._site.warnings if text.startswith("[console.warn]") else self._site.errors
            told.append(text)
            await _answer(send, 204)
        elif path in self._site.missing:
            await _answer(send, 404, "Not found", "text/plain")
        elif path == SCRIPT:
            await _answer(send, 200, WATCH % TELL + self._site.before, "text/javascript")
        elif path in self._site.pages:
            await _answer(self._with_script(send), 200, self._site.pages[path], "text/html; charset=utf-8")
        elif path.endswith(CALLBACK):
            await self._app(scope, receive, send)
        else:
            await self._app(_uncompressed(scope), receive, self._with_script(send))

    def _with_script(self, send: Send) -> Send:
        """Return a ``send`` that adds the script and the headers to HTML."""
        start: Message | None = None
        body = b""

        async def changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                if message["status"] == 200 and headers.get("content-type", "").startswith("text/html"):
                    headers.update(self._site.more_headers)
                    headers["Cache-Control"] = "no-store"
                    start = message
                    return
            if start is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                tag = f'<script src="{SCRIPT}"></script>'.encode()
                text, count = re.subn(rb"(<html[^>]*>(\s*<head>)?)", rb"\1" + tag, body, count=1)
                assert count == 1, "the page got no script"
                MutableHeaders(raw=start["headers"])["Content-Length"] = str(len(text))
                await send(start)
                await send({"type": "http.response.body", "body": text})

        return changed


def _uncompressed(scope: Scope) -> Scope:
    """Return the scope of a request for a page without the encodings that the browser accepts."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": headers} if b"text/html" in dict(headers).get(b"accept", b"") else scope


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def _answer(send: Send, status: int, text: str = "", kind: str = "") -> None:
    headers = [(b"cache-control", b"no-store"), (b"content-type", kind.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
