"""The app "Every type": types that no other app has, and fields and options that have been deleted."""

from __future__ import annotations

from typing import Any

import pytest

from podio_web.sandbox.fields import TYPES
from tests.sandbox.sandbox_support import Caller
from tests.sandbox.test_files import uploaded

APP = 3004
ALL, ONE, ZEROS, UNUSUAL = 6301, 6302, 6303, 6304


def values(demo: Caller, item_id: int = ALL) -> Any:
    return demo.get(f"/item/{item_id}/value/v2").json


def write(demo: Caller, field: str, value: Any) -> Any:
    """Write a value to an item that has hardly any, and return how it reads."""
    answer = demo.put(f"/item/{ONE}", {"fields": {field: value}})
    assert answer.status in (200, 204), answer.text
    return values(demo, ONE).get(field)


def option(number: int, text: str, status: str = "active") -> dict[str, Any]:
    return {"value": {"id": number, "text": text, "color": "DCEBD8", "status": status}}


def test_the_app_has_all_types(demo: Caller) -> None:
    fields = demo.get(f"/app/{APP}").json["fields"]
    assert {field["type"] for field in fields} == set(TYPES)
    assert [field["external_id"] for field in fields if field["status"] == "deleted"] == ["remark"]


def test_one_item_has_a_value_in_every_field_but_the_separator(demo: Caller) -> None:
    fields = demo.get(f"/app/{APP}").json["fields"]
    expected = [field["external_id"] for field in fields if field["type"] != "separator"]
    item = demo.get(f"/item/{ALL}").json
    assert [field["external_id"] for field in item["fields"]] == expected
    assert all(field["values"] for field in item["fields"])


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("question", 2, [option(2, "No")]),
        ("question", "perhaps", [option(3, "Perhaps")]),
        ("member", 1001, [{"value": 1001}]),
        ("member", {"value": 1002}, [{"value": 1002}]),
        ("member", [1001, 1002], [{"value": 1001}, {"value": 1002}]),
        ("state", "draft", [{"value": "draft"}]),
        ("state", {"value": "paid"}, [{"value": "paid"}]),
        ("future", 5, [{"value": 5}]),
        ("future", "text", [{"value": "text"}]),
        ("future", {"shape": "cube", "sides": [1, 2]}, [{"shape": "cube", "sides": [1, 2]}]),
        ("future", [1, {"value": None}], [{"value": 1}, {"value": None}]),
        ("one-currency", 5, [{"value": "5.0000", "currency": "DKK"}]),
        ("references", [ALL, ZEROS], None),
        ("address", "2 Market Street", None),
    ],
)
def test_what_may_be_written(demo: Caller, field: str, value: Any, read: Any) -> None:
    shown = write(demo, field, value)
    assert shown == read if read is not None else shown
    # What a read returns may be written back, and changes nothing.
    assert demo.put(f"/item/{ONE}", {"fields": {field: shown}}).status == 204
    assert write(demo, field, []) is None


@pytest.mark.parametrize("app_id", [3001, 3002, APP])
@pytest.mark.parametrize("empty_end", ["null", "absent"])
def test_whatever_an_item_contains_may_be_written_back(demo: Caller, app_id: int, empty_end: str) -> None:
    demo.settings(empty_end=empty_end)
    for item in demo.get(f"/item/app/{app_id}/?limit=100").json["items"]:
        fields = {each["external_id"]: each["values"] for each in item["fields"] if each["type"] != "calculation"}
        answer = demo.put(f"/item/{item['item_id']}", {"revision": 0, "fields": fields})
        assert answer.status == 204, (item["item_id"], answer.body)


@pytest.mark.parametrize("field", ["image", "file", "video"])
def test_an_uploaded_file_is_written_and_read(demo: Caller, field: str) -> None:
    file_id = uploaded(demo, b"hello", "notes.txt")
    (read,) = write(demo, field, [file_id])
    assert (read["value"]["file_id"], read["value"]["name"], read["value"]["size"]) == (file_id, "notes.txt", 5)


