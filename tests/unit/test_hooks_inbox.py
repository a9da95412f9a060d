"""Both inboxes do the same: duplicates, leases, coalescing, order, limits. SQLite's is on the disk, and private."""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from podio_web.hooks import Entry, Inbox, InboxFull, InboxUnavailable, MemoryInbox, SQLiteInbox
from podio_web.hooks.delivery import REMEMBERED, SAME_BODY
from podio_web.hooks.inbox import problem_text
from tests.unit.hooks_support import delivery


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Inbox]]:
    if request.param == "memory":
        yield MemoryInbox
        return
    opened: list[SQLiteInbox] = []

    def open_inbox(**options: Any) -> SQLiteInbox:
        opened.append(SQLiteInbox(tmp_path / "hooks.db", **options))
        return opened[-1]

    yield open_inbox
    for each in opened:
        each.close()


@pytest.fixture
def inbox(make: Callable[..., Inbox]) -> Inbox:
    return make()


def leased(inbox: Inbox, now: float) -> Entry:
    entry = inbox.lease(now, 60.0)
    assert entry is not None
    return entry


def test_what_was_put_is_leased_once(inbox: Inbox) -> None:
    assert inbox.put(delivery("item.create", external_id="ä"), 0.0)
    entry = leased(inbox, 1.0)
    assert entry.delivery == delivery("item.create", external_id="ä")
    assert (entry.received, entry.leases, entry.failures, entry.stale) == (0.0, 1, 0, False)
    assert inbox.lease(1.0, 60.0) is None
    assert inbox.waiting() == 1
    assert inbox.done(entry)
    assert not inbox.done(entry)
    assert inbox.waiting() == 0


def test_a_duplicate_is_recognized_for_its_time(inbox: Inbox) -> None:
    for one, seconds in ((delivery("item.create"), REMEMBERED), (delivery("task.create"), SAME_BODY)):
        assert inbox.put(one, 0.0)
        assert not inbox.put(one, seconds - 0.1)
        assert inbox.done(leased(inbox, 1.0))
        assert not inbox.put(one, seconds - 0.1)
        assert inbox.put(one, seconds)
        assert inbox.done(leased(inbox, seconds))


def test_a_lease_ends_at_its_deadline_and_another_owner_gets_it(inbox: Inbox) -> None:
    inbox.put(delivery(), 0.0)
    lost = leased(inbox, 0.0)
    assert inbox.extend(lost, 50.0, 60.0)
    assert inbox.lease(109.0, 60.0) is None
    entry = leased(inbox, 110.0)
    assert (entry.entry_id, entry.leases) == (lost.entry_id, 2)
    assert entry.owner != lost.owner
    for change in (
        lambda: inbox.extend(lost, 110.0, 60.0),
        lambda: inbox.done(lost),
        lambda: inbox.retry(lost, 110.0),
        lambda: inbox.fail(lost, 110.0),
    ):
        assert not change()
    assert inbox.done(entry)


def test_an_ended_lease_counts_until_somebody_else_takes_the_entry(inbox: Inbox) -> None:
    inbox.put(delivery(), 0.0)
    inbox.retry(leased(inbox, 0.0), 5.0)
    entry = leased(inbox, 5.0)
    inbox.put(delivery("task.create"), 1.0)
    assert leased(inbox, 70.0).delivery.type == "task.create"
    assert inbox.done(entry)
    assert inbox.lease(70.0, 60.0) is None
    assert inbox.waiting() == 1


def test_deliveries_of_one_item_are_leased_one_after_the_other(inbox: Inbox) -> None:
    inbox.put(delivery(item_revision_id=1), 0.0)
    inbox.put(delivery(item_revision_id=2), 0.0)
    inbox.put(delivery(item_id=6102), 0.0)
    inbox.put(delivery("task.create", task_id=1), 0.0)
    inbox.put(delivery("task.create", task_id=2), 0.0)
    first = leased(inbox, 0.0)
    assert [leased(inbox, 0.0).delivery.item_id for _ in range(3)] == [6102, None, None]
    assert inbox.lease(0.0, 60.0) is None
    assert inbox.done(first)
    assert leased(inbox, 0.0).delivery.item_revision_id == 2


