"""The differences between CPython, Pyodide and MicroPython in plain Python.

Their differences in calling JavaScript are in ``podio_web.runtime.js_bridge``.
"""

import asyncio
import sys

from podio_web.errors import ConnectionFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from typing import Any

MICROPYTHON = sys.implementation.name == "micropython"
"""True in MicroPython, in a page or a worker."""

if sys.implementation.version[:2] < ((1, 27) if MICROPYTHON else (3, 11)):
    raise ImportError("podio_web needs Python 3.11, Pyodide 0.23 or MicroPython 1.27 (PyScript 0.7), or later.")

IN_PAGE = sys.platform in ("emscripten", "webassembly")
"""True in a browser's interpreter. ``sys.platform`` is emscripten in Pyodide, and webassembly in MicroPython."""


async def _coroutine() -> None:
    """Do nothing. Its type is needed because MicroPython's coroutines are generators without ``__await__``."""


_sample = _coroutine()
_COROUTINE = type(_sample)
_sample.close()

_running: "set[asyncio.Task[Any]]" = set()


bring_part: "Callable[[str], Awaitable[object]] | None" = None
"""Loads a part of the package, by its name. None unless a page starts without it: the script tag's MicroPython."""


async def bring(part: str) -> None:
    """Load a part of the package, unless it is there. Raises ConnectionFailed if it does not load.

    >>> await bring("sign_in")
    """
    if bring_part is None:
        return
    try:
        await bring_part(part)
    except Exception:
        raise ConnectionFailed("A part of podio_web did not load. Load the page again.") from None


def is_awaitable(value: object) -> bool:
    """Return whether ``await value`` works: for coroutines, futures, tasks and JavaScript promises.

    In MicroPython, tasks and futures have only ``__next__``, and JavaScript promises have only ``then``.

    >>> is_awaitable("text")
    False
    """
    if isinstance(value, _COROUTINE):
        return True
    return hasattr(value, "__await__") or hasattr(value, "__next__") or hasattr(value, "then")


def attribute_of(value: "Any", name: str) -> "Any":
    """Return an attribute of any object; None if there is none, or reading it raises.

    >>> attribute_of("text", "files") is None
    True
    """
    if MICROPYTHON and type(value).__name__ == "JsProxy":
        # What JavaScript throws would end the task. A BigInt and a Symbol have no properties until they are objects.
        from podio_web.runtime.js_bridge import called, look

        return look(called("Object", value), name)
    try:
        return getattr(value, name, None)
    except Exception:
        return None


async def settle(value: "Any") -> "Any":
    """Return ``value``, or its result if it is awaitable: user functions may be ``def`` or ``async def``.

    >>> token = await settle(store.get("client"))
    """
    return await value if is_awaitable(value) else value


class TaskMark:
    """A mark on the running task. On CPython and Pyodide, the tasks that it starts inherit the mark.

    >>> inside = TaskMark()
    >>> inside.set(outcome)
    >>> inside.is_set(outcome)
    True
    """

    def __init__(self) -> None:
        self._marked: object = None
        if not MICROPYTHON:  # MicroPython has no contextvars
            from contextvars import ContextVar

            self._mark: ContextVar[object] = ContextVar("podio_web", default=None)

    def set(self, value: object) -> None:
        """Mark the running task with ``value``."""
        if MICROPYTHON:
            self._marked = (asyncio.current_task(), value)
        else:
            self._mark.set(value)

    def is_set(self, value: object) -> bool:
        """Return whether the running task is marked with ``value``."""
        if MICROPYTHON:
            return self._marked == (asyncio.current_task(), value)
        return self._mark.get() is value


def _log(level: str, text: str) -> None:
    import logging

    logging.getLogger("podio_web").log(logging.ERROR if level == "error" else logging.WARNING, text)


show: "Callable[[str, str], object]" = _log
"""Shows a text at the level ``warn`` or ``error`` in the logger ``podio_web``. In a page, ``podio_web.runtime.page``
replaces it by the console."""


def report(problem: BaseException) -> None:
    """Show an exception that no caller can catch, in the console or on stderr.

    >>> report(ValueError("told"))
    """
    if hasattr(sys, "print_exception"):
        import io

        # By default MicroPython would write it to the standard output.
        text = io.StringIO()
        sys.print_exception(problem, text)
        show("error", text.getvalue())
    else:
        sys.excepthook(type(problem), problem, problem.__traceback__)


def warn(text: str) -> None:
    """Show a warning to the developer: in the console of a page, else in the logger ``podio_web``.

    This does not use ``warnings``, which may be configured to raise exceptions.

    >>> warn("The session store failed.")
    """
    show("warn", text)


def spawn(coroutine: "Coroutine[Any, Any, Any]") -> "asyncio.Task[Any] | None":
    """Run a coroutine concurrently with the caller, and return its task. Its exceptions are reported.

    If no event loop is running, which happens only on CPython, the coroutine runs to its end now. Then the result is
    None.

    >>> task = spawn(session.load())
    """

    async def watched() -> None:
        try:
            await coroutine
        except asyncio.CancelledError:
            raise
        except Exception as problem:
            report(problem)

    def over(task: "asyncio.Task[Any]") -> None:
        _running.discard(task)
        coroutine.close()  # a task that is cancelled before it starts does not begin to await it

    task = None
    runner = watched()
    try:
        task = asyncio.create_task(runner)
    except RuntimeError:
        asyncio.run(runner)
    else:
        if not MICROPYTHON:  # its event loop keeps its tasks
            _running.add(task)
            task.add_done_callback(over)
    return task


_NOT_IN_ARCHIVE = " The page archive holds only what pages need. In Pyodide, install podio-web." if IN_PAGE else ""


def load(package: str, modules: "Mapping[str, tuple[str, ...]]", name: str) -> "Any":
    """Return a public class of a package, and import its module now.

    If the module cannot be imported here, return a class that raises ImportError when it is created. So every public
    name can be imported in every runtime, ``from package import *`` included.

    Args:
        package: The package's name, for the error message.
        modules: The public names by the module that defines them.
        name: The name that was asked for.

    Returns:
        The class.

    Raises:
        AttributeError: The package has no such name.

    Examples:
        >>> load("podio_web.stores", {"podio_web.stores.memory": ("MemoryStore",)}, "MemoryStore")
        <class 'podio_web.stores.memory.MemoryStore'>
    """
    for module, names in modules.items():
        if name in names:
            try:
                return getattr(__import__(module, None, None, names), name)
            except ImportError as problem:
                return _unavailable(name, f"{name} is not available here: {problem}.{_NOT_IN_ARCHIVE}")
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def _unavailable(name: str, text: str) -> type:
    def refuse(*arguments: object, **options: object) -> None:
        raise ImportError(text)

    return type(name, (), {"__init__": refuse})
