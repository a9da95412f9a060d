"""Which handlers get a delivery."""

from __future__ import annotations

import pytest

from podio_web.hooks import Router


def handler(event: object) -> None:
    """Handle nothing."""


def other(event: object) -> None:
    """Handle nothing either."""


def found(router: Router, type_: str, **data: object) -> list[object]:
    return [route.handler for route in router.routes(type_, data)]


def test_handlers_are_found_by_type_family_and_star() -> None:
    router = Router()
    assert router.on("item.create", "item.update")(handler) is handler
    router.on("comment.*")(other)
    router.on("*")(print)
    assert found(router, "item.update") == [handler, print]
    assert found(router, "item.delete") == [print]
    assert found(router, "comment.create") == [other, print]
    assert found(router, "some.new.type") == [print]


def test_a_handler_gets_a_delivery_once() -> None:
    router = Router()
    router.on("item.create", "item.*", "*")(handler)
    assert found(router, "item.create") == [handler]


def test_details_must_be_equal() -> None:
    router = Router()
    router.on("file.change", action_type="file_created")(handler)
    assert found(router, "file.change", action_type="file_created") == [handler]
    assert found(router, "file.change", action_type="file_deleted") == []
    assert found(router, "file.change") == []


def test_routers_combine() -> None:
    router, part = Router(), Router()
    router.on("*")(handler)
    part.on("*")(handler)
    part.on("item.*")(other)
    router.include(part)
    names = [route.name for route in router.all_routes()]
    assert names == [f"{__name__}.handler", f"{__name__}.handler#2", f"{__name__}.other"]


@pytest.mark.parametrize("types", [(), ("",), ("item",), ("item.*.x",), ("Item Created",), ("*.create",)])
def test_a_type_that_matches_nothing_is_refused(types: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="type of events"):
        Router().on(*types)