@pytest.mark.parametrize(("field", "file_id"), [("image", 9501), ("file", 9503), ("video", 9504)])
def test_files_in_fields(demo: Caller, field: str, file_id: int) -> None:
    for form in (file_id, [file_id], {"value": file_id}, [{"value": {"file_id": file_id}}]):
        write(demo, field, [])
        (read,) = write(demo, field, form)
        assert read["value"]["file_id"] == file_id
        assert set(read["value"]) == {
            "file_id", "name", "description", "mimetype", "size", "link", "link_target", "perma_link",
            "thumbnail_link", "hosted_by", "hosted_by_humanized_name", "external_file_id",
        }  # fmt: skip
    assert [each["value"]["file_id"] for each in write(demo, field, [9504, 9502])] == [9504, 9502]


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("question", 9, "Invalid value 9 (integer): No option found"),
        ("question", [1, 2], "Invalid value [1, 2] (array): must not have more than 1 element"),
        ("member", 5, "Invalid value 5 (integer): No user found"),
        ("member", "1001", 'Invalid value "1001" (string): must be integer'),
        ("member", {"user_id": 1001}, 'Invalid value "user_id" (string): No sub field found'),
        ("state", "lost", 'Invalid value "lost" (string): must be one of "draft", "sent", "paid"'),
        ("state", ["draft", "sent"], None),
        ("image", 5, "Invalid value 5 (integer): No file found"),
        ("file", "9503", 'Invalid value "9503" (string): must be integer'),
        ("video", {"id": 9504}, 'Invalid value "id" (string): No sub field found'),
        ("heading", "x", 'Invalid value "x" (string): must not be set'),
        ("product", 1, "A calculation field cannot be written"),
        ("copy", "x", "A calculation field cannot be written"),
        ("start", "2026-01-01", "A calculation field cannot be written"),
        ("reference", ALL, f"Invalid value {ALL} (integer): No item found"),
    ],
)
def test_what_is_refused(demo: Caller, field: str, value: Any, text: str | None) -> None:
    answer = demo.put(f"/item/{ONE}", {"fields": {field: value}})
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    assert text in (None, answer.json["error_description"])


def test_zero_is_a_value(demo: Caller) -> None:
    read = values(demo, ZEROS)
    assert (read["number"], read["progress"], read["duration"]) == (
        [{"value": "0.0000"}],
        [{"value": 0}],
        [{"value": 0}],
    )
    assert write(demo, "duration", 0) == [{"value": 0}]


def test_calculations_by_what_they_return(demo: Caller) -> None:
    read = values(demo)
    assert read["product"] == [{"value": "500.0000"}]
    assert read["copy"] == [{"value": "All values"}]
    assert read["start"] == read["date"]
    write(demo, "date", "2026-05-01")
    assert values(demo, ONE)["start"][0]["start_date"] == "2026-05-01"
    write(demo, "date", [])
    assert "start" not in values(demo, ONE)


@pytest.mark.parametrize("field", ["date", "start"])
def test_a_date_without_an_end_may_lack_the_keys_of_the_end(demo: Caller, field: str) -> None:
    ends = {"end", "end_date", "end_time", "end_utc", "end_date_utc", "end_time_utc"}
    (read,) = values(demo, UNUSUAL)[field]
    assert {key for key in read if key.startswith("end")} == ends
    assert all(read[key] is None for key in ends)
    demo.settings(empty_end="absent")
    (read,) = values(demo, UNUSUAL)[field]
    assert not [key for key in read if key.startswith("end")]
    for item_id in (ALL, ZEROS):
        assert ends < set(values(demo, item_id)[field][0])


def test_a_deleted_field_keeps_its_values(demo: Caller) -> None:
    (field,) = [each for each in demo.get(f"/item/{ALL}").json["fields"] if each["external_id"] == "remark"]
    assert (field["status"], field["values"]) == ("deleted", [{"value": "Written before the field was deleted"}])
    assert demo.put(f"/item/{ALL}", {"fields": {"number": 1}}).status == 200
    assert values(demo)["remark"] == field["values"]
    # It was required, and is required no longer.
    assert demo.post(f"/item/app/{APP}/", {"fields": {"text": "x"}}).status == 200
    assert demo.put(f"/item/{ALL}", {"fields": {"remark": []}}).status == 200
    assert "remark" not in values(demo)


def test_deleted_fields_and_options_may_be_written_unless_told_otherwise(demo: Caller) -> None:
    assert write(demo, "remark", "late") == [{"value": "late"}]
    assert write(demo, "category", 4) == [option(4, "Huge", "deleted")]
    assert write(demo, "categories", [1, 4]) == [option(1, "Red"), option(4, "Grey", "deleted")]
    demo.settings(deleted_values="refuse")
    for field, value, text in (
        ("remark", "later", 'Invalid value "remark" (string): No field found'),
        ("category", 4, "Invalid value 4 (integer): No option found"),
        ("categories", [4], "Invalid value 4 (integer): No option found"),
    ):
        answer = demo.put(f"/item/{ONE}", {"fields": {field: value}})
        assert (answer.status, answer.json["error_description"]) == (400, text)
    assert write(demo, "category", 1) == [option(1, "Small")]


