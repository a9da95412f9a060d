"""Items as Python objects against the sandbox: every type there and back, other people's edits, and long lists."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from podio_web import ConflictError, Podio, RateLimitError, SyncPodio
from podio_web.files import File
from podio_web.items import (
    App,
    Between,
    Contact,
    Dates,
    Link,
    Location,
    Mail,
    Money,
    Raw,
    Reference,
    SyncApp,
    SyncItem,
    Typed,
    User,
)
from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl

TASKS, TYPES = 3001, 3004
DAY = date(2026, 12, 24)
MOMENT = datetime(2026, 7, 1, 10, 30, tzinfo=timezone(timedelta(hours=-5)))


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[SandboxControl]:
    control = SandboxControl(sandbox.url)
    control.reset()
    control.settings(general_limit=10**9, heavy_limit=10**9)
    yield control
    control.reset()


@pytest.fixture
def client(sandbox: Sandbox, control: SandboxControl) -> Iterator[SyncPodio[Any]]:
    with SyncPodio("password", "demo-client", "demo-secret", api_url=sandbox.url, retry=None) as podio:
        podio.authenticate_with_credentials("demo@example.com", "demo")
        yield podio


@pytest.fixture
def types(client: SyncPodio[Any]) -> SyncApp[SyncItem]:
    return SyncApp(client, TYPES)


@pytest.fixture
def tasks(client: SyncPodio[Any]) -> SyncApp[SyncItem]:
    return SyncApp(client, TASKS)


def made(control: SandboxControl) -> list[tuple[str, str]]:
    """Return the calls so far, and forget them."""
    found = [(each["method"], each["path"]) for each in control.calls()]
    control.clear_calls()
    return found


def test_every_field_is_read_and_saving_sends_nothing(types: SyncApp[SyncItem], control: SandboxControl) -> None:
    items = list(types.items())
    assert len(items) == 4
    kinds: dict[str, type[Any]] = {
        **dict.fromkeys(("text", "html", "markdown", "copy", "state", "remark"), str),
        **dict.fromkeys(("number", "product"), Decimal),
        **dict.fromkeys(("money", "one-currency"), Money),
        **dict.fromkeys(("date", "day", "period", "start"), Dates),
        **dict.fromkeys(("progress", "member"), int),
        **dict.fromkeys(("location", "address"), Location),
        "duration": timedelta,
        "reference": Reference,
        "future": Raw,
    }
    elements = {
        "references": Reference,
        "contact": Contact,
        "phone": Typed,
        "email": Typed,
        "link": Link,
        "image": File,
        "file": File,
        "video": File,
        "tags": str,
    }
    for key in items[0]:
        value = items[0][key]
        if key in elements:
            assert value
            assert all(type(each) is elements[key] for each in value)
        elif key in kinds:
            assert type(value) is kinds[key], key
        else:
            assert key in ("category", "categories", "question")
    control.clear_calls()
    for item in items:
        for key in item:
            if item.field(key).can_be_written:
                item[key] = item[key]
        assert item.save().changed == ()
    assert made(control) == []


WRITTEN: dict[str, list[tuple[Any, Any]]] = {
    "text": [("Paint", "Paint"), ("0085", "0085")],
    "html": [("<p>Paint</p>", "<p>Paint</p>"), ("Paint", "<p>Paint</p>")],
    "number": [(0, Decimal(0)), (Decimal("-12.0001"), Decimal("-12.0001")), (0.1, Decimal("0.1"))],
    "money": [(Money("99.90", "USD"), Money("99.90", "USD")), (Money(0, "EUR"), Money(0, "EUR"))],
    "one-currency": [(5, Money(5, "DKK"))],
    "progress": [(0, 0), (100, 100)],
    "duration": [(0, timedelta(0)), (timedelta(days=2), timedelta(days=2))],
    "category": [("large", "Large"), (1, "Small")],
    "categories": [(["Red", "red"], ["Red", "red"]), ("Green & Blue", ["Green & Blue"])],
    "question": [("Perhaps", "Perhaps")],
    "date": [
        (DAY, Dates(DAY)),
        (MOMENT, Dates(MOMENT)),
        (Dates(DAY, DAY), Dates(DAY, DAY)),
        (Dates(MOMENT, MOMENT), Dates(MOMENT, MOMENT)),
    ],
    "day": [(DAY, Dates(DAY))],
    "period": [(Dates(MOMENT, MOMENT + timedelta(hours=1)), Dates(MOMENT, MOMENT + timedelta(hours=1)))],
    "reference": [(6003, Reference(6003, "Cedar & Sons", 3002))],
    "references": [([6301, 6302], [6301, 6302])],
    "contact": [(User(1002), [8002]), (Mail("demo@example.com"), [8001]), ([8001, 8002], [8001, 8002])],
    "member": [(User(1001), 1001)],
    "location": [("2 Market Street", "2 Market Street")],
    "address": [(Location(street_address="3 Market Street", city="Example Town"), "3 Market Street, Example Town")],
    "phone": [(["1", Typed("2", "home")], [("1", "mobile"), ("2", "home")])],
    "email": [("a@example.com", [("a@example.com", "home")])],
    "link": [(["https://new.example/"], ["https://new.example/"])],
    "image": [(9502, [9502])],
    "file": [([9503], [9503])],
    "video": [(9504, [9504])],
    "tags": [(["007", "x"], ["007", "x"])],
    "state": [("paid", "paid")],
    "future": [(Raw([{"value": {"a": 1}}]), Raw([{"value": {"a": 1}}]))],
}


def told(value: Any) -> Any:
    """Return a value so that what only Podio knows of it does not matter."""
    if isinstance(value, list):
        return [told(each) for each in value]
    if isinstance(value, Typed):
        return str(value), value.type
    part = {Contact: "profile_id", File: "file_id", Location: "value", Link: "url"}.get(type(value))
    return value if part is None else getattr(value, part)


@pytest.mark.parametrize("key", WRITTEN)
def test_what_is_written_is_read_again(key: str, types: SyncApp[SyncItem], control: SandboxControl) -> None:
    item = types.get(6302)
    for value, read in WRITTEN[key]:
        item[key] = value
        assert item.save().changed == (key,)
        assert item.changes() == {}
        again = types.get(6302)
        found = [each.item_id for each in again[key]] if key == "references" else told(again[key])
        assert found == read
        control.clear_calls()
        again[key] = value
        if key not in ("contact", "html", "address"):
            assert again.save().changed == ()
            assert made(control) == []
    item[key] = None
    assert item.save().changed == (key,)
    assert not types.get(6302)[key]


def test_every_type_that_can_be_written_is_tested(types: SyncApp[SyncItem]) -> None:
    kinds = {field.type for field in types.definition() if field.can_be_written}
    assert kinds == {types.definition()[key].type for key in WRITTEN}


@pytest.mark.parametrize(
    ("key", "value"),
    [("day", MOMENT), ("category", "Huge"), ("number", "1.00001"), ("product", 1), ("progress", 101), ("heading", "x")],
)
def test_what_is_refused_makes_no_call(key: str, value: Any, types: SyncApp[SyncItem], control: SandboxControl) -> None:
    item = types.get(6301)
    control.clear_calls()
    with pytest.raises((ValueError, AttributeError)):
        item[key] = value
    assert item.save().changed == ()
    assert made(control) == []


def test_one_change_is_one_call_with_one_field(tasks: SyncApp[SyncItem], control: SandboxControl) -> None:
    task = tasks.get(6101)
    control.clear_calls()
    task["hours"] += Decimal("1.5")
    control.edit("update", 6101, fields={"progress": 77})
    saved = task.save()
    assert (saved.revision, saved.changed) == (2, ("hours",))
    assert made(control) == [("PUT", "/item/6101")]
    assert (tasks.get(6101)["hours"], tasks.get(6101)["progress"]) == (Decimal("2.5"), 77)


@pytest.mark.parametrize("conflict", ["overlap", "any"])
def test_a_conflict_is_raised_and_laid_on_top(conflict: str, tasks: SyncApp[SyncItem], control: SandboxControl) -> None:
    control.settings(revision_conflict=conflict)
    task = tasks.get(6101)
    task["hours"], task["status"] = 9, "Done"
    control.edit("update", 6101, fields={"hours": 5, "progress": 50})
    with pytest.raises(ConflictError):
        task.save()
    assert task.rebase() == ("hours",)
    assert (task.original("hours"), task["hours"], task["progress"]) == (5, 9, 50)
    assert task.save().changed == ("status", "hours") or task.changes() == {}
    now = tasks.get(6101)
    assert (now["hours"], now["status"], now["progress"]) == (9, "Done", 50)


def test_what_somebody_else_changed_before_the_last_save_is_not_overwritten(
    tasks: SyncApp[SyncItem], control: SandboxControl
) -> None:
    task = tasks.get(6101)
    control.edit("update", 6101, fields={"progress": 77})
    task["hours"] = 9
    task.save()
    task["progress"] = 1
    with pytest.raises(ConflictError):
        task.save()
    assert task.rebase() == ("progress",)
    assert task.original("progress") == 77


def test_an_update_without_an_answer_is_read_once(tasks: SyncApp[SyncItem], control: SandboxControl) -> None:
    control.settings(update_answer="204")
    task = tasks.get(6101)
    task["hours"] = 9
    control.clear_calls()
    assert task.save(silent=True).revision is None
    task["hours"] = 10
    assert task.save().revision == 2
    assert [method for method, _ in made(control)] == ["PUT", "GET", "PUT"]
    assert tasks.get(6101)["hours"] == 10


def test_texts_of_options_are_sent_as_ids(tasks: SyncApp[SyncItem], control: SandboxControl) -> None:
    control.settings(category_text="refuse")
    task = tasks.get(6101)
    task["status"] = "done"
    task.save()
    assert tasks.get(6101)["status"].id == 3


def test_an_end_may_be_absent(types: SyncApp[SyncItem], control: SandboxControl) -> None:
    control.settings(empty_end="absent")
    assert types.get(6301)["day"] == Dates(DAY)


def test_the_times_of_every_person_are_the_same_instants(sandbox: Sandbox, types: SyncApp[SyncItem]) -> None:
    item = types.get(6304)
    due = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert item["date"].start == due
    assert item["date"].start.utcoffset() == timedelta(hours=2)
    with SyncPodio("password", "demo-client", "demo-secret", api_url=sandbox.url) as other:
        other.authenticate_with_credentials("other@example.com", "other")
        theirs = SyncApp(other, TYPES).get(6304)
        assert theirs["date"].start == due
        assert theirs["date"].start.utcoffset() == timedelta(hours=-4)
        theirs["date"] = theirs["date"].start
        assert theirs.changes() == {}
        theirs["date"] = Dates(theirs["date"].start, theirs["date"].start + timedelta(hours=2))
        theirs.save()
    item.reload()
    assert item["date"] == Dates(due, due + timedelta(hours=2))


def test_filters_find_what_they_should(tasks: SyncApp[SyncItem]) -> None:
    whole = list(tasks.items())
    for filters, matches in (
        ({"status": ["To do", 3]}, lambda task: task["status"].id in (1, 3)),
        ({"hours": Between(2, Decimal("3.5"))}, lambda task: 2 <= task["hours"] <= Decimal("3.5")),
        ({"client": 6002}, lambda task: task["client"].item_id == 6002),
        ({"labels": None}, lambda task: not task["labels"]),
        ({"responsible": 8002}, lambda task: [each.profile_id for each in task["responsible"]] == [8002]),
        ({"due": {"from": date(2026, 4, 10)}}, lambda task: not_before(task["due"].start, date(2026, 4, 10))),
        ({"time-spent": {"from": timedelta(hours=8)}}, lambda task: task["time-spent"] >= timedelta(hours=8)),
        ({"app_item_id": Between(3, 5)}, lambda task: 3 <= task.app_item_id <= 5),
    ):
        found = {task.item_id for task in tasks.items(filters)}
        assert found
        assert found == {task.item_id for task in whole if matches(task)}, filters


def not_before(start: date | datetime, day: date) -> bool:
    return (start.date() if isinstance(start, datetime) else start) >= day


def test_sorting_searching_and_loading(tasks: SyncApp[SyncItem]) -> None:
    hours = [task["hours"] for task in tasks.items(sort_by="hours", sort_desc=True, limit=7)]
    assert hours == sorted(hours, reverse=True)
    assert len(hours) == 36
    found = tasks.search("meeting room")
    assert [each.title for each in found]
    assert {each.item_id for each in tasks.load(found) if each} == {each.item_id for each in found}
    clients = tasks.load([task["client"] for task in tasks.items()])
    assert len(clients) == 36
    assert len({client and client.item_id for client in clients}) == 6


def test_new_items(tasks: SyncApp[SyncItem], control: SandboxControl) -> None:
    new = tasks.new(
        title="Paint the fence", client=6001, due=DAY, external_id="order-17", tags=["new"], link="https://a.example/"
    )
    saved = new.save(silent=True, hook=False)
    assert (saved.revision, new.title) == (0, "Paint the fence")
    again = tasks.get_or_create(external_id="order-17", title="Something else")
    assert again.item_id == new.item_id
    assert (again["client"].title, again["link"][0].url, again.tags) == (
        "Northwind Bakery",
        "https://a.example/",
        ["new"],
    )
    with pytest.raises(ValueError, match="required fields are empty: title"):
        tasks.new(hours=5).save()
    new.delete()
    assert tasks.get_or_create(external_id="order-17", title="Again").item_id != new.item_id


def test_a_view_is_applied(tasks: SyncApp[SyncItem], client: SyncPodio[Any]) -> None:
    view = client.post(f"/view/app/{TASKS}/", {"name": "Done", "filters": {"status": [3]}})["view_id"]
    assert {task["status"].id for task in tasks.items(view=view)} == {3}


@pytest.mark.parametrize("largest", [500, 100])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_long_list_that_others_change(seed: int, largest: int, sandbox: Sandbox, control: SandboxControl) -> None:
    control.settings(largest_page=largest)
    ids = control.edit("create", app_id=TASKS, fields={"title": "Task {n}"}, count=464)
    chance = random.Random(seed)
    deleted = chance.sample(ids, 50)
    for number in range(5):
        control.edit("delete", deleted[number::5], before_filter=2 + number)
        control.edit("create", app_id=TASKS, fields={"title": "New {n}"}, count=10, before_filter=2 + number)

    async def read() -> list[int | None]:
        async with Podio("password", "demo-client", "demo-secret", api_url=sandbox.url) as podio:
            await podio.authenticate_with_credentials("demo@example.com", "demo")
            return [task.item_id async for task in App(podio, TASKS).items()]

    control.clear_calls()
    found = asyncio.run(read())
    assert len(found) == len(set(found))
    assert set(range(6101, 6137)) | set(ids) - set(deleted) <= set(found)
    filters = [path for _, path in made(control) if "/filter" in path]
    assert len(filters) <= 6 + (2 if largest == 100 else 1)


def test_a_reading_goes_on_after_a_rate_limit(tasks: SyncApp[SyncItem], control: SandboxControl) -> None:
    control.settings(heavy_limit=2)
    query = tasks.items(limit=10)
    found = []
    with pytest.raises(RateLimitError) as caught:  # noqa: PT012 - what was read before the error counts
        for task in query:
            found.append(task.item_id)
    assert len(found) == 20
    control.settings(heavy_limit=10**9)
    resume = getattr(caught.value, "resume", None)
    assert resume == query.resume
    found += [task.item_id for task in tasks.items(limit=10, resume=resume)]
    assert found == list(range(6101, 6137))


def test_many_items_are_saved(tasks: SyncApp[SyncItem], control: SandboxControl) -> None:
    items = list(tasks.items())
    for number, task in enumerate(items):
        task["progress"] = number % 100
    control.edit("update", 6103, fields={"progress": 99})
    control.clear_calls()
    results = tasks.save_all(items, at_once=3, silent=True)
    assert [each.item for each in results] == items
    failed = [each for each in results if each.error]
    assert [each.item.item_id for each in failed] == [6103]
    assert isinstance(failed[0].error, ConflictError)
    assert len(made(control)) == len([each for each in results if each.error or (each.saved and each.saved.changed)])
    assert failed[0].item.rebase() == ("progress",)
    assert [each.error for each in tasks.save_all(items)] == [None] * 36
    assert [task["progress"] for task in tasks.items()] == [number % 100 for number in range(36)]
