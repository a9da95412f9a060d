"""The servers of the benchmark: the pages, the sandbox, and both again at the far end of a simulated line.

They run in a process of their own, so that measuring and answering do not take turns.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs
from urllib.request import Request, urlopen

import brotli
from starlette.types import ASGIApp, Receive, Scope, Send

from podio_web.sandbox.app import create_app
from podio_web.sandbox.background import Background, quiet_config
from podio_web.sandbox.cors import cors_headers
from podio_web.sandbox.served_files import media_type
from podio_web.sandbox.settings import Settings
from podio_web.sandbox.world import World
from podio_web.testing import SandboxControl

from .link import Line, relayed

Started = TypeVar("Started")

LARGE_PATH = "/item/app/3001/all"
LARGE_ITEMS = 1_000
# What compressing does not make smaller.
_PACKED = (".whl", ".zip", ".bin")
# Bytes, from which on the best compression takes half a minute.
_LARGE = 1_000_000
# A file whose name or folder says its version; anything else is asked about each time.
_KEEP_ALIVE_SECONDS = 300
_FOREVER = ("/vendor/", "/bench/", "/podio-web/assets/", "/other/assets/")


@dataclass(frozen=True)
class Served:
    """One file, as every row's files are served: compressed, and cached as well as its name allows."""

    url: str
    body: bytes

    @cached_property
    def packed(self) -> bytes:
        """The body as a CDN compresses it, which does so once (https://www.rfc-editor.org/rfc/rfc7932)."""
        compressed: bytes = brotli.compress(self.body, quality=11 if len(self.body) < _LARGE else 6)
        return compressed

    @cached_property
    def tag(self) -> bytes:
        """An entity tag (https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:16]}"'.encode()

    def answer(self, request: Mapping[bytes, bytes]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Return status, headers and body for a request's headers."""
        forever = self.url.startswith(_FOREVER) and not self.url.endswith(".html")
        headers = [
            (b"content-type", media_type(Path(self.url)).encode()),
            (b"cache-control", b"public, max-age=31536000, immutable" if forever else b"no-cache"),
            (b"etag", self.tag),
            (b"vary", b"accept-encoding"),
        ]
        if request.get(b"if-none-match") == self.tag:
            return 304, headers, b""
        body = self.body
        if b"br" in request.get(b"accept-encoding", b"") and not self.url.endswith(_PACKED):
            headers.append((b"content-encoding", b"br"))
            body = self.packed
        return 200, [*headers, (b"content-length", str(len(body)).encode())], body


def pages_app(files: Mapping[str, bytes]) -> ASGIApp:
    """Return an application that serves files by their addresses; an HTML page is told the API's port by its query."""
    served = {url: Served(url, body) for url, body in files.items()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        url = scope["path"]
        file = served.get(url)
        if file is None:
            status, headers, body = 404, [(b"content-length", b"0")], b""
        else:
            if url.endswith(".html"):
                port = int(parse_qs(scope["query_string"].decode())["api"][0])
                file = Served(url, file.body.replace(b"API_URL", f"http://127.0.0.1:{port}".encode()))
            status, headers, body = file.answer(dict(scope["headers"]))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


class Api:
    """The sandbox, and one answer of 2 MB that is ready before: making it would take longer than anything else."""

    def __init__(self, sandbox: ASGIApp) -> None:
        self.large = b""
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"] != LARGE_PATH or scope["method"] != "GET":
            await self._sandbox(scope, receive, send)
            return
        request = {name.decode(): value.decode() for name, value in scope["headers"]}
        headers = cors_headers("GET", request, Settings()) | {
            "content-type": "application/json; charset=utf-8",
            "content-length": str(len(self.large)),
        }
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": encoded})
        await send({"type": "http.response.body", "body": self.large})


@dataclass(frozen=True)
class Address:
    """Where a browser finds both servers: the ports of the pages and of the API."""

    site: int
    api: int

    def page(self, key: str) -> str:
        """Return the address of a row's page."""
        return f"http://localhost:{self.site}/bench/{key}.html?api={self.api}"

    @property
    def api_url(self) -> str:
        """The API's origin: another one than the pages', so that every call is cross-origin."""
        return f"http://127.0.0.1:{self.api}"


@dataclass(frozen=True)
class Running:
    """What the other process tells: the servers' address, the same over a line, and a token response."""

    direct: Address
    line: Address
    token: dict[str, Any]


def running(files: Mapping[str, bytes]) -> AbstractContextManager[Running]:
    """Run the servers while the block runs.

    >>> with running({"/bench/fetch.html": b"..."}) as servers:
    ...     print(servers.direct.page("fetch"))
    """
    return in_a_process(_serve, files)


@contextmanager
def in_a_process(
    serve: Callable[[Connection[Started, None], Mapping[str, bytes]], None], files: Mapping[str, bytes]
) -> Iterator[Started]:
    """Run ``serve(pipe, files)`` in another process while the block runs. Yields what it sends when it has started.

    >>> with in_a_process(serve, {"/bench/fetch.html": b"..."}) as address:
    ...     print(address)
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, dict(files)))
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection[Running, None], files: Mapping[str, bytes]) -> None:
    """Serve until the other end closes the pipe."""
    world = World(None)
    api = Api(create_app(world, with_control=True))
    site_port, api_port = _start(pages_app(files), "pages"), _start(api, "api")
    control = SandboxControl(f"http://127.0.0.1:{api_port}")
    control.settings(general_limit=10**9)
    token = control.issue_token(expires_in=86_400)
    api.large = _large_answer(control.url, token["access_token"])

    async def main() -> None:
        async with relayed(Line(), site_port, api_port) as ports:
            pipe.send(Running(Address(site_port, api_port), Address(*ports), token))
            with suppress(EOFError):
                await asyncio.to_thread(pipe.recv)

    asyncio.run(main())


def _start(app: ASGIApp, name: str) -> int:
    """Run an application in a thread that ends with the process; return its port."""
    config = quiet_config(app, timeout_keep_alive=_KEEP_ALIVE_SECONDS)
    return int(Background(lambda listener: config, name, "127.0.0.1").url.rpartition(":")[2])


def _large_answer(api_url: str, access_token: str) -> bytes:
    """Return the sandbox's own items, repeated until there are enough of them."""
    headers = {"Authorization": f"OAuth2 {access_token}", "Content-Type": "application/json"}
    request = Request(f"{api_url}/item/app/3001/filter/", b'{"limit": 30}', headers, method="POST")  # noqa: S310
    with urlopen(request) as response:  # noqa: S310 - the sandbox in this process
        items = json.load(response)["items"]
    many = [{**items[number % len(items)], "item_id": number + 1} for number in range(LARGE_ITEMS)]
    return json.dumps({"total": len(many), "filtered": len(many), "items": many}).encode()
