"""Change MicroPython's own loader, ``micropython.mjs``, for a page that waits for it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..interpreters import BuildError

_FIND_NAME = "try{FS.lookupNode(dir,name);return 20}catch(e){}"

CHANGES = {
    # loadMicroPython takes no Emscripten settings, so it fetches the WebAssembly only after its own script has loaded.
    # With this change, loadMicroPython({module}) takes them, and a page passes what it has compiled already
    # (https://emscripten.org/docs/api_reference/module.html#Module.instantiateWasm).
    r"let Module=\{locateFile:": r"let Module={...options?.module,locateFile:",
    # A start makes twenty folders and devices. To check that a name is free, it catches an exception each time. For the
    # line numbers, Chromium then parses each function on the stack again, which takes longer than the rest.
    re.escape(_FIND_NAME): f"if(dir.contents){{if(Object.hasOwn(dir.contents,name))return 20}}else {_FIND_NAME}",
    # Nearly all of the script is one function. If it is in parentheses, Chromium compiles it during the download, in
    # another thread. Otherwise Chromium compiles it when the page calls it (https://v8.dev/blog/preparser#pife).
    r"async function (\w+)(\(moduleArg=\{\}\)\{.*return moduleRtn\})": r"const \1=(async function\2);",
    # Two checks of a debug build. One asks whether the browser is too old, but then the WebAssembly does not compile
    # anyway. The other defines an error for each of 385 names that are not exported.
    r"!function\(\)\{function humanReadableVersionToPacked.*?\}\(\);(?=var Module=)": "",
    r'\["[\w",$]*"\]\.forEach\(unexportedRuntimeSymbol\);': "",
    r'\["[\w",$]*"\]\.forEach\(function\(sym\)\{unexportedRuntimeSymbol\(sym\)\}\);': "",
}
"""Patterns of what is replaced in ``micropython.mjs``, and the replacements."""

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
"""Functions that only check how MicroPython was built. Their calls can be left out."""

# Names on globalThis that several interpreters in one page would share.
_SHARED = re.compile(r"\bglobalThis\.(proxy_js_\w+|pyProxyFinalizationRegistry|Module)\b")
# The text before loadMicroPython, loadMicroPython, the code that runs a program under node, and the text after it. The
# pattern matches only at the start, because a failing search at every position would take a minute.
_PARTS = (
    r"\A(.*)export default \w+;export (async function loadMicroPython\(.*)"
    r"if\(globalThis\.loadMicroPython=loadMicroPython,.*?\}\(\)\}(?=class PyProxy\b)(.*)"
)


def for_pages(micropython: str) -> str:
    """Return the text of ``micropython.mjs`` for pages.

    It starts sooner. A page may have several interpreters, because they share no names. Only ``loadMicroPython`` is
    exported. Raises BuildError unless each pattern matches once.

    >>> "export default" in for_pages(text)
    False
    """
    text = changed(micropython, CHANGES)
    # Everything is put into one function, whose variables are the names that were shared.
    names = ",".join(dict.fromkeys(_SHARED.findall(text)))
    text = changed(text, {_PARTS: r"\1\2\3"})
    body = changed(_SHARED.sub(r"\1", text), {"let Module=": "Module="}).rstrip()
    return (
        f"const loadMicroPython=(async function(options){{let {names};{body};return loadMicroPython(options)}});"
        "export{loadMicroPython};\n"
    )


def for_script_tag(micropython: str) -> str:
    """Return the text of ``micropython.mjs`` for script tags, which pass the WebAssembly. Raises BuildError.

    >>> "ENVIRONMENT_IS_NODE=false" in for_script_tag(text)
    True
    """
    return changed(for_pages(micropython), FOR_SCRIPT_TAGS)


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Return a text in which patterns are replaced. Raises BuildError unless each pattern matches once.

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
