"""Operations: which function answers which method and path, and what it is given.

Podio is 'slash aware' (https://developers.podio.com/index/api), yet real clients leave the slash of a list
out or add one, and it works: paths are compared without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .caller import Identity
from .refusals import forbidden
from .scopes import allows
from .validation import MAX_INTEGER, query_flag, query_integer
from .world import World


class Empty:
    """The answer without a body: 204."""


@dataclass
class Call:
    """One call on its way through an operation."""

    world: World
    operation: Operation
    path: dict[str, Any]
    query: dict[str, str]
    body: Any
    caller: Identity | None

    @property
    def identity(self) -> Identity:
        """Who calls; there is somebody in every operation that is not open."""
        if self.caller is None:
            raise TypeError("an open operation has no caller")
        return self.caller

    @property
    def user_id(self) -> int:
        """The id of the person who calls.

        Raises:
            Refusal: 403 for an app's token, which cannot stand for a person.
        """
        if self.identity.kind != "user":
            raise forbidden("This operation cannot be used with an app token")
        return self.identity.id

    def require(self, kind: str, **ids: int) -> None:
        """Refuse the call with 403 unless the token's scope covers the operation on these objects."""
        if not allows(self.identity.scope, self.operation.permission, kind, ids):
            raise forbidden("The scope of the token does not cover this operation")

    def flag(self, name: str, default: bool) -> bool:
        """Return a flag from the query."""
        return query_flag(self.query[name]) if name in self.query else default

    def write_flags(self) -> bool:
        """Check the flags that every write of an item or a comment takes, and return whether it is silent."""
        self.flag("hook", True)
        self.flag("alert_invite", False)
        return self.flag("silent", False)

    def integer(self, name: str, default: int, minimum: int = 0, maximum: int = MAX_INTEGER) -> int:
        """Return an integer from the query."""
        return query_integer(self.query[name], minimum, maximum) if name in self.query else default


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Operation:
    """A method and path pattern with the function that answers.

    ``body`` is ``None`` where none is read, ``"required"`` or ``"optional"``; ``open`` operations need no token.
    """

    method: str
    pattern: tuple[str, ...]
    handler: Handler
    body: str | None
    heavy: bool
    open: bool
    permission: str


_PERMISSIONS = {"GET": "read", "POST": "write", "PUT": "write", "DELETE": "delete"}


class Operations:
    """A table of operations.

    In a pattern ``{name}`` stands for a positive integer and ``{name:text}`` for any single part.

    Example:
        >>> table = Operations()
        >>> @table.add("GET", "/ping/{number}")
        ... def ping(call):
        ...     return {"number": call.path["number"]}
        >>> table.find("GET", "/ping/7/")[1]
        {'number': 7}
    """

    def __init__(self, others: Iterable[Operations] = ()) -> None:
        self._table: dict[tuple[str, int], list[Operation]] = {}
        for other in others:
            for operation in other:
                self._insert(operation)

    def add(
        self,
        method: str,
        *patterns: str,
        body: str | None = None,
        heavy: bool = False,
        is_open: bool = False,
        permission: str | None = None,
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that makes a function answer ``method`` on each of the patterns."""

        def register(handler: Handler) -> Handler:
            for pattern in patterns:
                parts = tuple(pattern.strip("/").split("/"))
                allowed = permission or _PERMISSIONS[method]
                self._insert(Operation(method, parts, handler, body, heavy, is_open, allowed))
            return handler

        return register

    def _insert(self, operation: Operation) -> None:
        row = self._table.setdefault((operation.method, len(operation.pattern)), [])
        row.append(operation)
        # Fixed words win over placeholders: '/space/url' is not the space called 'url'.
        row.sort(key=lambda each: [part.startswith("{") for part in each.pattern])

    def __iter__(self) -> Iterator[Operation]:
        """Iterate over all operations."""
        for row in self._table.values():
            yield from row

    def find(self, method: str, raw_path: str) -> tuple[Operation, dict[str, Any]] | None:
        """Return the operation for a percent-encoded path together with the path's values, or None."""
        stripped = raw_path[1:-1] if raw_path.endswith("/") else raw_path[1:]
        parts = stripped.split("/")
        for operation in self._table.get((method, len(parts)), ()):
            values = _matched(operation.pattern, parts)
            if values is not None:
                return operation, values
        return None


def _matched(pattern: tuple[str, ...], parts: list[str]) -> dict[str, Any] | None:
    values: dict[str, Any] = {}
    for expected, part in zip(pattern, parts, strict=True):
        if not expected.startswith("{"):
            if expected != part:
                return None
        elif expected.endswith(":text}"):
            values[expected[1:-6]] = unquote(part)
        elif part.isascii() and part.isdigit():
            # No id is that large; the lookup then finds nothing.
            values[expected[1:-1]] = int(part) if len(part) < 19 else MAX_INTEGER
        else:
            return None
    return values
