"""Helpers for testing code that uses podio_web: a pytest plugin and fakes.

pytest loads the plugin by itself. Its fixtures start with ``podio_`` and are described in
``podio_web.testing.plugin``. The fixtures need the ``testing`` extra. The fakes need no other package.

Examples:
    >>> from podio_web.testing import FakeTransport
    >>> transport = FakeTransport()
    >>> transport.answer("GET", "/user/status", {"user": {"user_id": 1001}})
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podio_web.testing.control import SandboxControl, SandboxRefused
    from podio_web.testing.fakes import FakeTransport

__all__ = ["FakeTransport", "SandboxControl", "SandboxRefused"]


def __getattr__(name: str) -> Any:
    """Import what is asked for, and not before: pytest imports this package in each project that has it installed."""
    if name == "FakeTransport":
        from podio_web.testing.fakes import FakeTransport

        return FakeTransport
    if name in __all__:
        from podio_web.testing import control

        return getattr(control, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of this module, those that are not imported yet included."""
    return sorted({*globals(), *__all__})
