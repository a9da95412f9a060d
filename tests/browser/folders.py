"""Folders that are served as a static host does, each on an origin of its own."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from podio_web.sandbox.background import Background, quiet_config
from podio_web.sandbox.served_files import Files, plain_rules
from podio_web.site_builder.headers import FOR_EVER, file_headers


@contextmanager
def page_site(folder: Path, headers: Mapping[str, str]) -> Iterator[str]:
    """Serve pages with these headers, and callback pages with theirs. The value is the URL of the site."""
    with _served(Files(folder, plain_rules(headers), html=True, compress=False)) as url:
        yield url


@contextmanager
def cdn(folder: Path) -> Iterator[str]:
    """Serve files to pages of every origin. The value is the URL of the folder."""
    with _served(Files(folder, lambda path: file_headers(FOR_EVER), compress=False)) as url:
        yield url


@contextmanager
def _served(app: Files) -> Iterator[str]:
    running = Background(lambda listener: quiet_config(app), "test-folder")
    try:
        yield running.url
    finally:
        running.stop()
