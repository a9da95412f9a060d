"""docs/sandbox.md lists what the sandbox does: each list is compared with the code, both ways."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from podio_web.sandbox import control
from podio_web.sandbox.app import API_TABLES
from podio_web.sandbox.faults import KINDS
from podio_web.sandbox.push import ACTIONS
from podio_web.sandbox.refusals import no_control, not_imitated
from podio_web.sandbox.routing import Operations
from podio_web.sandbox.search import TARGETS
from podio_web.sandbox.settings import CHOICES, Settings
from podio_web.sandbox.thumbnails import SIZES
from podio_web.sandbox.validation import FLAGS

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
# The sign-in page is not an operation of the API.
SIGN_IN = {"GET /oauth/authorize", "POST /oauth/authorize"}


def section(title: str) -> str:
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert match is not None
    return match[1]


def listed(text: str) -> list[str]:
    return re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", text, re.MULTILINE)


def known(tables: Any) -> set[str]:
    return {
        f"{each.method} /{'/'.join(part.replace(':text}', '}') for part in each.pattern)}"
        for each in Operations(tables)
    }


@pytest.mark.parametrize(
    ("title", "operations"),
    [
        ("What it imitates", known(API_TABLES) | SIGN_IN),
        ("The control interface", known([control.table])),
    ],
)
def test_the_operations(title: str, operations: set[str]) -> None:
    shown = listed(section(title))
    assert sorted(shown) == sorted(operations)


def test_heavy_operations_are_marked() -> None:
    marked, heavy = set(), False
    for operation, note in re.findall(r"^\| `([A-Z]+ /[^`]*)` \| ?([^|]*)\|", PAGE, re.MULTILINE):
        heavy = note.startswith("heavy") or (heavy and note.startswith("the same"))
        if heavy:
            marked.add(operation)
    assert marked == known_heavy()


def known_heavy() -> set[str]:
    return {f"{each.method} /{'/'.join(each.pattern)}" for each in Operations(API_TABLES) if each.heavy}


def test_the_settings() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]*)` \| ([^|]*) \|", section("Settings"), re.MULTILINE)
    assert {name: json.loads(default) for name, default, _ in rows} == Settings().to_dict()
    values = {name: tuple(json.loads(f"[{cell.replace('`', '')}]")) for name, _, cell in rows if name in CHOICES}
    assert values == CHOICES


def test_the_disturbances_of_push() -> None:
    text = section("The control interface").partition("### Disturbing the push service")[2].partition("\n\nFaults")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \| ", text, re.MULTILINE)) == ("action", *ACTIONS)


def test_the_kinds_of_faults_flags_sizes_and_targets() -> None:
    faults = section("The control interface").partition("Kinds of faults:")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"`(\w+)`", faults)) == KINDS
    sentence = section("What it imitates").partition("`alert_invite` are")[2].partition(".")[0]
    assert re.findall(r"`(\w+)`", sentence) == list(FLAGS)
    sizes = section("What it imitates").partition("The sizes are")[2].partition("\n\n")[0]
    found = re.findall(r"`(\w+)` \((\d+) by (\d+)", sizes)
    assert {name: (int(width), int(height)) for name, width, height in found} == SIZES
    targets = re.search(r"targets: (.*) \|", PAGE)
    assert targets is not None
    assert tuple(re.findall(r"`(\w+)`", targets[1])) == TARGETS


def test_every_404_of_its_own_names_this_page() -> None:
    for refusal in (not_imitated("GET", "/x"), no_control("GET", "/sandbox/x", is_on=True)):
        assert "docs/sandbox.md" in str(refusal.description)
