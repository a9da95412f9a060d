"""Saved views, and filtering by them: https://developers.podio.com/doc/filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller


def save(demo: Caller, app_id: int = 3001, **body: Any) -> int:
    answer = demo.post(f"/view/app/{app_id}/", {"name": "Mine", **body})
    assert answer.status == 200, answer.text
    return int(answer.json["view_id"])


def found(demo: Caller, view_id: int, app_id: int = 3001, **body: Any) -> Any:
    answer = demo.post(f"/item/app/{app_id}/filter/{view_id}/", {"limit": 100, **body})
    assert answer.status == 200, answer.text
    return answer.json


def test_the_saved_view_of_the_initial_data(demo: Caller) -> None:
    (view,) = demo.get("/view/app/3001/").json
    assert demo.get("/view/3501").json == view
    assert (view["view_id"], view["name"], view["items"], view["private"]) == (3501, "Open tasks", 24, False)
    assert (view["sort_by"], view["sort_desc"]) == ("title", False)
    assert view["filters"] == [{"key": "status", "values": [1, 2]}]
    answer = found(demo, 3501)
    assert (answer["total"], answer["filtered"], len(answer["items"])) == (36, 24, 24)
    titles = [item["title"] for item in answer["items"]]
    assert titles == sorted(titles, key=str.casefold)


@pytest.mark.parametrize("filters", [{"status": [3]}, [{"key": "status", "values": [3]}]])
def test_filters_are_saved_as_an_object_or_a_list(demo: Caller, filters: Any) -> None:
    view_id = save(demo, filters=filters)
    assert demo.get(f"/view/{view_id}").json["filters"] == [{"key": "status", "values": [3]}]
    assert found(demo, view_id)["filtered"] == 12


def test_a_request_adds_filters_and_replaces_the_order(demo: Caller) -> None:
    answer = found(demo, 3501, filters={"status": [2, 3]}, sort_by="item_id", sort_desc=True)
    ids = [item["item_id"] for item in answer["items"]]
    assert len(ids) == 12
    assert ids == sorted(ids, reverse=True)
    assert found(demo, 3501, offset=20, limit=10)["items"] == found(demo, 3501)["items"][20:]
    assert "revisions" in demo.post("/item/app/3001/filter/3501?fields=items.view(full)", {}).json["items"][0]


def test_a_view_without_filters_has_all_items(demo: Caller) -> None:
    view_id = save(demo, sort_by=4106)
    assert demo.get(f"/view/{view_id}").json["sort_by"] == "4106"
    answer = found(demo, view_id)
    assert (answer["filtered"], answer["items"][0]["item_id"]) == (36, 6136)


def test_a_view_can_be_changed_and_deleted(demo: Caller) -> None:
    view_id = save(demo)
    change = {"name": "Done", "filters": {"status": [3]}, "sort_by": "item_id", "sort_desc": False, "layout": "card"}
    assert demo.put(f"/view/{view_id}", change).status == 204
    shown = demo.get(f"/view/{view_id}").json
    assert (shown["name"], shown["items"], shown["layout"], shown["sort_desc"]) == ("Done", 12, "card", False)
    assert demo.delete(f"/view/{view_id}").status == 204
    assert demo.get(f"/view/{view_id}").status == 404
    assert demo.post(f"/item/app/3001/filter/{view_id}", {}).status == 404


def test_a_private_view_is_its_owners(demo: Caller) -> None:
    private, public = save(demo, private=True), save(demo)
    other = demo.issue(OTHER)
    assert [each["view_id"] for each in demo.get("/view/app/3001/", token=other).json] == [3501, public]
    assert [each["view_id"] for each in demo.get("/view/app/3001/").json] == [3501, private, public]
    assert demo.get(f"/view/{private}", token=other).status == 404
    assert demo.post(f"/item/app/3001/filter/{private}", {}, token=other).status == 404


def test_views_stay_in_their_app(demo: Caller) -> None:
    assert demo.post("/item/app/3002/filter/3501/", {}).status == 404
    notes = save(demo, 3003)
    assert demo.get(f"/view/{notes}", token=demo.issue(OTHER)).status == 403
    assert demo.get("/view/app/3003/", token=demo.issue(OTHER)).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {"name": 5},
        {"name": " "},
        {"private": 1},
        {"sort_by": []},
        {"sort_desc": "no"},
        {"filters": "x"},
        {"filters": [5]},
        {"filters": [{"values": [1]}]},
        {"filters": {"nothing": 1}},
        {"filters": {"status": "x"}},
        {"layout": 5},
    ],
)
def test_bad_views(demo: Caller, body: Any) -> None:
    assert demo.post("/view/app/3001/", {"name": "x", **body}).status == 400
    assert demo.put("/view/3501", body).status == 400
    assert len(demo.get("/view/app/3001/").json) == 1


def test_a_view_needs_a_name(demo: Caller) -> None:
    assert demo.post("/view/app/3001/", {}).status == 400
