"""Search: https://developers.podio.com/doc/search and https://developers.podio.com/doc/reference."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller

CLIENT_FIELD = {"target": "item_field", "target_params": {"field_id": 4112}}
PLACES = ["/search", "/search/org/5001", "/search/space/2001", "/search/app/3001"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("slash", ["", "/"])
def test_the_words_of_a_query(demo: Caller, place: str, slash: str) -> None:
    found = demo.post(f"{place}{slash}", {"query": "SUMMER outing", "ref_type": "item"}).json
    assert [each["title"] for each in found] == [
        "Plan the summer outing, part 3",
        "Plan the summer outing, part 2",
        "Plan the summer outing",
    ]
    assert {"type", "id", "rank", "title", "link", "created_on", "created_by", "app", "space", "org"} == set(found[0])
    assert found[0]["type"] == "item"
    assert [each["rank"] for each in found] == [0, 1, 2]
    assert demo.get(f"{place}/v2{slash}?query=summer+outing&ref_type=item").json == {"results": found}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("limit", "status"), [(1, 200), (20, 200), (25, 200), (50, 200), (51, 400), (0, 400), ("x", 400)]
)
def test_limits_of_v2(demo: Caller, place: str, limit: Any, status: int) -> None:
    answer = demo.get(f"{place}/v2/?query=the&limit={limit}")
    assert answer.status == status
    if status == 200:
        assert 0 < len(answer.json["results"]) <= limit


@pytest.mark.parametrize(("limit", "status"), [(20, 200), (1, 200), (21, 400), (25, 400), (0, 400), ("5", 400)])
def test_limits_of_the_older_search(demo: Caller, limit: Any, status: int) -> None:
    assert demo.post("/search/", {"query": "the", "limit": limit}).status == status


def test_paging_and_counts(demo: Caller) -> None:
    whole = demo.get("/search/v2?query=the&limit=50").json["results"]
    parts = [demo.get(f"/search/v2?query=the&limit=5&offset={n}").json["results"] for n in (0, 5)]
    assert [*parts[0], *parts[1]] == whole[:10]
    counted = demo.get("/search/v2?query=the&limit=1&counts=yes").json
    assert counted["counts"] == {"item": len(whole), "app": 0}
    assert demo.get("/search/v2?query=clients&ref_type=app").json["results"][0]["id"] == 3002


@pytest.mark.parametrize("ref_type", ["task", "conversation", "status", "file", "profile"])
def test_other_kinds_are_empty(demo: Caller, ref_type: str) -> None:
    assert demo.post("/search/", {"query": "the", "ref_type": ref_type}).json == []


def test_only_what_the_caller_can_reach(podio: Caller) -> None:
    podio.sign_in()
    assert [each["id"] for each in podio.get("/search/v2?query=reading+list").json["results"]] == [6202]
    podio.sign_in(OTHER)
    assert podio.get("/search/v2?query=reading+list").json["results"] == []
    assert podio.get("/search/app/3003/v2?query=x").status == 403
    assert podio.get("/search/space/2002/v2?query=x").status == 403


def test_a_deleted_item_is_not_found(demo: Caller) -> None:
    demo.delete("/item/6202")
    assert demo.get("/search/v2?query=reading+list").json["results"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/search/v2", None, 400),
        ("GET", "/search/v2?query=", None, 400),
        ("GET", "/search/v2?query=x&ref_type=robot", None, 400),
        ("GET", "/search/v2?query=x&counts=some", None, 400),
        ("GET", "/search/app/1/v2?query=x", None, 404),
        ("POST", "/search/", {}, 400),
        ("POST", "/search/", {"query": 5}, 400),
        ("POST", "/search/", {"query": "x", "ref_type": "robot"}, 400),
        ("POST", "/search/v2", {"query": "x"}, 404),
        ("GET", "/search/?query=x", None, 404),
        ("GET", "/reference/search", None, 404),
    ],
)
def test_bad_searches(demo: Caller, method: str, path: str, body: Any, status: int) -> None:
    answer = demo.call(method, path, body)
    assert answer.status == status
    if status == 404 and "/app/1/" not in path:
        assert answer.json["error_detail"] == "sandbox.not_imitated"


@pytest.mark.parametrize("path", ["/reference/search", "/reference/search/"])
@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ({**CLIENT_FIELD, "text": "MILL"}, {"Clients & Partners": ["Old Mill Dairy"]}),
        ({**CLIENT_FIELD, "text": "a", "limit": 1}, {"Clients & Partners": ["Northwind Bakery"]}),
        ({"target": "apps", "text": "note"}, {"apps": ["Notes"]}),
        ({"target": "spaces", "text": ""}, {"spaces": ["Team", "Private"]}),
        ({"target": "task_responsible", "text": "other"}, {"profiles": ["Other Person"]}),
        ({"target": "alert", "text": "nobody"}, {}),
    ],
)  # fmt: skip
def test_what_a_reference_may_be(demo: Caller, path: str, body: Any, titles: Any) -> None:
    groups = demo.post(path, body).json
    assert {
        group["name"].replace("&amp;", "&"): [each.get("name") or each["title"] for each in group["contents"]]
        for group in groups
    } == titles


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"target": "giphys", "text": "x"}, 404, "sandbox.not_imitated"),
        ({"target": "item_field", "target_params": {"field_id": 4101}}, 404, None),
        ({"target": "item_field"}, 400, None),
        ({"target": "item_field", "target_params": {"field_id": "4112"}}, 400, None),
        ({"text": "x"}, 400, None),
        ({"target": "apps", "limit": 0}, 400, None),
        ({"target": "apps", "text": 5}, 400, None),
    ],
)
def test_bad_searches_for_references(demo: Caller, body: Any, status: int, detail: str | None) -> None:
    answer = demo.post("/reference/search", body)
    assert (answer.status, answer.json["error_detail"]) == (status, detail)
