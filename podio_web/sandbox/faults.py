"""Faults on order: the next calls that match are answered badly, late, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .validation import as_boolean, as_choice, as_integer, as_number, as_string, invalid

KINDS = (
    "unauthorized",
    "rate_limit",
    "server_error",
    "bad_gateway",
    "unavailable",
    "slow",
    "drop",
    "drop_body",
    "cors",
)


@dataclass
class Fault:
    """One order: which calls, how often, and what goes wrong.

    Args:
        kind: One of ``KINDS``.
        count: How many matching calls it strikes.
        method: Only this HTTP method; None means every method but ``OPTIONS``.
        path_prefix: Only paths that start so.
        seconds: For ``slow`` the delay, for ``rate_limit`` the number in the text.
        cors: Whether the answer carries CORS headers.
    """

    kind: str
    count: int = 1
    method: str | None = None
    path_prefix: str = "/"
    seconds: float | None = None
    cors: bool = True

    @classmethod
    def from_dict(cls, order: dict[str, Any]) -> Fault:
        """Read an order from JSON.

        Raises:
            Refusal: 400 for an unknown key or kind or a value that does not fit.
        """
        checks: dict[str, Callable[[object], Any]] = {
            "kind": lambda value: as_choice(value, KINDS),
            "count": lambda value: as_integer(value, 1, 10**6),
            "method": lambda value: None if value is None else as_string(value, 20).upper(),
            "path_prefix": lambda value: "/" if value is None else as_string(value, 2000),
            "seconds": _seconds,
            "cors": as_boolean,
        }
        for key in order:
            if key not in checks:
                raise invalid(key, "unknown key")
        if "kind" not in order:
            raise invalid(None, "must be string")
        return cls(**{key: checks[key](value) for key, value in order.items()})

    def matches(self, method: str, path: str) -> bool:
        """Return whether the call is one that this fault strikes.

        A browser's preflight is left alone unless the order names it: whether there is one depends on
        the browser's cache.
        """
        if method != (self.method or method) or (method == "OPTIONS" and self.method is None):
            return False
        return path.startswith(self.path_prefix)

    def to_dict(self) -> dict[str, Any]:
        """Return the order as JSON."""
        return dict(vars(self))


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    number = as_number(value)
    if not 0 <= number <= 86_400:
        raise invalid(value, "must be between 0 and 86400")
    return number


class Faults:
    """The orders that are still open, in the order in which they were given."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add an order behind the others."""
        self._open.append(fault)

    def clear(self) -> None:
        """Cancel every order."""
        self._open.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes this call, using it up once, or None."""
        for fault in self._open:
            if fault.matches(method, path):
                fault.count -= 1
                if fault.count == 0:
                    self._open.remove(fault)
                return fault
        return None
