"""The browser APIs that the product touches, as they are found in its source, and where a test breaks each of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import podio_web

PACKAGE = Path(podio_web.__file__).parent
FOLDERS = ("runtime", "script_tag", "stores", "transports")

# ECMAScript's own, which are not browser APIs: https://tc39.es/ecma262/#sec-global-object
BUILT_IN = {
    "Array",
    "Boolean",
    "Int32Array",
    "JSON",
    "Object",
    "Promise",
    "Reflect",
    "Uint8Array",
    "WeakMap",
    "undefined",
}
# No page can replace them: https://webidl.spec.whatwg.org/#LegacyUnforgeable
UNFORGEABLE = {"document", "location"}
# What these hold is made by the language, by Pyodide, or by our own loader.
NOT_OF_THE_BROWSER = {
    *("js_array", "js_body", "js_buffer", "js_bytes", "js_chunk", "js_function", "js_host", "js_object"),
    *("js_parts", "js_piece", "js_result", "js_turns"),
}
OF_THE_LANGUAGE = {"apply", "bind", "call", "catch", "new", "prototype", "split", "then"}

# Functions that read a property: an object and a name. Those that are given a name only, and where that is looked for.
READERS = {"look", "getattr", "hasattr", "js.Reflect.get", "quietly", "read"}
FINDERS = {
    "construct": "",
    "made": "",
    "called": "",
    "of_document": "document.",
    "WebStorage": "",
    "self._call": "js_storage.",
}
# Names that a caller says, or the table of what a page has, or that are our own.
SAID_ELSEWHERE = {"name", "method", "place", "member", "key"}
TABLE = "_OF_A_PAGE"


def touched() -> set[str]:
    """Return the APIs that the source touches, such as `fetch`, `navigator.locks` and `js_response.status`.

    A name begins with a property of the page's window, or with a variable, whose name begins with `js_`. A star stands
    for a name that is known at run time only.
    """
    found: set[str] = set()
    for folder in FOLDERS:
        for path in sorted((PACKAGE / folder).glob("*.py")):
            source = path.read_text(encoding="utf-8")
            # CPython's own modules may have functions with the same names.
            if "import js" in source or "js_" in source:
                found.update(touched_in(source))
    return found


def touched_in(source: str) -> Iterator[str]:
    """Yield the APIs that a module touches."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == TABLE:
            for place, member in ast.literal_eval(node.value):
                if place not in UNFORGEABLE or place == "document":
                    yield f"{place}.{member}".removeprefix("window.")
        name = _name_of(node)
        if not name or isinstance(getattr(node, "ctx", None), ast.Store):
            continue
        root, dot, _ = name.partition(".")
        is_known = root in BUILT_IN | NOT_OF_THE_BROWSER or name in UNFORGEABLE or root == "location"
        if not is_known and (dot or not root.startswith("js_")):
            yield name


def _name_of(node: ast.AST) -> str | None:
    """Return what an expression is called here: "" for the page's window, None if it holds nothing of JavaScript."""
    if isinstance(node, ast.Name):
        return _variable(node.id)
    if isinstance(node, ast.Attribute):
        return _variable(node.attr) or _member(_name_of(node.value), node.attr)
    if not isinstance(node, ast.Call):
        return None
    function = ast.unparse(node.func)
    if function in READERS or (function in FINDERS and node.args):
        return _said(function, node.args)
    return _name_of(node.args[0] if function == "or_none" else node.func)


def _variable(name: str) -> str | None:
    if name == "js":
        return ""
    return name.lstrip("_") if name.lstrip("_").startswith("js_") else None


def _member(owner: str | None, name: str) -> str | None:
    if owner is None or name in OF_THE_LANGUAGE or (not owner and name in ("window", "globalThis")):
        return owner
    return f"{owner}.{name}" if owner else name


def _said(function: str, arguments: list[ast.expr]) -> str | None:
    """Return what a function of the bridge is asked for."""
    word = arguments[0 if function in FINDERS else 1]
    if isinstance(word, ast.Name) and word.id in SAID_ELSEWHERE:
        return None
    text = str(word.value) if isinstance(word, ast.Constant) else "*"
    return FINDERS[function] + text if function in FINDERS else _member(_name_of(arguments[0]), text)


