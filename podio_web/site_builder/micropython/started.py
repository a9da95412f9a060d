"""Make the MicroPython that ``static/podio-web.js`` loads. It has started and imported podio_web already.

A new WebAssembly module is slow in a page, because each function is compiled when it is first called. If a page starts
MicroPython and imports a package, this takes most of the time before the first call. Here both are done once, under
node. binaryen links the resulting memory to the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..bundle import files_as_json
from ..interpreters import BINARYEN, MICROPYTHON
from ..node import written_by_node
from ..page_modules import module_name
from .bytecode import modules

SCRIPT = Path(__file__).with_name("started.mjs")
INVOKE = Path(__file__).with_name("invoke.wat")

# The modules are files only under node. In the page, they are in memory.
PYTHON = """
def start():
    import gc
    import sys
    path = sys.path[:]
    sys.path[:] = ["", ".frozen"]
    gc.threshold(4096)  # what is kept lies together then
    for name in {modules}:
        __import__(name)
    sys.path[:] = path
    gc.threshold({threshold})
start()
del start
"""

# Bytes. By default, MicroPython collects garbage after each 16 kB, which is several times per start and per call.
THRESHOLD = 1 << 20

PARTS = {
    "sign_in": (
        "podio_web/runtime/tab_lock.py",
        "podio_web/runtime/popup_window.py",
        "podio_web/oauth/redirect_response.py",
        "podio_web/oauth/popup_message.py",
        "podio_web/oauth/state.py",
        "podio_web/auth/pending_requests.py",
        "podio_web/auth/popup.py",
        "podio_web/auth/popup_closed.py",
        "podio_web/auth/redirect.py",
        "podio_web/auth/tab_election.py",
        "podio_web/auth/token_user.py",
    ),
    "retry_after": ("podio_web/http/retry_after.py",),
    "podio_js": (
        "podio_web/script_tag/page_store.py",
        "podio_web/script_tag/page_window.py",
        "podio_web/script_tag/podio_js_errors.py",
        "podio_web/script_tag/podio_js.py",
    ),
}
"""The modules that a start does not need, by the names that podio-web.js has for them.

podio-web.js writes them into MicroPython's file system after the start. It loads "sign_in" when the page is idle, or
before the page is ready if nobody is signed in or a redirect response may be there. It loads "retry_after" when Podio
first says when to try again, and "podio_js" if the page uses it. The optional parts of
``podio_web.site_builder.page_modules`` are loaded later too.
"""

# MicroPython ignores __slots__, and nothing imports all names of a module.
_LISTS = re.compile(r"^( *)__(?:slots|all)__ = .*$", re.MULTILINE)

_LATE = frozenset(path for paths in PARTS.values() for path in paths)


def part_modules(name: str, sources: Mapping[str, str]) -> str:
    """Return the modules of a part, compiled for MicroPython, as ``files_as_json`` writes them.

    >>> list(json.loads(part_modules("podio_js", page_sources(script_tag=True))))[0]
    'podio_web/script_tag/page_store.mpy'
    """
    return _as_json({path: source for path, source in sources.items() if path in PARTS[name]})


def started_micropython(node_modules: Path, sources: Mapping[str, str], *, invoke: Path = INVOKE) -> bytes:
    """Return MicroPython's WebAssembly, started, with ``sources`` imported, for its own ``micropython.mjs``.

    Args: ``node_modules`` holds MicroPython's and binaryen's npm packages. ``sources`` are texts by paths, as from
    ``page_sources``. Those of ``PARTS`` are left out. ``invoke`` is the WebAssembly text that replaces JavaScript's
    part in jumps. Tests pass another one. The same sources always give the same bytes. Raises BuildError, which says
    what to do, if node or a package is missing or fails.

    >>> started_micropython(Path("node_modules"), page_sources(script_tag=True))[:4]
    b'\\x00asm'
    """
    early = {path: source for path, source in sources.items() if path not in _LATE}
    files = {
        "modules.json": _as_json(early),
        "start.py": PYTHON.format(modules=["asyncio", *map(module_name, early)], threshold=THRESHOLD),
        "invoke.wat": invoke.read_text(encoding="utf-8"),
    }
    return written_by_node(SCRIPT, [MICROPYTHON.find(node_modules), BINARYEN.find(node_modules)], files)


def _as_json(sources: Mapping[str, str]) -> str:
    """Return ``sources`` as MicroPython imports them, without the two kinds of lists that it does not use."""
    without = {path: _LISTS.sub(r"\1pass", source) for path, source in sources.items()}
    return files_as_json(modules(without, with_lines=False))
