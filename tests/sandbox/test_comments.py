"""Comments: https://developers.podio.com/doc/comments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller

KEYS = {
    "comment_id", "value", "rich_value", "external_id", "ref", "created_on", "created_by", "created_via", "user",
    "last_edit_on", "files", "embed", "embed_file", "rights", "is_liked", "like_count", "questions",
}  # fmt: skip


def test_they_are_listed_oldest_first(demo: Caller) -> None:
    listed = demo.get("/comment/item/6101/").json
    assert [comment["comment_id"] for comment in listed] == [7001, 7002, 7003]
    assert set(listed[0]) == KEYS
    assert listed[0]["ref"] == {"type": "item", "id": 6101}
    assert [each["comment_id"] for each in demo.get("/comment/item/6101?limit=1&offset=1").json] == [7002]


def test_mentions_become_links_and_html_is_escaped(demo: Caller) -> None:
    value = "<script> @[Other Person](user:1002) & @[Team](space:2001) @[No](app:1)"
    comment = demo.post("/comment/item/6101/", {"value": value}).json
    assert comment["value"] == value
    assert comment["rich_value"] == (
        '<p>&lt;script&gt; <a href="https://podio.com/users/1002">Other Person</a> &amp; '
        '<a href="https://podio.com/spaces/2001">Team</a> @[No](app:1)</p>'
    )


def test_create_read_change_and_delete(demo: Caller) -> None:
    made = demo.post("/comment/item/6102/?silent=1&alert_invite=0", {"value": "New", "external_id": "c1"}).json
    assert (made["external_id"], made["last_edit_on"], made["user"]["user_id"]) == ("c1", None, 1001)
    path = f"/comment/{made['comment_id']}"
    assert demo.get(path).json == made
    changed = demo.put(path, {"value": "Newer"}).json
    assert changed["value"] == "Newer"
    assert changed["last_edit_on"] is not None
    assert demo.get("/item/6102").json["comments"][0]["value"] == "Newer"
    assert demo.delete(path).status == 204
    assert demo.get(path).status == 410
    assert demo.get("/comment/item/6102/").json == []


def test_only_the_author_may_change_or_delete(demo: Caller) -> None:
    token = demo.issue(OTHER)
    assert demo.get("/comment/7001", token=token).json["rights"] == ["view", "rate"]
    assert demo.put("/comment/7001", {"value": "x"}, token=token).status == 403
    assert demo.delete("/comment/7001", token=token).status == 403
    assert demo.get("/comment/7001").json["rights"] == ["view", "rate", "update", "delete"]


def test_a_link_can_be_attached(demo: Caller) -> None:
    made = demo.post("/comment/item/6102/", {"value": "See", "embed_url": "https://example.com/a"}).json
    assert made["embed"]["url"] == "https://example.com/a"
    again = {"value": "See", "embed_id": made["embed"]["embed_id"]}
    assert demo.post("/comment/item/6102/", again).json["embed"] == made["embed"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/comment/item/6101/", {"value": ""}, 400),
        ("/comment/item/6101/", {"value": 5}, 400),
        ("/comment/item/6101/", {}, 400),
        ("/comment/item/6101/", {"value": "x", "file_ids": [1]}, 400),
        ("/comment/item/6101/", {"value": "x", "embed_id": 1}, 400),
        ("/comment/item/6101/", {"value": "x", "embed_url": "no"}, 400),
        ("/comment/item/6101/?hook=never", {"value": "x"}, 400),
        ("/comment/item/1/", {"value": "x"}, 404),
        ("/comment/task/1/", {"value": "x"}, 404),
        ("/comment/planet/1/", {"value": "x"}, 400),
        ("/comment/item/x/", {"value": "x"}, 404),
    ],
)
def test_bad_comments(demo: Caller, path: str, body: Any, status: int) -> None:
    assert demo.post(path, body).status == status


def test_comments_of_a_hidden_item_are_hidden(demo: Caller) -> None:
    made = demo.post("/comment/item/6201/", {"value": "secret"}).json
    token = demo.issue(OTHER)
    assert demo.get("/comment/item/6201/", token=token).status == 403
    assert demo.get(f"/comment/{made['comment_id']}", token=token).status == 403
