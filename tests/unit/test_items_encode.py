"""What may be assigned to a field of each type, and what is sent for it."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from enum import Enum, IntEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web.files import File
from podio_web.items import (
    Contact,
    Dates,
    Item,
    Link,
    Location,
    Mail,
    Money,
    Option,
    Raw,
    Reference,
    SyncItem,
    Typed,
    User,
)
from podio_web.items.coerce import coerce
from podio_web.items.encode import same, write
from tests.items_data import SETTINGS, VALUES, moment_json, option
from tests.unit.items_support import field, item_of

NEW_YEAR = date(2026, 12, 24)
MOMENT = datetime(2026, 3, 1, 10, 30, 15, 999, timezone(timedelta(hours=1)))
CLIENT = Item(None, {"item_id": 6001, "title": "Quiet Garden"})


class Text(str, Enum):  # noqa: UP042 - a StrEnum shows its text
    """Texts with names, whose ``str()`` is the name."""

    DONE = "Done"


class Number(IntEnum):
    DONE = 3


class Float64(float):
    """A float of NumPy, which is shown with its type."""

    def __repr__(self) -> str:
        return f"np.float64({float(self)!r})"


class Int64:
    """A whole number of NumPy, which is no ``int``."""

    def __index__(self) -> int:
        return 3


# Field, what is assigned, what is sent.
SENT: list[tuple[str, Any, Any]] = [
    ("title", "Paint", "Paint"),
    ("title", "", []),
    ("hours", Decimal("1.50"), "1.50"),
    ("hours", 0, "0"),
    ("hours", 0.1, "0.1"),
    ("hours", "12.25", "12.25"),
    ("hours", Decimal("1E+3"), "1000"),
    ("hours", "0.00010", "0.00010"),
    ("rate", Money("99.90", "EUR"), {"value": "99.90", "currency": "EUR"}),
    ("rate", Money(0, "USD"), {"value": "0", "currency": "USD"}),
    ("fee", 5, {"value": "5", "currency": "DKK"}),
    ("fee", "5.25", {"value": "5.25", "currency": "DKK"}),
    ("progress", 0, 0),
    ("progress", 100, 100),
    ("time-spent", timedelta(minutes=2), 120),
    ("time-spent", timedelta(seconds=1.9), 1),
    ("time-spent", 0, 0),
    ("status", "Done", 3),
    ("status", "done", 3),
    ("status", 3, 3),
    ("status", Option("Done", id=3), 3),
    ("status", Option("Renamed", id=3, field_id=4003), 3),
    ("status", Option("Done", id=77), 3),
    ("status", ["Done"], 3),
    ("status", [], []),
    ("status", "Food & drink", 5),
    ("status", "Done Twice", 7),
    ("labels", "Web", [1]),
    ("labels", ["Web", 2], [1, 2]),
    ("labels", ("office",), [3]),
    ("labels", [], []),
    ("mood", "good", 1),
    ("due", NEW_YEAR, {"start_date": "2026-12-24"}),
    ("due", MOMENT, {"start_utc": "2026-03-01 09:30:15"}),
    ("due", Dates(NEW_YEAR, NEW_YEAR), {"start_date": "2026-12-24", "end_date": "2026-12-24"}),
    ("due", Dates(MOMENT, MOMENT), {"start_utc": "2026-03-01 09:30:15", "end_utc": "2026-03-01 09:30:15"}),
    ("due", Dates(MOMENT, date(2026, 3, 1)), {"start_utc": "2026-03-01 09:30:15", "end_date": "2026-03-01"}),
    ("birthday", date(1999, 1, 2), {"start_date": "1999-01-02"}),
    ("client", 6001, 6001),
    ("client", CLIENT, 6001),
    ("client", SyncItem(None, {"item_id": 6001}), 6001),
    ("client", Reference(6001), 6001),
    ("client", [Reference(6001)], 6001),
    ("related", 6001, [6001]),
    ("related", [CLIENT, 6002, Reference(6003)], [6001, 6002, 6003]),
    ("responsible", 8001, [8001]),
    ("responsible", User(1001), [{"type": "user", "id": 1001}]),
    ("responsible", Mail("a@b.c"), [{"type": "mail", "id": "a@b.c"}]),
    ("responsible", [Contact(8001, 1001), 8002], [8001, 8002]),
    ("keeper", 1001, 1001),
    ("keeper", User(1001), 1001),
    ("keeper", Contact(8001, 1001), 1001),
    ("address", "1 Market Street", {"value": "1 Market Street"}),
    ("address", Location("Here", city="Town"), {"value": "Here"}),
    ("address", Location(city="Town", country="Denmark"), {"city": "Town", "country": "Denmark"}),
    ("place", "1 Market Street", {"value": "1 Market Street"}),
    ("place", Location("Here", city="Town", lat=5.5, formatted="There"), {"city": "Town"}),
    ("phone", "+1 555 0100", [{"type": "mobile", "value": "+1 555 0100"}]),
    ("phone", ["1", Typed("2", "home")], [{"type": "mobile", "value": "1"}, {"type": "home", "value": "2"}]),
    ("email", ["a@b.c"], [{"type": "home", "value": "a@b.c"}]),
    ("fax", "1", [{"value": "1"}]),
    ("link", "https://example.com/", [{"url": "https://example.com/"}]),
    ("link", Link("https://example.com/", 9001), [{"embed": 9001}]),
    ("link", [Link(None, 9001, file_id=5002)], [{"embed": 9001, "file": 5002}]),
    ("picture", 7001, [7001]),
    ("picture", [File({"file_id": 7001}), 7002], [7001, 7002]),
    ("papers", [7001], [7001]),
    ("film", 7001, [7001]),
    ("keywords", "quick", ["quick"]),
    ("keywords", ["007"], ["007"]),
    ("phase", "old", "old"),
    ("clip", Raw([{"value": 1}]), [{"value": 1}]),
    ("later", Raw([1, 2]), [1, 2]),
    ("hours", Raw([{"value": "1"}]), [{"value": "1"}]),
    ("title", Text.DONE, "Done"),
    ("status", Text.DONE, 3),
    ("place", Text.DONE, {"value": "Done"}),
    ("fax", Text.DONE, [{"value": "Done"}]),
    ("link", Text.DONE, [{"url": "Done"}]),
    ("keywords", [Text.DONE], ["Done"]),
    ("status", Number.DONE, 3),
    ("hours", Number.DONE, "3"),
    ("progress", Number.DONE, 3),
    ("client", Number.DONE, 3),
    ("papers", [Number.DONE], [3]),
    ("hours", Float64(1.5), "1.5"),
    ("hours", Int64(), "3"),
    ("keeper", Int64(), 3),
    ("time-spent", Int64(), 3),
    ("labels", (text for text in ("Web", "Print")), [1, 2]),
    ("labels", dict.fromkeys(["Web", "Print"]).keys(), [1, 2]),
    ("hours", Decimal("9" * 40 + ".12340"), "9" * 40 + ".12340"),
    ("due", date(9999, 12, 31), {"start_date": "9999-12-31"}),
    ("due", datetime(9999, 12, 31, 23, tzinfo=UTC), {"start_utc": "9999-12-31 23:00:00"}),
]


@pytest.mark.parametrize(("key", "value", "sent"), SENT)
def test_a_value_is_sent_as_podio_wants_it(key: str, value: Any, sent: Any) -> None:
    item = item_of({})
    item[key] = value
    assert item.changes() == ({} if sent == [] else {key: sent})


def test_every_type_that_can_be_written_is_tested() -> None:
    kinds = {SETTINGS[key][0] for key, _, _ in SENT}
    assert kinds == {kind for kind, _ in SETTINGS.values()} - {"calculation", "separator"}


@pytest.mark.parametrize("key", [key for key in VALUES if SETTINGS[key][0] != "calculation"])
def test_none_empties_a_field(key: str) -> None:
    item = item_of()
    item[key] = None
    assert item.changes() == {key: []}
    assert not item[key]
    empty = item_of({})
    empty[key] = None
    assert empty.changes() == {}


@pytest.mark.parametrize("key", [key for key in VALUES if SETTINGS[key][0] != "calculation"])
def test_what_was_read_may_be_assigned_again(key: str) -> None:
    item = item_of()
    item[key] = item[key]
    assert item.changes() == {}
    item[key] = item_of()[key]
    assert item.changes() == {}


DELETED = [{"value": option(4, "Left out", "deleted")}]

# Field, what is assigned, a part of the error.
REFUSED: list[tuple[str, Any, str]] = [
    ("title", 5, "title takes a text, not int"),
    ("hours", float("nan"), "finite"),
    ("hours", float("inf"), "finite"),
    ("hours", Decimal("NaN"), "finite"),
    ("hours", "1.00001", "4 decimal places"),
    ("hours", 0.1 + 0.2, r"round\(value, 4\)"),
    ("hours", "twelve", "a number, and this text is not one"),
    ("hours", True, "not bool"),
    ("hours", [1], "not list"),
    ("hours", Decimal("9" * 40 + ".12345"), "4 decimal places"),
    ("hours", "1e999999999", "at most 100 digits"),
    ("time-spent", 10**18, "no duration as long as that"),
    ("due", datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))), "from the year 1 to 9999, in UTC too"),
    ("due", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "from the year 1 to 9999, in UTC too"),
    ("papers", {7001: "papers.pdf"}, "Upload it first, with .*, not dict"),
    ("rate", 5, r"several currencies. Use Money\(amount, currency\)"),
    ("rate", Money(5, "DKK"), "the currencies EUR, USD"),
    ("rate", Money("0.00001", "EUR"), "4 decimal places"),
    ("fee", 5.5, "not float"),
    ("fee", True, "not bool"),
    ("progress", 101, "from 0 to 100"),
    ("progress", -1, "from 0 to 100"),
    ("progress", True, "from 0 to 100"),
    ("progress", "5", "from 0 to 100"),
    ("time-spent", -1, "no negative"),
    ("time-spent", timedelta(seconds=-1), "no negative"),
    ("time-spent", 1.5, "timedelta or whole seconds, not float"),
    ("time-spent", True, "not bool"),
    ("status", "Nope", r"no such option. It has 'To do' \(1\), 'In progress' \(2\), 'Done' \(3\)"),
    ("status", 99, "no such option"),
    ("status", True, "no such option"),
    ("status", "DONE TWICE", "several such options"),
    ("status", 4, "was deleted"),
    ("status", "Left out", "was deleted"),
    ("status", Option("Other", id=3, field_id=1), "no such option"),
    ("status", ["Done", "To do"], "status takes one value, not 2"),
    ("labels", ["Web", "Nope"], "no such option"),
    ("due", datetime(2026, 3, 1, 10), r"time zone. Use value.replace\(tzinfo=.* or value.astimezone"),
    ("due", Dates(NEW_YEAR, date(2026, 12, 23)), "must not end before it starts"),
    ("due", Dates(MOMENT, MOMENT - timedelta(seconds=16)), "must not end before it starts"),
    ("due", Dates(MOMENT, date(2026, 2, 28)), "must not end before it starts"),
    ("due", Dates(NEW_YEAR, MOMENT), "a start without one"),
    ("due", "2026-12-24", "a date, an aware datetime or Dates, not str"),
    ("due", Dates("2026-12-24"), "on each side, not str"),  # type: ignore[arg-type]
    ("birthday", MOMENT, "takes no time of day. Use a date"),
    ("birthday", Dates(NEW_YEAR, NEW_YEAR), "takes no end"),
    ("meeting", NEW_YEAR, "needs a time of day"),
    ("meeting", MOMENT, "needs an end"),
    ("client", "6001", "a Reference, an item or an item ID, not str"),
    ("client", True, "not bool"),
    ("client", [6001, 6002], "client takes one value, not 2"),
    ("client", Item(None, {}), "takes items that are saved"),
    ("responsible", "demo@example.com", r"User\(user_id\) or Mail\(address\), not str"),
    ("keeper", "1001", "a user ID"),
    ("keeper", True, "a user ID"),
    ("place", 5, "a text or a Location"),
    ("phone", Typed("1", "pager"), "phone takes the types mobile, work, home"),
    ("phone", 5, "a text or Typed"),
    ("link", 5, "a URL or a Link"),
    ("link", Link(None), "links that have a URL"),
    ("picture", "picture.png", "Upload it first"),
    ("keywords", [5], "texts, not int"),
    ("clip", "text", r"Raw\(...\), because podio_web does not know its type"),
    ("later", 5, r"later takes Raw"),
]


@pytest.mark.parametrize(("key", "value", "message"), REFUSED)
def test_what_a_field_does_not_take_is_refused_before_anything_is_sent(key: str, value: Any, message: str) -> None:
    item = item_of({})
    before = item[key]
    with pytest.raises(ValueError, match=message):
        item[key] = value
    assert item[key] == before
    assert item.changes() == {}


def test_a_truth_is_no_option_even_if_the_item_has_the_first_one() -> None:
    item = item_of()
    for value in (True, 1.0):
        with pytest.raises(ValueError, match="no such option"):
            item["status"] = value


def test_the_precision_of_the_caller_does_not_matter() -> None:
    with localcontext(prec=3):
        item = item_of()
        item["hours"] = Decimal("1234.5678")
        assert item.changes() == {"hours": "1234.5678"}
        with pytest.raises(ValueError, match="4 decimal places"):
            item["hours"] = Decimal("1234.56789")


@pytest.mark.parametrize("key", ["total", "summary", "next"])
def test_what_podio_calculates_cannot_be_assigned(key: str) -> None:
    with pytest.raises(AttributeError, match=f"{key} is calculated by Podio"):
        item_of()[key] = 5


def test_a_deleted_field_cannot_be_assigned() -> None:
    deleted = field("hours")
    deleted.status = "deleted"
    with pytest.raises(ValueError, match="hours was deleted from the app"):
        coerce(deleted, 5)


def test_the_error_does_not_show_the_value() -> None:
    with pytest.raises(ValueError) as caught:
        item_of()["due"] = "secret"
    assert "secret" not in str(caught.value)


def test_what_the_item_already_has_is_accepted() -> None:
    item = item_of({"status": DELETED, "rate": [{"value": "5.0000", "currency": "SEK"}], "phone": VALUES["phone"]})
    item["status"] = "Left out"
    item["status"] = 4
    item["rate"] = Money(5, "SEK")
    item["phone"] = [Typed("+1 555 0101", "pager")]
    assert item.changes() == {"phone": [{"type": "pager", "value": "+1 555 0101"}]}
    item["rate"] = 7
    assert item.changes()["rate"] == {"value": "7", "currency": "SEK"}


def test_a_list_keeps_an_option_that_was_deleted_when_another_is_added() -> None:
    item = item_of({"labels": [{"value": option(9, "Old", "deleted")}]})
    item["labels"].append("Web")
    assert item.changes() == {"labels": [9, 1]}
    assert item["labels"][1].id == 1


def test_what_is_there_is_recognized_by_its_id_or_text() -> None:
    item = item_of()
    item["client"] = 6001
    item["related"] = [6102, 6103]
    item["responsible"] = [User(1001), 8002]
    assert item.changes() == {}
    item["responsible"] = [Mail("Demo@Example.com"), 8002]
    item["place"] = "1 Market Street, Example Town"
    item["phone"] = ["+1 555 0100", "+1 555 0101"]
    item["link"] = ["https://example.com/", "https://docs.example.com/"]
    item["picture"] = 7001
    item["hours"] = "12.5"
    item["rate"] = Decimal("99.9")
    item["time-spent"] = 5400
    item["due"] = Dates(datetime(2026, 3, 28, 9, tzinfo=UTC), datetime(2026, 3, 29, 8, tzinfo=UTC))
    assert item.changes() == {}
    assert item["client"].title == "Quiet Garden"
    assert item["picture"][0].size == 4096


def test_the_user_id_is_not_the_profile_id() -> None:
    item = item_of()
    item["responsible"] = [1001]
    assert item.changes() == {"responsible": [1001]}
    item["responsible"] = [User(8001)]
    assert item.changes() == {"responsible": [{"type": "user", "id": 8001}]}


def test_same_looks_at_what_is_written() -> None:
    assert same(field("hours"), Decimal("12.5"), Decimal("12.5000"))
    assert not same(field("hours"), None, Decimal(0))
    assert same(field("rate"), Money("1.0", "EUR"), Money(1, "EUR"))
    assert not same(field("rate"), Money(1, "EUR"), Money(1, "USD"))
    assert not same(field("status"), Option("Done", id=3), Option("Done", id=4))
    assert same(field("title"), "", None)
    assert write(field("labels"), []) == []


ZONES = {
    "Europe/Copenhagen": [datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)],
    "America/New_York": [datetime(2026, 3, 8, 7), datetime(2026, 11, 1, 6)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 15), datetime(2026, 10, 3, 15, 30)],
    "Asia/Kathmandu": [datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 1)],
}
"""The moments in UTC at which the clocks of four zones change; the last one has no changes."""


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", [0, 1])
@pytest.mark.parametrize("minutes", [-90, -30, -1, 0, 1, 30, 90])
@pytest.mark.parametrize("length", [None, 0, 45, 600])
def test_an_instant_stays_the_same(zone: str, change: int, minutes: int, length: int | None) -> None:
    moments = [ZONES[zone][change].replace(tzinfo=UTC) + timedelta(minutes=minutes)]
    if length is not None:
        moments.append(moments[0] + timedelta(minutes=length))
    value: dict[str, Any] = {}
    for side, moment in zip(("start", "end"), moments, strict=False):
        local = moment.astimezone(ZoneInfo(zone))
        value |= moment_json(side, local.strftime("%Y-%m-%d %H:%M:%S"), moment.strftime("%Y-%m-%d %H:%M:%S"))
    due = item_of({"due": [value]})["due"]
    for side, moment in zip(("start", "end"), moments, strict=False):
        assert getattr(due, side) == moment
        assert getattr(due, side).utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset()
    sent = write(field("due"), coerce(field("due"), due))
    assert sent == {f"{side}_utc": value[f"{side}_utc"] for side in ("start", "end")[: len(moments)]}
    again = coerce(field("due"), Dates(*(moment.astimezone(ZoneInfo(zone)) for moment in moments)))
    assert write(field("due"), again) == sent


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("change", [0, 1])
def test_a_date_has_no_zone(zone: str, change: int) -> None:
    day = ZONES[zone][change].replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    assert write(field("due"), coerce(field("due"), day)) == {"start_date": day.isoformat()}


DECIMALS = st.decimals(-(10**12), 10**12, places=4)
DAYS = st.dates(date(1000, 1, 1), date(9000, 1, 1))
OFFSETS = st.integers(-14 * 4, 14 * 4).map(lambda quarters: timedelta(minutes=15 * quarters))
TEXTS = st.text(min_size=1, max_size=20)


@st.composite
def moments(draw: Any, side: str, first: date = date(1000, 1, 2)) -> dict[str, Any]:
    utc = datetime.combine(draw(st.dates(first, date(9000, 1, 1))), draw(st.times())).replace(microsecond=0)
    local = utc + draw(OFFSETS)
    return moment_json(side, local.isoformat(" "), utc.isoformat(" "))


@st.composite
def whole_items(draw: Any) -> dict[str, Any]:
    """Generate the values of an item with any of its fields."""
    known = {
        "title": st.just([{"value": draw(TEXTS)}]),
        "description": st.just([{"value": f"<p>{draw(TEXTS)}</p>"}]),
        "status": st.integers(1, 9).map(lambda number: [{"value": option(number, f"Option {number}")}]),
        "labels": st.lists(st.integers(1, 9).map(lambda number: {"value": option(number, draw(TEXTS))}), max_size=3),
        "hours": DECIMALS.map(lambda number: [{"value": f"{number:.4f}"}]),
        "rate": DECIMALS.map(lambda number: [{"value": f"{number:.4f}", "currency": "EUR"}]),
        "fee": DECIMALS.map(lambda number: [{"value": f"{number:.4f}", "currency": "SEK"}]),
        "progress": st.integers(0, 100).map(lambda number: [{"value": number}]),
        "time-spent": st.integers(0, 10**10).map(lambda number: [{"value": number}]),
        "due": st.builds(lambda start, end: [start | end], moments("start"), moments("end") | st.just({})),
        "address": TEXTS.map(lambda text: [{"value": text, "formatted": text}]),
        "phone": st.lists(TEXTS.map(lambda text: {"type": "pager", "value": text}), max_size=3),
        "keywords": st.lists(TEXTS, max_size=3),
        **{
            key: st.just(VALUES[key])
            for key in ("client", "related", "responsible", "place", "link", "picture", "later")
        },
    }
    chosen = draw(st.sets(st.sampled_from(sorted(known)), max_size=8))
    return {key: draw(known[key]) for key in sorted(chosen)}


@given(whole_items())
def test_reading_and_assigning_every_field_changes_nothing(values: dict[str, Any]) -> None:
    item, other = item_of(values), item_of(values)
    for key in values:
        item[key]
        item[key] = item[key]
        item[key] = other[key]
    assert item.changes() == {}