def test_an_older_revision_is_stale(inbox: Inbox) -> None:
    inbox.put(delivery(item_revision_id=8), 0.0)
    inbox.put(delivery(item_revision_id=7), 0.0)
    assert [each.stale for each in (_next(inbox), _next(inbox))] == [False, True]
    inbox.put(delivery("item.create", item_revision_id=7), REMEMBERED)
    assert not leased(inbox, REMEMBERED).stale


def test_a_revision_is_remembered_since_it_was_the_newest(inbox: Inbox) -> None:
    inbox.put(delivery(item_revision_id=8), 0.0)
    inbox.put(delivery(item_revision_id=9), 10.0)
    inbox.put(delivery("item.create", item_revision_id=7), REMEMBERED)
    entries = []
    for _ in range(3):
        entries.append(leased(inbox, REMEMBERED))
        inbox.done(entries[-1])
    assert [each.stale for each in entries] == [True, False, True]


def _next(inbox: Inbox) -> Entry:
    entry = leased(inbox, 0.0)
    inbox.done(entry)
    return entry


def test_updates_of_an_item_become_one(inbox: Inbox) -> None:
    for revision in (5, 7, 6):
        assert inbox.put(delivery(item_revision_id=revision), 0.0, coalesce=2.0)
    assert not inbox.put(delivery(item_revision_id=5), 0.0, coalesce=2.0)
    assert inbox.put(delivery(hook_id=13, item_revision_id=5), 0.5, coalesce=2.0)
    assert inbox.put(delivery("item.create"), 1.0, coalesce=2.0)
    assert inbox.waiting() == 3
    assert leased(inbox, 1.0).delivery.type == "item.create"
    assert inbox.next_due(1.0) == 2.0
    assert inbox.put(delivery(item_id=6102), 1.0, coalesce=2.0)


def test_the_newest_update_counts_and_a_taken_one_is_left_alone(inbox: Inbox) -> None:
    for revision in (5, 7, 6):
        inbox.put(delivery(item_revision_id=revision), 0.0, coalesce=2.0)
    assert inbox.lease(1.9, 60.0) is None
    entry = leased(inbox, 2.0)
    assert entry.delivery.item_revision_id == 7
    assert inbox.put(delivery(item_revision_id=9), 2.0, coalesce=2.0)
    assert inbox.waiting() == 2
    assert inbox.retry(entry, 2.0)
    assert inbox.put(delivery(item_revision_id=10), 2.0, coalesce=2.0)
    assert inbox.waiting() == 2


def test_a_retry_keeps_what_is_left(inbox: Inbox) -> None:
    inbox.put(delivery(), 0.0)
    entry = leased(inbox, 0.0)
    changed = Entry(entry.entry_id, entry.delivery, 0.0, entry.owner, leases=1, failures=1, left=("a.b",))
    assert inbox.retry(changed, 10.0)
    assert inbox.next_due(0.0) == 10.0
    assert inbox.lease(9.9, 60.0) is None
    again = leased(inbox, 10.0)
    assert (again.failures, again.left, again.leases) == (1, ("a.b",), 2)


def test_what_failed_is_kept_and_can_be_handled_again(inbox: Inbox) -> None:
    inbox.put(delivery(), 0.0)
    inbox.put(delivery("item.create"), 0.0)
    entry = leased(inbox, 0.0)
    failed = Entry(entry.entry_id, entry.delivery, 0.0, entry.owner, 1, 4, ("a.b",), problem="ValueError")
    assert inbox.fail(failed, 1.0)
    assert inbox.fail(leased(inbox, 0.0), 1.0)
    assert inbox.again(inbox.failed()[1], 1.5)
    (kept,) = inbox.failed()
    assert (kept.delivery, kept.failures, kept.left, kept.problem) == (delivery(), 4, ("a.b",), "ValueError")
    assert inbox.waiting() == 1
    assert inbox.again(kept, 2.0)
    assert not inbox.again(kept, 2.0)
    assert inbox.failed() == []
    inbox.done(leased(inbox, 2.0))
    again = leased(inbox, 2.0)
    assert (again.delivery, again.failures, again.leases, again.left) == (delivery(), 0, 1, ("a.b",))


