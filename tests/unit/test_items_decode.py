"""What reading a field returns, for each type: the field's type decides, and nothing raises."""

import copy
import json
import pickle
import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.files import File
from podio_web.items import Contact, Dates, Item, Link, Location, Money, Option, Raw, Reference, Typed, UnknownField
from podio_web.items.decode import decode, plain_text
from podio_web.items.definition import Definition
from tests.items_data import SETTINGS, VALUES, app_json, day_json, field_json, item_json, option
from tests.unit.items_support import DEFINITION, field, item_of

CET, CEST, EDT = timezone(timedelta(hours=1)), timezone(timedelta(hours=2)), timezone(timedelta(hours=-4))

READ: dict[str, Any] = {
    "title": "Paint the fence",
    "description": "<p>In a few <b>simple</b> steps.</p>",
    "status": "To do",
    "labels": ["Web", "Office"],
    "mood": "Bad",
    "due": Dates(datetime(2026, 3, 28, 10, tzinfo=CET), datetime(2026, 3, 29, 10, tzinfo=CEST)),
    "birthday": Dates(date(1999, 12, 31)),
    "meeting": Dates(datetime(2026, 6, 1, 20, 30, tzinfo=EDT), datetime(2026, 6, 1, 21, 30, tzinfo=EDT)),
    "hours": Decimal("12.5"),
    "rate": Money("99.9", "EUR"),
    "fee": Money(0, "DKK"),
    "progress": 0,
    "time-spent": timedelta(minutes=90),
    "total": Decimal("1248.75"),
    "summary": "12.5 hours",
    "next": Dates(datetime(2026, 3, 30, 8, tzinfo=UTC)),
    "client": Reference(6001, "Quiet Garden", 3002),
    "related": [Reference(6102, "Quiet Garden", 3001), Reference(6103, "Quiet Garden", 3001)],
    "responsible": [
        Contact(
            profile,
            user,
            "Demo Person",
            ("demo@example.com",),
            ("+1 555 0100",),
            "user",
            "https://podio.com/users/1001",
        )
        for profile, user in ((8001, 1001), (8002, None))
    ],
    "keeper": 1001,
    "place": Location(
        "1 Market Street, Example Town",
        *("1 Market Street", "Example Town", "North", "12345", "Denmark", 55.5, 12.25),
        "1 Market Street, Example Town",
    ),
    "address": Location("1 Market Street, Example Town", formatted="1 Market Street, Example Town"),
    "phone": ["+1 555 0100", "+1 555 0101"],
    "email": ["demo@example.com"],
    "fax": ["+1 555 0102"],
    "link": [
        Link("https://example.com/", 9001, "Example", 5002),
        Link("https://docs.example.com/", 9002, "Example", 5002),
    ],
    "keywords": ["quick", "fun"],
    "phase": "new",
    "clip": Raw([{"value": {"anything": 1}}]),
    "later": Raw([{"value": {"deep": [1, {"er": None}]}}, 17]),
}
FILES = {"picture": [7001], "papers": [7002, 7003], "film": [7004]}
LISTS = {"labels", "related", "responsible", "phone", "email", "fax", "link", "keywords", *FILES}


@pytest.mark.parametrize("key", READ)
def test_a_value_has_the_type_of_its_field(key: str) -> None:
    value = item_of()[key]
    assert value == READ[key]
    assert type(value) is not str or key in ("title", "description", "summary", "phase")


@pytest.mark.parametrize("key", FILES)
def test_files_are_files(key: str) -> None:
    found = item_of()[key]
    assert [each.file_id for each in found] == FILES[key]
    assert all(type(each) is File and each.size == 4096 for each in found)


def test_every_type_is_tested() -> None:
    assert {*READ, *FILES, "line"} == set(SETTINGS)
    assert set(VALUES) == set(SETTINGS) - {"line"}


@pytest.mark.parametrize("key", sorted(set(SETTINGS) - {"line"}))
@pytest.mark.parametrize("values", [None, []])
def test_a_field_without_a_value_is_none_or_an_empty_list(key: str, values: Any) -> None:
    expected: list[Any] | None = [] if key in LISTS else None
    assert item_of({})[key] == expected
    data = item_json(6101, {"title": [{"value": "T"}]})
    data["fields"].append({**field_json(key), "values": values})
    assert Item(None, data, DEFINITION)[key] == expected


def test_options_have_ids_and_unescaped_texts() -> None:
    item = item_of({"status": [{"value": option(5, "Food &amp; drink")}]})
    status = item["status"]
    assert (status, status.id, status.color, status.status, status.field_id) == (
        "Food & drink",
        5,
        "D2E4EB",
        "active",
        4003,
    )
    assert repr(status) == "Option('Food & drink', id=5)"


