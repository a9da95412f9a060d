"""What requests change is told to listeners after the commit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from podio_web.sandbox.app import create_app
from podio_web.sandbox.background import Background, quiet_config
from podio_web.sandbox.changes import KINDS, Change
from podio_web.sandbox.world import World
from tests.sandbox.sandbox_support import OTHER, Caller


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture
def heard(world: World) -> Iterator[list[Change]]:
    changes: list[Change] = []
    world.changes.listen(changes.append)
    yield changes
    assert {change.kind for change in changes} <= set(KINDS)


@pytest.fixture
def api(world: World) -> Iterator[Caller]:
    app = create_app(world, with_control=True)
    running = Background(lambda listener: quiet_config(app), "changes", "127.0.0.1")
    caller = Caller(running.url)
    caller.sign_in()
    yield caller
    caller.close()
    running.stop()


def newest_revision(world: World, item_id: int) -> int:
    return world.store.number("SELECT max(item_revision_id) FROM revision WHERE item_id = ?", item_id)


def test_a_new_item(world: World, heard: list[Change], api: Caller) -> None:
    body = {"fields": {"title": "New", "hours": 2}, "external_id": "e1"}
    item_id = api.post("/item/app/3001/?silent=1&hook=false", body).json["item_id"]
    fields = world.store.all("SELECT field_id FROM field WHERE app_id = 3001 AND external_id IN ('title', 'hours')")
    assert heard == [
        Change(
            "item.create",
            "user:1001",
            "demo-client",
            silent=True,
            hook=False,
            app_id=3001,
            item_id=item_id,
            item_revision_id=newest_revision(world, item_id),
            external_id="e1",
            field_ids=tuple(sorted(row["field_id"] for row in fields)),
        )
    ]


def test_an_update_names_only_the_fields_that_differ(world: World, heard: list[Change], api: Caller) -> None:
    assert api.put("/item/6102", {"fields": {"title": "Other"}}).status == 200
    (change,) = heard
    title = world.store.number("SELECT field_id FROM field WHERE app_id = 3001 AND external_id = 'title'")
    assert (change.kind, change.field_ids, change.silent, change.hook) == ("item.update", (title,), False, True)
    assert change.item_revision_id == newest_revision(world, 6102)


def test_an_update_without_effect_is_no_change(heard: list[Change], api: Caller) -> None:
    api.put("/item/6102", {"fields": {"title": "Same"}})
    heard.clear()
    assert api.put("/item/6102", {"fields": {"title": "Same"}}).status == 204
    assert heard == []


def test_a_clone_and_deletions(heard: list[Change], api: Caller) -> None:
    clone = api.post("/item/6102/clone", {}).json["item_id"]
    api.delete(f"/item/{clone}?hook=0")
    api.post("/item/app/3001/delete", {"item_ids": [6102, clone]})
    found = [(change.kind, change.item_id, change.app_id, change.hook) for change in heard]
    assert found == [
        ("item.create", clone, 3001, True),
        ("item.delete", clone, 3001, False),
        ("item.delete", 6102, 3001, True),
    ]


def test_comments(heard: list[Change], api: Caller) -> None:
    comment = api.post("/comment/item/6102/?silent=true", {"value": "a"}).json["comment_id"]
    api.put(f"/comment/{comment}", {"value": "b"})
    api.delete(f"/comment/{comment}")
    found = [(change.kind, change.app_id, change.item_id, change.comment_id) for change in heard]
    assert found == [
        ("comment.create", 3001, 6102, comment),
        ("comment.update", 3001, 6102, comment),
        ("comment.delete", 3001, 6102, comment),
    ]


def test_a_comment_notifies_the_author_of_the_item(world: World, heard: list[Change], api: Caller) -> None:
    world.store.run("UPDATE item SET created_by = 'user:1002' WHERE item_id = 6102")
    api.post("/comment/item/6102/", {"value": "a"})
    api.post("/comment/item/6102/?silent=1", {"value": "b"})
    notified = [(change.user_id, change.item_id) for change in heard if change.kind == "notification.create"]
    assert notified == [(1002, 6102)]
    (notification_id,) = [change.notification_id for change in heard if change.notification_id is not None]
    row = world.store.one("SELECT * FROM notification WHERE notification_id = ?", notification_id)
    assert row is not None
    assert (row["user_id"], row["item_id"]) == (1002, 6102)


def test_files_of_an_item(heard: list[Change], api: Caller) -> None:
    file_ids = []
    for name in ("a.txt", "b.txt"):
        file_ids.append(api.upload(b"text", name).json["file_id"])
    old, new = file_ids
    api.post(f"/file/{old}/attach", {"ref_type": "item", "ref_id": 6102})
    api.post(f"/file/{new}/replace", {"old_file_id": old})
    api.delete(f"/file/{new}")
    found = [(change.kind, change.app_id, change.item_id, change.file_ids, change.action_type) for change in heard]
    assert found == [
        ("file.change", 3001, 6102, (old,), "file_created"),
        ("file.change", 3001, 6102, (new,), "file_replaced"),
        ("file.change", 3001, 6102, (new,), "file_deleted"),
    ]


def test_fields_of_an_app(heard: list[Change], api: Caller) -> None:
    api.post("/app/3001/field", {"type": "text", "config": {"label": "More"}})
    assert [(change.kind, change.app_id) for change in heard] == [("app.update", 3001)]


def test_a_refused_request_tells_nothing(heard: list[Change], api: Caller) -> None:
    # The first item is recorded, but the second key of the body is refused and the transaction is undone.
    body = {"fields": {"title": "New"}, "file_ids": [1]}
    assert api.put("/item/6102", body).status == 400
    assert heard == []
    api.put("/item/6102", {"fields": {"title": "Newer"}})
    assert len(heard) == 1


def test_listeners_see_what_was_committed(world: World, api: Caller) -> None:
    titles: list[str] = []

    def listen(change: Change) -> None:
        # A nested transaction would raise an exception.
        with world.store.transaction():
            row = world.store.one("SELECT title FROM item WHERE item_id = ?", change.item_id)
            titles.append("" if row is None else row["title"])

    world.changes.listen(listen)
    api.put("/item/6102", {"fields": {"title": "Committed"}})
    assert titles == ["Committed"]


def test_edits_by_others_are_told(heard: list[Change], api: Caller) -> None:
    edit = {"username": OTHER, "action": "update", "item_id": 6102, "fields": {"title": "Theirs"}}
    answer = api.post("/sandbox/edit", edit)
    assert answer.status == 200, answer.text
    assert [(change.kind, change.author) for change in heard] == [("item.update", "user:1002")]