def test_a_full_inbox_takes_nothing_new_and_forgets_the_attempt(make: Callable[..., Inbox]) -> None:
    inbox = make(limit=1)
    inbox.put(delivery("item.create"), 0.0)
    with pytest.raises(InboxFull):
        inbox.put(delivery(), 0.0)
    assert not inbox.put(delivery("item.create"), 0.0)
    inbox.done(leased(inbox, 0.0))
    assert inbox.put(delivery(), 0.0)


def test_threads_share_an_inbox(inbox: Inbox) -> None:
    for number in range(60):
        inbox.put(delivery(item_id=number), 0.0)
    taken: list[int] = []

    def take() -> None:
        while (entry := inbox.lease(0.0, 60.0)) is not None:
            taken.append(entry.entry_id)
            inbox.done(entry)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(taken) == len(set(taken)) == 60


def test_an_inbox_that_inherits_the_protocol_lacks_no_method() -> None:
    """An inherited ``put`` would keep nothing and call each delivery a duplicate."""
    names = {"blocks", "put", "lease", "extend", "done", "retry", "fail", "failed", "again", "next_due", "waiting"}
    with pytest.raises(TypeError, match=r"abstract method '?put"):
        type("Incomplete", (Inbox,), dict.fromkeys(names - {"put"}, print))()
    type("Complete", (Inbox,), dict.fromkeys(names, print))()


