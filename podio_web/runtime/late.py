"""Load a public name of a package when it is first asked for.

A package uses this for its module-level ``__getattr__`` (https://peps.python.org/pep-0562/).
"""

from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_ADVICE = " The page archive holds only what pages need. In Pyodide, install podio-web." if IN_PAGE else ""


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

    Example:
        >>> load("podio_web.stores", {"podio_web.stores.memory": ("MemoryStore",)}, "MemoryStore")
        <class 'podio_web.stores.memory.MemoryStore'>
    """
    for module, names in modules.items():
        if name in names:
            try:
                return getattr(__import__(module, None, None, names), name)
            except ImportError as problem:
                return _unavailable(name, f"{name} is not available here: {problem}.{_ADVICE}")
    raise AttributeError(f"module {package!r} has no attribute {name!r}")


def _unavailable(name: str, text: str) -> type:
    def refuse(*arguments: object, **options: object) -> None:
        raise ImportError(text)

    return type(name, (), {"__init__": refuse})
