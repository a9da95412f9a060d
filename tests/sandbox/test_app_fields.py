"""Fields that are added, changed and deleted: https://developers.podio.com/doc/applications."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import Caller


def definition(demo: Caller, external_id: str, app_id: int = 3001) -> Any:
    return demo.get(f"/app/{app_id}/field/{external_id}").json


def add(demo: Caller, kind: str, label: str, app_id: int = 3001, **config: Any) -> int:
    answer = demo.post(f"/app/{app_id}/field/", {"type": kind, "config": {"label": label, **config}})
    assert answer.status == 200, answer.text
    return int(answer.json["field_id"])


def test_a_new_field_is_the_last_one_and_takes_values(demo: Caller) -> None:
    field_id = add(demo, "number", "Price, with tax", required=True)
    last = demo.get("/app/3001").json["fields"][-1]
    assert (last["field_id"], last["external_id"], last["type"]) == (field_id, "price-with-tax", "number")
    assert (last["config"]["required"], last["config"]["delta"], last["status"]) == (True, 15, "active")
    assert demo.put("/item/6101", {"fields": {"price-with-tax": 5}}).status == 200
    assert demo.get("/item/6101/value/price-with-tax").json == [{"value": "5.0000"}]
    assert demo.post("/item/app/3001/", {"fields": {"title": "x"}}).status == 400


def test_external_ids_are_different_and_never_change(demo: Caller) -> None:
    names = [definition(demo, str(add(demo, "text", "Title")))["external_id"] for _ in range(2)]
    assert names == ["title-2", "title-3"]
    assert definition(demo, str(add(demo, "text", "名前")))["external_id"] == "field"
    assert demo.put("/app/3001/field/title-2", {"label": "Name"}).status == 200
    assert definition(demo, "title-2")["label"] == "Name"


def test_every_change_is_a_revision_of_the_app(demo: Caller) -> None:
    assert demo.get("/app/3001").json["current_revision"] == 0
    add(demo, "text", "New")
    assert demo.put("/app/3001/field/new", {"label": "Newer"}).json == {"revision": 2}
    assert demo.delete("/app/3001/field/new").json == {"revision": 3}
    assert demo.get("/item/6101").json["app"]["current_revision"] == 3
    assert demo.get("/app/3002").json["current_revision"] == 0


def test_options_that_are_left_out_are_deleted(demo: Caller) -> None:
    kept = definition(demo, "status")["config"]["settings"]["options"][0]
    settings = {"options": [{**kept, "text": "Open"}, "Waiting", {"text": "Blocked", "color": "FFFFFF"}]}
    assert demo.put("/app/3001/field/status", {"settings": settings}).status == 200
    shown = definition(demo, "status")["config"]["settings"]
    assert [(each["id"], each["text"], each["status"]) for each in shown["options"]] == [
        (1, "Open", "active"),
        (4, "Waiting", "active"),
        (5, "Blocked", "active"),
        (2, "In progress", "deleted"),
        (3, "Done", "deleted"),
    ]
    assert shown["multiple"] is False
    # Items keep the options that have been deleted.
    assert demo.get("/item/6102/value/status").json[0]["value"]["status"] == "deleted"
    assert demo.put("/item/6101", {"fields": {"status": "Waiting"}}).status == 200
    assert demo.put("/item/6101", {"fields": {"status": "Done"}}).status == 400


@pytest.mark.parametrize(("query", "kept"), [("", True), ("?delete_values=0", True), ("?delete_values=1", False)])
def test_deleting_a_field(demo: Caller, query: str, kept: bool) -> None:
    assert demo.delete(f"/app/3001/field/hours{query}").status == 200
    assert definition(demo, "hours")["status"] == "deleted"
    field = [each for each in demo.get("/item/6101").json["fields"] if each["external_id"] == "hours"]
    assert [each["status"] for each in field] == (["deleted"] if kept else [])
    assert demo.delete("/app/3001/field/hours").status == 404
    assert demo.put("/app/3001/field/hours", {"label": "x"}).status == 404


def test_a_new_field_may_have_the_label_of_a_deleted_one(demo: Caller) -> None:
    demo.delete("/app/3001/field/hours")
    field_id = add(demo, "number", "Hours")
    assert definition(demo, str(field_id))["external_id"] == "hours-2"


@pytest.mark.parametrize(
    "settings",
    [
        {"expression": "hours * progress", "return_type": "number"},
        {"expression": "title * hours", "return_type": "number"},
        {"expression": "hours", "return_type": "date"},
        {"expression": "status", "return_type": "text"},
        {"return_type": "text"},
        {},
        None,
    ],
)
def test_any_calculation_can_be_read(demo: Caller, settings: Any) -> None:
    add(demo, "calculation", "Sum", settings=settings)
    assert demo.get("/item/6102").status == 200
    assert demo.post("/item/app/3001/filter/", {"sort_by": "sum"}).status == 200
    assert ("sum" in demo.get("/item/6102/value/v2").json) is (bool(settings) and "progress" in str(settings))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "text"},
        {"type": "robot", "config": {"label": "x"}},
        {"type": "text", "config": {"label": " "}},
        {"type": "text", "config": {"label": "x", "required": 1}},
        {"type": "text", "config": {"label": "x", "settings": []}, "more": 1},
        {"type": "category", "config": {"label": "x", "settings": {"options": 5}}},
        {"type": "category", "config": {"label": "x", "settings": {"options": [5]}}},
        {"type": "category", "config": {"label": "x", "settings": {"options": [{"id": "1"}]}}},
        {"type": "category", "config": {"label": "x", "settings": {"options": [{"text": "x", "status": "lost"}]}}},
        {"type": "money", "config": {"label": "x", "settings": {"allowed_currencies": "EUR"}}},
        {"type": "app", "config": {"label": "x", "settings": {"referenced_apps": [3002]}}},
        {"type": "calculation", "config": {"label": "x", "settings": {"return_type": "app"}}},
    ],
)
def test_bad_fields(demo: Caller, body: Any) -> None:
    before = demo.get("/app/3001").json["fields"]
    answer = demo.post("/app/3001/field/", body)
    if body.get("more") is None:
        assert (answer.status, answer.json["error"]) == (400, "invalid_value")
        assert demo.get("/app/3001").json["fields"] == before
    else:
        # PHP encodes an empty object as a list.
        assert answer.status == 200