FUNCTION = ("throws", "returns null", "returns an object", "is null")
PROMISING = (*FUNCTION, "never answers", "rejects")
CLASS = ("throws", "returns an object", "is null")
VALUE = ("cannot be read", "is null", "is an object")

PLACES = {
    "AbortController": ("window", CLASS),
    "BroadcastChannel": ("window", CLASS),
    "Headers": ("window", CLASS),
    "TextDecoder": ("window", CLASS),
    "TextDecoder.decode": ("TextDecoder.prototype", FUNCTION),
    "URL": ("window", CLASS),
    "addEventListener": ("window", FUNCTION),
    "clearTimeout": ("window", FUNCTION),
    "console": ("window", VALUE),
    "console.*": ("console", FUNCTION),
    "crossOriginIsolated": ("window", VALUE),
    "crypto": ("window", VALUE),
    "crypto.getRandomValues": ("Crypto.prototype", FUNCTION),
    "document.addEventListener": ("document", FUNCTION),
    "document.baseURI": ("Node.prototype", VALUE),
    "document.hasFocus": ("Document.prototype", FUNCTION),
    "fetch": ("window", PROMISING),
    "history": ("window", VALUE),
    "history.replaceState": ("History.prototype", FUNCTION),
    "history.state": ("History.prototype", VALUE),
    "js_abort.abort": ("AbortController.prototype", FUNCTION),
    "js_abort.signal": ("AbortController.prototype", VALUE),
    "js_channel.addEventListener": ("BroadcastChannel.prototype", FUNCTION),
    "js_channel.close": ("BroadcastChannel.prototype", FUNCTION),
    "js_channel.postMessage": ("BroadcastChannel.prototype", FUNCTION),
    "js_channel.removeEventListener": ("BroadcastChannel.prototype", FUNCTION),
    "js_event.data": ("MessageEvent.prototype", VALUE),
    "js_event.key": ("StorageEvent.prototype", VALUE),
    "js_event.newValue": ("StorageEvent.prototype", VALUE),
    "js_event.origin": ("MessageEvent.prototype", VALUE),
    "js_event.source": ("MessageEvent.prototype", VALUE),
    "js_headers.get": ("Headers.prototype", FUNCTION),
    "js_locks.request": ("LockManager.prototype", PROMISING),
    "js_response.arrayBuffer": ("Response.prototype", PROMISING),
    "js_response.headers": ("Response.prototype", VALUE),
    "js_response.redirected": ("Response.prototype", VALUE),
    "js_response.status": ("Response.prototype", VALUE),
    "js_storage.getItem": ("Storage.prototype", FUNCTION),
    "js_storage.key": ("Storage.prototype", FUNCTION),
    "js_storage.length": ("Storage.prototype", VALUE),
    "js_storage.removeItem": ("Storage.prototype", FUNCTION),
    "js_storage.setItem": ("Storage.prototype", FUNCTION),
    "js_url.origin": ("URL.prototype", VALUE),
    "js_url.pathname": ("URL.prototype", VALUE),
    "js_value.window": ("popup", VALUE),
    "js_window.close": ("popup", FUNCTION),
    "js_window.closed": ("popup", VALUE),
    "js_window.focus": ("popup", FUNCTION),
    "js_window.location": ("popup", VALUE),
    "js_window.location.href": ("popup.location", VALUE),
    "js_window.location.replace": ("popup.location", FUNCTION),
    "js_window.parent": ("popup", VALUE),
    "js_window.postMessage": ("popup", FUNCTION),
    "js_window.window": ("popup", VALUE),
    "localStorage": ("window", VALUE),
    "navigator": ("window", VALUE),
    "navigator.locks": ("Navigator.prototype", VALUE),
    "navigator.onLine": ("Navigator.prototype", VALUE),
    "open": ("window", FUNCTION),
    "origin": ("window", VALUE),
    "outerHeight": ("window", VALUE),
    "outerWidth": ("window", VALUE),
    "performance": ("window", VALUE),
    "performance.now": ("Performance.prototype", FUNCTION),
    "removeEventListener": ("window", FUNCTION),
    "screenX": ("window", VALUE),
    "screenY": ("window", VALUE),
    "sessionStorage": ("window", VALUE),
    "setTimeout": ("window", FUNCTION),
}
"""Where a page breaks each API, an expression of JavaScript, and the faults that it may have. `popup` is what
`window.open` returns."""

