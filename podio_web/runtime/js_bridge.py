"""The differences between Pyodide and MicroPython in calling JavaScript.

Names that start with ``js_`` hold JavaScript objects.
"""

try:
    import js
except ImportError:
    raise ImportError("the browser's objects exist only in a web page") from None

from podio_web.runtime.interpreter import MICROPYTHON, spawn

if MICROPYTHON:  # its proxies need not be destroyed
    from jsffi import create_proxy
else:
    from pyodide.ffi import create_proxy

try:
    from pyodide.ffi import jsnull as jsnull
except ImportError:  # in MicroPython, and in Pyodide before 0.28, null is None
    jsnull = None

_undefined = js.undefined  # in MicroPython an object of its own, in Pyodide None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def or_none(js_value: "Any") -> "Any":
    """Return None for JavaScript's null and undefined, and any other value unchanged.

    >>> or_none(js.undefined) is None
    True
    """
    return None if js_value is None or js_value is jsnull or js_value is _undefined else js_value


def read(js_object: "Any", name: str) -> "Any":
    """Return a property of an object that the page may have replaced. Raises RuntimeError if reading it throws.

    >>> read(js_window, "closed")
    False
    """
    return guarded(js.Reflect.get, None, js_object, name)


def put(js_object: "Any", name: str, value: "Any") -> None:
    """Set a property of an object. Raises RuntimeError if that throws.

    >>> put(js_image, "loading", "eager")
    >>> js_image.loading
    'eager'
    """
    guarded(js.Reflect.set, None, js_object, name, value)


def look(js_object: "Any", name: str) -> "Any":
    """Return a property of an object that may be missing or replaced; None if reading it throws.

    >>> look(js.globalThis, "noSuchName") is None
    True
    """
    try:
        return read(js_object, name)
    except Exception:
        return None


def quietly(js_object: "Any", method: str, *arguments: "Any") -> "Any":
    """Return the result of a browser object's method; None if there is no such method, or it throws.

    >>> quietly(js_channel, "postMessage", "logged_out")
    """
    try:
        return guarded(read(js_object, method), js_object, *arguments)
    except Exception:
        return None


def construct(name: str, *arguments: "Any") -> "Any":
    """Return a new object of a browser's class; None if there is no such class, or it throws.

    >>> js_channel = construct("BroadcastChannel", "podio-web:tabs")
    >>> construct("NoSuchClass") is None
    True
    """
    try:
        return made(name, *arguments)
    except Exception:
        return None


def made(name: str, *arguments: "Any") -> "Any":
    """Return a new object of a browser's class. Raises RuntimeError if there is no such class, or it throws.

    >>> js_headers = made("Headers", js_object({"Accept": "application/json"}))
    >>> js_headers.get("accept")
    'application/json'
    """
    return guarded(js.Reflect.construct, None, browser(name), js.Array.of(*arguments))


def browser(name: str) -> "Any":
    """Return one of the browser's global objects, None if there is none. Raises RuntimeError if reading it throws.

    >>> browser("location").origin
    'https://example.com'
    """
    return read(js.globalThis, name)


def called(name: str, *arguments: "Any") -> "Any":
    """Return the result of one of the browser's global functions. Raises RuntimeError if it throws.

    >>> called("encodeURIComponent", "a b")
    'a%20b'
    """
    return guarded(js.Reflect.apply, None, browser(name), js.globalThis, js.Array.of(*arguments))


def js_object(values: "Mapping[str, Any]") -> "Any":
    """Return a JavaScript object with these properties.

    >>> js_object({"method": "GET"}).method
    'GET'
    """
    js_made = js.Object.new()
    for name, value in values.items():
        js.Reflect.set(js_made, name, value)
    return js_made


def is_offline() -> bool:
    """Return whether the browser says that this device is offline.

    >>> is_offline()
    False
    """
    # Some JavaScript engines have no navigator, and Node's has no onLine.
    return look(look(js.globalThis, "navigator"), "onLine") is False


def own_origin() -> str:
    """Return the document's origin: in a ``srcdoc`` frame that of its parent, in a sandboxed frame "null".

    https://html.spec.whatwg.org/#dom-origin

    >>> own_origin()
    'https://example.com'
    """
    here, own = js.location.origin, look(js.window, "origin")
    is_address_enough = here != "null" and own != "null"
    return here if is_address_enough or not isinstance(own, str) else own


def of_document(name: str) -> "Any":
    """Return a property of the page's document. Raises RuntimeError if reading it throws.

    It is read from the prototype, because an element with the same name replaces the property of the document itself
    (https://html.spec.whatwg.org/#dom-document-nameditem).

    >>> of_document("baseURI")
    'https://example.com/'
    """
    return guarded(js.Reflect.get, None, js.Reflect.getPrototypeOf(js.document), name, js.document)