def test_an_option_that_the_definition_does_not_have_is_read_from_the_item() -> None:
    renamed = item_of({"status": [{"value": option(1, "Later", "deleted")}]})["status"]
    assert (renamed, renamed.id, renamed.status) == ("Later", 1, "deleted")
    assert item_of({"status": [{"value": 3}]})["status"].id == 3
    assert item_of({"status": [{"value": 99}]})["status"] == Raw([{"value": 99}])


def test_types_of_numbers_and_addresses_are_kept() -> None:
    assert [each.type for each in item_of()["phone"]] == ["work", "pager"]
    assert item_of()["fax"][0].type is None
    assert repr(item_of()["email"][0]) == "Typed('demo@example.com', 'home')"


def test_leading_zeros_and_exponents_in_texts_stay() -> None:
    values = {"title": [{"value": "0085"}], "phone": [{"type": "work", "value": "8085807e40000000"}]}
    assert item_of(values)["title"] == "0085"
    assert item_of(values)["phone"] == ["8085807e40000000"]


@pytest.mark.parametrize(("text", "number"), [("0.0000", Decimal(0)), (12, Decimal(12)), (0.1, Decimal("0.1"))])
def test_numbers_are_exact(text: Any, number: Decimal) -> None:
    assert item_of({"hours": [{"value": text}]})["hours"] == number


def test_zero_is_a_value() -> None:
    item = item_of({"time-spent": [{"value": 0}], "hours": [{"value": "0.0000"}], "progress": [{"value": 0}]})
    assert (item["time-spent"], item["hours"], item["progress"]) == (timedelta(0), 0, 0)


def test_the_offset_of_a_time_comes_from_the_two_times_of_podio() -> None:
    due = item_of()["due"]
    assert (due.start.utcoffset(), due.end.utcoffset()) == (timedelta(hours=1), timedelta(hours=2))
    assert due.start == datetime(2026, 3, 28, 9, tzinfo=UTC)


@pytest.mark.parametrize("end", [{}, day_json("end", None)])
def test_an_end_may_be_missing_or_null(end: dict[str, Any]) -> None:
    assert item_of({"due": [day_json("start", "2026-03-01") | end]})["due"] == Dates(date(2026, 3, 1))


def test_midnight_is_a_time_of_day() -> None:
    value = day_json("start", "2026-03-01") | {
        "start_time": "00:00:00",
        "start_utc": "2026-02-28 23:00:00",
        "start_time_utc": "23:00:00",
    }
    assert item_of({"due": [value]})["due"].start == datetime(2026, 3, 1, tzinfo=CET)


def test_a_date_without_its_time_is_not_guessed() -> None:
    assert isinstance(item_of({"due": [{"start": "2026-03-01 00:00:00"}]})["due"], Raw)
    assert item_of({"due": [{"start_date": "2026-03-01"}]})["due"] == Dates(date(2026, 3, 1))
    both = {"start_date": "2026-03-01", "start_time": "10:00:00", "start_utc": "2026-03-01 09:00:00"}
    assert item_of({"due": [both]})["due"].start == datetime(2026, 3, 1, 10, tzinfo=CET)
    assert item_of({"due": [{"start": "2026-03-01 00:00:00", "start_time": None}]})["due"].start == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("title", [{"value": 5}]),
        ("hours", [{"value": "NaN"}]),
        ("hours", [{"value": True}]),
        ("hours", [{"value": "twelve"}]),
        ("rate", [{"value": "1.0000"}]),
        ("rate", [{"value": "1.0000", "currency": 5}]),
        ("progress", [{"value": 40.5}]),
        ("time-spent", [{"value": 10**30}]),
        ("status", [{"value": {"id": "1", "text": "To do"}}]),
        ("due", [{"start": "soon", "start_date": "soon", "start_time": None}]),
        ("due", [{"start": "2026-03-05 00:00:00", "start_time": "00:00:00", "start_utc": "2026-03-01 00:00:00"}]),
        ("due", [day_json("start", None)]),
        ("client", [{"value": {"title": "No id"}}]),
        ("responsible", [{"value": {"user_id": 1}}]),
        ("keeper", [{"value": "1001"}]),
        ("link", [{"embed": {}}]),
        ("picture", [{"value": {"file_id": "7"}}]),
        ("picture", [{"value": 7}]),
        ("keywords", [{"value": 5}]),
        ("total", [{}]),
        ("place", ["1 Market Street"]),
        ("status", {"value": 1}),
        ("status", "To do"),
    ],
)
def test_an_unknown_shape_is_raw(key: str, values: Any) -> None:
    assert item_of({key: values})[key] == Raw(values)


def test_a_calculation_without_a_type_is_raw() -> None:
    assert decode(field("total", return_type=None), [{"value": "1.0000"}]) == Raw([{"value": "1.0000"}])


