"""Make the MicroPython that ``static/podio-web.js`` loads: one that has started and imported the whole of podio_web.

In a page a WebAssembly module is slowest when it has just come, because each of its functions is compiled when it is
first called. Starting MicroPython and importing a package there took longer than everything else between the page's
first script and its first call. Here both are done once, under node. binaryen links that memory to the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..bundle import files_as_json
from ..interpreters import BINARYEN, MICROPYTHON
from ..node import written_by_node
from ..page_files import module_name
from .bytecode import modules

SCRIPT = Path(__file__).with_name("started.mjs")
INVOKE = Path(__file__).with_name("invoke.wat")

# The modules are files under node, and none are in the page: what Python needs of them is in memory.
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

# Bytes. MicroPython would collect after each 16 kB, which is several times in a start and in a call.
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
"""What a start does without, by the names that podio-web.js has for it.

podio-web.js writes a part into the file system of a MicroPython that has started. "sign_in" comes when the page has
come to rest, or before it is ready if nobody is signed in or a redirect response may be there. "retry_after" comes when
Podio first says when to try again, and "podio_js" if the page uses it. The optional parts of
``podio_web.site_builder.page_files`` come later too.
"""

# An object of MicroPython's may have any attribute, and nothing imports all names of a module.
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

    Args: ``node_modules`` holds MicroPython's and binaryen's npm packages; ``sources`` are texts by paths, as of
    ``page_sources``; those of ``PARTS`` are left out. ``invoke`` is the WebAssembly text that replaces JavaScript's
    part in jumps; tests hand in another. The same sources always give the same bytes. Raises BuildError, naming the
    remedy, if node or a package is missing or does not do it.

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
    """Return ``sources`` as MicroPython imports them, without two kinds of lists, of which it makes nothing."""
    without = {path: _LISTS.sub(r"\1pass", source) for path, source in sources.items()}
    return files_as_json(modules(without, with_lines=False))
