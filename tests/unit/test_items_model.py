"""The class of an app: what is written, that it fits, and what has changed since."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podio_web.items import BaseItem, Definition, Item, SyncItem, fields
from podio_web.items.declared import check_declared
from podio_web.items.model import WIDTH, attribute_names, class_name, class_text, comment_of, key_in, kind_of, members
from podio_web.items.model_check import ModelError, declared_in, differences
from tests.items_data import APP_ID, SETTINGS, app_json, option

WHOLE = Definition(app_json())


def field(field_id: int, kind: str = "text", **changes: Any) -> dict[str, Any]:
    """Return a field; ``required`` and ``settings`` belong to its configuration."""
    config = {name: changes.pop(name) for name in ("required", "settings") if name in changes}
    return {"field_id": field_id, "type": kind, "config": config, **changes}


def app_of(*listed: dict[str, Any], **config: Any) -> Definition:
    return Definition({"app_id": 3001, "config": config, "fields": list(listed)})


def made(text: str) -> type[BaseItem]:
    """Return the class that a module declares."""
    names: dict[str, Any] = {"__name__": "made"}
    exec(compile(text, "made.py", "exec"), names)
    (found,) = (each for each in names.values() if isinstance(each, type) and each not in (Item, SyncItem))
    return found


def test_the_class_of_an_app_is_readable() -> None:
    definition = Definition(app_json("title", "status", "labels", "time-spent", "client", "line", "later"))
    assert (
        class_text(definition)
        == '''\
"""The items of app 3001. Written by: podio-web model 3001"""

from podio_web.items import Item, fields


class Task(Item, app=3001):
    """An item of the app Tasks & plans."""

    title = fields.Text(required=True)  # "Title"
    # "Status": To do | In progress | Done | Food & drink | done twice | Done Twice
    status = fields.Category()
    labels = fields.Categories()  # "Labels": Web | Print | Office
    time_spent = fields.Duration()  # "Time spent"
    client = fields.Reference()  # "Client": app 3002
    later = fields.Other()  # "Later"
'''
    )


def test_a_class_for_the_blocking_client() -> None:
    text = class_text(WHOLE, sync=True)
    assert "from podio_web.items import SyncItem, fields\n" in text
    assert "podio-web model 3001 --sync" in text
    assert issubclass(made(text), SyncItem)


def test_every_type_has_its_field() -> None:
    kind = made(class_text(WHOLE))
    assert kind.app_id == APP_ID
    assert [each.key for each in kind.declared.values()] == [key for key in SETTINGS if key != "line"]
    check_declared("Task", kind.declared, WHOLE)
    assert type(kind.declared["labels"]) is fields.Categories
    assert type(kind.declared["clip"]) is fields.Other
    assert (kind.declared["title"].required, kind.declared["status"].required) == (True, False)
    assert kind_of(app_of(field(1, "app"))[1]) is fields.References


def test_deleted_fields_and_options_are_left_out() -> None:
    data = app_json("title", "status", "due")
    data["fields"][2]["status"] = "deleted"
    text = class_text(Definition(data))
    assert "due" not in text
    assert "Left out" not in text


@pytest.mark.parametrize(
    ("external_id", "line"),
    [
        ("time-spent", "time_spent = fields.Text()"),
        ("time_spent", 'time_spent = fields.Text("time_spent")'),
        ("class", 'class_ = fields.Text("class")'),
        ("None", 'None_ = fields.Text("None")'),
        ("2nd-visit", 'field_2nd_visit = fields.Text("2nd-visit")'),
        ("revision", 'revision_ = fields.Text("revision")'),
        ("external-id", 'external_id_ = fields.Text("external-id")'),
        ("state", 'state_ = fields.Text("state")'),
        ("app", 'app_ = fields.Text("app")'),
        ("fields", 'fields_ = fields.Text("fields")'),
        ("title", "title = fields.Text()"),
        ("type", "type = fields.Text()"),
        ("__init__", 'init = fields.Text("__init__")'),
        ("--", 'field_7 = fields.Text("--")'),
        ("größe", "größe = fields.Text()"),
        ("a b", 'a_b = fields.Text("a b")'),
        ('say "so"', "say__so = fields.Text('say \"so\"')"),
        ("\ud800", 'field_7 = fields.Text("\\ud800")'),
        (None, "field_7 = fields.Text(7)"),
    ],
)
def test_external_ids_become_attributes(external_id: str | None, line: str) -> None:
    definition = app_of(field(7, external_id=external_id, label="L"))
    text = class_text(definition)
    assert f'    {line}  # "L"\n' in text
    check_declared("", made(text).declared, definition)


def test_attributes_that_would_be_alike_are_numbered_whatever_their_order() -> None:
    listed = [field(number, external_id=key) for number, key in enumerate(("a-b", "a_b", "a b", "save", "save_"), 1)]
    wanted = {"a_b": 1, "a_b_2": 2, "a_b_3": 3, "save_": 4, "save": None, "save_2": 5}
    for order in (listed, listed[::-1]):
        found = {name: each.field_id for name, each in attribute_names(app_of(*order)).items()}
        assert {name: found.get(name) for name in wanted} == wanted


def test_a_field_whose_external_id_another_one_has_is_declared_by_its_id() -> None:
    text = class_text(app_of(field(1, external_id="due"), field(2, "date", external_id="due")))
    assert 'due = fields.Text(1)  # "due"' in text
    assert 'due_2 = fields.Date("due")  # "due"' in text


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Task", "Task"),
        ("sales lead", "SalesLead"),
        ("Item", "Item_"),
        ("True", "True_"),
        ("2nd visit", "App2ndVisit"),
        ("", "App3001"),
        ("!?", "App3001"),
        ("Straße", "Straße"),
        ("R&amp;D job", "RDJob"),
    ],
)
def test_the_class_is_called_like_an_item(name: str, found: str) -> None:
    assert class_name(app_of(item_name=name)) == found


def test_an_app_without_fields_and_names() -> None:
    text = class_text(app_of())
    assert text.endswith('class App3001(Item, app=3001):\n    """An item of the app."""\n')
    assert made(text).declared == {}


def test_what_people_write_cannot_end_a_comment_or_a_docstring() -> None:
    label = 'type: ignore\u2028\x00"""\\\u202e'
    evil = field(1, "category", external_id="x", label=label, settings={"options": [option(1, "a\nb = 1")]})
    definition = app_of(evil, name='"""\\', item_name='"')
    text = class_text(definition)
    assert '# "type: ignore """\\": a b = 1' in text
    assert list(made(text).declared) == ["x"]
    assert differences(text, definition) == []