def test_what_other_shapes_allow() -> None:
    assert item_of({"keeper": [{"value": {"user_id": 7}}]})["keeper"] == 7
    assert item_of({"keywords": [{"value": "quick"}]})["keywords"] == ["quick"]
    assert item_of({"client": [{"value": {"item_id": 5, "title": None}}]})["client"] == Reference(5)
    assert item_of({"link": [{"embed": {"embed_id": 5, "original_url": "https://a.example/"}}]})["link"] == [
        Link("https://a.example/", 5)
    ]
    contact = {"profile_id": 5, "mail": "one@example.com"}
    assert item_of({"responsible": [{"value": contact}]})["responsible"][0].mail == ("one@example.com",)


def test_a_list_is_one_value_if_the_field_takes_one() -> None:
    several = [{"value": option(1, "Web")}, {"value": option(2, "Print")}]
    assert decode(field("labels", multiple=False), several) == "Web"
    assert decode(field("related", multiple=None), VALUES["related"]) == READ["related"]


def test_the_items_own_type_counts_if_it_changed_since_the_definition_was_read() -> None:
    data = item_json(6101, {"hours": [{"value": "5.0000"}]})
    data["fields"][0] |= {"type": "duration", "values": [{"value": 60}]}
    assert Item(None, data, DEFINITION)["hours"] == timedelta(minutes=1)


def test_a_field_that_the_definition_does_not_have_is_read_from_the_item() -> None:
    item = Item(None, item_json(), Definition(app_json("title")))
    assert item["hours"] == item[4009] == item["4009"] == Decimal("12.5")
    assert "hours" in item
    assert item.keys()[:2] == ["title", "description"]
    with pytest.raises(UnknownField):
        item["birthdays"]


def test_keys_are_external_ids_and_field_ids_but_no_labels() -> None:
    item = item_of()
    assert item["time-spent"] == item[4013] == item["4013"]
    with pytest.raises(KeyError, match=r"app 3001 has no field 'Time spent'\. Did you mean 'time-spent'"):
        item["Time spent"]
    with pytest.raises(UnknownField, match="Did you mean 'status'"):
        item["stauts"]
    with pytest.raises(UnknownField, match="It has 'title', 'description'"):
        item["xyzzyxyzzy"]
    assert "stauts" not in item
    assert 4003 in item
    assert None not in item


def test_a_field_without_an_external_id_has_its_number() -> None:
    data = item_json(6101, {"title": [{"value": "T"}]})
    data["fields"][0]["external_id"] = None
    definition = Definition({"app_id": 1, "fields": data["fields"]})
    assert Item(None, data, definition)["4001"] == "T"
    data["fields"].append({"type": "text"})
    assert Item(None, data, definition).keys() == ["4001", "None"]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("shown", [(1,), (2,), (1, 2), (2, 1), ()])
def test_a_deleted_field_whose_external_id_is_in_use_again_is_another_field(order: int, shown: tuple[int, ...]) -> None:
    fields = {1: {**field_json("hours", "deleted"), "field_id": 1}, 2: {**field_json("hours"), "field_id": 2}}
    definition = Definition({**app_json(), "fields": [*fields.values()][::order]})
    values = {1: "77", 2: "5"}
    listed = [{**fields[number], "values": [{"value": values[number]}]} for number in shown]
    item = Item(None, item_json(6101, fields=listed), definition)
    assert item["hours"] == item[2] == (5 if 2 in shown else None)
    assert item[1] == (77 if 1 in shown else None)
    item["hours"] = 77
    assert item.changes() == {"hours": "77"}
    with pytest.raises(ValueError, match="was deleted from the app"):
        item[1] = 5


def test_dict_of_an_item_has_every_field() -> None:
    assert set(dict(item_of({}))) == set(SETTINGS) - {"line"}
    assert list(item_of({})) == item_of({}).keys()


def test_reading_twice_returns_the_same_list() -> None:
    item = item_of()
    assert item["labels"] is item["labels"] is item[4004]


def test_values_are_immutable() -> None:
    for value in (READ["due"], READ["rate"], READ["client"], READ["place"], item_of()["status"], item_of()["phone"][0]):
        with pytest.raises(AttributeError):
            value.anything = 1
        with pytest.raises(AttributeError):
            del value.anything


def test_values_can_be_copied_and_pickled() -> None:
    item = item_of()
    for key in READ:
        for again in (copy.deepcopy(item[key]), pickle.loads(pickle.dumps(item[key]))):
            assert again == item[key]
            assert type(again) is type(item[key])
    assert copy.copy(item["status"]).id == 1
    assert pickle.loads(pickle.dumps(item["phone"]))[1].type == "pager"


