"""examples/script/sync_apps.py: two apps in step, with few calls, also after a rate limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from podio_web import RateLimitError, SyncPodio
from podio_web.items import Saved, SaveResult, SyncApp
from podio_web.testing import SandboxControl
from tests.conftest import load_file
from tests.examples_support import EXAMPLES, run_script

PATIENT = 10**9
script = load_file(EXAMPLES / "script" / "sync_apps.py")


@pytest.fixture
def sandbox(podio_sandbox: SandboxControl) -> Iterator[SandboxControl]:
    podio_sandbox.reset()
    yield podio_sandbox
    podio_sandbox.reset()


@pytest.fixture
def run(sandbox: SandboxControl, tmp_path: Path) -> Callable[[], str]:
    def run() -> str:
        sandbox.clear_calls()
        return run_script("sync_apps.py", PODIO_API_URL=sandbox.url, PODIO_SESSION=str(tmp_path / "session"))

    return run


def writes(sandbox: SandboxControl) -> int:
    return sum(
        1 for call in sandbox.calls("/item") if call["method"] in ("POST", "PUT") and "filter" not in call["path"]
    )


def test_only_what_differs_is_written(run: Callable[[], str], sandbox: SandboxControl) -> None:
    assert "36 tasks, 36 notes written\n" in run()
    assert writes(sandbox) == 36
    assert "36 tasks, 0 notes written\n" in run()
    assert writes(sandbox) == 0
    assert len(sandbox.calls("/oauth/token")) == 0
    sandbox.edit("update", 6103, fields={"hours": 77})
    sandbox.edit("create", app_id=3001, fields={"title": "A new task"})
    assert "37 tasks, 2 notes written\n" in run()
    assert writes(sandbox) == 2
    printed = run()
    assert "demo-secret" not in printed
    assert f"{3001:032x}" not in printed


@pytest.fixture
def client(sandbox: SandboxControl) -> Iterator[SyncPodio[Any]]:
    with SyncPodio("client", "demo-client", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        yield podio


@pytest.mark.parametrize("limit", [2, 5, 20])
def test_it_goes_on_after_a_rate_limit(limit: int, sandbox: SandboxControl, client: SyncPodio[Any]) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        sandbox.settings(general_limit=PATIENT, heavy_limit=PATIENT)
        sandbox.advance_clock(seconds)

    sandbox.edit("create", app_id=3001, fields={"title": "Task {n}"}, count=64)
    tasks, notes = SyncApp(client, script.Task), SyncApp(client, script.Note)
    sandbox.settings(general_limit=limit, heavy_limit=PATIENT)
    assert script.NightlySync(tasks, notes, sleep).run() == (100, 100)
    assert len(waited) == 1
    assert 3000 < waited[0] <= 3600
    found = [note.external_id for note in notes.items()]
    assert len(set(found) - {None}) == 100
    assert script.NightlySync(tasks, notes, sleep).run() == (100, 0)
    copied = notes.get(external_id="task-6101")
    assert copied.title == tasks.get(6101).title
    assert copied.body is not None
    assert copied.body.splitlines()[0].startswith("Status: ")


def test_calls_that_are_refused_together_are_waited_for_once() -> None:
    notes: list[Any] = [SimpleNamespace(external_id=f"task-{number}") for number in range(3)]
    refusals = [RateLimitError("Too many calls", status=420, retry_after=seconds) for seconds in (60, 600)]
    rounds = [
        [
            *(SaveResult(note, error=refusal) for note, refusal in zip(notes, refusals, strict=False)),
            SaveResult(notes[2], error=refusals[0], was_sent=False),
        ],
        [SaveResult(note, Saved(1, ("title",))) for note in notes],
    ]
    asked: list[Any] = []
    waited: list[float] = []

    def save_all(items: list[Any], **flags: bool) -> list[SaveResult[Any]]:
        asked.append(items)
        return rounds.pop(0)

    app: Any = SimpleNamespace(save_all=save_all)
    assert script.NightlySync(app, app, waited.append).save(notes) == 3
    assert asked == [notes, notes]
    assert waited == [600]


def test_a_reading_that_was_refused_goes_on_where_it_was(sandbox: SandboxControl, client: SyncPodio[Any]) -> None:
    sandbox.edit("create", app_id=3001, fields={"title": "Task {n}"}, count=1500)
    sandbox.settings(heavy_limit=2)
    tasks = SyncApp(client, script.Task)
    offsets: list[int] = []

    def sleep(seconds: float) -> None:
        offsets.append(len(ids))
        sandbox.settings(heavy_limit=PATIENT)
        sandbox.advance_clock(seconds)

    ids: list[int] = []
    sync = script.NightlySync(tasks, SyncApp(client, script.Note), sleep)
    for task in sync.all_of(tasks):
        ids.append(task.item_id)
    assert len(ids) == len(set(ids)) == 1536
    assert len(offsets) == 1
    assert 0 < offsets[0] < 1536


def test_one_task_that_cannot_be_copied_does_not_stop_the_others(
    sandbox: SandboxControl, client: SyncPodio[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    tasks, notes = SyncApp(client, script.Task), SyncApp(client, script.Note)
    script.NightlySync(tasks, notes).run()
    copy = notes.get(external_id="task-6101")
    sandbox.edit("update", 6101, fields={"title": "Other"})
    sandbox.edit("update", 6102, fields={"title": "Others"})

    class EditedMeanwhile:
        """The tasks; when they are read, somebody changes a copy that was read before."""

        def items(self, **options: Any) -> Any:
            sandbox.edit("update", copy.item_id, fields={"title": "By hand"}, username="demo@example.com")
            return tasks.items(**options)

    assert script.NightlySync(EditedMeanwhile(), notes).run() == (36, 1)
    assert "task-6101 was not saved: " in capsys.readouterr().out
    assert script.NightlySync(tasks, notes).run() == (36, 1)
    assert notes.get(external_id="task-6101").title == "Other"
