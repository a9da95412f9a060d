"""Static files as a page's server should send them: with their types and headers, compressed, and not twice."""

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

# Some systems' tables lack these, and a browser runs a module or compiles WebAssembly only with the right type.
MEDIA_TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".whl": "application/zip",
    ".py": "text/x-python",
    ".map": "application/json",
}

SHRINKING = ("text/", "application/json", "application/wasm", "image/svg+xml")
"""Types that gzip makes smaller; the others are compressed already."""

GZIP_LEVEL = 6
"""What most servers do; 9 takes three times as long for one per cent."""

Rules = Callable[[Path], Mapping[str, str]]
"""Returns the headers that a file is served with."""


class Files(StaticFiles):
    """A folder of static files.

    Args: ``directory`` is the folder; ``rules`` returns each file's headers; ``html`` serves ``index.html`` for its
    folder.

    >>> Files(Path("static"), plain_rules({}))
    """

    def __init__(self, directory: Path, rules: Rules, *, html: bool = False) -> None:
        super().__init__(directory=directory, html=html)
        self.rules = rules
        self._compressed: dict[tuple[Path, float], bytes] = {}

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """Return the file with its type and headers, compressed if the browser accepts it, or "not modified"."""
        path = Path(full_path)
        asked = Headers(scope=scope)
        response: Response = FileResponse(
            path, status_code, self.rules(path), media_type(path), stat_result=stat_result
        )
        if media_type(path).startswith(SHRINKING):
            response.headers["Vary"] = "Accept-Encoding"
            if accepts_gzip(asked):
                response = self._gzipped(path, stat_result.st_mtime, response)
        if self.is_not_modified(response.headers, asked):
            return NotModifiedResponse(response.headers)
        return response

    def _gzipped(self, path: Path, changed: float, plain: Response) -> Response:
        """Return the compressed file; it is another representation, so it has a tag of its own (RFC 9110, 8.8.3)."""
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
    """Return the type to serve a file as; the same on every machine for what a browser is strict about.

    >>> media_type(Path("pyodide.mjs"))
    'text/javascript'
    """
    return MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def accepts_gzip(asked: Mapping[str, str]) -> bool:
    """Tell whether a request takes a compressed answer, and asks for no part (RFC 9110, section 12.5.3).

    >>> accepts_gzip({"accept-encoding": "gzip, br"})
    True
    """
    codings = asked.get("accept-encoding", "").replace(" ", "").split(",")
    weights = {name: weight for name, _, weight in (coding.partition(";q=") for coding in codings)}
    return "gzip" in weights and weights["gzip"] not in ("0", "0.0") and "range" not in asked


def plain_rules(html_headers: Mapping[str, str]) -> Rules:
    """Return the headers of a folder that is being worked on: a browser asks each time, so an edit shows at once.

    ``html_headers`` are added to every page but the callback page.

    >>> plain_rules({})(Path("main.py"))["Cache-Control"]
    'no-cache'
    """

    def rules(path: Path) -> Mapping[str, str]:
        if path.name == "callback.html":
            return callback_headers(path.read_text(encoding="utf-8"))
        own = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return {**own, **html_headers} if path.suffix == ".html" else own

    return rules


def built_rules(folder: Path, base: str) -> Rules:
    """Return the headers of a folder that ``podio-web build`` made for the path ``base``: those of its ``_headers``.

    >>> built_rules(Path("site"), "/")(Path("site/podio-web.js"))["Cache-Control"]
    'no-cache'
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