class SameInboxes(RuleBasedStateMachine):
    """Both inboxes answer each call alike. Only the names of leases differ."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.inboxes: list[Inbox] = [MemoryInbox(limit=6), SQLiteInbox(Path(self.folder.name) / "hooks.db", limit=6)]
        self.now = 0.0
        self.leases: list[tuple[Entry, Entry]] = []

    def teardown(self) -> None:
        closing: Any = self.inboxes[1]
        closing.close()
        self.folder.cleanup()

    @rule(
        item_id=st.integers(1, 3),
        revision=st.integers(1, 4),
        coalesce=st.sampled_from([0.0, 2.0]),
        type_=st.sampled_from(["item.update", "item.create"]),
    )
    def put(self, item_id: int, revision: int, coalesce: float, type_: str) -> None:
        one = delivery(type_, item_id=item_id, item_revision_id=revision)
        answers: list[object] = []
        for inbox in self.inboxes:
            try:
                answers.append(inbox.put(one, self.now, coalesce=coalesce))
            except InboxFull:
                answers.append(InboxFull)
        assert answers[0] == answers[1]

    @rule(seconds=st.sampled_from([0.5, 1.0, 3.0, 5.0, REMEMBERED]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def lease(self) -> None:
        one, other = (inbox.lease(self.now, 5.0) for inbox in self.inboxes)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            shown = [(e.entry_id, e.delivery, e.received, e.leases, e.failures, e.left, e.stale) for e in (one, other)]
            assert shown[0] == shown[1]
            self.leases.append((one, other))

    @rule(number=st.integers(0, 20), way=st.sampled_from(["done", "retry", "fail", "extend"]))
    def end(self, number: int, way: str) -> None:
        if not self.leases:
            return
        entries = self.leases[number % len(self.leases)]
        answers = []
        for inbox, entry in zip(self.inboxes, entries, strict=True):
            if way == "done":
                answers.append(inbox.done(entry))
            elif way == "retry":
                answers.append(inbox.retry(entry, self.now + 1.0))
            elif way == "fail":
                answers.append(inbox.fail(entry, self.now))
            else:
                answers.append(inbox.extend(entry, self.now, 5.0))
        assert answers[0] == answers[1]

    @rule()
    def look(self) -> None:
        one, other = self.inboxes
        assert one.waiting() == other.waiting()
        assert one.next_due(self.now) == other.next_due(self.now)
        assert [each.entry_id for each in one.failed()] == [each.entry_id for each in other.failed()]


TestSameInboxes = SameInboxes.TestCase
TestSameInboxes.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_the_file_is_private_and_survives(tmp_path: Path) -> None:
    inbox = SQLiteInbox(tmp_path / "hooks.db")
    inbox.put(delivery(), 0.0)
    assert stat.S_IMODE((tmp_path / "hooks.db").stat().st_mode) == 0o600
    inbox.close()
    again = SQLiteInbox(tmp_path / "hooks.db")
    assert leased(again, 0.0).delivery == delivery()
    assert repr(again) == f"<SQLiteInbox '{tmp_path / 'hooks.db'}'>"
    again.close()


def test_a_forked_process_opens_its_own_connection(tmp_path: Path) -> None:
    inbox = SQLiteInbox(tmp_path / "hooks.db")
    child = os.fork()
    if child == 0:
        try:
            inbox.put(delivery("item.create"), 0.0)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    inbox.put(delivery(), 0.0)
    assert inbox.waiting() == 2
    inbox.close()


def test_closing_after_a_fork_leaves_the_parent_s_connection_alone(tmp_path: Path) -> None:
    inbox = SQLiteInbox(tmp_path / "hooks.db")
    child = os.fork()
    if child == 0:
        try:
            inbox.close()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert inbox.put(delivery(), 0.0)
    inbox.close()


def test_a_file_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_text("not a database, but long enough to look at", encoding="utf-8")
    with pytest.raises(InboxUnavailable, match=r"other\.db cannot be used"):
        SQLiteInbox(path)
    assert path.read_text(encoding="utf-8").startswith("not a database")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE mine (a)")
    database.close()
    with pytest.raises(InboxUnavailable, match="belongs to another program"):
        SQLiteInbox(path)


def test_a_locked_database_is_unavailable(tmp_path: Path) -> None:
    inbox = SQLiteInbox(tmp_path / "hooks.db", timeout=0.0)
    other = sqlite3.connect(tmp_path / "hooks.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(InboxUnavailable, match="locked"):
        inbox.put(delivery(), 0.0)
    other.execute("ROLLBACK")
    other.close()
    assert inbox.put(delivery(), 0.0)
    inbox.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no file that is open")
@pytest.mark.parametrize("then", ["nothing", "another database"])
def test_a_database_that_was_deleted_takes_no_deliveries(then: str, tmp_path: Path) -> None:
    path = tmp_path / "hooks.db"
    inbox = SQLiteInbox(path)
    inbox.put(delivery(), 0.0)
    for each in tmp_path.iterdir():
        each.unlink()
    if then == "another database":
        SQLiteInbox(path).close()
    with pytest.raises(InboxUnavailable, match=r"hooks\.db cannot be used: the file was deleted or replaced\. Restart"):
        inbox.put(delivery(item_id=6102), 0.0)
    inbox.close()
    assert inbox.put(delivery(item_id=6102), 0.0)
    inbox.close()


def test_a_deadline_of_a_clock_that_was_set_back_counts_as_over(tmp_path: Path) -> None:
    inbox = SQLiteInbox(tmp_path / "hooks.db")
    inbox.put(delivery(), 0.0)
    leased(inbox, 1e9)
    assert leased(inbox, 1.0).leases == 2
    inbox.close()


@pytest.mark.parametrize(
    ("path", "problem"), [(":memory:", ValueError), ("missing/hooks.db", FileNotFoundError), (".", IsADirectoryError)]
)
def test_a_wrong_path_fails_at_once(
    path: str, problem: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(problem) as raised:
        SQLiteInbox(path)
    assert "store" not in str(raised.value)


def test_texts_of_exceptions_are_not_kept() -> None:
    assert problem_text([ValueError("secret"), KeyError("secret")]) == "ValueError, KeyError"
    assert repr(MemoryInbox()) == "<MemoryInbox, 0 waiting>"
