"""Items: what is declared has its types for reading and for writing, without a plug-in."""

from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, assert_type

from podio_web import Podio, SyncPodio
from podio_web.files import File
from podio_web.items import (
    App,
    Contact,
    Dates,
    Definition,
    Field,
    Item,
    ItemQuery,
    Link,
    Location,
    Mail,
    Money,
    Option,
    Page,
    Raw,
    Reference,
    Resume,
    Saved,
    SaveResult,
    SyncApp,
    SyncItem,
    SyncItemQuery,
    Typed,
    User,
    fields,
)


class Task(Item, app=3001):
    title = fields.Text(required=True)
    status = fields.Category()
    labels = fields.Categories()
    mood = fields.Question()
    due = fields.Date()
    hours = fields.Number()
    rate = fields.Money()
    progress = fields.Progress()
    time_spent = fields.Duration()
    client = fields.Reference()
    related = fields.References()
    responsible = fields.Contacts()
    keeper = fields.Member()
    place = fields.Location()
    phone = fields.Phones()
    email = fields.Emails()
    link = fields.Links()
    picture = fields.Images()
    papers = fields.Files()
    keywords = fields.Tags()
    total = fields.Calculation()
    later = fields.Other()


class Blocking(SyncItem, app=3001):
    title = fields.Text()
    hours = fields.Number()


podio = Podio("client", client_id="my-app")
undeclared = App(podio, 3001)
tasks = App(podio, Task)
assert_type(undeclared, App[Item])
assert_type(tasks, App[Task])
assert_type(App(podio, Task, 3005), App[Task])


def reading(task: Task) -> None:
    assert_type(task.title, str | None)
    assert_type(task.status, Option | None)
    assert_type(task.labels, list[Option])
    assert_type(task.mood, Option | None)
    assert_type(task.due, Dates | None)
    assert_type(task.hours, Decimal | None)
    assert_type(task.rate, Money | None)
    assert_type(task.progress, int | None)
    assert_type(task.time_spent, timedelta | None)
    assert_type(task.client, Reference | None)
    assert_type(task.related, list[Reference])
    assert_type(task.responsible, list[Contact])
    assert_type(task.keeper, int | None)
    assert_type(task.place, Location | None)
    assert_type(task.phone, list[Typed])
    assert_type(task.email, list[Typed])
    assert_type(task.link, list[Link])
    assert_type(task.picture, list[File])
    assert_type(task.papers, list[File])
    assert_type(task.keywords, list[str])
    assert_type(task.later, Raw | None)
    assert_type(task.item_id, int | None)
    assert_type(task["hours"], Any)
    assert_type(task.field("hours"), Field)
    assert_type(Task.hours, fields.Number)
    if task.due is not None:
        assert_type(task.due.start, date | datetime)
    if task.status == "Done" and task.status:
        assert_type(task.status.id, int)


def writing(task: Task, other: Item) -> None:
    task.title = "Paint the fence"
    task.status = "Done"
    task.status = 3
    task.status = None
    task.labels = ["Web", 2]
    task.labels.append(task.labels[0])
    task.due = date(2026, 12, 24)
    task.due = Dates(date(2026, 12, 24), date(2026, 12, 25))
    task.hours = 5
    task.hours = Decimal("1.5")
    task.rate = Money("9.90", "EUR")
    task.progress = 40
    task.time_spent = timedelta(hours=2)
    task.time_spent = 7200
    task.client = 6001
    task.client = other
    task.client = Reference(6001)
    task.related = [6001, other]
    task.responsible = [User(1001), Mail("demo@example.com"), 8001]
    task.responsible = User(1001)
    task.place = "1 Market Street"
    task.phone = ["+1 555 0100", Typed("+1 555 0101", "work")]
    task.link = ["https://example.com/"]
    task.picture = [7001]
    task.papers = 7001
    task.later = Raw([{"value": 1}])
    task["status"] = "Done"


async def calling() -> None:
    query = tasks.items(status="Done", due={"to": "-1d"}, sort_by="due", limit=500)
    assert_type(query, ItemQuery[Task])
    async for task in query:
        assert_type(task, Task)
    assert_type(query.filtered, int | None)
    assert_type(query.resume, Resume)
    assert_type(query.rows("title"), AsyncIterator[dict[str, Any]])
    assert_type(await query.page(limit=50), Page[Task])
    one = await tasks.get(6101)
    assert_type(one, Task)
    assert_type(await tasks.get(external_id="seed-1"), Task)
    assert_type(tasks.new(title="Paint", client=6001), Task)
    assert_type(await tasks.get_or_create(external_id="a", title="Paint"), Task)
    assert_type(await one.save(silent=True, on_conflict="overwrite"), Saved)
    assert_type(await one.rebase(), tuple[str, ...])
    assert_type(await tasks.save_all([one], at_once=4), list[SaveResult[Task]])
    assert_type(await tasks.definition(), Definition)
    assert_type(await tasks.search("fence"), list[Reference])
    assert_type(await tasks.load([Reference(6001, None, 3002)]), list[Item | None])
    if one.client is not None:
        assert_type(await one.client.load(podio), Item)
    assert_type(await undeclared.get(6101), Item)
    await tasks.check()


def blocking(client: SyncPodio[Literal["app"]]) -> None:
    found = SyncApp(client, Blocking)
    assert_type(found, SyncApp[Blocking])
    assert_type(SyncApp(client, 3001), SyncApp[SyncItem])
    query = found.items(hours={"from": 1})
    assert_type(query, SyncItemQuery[Blocking])
    for task in query:
        assert_type(task, Blocking)
        assert_type(task.hours, Decimal | None)
    assert_type(query.rows(), Iterator[dict[str, Any]])
    one = found.get(6101)
    assert_type(one.save(), Saved)
    assert_type(found.save_all([one]), list[SaveResult[Blocking]])
    assert_type(Reference(6001, None, 3002).load(client), SyncItem)
    assert_type(found.load([Reference(6001, None, 3002)]), list[SyncItem | None])
    # A class that is declared for App has its fields here too.
    assert_type(SyncApp(client, Task).get(6101).hours, Decimal | None)
