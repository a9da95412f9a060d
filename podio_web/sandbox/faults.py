"""Faults that tests request: the next matching calls get an error, a late response or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
    "too_large",
    "stall_upload",
    "slow_upload",
    "drop_upload",
    "stall_download",
    "slow_download",
    "drop_download",
)

PUSH_PATH = "/faye"
"""The path of the push service."""

# The methods of the calls that a fault in a body disturbs, unless it names one.
_METHODS = {"upload": ("POST", "PUT"), "download": ("GET",)}
# Kilobytes per second.
_SLOW = 100.0


@dataclass
class Fault:
    """A requested fault.

    Args:
        kind: One of ``KINDS``.
        count: The number of matching calls that fail.
        method: Only calls with this HTTP method fail. None means every method that the fault can apply to, except
            ``OPTIONS``.
        path_prefix: Only calls whose path starts with this text fail. Requests to the push service fail only if it
            names their path.
        seconds: The delay of ``slow``, the number in the text of ``rate_limit``, or how long ``stall_upload`` and
            ``stall_download`` last. None means that a stall lasts until the client closes the connection.
        cors: Whether the response has CORS headers.
        after_bytes: The bytes of the body after which it stalls or is dropped.
        rate: The speed of ``slow_upload`` and ``slow_download`` in kilobytes per second.
    """

    kind: str
    count: int = 1
    method: str | None = None
    path_prefix: str = "/"
    seconds: float | None = None
    cors: bool = True
    after_bytes: int = 0
    rate: float = _SLOW

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
            "after_bytes": lambda value: as_integer(value, 0),
            "rate": _rate,
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
        one. Faults in the body of an upload match ``POST`` and ``PUT``, and those of a download ``GET``.
        """
        if self.method is None:
            methods = _METHODS.get(self.kind.rpartition("_")[2])
            if method == "OPTIONS" or (methods is not None and method not in methods):
                return False
        elif method != self.method:
            return False
        if path == PUSH_PATH and not self.path_prefix.startswith(PUSH_PATH):
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


def _rate(value: object) -> float:
    number = as_number(value)
    if not 0.001 <= number <= 10**9:
        raise invalid(value, "must be between 0.001 and 1000000000")
    return number


class Faults:
    """The requested faults, oldest first."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Add a fault after the others."""
        self._open.append(fault)

    def repeat(self, fault: Fault) -> None:
        """Let the next matching call get a fault once more, before all others."""
        self._open.insert(0, replace(fault, count=1))

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
