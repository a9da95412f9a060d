"""Find the function that handles a method and path.

Trailing slashes are ignored. Podio's documentation calls the API "slash aware"
(https://developers.podio.com/index/api), but clients add or omit the slash and get the same response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .caller import Identity
from .changes import Change
from .refusals import forbidden
from .scopes import allows
from .validation import MAX_INTEGER, query_flag, query_integer
from .world import World


class Empty:
    """The return value of a handler whose response is 204, without a body."""


@dataclass
class Call:
    """A request to an operation, as its handler receives it."""

    world: World
    operation: Operation
    path: dict[str, Any]
    query: dict[str, str]
    body: Any
    caller: Identity | None
    # The origin of file links.
    files_origin: str = ""

    @property
    def identity(self) -> Identity:
        """The caller.

        Raises:
            TypeError: The operation is open, so the request may have no caller.
        """
        if self.caller is None:
            raise TypeError("An open operation has no caller.")
        return self.caller

    @property
    def user_id(self) -> int:
        """The ID of the user who calls.

        Raises:
            Refusal: 403 if the token belongs to an app.
        """
        if self.identity.kind != "user":
            raise forbidden("This operation cannot be used with an app token")
        return self.identity.id

    def require(self, kind: str, **ids: int) -> None:
        """Check that the token's scope covers the operation.

        Args:
            kind: The type of the object: ``user``, ``org``, ``space`` or ``app``.
            ids: The IDs of the object and of the objects that contain it, by type.

        Raises:
            Refusal: 403 if the scope does not cover it.
        """
        if not allows(self.identity.scope, self.operation.permission, kind, ids):
            raise forbidden("The scope of the token does not cover this operation")

    def flag(self, name: str, default: bool) -> bool:
        """Return a boolean from the query.

        Raises:
            Refusal: 400 if the value is not a boolean.
        """
        return query_flag(self.query[name]) if name in self.query else default

    def write_flags(self) -> bool:
        """Check the query parameters ``hook``, ``alert_invite`` and ``silent``, and return ``silent``.

        Raises:
            Refusal: 400 if a value is not a boolean.
        """
        self.flag("hook", True)
        self.flag("alert_invite", False)
        return self.flag("silent", False)

    def record(self, kind: str, **about: Any) -> None:
        """Record what the call has changed. Listeners get it after the commit.

        Args:
            kind: One of ``changes.KINDS``.
            about: Other arguments of ``Change``, such as ``item_id``.
        """
        author, client_id = self.identity.author, self.identity.client_id
        silent, hook = self.flag("silent", False), self.flag("hook", True)
        self.world.changes.record(Change(kind, author, client_id, silent, hook, **about))

    def integer(self, name: str, default: int, minimum: int = 0, maximum: int = MAX_INTEGER) -> int:
        """Return an integer from the query.

        Raises:
            Refusal: 400 if the value is not an integer from ``minimum`` to ``maximum``.
        """
        return query_integer(self.query[name], minimum, maximum) if name in self.query else default


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Operation:
    """A method, a path pattern and the function that handles them.

    Args:
        method: The HTTP method.
        pattern: The parts of the path pattern.
        handler: Takes a ``Call`` and returns what is sent as JSON, or ``Empty``.
        body: None if no body is read, ``"required"`` or ``"optional"`` for JSON, ``"raw"`` for bytes and their type,
            ``"upload"`` for an ``Upload``.
        heavy: Whether the operation counts against the lower rate limit.
        open: Whether the operation needs no token.
        permission: The permission that the token's scope must include: ``read``, ``write`` or ``delete``.
        session: Whether a session of the sign-in pages is accepted too. The rate limits do not apply.
        prepare: Is awaited before the handler, outside of the transaction. Its result replaces the call's body.
    """

    method: str
    pattern: tuple[str, ...]
    handler: Handler
    body: str | None
    heavy: bool
    open: bool
    permission: str
    session: bool = False
    prepare: Callable[[Call], Awaitable[Any]] | None = None


_PERMISSIONS = {"GET": "read", "POST": "write", "PUT": "write", "DELETE": "delete"}


class Operations:
    """A table of operations.

    In a pattern, ``{name}`` matches a positive integer and ``{name:text}`` matches any single part.

    Args:
        others: Tables whose operations are added.

    Examples:
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
        session: bool = False,
        prepare: Callable[[Call], Awaitable[Any]] | None = None,
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that adds a handler for ``method`` on each of the patterns.

        Args:
            method: The HTTP method.
            patterns: Path patterns.
            body: None if no body is read, ``"required"`` or ``"optional"`` for JSON, ``"raw"`` for bytes, ``"upload"``
                for a file.
            heavy: Whether the operation counts against the lower rate limit.
            is_open: Whether the operation needs no token.
            permission: The permission that a scope must include. None takes it from the method.
            session: Whether a session of the sign-in pages is accepted too.
            prepare: Is awaited before the handler. Its result replaces the call's body.
        """

        def register(handler: Handler) -> Handler:
            for pattern in patterns:
                parts = tuple(pattern.strip("/").split("/"))
                allowed = permission or _PERMISSIONS[method]
                self._insert(Operation(method, parts, handler, body, heavy, is_open, allowed, session, prepare))
            return handler

        return register

    def _insert(self, operation: Operation) -> None:
        row = self._table.setdefault((operation.method, len(operation.pattern)), [])
        row.append(operation)
        # Fixed parts win over placeholders: '/space/url' is not the space with the label 'url'.
        row.sort(key=lambda each: [part.startswith("{") for part in each.pattern])

    def __iter__(self) -> Iterator[Operation]:
        """Iterate over all operations."""
        for row in self._table.values():
            yield from row

    def find(self, method: str, raw_path: str) -> tuple[Operation, dict[str, Any]] | None:
        """Return the operation for a request and the values in its path, or None if there is no such operation.

        Args:
            method: The HTTP method.
            raw_path: The percent-encoded path.
        """
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
            # No ID is that large, so the lookup finds nothing.
            values[expected[1:-1]] = int(part) if len(part) < 19 else MAX_INTEGER
        else:
            return None
    return values
