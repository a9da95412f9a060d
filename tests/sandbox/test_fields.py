"""Every field type: how it may be written, how it reads, and what is refused (https://developers.podio.com/doc/items)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.sandbox_support import OTHER, Caller


def stored(demo: Caller, field: str, value: Any, app_id: int = 3001) -> Any:
    name = "title" if app_id == 3001 else "name"
    answer = demo.post(f"/item/app/{app_id}/", {"fields": {name: "x", field: value}})
    assert answer.status == 200, answer.text
    fields = {each["external_id"]: each["values"] for each in answer.json["fields"]}
    assert demo.get(f"/item/{answer.json['item_id']}/value/v2").json == fields
    return fields.get(field)


def moment(side: str, local: str, utc: str) -> dict[str, str]:
    local_date, local_time = local.split(" ")
    utc_date, utc_time = utc.split(" ")
    return {
        side: local,
        f"{side}_date": local_date,
        f"{side}_time": local_time,
        f"{side}_utc": utc,
        f"{side}_date_utc": utc_date,
        f"{side}_time_utc": utc_time,
    }


def day(side: str, date: str | None) -> dict[str, str | None]:
    return {
        side: date and f"{date} 00:00:00",
        f"{side}_date": date,
        f"{side}_time": None,
        f"{side}_utc": date,
        f"{side}_date_utc": date,
        f"{side}_time_utc": None,
    }


NO_END = day("end", None)
START = moment("start", "2026-03-01 09:00:00", "2026-03-01 08:00:00")


@pytest.mark.parametrize("form", [lambda v: v, lambda v: [v], lambda v: {"value": v}, lambda v: [{"value": v}]])
@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("title", "Hello", {"value": "Hello"}),
        ("hours", 12.5, {"value": "12.5000"}),
        ("hours", "12.5", {"value": "12.5000"}),
        ("hours", -3, {"value": "-3.0000"}),
        ("rate", 99.9, {"value": "99.9000", "currency": "EUR"}),
        ("progress", 40, {"value": 40}),
        ("time-spent", 5400, {"value": 5400}),
        ("status", 2, {"value": {"id": 2, "text": "In progress", "color": "F7F0C5", "status": "active"}}),
        ("keywords", "red", "red"),
    ],
)
def test_all_equal_ways_of_writing(demo: Caller, form: Any, field: str, value: Any, read: Any) -> None:
    assert stored(demo, field, form(value)) == [read]


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("description", "Hi", [{"value": "<p>Hi</p>"}]),
        ("description", "<p>Hi</p>", [{"value": "<p>Hi</p>"}]),
        ("description", "", None),
        ("rate", {"value": "99.90", "currency": "USD"}, [{"value": "99.9000", "currency": "USD"}]),
        ("keywords", ["a", "b"], ["a", "b"]),
        ("time-spent", 0, [{"value": 0}]),
        ("due", "2026-03-01", [{**day("start", "2026-03-01"), **NO_END}]),
        ("due", {"start_date": "2026-03-01"}, [{**day("start", "2026-03-01"), **NO_END}]),
        ("due", "2026-03-01 09:00:00", [{**START, **NO_END}]),
        ("due", {"start": "2026-03-01T09:00"}, [{**START, **NO_END}]),
        ("due", {"start_date": "2026-03-01", "start_time": "09:00:00"}, [{**START, **NO_END}]),
        ("due", {"start_utc": "2026-03-01 08:00:00"}, [{**START, **NO_END}]),
        ("due", {"start_date_utc": "2026-03-01", "start_time_utc": "08:00:00"}, [{**START, **NO_END}]),
        (
            "due",
            {"start": "2026-03-01 09:00:00", "end": "2026-07-01 10:30:00"},
            [{**START, **moment("end", "2026-07-01 10:30:00", "2026-07-01 08:30:00")}],
        ),
        (
            "due",
            {"start": "2026-03-01", "end": "2026-03-04"},
            [{**day("start", "2026-03-01"), **day("end", "2026-03-04")}],
        ),
        ("due", "0001-01-01", [{**day("start", "0001-01-01"), **NO_END}]),
    ],
)
def test_special_values(demo: Caller, field: str, value: Any, read: Any) -> None:
    assert stored(demo, field, value) == read


def test_a_moment_is_shown_in_the_time_zone_of_the_reader(demo: Caller) -> None:
    item = demo.post("/item/app/3001/", {"fields": {"title": "x", "due": "2026-07-01 21:00:00"}}).json
    (value,) = demo.get(f"/item/{item['item_id']}/value/due", token=demo.issue(OTHER)).json
    assert (value["start"], value["start_utc"]) == ("2026-07-01 15:00:00", "2026-07-01 19:00:00")


def test_a_time_is_dropped_where_the_field_has_none(demo: Caller) -> None:
    written = {"start": "2026-03-01 09:00:00", "end": "2026-03-05"}
    (value,) = stored(demo, "customer-since", written, 3002)
    assert (value["start_date"], value["start_time"], value["end"]) == ("2026-03-01", None, None)


@pytest.mark.parametrize("form", [lambda v: v, lambda v: [v], lambda v: {"value": v}, lambda v: {"value": {"text": v}}])
@pytest.mark.parametrize(("text", "option"), [("Done", 3), ("done", 3), ("TO DO", 1), ("In progress", 2)])
def test_a_category_by_its_text(demo: Caller, form: Any, text: str, option: int) -> None:
    (read,) = stored(demo, "status", form(text))
    assert read["value"]["id"] == option


def test_several_categories_by_text(demo: Caller) -> None:
    assert [each["value"]["id"] for each in stored(demo, "labels", ["Print", 3, "print", "Web"])] == [2, 3, 1]
    assert demo.put("/item/6101/value/status", {"value": "Done"}).status == 200
    assert demo.put("/item/6101", {"fields": {"labels": ["Web", "Nothing"]}}).status == 400


@pytest.mark.parametrize("value", ["Done", ["Done"], {"value": "Done"}, {"value": {"text": "Done"}}])
def test_the_text_of_a_category_can_be_refused(demo: Caller, value: Any) -> None:
    demo.settings(category_text="refuse")
    answer = demo.post("/item/app/3001/", {"fields": {"title": "x", "status": value}})
    assert answer.status == 400
    assert answer.json["error_description"] == 'Invalid value "Done" (string): must be integer'
    assert stored(demo, "status", 3)[0]["value"]["text"] == "Done"


def test_several_categories(demo: Caller) -> None:
    assert [each["value"]["text"] for each in stored(demo, "labels", [3, 1, 3])] == ["Office", "Web"]
    option = demo.get("/app/3001").json["fields"][2]["config"]["settings"]["options"][0]
    assert stored(demo, "status", {"value": option})[0]["value"] == option


@pytest.mark.parametrize(
    "value",
    [8002, [8002], {"value": 8002}, {"type": "user", "id": 1002}, {"type": "profile", "id": 8002},
     {"type": "mail", "id": "Other@example.com"}, {"value": {"type": "user", "id": 1002}}],
)  # fmt: skip
def test_contacts(demo: Caller, value: Any) -> None:
    (read,) = stored(demo, "responsible", value)
    assert (read["value"]["profile_id"], read["value"]["user_id"], read["value"]["name"]) == (
        8002,
        1002,
        "Other Person",
    )


def test_several_contacts(demo: Caller) -> None:
    assert [each["value"]["user_id"] for each in stored(demo, "responsible", [8002, 8001])] == [1002, 1001]


@pytest.mark.parametrize("value", [6002, [6002], {"value": 6002}, {"value": {"item_id": 6002}}])
def test_references(demo: Caller, value: Any) -> None:
    (read,) = stored(demo, "client", value)
    assert (read["value"]["item_id"], read["value"]["title"]) == (6002, "Blue Harbour Books")
    assert read["value"]["app"]["app_id"] == 3002


def test_locations(demo: Caller) -> None:
    (plain,) = stored(demo, "place", "1 Market Street")
    assert (plain["value"], plain["formatted"]) == ("1 Market Street", "1 Market Street")
    parts = {"street_address": "1 Market Street", "city": "Example Town", "lat": 55.5, "lng": 12, "map_in_sync": True}
    (whole,) = stored(demo, "place", parts)
    assert whole["value"] == "1 Market Street, Example Town"
    assert (whole["lat"], whole["lng"], whole["map_in_sync"], whole["country"]) == (55.5, 12, True, None)
    assert stored(demo, "place", whole) == [whole]


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ({"street_name": "Market Street", "street_number": "1b"}, "Market Street 1b"),
        ({"street_name": "Market Street", "city": "Example Town"}, "Market Street, Example Town"),
        ({"street_number": "7", "postal_code": "1000"}, "7, 1000"),
        (
            {"street_address": "1 Market Street", "street_name": "Market Street", "street_number": "1"},
            "1 Market Street",
        ),
        ({"street_name": None, "value": "Here"}, "Here"),
    ],
)
def test_the_street_of_a_location(demo: Caller, parts: dict[str, Any], value: str) -> None:
    (read,) = stored(demo, "place", parts)
    assert read["value"] == value
    for name in ("street_name", "street_number", "street_address"):
        assert read[name] == parts.get(name)
    assert stored(demo, "place", read) == [read]


def test_phones_and_mails(demo: Caller) -> None:
    assert stored(demo, "phone", [{"type": "work", "value": "+1 555"}, {"type": "mobile", "value": "2"}], 3002) == [
        {"type": "work", "value": "+1 555"},
        {"type": "mobile", "value": "2"},
    ]
    assert stored(demo, "email", "a@example.com", 3002) == [{"type": "other", "value": "a@example.com"}]


def test_links(demo: Caller) -> None:
    made = demo.post("/embed/", {"url": "https://example.com/page", "mode": "immediate"}).json
    assert (made["hostname"], made["type"]) == ("example.com", "link")
    (read,) = stored(demo, "link", {"embed": made["embed_id"]})
    assert read == {"embed": made, "file": None}
    (by_url,) = stored(demo, "link", {"url": "https://example.com/other"})
    assert by_url["embed"]["url"] == "https://example.com/other"


def test_a_calculation_follows_its_fields(demo: Caller) -> None:
    item = demo.post("/item/app/3001/", {"fields": {"title": "x", "hours": 1.5, "rate": 74}}).json
    assert demo.get(f"/item/{item['item_id']}/value/total").json == [{"value": "111.0000"}]
    demo.put(f"/item/{item['item_id']}", {"fields": {"hours": []}})
    assert demo.get(f"/item/{item['item_id']}/value/total").json == []


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("title", 5, "Invalid value 5 (integer): must be string"),
        ("title", ["a", "b"], 'Invalid value ["a", "b"] (array): must not have more than 1 element'),
        ("title", {"text": "x"}, 'Invalid value "text" (string): No sub field found'),
        ("hours", "many", 'Invalid value "many" (string): must be decimal'),
        ("hours", True, "Invalid value true (boolean): must be decimal"),
        ("hours", "NaN", 'Invalid value "NaN" (string): must be decimal'),
        ("hours", "1_0", 'Invalid value "1_0" (string): must be decimal'),
        ("hours", 10**20, f"Invalid value {10**20} (integer): must not be greater than 1000000000000000"),
        ("rate", {"value": 1, "currency": "XYZ"}, 'Invalid value "XYZ" (string): must be one of "EUR", "USD"'),
        ("progress", 101, "Invalid value 101 (integer): must not be greater than 100"),
        ("progress", -1, "Invalid value -1 (integer): must not be less than 0"),
        ("progress", "40", 'Invalid value "40" (string): must be integer'),
        ("progress", 4.5, "Invalid value 4.5 (number): must be integer"),
        ("time-spent", -5, "Invalid value -5 (integer): must not be less than 0"),
        ("status", "Finished", 'Invalid value "Finished" (string): No option found'),
        ("status", "", 'Invalid value "" (string): No option found'),
        ("status", {"text": "2"}, 'Invalid value "text" (string): No sub field found'),
        ("status", 9, "Invalid value 9 (integer): No option found"),
        ("status", [1, 2], "Invalid value [1, 2] (array): must not have more than 1 element"),
        ("due", "tomorrow", 'Invalid value "tomorrow" (string): must be date'),
        ("due", "2026-02-30", 'Invalid value "2026-02-30" (string): must be date'),
        ("due", "20260301", 'Invalid value "20260301" (string): must be date'),
        ("due", "2026-03-01 25:00:00", 'Invalid value "25:00:00" (string): must be time'),
        ("due", 5, "Invalid value 5 (integer): must be string"),
        ("due", {"begin": "x"}, 'Invalid value "begin" (string): No sub field found'),
        ("due", {}, "Invalid value {} (object): must have a start"),
        ("responsible", 5, "Invalid value 5 (integer): No contact found"),
        ("responsible", {"type": "robot", "id": 1}, None),
        ("responsible", {"type": "space", "id": 2001}, None),
        ("client", 6101, "Invalid value 6101 (integer): No item found"),
        ("client", 1, "Invalid value 1 (integer): No item found"),
        ("client", [6001, 6002], None),
        ("place", {"planet": "x"}, 'Invalid value "planet" (string): No sub field found'),
        ("place", {"lat": "north"}, 'Invalid value "north" (string): must be decimal'),
        ("place", {"map_in_sync": 1}, "Invalid value 1 (integer): must be boolean"),
        ("link", 5, "Invalid value 5 (integer): No embed found"),
        ("link", {"url": "javascript:alert(1)"}, 'Invalid value "javascript:alert(1)" (string): must be a URL'),
        ("link", {"url": "http://["}, 'Invalid value "http://[" (string): must be a URL'),
        ("keywords", [5], "Invalid value 5 (integer): must be string"),
        ("total", 5, "A calculation field cannot be written"),
    ],
)
def test_what_is_refused(demo: Caller, field: str, value: Any, text: str | None) -> None:
    answer = demo.post("/item/app/3001/", {"fields": {"title": "x", field: value}})
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    if text is not None:
        assert answer.json["error_description"] == text
    assert demo.post("/item/app/3001/filter/", {}).json["total"] == 36


@pytest.mark.parametrize(
    "value",
    [
        {"start": "2026-03-02", "end": "2026-03-01"},
        {"start": "2026-03-01 10:00:00", "end": "2026-03-01 09:00:00"},
        {"start": "0001-01-01 00:00:00"},
        # Another person's zone has no date for these.
        {"start_utc": "0001-01-01 00:00:00"},
        {"start_utc": "9999-12-31 23:59:59"},
        {"start": "2026-03-01 10:00:00", "end_utc": "9999-12-31 23:00:00"},
    ],
)
def test_impossible_dates(demo: Caller, value: Any) -> None:
    assert demo.post("/item/app/3001/", {"fields": {"title": "x", "due": value}}).status == 400


@pytest.mark.parametrize("value", [[{"type": "pigeon", "value": "1"}], "none", {"type": "work"}])
def test_bad_phones(demo: Caller, value: Any) -> None:
    assert demo.post("/item/app/3002/", {"fields": {"name": "x", "phone": value}}).status == 400
    assert demo.post("/item/app/3002/", {"fields": {"name": "x", "email": value}}).status == 400
