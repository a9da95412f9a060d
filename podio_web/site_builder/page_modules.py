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
"""What every page has: what it imports, at once or late."""

OPTIONAL_PARTS: dict[str, tuple[str, ...]] = {
    "files": (
        "podio_web.files",
        "podio_web.runtime.blobs",
        "podio_web.runtime.elements",
        "podio_web.script_tag.js_files",
        "podio_web.transports.page_files",
    ),
    "live": (
        "podio_web.live",
        "podio_web.runtime.held_lock",
        "podio_web.runtime.network",
        "podio_web.runtime.page_network",
        "podio_web.script_tag.js_live",
    ),
}
"""What a page has only if it asks for it, by the names of the parts. Each part has an archive of its own."""

NOT_IN_PAGES: tuple[str, ...] = (
    # Clients with a secret:
    "podio_web.auth.grant_auth",
    "podio_web.auth.grants_in_page",
    "podio_web.auth.stored_session",
    "podio_web.auth.token_request",
    "podio_web.oauth.grants",
    # SyncPodio, SyncFiles and SyncLive:
    "podio_web.files.path_sink",
    "podio_web.files.sync_files",
    "podio_web.runtime.blocking",
    "podio_web.runtime.page_blocking",
    "podio_web.runtime.run_blocking",
    "podio_web.runtime.threads",
    "podio_web.runtime.turns",
    "podio_web.live.sync_live",
    # Live updates on CPython:
    "podio_web.runtime.no_network",
    # Only type checkers read them:
    "podio_web.live.protocols",
    "podio_web.runtime.protocols",
)
"""What of ``IN_PAGES`` and of the parts a page does without."""

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


WITHOUT_PARTS = {"podio_web.files": "no_files"}
"""Modules of ``podio_web.site_builder.stand_ins`` that say which part is missing. The part's package hides them."""


def page_files(part: str | None = None, *, script_tag: bool = False) -> dict[str, Path]:
    """Return the file of every module that belongs to a page, by its path in the page archive.

    ``part``: those of this optional part, instead of those that every page has. ``script_tag``: those of the client
    that ``podio-web.js`` starts, instead of those that a page imports itself.

    >>> list(page_files())[0]
    'podio_web/__init__.py'
    """
    if part is not None:
        return _files(OPTIONAL_PARTS[part], NOT_IN_PAGES + (() if script_tag else IN_SCRIPT_TAGS))
    unwanted = NOT_IN_PAGES + tuple(name for names in OPTIONAL_PARTS.values() for name in names)
    if script_tag:
        wanted, unwanted, others = IN_PAGES + IN_SCRIPT_TAGS, unwanted + NOT_IN_SCRIPT_TAGS, STAND_INS
    else:
        wanted, others = IN_PAGES, WITHOUT_PARTS
    found = _files(wanted, unwanted)
    folders = {folder.as_posix() for path in found for folder in Path(path).parents}
    packages = {f"{folder}/__init__.py": PACKAGE.parent / folder / "__init__.py" for folder in sorted(folders - {"."})}
    stand_ins = {_path(name): Path(__file__).parent / "stand_ins" / f"{file}.py" for name, file in others.items()}
    # A package comes before what is in it.
    return dict(sorted({**found, **packages}.items())) | stand_ins


def module_name(path: str) -> str:
    """Return the name of a module by its path.

    >>> module_name("podio_web/http/__init__.py")
    'podio_web.http'
    """
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _files(wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> dict[str, Path]:
    """Return the files of all modules of ``wanted`` but those of ``unwanted``, by their paths in the page archive."""
    files = {path.relative_to(PACKAGE.parent).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    return {path: file for path, file in files.items() if _is_one_of(path, wanted) and not _is_one_of(path, unwanted)}


def _is_one_of(path: str, names: tuple[str, ...]) -> bool:
    """Tell whether a file is one of the modules, or in one of the packages, of ``names``."""
    return any(path == _path(name) or path.startswith(f"{name.replace('.', '/')}/") for name in names)


def _path(module: str) -> str:
    return f"{module.replace('.', '/')}.py"
