"""Helpers for testing code that uses podio_web: a pytest plugin and fakes.

pytest loads the plugin by itself. Its fixtures start with ``podio_`` and are described in
``podio_web.testing.plugin``. The fixtures need the ``testing`` extra. The fakes need no other package.

Examples:
    >>> from podio_web.testing import FakeTransport
    >>> transport = FakeTransport()
    >>> transport.answer("GET", "/user/status", {"user": {"user_id": 1001}})
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from podio_web.testing.control import SandboxControl
    from podio_web.testing.control_requests import SandboxRefused
    from podio_web.testing.fakes import FakeTransport

__all__ = ["FakeTransport", "SandboxControl", "SandboxRefused"]

_MODULES = {"FakeTransport": "fakes", "SandboxControl": "control", "SandboxRefused": "control_requests"}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and not before: pytest imports this package in each project that has it installed."""
    if name in _MODULES:
        return getattr(import_module(f"podio_web.testing.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names of this module, those that are not imported yet included."""
    return sorted({*globals(), *__all__})
