"""Edits by another user over the control interface, at once and between two pages."""

from __future__ import annotations

from typing import Any

import pytest

from podio_web.sandbox.edits import EDIT_KEYS
from tests.sandbox.sandbox_support import DEMO, Caller
from tests.sandbox.test_docs import section


def edit(podio: Caller, action: str, **order: Any) -> list[int]:
    answer = podio.post("/sandbox/edit", {"action": action, **order})
    assert answer.status == 200, answer.text
    item_ids: list[int] = answer.json["item_ids"]
    return item_ids


def page(demo: Caller, app_id: int = 3001, **body: Any) -> list[int]:
    answer = demo.post(f"/item/app/{app_id}/filter/", {"sort_by": "item_id", "sort_desc": False, **body})
    assert answer.status == 200, answer.text
    return [item["item_id"] for item in answer.json["items"]]


def test_an_update_is_a_revision_by_the_other_user(demo: Caller) -> None:
    assert edit(demo, "update", item_id=6101, fields={"hours": 5}, tags=["new"]) == [6101]
    item = demo.get("/item/6101").json
    assert (item["revision"], item["tags"], item["current_revision"]["created_by"]["user_id"]) == (1, ["new"], 1002)
    edit(demo, "update", item_id=6101, fields={"hours": 6}, username=DEMO)
    assert demo.get("/item/6101").json["current_revision"]["created_by"]["user_id"] == 1001
    assert [call["path"] for call in demo.calls()] == ["/item/6101", "/item/6101"]


def test_an_update_conflicts_with_the_other_users(demo: Caller) -> None:
    edit(demo, "update", item_id=6101, fields={"hours": 5})
    assert demo.put("/item/6101", {"revision": 0, "fields": {"hours": 6}}).status == 409
    assert demo.put("/item/6101", {"revision": 0, "fields": {"progress": 6}}).status == 200


def test_times_are_in_the_zone_of_the_other_user(demo: Caller) -> None:
    edit(demo, "update", item_id=6101, fields={"due": "2026-03-01 09:00:00"})
    assert demo.get("/item/6101/value/due").json[0]["start_utc"] == "2026-03-01 14:00:00"


def test_items_are_created_and_numbered(demo: Caller) -> None:
    (first,) = edit(demo, "create", app_id=3001, fields={"title": "Just {n}"}, external_id="x-{n}")
    assert (demo.get(f"/item/{first}").json["title"], first) == ("Just {n}", 6305)
    several = edit(
        demo, "create", app_id=3001, fields={"title": "No. {n}", "labels": [1]}, external_id="x-{n}", count=3
    )
    items = [demo.get(f"/item/{item_id}").json for item_id in several]
    assert [(item["title"], item["external_id"]) for item in items] == [
        ("No. 1", "x-1"),
        ("No. 2", "x-2"),
        ("No. 3", "x-3"),
    ]
    assert items[0]["created_by"]["user_id"] == 1002


def test_several_items_are_changed_and_deleted(demo: Caller) -> None:
    assert edit(demo, "update", item_id=[6101, 6102], fields={"progress": 9}) == [6101, 6102]
    assert demo.get("/item/6102/value/progress").json == [{"value": 9}]
    assert edit(demo, "delete", item_id=[6101, 6102]) == [6101, 6102]
    assert [demo.get(f"/item/{item_id}").status for item_id in (6101, 6102, 6103)] == [410, 410, 200]


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({}, 400),
        ({"action": "paint"}, 400),
        ({"action": "delete"}, 400),
        ({"action": "delete", "item_id": []}, 400),
        ({"action": "delete", "item_id": "6101"}, 400),
        ({"action": "delete", "item_id": [6101, 6001]}, 400),
        ({"action": "delete", "item_id": 6101, "fields": {}}, 400),
        ({"action": "delete", "item_id": 1}, 404),
        ({"action": "delete", "item_id": 6201}, 403),
        ({"action": "delete", "item_id": 6101, "username": "nobody@example.com"}, 400),
        ({"action": "delete", "item_id": 6101, "before_filter": 0}, 400),
        ({"action": "update", "item_id": 6101, "count": 2}, 400),
        ({"action": "update", "item_id": 6101, "fields": {"progress": 101}}, 400),
        ({"action": "create"}, 400),
        ({"action": "create", "app_id": 1}, 404),
        ({"action": "create", "app_id": 3003}, 403),
        ({"action": "create", "app_id": 3001}, 400),
        ({"action": "create", "app_id": 3001, "fields": {"title": "x"}, "count": 0}, 400),
        ({"action": "create", "app_id": 3001, "item_id": 6101}, 400),
    ],
)
def test_bad_edits_change_nothing(demo: Caller, order: Any, status: int) -> None:
    assert demo.post("/sandbox/edit", order).status == status
    assert len(page(demo, limit=100)) == 36
    assert demo.get("/item/6101").json["revision"] == 0