def test_repr_shows_ids_and_the_title_but_no_values() -> None:
    item = item_of(title="Pay the rent")
    assert repr(item) == "<Item 6101 'Pay the rent'>"
    assert repr(item["later"]) == "<Raw>"
    assert repr(DEFINITION) == "<Definition 3001>"
    assert repr(item.field("status")) == "<Field status category>"


def test_items_compare_by_identity() -> None:
    one, other = item_of(), item_of()
    assert one != other
    assert len({one, other}) == 2


def test_the_app_s_token_is_dropped() -> None:
    assert "f" * 32 not in repr(vars(DEFINITION))
    assert (DEFINITION.name, DEFINITION.item_name) == ("Tasks & plans", "Task")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Paint the <b>fence</b></p>", "Paint the fence"),
        ("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three"),
        ("One<br />two<BR>three", "One\ntwo\nthree"),
        ("<ul><li>a</li> <li>b</li></ul>", "a\nb"),
        ("plain", "plain"),
    ],
)
def test_html_as_plain_text(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize("part", [" ", "<", "<br ", "</p ", "< ", "<br>", " <br> ", "&", ">"])
def test_the_time_for_plain_text_grows_with_its_length(part: str) -> None:
    def took(times: int) -> float:
        start = time.process_time()
        plain_text(part * times + "x")
        return time.process_time() - start

    small = min(took(20_000) for _ in range(3))
    assert min(took(160_000) for _ in range(2)) < 25 * small + 0.05


def test_plain_of_an_item() -> None:
    item = item_of()
    assert item.plain("description") == "In a few simple steps."
    assert item_of({}).plain("description") == ""
    assert item.plain("status") == "To do"


def test_texts_of_values() -> None:
    assert str(Money("1.50", "EUR")) == "1.50 EUR"
    assert str(Location(city="Example Town", country="Denmark")) == "Example Town, Denmark"
    assert str(Location("Here", city="Example Town")) == "Here"
    assert str(Link("https://example.com/")) == "https://example.com/"
    assert str(Link(None, 5)) == ""


@pytest.mark.parametrize("amount", [1.5, True, None, "much", "NaN", Decimal("sNaN"), Decimal("-Infinity")])
def test_money_takes_no_float(amount: Any) -> None:
    with pytest.raises(ValueError, match="an amount must be"):
        Money(amount, "EUR")


KEYS = st.sampled_from(
    [
        *("value", "id", "text", "status", "currency", "start", "start_date", "start_time", "start_utc", "end"),
        *("embed", "file", "item_id", "profile_id", "user_id", "file_id", "embed_id", "type", "app", "mail"),
        *("app_id", "url", "title", "label"),
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)  # JSON has none, and the client refuses a response with one
    | st.text(max_size=8)
    | st.sampled_from(["12.5000", "2026-03-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
TYPES = sorted({kind for kind, _ in SETTINGS.values()})
ENVELOPE = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES) | JSON, "external_id": st.sampled_from(list(SETTINGS)) | JSON, "values": JSON},
    optional={
        "field_id": st.integers() | JSON,
        "label": JSON,
        "status": JSON,
        "config": st.fixed_dictionaries({"settings": JSON, "required": JSON}) | JSON,
    },
)
SMALL = Definition(app_json("title", "status", "labels"))


def read_everything(data: Any, definition: Definition) -> None:
    """Read all that an item has, and what saving it would send."""
    item = Item(None, data, definition)
    for key in item:
        item[key]
        item.plain(key)
        item.field(key)
        item.original(key)
    assert isinstance(repr(item), str)
    assert item.changes() == {}
    assert item.revision is None or type(item.revision) is int
    assert type(item.tags) is list


@given(st.lists(ENVELOPE, max_size=4), JSON, JSON)
def test_no_json_of_podio_s_shape_raises(fields: list[Any], config: Any, anything: Any) -> None:
    data = {"item_id": 6101, "revision": anything, "title": anything, "tags": config, "fields": fields}
    json.dumps(data)
    read_everything(data, SMALL)
    read_everything({**data, "fields": anything}, Definition({"app_id": 3001, "config": config, "fields": fields}))
    read_everything(data, Definition({"app_id": 3001, "fields": anything}))


@given(st.sampled_from(sorted(VALUES)), JSON)
def test_no_values_raise(key: str, values: Any) -> None:
    data = item_json(6101, {})
    data["fields"] = [{**field_json(key), "values": values}]
    read_everything(data, DEFINITION)
    item = Item(None, data, DEFINITION)
    if item.field(key).can_be_written:
        item[key] = item[key]
        assert item.changes() == {}


def test_option_is_a_text() -> None:
    assert Option("Done", id=3) == "Done"
    assert Typed("a", "work") == "a"
    assert hash(Option("Done", id=3)) == hash("Done")
