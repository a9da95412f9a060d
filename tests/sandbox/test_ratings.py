"""Likes of items: https://developers.podio.com/doc/ratings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller

LIKE = "/rating/item/6102/like"


def shown(caller: Caller) -> tuple[Any, ...]:
    item = caller.get("/item/6102").json
    counts = item["ratings"]["like"]["counts"]["1"]
    users = [user["user_id"] for user in counts["users"]]
    return item["like_count"], item["is_liked"], item["user_ratings"]["like"], counts["total"], users


def test_an_item_is_liked_once_by_each_user(demo: Caller) -> None:
    assert shown(demo) == (0, False, None, 0, [])
    first = demo.post(LIKE, {"value": 1}).json
    assert demo.post(LIKE, {"value": 1}).json == first
    assert shown(demo) == (1, True, 1, 1, [1001])
    demo.sign_in(OTHER)
    assert shown(demo) == (1, False, None, 1, [1001])
    assert demo.post(LIKE, {"value": 1}).json != first
    assert shown(demo) == (2, True, 1, 2, [1001, 1002])


def test_a_like_can_be_taken_back(demo: Caller) -> None:
    demo.post(LIKE, {"value": 1})
    assert demo.delete(LIKE).status == 204
    assert shown(demo) == (0, False, None, 0, [])
    assert demo.delete(LIKE).status == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (LIKE, {"value": 2}, 400),
        (LIKE, {"value": "1"}, 400),
        (LIKE, {}, 400),
        (f"{LIKE}?silent=perhaps", {"value": 1}, 400),
        ("/rating/item/1/like", {"value": 1}, 404),
        ("/rating/item/6102/fivestar", {"value": 1}, 404),
        ("/rating/task/1/like", {"value": 1}, 404),
        ("/rating/item/6102/other", {"value": 1}, 400),
    ],
)
def test_refused_likes(demo: Caller, path: str, body: Any, status: int) -> None:
    assert demo.post(path, body).status == status
    assert shown(demo) == (0, False, None, 0, [])