def test_edits_between_two_pages(demo: Caller) -> None:
    assert edit(demo, "delete", item_id=[6101, 6102], before_filter=2) == []
    assert edit(demo, "create", app_id=3001, fields={"title": "late {n}"}, count=2, before_filter=3) == []
    edit(demo, "update", item_id=6136, fields={"hours": 77}, before_filter=1)
    assert page(demo, limit=10) == list(range(6101, 6111))
    assert demo.get("/item/6136/value/hours").json == [{"value": "77.0000"}]
    # Deleted items move the others, so this page lacks two that no page has had.
    assert page(demo, limit=10, offset=10) == list(range(6113, 6123))
    assert page(demo, limit=100, offset=20) == [*range(6123, 6137), 6305, 6306]
    assert len(page(demo, limit=100)) == 36


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/item/app/3001/filter"),
        ("POST", "/item/app/3001/filter/3501"),
        ("GET", "/item/app/3001/"),
        ("GET", "/item/app/3001/v2"),
    ],
)
def test_all_filter_calls_of_the_app_count(demo: Caller, method: str, path: str) -> None:
    edit(demo, "delete", item_id=6101, before_filter=2)
    for before in (36, 35, 35):
        # Calls to other apps, and other calls to this one, do not count.
        page(demo, 3002)
        demo.get("/item/app/3001/count")
        assert demo.call(method, path, {} if method == "POST" else None).json["total"] == before


def test_a_refused_filter_call_does_not_count(demo: Caller) -> None:
    edit(demo, "delete", item_id=6101, before_filter=1)
    for bad in ({"limit": 0}, {"sort_by": "nothing"}, {"sort_desc": 1}, {"filters": {"status": "x"}}):
        assert demo.post("/item/app/3001/filter/", bad).status == 400
    demo.fail_next("server_error")
    assert demo.post("/item/app/3001/filter/", {}).status == 500
    assert demo.get("/item/6101").status == 200
    assert len(page(demo, limit=100)) == 35


def test_an_edit_that_has_become_impossible_is_left_out(demo: Caller) -> None:
    edit(demo, "update", item_id=6101, fields={"hours": 1}, before_filter=1)
    edit(demo, "delete", item_id=6102, before_filter=1)
    demo.delete("/item/6101")
    assert page(demo, limit=2) == [6103, 6104]


def test_a_reset_forgets_edits_to_come(demo: Caller) -> None:
    edit(demo, "delete", item_id=6101, before_filter=1)
    page(demo, 3002)
    demo.post("/sandbox/reset")
    demo.sign_in()
    assert len(page(demo, limit=100)) == 36


def test_the_docs_list_all_keys() -> None:
    table = section("Edits by another user")
    keys = {key for keys in EDIT_KEYS.values() for key in keys}
    shown = {name for row in table.splitlines() if row.startswith("| `") for name in row.split("|")[1].split("`")[1::2]}
    assert shown == keys | {"action", "username", "before_filter"}
    actions = next(row for row in table.splitlines() if row.startswith("| `action`"))
    assert actions.split("`")[3::2] == list(EDIT_KEYS)
