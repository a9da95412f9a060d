"""Find the handlers of a delivery by its type. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from podio_web.hooks.delivery import Event

HandlerT = TypeVar("HandlerT", bound=Callable[[Event], object])

_PATTERN = re.compile(r"\*|[a-z0-9_-]+\.(\*|[a-z0-9_.-]+)", re.ASCII)


@dataclass(frozen=True)
class Route:
    """A handler, its ``name``, and which deliveries it gets.

    >>> Route("main.changed", print, ("item.*",), {}).matches("item.update", {})
    True
    """

    name: str
    handler: Callable[..., Any]
    types: tuple[str, ...]
    detail: Mapping[str, object]

    def matches(self, type_: str, data: Mapping[str, object]) -> bool:
        """Return whether the handler gets a delivery."""
        family = type_.partition(".")[0]
        return not {"*", f"{family}.*", type_}.isdisjoint(self.types) and all(
            data.get(name) == value for name, value in self.detail.items()
        )


class Router:
    """Handlers by the types of events. Types are plain texts, so new types of Podio need no release.

    >>> router = Router()
    >>> @router.on("item.create", "item.update")
    ... async def changed(event):
    ...     print(event.item_id)
    >>> [route.name for route in router.routes("item.update", {})]
    ['...changed']
    """

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def on(self, *types: str, **detail: object) -> Callable[[HandlerT], HandlerT]:
        """Return a decorator that adds a handler of deliveries.

        Args:
            types: Such as ``"item.update"``, ``"comment.*"``, or ``"*"`` for all.
            detail: Fields that the delivery must have, such as ``action_type="file_created"``.

        Raises ValueError if a type cannot match anything.

        >>> @Router().on("file.change", action_type="file_created")
        ... def uploaded(event):
        ...     print(event.item_id)
        """
        if not types:
            raise ValueError('on() needs a type of events, such as "item.update", "comment.*" or "*"')
        for each in types:
            if not _PATTERN.fullmatch(each):
                raise ValueError(f'{each!r} is not a type of events: use "item.update", "comment.*" or "*"')

        def add(handler: HandlerT) -> HandlerT:
            self.add(handler, types, detail)
            return handler

        return add

    def add(self, handler: Callable[..., Any], types: tuple[str, ...], detail: Mapping[str, object]) -> None:
        """Add a handler. ``on`` is the decorator for it."""
        name = f"{getattr(handler, '__module__', '')}.{getattr(handler, '__qualname__', repr(handler))}"
        same = sum(route.name.partition("#")[0] == name for route in self._routes)
        # A retry finds the handler by its name, in another process too.
        self._routes.append(Route(f"{name}#{same + 1}" if same else name, handler, types, detail))

    def include(self, router: Router) -> None:
        """Add the handlers of another router.

        >>> router = Router()
        >>> router.include(Router())
        """
        for route in router.all_routes():
            self.add(route.handler, route.types, route.detail)

    def all_routes(self) -> list[Route]:
        """Return all handlers, in the order in which they were added."""
        return list(self._routes)

    def routes(self, type_: str, data: Mapping[str, object]) -> list[Route]:
        """Return the handlers of a delivery, in the order in which they were added."""
        return [route for route in self._routes if route.matches(type_, data)]
