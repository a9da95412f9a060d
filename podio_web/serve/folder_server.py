"""The web server of ``podio-web serve``: a folder of static files, with the headers of a site and reload on change."""

from __future__ import annotations

import asyncio
import html
import json
import logging
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from podio_web.live.feeds import push_address
from podio_web.oauth.origin import parse_origin
from podio_web.sandbox.background import Background, quiet_config
from podio_web.sandbox.hosts import Hosts, KnownHosts, reaches_network
from podio_web.sandbox.links import files_origin_of
from podio_web.sandbox.served_files import Files, plain_rules
from podio_web.site_builder.headers import page_headers

from .changes import change_events, fingerprint

if TYPE_CHECKING:
    from os import PathLike, stat_result
    from socket import socket

    import uvicorn
    from starlette.requests import Request
    from starlette.types import Scope

SETTINGS = "podio.json"
"""The file with the options of a page's client. The server answers it with those of the sandbox."""

_OWN = "/.podio-web"
_SCRIPT = Path(__file__).with_name("page.js")
_NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NOT_FOUND = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Not found</title>
<link rel="icon" href="data:,">
<main>
<h1>Not found</h1>
<p>The folder has no file for <code>{path}</code>. A page at <code>/</code> is the file <code>index.html</code>.</p>
</main>
</html>
"""
# What may come before the first element (https://html.spec.whatwg.org/multipage/syntax.html#writing).
_BEFORE_ELEMENTS = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<!--.*?-->)*(?:<!doctype[^>]*>)?", re.DOTALL | re.IGNORECASE)


logger: logging.Logger = logging.getLogger("podio_web.serve")


class FolderServer:
    """A server of a folder of pages, which runs inside a ``with`` block.

    Each page gets a script that reloads it when a file changes. The client of a page uses the Podio at ``api_url``:
    the script sets ``data-client-id`` and ``data-api-url`` of a script tag, and ``podio.json`` is answered with
    ``client_id`` and ``api_url``. The files themselves are not changed. Hidden files are not served.

    Args:
        folder: The folder.
        api_url: The Podio that the pages use, such as the URL of a sandbox.
        port: The port to listen on. 0 picks a free one.
        client_id: The client ID that the pages sign in with. None means that of the pages themselves.
        host: The host name to serve the pages under.
        allowed_hosts: Host names to accept besides ``host`` and those of loopback, each ``NAME`` or ``NAME:PORT``.

    Raises:
        OSError: On entering, if the port is in use.
        RuntimeError: On entering, if the folder does not exist.
        ValueError: ``api_url`` is not an origin, or, on entering, one of ``allowed_hosts`` is not a host name.

    Example::

        with Sandbox() as sandbox, FolderServer(Path("my-app"), sandbox.url) as server:
            webbrowser.open(server.url)
            input("Press Enter to stop.")
    """

    def __init__(
        self,
        folder: str | PathLike[str],
        api_url: str,
        port: int = 0,
        *,
        client_id: str | None = "demo-client",
        host: str = "localhost",
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        # Of ".", nothing would be left if the folder is removed and made again, as some build tools do.
        self._folder = Path(folder).absolute()
        self._api_url = parse_origin(api_url, "api_url")
        self._client_id = client_id
        self._address = (host, port)
        self._allowed_hosts = allowed_hosts
        self._running: Background | None = None

    @property
    def url(self) -> str:
        """The origin, such as ``http://localhost:8000``. It is empty before the ``with`` block starts."""
        return "" if self._running is None else self._running.url

    def __enter__(self) -> FolderServer:
        self._running = Background(self._configure, "podio-serve", *self._address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.stop()

    def _configure(self, listener: socket) -> uvicorn.Config:
        hosts = Hosts(listener, self._address[0], self._allowed_hosts)
        if reaches_network(listener):
            logger.warning("Anyone on your network can read the files in %s.", self._folder)
        return quiet_config(KnownHosts(self._app(), hosts, _refuse))

    def _app(self) -> Starlette:
        push = push_address(self._api_url)
        headers = page_headers(self._api_url, files_url=files_origin_of(self._api_url), data=[push])
        return Starlette(
            routes=[
                Route(f"{_OWN}/page.js", _page_script),
                Route(f"{_OWN}/changes", self._changes),
                Route(f"/{SETTINGS}", self._settings),
                Mount("/", _Pages(self._folder, {**headers, **_NOT_KEPT}, self._script_tag)),
            ],
            exception_handlers={404: _not_found},
        )

    def _script_tag(self) -> bytes:
        told = {"folder": fingerprint(self._folder), **self._own_settings()}
        return f'<script type="module" src="{_OWN}/page.js?{html.escape(urlencode(told))}"></script>'.encode()

    def _own_settings(self) -> dict[str, str]:
        client_id = {} if self._client_id is None else {"client_id": self._client_id}
        return {**client_id, "api_url": self._api_url}

    def _settings(self, request: Request) -> Response:
        try:
            settings: Any = json.loads((self._folder / SETTINGS).read_bytes())
            if isinstance(settings, dict):
                return JSONResponse({**settings, **self._own_settings()}, headers=_NOT_KEPT)
        except OSError:
            raise HTTPException(404) from None
        except (ValueError, RecursionError) as problem:
            # What Python reads may still be no JSON: NaN, half of a character, more levels than it can write.
            return PlainTextResponse(f"{SETTINGS} is not JSON: {problem}", 500, _NOT_KEPT)
        return PlainTextResponse(f'{SETTINGS} must be an object, such as {{"client_id": "my-app"}}', 500, _NOT_KEPT)

    async def _changes(self, request: Request) -> Response:
        look = partial(run_in_threadpool, fingerprint, self._folder)
        return StreamingResponse(change_events(look, asyncio.sleep), headers=_NOT_KEPT, media_type="text/event-stream")


class _Pages(Files):
    """The folder's files. A script is added to each page except the callback page."""

    def __init__(self, folder: Path, headers: Mapping[str, str], script_tag: Any) -> None:
        super().__init__(folder, plain_rules(headers), html=True, compress=False)
        self._script_tag = script_tag

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or 404 for a hidden one. Say why one cannot be read."""
        if any(part.startswith(".") and part != "." for part in Path(path).parts):
            raise HTTPException(404)
        try:
            return await super().get_response(path, scope)
        except OSError as problem:
            return PlainTextResponse(f"{path} cannot be read: {problem.strerror or problem}", 500, _NOT_KEPT)

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return a file, and a page with the script."""
        path = Path(full_path)
        if path.suffix != ".html" or path.name == "callback.html":
            return super().file_response(full_path, stat_result, scope, status_code)
        content = with_script(path.read_bytes(), self._script_tag())
        return Response(content, status_code, self.rules(path), "text/html; charset=utf-8")


def with_script(page: bytes, script_tag: bytes) -> bytes:
    """Return a page with a script before all others. The doctype stays in front of it.

    >>> with_script(b"<!doctype html><title>My app</title>", b"<script></script>")
    b'<!doctype html><script></script><title>My app</title>'
    """
    start = _BEFORE_ELEMENTS.match(page)
    end = start.end() if start else 0
    return page[:end] + script_tag + page[end:]


def _not_found(request: Request, problem: Exception) -> Response:
    """Tell a person which file is missing. Scripts receive a plain text."""
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(_NOT_FOUND.format(path=html.escape(request.url.path)), 404, _NOT_KEPT)
    return PlainTextResponse("Not Found", 404, _NOT_KEPT)


def _page_script(request: Request) -> Response:
    return FileResponse(_SCRIPT, headers=_NOT_KEPT, media_type="text/javascript")


def _refuse(scope: Scope, status: int, text: str) -> Response:
    return PlainTextResponse(text, status, _NOT_KEPT)
