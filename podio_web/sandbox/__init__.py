"""A local Podio for development and tests: the API, the sign-in pages and a control interface.

The server is imported when ``Sandbox`` or ``serve`` is first used, so importing this package is fast.

Examples:
    >>> from podio_web.sandbox import Sandbox
    >>> with Sandbox() as sandbox:
    ...     print(sandbox.url)
    http://127.0.0.1:...
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import Sandbox, serve

__all__ = ["Sandbox", "serve"]


def __getattr__(name: str) -> Any:
    """Import what is asked for. Raises ModuleNotFoundError, naming the extra, if a package that it needs is missing."""
    if name in __all__:
        try:
            from . import server
        except ModuleNotFoundError as problem:
            raise ModuleNotFoundError(
                f"{problem.name} is not installed, which the sandbox needs: pip install 'podio-web[sandbox]'",
                name=problem.name,
            ) from None
        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of this module. Without the extra, those that need it are left out, so that help() works."""
    with suppress(ModuleNotFoundError):
        from . import server  # noqa: F401

        return sorted({*globals(), *__all__})
    return sorted(globals())
