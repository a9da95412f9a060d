"""Filtering: https://developers.podio.com/doc/filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import Caller


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


TITLE = "Plan the summer outing"


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"title": TITLE}, 1),
        ({"title": TITLE.upper()}, 1),
        ({"title": [TITLE.lower(), "repaint the MEETING room"]}, 2),
        ({"title": "Plan the summer"}, 0),
        ({"title": f"{TITLE} "}, 0),
        ({"4101": TITLE.upper()}, 1),
        ({"4101": "Plan"}, 0),
        ({"4101": TITLE, "status": [2]}, 1),
        ({"4101": TITLE, "status": [1]}, 0),
        ({"description": f"{TITLE}, in a few simple steps."}, 1),
        ({"description": f"<p>{TITLE}, in a few <b>simple</b> steps.</p>"}, 1),
        ({"4102": f"{TITLE.upper()}, IN A FEW SIMPLE STEPS."}, 1),
        ({"description": "simple"}, 0),
        ({"description": None}, 1),
        ({"description": ""}, 1),
        ({"4101": None}, 0),
    ],
)
def test_a_filter_on_text_is_exact_in_upper_or_lower_case(demo: Caller, filters: Any, count: int) -> None:
    demo.put("/item/6110", {"fields": {"description": []}})
    assert find(demo, filters=filters)["filtered"] == count


def test_letters_outside_of_ascii_are_compared_too(demo: Caller) -> None:
    demo.put("/item/6101", {"fields": {"title": "\u00c4rger in der Stra\u00dfe"}})
    for text in ("\u00e4RGER in der stra\u00dfe", "\u00c4RGER IN DER STRASSE"):
        for key in ("title", "4101"):
            assert ids(find(demo, filters={key: text})) == [6101]


@pytest.mark.parametrize("value", [[TITLE], [], [None], {"value": TITLE}, {}, 5, True, 1.5])
@pytest.mark.parametrize("key", ["4101", "description"])
def test_a_filter_on_text_is_one_text(demo: Caller, key: str, value: Any) -> None:
    answer = demo.post("/item/app/3001/filter/", {"filters": {key: value}})
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert answer.json["error_description"].endswith("must be string")


@pytest.mark.parametrize("value", ["nothing has this", ["a", "b"], None, {"from": 1}, 5])
@pytest.mark.parametrize("key", ["4101", "description", "place"])
def test_a_filter_on_text_can_be_ignored(demo: Caller, key: str, value: Any) -> None:
    demo.settings(text_filter="ignored")
    assert find(demo, filters={key: value})["filtered"] == 36
    assert find(demo, filters={key: value, "status": [1]})["filtered"] == 12


@pytest.mark.parametrize("field", ["place", "link", "4113", "keywords"])
def test_a_filter_on_other_types_of_text_is_silently_ignored(demo: Caller, field: str) -> None:
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


# A real answer has these and no others: no app, tags, is_liked, like_count and pinned.
LISTED = {
    "item_id", "app_item_id", "app_item_id_formatted", "external_id", "title", "link", "revision", "priority",
    "created_on", "created_by", "created_via", "last_event_on", "initial_revision", "current_revision", "fields",
    "rights", "ratings", "comment_count", "file_count", "sharefile_vault_url", "sharefile_vault_folder_id",
}  # fmt: skip


@pytest.mark.parametrize("path", ["/item/app/3001/", "/item/app/3001/v2/", "/item/app/3002/"])
def test_listed_items_have_the_same_keys(demo: Caller, path: str) -> None:
    for item in demo.get(path).json["items"]:
        assert set(item) == LISTED


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[]", 200),
        ("{}", 200),
        (" [ ] ", 200),
        ("[[]]", 400),
        ('["x"]', 400),
        ("[1]", 400),
        ("null", 400),
        ('""', 400),
        ("0", 400),
        ("false", 400),
    ],
)
def test_the_body_may_be_an_empty_list(demo: Caller, body: str, status: int) -> None:
    answer = demo.post("/item/app/3001/filter/", raw=body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status == status
    assert status != 200 or len(answer.json["items"]) == 30
    assert demo.post("/item/app/3001/filter/").json["error_description"].endswith("No body was given.")


def test_filtered_items_have_the_shorter_view_which_can_be_widened(demo: Caller) -> None:
    (item,) = find(demo, filters={"item_id": [6101]})["items"]
    assert item["comment_count"] == 3
    assert set(item) == LISTED
    (item,) = find(demo, query="?fields=items.fields(files,comments)", filters={"item_id": [6101]})["items"]
    assert [comment["comment_id"] for comment in item["comments"]] == [7001, 7002, 7003]
    assert item["files"] == []
    (item,) = find(demo, query="?fields=items.fields(app,tags,like_count)", filters={"item_id": [6101]})["items"]
    assert set(item) == {*LISTED, "app", "tags", "like_count"}
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


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("hours=9-", 4),
        ("hours=-2", 5),
        ("hours=1-2", 5),
        ("hours=1.25-1.5", 2),
        ("hours=9.5", 1),
        ("hours=-1--0.5", 0),
        ("4106=9-", 4),
        ("hours=9-&status=1", 1),
        ("progress=0-3", 2),
        ("progress=-0", 1),
        ("time-spent=0-900", 2),
        ("rate=46-", 5),
        ("total=-41", 1),
        ("status=1", 12),
        ("status=1;2", 24),
        ("labels=null", 24),
        ("labels=;1", 36),
        ("client=6001;6002", 12),
        ("responsible=8001", 9),
        ("due=2026-04-01-2026-04-30", 18),
        ("due=2026-04-01-", 18),
        ("due=-2026-03-31", 18),
        ("due=2026-03-01", 2),
        ("due=-10y-%2B10y", 36),
        ("created_on=2026-02-01-2026-02-28", 36),
        ("created_on=%2B1d-", 0),
        ("last_edit_on=-1d-", 0),
        ("created_by=1002", 12),
        ("created_by=user:1002;app:3001", 12),
        ("created_via=101;5", 36),
        ("tags=sample;other", 7),
        ("external_id=seed-3", 1),
        ("external_id=SEED-3", 0),
        ("title=plan+the+summer+outing", 1),
        ("item_id=6101;6102", 2),
        ("item_id=6130-", 7),
        ("app_item_id=5", 1),
        ("description=nothing+has+this", 0),
        ("place=ignored", 36),
        ("nothing=1", 36),
        ("oauth_token=x&key=y&_=123", 36),
    ],
)
@pytest.mark.parametrize("path", ["/item/app/3001/", "/item/app/3001/v2/"])
def test_filters_in_the_query(demo: Caller, path: str, query: str, count: int) -> None:
    answer = demo.get(f"{path}?{query}&limit=1")
    assert answer.status == 200, answer.text
    assert (answer.json["total"], answer.json["filtered"]) == (36, count)


@pytest.mark.parametrize(
    "query",
    ["hours=x", "hours=-", "hours=", "hours=1-x", "hours=1e3-", "status=To+do", "status=1,2", "status=1-2", "due=soon",
     "due=2026-13-01", "due=-", "due=1-2", "created_by=me", "created_by=user:me", "item_id=x", "item_id=1-x",
     "item_id=1.5-", "client=99999999999999999999", "created_via=x"],
)  # fmt: skip
def test_bad_filters_in_the_query(demo: Caller, query: str) -> None:
    answer = demo.get(f"/item/app/3001/?{query}")
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")


def test_the_count(demo: Caller) -> None:
    assert demo.get("/item/app/3001/count").json == {"count": 36}
    demo.delete("/item/6101")
    assert demo.get("/item/app/3001/count").json == {"count": 35}
