"""What filters and sort orders are sent, and which are refused because Podio would ignore them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from podio_web.items import Between, Contact, Item, Money, Option, Reference, UnknownField, User
from podio_web.items.definition import Definition
from podio_web.items.filters import IGNORED, encode_filters, encode_sort
from tests.items_data import SETTINGS, app_json
from tests.unit.items_support import DEFINITION

DAY = date(2026, 12, 24)

SENT: list[tuple[Any, Any, Any]] = [
    ("status", "Done", [3]),
    ("status", ["Done", None, 1, Option("In progress", id=2)], [3, None, 1, 2]),
    ("status", None, [None]),
    ("status", "left out", [4]),
    ("labels", ("Web", "Print"), [1, 2]),
    ("mood", {2}, [2]),
    ("client", 6001, [6001]),
    ("client", [Reference(6001), Item(None, {"item_id": 6002}), None], [6001, 6002, None]),
    ("responsible", [8001, Contact(8002)], [8001, 8002]),
    ("keeper", [User(1001), 1002], [1001, 1002]),
    ("hours", 5, {"from": 5, "to": 5}),
    ("hours", Between(Decimal("1.5"), 8), {"from": 1.5, "to": 8}),
    ("hours", {"from": Decimal("0.0001")}, {"from": 0.0001}),
    ("hours", {"to": "8"}, {"to": 8}),
    ("hours", Between(None, 8), {"to": 8}),
    ("hours", 0, {"from": 0, "to": 0}),
    ("rate", Between(Money("9.99", "EUR"), 20), {"from": 9.99, "to": 20}),
    ("progress", {"from": 0, "to": 50}, {"from": 0, "to": 50}),
    ("time-spent", Between(timedelta(hours=1), 7200), {"from": 3600, "to": 7200}),
    ("total", {"from": 5}, {"from": 5}),
    ("next", {"from": DAY}, {"from": "2026-12-24"}),
    ("due", DAY, {"from": "2026-12-24", "to": "2026-12-24"}),
    ("due", {"to": "-1d"}, {"to": "-1d"}),
    ("due", Between(DAY, "+7dr"), {"from": "2026-12-24", "to": "+7dr"}),
    ("phase", ["new"], ["new"]),
    ("later", 5, [5]),
    ("created_on", {"from": "2026-01-01"}, {"from": "2026-01-01"}),
    ("last_edit_on", Between(DAY), {"from": "2026-12-24"}),
    ("created_by", User(1001), [{"type": "user", "id": 1001}]),
    ("created_by", [1001, {"type": "app", "id": 5}], [{"type": "user", "id": 1001}, {"type": "app", "id": 5}]),
    ("last_edit_by", Contact(8001, 1001), [{"type": "user", "id": 1001}]),
    ("created_via", 101, [101]),
    ("tags", ["sample"], ["sample"]),
    ("title", "Paint the fence", "Paint the fence"),
    ("external_id", "seed-1", ["seed-1"]),
    ("item_id", [6101, 6102], [6101, 6102]),
    ("app_item_id", Between(1, 5), {"from": 1, "to": 5}),
    ("hours", Between(-5, -1.5), {"from": -5, "to": -1.5}),
    ("status", (each for each in ("Done", None)), [3, None]),
    ("labels", {"Web": 1}.keys(), [1]),
]


@pytest.mark.parametrize(("key", "value", "sent"), SENT)
def test_a_filter_is_sent_as_podio_wants_it(key: Any, value: Any, sent: Any) -> None:
    assert encode_filters(DEFINITION, {key: value}, {}) == {key: sent}


def test_keys_may_be_field_ids_and_names_may_have_underscores() -> None:
    assert encode_filters(DEFINITION, {4003: "Done", "4013": 60}, {}) == {
        "status": [3],
        "time-spent": {"from": 60, "to": 60},
    }
    assert encode_filters(DEFINITION, {}, {"time_spent": 60, "created_by": 5}) == {
        "time-spent": {"from": 60, "to": 60},
        "created_by": [{"type": "user", "id": 5}],
    }


@pytest.mark.parametrize("key", [key for key, (kind, _) in SETTINGS.items() if kind in IGNORED and key != "title"])
def test_what_podio_would_ignore_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=rf"cannot filter by {key}.* would return everything. Use App.search\(\)"):
        encode_filters(DEFINITION, {key: "fence"}, {})


REFUSED: list[tuple[str, Any, str]] = [
    ("hours", None, r"Between\(first, last\)"),
    ("status", [], "status has an empty list to filter by, .* Pass the values to find, or leave the filter out"),
    ("client", (), "client has an empty list"),
    ("item_id", [], "item_id has an empty list"),
    ("created_by", [], "created_by has an empty list"),
    ("later", [], "later has an empty list"),
    ("hours", [1, 2], r"Between\(first, last\)"),
    ("hours", {"form": 1}, "the keys 'from' and 'to'"),
    ("hours", {}, "would match everything"),
    ("hours", Between(), "would match everything"),
    ("hours", {"from": "many"}, "a number"),
    ("due", None, "takes dates"),
    ("due", "tomorrow", "takes dates"),
    ("due", "", "takes dates"),
    ("due", {"from": datetime(2026, 3, 1, tzinfo=UTC)}, "takes dates"),
    ("status", "Nope", "no such option"),
    ("status", 1.5, "options, their texts or IDs to filter by, not float"),
    ("client", "6001", "items, references or item IDs to filter by, not str"),
    ("responsible", User(1001), "contacts or profile IDs to filter by, not User"),
    ("keeper", "me", "user IDs to filter by, not str"),
    ("created_by", "me", "created_by takes User"),
]


@pytest.mark.parametrize(("key", "value", "message"), REFUSED)
def test_what_cannot_be_filtered_by_is_refused(key: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_filters(DEFINITION, {key: value}, {})


def test_a_typo_is_a_key_error() -> None:
    with pytest.raises(UnknownField, match="Did you mean 'status'"):
        encode_filters(DEFINITION, {"statsu": "Done"}, {})
    with pytest.raises(UnknownField, match="Did you mean 'time-spent'"):
        encode_filters(DEFINITION, {}, {"time_spend": 5})


def test_the_caller_s_filters_are_not_changed() -> None:
    ranged = {"from": 1, "to": None}
    filters = {"hours": ranged, "created_by": [{"type": "user", "id": 1}]}
    encode_filters(DEFINITION, filters, {})
    assert filters == {"hours": {"from": 1, "to": None}, "created_by": [{"type": "user", "id": 1}]}
    assert filters["hours"] is ranged


def test_items_are_sorted_by_fields_or_by_what_all_have() -> None:
    assert encode_sort(DEFINITION, "created_on") == "created_on"
    assert encode_sort(DEFINITION, "due") == encode_sort(DEFINITION, 4006) == 4006
    assert encode_sort(Definition({"fields": [{"external_id": "odd", "type": "text"}]}), "odd") == "odd"
    with pytest.raises(UnknownField):
        encode_sort(Definition(app_json("title")), "due")
