"""The demo page's web server. It serves ``index.html``, the page archive and npm's packages on loopback.

All of them are static files. The server adds their media types and the headers of the callback page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from podio_web.live.feeds import push_address
from podio_web.oauth.origin import parse_origin
from podio_web.site_builder.headers import page_headers
from podio_web.site_builder.page_archive import archive_name, page_archive
from podio_web.site_builder.page_modules import OPTIONAL_PARTS
from podio_web.site_builder.record import MANIFEST

from .background import Background, quiet_config
from .hosts import LOOPBACK, Hosts, KnownHosts
from .links import files_origin_of
from .served_files import Files, built_rules, plain_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from socket import socket
    from types import TracebackType

    import uvicorn
    from starlette.requests import Request
    from starlette.types import Scope

# URL path -> folder in the checkout.
VENDOR = {
    "vendor/pyscript": "node_modules/@pyscript/core/dist",
    "vendor/pyodide": "node_modules/pyodide",
    "vendor/micropython": "node_modules/@micropython/micropython-webassembly-pyscript",
    "vendor/pico": "node_modules/@picocss/pico/css",
}
# Pages of examples/ that need no other server. They have the same path on the site.
PAGES = ("examples/notebook_page", "examples/items_page")
INTERPRETERS = {"py": "vendor/pyodide/pyodide.mjs", "mpy": "vendor/micropython/micropython.mjs"}

# Globs of the files that a page downloads before its Python runs. The progress bar counts their bytes.
DOWNLOADS: dict[str, dict[str, tuple[str, ...]]] = {
    "py": {
        "vendor/pyscript": ("core.js", "core-*.js"),
        "vendor/pyodide": (
            "pyodide.mjs",
            "pyodide.asm.mjs",
            "pyodide.asm.wasm",
            "python_stdlib.zip",
            "pyodide-lock.json",
        ),
    },
    "mpy": {
        "vendor/pyscript": ("core.js", "core-*.js", "zip-*.js"),
        "vendor/micropython": ("micropython.mjs", "micropython.wasm"),
    },
}

# The folder that `make wheel` writes to, and its URL path.
WHEELS = "dist"

# The folder that `make site` builds, and the URL path that it is built for.
BUILT = ".make/site"
BASE = "/podio-web/"


class SiteError(Exception):
    """A file that the site needs is missing. The text says how to get it."""


class Site:
    """The demo page's server, which runs inside a ``with`` block.

    Args:
        root: The checkout, with ``index.html``, ``static/`` and ``node_modules/``, and with ``dist/`` for pages that
            need the whole package.
        port: The port to listen on. 0 picks a free one.
        client_id: The client ID that the page signs in with.
        api_url: The API that the page uses.
        host: The host name to serve the page under.
        extra: A folder to serve under ``/tests/``.
        headers: Headers to add to each HTML page except the callback page.
        control: Whether the page may control the sandbox at ``api_url``. None means that it may if the sandbox runs
            on loopback.
        allowed_hosts: Host names to accept besides ``host`` and those of loopback, each ``NAME`` or ``NAME:PORT``.

    Raises:
        SiteError: A file that the site needs is missing.
        OSError: On entering, if the port is in use.
        ValueError: On entering, if one of ``allowed_hosts`` is not a host name.

    Example::

        with Sandbox(control=True) as sandbox, Site(Path.cwd(), api_url=sandbox.url) as site:
            webbrowser.open(site.url)
            input("Press Enter to stop.")
    """

    def __init__(
        self,
        root: Path,
        port: int = 0,
        client_id: str = "demo-client",
        api_url: str = "http://127.0.0.1:8001",
        *,
        host: str = "localhost",
        extra: Path | None = None,
        headers: Mapping[str, str] | None = None,
        control: bool | None = None,
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        self.root = root
        self.client_id = client_id
        self.api_url: str = api_url.rstrip("/")
        self.headers: dict[str, str] = dict(headers or {})
        self.control: bool = urlsplit(self.api_url).hostname in LOOPBACK if control is None else control
        self.check()
        self._address = (host, port)
        self._allowed_hosts = allowed_hosts
        self._app = Starlette(routes=self._routes(extra))
        self._running: Background | None = None

    def check(self) -> None:
        """Raise SiteError if a file that the page needs is missing."""
        if not (self.root / "index.html").is_file():
            raise SiteError(f"{self.root} has no index.html. Run this command in a checkout of podio-web.")
        for folder in VENDOR.values():
            if not (self.root / folder).is_dir():
                raise SiteError(f"{folder} is missing. Run `make demo` or `npm ci` in {self.root}.")

    def wheel(self) -> Path | None:
        """Return the newest wheel in ``dist/``, the whole package, which pages with SyncPodio need; None without."""
        wheels = sorted((self.root / WHEELS).glob("podio_web-*.whl"), key=lambda path: path.stat().st_mtime)
        return wheels[-1] if wheels else None

    def built(self) -> dict[str, Any] | None:
        """Return the manifest of the folder that ``make site`` builds, or None if it has not been built."""
        try:
            manifest: dict[str, Any] = json.loads((self.root / BUILT / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return manifest

    def config(self) -> dict[str, Any]:
        """Return the content of ``/config.json``, which the page reads when it starts."""
        downloads = {
            kind: [
                {"url": f"{address}/{path.name}", "bytes": path.stat().st_size}
                for address, patterns in folders.items()
                for pattern in patterns
                for path in sorted((self.root / VENDOR[address]).glob(pattern))
            ]
            for kind, folders in DOWNLOADS.items()
        }
        wheel = self.wheel()
        return {
            "client_id": self.client_id,
            "api_url": self.api_url,
            "files_url": self.files_url,
            "control": f"{self.api_url}/sandbox" if self.control else None,
            "archive": archive_name(),
            "parts": {part: archive_name(part=part) for part in OPTIONAL_PARTS},
            "wheel": None if wheel is None else f"{WHEELS}/{wheel.name}",
            "interpreters": INTERPRETERS,
            "downloads": downloads,
            "site": self._ways(),
        }

    @property
    def files_url(self) -> str | None:
        """The origin of file links: the sandbox's on loopback, elsewhere the one that belongs to the API."""
        return files_origin_of(self.api_url)

    @property
    def url(self) -> str:
        """The origin, such as ``http://localhost:8000``. It is empty before the ``with`` block starts."""
        return "" if self._running is None else self._running.url

    def __enter__(self) -> Site:
        self._running = Background(self._configure, "podio-site", *self._address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.stop()

    def _configure(self, listener: socket) -> uvicorn.Config:
        hosts = Hosts(listener, self._address[0], self._allowed_hosts)
        return quiet_config(KnownHosts(self._app, hosts, _refuse))

    def _ways(self) -> dict[str, Any] | None:
        """Return the files that start each interpreter from the built folder, or None if it has not been built."""
        built = self.built()
        if built is None:
            return None
        below = BASE[1:]
        core = built["pyscript"]["core"]["url"]
        pyodide, micropython = built["pyodide"], built["micropython"]
        needed = {
            # The bundle contains podio_web.
            "py": [built["fastPyodide"], pyodide["module"], *pyodide["files"].values(), built["bundle"]],
            "mpy": [micropython["module"], micropython["wasm"]],
        }
        return {
            kind: {
                "core": f"{below}{core}",
                "interpreter": f"{below}{files[0]['url']}",
                "archive": None if kind == "py" else f"{below}{built['wheel']['url']}",
                "parts": {name: f"{below}{part['wheel']['url']}" for name, part in built["parts"].items()},
                "downloads": [{"url": f"{below}{file['url']}", "bytes": file["bytes"]} for file in files]
                + [
                    {"url": f"{below}{name}", "bytes": file["bytes"]}
                    for name, file in built["files"].items()
                    if fnmatchcase(name, core.replace("core.js", "core*.js"))
                    or (kind == "mpy" and fnmatchcase(name, core.replace("core.js", "zip-*.js")))
                ],
            }
            for kind, files in needed.items()
        }

    def _routes(self, extra: Path | None) -> list[Route | Mount]:
        folders = {**VENDOR, "static": "static"}
        plain = plain_rules(self.headers)
        mounts = [Mount(f"/{address}", Files(self.root / folder, plain)) for address, folder in folders.items()]
        mounts += [
            Mount(f"/{folder}", Files(self.root / folder, plain, html=True))
            for folder in PAGES
            if (self.root / folder).is_dir()
        ]
        if extra is not None:
            mounts.append(Mount("/tests", Files(extra, plain, html=True)))
        if self.built() is not None:
            folder = self.root / BUILT
            mounts.append(Mount(BASE.rstrip("/"), Files(folder, built_rules(folder, BASE))))
        return [
            Route("/", self._index),
            Route("/index.html", self._index),
            Route("/config.json", self._config),
            *(Route(f"/{archive_name(part=part)}", self._archive) for part in (None, *OPTIONAL_PARTS)),
            Route(f"/{WHEELS}/{{name:str}}.whl", self._wheel),
            *mounts,
        ]

    async def _index(self, request: Request) -> Response:
        push = push_address(parse_origin(self.api_url, "api_url"))
        headers = {**page_headers(self.api_url, files_url=self.files_url, data=[push]), **self.headers}
        return await Files(self.root, plain_rules(headers)).get_response("index.html", request.scope)

    async def _config(self, request: Request) -> Response:
        return JSONResponse(self.config(), headers={"Cache-Control": "no-store"})

    def _archive(self, request: Request) -> Response:
        names = {f"/{archive_name(part=part)}": part for part in (None, *OPTIONAL_PARTS)}
        content = page_archive(part=names[request.url.path])
        tag = f'"{hashlib.sha256(content).hexdigest()}"'
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "ETag": tag}
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(content, headers=headers, media_type="application/zip")

    async def _wheel(self, request: Request) -> Response:
        wheel = self.wheel()
        if wheel is None or wheel.stem != request.path_params["name"]:
            raise HTTPException(404)
        return await Files(wheel.parent, plain_rules({})).get_response(wheel.name, request.scope)


def _refuse(scope: Scope, status: int, text: str) -> Response:
    return PlainTextResponse(text, status, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})
