"""Change MicroPython's own loader, ``micropython.mjs``, for a page that waits for it."""

from __future__ import annotations

_FIND_NAME = "try{FS.lookupNode(dir,name);return 20}catch(e){}"

CHANGES = (
    # loadMicroPython takes no Emscripten settings, so it would begin to fetch the WebAssembly only after it has come
    # itself. Now loadMicroPython({module}) takes them: a page hands in what it has compiled already
    # (https://emscripten.org/docs/api_reference/module.html#Module.instantiateWasm).
    ("let Module={locateFile:", "let Module={...options?.module,locateFile:"),
    # A start makes twenty folders and devices. Whether a name is free was asked by catching what is thrown then, and
    # Chromium parses each function on the way of a throw once more, to know the line: that took longer than the rest.
    (_FIND_NAME, "if(dir.contents){if(Object.hasOwn(dir.contents,name))return 20}else " + _FIND_NAME),
)
"""What is written in ``micropython.mjs``, and what stands there instead."""


def for_pages(micropython: str) -> str:
    """Return the text of ``micropython.mjs``, changed so that a page starts it sooner; it does the same as before.

    What is not in the text once is left alone: the page then only starts later.

    >>> for_pages("let Module={locateFile:1}")
    'let Module={...options?.module,locateFile:1}'
    """
    for written, instead in CHANGES:
        if micropython.count(written) == 1:
            micropython = micropython.replace(written, instead)
    return micropython
