"""Change MicroPython's own loader, ``micropython.mjs``, for a page that waits for it."""

from __future__ import annotations

import re

_FIND_NAME = "try{FS.lookupNode(dir,name);return 20}catch(e){}"

CHANGES = {
    # loadMicroPython takes no Emscripten settings, so it would begin to fetch the WebAssembly only after it has come
    # itself. Now loadMicroPython({module}) takes them: a page hands in what it has compiled already
    # (https://emscripten.org/docs/api_reference/module.html#Module.instantiateWasm).
    r"let Module=\{locateFile:": r"let Module={...options?.module,locateFile:",
    # A start makes twenty folders and devices. Whether a name is free was asked by catching what is thrown then, and
    # Chromium parses each function on the way of a throw once more, to know the line: that took longer than the rest.
    re.escape(_FIND_NAME): f"if(dir.contents){{if(Object.hasOwn(dir.contents,name))return 20}}else {_FIND_NAME}",
    # Nearly all of it is one function. In parentheses, Chromium compiles that while it downloads, beside the page;
    # else it does when the page calls it (https://v8.dev/blog/preparser#pife).
    r"async function (\w+)(\(moduleArg=\{\}\)\{.*return moduleRtn\})": r"const \1=(async function\2);",
    # npm's MicroPython helps those who build one. It asks whether the browser is too old, which is seen when its
    # WebAssembly does not compile; and it sets a trap for each of 385 names that it does not export.
    r"!function\(\)\{function humanReadableVersionToPacked.*?\}\(\);(?=var Module=)": "",
    r'\["[\w",$]*"\]\.forEach\(unexportedRuntimeSymbol\);': "",
    r'\["[\w",$]*"\]\.forEach\(function\(sym\)\{unexportedRuntimeSymbol\(sym\)\}\);': "",
}
"""What is written in ``micropython.mjs``, as patterns, and what stands there instead."""


# Names that every interpreter of npm's file keeps on globalThis, and so takes from the one before it.
_SHARED = re.compile(r"\bglobalThis\.(proxy_js_\w+|pyProxyFinalizationRegistry|Module)\b")
# What comes before loadMicroPython, its text, what runs a program under node, and what comes behind.
_PARTS = re.compile(
    r"(.*)export default \w+;export (async function loadMicroPython\(.*)"
    r"if\(globalThis\.loadMicroPython=loadMicroPython,.*?\}\(\)\}(?=class PyProxy\b)(.*)",
    re.DOTALL,
)


def for_pages(micropython: str) -> str:
    """Return the text of ``micropython.mjs`` for pages.

    A page starts it sooner. Each interpreter has names of its own, so several of them may be in one page. Only
    ``loadMicroPython`` is exported. What is not in the text once is left alone.

    >>> for_pages("let Module={locateFile:1}")
    'let Module={...options?.module,locateFile:1}'
    """
    for written, instead in CHANGES.items():
        changed, count = re.subn(written, instead, micropython, flags=re.DOTALL)
        if count == 1:
            micropython = changed
    return _with_own_names(micropython)


def _with_own_names(micropython: str) -> str:
    """Put everything into one function, which holds the names that were shared."""
    parts = _PARTS.fullmatch(micropython)
    if parts is None:
        return micropython
    names = ",".join(dict.fromkeys(_SHARED.findall(micropython)))
    body = _SHARED.sub(r"\1", "".join(parts.groups())).replace("let Module=", "Module=").rstrip()
    return (
        f"const loadMicroPython=(async function(options){{let {names};{body};return loadMicroPython(options)}});"
        "export{loadMicroPython};\n"
    )
