"""``SyncApp`` is ``App`` without ``await``: read from the source of both, and tried."""

import ast
import inspect
import re
from types import ModuleType
from typing import Any

import pytest

from podio_web import RateLimitError
from podio_web.items import (
    App,
    Item,
    ItemQuery,
    Reference,
    SyncApp,
    SyncItem,
    SyncItemQuery,
    fields,
    sync_app,
    sync_query,
)
from tests.items_data import APP_ID, app_json, item_json
from tests.unit.items_support import Scripted, sync_client
from tests.unit.test_same_clients import doc_of, methods_of, signature_of

PAIRS = [(App, SyncApp), (ItemQuery, SyncItemQuery), (Item, SyncItem)]
ONLY = {"asked", "run", "begin", "total", "filtered"}
"""What is in one of the two: helpers, and attributes that are properties in the other."""
RENAMED = {"__aiter__": "__iter__"}


def members(kind: type[Any]) -> dict[str, Any]:
    found = {RENAMED.get(name, name): each for name, each in methods_of(kind).items()}
    return {name: each for name, each in found.items() if name not in ONLY}


def adapted(text: str) -> str:
    for name, other in (
        ("SyncItemQuery", "ItemQuery"),
        ("SyncItem", "Item"),
        ("SyncApp", "App"),
        ("SyncPodio", "Podio"),
    ):
        text = text.replace(name, other)
    return text.replace("AsyncIterator", "Iterator")


def awaiting(text: str) -> str:
    return adapted(text.replace("await ", "").replace("async for", "for"))


CASES = [(one, other, name) for one, other in PAIRS for name in members(one)]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_each_has_the_members_of_the_other(one: type[Any], other: type[Any]) -> None:
    attributes = {"app_id", "model"} if one is App else set()
    assert set(members(one)) | attributes == set(members(other)) | attributes


@pytest.mark.parametrize(("one", "other", "name"), CASES)
def test_a_member_has_the_same_signature_and_docstring(one: type[Any], other: type[Any], name: str) -> None:
    theirs, own = members(one)[name], members(other)[name]
    if name == "__init__" and one is ItemQuery:
        return
    signatures = [[tuple(map(adapted, each)) for each in signature_of(function)] for function in theirs]
    assert [[tuple(map(adapted, each)) for each in signature_of(function)] for function in own] == signatures
    assert not [each for each in own if isinstance(each, ast.AsyncFunctionDef)]
    text = doc_of(own)
    assert text == re.sub("await ", "", text, flags=re.IGNORECASE)
    if not name.startswith("_") and name != "rows":
        assert adapted(text) == awaiting(doc_of(theirs))


@pytest.mark.parametrize(("module", "expected"), [(sync_app, ["begin"]), (sync_query, [])])
def test_a_module_awaits_only_inside_the_driven_client(module: ModuleType, expected: list[str]) -> None:
    tree = ast.parse(inspect.getsource(module))
    assert [node.name for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)] == expected


class Task(Item, app=APP_ID):
    title = fields.Text(required=True)
    status = fields.Category()


FILTER = f"/item/app/{APP_ID}/filter/"


def answering() -> Scripted:
    transport = Scripted().with_app()
    items = [item_json(each) for each in (6101, 6102)]
    transport.answer("POST", FILTER, {"items": items, "filtered": 2, "total": 9}, times=None)
    transport.answer("GET", "/item/6101", item_json(), times=None)
    transport.answer("PUT", "/item/6101", {"revision": 4}, times=None)
    return transport


def test_items_are_read_and_saved_without_an_event_loop() -> None:
    transport = answering()
    tasks = SyncApp(sync_client(transport), APP_ID)
    assert transport.calls == []
    assert (tasks.app_id, tasks.model, repr(tasks)) == (APP_ID, SyncItem, "<SyncApp 3001>")
    query = tasks.items(status="Done")
    assert (query.total, query.filtered, query.resume.offset) == (None, None, 0)
    found = list(query)
    assert [item.item_id for item in found] == [6101, 6102]
    assert (query.total, query.filtered, query.resume.offset, repr(query)) == (9, 2, 2, "<SyncItemQuery of app 3001>")
    assert [item.title for item in tasks.items().page(limit=2).items] == ["Paint the fence"] * 2
    assert list(tasks.items().rows("item_id"))[1] == {"item_id": 6102}
    item = tasks.get(6101)
    assert (type(item), item.app) == (SyncItem, tasks)
    item["hours"] = 5
    assert item.save().changed == ("hours",)
    item["hours"] = 6
    item.reload()
    assert item.changes() == {}
    item["hours"] = 7
    assert item.rebase() == ()
    assert item.changes() == {"hours": "7"}
    transport.answer("DELETE", "/item/6101", status=204)
    item.delete()
    assert transport.sent[-1][0] == "DELETE /item/6101"
    assert tasks.definition() is tasks.definition()
    assert tasks.reload_definition()["hours"].type == "number"


def test_the_other_members_call_the_same_operations() -> None:
    transport = answering()
    tasks = SyncApp(sync_client(transport), Task)
    transport.answer("GET", f"/item/app/{APP_ID}/external_id/a", {}, status=404)
    transport.answer("POST", f"/item/app/{APP_ID}/", item_json(6200, revision=0))
    transport.answer("DELETE", "/item/6200", status=204)
    transport.answer("POST", f"/search/app/{APP_ID}/", [{"type": "item", "id": 6101, "title": "Paint"}])
    transport.answer("GET", "/app/3002", app_json("title"))
    transport.answer("POST", "/item/app/3002/filter/", {"items": [item_json(6001)], "filtered": 1, "total": 1})
    new = tasks.get_or_create({"hours": 5}, external_id="a", title="Paint")
    assert new.item_id == 6200
    tasks.delete(new)
    assert tasks.search("paint") == [Reference(6101, "Paint", APP_ID)]
    loaded = tasks.load([Reference(6101, None, APP_ID), Reference(6001, None, 3002)])
    assert [type(each) for each in loaded] == [tasks.model, SyncItem]
    assert [each.app.app_id for each in loaded if each] == [APP_ID, 3002]
    assert tasks.wrap(item_json()).title == "Paint the fence"
    with pytest.raises(Exception, match="Task does not fit the app"):
        tasks.check()
    assert not transport.unused


def test_a_class_that_is_declared_for_app_works_too() -> None:
    transport = answering()
    tasks = SyncApp(sync_client(transport), Task)
    task = tasks.get(6101)
    assert isinstance(task, Task)
    assert isinstance(task, SyncItem)
    assert repr(task) == "<Task 6101 'Paint the fence'>"
    task.status = "Done"
    assert tasks.save(task).changed == ("status",)


def test_a_reference_loads_its_item() -> None:
    transport = answering()
    item = Reference(6101, "Task", APP_ID).load(sync_client(transport))
    assert (item.item_id, type(item)) == (6101, SyncItem)


def test_a_rate_limit_has_resume() -> None:
    transport = Scripted().with_app()
    transport.answer("POST", FILTER, {"error_description": "Please wait 3600 seconds."}, status=420)
    with pytest.raises(RateLimitError) as caught:
        list(SyncApp(sync_client(transport), APP_ID).items())
    assert caught.value.resume.offset == 0  # type: ignore[attr-defined]


def test_a_wrong_model_is_refused() -> None:
    with pytest.raises(TypeError, match="subclass of SyncItem"):
        SyncApp(sync_client(Scripted()), str)  # type: ignore[type-var]
    with pytest.raises(ValueError, match="names no app"):
        SyncApp(sync_client(Scripted()), SyncItem)