BLOCKING = {
    "URL.href": ("URL.prototype", VALUE),
    "XMLHttpRequest": ("window", CLASS),
    "js_xhr.getAllResponseHeaders": ("XMLHttpRequest.prototype", FUNCTION),
    "js_xhr.open": ("XMLHttpRequest.prototype", FUNCTION),
    "js_xhr.responseText": ("XMLHttpRequest.prototype", VALUE),
    "js_xhr.responseURL": ("XMLHttpRequest.prototype", VALUE),
    "js_xhr.send": ("XMLHttpRequest.prototype", FUNCTION),
    "js_xhr.setRequestHeader": ("XMLHttpRequest.prototype", FUNCTION),
    "js_xhr.status": ("XMLHttpRequest.prototype", VALUE),
}
"""The same for what `SyncPodio` alone touches."""

FILES = {
    "Blob": ("window", CLASS),
    "FormData": ("window", CLASS),
    "URL.createObjectURL": ("URL", FUNCTION),
    "URL.revokeObjectURL": ("URL", FUNCTION),
    "createImageBitmap": ("window", PROMISING),
    "document.createElement": ("Document.prototype", FUNCTION),
    "js_bitmap.close": ("ImageBitmap.prototype", FUNCTION),
    "js_bitmap.height": ("ImageBitmap.prototype", VALUE),
    "js_bitmap.width": ("ImageBitmap.prototype", VALUE),
    "js_blob.name": ("File.prototype", VALUE),
    "js_blob.size": ("Blob.prototype", VALUE),
    "js_blob.slice": ("Blob.prototype", FUNCTION),
    "js_canvas.getContext": ("HTMLCanvasElement.prototype", FUNCTION),
    "js_canvas.toBlob": ("HTMLCanvasElement.prototype", FUNCTION),
    "js_context.drawImage": ("CanvasRenderingContext2D.prototype", FUNCTION),
    "js_event.type": ("Event.prototype", VALUE),
    "js_form.append": ("FormData.prototype", FUNCTION),
    "js_image.addEventListener": ("HTMLImageElement.prototype", FUNCTION),
    "js_image.naturalWidth": ("HTMLImageElement.prototype", VALUE),
    "js_image.removeEventListener": ("HTMLImageElement.prototype", FUNCTION),
    "js_link.click": ("HTMLAnchorElement.prototype", FUNCTION),
    "js_part.arrayBuffer": ("Blob.prototype", PROMISING),
    "js_reader.read": ("ReadableStreamDefaultReader.prototype", PROMISING),
    "js_response.body": ("Response.prototype", VALUE),
    "js_response.headers.get": ("Headers.prototype", FUNCTION),
    "js_xhr.abort": ("XMLHttpRequest.prototype", FUNCTION),
    "js_xhr.response": ("XMLHttpRequest.prototype", VALUE),
    "js_xhr.upload": ("XMLHttpRequest.prototype", VALUE),
}
"""The same for what files touch, besides the XMLHttpRequest of ``BLOCKING``."""

ELSEWHERE = {
    "document.visibilityState": "a tab that cannot read it counts as hidden: tests/unit/test_live_sharing.py",
    "queueMicrotask": "the event loop of the MicroPython that podio-web.js starts, and nothing else",
    "WorkerGlobalScope": "only whether it is there: tests/browser/test_workers.py",
}
"""APIs that are not broken in a page, and why."""

UNMENDABLE = {
    # Both interpreters read every longer text in their own memory with it.
    ("TextDecoder.decode", "pyodide"): FUNCTION,
    ("TextDecoder.decode", "mpy"): FUNCTION,
    # MicroPython's own event loop runs by a timer, which it sets anew whenever a task is made.
    ("clearTimeout", "mpy"): ("throws", "is null"),
    ("setTimeout", "mpy"): FUNCTION,
}
"""Faults that stop the interpreter itself, by API and interpreter, and why."""

NOISE = {
    # A timer that was stopped, but still fires when its function is gone.
    "clearTimeout": "Object has already been destroyed",
    # Pyodide's own event loop reads it too.
    "js_event.data": "A test broke this",
}
"""What a fault makes browsers report, as a regular expression: it harms nobody."""
