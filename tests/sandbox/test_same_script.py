"""The same script with podio-python 0.1.9 and with podio_web.items: the same results, with fewer calls."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import podio.client
import pytest

from podio_web import SyncPodio
from podio_web.sandbox import Sandbox
from podio_web.testing import SandboxControl
from tests.sandbox.same_script import NOTES, TASKS, with_items, with_podio_python


@pytest.fixture
def control(sandbox: Sandbox) -> SandboxControl:
    return SandboxControl(sandbox.url)


@pytest.fixture
def ours(sandbox: Sandbox, control: SandboxControl) -> Iterator[SyncPodio[Any]]:
    control.reset()
    with SyncPodio("client", "demo-client", api_url=sandbox.url, retry=None) as client:
        client.set_access_token(control.issue_token())
        yield client


@pytest.fixture
def theirs(sandbox: Sandbox, control: SandboxControl, monkeypatch: pytest.MonkeyPatch) -> podio.client.Client:
    control.reset()
    monkeypatch.setattr(podio.client.Client, "URL", f"{sandbox.url}/")
    # The class keeps the headers, and with them the token, for all of its objects.
    monkeypatch.setattr(podio.client.Client, "headers", dict(podio.client.Client.headers))
    return podio.client.Client(control.issue_token()["access_token"])


@pytest.fixture
def state(sandbox: Sandbox, control: SandboxControl) -> Callable[[], dict[str, Any]]:
    """Return the values of all tasks and notes."""

    def read() -> dict[str, Any]:
        with SyncPodio("client", "demo-client", api_url=sandbox.url) as client:
            client.set_access_token(control.issue_token())
            found: dict[str, Any] = {}
            for app_id in (TASKS, NOTES):
                page = client.post(f"/item/app/{app_id}/filter/", {"limit": 500, "sort_by": "title"})
                for item in page["items"]:
                    key = item["external_id"] or item["item_id"]
                    found[f"{app_id} {key}"] = {each["external_id"]: each["values"] for each in item["fields"]}
        return found

    return read


def weeks(
    control: SandboxControl, run: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any], list[int]]:
    """Run a script twice, the second time after another person's edit. Return the figures, and the calls of each."""
    figures, calls = [], []
    for number in range(2):
        control.clear_calls()
        figures.append(run())
        calls.append(len(control.calls()))
        if number == 0:
            control.edit("update", 6101, fields={"hours": 7})
    return figures[0], figures[1], calls


def test_the_same_script_makes_fewer_calls_with_ours(
    request: pytest.FixtureRequest, control: SandboxControl, state: Callable[[], dict[str, Any]]
) -> None:
    theirs = request.getfixturevalue("theirs")
    *their_figures, their_calls = weeks(control, lambda: with_podio_python.Week(theirs).run())
    their_state = state()
    ours = request.getfixturevalue("ours")
    *our_figures, our_calls = weeks(control, lambda: with_items.Week(ours).run())
    assert our_figures == their_figures
    assert state() == their_state
    first, second = our_figures
    assert first["open"] > 20
    assert first["overdue"]
    assert len(first["clients"]) == 4
    assert second != first
    assert sum(1 for key in their_state if "week-" in key) == 4
    assert our_calls[0] <= 30 < their_calls[0]
    # Only one task has changed since, and with it one note.
    assert our_calls[1] <= 8 < their_calls[1]


def test_the_script_is_long_enough_to_mean_something() -> None:
    lines = [len(inspect.getsource(module).splitlines()) for module in (with_podio_python, with_items)]
    assert lines[0] > 180
    assert lines[1] < lines[0]
