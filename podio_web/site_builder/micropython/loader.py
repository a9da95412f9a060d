"""Change MicroPython's own loader, ``micropython.mjs``, for a page that waits for it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..interpreters import BuildError

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

FOR_SCRIPT_TAGS = {
    # It runs in a page, and nowhere else.
    r"ENVIRONMENT_IS_WEB=!!globalThis\.window": "ENVIRONMENT_IS_WEB=true",
    r"ENVIRONMENT_IS_WORKER=!!globalThis\.WorkerGlobalScope": "ENVIRONMENT_IS_WORKER=false",
    r"ENVIRONMENT_IS_NODE=globalThis\.process.*?(?=,ENVIRONMENT_IS_SHELL)": "ENVIRONMENT_IS_NODE=false",
    r"if\(!globalThis\.window&&!globalThis\.WorkerGlobalScope\)throw new Error\(\"not compiled[^\"]*\"\);": "",
    # podio-web.js fetches and compiles the WebAssembly.
    r":\(wasmBinaryFile\?\?=findWasmBinary\(\),.*?\(wasmBinary,wasmBinaryFile,info\)\)\)\}\(\)": ":0}()",
    # WebAssembly is there before any of its functions is called, and catches its own jumps (invoke.wat).
    r"Module\._free=makeInvalidEarlyAccess.*?(?=var _fflush=)": "",
    r"invoke_i:function\(.*?(?=js_check_existing:)": "",
    # Names of errors, for JavaScript. Python has the numbers.
    r"ERRNO_CODES=\{[^}]*\}": "ERRNO_CODES={}",
    # Files come from podio-web.js, which makes folders and writes.
    r"syncfs\(.*?(?=mount\(type)": "",
    r"findObject\(path,dontResolveLastLink\)\{.*?(?=createDevice\(parent)": "",
    r"FS\.createPreloadedFile=.*?(?=FS\.staticInit\(\))": "",
    r"lchmod\(path,mode\)\{.*?(?=doTruncate\(stream)": "",
    r",forceLoadFile\(.*?standardizePath\(\)\{[^}]*\}": "",
}
"""The same for a script tag, whose WebAssembly has started already and has no console."""

CHECKS = ["assert", "checkStackCookie", "consumedModuleProp", "ignoredModuleProp", "makeInvalidEarlyAccess"]
CHECKS += ["unexportedRuntimeSymbol", "warnOnce"]
"""Functions that only check how MicroPython was built; without their calls, it does the same."""

# Names that every interpreter of npm's file keeps on globalThis, and so takes from the one before it.
_SHARED = re.compile(r"\bglobalThis\.(proxy_js_\w+|pyProxyFinalizationRegistry|Module)\b")
# What comes before loadMicroPython, its text, what runs a program under node, and what comes behind. They are looked
# for at the begin of the text only: elsewhere, one that does not match would take a minute.
_PARTS = (
    r"\A(.*)export default \w+;export (async function loadMicroPython\(.*)"
    r"if\(globalThis\.loadMicroPython=loadMicroPython,.*?\}\(\)\}(?=class PyProxy\b)(.*)"
)


def for_pages(micropython: str) -> str:
    """Return the text of ``micropython.mjs`` for pages.

    A page starts it sooner. Each interpreter has names of its own, so several of them may be in one page. Only
    ``loadMicroPython`` is exported. Raises BuildError if what is to be changed is not there exactly once.

    >>> "export default" in for_pages(text)
    False
    """
    text = changed(micropython, CHANGES)
    # Everything is put into one function, which holds the names that were shared.
    names = ",".join(dict.fromkeys(_SHARED.findall(text)))
    text = changed(text, {_PARTS: r"\1\2\3"})
    body = changed(_SHARED.sub(r"\1", text), {"let Module=": "Module="}).rstrip()
    return (
        f"const loadMicroPython=(async function(options){{let {names};{body};return loadMicroPython(options)}});"
        "export{loadMicroPython};\n"
    )


def for_script_tag(micropython: str) -> str:
    """Return the text of ``micropython.mjs`` for script tags, which hand in the WebAssembly. Raises BuildError.

    >>> "ENVIRONMENT_IS_NODE=false" in for_script_tag(text)
    True
    """
    return changed(for_pages(micropython), FOR_SCRIPT_TAGS)


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Return a text with other ones in the place of patterns; each must match once, or BuildError is raised.

    >>> changed("a=1", {"1": "2"})
    'a=2'
    """
    for written, instead in changes.items():
        text, count = re.subn(written, instead, text, flags=re.DOTALL)
        if count != 1:
            raise BuildError(
                f"micropython.mjs is not as podio_web/site_builder/micropython/loader.py knows it: {count} matches of "
                f"{written[:80]}. Use the version in npm_files.json, or mend the pattern"
            )
    return text
