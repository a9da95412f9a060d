"""Rows for tables: plain values, and what pandas and polars make of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from podio_web.items import UnknownField
from podio_web.items.rows import row_of
from tests.items_data import APP_ID, SETTINGS, VALUES, item_json
from tests.unit.items_support import Scripted, app, item_of, run

PLAIN: dict[str, Any] = {
    "title": "Paint the fence",
    "status": "To do",
    "labels": ["Web", "Office"],
    "due": datetime(2026, 3, 28, 9, tzinfo=UTC),
    "due.end": datetime(2026, 3, 29, 8, tzinfo=UTC),
    "due.first_day": date(2026, 3, 28),
    "due.last_day": date(2026, 3, 29),
    "birthday": date(1999, 12, 31),
    "birthday.first_day": date(1999, 12, 31),
    "birthday.last_day": None,
    "birthday.end": None,
    "hours": Decimal("12.5"),
    "rate": Decimal("99.9"),
    "rate.currency": "EUR",
    "progress": 0,
    "time-spent": timedelta(minutes=90),
    "client": 6001,
    "client.title": "Quiet Garden",
    "related": [6102, 6103],
    "related.title": ["Quiet Garden", "Quiet Garden"],
    "responsible": ["Demo Person", "Demo Person"],
    "responsible.profile_id": [8001, 8002],
    "responsible.mail": [["demo@example.com"], ["demo@example.com"]],
    "place": "1 Market Street, Example Town",
    "place.city": "Example Town",
    "phone": ["+1 555 0100", "+1 555 0101"],
    "phone.type": ["work", "pager"],
    "link": ["https://example.com/", "https://docs.example.com/"],
    "picture": [7001],
    "picture.name": ["picture.png"],
    "keywords": ["quick", "fun"],
    "clip": [{"value": {"anything": 1}}],
    "item_id": 6101,
    "app_item_id": 1,
    "external_id": "seed-1",
    "revision": 3,
    "tags": ["sample"],
    "status.id": 1,
    "clip.anything": None,
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_cell_is_plain(name: str) -> None:
    row = row_of(item_of(), [name])
    assert row == {name: PLAIN[name]}
    value = row[name]
    for each in value if isinstance(value, list) else [value]:
        assert type(each) in (str, int, Decimal, date, datetime, timedelta, list, dict, type(None))


def test_without_names_a_row_has_the_id_and_all_fields() -> None:
    assert list(row_of(item_of(), [])) == ["item_id", *(key for key in SETTINGS if key != "line")]


def test_all_rows_have_the_same_keys_although_some_items_have_values_of_deleted_fields() -> None:
    transport = Scripted().with_app("title", "hours")
    full, empty = item_json(1), item_json(2, {})
    transport.answer("POST", f"/item/app/{APP_ID}/filter/", {"items": [full, empty], "filtered": 2, "total": 2})

    async def read() -> list[dict[str, Any]]:
        return [row async for row in app(transport).items().rows()]

    assert [list(row) for row in run(read())] == [["item_id", "title", "hours"]] * 2


def test_the_item_s_own_title_stands_for_a_field_that_is_not_there() -> None:
    transport = Scripted().with_app("hours")
    transport.answer("GET", "/item/6101", item_json(6101, {}))
    item = run(app(transport).get(6101))
    assert row_of(item, ["title"]) == {"title": "Paint the fence"}


def test_a_typo_is_a_key_error() -> None:
    with pytest.raises(UnknownField, match="Did you mean 'status'"):
        row_of(item_of(), ["statsu"])
    with pytest.raises(UnknownField, match="Did you mean 'status'"):
        row_of(item_of(), ["statsu.id"])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rate.curency", "rate has no 'curency'. It has 'amount', 'currency'."),
        ("status.upper", "status has no 'upper'. It has 'color', 'field_id', 'id', 'status'."),
        ("labels.index", "labels has no 'index'"),
        ("picture.link", "picture has no 'link'. It has 'file_id', 'name'"),
        ("due.start.year", "due has no 'start.year'. It has 'start', 'end', 'first_day', 'last_day'."),
        ("title.upper", "title has no 'upper'. It has no parts."),
        ("hours.real", "hours has no 'real'. It has no parts."),
    ],
)
def test_a_typo_in_a_part_is_a_key_error(name: str, message: str) -> None:
    with pytest.raises(UnknownField, match=message):
        row_of(item_of(), [name])
    assert row_of(item_of({}), [name])[name] in (None, [])


def rows(*names: str) -> list[dict[str, Any]]:
    """Return the rows of a whole item, one with few values, and one without."""
    transport = Scripted().with_app()
    few = {"title": VALUES["title"], "hours": [{"value": "1.0000"}], "status": VALUES["status"]}
    items = [item_json(1), item_json(2, few), item_json(3, {})]
    transport.answer("POST", f"/item/app/{APP_ID}/filter/", {"items": items, "filtered": 3, "total": 3})

    async def read() -> list[dict[str, Any]]:
        return [row async for row in app(transport).items().rows(*names)]

    return run(read())


def test_a_query_gives_a_row_for_each_item() -> None:
    assert rows("item_id", "hours") == [
        {"item_id": 1, "hours": Decimal("12.5")},
        {"item_id": 2, "hours": Decimal(1)},
        {"item_id": 3, "hours": None},
    ]


@pytest.mark.parametrize(("names", "query"), [(["tags"], "fields=items.fields%28tags%29"), (["title"], "")])
def test_a_query_asks_for_tags_if_a_row_needs_them(names: list[str], query: str) -> None:
    transport = Scripted().with_app()
    page = {"items": [item_json(1)], "filtered": 1, "total": 1}
    transport.answer("POST", f"/item/app/{APP_ID}/filter/", page, times=None)

    async def read() -> list[dict[str, Any]]:
        query = app(transport).items()
        rows = [row async for row in query.rows(*names)]
        assert len([item async for item in query]) == len(rows)
        return rows

    assert run(read()) == [{name: {"tags": ["sample"], "title": "Paint the fence"}[name] for name in names}]
    assert transport.queries == ["", query, ""]


def test_what_else_a_query_reads_meanwhile_has_no_say_in_the_tags() -> None:
    transport = Scripted().with_app()
    for item_id in (1, 1, 1, 2):
        page = {"items": [item_json(item_id)], "filtered": 2, "total": 2}
        transport.answer("POST", f"/item/app/{APP_ID}/filter/", page)

    async def read() -> list[Any]:
        query = app(transport).items(limit=1)
        found = query.rows("tags")
        rows = [await anext(found)]
        await query.page(limit=1)
        await anext(aiter(query))
        return [*rows, await anext(found)]

    assert run(read()) == [{"tags": ["sample"]}] * 2
    assert [bool(query) for query in transport.queries] == [False, True, False, False, True]


NAMES = [
    *("item_id", "title", "status", "hours", "rate", "rate.currency", "due", "birthday", "progress", "time-spent"),
    *("client", "client.title", "labels", "phone"),
]


def test_pandas_takes_the_rows() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(rows(*NAMES))
    assert list(frame.columns) == NAMES
    assert list(frame["item_id"]) == [1, 2, 3]
    assert list(frame["status"].fillna("")) == ["To do", "To do", ""]
    assert frame["hours"].dropna().sum() == Decimal("13.5")
    assert str(frame["due"].dtype).startswith("datetime64")
    assert frame["due"][0] == pandas.Timestamp("2026-03-28 09:00:00+00:00")
    assert str(frame["time-spent"].dtype).startswith("timedelta64")
    assert len(pandas.DataFrame(rows())) == 3


def test_polars_takes_the_rows() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(rows(*NAMES))
    assert frame.columns == NAMES
    assert frame["item_id"].to_list() == [1, 2, 3]
    assert frame["status"].to_list() == ["To do", "To do", None]
    assert frame["hours"].drop_nulls().sum() == Decimal("13.5")
    assert frame["due"].dtype == polars.Datetime("us", "UTC")
    assert frame["birthday"].dtype == polars.Date
    assert frame["time-spent"].dtype == polars.Duration("us")
    assert frame["labels"].to_list()[0] == ["Web", "Office"]
