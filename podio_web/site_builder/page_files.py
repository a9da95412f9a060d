"""What belongs to a page: the one list that everything made for pages, and the tests of it, are made from.

A name stands for a module, or for a package with everything in it.
"""

from __future__ import annotations

from pathlib import Path

import podio_web

PACKAGE = Path(podio_web.__file__).parent

IN_PAGES: tuple[str, ...] = (
    "podio_web.auth",
    "podio_web.client",
    "podio_web.errors",
    "podio_web.events",
    "podio_web.http",
    "podio_web.oauth",
    "podio_web.options",
    "podio_web.runtime",
    "podio_web.sender",
    "podio_web.stores.memory",
    "podio_web.stores.podio_js_session",
    "podio_web.stores.text",
    "podio_web.stores.web_storage",
    "podio_web.transports.fetch",
)
"""What a page imports, at once or late."""

NOT_IN_PAGES: tuple[str, ...] = (
    # Clients with a secret:
    "podio_web.auth.grant_auth",
    "podio_web.auth.grants_in_page",
    "podio_web.auth.stored_session",
    "podio_web.auth.token_request",
    "podio_web.oauth.grants",
    # SyncPodio:
    "podio_web.runtime.blocking",
    "podio_web.runtime.page_blocking",
    "podio_web.runtime.run_blocking",
    "podio_web.runtime.threads",
    "podio_web.runtime.turns",
    # Only type checkers read it:
    "podio_web.runtime.protocols",
)
"""What of ``IN_PAGES`` a page does without."""

IN_SCRIPT_TAGS: tuple[str, ...] = ("podio_web.script_tag",)
"""What the client of a script tag has besides."""

NOT_IN_SCRIPT_TAGS: tuple[str, ...] = (
    "podio_web.http.json_depth",  # Pyodide's
    "podio_web.runtime.cpython",
    "podio_web.runtime.worker",  # a script tag starts MicroPython in the page itself
)
"""What of ``IN_PAGES`` the client of a script tag does without."""

STAND_INS = {"podio_web.options": "options"}
"""Modules that the client of a script tag has in another form, of ``podio_web.site_builder.stand_ins``."""


def page_files(*, script_tag: bool = False) -> dict[str, Path]:
    """Return the file of every module that belongs to a page, by its path in the page archive.

    ``script_tag``: those of the client that ``podio-web.js`` starts, instead of those that a page imports itself.

    >>> list(page_files())[0]
    'podio_web/__init__.py'
    """
    wanted, unwanted = IN_PAGES, NOT_IN_PAGES
    others: dict[str, str] = {}
    if script_tag:
        wanted, unwanted, others = wanted + IN_SCRIPT_TAGS, unwanted + NOT_IN_SCRIPT_TAGS, STAND_INS
    files = {path.relative_to(PACKAGE.parent).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    modules = {path for path in files if _is_one_of(path, wanted) and not _is_one_of(path, unwanted)}
    packages = {f"{folder.as_posix()}/__init__.py" for path in modules for folder in Path(path).parents}
    found = {path: file for path, file in files.items() if path in modules | packages}
    return found | {_path(name): Path(__file__).parent / "stand_ins" / f"{file}.py" for name, file in others.items()}


def _is_one_of(path: str, names: tuple[str, ...]) -> bool:
    """Tell whether a file is one of the modules, or in one of the packages, of ``names``."""
    return any(path == _path(name) or path.startswith(f"{name.replace('.', '/')}/") for name in names)


def _path(module: str) -> str:
    return f"{module.replace('.', '/')}.py"
