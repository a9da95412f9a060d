"""Serve static files with their media types and headers, compressed, and with cache validation."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from podio_web.site_builder.headers import callback_headers, read_headers_file

if TYPE_CHECKING:
    from os import PathLike, stat_result

    from starlette.types import Scope

# Some systems do not know these types, but browsers need them to run modules and to compile WebAssembly.
MEDIA_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".py": "text/x-python",
    ".map": "application/json",
}

SHRINKING = ("text/", "application/json", "application/wasm", "image/svg+xml")
"""Media types that are sent with gzip. Files of other types are already compressed."""

GZIP_LEVEL = 6
"""The default of most servers. Level 9 saves 1 % and takes three times as long."""

Rules = Callable[[Path], Mapping[str, str]]
"""A function that returns the headers of a file."""


class Files(StaticFiles):
    """A folder of static files.

    Args:
        directory: The folder.
        rules: Returns the headers of a file.
        html: Whether to serve ``index.html`` for a folder.
        compress: Whether to compress what browsers accept compressed. On one machine, it takes longer than it saves.

    Examples:
        >>> from starlette.applications import Starlette
        >>> from starlette.routing import Mount
        >>> app = Starlette(routes=[Mount("/", Files(Path.cwd(), plain_rules({})))])
    """

    def __init__(self, directory: Path, rules: Rules, *, html: bool = False, compress: bool = True) -> None:
        super().__init__(directory=directory, html=html)
        self.rules = rules
        self.compress = compress
        self._compressed: dict[tuple[Path, float], bytes] = {}

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the file, compressed if the client accepts gzip, or a 304 if the client's copy is current."""
        path = Path(full_path)
        asked = Headers(scope=scope)
        response: Response = FileResponse(
            path, status_code, self.rules(path), media_type(path), stat_result=stat_result
        )
        if self.compress and media_type(path).startswith(SHRINKING):
            response.headers["Vary"] = "Accept-Encoding"
            if accepts_gzip(asked):
                response = self._gzipped(path, stat_result.st_mtime, response)
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response

    def _gzipped(self, path: Path, changed: float, plain: Response) -> Response:
        """Return the compressed file. It has its own ETag because it is another representation (RFC 9110, 8.8.3)."""
        if (path, changed) not in self._compressed:
            self._compressed[path, changed] = gzip.compress(path.read_bytes(), GZIP_LEVEL, mtime=0)
        response = Response(self._compressed[path, changed], plain.status_code)
        for name, value in plain.headers.items():
            if name not in ("content-length", "accept-ranges"):
                response.headers[name] = value
        response.headers["ETag"] = plain.headers["etag"].rstrip('"') + '-gzip"'
        response.headers["Content-Encoding"] = "gzip"
        return response


def media_type(path: Path) -> str:
    """Return the media type of a file. Types that browsers are strict about are the same on all machines.

    Examples:
        >>> media_type(Path("pyodide.mjs"))
        'text/javascript'
    """
    return MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def accepts_gzip(asked: Mapping[str, str]) -> bool:
    """Return whether a request accepts gzip (RFC 9110, section 12.5.3) and is not a range request.

    Args:
        asked: The headers of the request.

    Examples:
        >>> accepts_gzip({"accept-encoding": "gzip, br"})
        True
    """
    codings = asked.get("accept-encoding", "").replace(" ", "").split(",")
    weights = {name: weight for name, _, weight in (coding.partition(";q=") for coding in codings)}
    return "gzip" in weights and weights["gzip"] not in ("0", "0.0") and "range" not in asked


def plain_rules(html_headers: Mapping[str, str]) -> Rules:
    """Return the rules for a folder under development. Browsers revalidate each file, so edits appear at once.

    Args:
        html_headers: Headers to add to each HTML page except the callback page.

    Examples:
        >>> plain_rules({})(Path("main.py"))["Cache-Control"]
        'no-cache'
    """

    def rules(path: Path) -> Mapping[str, str]:
        if path.name == "callback.html":
            # Decoded as in a browser, because the policy has the hash of what the browser reads.
            return callback_headers(path.read_text(encoding="utf-8", errors="replace"))
        own = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return {**own, **html_headers} if path.suffix == ".html" else own

    return rules


def built_rules(folder: Path, base: str) -> Rules:
    """Return the rules for a folder that ``podio-web build`` has built. They are read from its ``_headers``.

    Args:
        folder: The folder.
        base: The URL path that the folder was built for.

    Raises:
        OSError: ``_headers`` cannot be read.

    Example::

        rules = built_rules(Path("site"), "/")
        rules(Path("site/podio-web.js"))["Cache-Control"]  # 'no-cache'
    """
    known = read_headers_file((folder / "_headers").read_text(encoding="utf-8"))

    def rules(path: Path) -> Mapping[str, str]:
        address = f"{base}{path.relative_to(folder).as_posix()}"
        return {
            name: value
            for pattern, headers in known.items()
            if fnmatchcase(address, pattern)
            for name, value in headers.items()
        }

    return rules
