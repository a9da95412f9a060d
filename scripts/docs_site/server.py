"""Serve the documentation's site with the headers that it names itself."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from starlette.applications import Starlette
from starlette.routing import Mount

from podio_web.sandbox.background import Background, quiet_config
from podio_web.sandbox.served_files import Files
from podio_web.site_builder.headers import ASK_AGAIN, read_headers_file


class DocsServer:
    """A server of the built site, which runs inside a ``with`` block.

    Args:
        folder: The site.
        port: The port to listen on. 0 picks a free one.

    Raises:
        OSError: On entering, if the port is in use.
        FileNotFoundError: On entering, if the site was not built.

    Example::

        with DocsServer(Path(".make/docs")) as server:
            webbrowser.open(server.url)
            input("Press Enter to stop.")
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self._folder = folder
        self._port = port
        self.url = ""

    def __enter__(self) -> DocsServer:
        rules = read_headers_file((self._folder / "_headers").read_text(encoding="utf-8"))

        def headers(path: Path) -> dict[str, str]:
            name = "/" + path.relative_to(self._folder).as_posix()
            made = {"Cache-Control": ASK_AGAIN}
            for start, rule in rules.items():
                made |= rule if name.startswith(start.rstrip("*")) else {}
            return made

        app = Starlette(routes=[Mount("/", Files(self._folder, headers, html=True))])
        self._running = Background(lambda listener: quiet_config(app), "podio-docs", port=self._port)
        self.url = self._running.url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.stop()
