"""Write JSON that means the same on CPython, Pyodide and MicroPython.

MicroPython's ``json`` writes sets, bytes and NaN without an error.
https://www.rfc-editor.org/rfc/rfc8259
"""

import json

from podio_web.runtime.interpreter import MICROPYTHON, attribute_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEEPEST = 50
"""The most levels of lists and dicts that are sent, limited by MicroPython. Podio's own data has about ten."""

_UPLOAD = ". Upload a file with Files(podio).upload(...) from podio_web.files"
_CONVERT = (
    ". Convert it first: a date to text, a set to a list, a JavaScript object with json.loads(js.JSON.stringify(...))"
)

# Open files and paths; then what the browser reads or writes bytes with, and elements that hold files.
_OF_FILES = ("read", "__fspath__", "arrayBuffer", "byteLength", "getReader", "getFile", "files", "elements")
_JS_FILES = ("FormData", "FileList")


def to_json(data: "Any", name: str = "data") -> str:
    """Return ``data`` as JSON text. It may hold dicts, lists, tuples, text, numbers, booleans and None.

    ``name`` is the name of ``data`` in errors. Raises TypeError for any other type, and ValueError for NaN, an
    infinity, or more than 50 levels. Both errors say where the value is.

    >>> to_json({"fields": {"title": "Paint the fence"}})
    '{"fields":{"title":"Paint the fence"}}'
    """
    try:
        text = json.dumps(_checked(data, name, 0), separators=(",", ":"))
    except RuntimeError:  # MicroPython's stack is small, and the caller may have used most of it
        raise ValueError(too_deep(name)) from None
    return escape_halves(text) if MICROPYTHON else text


def is_finite(number: float) -> bool:
    """Return whether a number is neither NaN nor an infinity.

    >>> is_finite(float("nan"))
    False
    """
    return -float("inf") < number < float("inf")


def _checked(value: "Any", where: str, depth: int) -> "Any":
    """Return ``value`` as plain dicts and lists, because MicroPython would write a named tuple as its ``repr``."""
    if value is None or isinstance(value, (str, int, bool)):  # in MicroPython a bool is not an int
        return value
    if isinstance(value, float):
        if not is_finite(value):
            raise ValueError(f"{where} is {value}, which JSON cannot represent")
        return value
    if depth > DEEPEST:
        raise ValueError(too_deep(where.partition("[")[0]))
    if isinstance(value, dict):
        found = {key_text(key, where): _checked(each, f"{where}[{key!r}]", depth + 1) for key, each in value.items()}
        if len(found) < len(value):
            raise ValueError(f"{where} has the same key twice: as text and as a number")
        return found
    if isinstance(value, (list, tuple)):
        return [_checked(each, f"{where}[{index}]", depth + 1) for index, each in enumerate(value)]
    raise TypeError(f"{where} is of type {kind_of(value)}, which JSON cannot represent{instead_of(value) or _CONVERT}")


def kind_of(value: "Any") -> str:
    """Return the name of a value's type. For a JavaScript object this is its JavaScript class.

    >>> kind_of({1, 2})
    'set'
    """
    name = _js_class(value)
    return name if isinstance(name, str) else type(value).__name__


def instead_of(value: "Any") -> str:
    """Return the part of an error that says how to send a file, or an empty text if the value is not like a file.

    >>> instead_of(b"%PDF")
    '. Upload a file with Files(podio).upload(...) from podio_web.files'
    """
    is_file = isinstance(value, (bytes, bytearray, memoryview)) or _js_class(value) in _JS_FILES
    return _UPLOAD if is_file or any(attribute_of(value, name) is not None for name in _OF_FILES) else ""


def _js_class(value: "Any") -> "Any":
    # No type of Python has this attribute. So no browser's class is needed here.
    return attribute_of(attribute_of(value, "constructor"), "name")


def key_text(key: "Any", where: str) -> str:
    """Return the key of a dict as text. Raises TypeError if it is neither text nor a whole number.

    >>> key_text(5001, "data")
    '5001'
    """
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(f"{where} has a key of type {type(key).__name__}. Use text or a whole number")
    # str() would return the name of a member of an enumeration of texts.
    return key[:] if isinstance(key, str) else str(int(key))


def too_deep(name: str) -> str:
    """Return the message for data that is nested too deep.

    >>> too_deep("data")
    'data has more than 50 levels of lists and dicts, or contains itself'
    """
    return f"{name} has more than {DEEPEST} levels of lists and dicts, or contains itself"


def escape_halves(text: str) -> str:
    """Return a text with its surrogates as escapes, because a browser's text cannot hold a lone surrogate.

    CPython's ``json`` writes them so. MicroPython's does not.

    >>> escape_halves("\\ud83d")
    '\\\\ud83d'
    """
    # The first byte of every surrogate, and of some letters. CPython needs the arguments, and MicroPython ignores them.
    if b"\xed" not in text.encode("utf-8", "surrogatepass"):
        return text
    return "".join(f"\\u{ord(each):04x}" if 0xD800 <= ord(each) <= 0xDFFF else each for each in text)