def same_object(js_one: "Any", js_other: "Any") -> bool:
    """Return whether two JavaScript values are the same object.

    >>> same_object(js.window, js.globalThis)
    True
    """
    return bool(getattr(js.Object, "is")(js_one, js_other))


def guarded(js_function: "Any", *arguments: "Any") -> "Any":
    """Return the result of a JavaScript function. Raises RuntimeError if it throws.

    Use it for functions that may throw synchronously, such as those of a blocked or full storage. If JavaScript throws
    through MicroPython's stack, the running task ends silently. So the exception must be caught in JavaScript, but a
    strict Content-Security-Policy forbids a ``try`` there. An exception in a promise's executor becomes a rejection
    (https://tc39.es/ecma262/#sec-promise-executor), and ``Object.assign`` runs a getter.

    >>> guarded(js_storage.setItem, js_storage, "key", "text")     # the function, its this, its arguments
    >>> guarded(js_storage.getItem, js_storage, "key")
    'text'
    """
    js_result = _result_of(js_function, *arguments)
    # MicroPython binds a function to the object that it is an attribute of. Pyodide turns a promise that a function
    # returns into a future, which fails for a value that is not an error.
    return or_none(js.Reflect.get(js_result, "value") if MICROPYTHON else js_result.value)


def _result_of(js_function: "Any", *arguments: "Any") -> "Any":
    """Return an object whose ``value`` is the result of a JavaScript function. Raises RuntimeError if it throws."""
    js_source, js_property, js_result = js.Object.new(), js.Object.new(), js.Object.new()
    js_property.get = js_function.bind(*arguments)
    js_property.enumerable = True
    js.Object.defineProperty(js_source, "value", js_property)
    js_promise = js.Promise.new(js.Object.assign.bind(None, js_result, js_source))
    # Handle the rejection here, so that the console does not report it.
    js_promise.catch(js.Boolean)
    if not js.Object.hasOwn(js_result, "value"):
        raise RuntimeError("the JavaScript function threw an exception")
    return js_result


def then(js_promise: "Any", done: "Callable[..., object]", failed: "Callable[..., object]") -> None:
    """Call ``done`` with the result of a promise, or ``failed``. Raises RuntimeError if it is not a promise, or throws.

    >>> then(js_promise, print, print)
    """
    if MICROPYTHON:
        guarded(read(js_promise, "then"), js_promise, done, failed)
    else:  # Pyodide's own then() releases the functions, and an exception of JavaScript's is one of Python's
        js_promise.then(done, failed)


def without_python(js_function: "Any", js_done: "Any", js_failed: "Any") -> None:
    """Call a JavaScript function when no Python is on the stack, then ``js_done`` or ``js_failed``.

    The call is a microtask, so it still belongs to the click that Python is handling. ``js_done`` receives the result,
    ``js_failed`` the exception. This uses JavaScript's own ``then``: Pyodide's calls every callback from Python, and
    fails for a value that is not an error.

    >>> without_python(js.window.open.bind(js.window, "", "_blank"), js_opened, js_failed)
    """
    # Read as attributes: in Pyodide, a promise that a function returns becomes a future.
    js_before = _result_of(js.Promise.resolve, js.Promise).value
    js_then = js.Reflect.get(js_before, "then")
    js_then.call(_result_of(js_then, js_before, js_function).value, js_done, js_failed)


def error_name(problem: BaseException) -> str:
    """Return the ``name`` of a JavaScript error that Python caught, or an empty text.

    >>> error_name(problem)
    'TimeoutError'
    """
    name = getattr(problem, "name", None)
    if name is None and len(problem.args) > 1:
        name = problem.args[1]  # MicroPython: (error object, name, message)
    return name if isinstance(name, str) else ""


class Callback:
    """A Python function that JavaScript can call until it is released.

    >>> tick = Callback(lambda *ignored: print("tick"))
    >>> timer = js.setInterval(tick.js_function, 1000)
    >>> js.clearInterval(timer)
    >>> tick.release()
    """

    def __init__(self, function: "Callable[..., object]") -> None:
        self.js_function: Any = create_proxy(function)

    def release(self) -> None:
        """Release the function after its current call has returned."""
        # Set to None too: no garbage collector finds a cycle through the heaps of both languages.
        js_function, self.js_function = self.js_function, None
        if hasattr(js_function, "destroy"):
            spawn(_destroy(js_function))


async def _destroy(js_function: "Any") -> None:
    js_function.destroy()