def test_a_deleted_option_keeps_its_place_in_items_and_has_no_text_to_write(demo: Caller) -> None:
    assert values(demo, ZEROS)["category"] == [option(4, "Huge", "deleted")]
    answer = demo.put(f"/item/{ONE}", {"fields": {"category": "Huge"}})
    assert answer.json["error_description"] == 'Invalid value "Huge" (string): No option found'


def test_options_that_differ_in_case_only(demo: Caller) -> None:
    assert write(demo, "categories", ["red"]) == [option(2, "red")]
    assert write(demo, "categories", ["Red"]) == [option(1, "Red")]
    assert demo.put(f"/item/{ONE}", {"fields": {"categories": ["RED"]}}).status == 400


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"question": [1]}, [ALL]),
        ({"question": [None]}, [ONE, ZEROS, UNUSUAL]),
        ({"member": [1002]}, [ALL]),
        ({"member": 1001}, [UNUSUAL]),
        ({"state": ["sent", "paid"]}, [ALL]),
        ({"state": "draft"}, []),
        ({"state": [None]}, [ONE, ZEROS, UNUSUAL]),
        ({"category": [4]}, [ZEROS]),
        ({"product": {"from": 1}}, [ALL]),
        ({"copy": "ONE value"}, [ONE]),
        ({"start": {"from": "2026-03-01", "to": "2026-03-31"}}, [ALL, ZEROS]),
        ({"remark": "also kept"}, [ZEROS]),
        ({"references": [ZEROS]}, [ALL]),
        *(
            ({field: "ignored"}, [ALL, ONE, ZEROS, UNUSUAL])
            for field in ("image", "file", "video", "heading", "future")
        ),
    ],
)
def test_filters(demo: Caller, filters: Any, found: list[int]) -> None:
    body = {"filters": filters, "sort_by": "item_id", "sort_desc": False}
    answer = demo.post(f"/item/app/{APP}/filter/", body)
    assert answer.status == 200, answer.text
    assert [item["item_id"] for item in answer.json["items"]] == found


@pytest.mark.parametrize(
    "filters", [{"member": "x"}, {"state": [1]}, {"question": ["Yes"]}, {"start": 5}, {"copy": []}]
)
def test_bad_filters(demo: Caller, filters: Any) -> None:
    assert demo.post(f"/item/app/{APP}/filter/", {"filters": filters}).status == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [("question=1", 1), ("member=1001;1002", 2), ("state=sent;draft", 1), ("product=1-", 1), ("copy=zeros", 1),
     ("start=2026-03-01-2026-03-31", 2), ("member=null", 2)],
)  # fmt: skip
def test_filters_in_the_query(demo: Caller, query: str, found: int) -> None:
    assert demo.get(f"/item/app/{APP}/?{query}").json["filtered"] == found


def test_every_field_can_be_sorted_by(demo: Caller) -> None:
    for field in demo.get(f"/app/{APP}").json["fields"]:
        body = {"sort_by": field["field_id"], "sort_desc": False}
        answer = demo.post(f"/item/app/{APP}/filter/", body)
        assert answer.status == 200, field
        down = demo.post(f"/item/app/{APP}/filter/", {**body, "sort_desc": True}).json["items"]
        up = [item["item_id"] for item in answer.json["items"]]
        assert sorted(up) == [ALL, ONE, ZEROS, UNUSUAL]
        assert [item["item_id"] for item in down] == up[::-1]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"text": "First", "html": "<p>Second</p>"}, "First"),
        ({"html": "<p>Tea &amp; <b>biscuits</b></p>", "number": 5}, "Tea & biscuits"),
        ({"remark": "deleted", "progress": 42}, "42"),
        ({"progress": 42, "number": "12.5"}, "12.5"),
        ({"number": 100}, "100"),
        ({"state": "sent"}, "Sample 5"),
    ],
)
def test_the_title(demo: Caller, fields: Any, title: str) -> None:
    assert demo.post(f"/item/app/{APP}/", {"fields": fields}).json["title"] == title
