"""``App`` and ``Item``: which calls are made, and what they send."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from podio_web import (
    ConflictError,
    ConnectionFailed,
    NotFoundError,
    RateLimitError,
    Retry,
    ServerError,
    UnavailableError,
)
from podio_web.items import App, Item, ItemsRateLimitError, Link, Mail, Reference, SyncApp, SyncItem, UnknownField, User
from podio_web.items.query import Asked
from tests.items_data import APP_ID, VALUES, app_json, contact_json, embed_json, item_json, option, reference_json
from tests.unit.items_support import Scripted, app, client, run, sync_client

FILTER = f"/item/app/{APP_ID}/filter/"


def page(*ids: int, filtered: int | None = None, total: int = 500) -> dict[str, Any]:
    items = [item_json(each, {"title": [{"value": f"Task {each}"}]}) for each in ids]
    return {"total": total, "filtered": len(ids) if filtered is None else filtered, "items": items}


def with_item(**changes: Any) -> Scripted:
    """Return scripted answers for the app and for item 6101."""
    transport = Scripted().with_app()
    transport.answer("GET", "/item/6101", item_json(6101, **changes))
    return transport


def read(transport: Scripted) -> Item:
    """Return item 6101, and forget the calls of before."""
    item = run(app(transport).get(6101))
    transport.calls.clear()
    return item


def test_creating_an_app_and_a_query_calls_nothing() -> None:
    transport = Scripted()
    app(transport).items(status="Done")
    app(transport).new(title="Paint")
    assert transport.calls == []


class Number(int, Enum):
    TASKS = APP_ID


class Text(str, Enum):  # noqa: UP042 - a format of its members is their name
    TASKS = str(APP_ID)


class FromArray:
    """A number as arrays of NumPy have them."""

    def __index__(self) -> int:
        return APP_ID


@pytest.mark.parametrize("model", [Number.TASKS, FromArray(), type("Task", (Item,), {}, app=Number.TASKS)])
def test_an_app_id_of_an_enumeration_or_an_array_is_sent_by_its_value(model: Any) -> None:
    transport = Scripted().with_app()
    text: Any = Text.TASKS
    for tasks in (App(client(transport), model), App(client(transport), Item, text)):
        run(tasks.definition())
        assert repr(tasks) == f"<App {APP_ID}>"


@pytest.mark.parametrize("app_id", [f"{APP_ID}/item/4", "²", 3001.5, True])
def test_an_app_id_that_is_no_number_is_refused(app_id: Any) -> None:
    with pytest.raises(TypeError, match=r"^the ID of an app is a whole number, such as 3001, not "):
        App(client(Scripted()), Item, app_id)


def test_reading_fields_calls_nothing() -> None:
    transport = with_item()
    item = read(transport)
    for key in item:
        item[key]
    repr(item)
    assert transport.calls == []


def test_the_definition_is_read_once() -> None:
    transport = with_item()
    transport.answer("POST", FILTER, page(1, 2), times=None)

    async def twice() -> None:
        tasks = app(transport)
        assert [item.item_id async for item in tasks.items()] == [1, 2]
        assert [item.item_id async for item in tasks.items(status="Done")] == [1, 2]
        await tasks.get(6101)
        assert (await tasks.definition()) is (await tasks.definition())

    run(twice())
    paths = [call.path for call in transport.calls]
    assert paths == [f"/app/{APP_ID}", FILTER, FILTER, "/item/6101"]


def test_the_definition_can_be_read_again() -> None:
    transport = Scripted()
    transport.answer("GET", f"/app/{APP_ID}", app_json("title"))
    transport.answer("GET", f"/app/{APP_ID}", app_json("title", "hours"))

    async def again() -> None:
        tasks = app(transport)
        assert list((await tasks.definition()).keys) == ["title"]
        assert list((await tasks.reload_definition()).keys) == ["title", "hours"]
        assert list((await tasks.definition()).keys) == ["title", "hours"]

    run(again())


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"item_id": 6101}, "/item/6101"),
        ({"number": 12}, f"/app/{APP_ID}/item/12"),
        ({"external_id": "50 % off?"}, f"/item/app/{APP_ID}/external_id/50%20%25%20off%3F"),
    ],
)
def test_an_item_is_read_by_any_of_its_ids_without_marking_it_as_viewed(arguments: Any, path: str) -> None:
    transport = Scripted().with_app()
    transport.answer("GET", path, item_json())
    item = run(app(transport).get(**arguments))
    assert (item.item_id, item.app_item_id, item.revision, item.title) == (6101, 1, 3, "Paint the fence")
    assert (item.external_id, item.tags, item.data["link"][:8]) == ("seed-1", ["sample"], "https://")
    assert transport.queries[0] == "mark_as_viewed=0"


def test_an_item_can_be_marked_as_viewed() -> None:
    transport = with_item()
    run(app(transport).get(6101, mark_as_viewed=True))
    assert transport.queries[0] == "mark_as_viewed=1"


@pytest.mark.parametrize(
    "arguments", [{}, {"item_id": 1, "number": 2}, {"item_id": 1, "number": 2, "external_id": "x"}]
)
def test_get_takes_one_id(arguments: Any) -> None:
    with pytest.raises(ValueError, match="takes one of item_id, number and external_id"):
        run(app(Scripted()).get(**arguments))


def test_an_item_of_another_app_is_refused() -> None:
    transport = with_item(app={"app_id": 5})
    with pytest.raises(ValueError, match="item 6101 is of app 5, not of 3001"):
        run(app(transport).get(6101))
    assert read(with_item(app=None)).item_id == 6101


def test_a_query_sends_filters_order_and_page_and_nothing_to_remember() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, page(1))
    filters = {"hours": {"from": 1}}

    async def ask() -> None:
        query = app(transport).items(
            filters, status=["Done", None], time_spent=60, sort_by="due", sort_desc=True, limit=50
        )
        filters["hours"] = {"from": 99}
        assert (query.total, query.filtered) == (None, None)
        assert [item.title async for item in query] == ["Paint the fence"]
        assert (query.total, query.filtered) == (500, 1)
        assert repr(query) == "<ItemQuery of app 3001>"

    run(ask())
    assert transport.sent[1] == (
        f"POST {FILTER}",
        {
            "filters": {"hours": {"from": 1}, "status": [3, None], "time-spent": {"from": 60, "to": 60}},
            "sort_by": 4006,
            "sort_desc": True,
            "limit": 50,
            "offset": 0,
        },
    )


def test_by_default_items_come_in_the_order_of_their_ids() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, page(1))
    run(app(transport).items().page())
    assert transport.sent[1][1] == {"filters": {}, "sort_by": "item_id", "sort_desc": False, "limit": 100, "offset": 0}


def test_a_view_may_decide_the_order() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", f"{FILTER}77/", page(1))
    assert len(run(app(transport).items(view=77, sort_by=None).page(limit=10, offset=5)).items) == 1
    assert transport.sent[1][1] == {"filters": {}, "limit": 10, "offset": 5}


def test_a_page_has_items_and_numbers() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, page(1, 2, filtered=30))
    query = app(transport).items()
    found = run(query.page(limit=2))
    assert ([item.item_id for item in found.items], found.filtered, found.total) == ([1, 2], 30, 500)
    assert (query.filtered, query.total) == (30, 500)


@pytest.mark.parametrize("limit", [0, 501, 1.5, True, None])
def test_a_page_has_from_1_to_500_items(limit: Any) -> None:
    with pytest.raises(ValueError, match="from 1 to 500"):
        app(Scripted()).items(limit=limit)
    with pytest.raises(ValueError, match="from 1 to 500"):
        run(app(Scripted()).items().page(limit=limit))


def test_a_filter_that_podio_ignores_is_refused_before_it_is_sent() -> None:
    transport = Scripted().with_app()
    with pytest.raises(ValueError, match="would return everything"):
        run(app(transport).items(description="fence").page())
    with pytest.raises(UnknownField, match="Did you mean 'status'"):
        run(app(transport).items(statsu="Done").page())
    assert {call.method for call in transport.calls} == {"GET"}


async def ids_of(query: Any) -> list[int]:
    return [item.item_id async for item in query]


def test_each_iteration_starts_anew() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, page(1, 2), times=2)
    query = app(transport).items()
    assert run(ids_of(query)) == run(ids_of(query)) == [1, 2]


def test_a_filter_is_retried_like_a_read() -> None:
    transport = Scripted().with_app()
    transport.fail("POST", FILTER, ConnectionFailed("lost"))
    transport.answer("POST", FILTER, page(1))
    assert run(ids_of(app(transport, retry=Retry(first_pause=0)).items())) == [1]


def test_after_a_fault_the_page_is_halved() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, {}, status=504)
    transport.answer("POST", FILTER, page(1))
    assert run(ids_of(app(transport, retry=None).items())) == [1]
    assert [body["limit"] for _, body in transport.sent[1:]] == [100, 50]


def test_after_two_faults_the_error_is_raised() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, {}, status=504, times=2)
    with pytest.raises(UnavailableError):
        run(ids_of(app(transport, retry=None).items()))


def test_an_app_remembers_that_podio_refuses_large_pages() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, {"error": "invalid_value"}, status=400)
    transport.answer("POST", FILTER, page(1), times=2)
    tasks = app(transport)
    assert run(ids_of(tasks.items(limit=500))) == run(ids_of(tasks.items(limit=500))) == [1]
    assert [body["limit"] for _, body in transport.sent[1:]] == [500, 100, 100]


def test_a_rate_limit_can_be_resumed() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, page(*range(1, 11), filtered=15))
    transport.answer("POST", FILTER, {"error_description": "Please wait 3600 seconds before trying again."}, status=420)
    transport.answer("POST", FILTER, page(*range(10, 16), filtered=15))
    tasks, found = app(transport), []

    async def until_limited() -> None:
        async for item in tasks.items(limit=10):
            found.append(item.item_id)

    with pytest.raises(RateLimitError) as caught:
        run(until_limited())
    assert isinstance(caught.value, ItemsRateLimitError)
    assert caught.value.retry_after == 3600
    found += run(ids_of(tasks.items(limit=10, resume=caught.value.resume)))
    assert found == list(range(1, 16))
    assert transport.sent[-1][1]["offset"] == 9


def test_a_query_knows_where_it_is() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, page(7, 8, 9))
    query = app(transport).items()
    assert query.resume.offset == 0

    async def two() -> None:
        rows: Any = aiter(query)
        await anext(rows)
        await anext(rows)
        await rows.aclose()

    run(two())
    assert (query.resume.offset, query.resume.last) == (2, 8)


# Saving.


def test_a_save_sends_the_fields_that_differ_and_the_revision() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 4, "title": "Paint the fence"})
    item["status"] = "Done"
    item["hours"] += Decimal("1.5")
    item["place"] = None
    item["title"] = item["title"]
    saved = run(item.save())
    assert transport.sent == [
        ("PUT /item/6101", {"revision": 3, "fields": {"status": 3, "hours": "14.0000", "place": []}})
    ]
    assert transport.queries == [""]
    assert (saved.revision, saved.changed) == (4, ("status", "hours", "place"))
    assert (item.revision, item["hours"], item["place"]) == (4, Decimal("14.0000"), None)


def test_zero_is_a_value_and_not_an_empty_field() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 4})
    item["hours"] = 0
    item["time-spent"] = 0
    item["progress"] = 0
    run(item.save())
    assert transport.sent[0][1]["fields"] == {"hours": "0", "time-spent": 0}


def test_a_list_that_was_changed_is_saved() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 4})
    labels = item["labels"]
    labels.append("Print")
    item["related"].pop()
    assert run(item.save()).changed == ("labels", "related")
    assert transport.sent[0][1]["fields"] == {"labels": [1, 3, 2], "related": [6102]}
    assert item["labels"] is labels
    assert [each.id for each in labels] == [1, 3, 2]
    labels.append("nothing like it")
    with pytest.raises(ValueError, match="labels has no such option"):
        run(item.save())


def test_nothing_is_sent_if_nothing_differs() -> None:
    transport = with_item()
    item = read(transport)
    item["hours"] = 99
    item["hours"] = "12.5"
    saved = run(item.save())
    assert (saved.revision, saved.changed) == (3, ())
    assert transport.calls == []


def test_a_second_save_sends_what_differs_from_the_first() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 4})
    transport.answer("PUT", "/item/6101", {"revision": 5})
    item["hours"] = 5
    run(item.save())
    assert item.changes() == {}
    assert item.original("hours") == 5
    item["hours"] = "12.5"
    run(item.save())
    assert transport.sent[1][1] == {"revision": 4, "fields": {"hours": "12.5"}}


def test_silent_and_hook_are_in_the_query() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 4})
    transport.answer("DELETE", "/item/6101", status=204)
    item["hours"] = 5
    run(item.save(silent=True, hook=False))
    run(item.delete(silent=True))
    assert transport.queries == ["silent=1&hook=0", "silent=1"]


def test_an_external_id_and_tags_are_saved_too() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 4}, times=2)
    item.external_id = "order-17"
    item.tags.append("new")
    assert run(item.save()).changed == ("external_id", "tags")
    assert transport.sent[0][1] == {"revision": 3, "external_id": "order-17", "tags": ["sample", "new"]}
    item.tags = []
    run(item.save())
    assert transport.sent[1][1] == {"revision": 4, "tags": []}
    assert run(item.save()).changed == ()


def listed() -> tuple[Scripted, Item]:
    """Return an item of a query, which has no tags, and its transport."""
    transport = Scripted().with_app()
    row = {key: value for key, value in item_json().items() if key != "tags"}
    transport.answer("POST", FILTER, {"items": [row], "filtered": 1, "total": 1})
    item = run(app(transport).items().page()).items[0]
    transport.calls.clear()
    return transport, item


def test_tags_that_were_not_read_are_neither_shown_as_none_nor_overwritten() -> None:
    transport, item = listed()
    with pytest.raises(ValueError, match="reload this item first"):
        item.tags.append("new")
    transport.answer("PUT", "/item/6101", {"revision": 4}, times=2)
    item["hours"] = 5
    assert run(item.save()).changed == ("hours",)
    item.tags = []
    assert run(item.save()).changed == ("tags",)
    assert transport.sent[1][1] == {"revision": 4, "tags": []}
    assert item.tags == []


def test_tags_that_were_not_read_are_no_conflict() -> None:
    transport, item = listed()
    item.tags = ["new"]
    transport.answer("GET", "/item/6101", item_json(6101, tags=["theirs"], revision=4), times=2)
    assert run(item.rebase()) == ()
    assert (item.tags, item.state.pending().extras) == (["new"], {"tags": ["new"]})
    run(item.reload())
    assert item.tags == ["theirs"]


def test_what_is_set_while_a_save_is_under_way_belongs_to_the_next_one() -> None:
    transport = with_item()
    item = read(transport)

    class Typing(Scripted):
        async def perform(self, call: Any, timeout: float | None) -> Any:
            item["hours"] = 7
            item["labels"].append("Print")
            return await super().perform(call, timeout)

    typing = Typing()
    typing.answer("PUT", "/item/6101", {"revision": 4})
    tasks = app(typing)
    item["hours"] = 5
    assert run(tasks.save(item)).changed == ("hours",)
    assert item.changes() == {"hours": "7", "labels": [1, 3, 2]}


def test_a_link_that_is_added_while_another_is_created_is_created_too() -> None:
    item = read(with_item())

    class Typing(Scripted):
        async def perform(self, call: Any, timeout: float | None) -> Any:
            if len(self.calls) == 0:
                item["link"].append("https://late.example/")
            return await super().perform(call, timeout)

    typing = Typing()
    for number in (9100, 9101):
        typing.answer("POST", "/embed/", embed_json(number)["embed"])
    typing.answer("PUT", "/item/6101", {"revision": 4})
    item["link"] = ["https://new.example/"]
    run(app(typing).save(item))
    assert typing.sent[-1][1]["fields"] == {"link": [{"embed": 9100}, {"embed": 9101}]}


@pytest.mark.parametrize("answer", [None, {}])
def test_without_a_revision_the_next_save_reads_it_once(answer: Any) -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", answer, status=200 if answer is not None else 204)
    item["hours"] = 5
    assert run(item.save(silent=True)).revision is None
    assert item.revision is None
    hours = {**VALUES, "hours": [{"value": "5.0000"}]}
    transport.answer("GET", "/item/6101", item_json(6101, hours, revision=9))
    transport.answer("PUT", "/item/6101", {"revision": 10})
    item["hours"] = 6
    run(item.save())
    assert [call.method for call in transport.calls] == ["PUT", "GET", "PUT"]
    assert transport.sent[2][1] == {"revision": 9, "fields": {"hours": "6"}}
    assert item.revision == 10


def test_a_save_after_somebody_else_s_looks_before_it_overwrites() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 5})
    item["hours"] = 5
    run(item.save())
    theirs = {**VALUES, "hours": [{"value": "5.0000"}], "status": [{"value": option(2, "In progress")}]}
    transport.answer("GET", "/item/6101", item_json(6101, theirs, revision=5), times=2)
    item["status"] = "Done"
    with pytest.raises(ConflictError, match=r"somebody else changed status too\. Use rebase"):
        run(item.save())
    assert item.changes() == {"status": 3}
    assert run(item.rebase()) == ("status",)
    assert item.original("status") == "In progress"
    transport.answer("PUT", "/item/6101", {"revision": 6})
    run(item.save())
    assert transport.sent[-1] == ("PUT /item/6101", {"revision": 5, "fields": {"status": 3}})


def test_html_that_podio_adds_is_no_conflict() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", status=204)
    item["description"] = "New steps"
    run(item.save())
    kept = {**VALUES, "description": [{"value": "<p>New steps</p>"}]}
    transport.answer("GET", "/item/6101", item_json(6101, kept, revision=4))
    transport.answer("PUT", "/item/6101", {"revision": 5})
    item["description"] = "Newer steps"
    assert run(item.save()).revision == 5


@pytest.mark.parametrize(
    ("key", "first", "shown", "second"),
    [
        ("responsible", User(1002), contact_json(8002, 1002), User(1003)),
        (
            "responsible",
            Mail("New@example.com"),
            {**contact_json(8002, None), "mail": ["new@example.com", None]},
            User(1003),
        ),
        (
            "place",
            "2 Long Road",
            {"value": "2 Long Road", "street_address": "2 Long Road", "city": "Town"},
            "3 Long Road",
        ),
        ("link", Link("https://b.example/", 9100), embed_json(9100), Link("https://c.example/", 9101)),
        ("fax", "+1 555 0109", {"type": "other", "value": "+1 555 0109"}, "+1 555 0108"),
    ],
)
@pytest.mark.parametrize("is_theirs", [False, True])
def test_what_podio_makes_of_a_value_is_no_conflict(
    key: str, first: Any, shown: Any, second: Any, is_theirs: bool
) -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"revision": 9}, times=2)
    item[key] = first
    run(item.save())
    read_back = VALUES[key] if is_theirs else [shown if key in ("place", "link", "fax") else {"value": shown}]
    transport.answer("GET", "/item/6101", item_json(6101, {**VALUES, key: read_back}, revision=9))
    item[key] = second
    if is_theirs:
        with pytest.raises(ConflictError, match=key):
            run(item.save())
    else:
        assert run(item.save()).changed == (key,)


def test_a_conflict_can_be_overwritten() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("PUT", "/item/6101", {"error": "conflict"}, status=409)
    transport.answer("PUT", "/item/6101", {"revision": 9})
    item["hours"] = 5
    with pytest.raises(ConflictError):
        run(item.save())
    assert item.changes() == {"hours": "5"}
    run(item.save(on_conflict="overwrite"))
    assert transport.sent[-1][1] == {"fields": {"hours": "5"}}
    with pytest.raises(ValueError, match="'raise' or 'overwrite'"):
        run(item.save(on_conflict="ignore"))  # type: ignore[arg-type]


def test_rebasing_keeps_the_changes_and_names_what_both_changed() -> None:
    transport = with_item()
    item = read(transport)
    item["hours"] = 5
    item["status"] = "Done"
    item["labels"].append("Print")
    item.tags.append("mine")
    item["progress"]  # read, and changed by somebody else
    theirs = {
        **VALUES,
        "hours": [{"value": "7.0000"}],
        "status": [{"value": option(3, "Done")}],
        "progress": [{"value": 50}],
    }
    transport.answer("GET", "/item/6101", item_json(6101, theirs, revision=8, tags=["theirs"], title="Theirs"))
    assert run(item.rebase()) == ("hours", "tags")
    assert (item.revision, item["progress"], item.title) == (8, 50, "Theirs")
    assert (item["hours"], item.original("hours")) == (5, 7)
    assert item.changes() == {"hours": "5", "labels": [1, 3, 2]}
    assert item.tags == ["sample", "mine"]
    assert transport.queries == ["mark_as_viewed=0"]


def test_reloading_drops_the_changes() -> None:
    transport = with_item()
    item = read(transport)
    item["hours"] = 5
    item.tags.append("mine")
    transport.answer("GET", "/item/6101", item_json(revision=4))
    run(item.reload())
    assert (item.changes(), item.tags, item.revision, item["hours"]) == ({}, ["sample"], 4, Decimal("12.5"))


def test_links_are_created_inside_a_save() -> None:
    transport = with_item()
    item = read(transport)
    transport.answer("POST", "/embed/", embed_json(9100, "https://new.example/")["embed"])
    transport.answer("PUT", "/item/6101", {}, status=500)
    transport.answer("PUT", "/item/6101", {"revision": 4})
    item["hours"] = 5
    item["link"] += ["https://new.example/", Link("https://new.example/", title="Again")]
    with pytest.raises(ServerError):
        run(item.save())
    run(item.save())
    assert [name for name, _ in transport.sent] == ["POST /embed/", "PUT /item/6101", "PUT /item/6101"]
    assert transport.sent[0][1] == {"url": "https://new.example/"}
    assert transport.sent[2][1]["fields"]["link"][2:] == [{"embed": 9100}, {"embed": 9100}]
    assert transport.sent[2][1]["fields"]["hours"] == "5"
    assert item["link"][2] == Link("https://new.example/", 9100, "Example")


# New items.


def test_a_new_item_sends_the_fields_that_were_set() -> None:
    transport = Scripted().with_app()
    transport.answer(
        "POST", f"/item/app/{APP_ID}/", item_json(6200, {"total": VALUES["total"]}, revision=0, title="Paint")
    )
    transport.answer("PUT", "/item/6200", {"revision": 1})
    tasks = app(transport)
    item = tasks.new(
        {"hours": 0, "progress": 0, "status": None},
        title="Paint",
        client=6001,
        due=date(2026, 12, 24),
        time_spent=60,
        keywords=[],
        external_id="order-17",
        tags=["new"],
        file_ids=[7001],
        reminder={"remind_delta": 60},
    )
    assert (item.item_id, item.title, item["title"]) == (None, "", "Paint")
    saved = run(item.save(silent=True, hook=False))
    assert transport.sent[1] == (
        f"POST /item/app/{APP_ID}/",
        {
            "fields": {
                "hours": "0",
                "progress": 0,
                "title": "Paint",
                "client": 6001,
                "due": {"start_date": "2026-12-24"},
                "time-spent": 60,
            },
            "external_id": "order-17",
            "tags": ["new"],
            "file_ids": [7001],
            "reminder": {"remind_delta": 60},
        },
    )
    assert transport.queries[1] == "silent=1&hook=0"
    assert saved.changed == ("hours", "progress", "title", "client", "due", "time-spent", "external_id", "tags")
    assert (item.item_id, item.revision, item.title, item["total"]) == (6200, 0, "Paint", Decimal("1248.75"))
    assert (item["client"], item.changes()) == (Reference(6001), {})
    item["hours"] = 5
    run(item.save())
    assert transport.sent[2][1] == {"revision": 0, "fields": {"hours": "5"}}


def test_missing_required_fields_are_named_together_before_anything_is_sent() -> None:
    transport = Scripted()
    definition = app_json("title", "hours", "total", "status")
    for each in definition["fields"]:
        each["config"]["required"] = True
    definition["fields"][3]["status"] = "deleted"
    transport.answer("GET", f"/app/{APP_ID}", definition)
    with pytest.raises(ValueError, match=r"required fields are empty: title, hours$"):
        run(app(transport).new().save())
    assert len(transport.calls) == 1


def test_a_required_field_cannot_be_emptied() -> None:
    transport = with_item()
    item = read(transport)
    item["title"] = ""
    with pytest.raises(ValueError, match="required fields are empty: title"):
        run(item.save())
    assert transport.calls == []


def test_a_new_item_is_checked_when_the_definition_is_known() -> None:
    transport = Scripted().with_app()
    tasks = app(transport)
    item = tasks.new(title="Paint", status="Nope", hours="many", statsu=1)
    item["progress"] = 500
    assert "statsu" in item
    assert "xyz" not in item
    assert item.keys() == ["title", "status", "hours", "statsu", "progress"]
    with pytest.raises(UnknownField, match="'xyz' was not set, and the fields of the app were not read yet"):
        item["xyz"]
    with pytest.raises(UnknownField, match="Did you mean 'status'"):
        run(item.save())
    assert item["hours"] == "many"
    item = tasks.new(title="Paint", hours=1)
    assert item.changes() == {"title": "Paint", "hours": "1"}
    with pytest.raises(ValueError, match=r"status has no such option.*\. hours takes a number"):
        tasks.new(title="Paint", status="Nope", hours="many")
    with pytest.raises(AttributeError, match="total is calculated"):
        tasks.new(total=5)
    assert tasks.new({4009: 5})["hours"] == 5


def test_setting_several_fields_sets_all_or_none() -> None:
    item = read(with_item())
    with pytest.raises(ValueError, match="hours"):
        item.set({"title": "New", "hours": "many"})
    assert item.changes() == {}
    item.set({"time_spent": 60, 4001: "New"})
    assert item.changes() == {"time-spent": 60, "title": "New"}


def test_what_is_not_saved_cannot_be_read_or_deleted() -> None:
    item = app(Scripted()).new(title="Paint")
    for call in (item.reload, item.rebase, item.delete):
        with pytest.raises(ValueError, match="this item is not saved"):
            run(call())


def test_an_item_can_be_deleted_by_its_id() -> None:
    transport = Scripted()
    transport.answer("DELETE", "/item/6101", status=204)
    run(app(transport).delete(6101, hook=False))
    assert transport.queries == ["hook=0"]


def test_an_id_that_comes_from_data_is_one_part_of_the_path() -> None:
    hostile: Any = "6101/value?x=1"
    part = "6101%2Fvalue%3Fx%3D1"
    transport = Scripted().with_app()
    transport.answer("GET", f"/item/{part}", item_json())
    transport.answer("GET", f"/app/{APP_ID}/item/{part}", item_json())
    transport.answer("POST", f"{FILTER}{part}/", page())
    transport.answer("DELETE", f"/item/{part}", status=204)

    async def main() -> None:
        tasks = app(transport)
        await tasks.get(hostile)
        await tasks.get(number=hostile)
        await tasks.items(view=hostile).page()
        await tasks.delete(hostile)

    run(main())
    assert [call.method for call in transport.calls if part in call.path] == ["GET", "GET", "POST", "DELETE"]


def test_a_creation_is_not_repeated_after_a_lost_connection_and_can_be_found_again() -> None:
    transport = Scripted().with_app()
    found = f"/item/app/{APP_ID}/external_id/order-17"
    transport.answer("GET", found, {"error": "not_found"}, status=404)
    transport.fail("POST", f"/item/app/{APP_ID}/", ConnectionFailed("lost"))
    transport.answer("GET", found, item_json(6200, external_id="order-17"))
    tasks = app(transport)
    with pytest.raises(ConnectionFailed):
        run(tasks.get_or_create(external_id="order-17", title="Paint"))
    item = run(tasks.get_or_create({"hours": 5}, external_id="order-17", title="Paint"))
    assert (item.item_id, item.changes()) == (6200, {})
    assert [call.method for call in transport.calls] == ["GET", "GET", "POST", "GET"]
    assert transport.sent[2][1] == {"fields": {"title": "Paint"}, "external_id": "order-17"}


def test_get_or_create_passes_on_the_flags() -> None:
    transport = Scripted().with_app()
    transport.answer("GET", f"/item/app/{APP_ID}/external_id/a", {}, status=404)
    transport.answer("POST", f"/item/app/{APP_ID}/", item_json(6200, revision=0))
    item = run(app(transport).get_or_create(external_id="a", title="Paint", silent=True, hook=False))
    assert item.item_id == 6200
    assert transport.queries[-1] == "silent=1&hook=0"


# References and search.


def test_references_are_loaded_with_one_filter_for_each_app() -> None:
    transport = Scripted().with_app()
    transport.answer("GET", "/app/3002", app_json("title"))
    clients = [item_json(each, {"title": [{"value": "C"}]}, app={"app_id": 3002}) for each in (6002, 6001)]
    transport.answer("POST", "/item/app/3002/filter/", {"items": clients, "filtered": 2, "total": 9})
    transport.answer("POST", FILTER, page(6102))
    found = [
        Reference(6001, None, 3002),
        Reference(6102, None, APP_ID),
        Reference(6009, None, 3002),
        Reference(6002, None, 3002),
    ]
    loaded = run(app(transport).load([*found, found[0]]))
    assert [each and each.item_id for each in loaded] == [6001, 6102, None, 6002, 6001]
    assert loaded[0] is loaded[4]
    filters = [body["filters"] for name, body in transport.sent if name.startswith("POST")]
    assert filters == [{"item_id": [6001, 6009, 6002]}, {"item_id": [6102]}]


def test_many_references_are_loaded_by_the_hundred() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, page(), times=3)
    assert run(app(transport).load([Reference(each, None, APP_ID) for each in range(1, 202)])) == [None] * 201
    assert [len(body["filters"]["item_id"]) for _, body in transport.sent[1:]] == [100, 100, 1]


def test_a_reference_without_its_app_cannot_be_loaded() -> None:
    transport = Scripted()
    with pytest.raises(ValueError, match="does not know its app"):
        run(app(transport).load([Reference(6001)]))
    with pytest.raises(ValueError, match="does not know its app"):
        run(Reference(6001).load(client(transport)))


def test_a_reference_loads_its_item() -> None:
    transport = Scripted().with_app()
    transport.answer("GET", "/item/6102", item_json(6102))
    item = run(Reference(6102, "Task", APP_ID).load(client(transport)))
    assert (item.item_id, type(item)) == (6102, Item)
    assert Reference(6001, "Quiet Garden", 3002) == Reference(item_id=6001, title="Quiet Garden", app_id=3002)


@pytest.mark.parametrize("wrap", [lambda hits: hits, lambda hits: {"results": hits}])
def test_a_search_returns_references(wrap: Any) -> None:
    transport = Scripted()
    hits = [{"type": "item", "id": 6101, "title": "Paint the fence"}, {"type": "app", "id": 3001}]
    transport.answer("POST", f"/search/app/{APP_ID}/", wrap(hits))
    assert run(app(transport).search("fence", limit=5)) == [Reference(6101, "Paint the fence", APP_ID)]
    assert transport.sent[0][1] == {"query": "fence", "limit": 5, "ref_type": "item"}


def test_a_search_is_retried_like_a_read() -> None:
    transport = Scripted()
    transport.answer("POST", f"/search/app/{APP_ID}/", status=503)
    transport.answer("POST", f"/search/app/{APP_ID}/", {"results": []})
    assert run(app(transport, retry=Retry(first_pause=0)).search("fence")) == []


def test_a_search_without_an_answer_finds_nothing() -> None:
    transport = Scripted()
    transport.answer("POST", f"/search/app/{APP_ID}/", status=204)
    assert run(app(transport).search("fence")) == []


def test_an_app_takes_an_id_or_a_class_of_items() -> None:
    class Nowhere(Item):
        pass

    podio = client(Scripted())
    assert repr(App(podio, 3001)) == "<App 3001>"
    assert App(podio, Nowhere, 5).app_id == 5
    with pytest.raises(ValueError, match=r"Nowhere names no app: class Nowhere\(Item, app=3001\)"):
        App(podio, Nowhere)
    for wrong in (SyncItem, str, "3001", None):
        with pytest.raises(TypeError, match="the ID of an app or a subclass of Item"):
            App(podio, wrong)  # type: ignore[type-var, arg-type]


def test_each_app_names_the_other_for_a_client_of_the_other_kind() -> None:
    awaiting, blocking = client(Scripted()), sync_client(Scripted())
    with pytest.raises(TypeError, match=r"^App needs a Podio, not SyncPodio\. For a SyncPodio, use SyncApp$"):
        App(blocking, 3001)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"^SyncApp needs a SyncPodio, not Podio\. For a Podio, use App$"):
        SyncApp(awaiting, 3001)  # type: ignore[call-overload]


def test_the_app_of_a_not_found_error_is_not_read() -> None:
    transport = Scripted()
    transport.answer("GET", "/item/6101", {"error": "not_found"}, status=404)
    with pytest.raises(NotFoundError):
        run(app(transport).get(6101))
    assert len(transport.calls) == 1


def test_a_field_of_an_item_in_an_item_is_a_reference() -> None:
    assert reference_json(6001)["item_id"] == 6001


def test_what_a_query_asks_for_has_an_order() -> None:
    assert [Asked({}, {}, "item_id", reverse).order for reverse in (False, True)] == [1, -1]
    assert Asked({}, {}, "created_on").order == 0


def test_definitions_and_apps_show_their_ids() -> None:
    assert repr(app(Scripted())) == "<App 3001>"
    assert app(Scripted()).sibling(5).app_id == 5
