"""Faults that tests request: the next matching calls get an error, a late response or none."""

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
    """A requested fault.

    Args:
        kind: One of ``KINDS``.
        count: The number of matching calls that fail.
        method: Only calls with this HTTP method fail. None means every method except ``OPTIONS``.
        path_prefix: Only calls whose path starts with this text fail.
        seconds: The delay of ``slow``, or the number in the text of ``rate_limit``.
        cors: Whether the response has CORS headers.
    """

    kind: str
    count: int = 1
    method: str | None = None
    path_prefix: str = "/"
    seconds: float | None = None
    cors: bool = True

    @classmethod
    def from_dict(cls, order: dict[str, Any]) -> Fault:
        """Create a fault from JSON.

        Raises:
            Refusal: 400 if a key or the kind is unknown, or a value is invalid.

        Examples:
            >>> Fault.from_dict({"kind": "slow", "seconds": 2}).count
            1
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
        """Return whether the fault applies to a call.

        CORS preflights match only if ``method`` is ``OPTIONS``, because the browser's cache decides whether it sends
        one.
        """
        if method != (self.method or method) or (method == "OPTIONS" and self.method is None):
            return False
        return path.startswith(self.path_prefix)

    def to_dict(self) -> dict[str, Any]:
        """Return the fault as a JSON object."""
        return dict(vars(self))


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    number = as_number(value)
    if not 0 <= number <= 86_400:
        raise invalid(value, "must be between 0 and 86400")
    return number


class Faults:
    """The requested faults, oldest first."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault after the others."""
        self._open.append(fault)

    def clear(self) -> None:
        """Cancel all faults."""
        self._open.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the first fault that applies to a call, and reduce its count. Return None if no fault applies."""
        for fault in self._open:
            if fault.matches(method, path):
                fault.count -= 1
                if fault.count == 0:
                    self._open.remove(fault)
                return fault
        return None
