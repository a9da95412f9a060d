"""Values of an app's items, and the ranges and references of a field: https://developers.podio.com/doc/items."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller


@pytest.mark.parametrize(
    ("field_id", "low", "high"), [(4106, 1, 9.75), (4107, 40, 46), (4108, 40, 437), (4109, 0, 100), (4110, 0, 31500)]
)
def test_the_range_of_a_field(demo: Caller, field_id: int, low: float, high: float) -> None:
    assert demo.get(f"/item/field/{field_id}/range").json == {"min": low, "max": high}


def test_a_range_without_values(demo: Caller) -> None:
    demo.post("/item/app/3001/delete", {"item_ids": list(range(6101, 6137))})
    assert demo.get("/item/field/4106/range").json == {"min": None, "max": None}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("text=MILL", ["Old Mill Dairy"]),
        ("text=a&limit=2", ["Blue Harbour Books", "Cedar & Sons"]),
        ("text=nothing", []),
        ("limit=1", ["Blue Harbour Books"]),
    ],
)
def test_items_for_a_reference(demo: Caller, query: str, titles: list[str]) -> None:
    found = demo.get(f"/item/field/4112/find?{query}").json
    assert [item["title"] for item in found] == titles
    assert all({"item_id", "link", "app"} < set(item) for item in found)


def test_the_values_of_an_app(demo: Caller) -> None:
    demo.delete("/item/6103")
    values = demo.get("/item/app/3001/values").json
    assert [each["id"] for each in values["created_bys"]] == [1001, 1002]
    assert [each["id"] for each in values["created_vias"]] == [101]
    assert values["tags"] == ["sample"]
    fields = {field["external_id"]: field["values"] for field in values["fields"]}
    assert list(fields) == ["status", "labels", "responsible", "client", "keywords"]
    assert sorted(each["value"]["id"] for each in fields["status"]) == [1, 2, 3]
    assert len(fields["client"]) == 6
    assert fields["keywords"] == ["quick", "fun"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/item/field/1/range", 404),
        ("/item/field/4101/range", 400),
        ("/item/field/1/find", 404),
        ("/item/field/4101/find", 400),
        ("/item/field/4112/find?limit=0", 400),
        ("/item/app/1/values", 404),
    ],
)
def test_bad_calls(demo: Caller, path: str, status: int) -> None:
    assert demo.get(path).status == status


@pytest.mark.parametrize("path", ["/item/field/4301/range", "/item/field/4301/find", "/item/app/3003/values"])
def test_only_for_members(demo: Caller, path: str) -> None:
    assert demo.get(path, token=demo.issue(OTHER)).status == 403


@pytest.mark.parametrize(
    "path", ["/item/6101", "/item/6101/basic", "/app/3001/item/1", "/item/app/3001/external_id/seed-1"]
)
def test_fields_in_the_query_of_every_way_to_get_an_item(demo: Caller, path: str) -> None:
    def keys(query: str) -> set[str]:
        answer: dict[str, Any] = demo.get(f"{path}?fields={query}").json
        return set(answer)

    assert keys("view(micro).fields(push)") | {"push"} == keys("view(micro),push")
    assert {"push", "comments", "item_id"} <= keys("push,comments")
    assert demo.get(f"{path}?fields=push").json["push"]["channel"] == "/item/6101"
    assert demo.get(f"{path}?fields=view(").status == 400
