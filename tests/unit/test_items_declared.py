"""Declared classes: attributes that are fields, and what does not fit the app."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from podio_web import PodioError
from podio_web.items import App, BaseItem, Item, Money, Option, Reference, SchemaMismatch, SyncItem, fields
from podio_web.items.declared import DeclaredField
from tests.items_data import APP_ID, SETTINGS, VALUES, app_json, item_json
from tests.unit.items_support import DEFINITION, Scripted, client, run


class Task(Item, app=APP_ID):
    title = fields.Text(required=True)
    description = fields.Text()
    status = fields.Category()
    labels = fields.Categories()
    mood = fields.Question()
    due = fields.Date()
    birthday = fields.Date()
    meeting = fields.Date()
    hours = fields.Number()
    rate = fields.Money()
    fee = fields.Money()
    progress = fields.Progress()
    time_spent = fields.Duration()
    total = fields.Calculation()
    summary = fields.Calculation()
    next = fields.Calculation()
    client = fields.Reference()
    related = fields.References()
    responsible = fields.Contacts()
    keeper = fields.Member()
    place = fields.Location()
    address = fields.Location()
    phone = fields.Phones()
    email = fields.Emails()
    fax = fields.Phones()
    link = fields.Links()
    picture = fields.Images()
    papers = fields.Files()
    film = fields.Videos()
    keywords = fields.Tags()
    phase = fields.State()
    clip = fields.Other()
    further = fields.Other("later")


class Small(Item, app=APP_ID):
    name = fields.Text("title")
    spent = fields.Duration(4013)


def read(kind: type[Any] = Task, values: Any = None) -> Any:
    return kind(None, item_json(6101, values), DEFINITION)


def test_attributes_are_fields() -> None:
    task = read()
    undeclared = Item(None, item_json(), DEFINITION)
    for name, field in Task.declared.items():
        if name not in ("picture", "papers", "film"):
            assert getattr(task, name) == undeclared[field.key]
    assert task.time_spent == timedelta(minutes=90)
    assert repr(Task.time_spent) == "<Duration time-spent>"
    assert (read(Small).name, read(Small).spent) == ("Paint the fence", timedelta(minutes=90))


def test_absent_fields_are_none_or_an_empty_list() -> None:
    task = read(values={"title": [{"value": "T"}]})
    for name, field in Task.declared.items():
        assert getattr(task, name) == ([] if field.is_list else "T" if name == "title" else None)


def test_setting_an_attribute_sets_the_field() -> None:
    task = read()
    task.status = "Done"
    task.time_spent = 60
    task.labels.append("Print")
    task["hours"] = 5
    assert task.changes() == {"status": 3, "time-spent": 60, "labels": [1, 3, 2], "hours": "5"}
    assert (task.status, task["status"].id, task.hours) == ("Done", 3, 5)
    with pytest.raises(AttributeError, match="calculated by Podio"):
        task.total = 5
    with pytest.raises(ValueError, match="no such option"):
        task.status = "Nope"


def test_an_item_without_a_class_has_its_title_and_no_fields_as_attributes() -> None:
    item = Item(None, item_json(), DEFINITION)
    assert item.title == "Paint the fence"
    with pytest.raises(AttributeError, match="Set that field"):
        item.title = "New"
    assert not hasattr(item, "status")
    assert isinstance(Item.title, type(BaseItem.__dict__["title"]))


def test_a_new_item_reads_what_was_set_before_the_definition_is_known() -> None:
    transport = Scripted().with_app()
    tasks = App(client(transport), Task)
    task = tasks.new(title="Paint", client=6001, time_spent=60, further=None)
    assert [task.title, task["client"], task["time-spent"], task.labels, task.due] == ["Paint", 6001, 60, [], None]
    task.due = date(2026, 12, 24)
    transport.answer("POST", f"/item/app/{APP_ID}/", item_json(6200, revision=0))
    run(task.save())
    assert transport.sent[1][1]["fields"] == {
        "title": "Paint",
        "client": 6001,
        "time-spent": 60,
        "due": {"start_date": "2026-12-24"},
    }
    assert task.time_spent == timedelta(minutes=1)


def test_queries_know_the_attributes() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", f"/item/app/{APP_ID}/filter/", {"items": [item_json()], "filtered": 1, "total": 1})
    found = run(App(client(transport), Small).items(spent=60, sort_by="spent").page())
    assert transport.sent[1][1]["filters"] == {"time-spent": {"from": 60, "to": 60}}
    assert transport.sent[1][1]["sort_by"] == 4013
    assert type(found.items[0]) is Small


def test_fields_are_inherited() -> None:
    class Longer(Small):
        hours = fields.Number()

    class Shorter(Longer, app=5):
        name = fields.Text("description")

    assert (Longer.app_id, Shorter.app_id) == (APP_ID, 5)
    assert list(Longer.declared) == ["name", "spent", "hours"]
    assert read(Shorter).name == "<p>In a few <b>simple</b> steps.</p>"
    assert read(Longer).hours == Decimal("12.5")


@pytest.mark.parametrize("name", ["save", "revision", "item_id", "tags", "keys", "data", "app", "state", "external_id"])
def test_an_attribute_that_would_hide_a_member_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=rf"Bad.{name} would hide a member of .*{name}_ = fields.Text\('{name}'\)"):
        type("Bad", (Item,), {name: fields.Text(name)})
    kept = type("Good", (Item,), {f"{name}_": fields.Text("title")})
    assert read(kept)["title"] == "Paint the fence"


def test_a_declaration_that_fits_is_checked_silently() -> None:
    transport = Scripted().with_app()
    run(App(client(transport), Task).check())
    assert [call.path for call in transport.calls] == [f"/app/{APP_ID}"]


def test_every_difference_is_named() -> None:
    class Old(Item, app=APP_ID):
        title = fields.Text()
        hours = fields.Text()
        status = fields.Categories()
        labels = fields.Category()
        gone = fields.Text()
        rate = fields.Money()

    transport = Scripted()
    definition = app_json("title", "hours", "status", "labels", "rate", "due", "line")
    definition["fields"][4]["status"] = "deleted"
    transport.answer("GET", f"/app/{APP_ID}", definition)
    with pytest.raises(SchemaMismatch) as caught:
        run(App(client(transport), Old).check())
    problem = caught.value
    assert isinstance(problem, PodioError)
    assert (problem.gone, problem.new) == (["gone", "rate"], ["due"])
    assert problem.changed == {
        "hours": "is of type number, not text",
        "status": "holds one value now",
        "labels": "holds several values now",
    }
    assert str(problem) == (
        "Old does not fit the app. gone: gone, rate; new: due; hours: is of type number, not text; "
        "status: holds one value now; labels: holds several values now"
    )


def test_a_new_field_alone_is_a_difference() -> None:
    transport = Scripted().with_app("title", "time-spent", "hours")
    with pytest.raises(SchemaMismatch, match=r"Small does not fit the app\. new: hours") as caught:
        run(App(client(transport), Small).check())
    assert (caught.value.gone, caught.value.new, caught.value.changed) == ([], ["hours"], {})


def test_what_does_not_fit_is_read_as_declared() -> None:
    class Other(Item, app=APP_ID):
        status = fields.Categories()
        labels = fields.Category()
        mood = fields.Questions()
        raw = fields.Other("labels")

    task = read(Other, {"status": VALUES["status"], "labels": VALUES["labels"]})
    assert (task.status, task.labels, task.mood) == (["To do"], "Web", [])
    assert task.raw == ["Web", "Office"]
    assert read(Other, {}).labels is None


def test_there_is_a_field_for_every_type() -> None:
    kinds = {kind for name in fields.__all__ for kind in getattr(fields, name).types}
    assert kinds == {kind for kind, _ in SETTINGS.values()} - {"media", "separator", "future"}
    assert all(issubclass(getattr(fields, name), DeclaredField) for name in fields.__all__)


def test_class_options_are_passed_on() -> None:
    class Marked:
        mark = ""

        def __init_subclass__(cls, mark: str = "", **options: Any) -> None:
            super().__init_subclass__(**options)
            cls.mark = mark

    class Both(Item, Marked, app=7, mark="yes"):
        pass

    assert (Both.app_id, Both.mark) == (7, "yes")


def test_types_of_values_are_the_undeclared_ones() -> None:
    task = read()
    assert (type(task.status), type(task.rate), type(task.client)) == (Option, Money, Reference)


def test_a_class_of_the_blocking_client_has_the_same_fields() -> None:
    class Blocking(SyncItem, app=APP_ID):
        status = fields.Category()

    assert read(Blocking).status == "To do"
