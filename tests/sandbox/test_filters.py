"""Filtering: https://developers.podio.com/doc/filters."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_support import Caller


def find(demo: Caller, app_id: int = 3001, query: str = "", **body: Any) -> Any:
    answer = demo.post(f"/item/app/{app_id}/filter/{query}", body)
    assert answer.status == 200, answer.text
    return answer.json


def ids(result: Any) -> list[int]:
    return [item["item_id"] for item in result["items"]]


def test_the_first_page_has_thirty(demo: Caller) -> None:
    result = find(demo)
    assert (result["total"], result["filtered"], len(result["items"])) == (36, 36, 30)


def test_paging_walks_through_all(demo: Caller) -> None:
    pages = [ids(find(demo, sort_by="item_id", sort_desc=False, limit=10, offset=n)) for n in (0, 10, 20, 30, 40)]
    assert [len(page) for page in pages] == [10, 10, 10, 6, 0]
    assert [item_id for page in pages for item_id in page] == list(range(6101, 6137))


@pytest.mark.parametrize(
    "sort_by",
    ["created_by", "created_on", "last_edit_by", "last_edit_on", "app_item_id", "item_id", "activity", "priority",
     "title", "like", "approved", "rsvp", "fivestar", "yesno", "thumbs", 4106, "4106", "hours", "status", "due",
     "total", "responsible", "client", "place", "link", "keywords", "rate", "progress", "description", "labels"],
)  # fmt: skip
def test_every_sort_key_works_in_both_directions(demo: Caller, sort_by: Any) -> None:
    up = ids(find(demo, sort_by=sort_by, sort_desc=False, limit=100))
    down = ids(find(demo, sort_by=sort_by, sort_desc=True, limit=100))
    assert sorted(up) == list(range(6101, 6137))
    assert down == up[::-1]


def test_sorting_goes_by_value(demo: Caller) -> None:
    titles = [item["title"] for item in find(demo, sort_by="title", sort_desc=False, limit=100)["items"]]
    assert titles == sorted(titles, key=str.casefold)
    demo.put("/item/6105", {"fields": {"hours": 100}})
    demo.put("/item/6106", {"fields": {"hours": []}})
    by_hours = ids(find(demo, sort_by="hours", sort_desc=False, limit=100))
    assert (by_hours[0], by_hours[-1]) == (6106, 6105)


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"status": [1]}, 12),
        ({"status": 1}, 12),
        ({"status": [1, 2]}, 24),
        ({"4103": [3]}, 12),
        ({"labels": [1]}, 12),
        ({"labels": [None]}, 24),
        ({"labels": [None, 1]}, 36),
        ({"labels": [3]}, 0),
        ({"status": [1], "labels": [1]}, 12),
        ({"status": [2], "labels": [1]}, 0),
        ({"client": [6001]}, 6),
        ({"responsible": [8001]}, 9),
        ({"responsible": [None]}, 18),
        ({"hours": {"from": 1, "to": 2}}, 5),
        ({"hours": {"from": "9.5"}}, 2),
        ({"hours": {}}, 36),
        ({"progress": {"to": 0}}, 1),
        ({"time-spent": {"from": 0, "to": 900}}, 2),
        ({"rate": {"from": 46}}, 5),
        ({"total": {"to": 41}}, 1),
        ({"due": {"from": "2026-04-01", "to": "2026-04-30"}}, 18),
        ({"due": {"from": "2026-03-01", "to": "2026-03-01"}}, 2),
        ({"external_id": "seed-3"}, 1),
        ({"external_id": ["seed-3", "seed-4", "none"]}, 2),
        ({"title": ["Plan the summer outing"]}, 1),
        ({"item_id": [6101, 6102]}, 2),
        ({"item_id": {"from": 6130}}, 7),
        ({"app_item_id": 5}, 1),
        ({"tags": ["sample"]}, 7),
        ({"created_by": [{"type": "user", "id": 1002}]}, 12),
        ({"created_by": 1001}, 24),
        ({"last_edit_by": [{"type": "app", "id": 1}]}, 0),
        ({"created_via": [101]}, 36),
        ({"created_via": [5]}, 0),
        ({"created_on": {"from": "2026-02-01", "to": "2026-02-28"}}, 36),
        ({"created_on": {"to": "2026-02-01 10:00:00"}}, 2),
        ({"last_edit_on": {"from": "2030-01-01"}}, 0),
        ([], 36),
        (None, 36),
    ],
)
def test_filters(demo: Caller, filters: Any, count: int) -> None:
    result = find(demo, filters=filters, limit=1)
    assert (result["total"], result["filtered"]) == (36, count)


@pytest.mark.parametrize("field", ["description", "4102", "place", "link"])
def test_a_filter_on_text_is_silently_ignored(demo: Caller, field: str) -> None:
    assert find(demo, filters={field: "nothing has this"})["filtered"] == 36
    assert find(demo, filters={field: "x", "status": [1]})["filtered"] == 12


@pytest.mark.parametrize(
    ("bounds", "count"),
    [({"from": "-1d"}, 1), ({"from": "-1d", "to": "+1d"}, 1), ({"to": "-1dr"}, 36), ({"from": "1d"}, 0)],
)
def test_relative_dates_follow_the_clock(demo: Caller, bounds: Any, count: int) -> None:
    demo.post("/item/app/3001/", {"fields": {"title": "new"}})
    assert find(demo, filters={"created_on": bounds})["filtered"] == count


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0},
        {"limit": 501},
        {"limit": "10"},
        {"offset": -1},
        {"offset": 1.5},
        {"sort_by": "nothing"},
        {"sort_by": []},
        {"sort_desc": 1},
        {"remember": "no"},
        {"filters": "x"},
        {"filters": [1]},
        {"filters": {"nothing": 1}},
        {"filters": {"status": "To do"}},
        {"filters": {"status": [True]}},
        {"filters": {"hours": 5}},
        {"filters": {"hours": {"over": 5}}},
        {"filters": {"hours": {"from": "much"}}},
        {"filters": {"due": "2026-01-01"}},
        {"filters": {"due": {"from": "whenever"}}},
        {"filters": {"due": {"from": 5}}},
        {"filters": {"due": {"at": "2026-01-01"}}},
        {"filters": {"due": {"from": "-99999y"}}},
        {"filters": {"created_by": ["x"]}},
        {"filters": {"created_by": [{"id": 1}]}},
        {"filters": {"tags": [5]}},
        {"filters": {"item_id": ["6101"]}},
        {"filters": {"external_id": 5}},
    ],
)
def test_bad_filters(demo: Caller, body: Any) -> None:
    answer = demo.post("/item/app/3001/filter/", body)
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")


def test_filtered_items_have_the_shorter_view_which_can_be_widened(demo: Caller) -> None:
    (item,) = find(demo, filters={"item_id": [6101]})["items"]
    assert item["comment_count"] == 3
    assert not {"comments", "files", "revisions", "refs"} & set(item)
    (item,) = find(demo, query="?fields=items.fields(files,comments)", filters={"item_id": [6101]})["items"]
    assert [comment["comment_id"] for comment in item["comments"]] == [7001, 7002, 7003]
    assert item["files"] == []
    (item,) = find(demo, query="?fields=items.view(micro)", filters={"item_id": [6101]})["items"]
    assert set(item) == {"item_id", "app_item_id", "title", "link", "revision", "external_id"}
    (item,) = find(demo, query="?fields=items.view(full)", filters={"item_id": [6101]})["items"]
    assert "revisions" in item


@pytest.mark.parametrize("path", ["/item/app/3001/v2/", "/item/app/3001/"])
def test_the_list_with_a_query(demo: Caller, path: str) -> None:
    assert ids(demo.get(f"{path}?external_id=seed-2").json) == [6102]
    assert ids(demo.get(f"{path}?sort_by=item_id&sort_desc=0&limit=2&offset=1").json) == [6102, 6103]
    assert demo.get(f"{path}?limit=0").status == 400
    assert demo.get(f"{path}?limit=x").status == 400


def test_the_count(demo: Caller) -> None:
    assert demo.get("/item/app/3001/count").json == {"count": 36}
    demo.delete("/item/6101")
    assert demo.get("/item/app/3001/count").json == {"count": 35}