def test_labels_do_not_instruct_type_checkers() -> None:
    text = class_text(
        app_of(field(1, "category", external_id="x", label="type", settings={"options": [option(1, "a")]}))
    )
    assert ast.dump(ast.parse(text, type_comments=True)) == ast.dump(ast.parse(text))


LONG = Definition(
    {
        "app_id": 3001,
        "config": {"item_name": "Long"},
        "fields": [
            field(1, external_id="a" * 40 + "_b", required=True, label="Short"),
            field(2, external_id="b" * 70, required=True, label="Exactly"),
            field(3, external_id="c" * 120 + "_", required=True, label="Longer"),
            field(4, external_id="d" * 80, label="A label that does not fit behind the field " * 3),
            field(5, external_id="größe-" + "e" * 10, label="寛" * 28),
            field(6, "category", external_id="f", settings={"options": [option(n, f"Option {n}") for n in range(40)]}),
            field(7, external_id="g" * 81 + "_", label="One long argument"),
            field(8, external_id='it\'s "so"', label="Quotes"),
        ],
    }
)


def test_it_is_formatted_as_ruff_formats_it(tmp_path: Path) -> None:
    for number, definition in enumerate((WHOLE, LONG, app_of(), app_of(field(7, label="L")))):
        (tmp_path / f"model_{number}.py").write_text(class_text(definition), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(WIDTH), "--diff", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert differences(class_text(LONG), LONG) == []


CHARACTERS = st.text(st.characters(), max_size=12)
EXTERNAL_IDS = st.one_of(
    st.sampled_from([*members(), "fields", "class", "a-b", "a_b", "2", "__x", "title", "tags-", "é", "e\u0301"]),
    CHARACTERS.filter(lambda text: text and not text.isdigit()),
)
OPTIONS = st.lists(st.builds(lambda text, number: option(number, text), CHARACTERS, st.integers(1, 99)), max_size=4)
FIELDS = st.fixed_dictionaries(
    {
        "external_id": EXTERNAL_IDS,
        "type": st.sampled_from([kind for kind, _ in SETTINGS.values()]),
        "label": CHARACTERS,
        "status": st.sampled_from(["active", "active", "active", "deleted"]),
        "config": st.fixed_dictionaries(
            {
                "required": st.booleans(),
                "settings": st.fixed_dictionaries({"multiple": st.booleans(), "options": OPTIONS}),
            }
        ),
    }
)
APPS = st.builds(
    lambda listed, name: Definition(
        {
            "app_id": 3001,
            "config": {"name": name, "item_name": name},
            "fields": [{"field_id": 4001 + number, **each} for number, each in enumerate(listed)],
        }
    ),
    st.lists(FIELDS, max_size=6, unique_by=lambda each: each["external_id"]),
    CHARACTERS,
)


@settings(max_examples=100, deadline=None)
@given(APPS)
def test_every_class_declares_all_active_fields_and_fits(definition: Definition) -> None:
    text = class_text(definition)
    kind = made(text.encode().decode())
    assert len(kind.declared) == len(list(definition))
    for declared in kind.declared.values():
        found = definition[declared.key]
        assert found.is_active
        assert (type(declared), declared.required) == (kind_of(found), found.is_required)
    check_declared(kind.__name__, kind.declared, definition)
    assert differences(text, definition) == []


def told(definition: Definition) -> dict[str | int, tuple[str, bool, str]]:
    """Return what a class says about the fields of an app."""
    return {
        key_in(definition, each): (kind_of(each).__name__, each.is_required, comment_of(each)) for each in definition
    }


@settings(max_examples=50, deadline=None)
@given(APPS, st.data())
def test_a_class_differs_from_another_version_of_the_app(before: Definition, data: st.DataObject) -> None:
    now = data.draw(st.one_of(APPS, st.just(before)))
    changes = differences(class_text(before), now)
    assert all(each.isprintable() for each in changes)
    # A class cannot say more of a type that podio_web does not know.
    is_vague = any(kind_of(each) is fields.Other for each in before)
    assert (changes == []) == (told(before) == told(now)) or is_vague


def test_every_change_is_named() -> None:
    text = class_text(WHOLE)
    data = app_json()
    listed = {each["external_id"]: each for each in data["fields"]}
    listed["title"]["config"]["required"] = False
    listed["hours"]["config"]["required"] = True
    listed["status"]["config"]["settings"]["options"][0]["text"] = "Open"
    listed["labels"]["config"]["settings"]["options"].reverse()
    listed["mood"]["label"] = "Humour"
    listed["due"]["status"] = "deleted"
    listed["rate"]["type"] = "number"
    listed["client"]["config"]["settings"]["multiple"] = True
    listed["related"]["config"]["settings"]["referenced_apps"].append({"app_id": 3005})
    data["fields"].append(field(5001, "date", external_id="start", label="Start"))
    assert differences(text, Definition(data)) == [
        "due: deleted",
        "title: no longer required",
        "status: Open is new",
        "status: To do is gone",
        "labels: the order has changed",
        'mood: the label is "Humour" now, not "Mood"',
        "hours: required",
        "rate: is of type number, not money",
        "client: holds several values now",
        "related: app 3005 is new",
        "start: new, of type date",
    ]


def test_what_people_change_in_the_class_is_no_difference() -> None:
    source = '''
import podio_web.items as items
from podio_web.items import Item, fields
from podio_web.items.fields import Text

UNRELATED = fields.Text("nowhere")

class Named(Item):
    name: Text = Text(key="title", required=True)  # what people call it

class Unrelated:
    app = 3001

class Task(Named, Item, app=3001):
    """Ours."""

    # My own comment.
    # "Status": To do | In progress | Done | Food & drink |
    # done twice | Done Twice
    state_of_work = items.fields.Category("status")
    # "Old": there is an empty line below it.

    hours = fields.Number()
    spent = fields.Duration(4013)
    limit = len("12")
    a, b = divmod(7, 2)

    def is_done(self):
        return self.state_of_work == "Done"
'''
    definition = Definition(app_json("title", "status", "hours", "time-spent"))
    assert list(declared_in(source, 3001)) == ["name", "state_of_work", "hours", "spent"]
    assert differences(source, definition) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "it has no class of app 3001, such as class Task\\(Item, app=3001\\)"),
        ("class Task(Item, app=3002): pass", "it declares app 3002, not app 3001"),
        ("class A(Item, app=3001): pass\nclass B(Item, app=3001): pass", "several classes declare app 3001: A, B"),
        ("class", "it is not Python"),
        ("\0", "it is not Python"),
        (f"x = {'-' * 100_000}1", "it is nested too deeply for Python"),
    ],
)
def test_a_source_without_the_app_is_refused(source: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        differences(source, WHOLE)


def test_the_source_is_not_run() -> None:
    assert differences("raise SystemExit\nclass Task(Item, app=3001): pass", app_of()) == []
