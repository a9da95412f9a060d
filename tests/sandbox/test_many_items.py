"""Long lists: every order that SQLite finds is the one that Python finds, and pages have no gaps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller

COLUMNS = ["created_by", "created_on", "last_edit_by", "last_edit_on", "app_item_id", "item_id", "activity", "priority"]
# A filter that every item matches. The items are then compared in Python.
ALL_ITEMS = {"item_id": {"from": 1}}


def found(demo: Caller, **body: Any) -> Any:
    answer = demo.post("/item/app/3001/filter/", {"limit": 100, **body})
    assert answer.status == 200, answer.text
    return answer.json


@pytest.mark.parametrize("column", [*COLUMNS, None])
@pytest.mark.parametrize("descending", [True, False])
def test_the_order_does_not_depend_on_filters(demo: Caller, column: str | None, descending: bool) -> None:
    demo.put("/item/6120", {"fields": {"hours": 5}}, token=demo.issue(OTHER))
    demo.advance(60)
    demo.put("/item/6110", {"fields": {"hours": 5}})
    demo.post("/item/app/3001/", {"fields": {"title": "new"}})
    order = {"sort_by": column, "sort_desc": descending}
    whole = found(demo, **order)
    assert whole == found(demo, **order, filters=ALL_ITEMS)
    assert [whole[name] for name in ("total", "filtered")] == [37, 37]
    parts = [found(demo, **order, limit=10, offset=offset)["items"] for offset in (0, 10, 20, 30, 40)]
    assert [item for part in parts for item in part] == whole["items"]


@pytest.mark.parametrize("filters", [{}, {"status": [1]}])
def test_pages_of_two_thousand_items(demo: Caller, filters: Any) -> None:
    order = {"action": "create", "app_id": 3001, "fields": {"title": "No. {n}", "status": 1}, "count": 2000}
    new = demo.post("/sandbox/edit", order).json["item_ids"]
    seen: list[int] = []
    while True:
        answer = found(demo, filters=filters, sort_by="item_id", sort_desc=False, limit=500, offset=len(seen))
        seen += [item["item_id"] for item in answer["items"]]
        if not answer["items"]:
            break
    assert seen[-2000:] == new
    assert len(seen) == len(set(seen)) == answer["filtered"]
    assert answer["total"] == 2036


@pytest.mark.parametrize(
    ("largest", "limit", "status"), [(500, 500, 200), (500, 501, 400), (100, 100, 200), (100, 101, 400)]
)
def test_the_largest_page(demo: Caller, largest: int, limit: int, status: int) -> None:
    demo.settings(largest_page=largest)
    assert demo.post("/item/app/3001/filter/", {"limit": limit}).status == status
    assert demo.post("/item/app/3001/filter/3501", {"limit": limit}).status == status
    assert demo.get(f"/item/app/3001/?limit={limit}").status == status


def test_references_among_many_items(demo: Caller) -> None:
    fields = {"title": "x", "client": 6001}
    demo.post("/sandbox/edit", {"action": "create", "app_id": 3001, "fields": fields, "count": 50})
    # Contains the text of a reference, but is none.
    demo.post("/item/app/3001/", {"fields": {"title": '{"value": 6001}'}})
    assert demo.get("/item/6001").json["refs"][0]["count"] == 56
    (group,) = demo.get("/item/6001/reference/").json
    assert len(group["items"]) == 56
    assert set(group["field"]) == {"field_id", "external_id", "type", "label", "config"}
    assert set(group["field"]["config"]) == {"settings", "mapping", "label"}
