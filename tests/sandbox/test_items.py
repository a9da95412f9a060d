"""Items: https://developers.podio.com/doc/items."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller

FULL_KEYS = {
    "item_id", "app_item_id", "app_item_id_formatted", "external_id", "title", "link", "revision", "priority",
    "created_on", "created_by", "created_via", "last_event_on", "initial_revision", "current_revision", "revisions",
    "app", "fields", "files", "comments", "refs", "tags", "rights", "ratings", "user_ratings", "is_liked",
    "like_count", "subscribed", "subscribed_count", "participants", "reminder", "recurrence", "linked_account_id",
    "linked_account_data", "ref", "invite", "presence", "push",
}  # fmt: skip


def create(demo: Caller, app_id: int = 3001, **body: Any) -> Any:
    body.setdefault("fields", {"title": "A task"})
    answer = demo.post(f"/item/app/{app_id}/", body)
    assert answer.status == 200, answer.text
    return answer.json


def test_create_and_read(demo: Caller) -> None:
    item = create(demo, external_id="mine", tags=["a", "b"])
    assert item["title"] == "A task"
    assert (item["app_item_id"], item["revision"], item["external_id"]) == (37, 0, "mine")
    read = demo.get(f"/item/{item['item_id']}").json
    assert set(read) >= FULL_KEYS
    assert read["tags"] == ["a", "b"]
    assert read["priority"] == float(item["item_id"])
    assert read["created_by"]["user_id"] == 1001
    assert read["created_via"]["name"] == "Demo app"
    assert read["app"]["app_id"] == 3001
    assert [(each["revision"], each["type"]) for each in read["revisions"]] == [(0, "creation")]


def test_running_numbers_are_per_app_and_never_used_again(demo: Caller) -> None:
    first = create(demo)
    assert create(demo, 3002, fields={"name": "New"})["app_item_id"] == 7
    assert demo.delete(f"/item/{first['item_id']}").status == 204
    assert create(demo)["app_item_id"] == first["app_item_id"] + 1


def test_fields_without_a_value_are_left_out_and_the_rest_is_in_order(demo: Caller) -> None:
    item = create(demo, fields={"progress": 5, "title": "x", "hours": None, "labels": []})
    assert [field["external_id"] for field in item["fields"]] == ["title", "progress"]


def test_the_title_is_the_first_text(demo: Caller) -> None:
    assert create(demo, 3002, fields={"name": "Name"})["title"] == "Name"
    assert create(demo, fields={"title": "<b>kept</b>", "description": "no"})["title"] == "<b>kept</b>"


def test_a_required_field_is_required(demo: Caller) -> None:
    refused: list[dict[str, object]] = [{}, {"hours": 1}, {"title": ""}, {"title": None}, {"title": []}]
    for fields in refused:
        answer = demo.post("/item/app/3001/", {"fields": fields})
        assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert demo.put("/item/6101", {"fields": {"title": []}}).status == 400


def test_changes_make_revisions(demo: Caller) -> None:
    item_id = create(demo)["item_id"]
    answer = demo.put(f"/item/{item_id}", {"revision": 0, "fields": {"title": "B", "hours": 3}})
    assert (answer.status, answer.json) == (200, {"revision": 1, "title": "B"})
    assert demo.put(f"/item/{item_id}/value", {"hours": []}).json == {"revision": 2, "title": "B"}
    assert demo.put(f"/item/{item_id}/value/title", {"value": "C"}).json == {"revision": 3, "title": "C"}
    assert demo.put(f"/item/{item_id}/value/4101", ["D"]).json == {"revision": 4, "title": "D"}
    assert demo.put(f"/item/{item_id}", {"tags": ["new"], "external_id": "e"}).json["revision"] == 5
    assert [each["revision"] for each in demo.get(f"/item/{item_id}/revision/").json] == [5, 4, 3, 2, 1, 0]
    assert demo.get(f"/item/{item_id}/revision/1").json["type"] == "update"
    assert demo.get(f"/item/{item_id}/revision/9").status == 404
    changed = demo.get(f"/item/{item_id}/revision/0/1").json
    assert [(each["external_id"], each["from"], each["to"]) for each in changed] == [
        ("title", [{"value": "A task"}], [{"value": "B"}]),
        ("hours", [], [{"value": "3.0000"}]),
    ]


def test_an_update_is_partial(demo: Caller) -> None:
    before = demo.get("/item/6101/value/v2").json
    demo.put("/item/6101", {"fields": {"hours": 9}})
    after = demo.get("/item/6101/value/v2").json
    assert after["hours"] == [{"value": "9.0000"}]
    changed = {"hours", "total"}
    assert {k: v for k, v in after.items() if k not in changed} == {k: v for k, v in before.items() if k not in changed}


CONFLICT = (409, "conflict")
CHANGES: dict[str, Any] = {"hours": 5, "labels": [3], "due": "2026-05-01"}


def change(demo: Caller) -> None:
    """Make revision 1 of an item, in which three fields differ from revision 0, and revision 2 with a fourth one."""
    assert demo.put("/item/6101", {"fields": CHANGES}).json["revision"] == 1
    assert demo.put("/item/6101", {"fields": {"progress": 77}}).json["revision"] == 2


@pytest.mark.parametrize(
    ("mode", "revision", "fields", "status"),
    [
        # What somebody has changed since, and what nobody has.
        ("overlap", 0, {"hours": 6}, 409),
        ("overlap", 0, {"4106": 6}, 409),
        ("overlap", 0, {"labels": [1]}, 409),
        ("overlap", 0, {"due": None}, 409),
        ("overlap", 0, {"progress": 1}, 409),
        ("overlap", 0, {"title": "x", "hours": 6}, 409),
        ("overlap", 0, {"title": "x"}, 200),
        ("overlap", 0, {"title": "x", "place": "Here"}, 200),
        ("overlap", 0, {}, 204),
        # The value that is there already.
        ("overlap", 0, {"hours": 5}, 204),
        ("overlap", 0, {"hours": "5.0000", "title": "x"}, 200),
        # Only the changes after the given revision count.
        ("overlap", 1, {"hours": 6}, 200),
        ("overlap", 1, {"progress": 1}, 409),
        ("overlap", 2, {"hours": 6, "progress": 1}, 200),
        # A revision that there is not yet.
        ("overlap", 3, {"title": "x"}, 409),
        ("overlap", None, {"hours": 6}, 200),
        ("any", 0, {"title": "x"}, 409),
        ("any", 1, {"title": "x"}, 409),
        ("any", 2, {"hours": 6}, 200),
        ("any", 3, {"title": "x"}, 409),
        ("any", None, {"hours": 6}, 200),
        ("none", 0, {"hours": 6}, 200),
        ("none", 9, {"hours": 6}, 200),
    ],
)
def test_an_update_conflicts_with_changes_since_its_revision(
    demo: Caller, mode: str, revision: int | None, fields: Any, status: int
) -> None:
    change(demo)
    demo.settings(revision_conflict=mode)
    answer = demo.put("/item/6101", {"revision": revision, "fields": fields})
    assert answer.status == status
    if status == 409:
        assert answer.json["error"] == "conflict"
        assert demo.get("/item/6101").json["revision"] == 2


def test_a_change_that_was_taken_back_is_no_conflict(demo: Caller) -> None:
    before = demo.get("/item/6101/value/progress").json
    change(demo)
    demo.put("/item/6101", {"fields": {"progress": before}})
    assert demo.put("/item/6101", {"revision": 0, "fields": {"progress": 50}}).status == 200


@pytest.mark.parametrize("revision", ["1", 1.0, True, -1, [], 10**30])
def test_a_revision_is_a_number(demo: Caller, revision: Any) -> None:
    assert demo.put("/item/6101", {"revision": revision, "fields": {}}).status == 400


@pytest.mark.parametrize(
    ("answer", "query", "status"),
    [("204", "?silent=1", 204), ("204", "?silent=yes&hook=0", 204), ("204", "?silent=0", 200), ("204", "", 200),
     ("body", "?silent=true", 200), ("body", "", 200)],
)  # fmt: skip
def test_a_silent_update_may_be_answered_without_a_body(demo: Caller, answer: str, query: str, status: int) -> None:
    demo.settings(update_answer=answer)
    assert demo.put(f"/item/6101{query}", {"fields": {"hours": 9}}).status == status
    assert demo.get("/item/6101").json["revision"] == 1


def test_no_change_is_an_empty_answer(demo: Caller) -> None:
    title = demo.get("/item/6101").json["title"]
    bodies: list[dict[str, object]] = [{"fields": {"title": title}}, {"fields": {}}, {"revision": 0}]
    for body in bodies:
        answer = demo.put("/item/6101", body)
        assert (answer.status, answer.body) == (204, b"")
    assert demo.get("/item/6101").json["revision"] == 0


def test_deleting_is_for_good(demo: Caller) -> None:
    answer = demo.delete("/item/6101")
    assert (answer.status, answer.body) == (204, b"")
    for call in (
        demo.get("/item/6101"),
        demo.put("/item/6101", {"fields": {}}),
        demo.delete("/item/6101"),
        demo.get("/comment/item/6101/"),
        demo.get("/comment/7001"),
    ):
        assert (call.status, call.json["error"]) == (410, "gone")
    assert demo.get("/app/3001/item/1").status == 404


def test_several_are_deleted_at_once(demo: Caller) -> None:
    answer = demo.post("/item/app/3001/delete", {"item_ids": [6101, 6102, 6001, 1]})
    assert answer.json["deleted"] == [6101, 6102]
    assert [demo.get(f"/item/{item_id}").status for item_id in (6101, 6102, 6001)] == [410, 410, 200]
    assert demo.post("/item/app/3001/delete", {"item_ids": "6103"}).status == 400


def test_a_deleted_item_vanishes_from_references(demo: Caller) -> None:
    assert demo.get("/item/6101/value/client").json[0]["value"]["title"] == "Northwind Bakery"
    demo.delete("/item/6001")
    assert demo.get("/item/6101/value/client").json == []


def test_other_ways_to_find_one(demo: Caller) -> None:
    assert demo.get("/app/3001/item/3").json["item_id"] == 6103
    assert demo.get("/item/app/3001/external_id/seed-3").json["item_id"] == 6103
    create(demo, external_id="a b/c")
    twin = create(demo, external_id="a b/c")
    found = demo.get("/item/app/3001/external_id/a%20b%2Fc").json
    assert found["item_id"] == twin["item_id"] - 1


def test_basic_and_values(demo: Caller) -> None:
    basic = demo.get("/item/6101/basic").json
    assert not {"comments", "revisions", "refs"} & set(basic)
    assert [each["external_id"] for each in demo.get("/item/6101/value").json] == [
        each["external_id"] for each in basic["fields"]
    ]
    assert demo.get("/item/6101/value/v2").json["title"] == [{"value": "Draft the spring newsletter"}]
    assert demo.get("/item/6101/value/4101").json == [{"value": "Draft the spring newsletter"}]
    assert demo.get("/item/6101/value/none").status == 404


def test_clone_and_references(demo: Caller) -> None:
    copy = demo.post("/item/6101/clone").json["item_id"]
    assert demo.get(f"/item/{copy}/value/v2").json == demo.get("/item/6101/value/v2").json
    (group,) = demo.get("/item/6001/reference/").json
    assert (group["count"], group["app"]["app_id"], group["field"]["external_id"]) == (7, 3001, "client")
    assert demo.get("/item/6001").json["refs"][0]["count"] == 7


def test_reading_clears_notifications_unless_told_otherwise(demo: Caller) -> None:
    def unread() -> int:
        return int(demo.get("/user/status").json["inbox_new"])

    assert unread() == 1
    demo.get("/item/6101?mark_as_viewed=0")
    demo.get("/item/6101?mark_as_viewed=false")
    assert unread() == 1
    demo.get("/item/6101")
    assert unread() == 0
    demo.post("/comment/item/6101/", {"value": "look"}, token=demo.issue(OTHER))
    assert unread() == 1
    demo.post("/comment/item/6101/?silent=1", {"value": "look"}, token=demo.issue(OTHER))
    assert unread() == 1
    assert demo.get("/item/6101?mark_as_viewed=perhaps").status == 400


def test_who_changed_it_and_when(demo: Caller) -> None:
    demo.advance(3600)
    demo.put("/item/6101", {"fields": {"hours": 7}}, token=demo.issue(OTHER, client_id="other-client"))
    revision = demo.get("/item/6101").json["current_revision"]
    assert (revision["created_by"]["name"], revision["created_via"]["name"]) == ("Other Person", "Other app")
    assert revision["created_on"] > demo.get("/item/6102").json["created_on"]


@pytest.mark.parametrize(
    ("query", "has", "lacks"),
    [
        ("app.view(micro)", {"revisions", "fields"}, set()),
        ("view(micro)", {"item_id", "title"}, {"fields", "created_on", "revisions"}),
        ("view(mini)", {"item_id", "created_on", "app"}, {"fields", "revisions"}),
        ("view(unheard)", {"fields"}, set()),
        ("nothing.here(x)", {"fields"}, set()),
    ],
)
def test_views(demo: Caller, query: str, has: set[str], lacks: set[str]) -> None:
    item = demo.get(f"/item/6101?fields={query}").json
    assert has <= set(item)
    assert not lacks & set(item)
    assert ("config" in item.get("app", {})) is (query != "app.view(micro)" and "app" in item)


@pytest.mark.parametrize("query", ["view(", "a)b", "fields(a,b", "(" * 50 + ")" * 50, "x.fields(a)b(c"])
def test_brackets_that_do_not_match(demo: Caller, query: str) -> None:
    assert demo.get(f"/item/6101?fields={query}").status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"external_id": 5, "fields": {"title": "x"}},
        {"tags": "x", "fields": {"title": "x"}},
        {"tags": [5], "fields": {"title": "x"}},
        {"file_ids": [1], "fields": {"title": "x"}},
        {"file_ids": 1, "fields": {"title": "x"}},
    ],
)
def test_bad_items(demo: Caller, body: Any) -> None:
    assert demo.post("/item/app/3001/", body).status == 400


YES = ["1", "on", "true", "y", "yes", "On", "TRUE", "Y"]
NO = ["0", "off", "false", "n", "no", "No", "OFF"]
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/item/app/3001/", {"fields": {"title": "x"}}),
    ("PUT", "/item/6101", {"fields": {"title": "x"}}),
    ("PUT", "/item/6101/value", {"title": "x"}),
    ("PUT", "/item/6101/value/title", {"value": "x"}),
    ("POST", "/item/6101/clone", None),
    ("POST", "/item/app/3001/delete", {"item_ids": [6102]}),
    ("POST", "/comment/item/6101/", {"value": "x"}),
    ("PUT", "/comment/7001", {"value": "x"}),
    ("DELETE", "/comment/7001", None),
    ("DELETE", "/item/6101", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@pytest.mark.parametrize("name", ["silent", "hook"])
def test_flags_of_a_write(demo: Caller, method: str, path: str, body: Any, name: str) -> None:
    for wrong in ("2", "5", "", "t", "f", "null", "yes!", "%20true", "1,0", "01", "ja"):
        answer = demo.call(method, f"{path}?{name}={wrong}", body)
        assert (answer.status, answer.json["error"]) == (400, "invalid_value"), wrong
        assert answer.json["error_description"].endswith("must be boolean")
    for right in (YES if name == "silent" else NO)[: 1 if method == "DELETE" else None]:
        assert demo.call(method, f"{path}?{name}={right}", body).status in (200, 204), right


@pytest.mark.parametrize("flag", [*YES, *NO])
def test_all_spellings_of_a_flag_on_delete(demo: Caller, flag: str) -> None:
    assert demo.delete(f"/item/6101?silent={flag}&hook={flag}").status == 204


@pytest.mark.parametrize(("flag", "unread"), [*((each, 0) for each in YES), *((each, 1) for each in NO)])
def test_flags_of_a_read(demo: Caller, flag: str, unread: int) -> None:
    demo.get(f"/item/6101?mark_as_viewed={flag}")
    assert demo.get("/user/status").json["inbox_new"] == unread


def test_references_of_an_item_are_counted_and_not_listed(demo: Caller) -> None:
    (group,) = demo.get("/item/6001").json["refs"]
    assert set(group) == {"count", "field", "app"}
    (group,) = demo.get("/item/6001/reference/").json
    assert len(group["items"]) == group["count"] == 6


@pytest.mark.parametrize("path", ["/item/6101", "/item/6101/basic", "/app/3001/item/1", "/item/6101/value"])
def test_the_space_of_a_referenced_item_is_an_object(demo: Caller, path: str) -> None:
    answer = demo.get(path).json
    (field,) = [each for each in (answer["fields"] if "item" in path and "value" not in path else answer)
                if each["external_id"] == "client"]  # fmt: skip
    value = field["values"][0]["value"]
    assert (value["space"]["space_id"], value["space"]["name"], value["space"]["org_id"]) == (2001, "Team", 5001)
    assert {"url", "url_label", "type"} < set(value["space"])
    assert value["sharefile_vault_url"] is None


def test_the_byline_of_an_app(podio: Caller) -> None:
    grant = {"grant_type": "app", "app_id": 3001, "app_token": f"{3001:032x}"}
    podio.token = podio.post(
        "/oauth/token/v2", {**grant, "client_id": "demo-client", "client_secret": "demo-secret"}
    ).json["access_token"]
    item = podio.post("/item/app/3001/", {"fields": {"title": "Made by an app"}}).json
    comment = podio.post(f"/comment/item/{item['item_id']}/", {"value": "x"}).json
    for byline in (item["created_by"], item["current_revision"]["created_by"], comment["created_by"]):
        assert (byline["type"], byline["id"], byline["user_id"], byline["avatar"]) == ("app", 3001, -1, -1)
    person = podio.get("/item/6101").json["created_by"]
    assert (person["user_id"], person["avatar"]) == (1001, None)


def test_ids_of_revisions_need_more_than_32_bits(demo: Caller) -> None:
    demo.put("/item/6101", {"fields": {"hours": 9}})
    item = demo.get("/item/6101").json
    ids = [each["item_revision_id"] for each in item["revisions"]]
    assert len(ids) == 2
    assert min(ids) > 2**31
    assert item["current_revision"]["item_revision_id"] == max(ids)
    assert create(demo)["current_revision"]["item_revision_id"] > 2**31


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a/b", rb"a\/b"),
        ("</script>", rb"<\/script>"),
        ("back\\slash\\/", rb"back\\slash\\\/"),
        ("\U0001f680", rb"\ud83d\ude80"),
        ("\U00010000\U0010ffff", rb"\ud800\udc00\udbff\udfff"),
        ("Zo\u00eb", rb"Zo\u00eb"),
        ('"quoted"', rb"\"quoted\""),
    ],
)
def test_the_raw_body(demo: Caller, text: str, written: bytes) -> None:
    made = demo.post("/item/app/3001/", {"fields": {"title": text}})
    assert made.json["title"] == text
    read = demo.get(f"/item/{made.json['item_id']}")
    assert read.json["title"] == text
    refused = demo.post("/item/app/3001/", {"fields": {text: 1}})
    assert text in json.loads(refused.json["error_description"].removeprefix("Invalid value ").split(" (string)")[0])
    for body in (made.body, read.body):
        assert written in body
        assert body.isascii()
    for body in (made.body, read.body, refused.body, demo.get("/nowhere").body):
        assert re.search(rb"(?<!\\)(\\\\)*/", body) is None, "a slash without a backslash"
