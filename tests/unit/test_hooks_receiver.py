"""Receivers: answers, handlers, retries, verification, and what they log. No server, no Podio."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from podio_web import Podio, SyncPodio
from podio_web.hooks import (
    Delivery,
    Event,
    Hooks,
    Inbox,
    InboxUnavailable,
    MemoryInbox,
    Refusal,
    Router,
    SQLiteInbox,
    SyncHooks,
)
from podio_web.hooks.delivery import LONGEST_BODY
from podio_web.hooks.receiver import ANSWERS
from podio_web.hooks.schedule import CRASHES
from podio_web.testing import FakeTransport
from tests.unit.hooks_support import OTHER, SECRET, delivery, form, soon, until

UPDATE = form("item.update", item_id=6101)
MOUNT = "https://example.com/podio"
CODE = "canarycode"


class Broken(MemoryInbox):
    """An inbox whose methods raise an exception, once each time that it is set."""

    problem: Exception | None = None

    def put(self, delivery: Delivery, now: float, *, coalesce: float = 0.0) -> bool:
        self._raise()
        return super().put(delivery, now, coalesce=coalesce)

    def lease(self, now: float, seconds: float) -> Any:
        self._raise()
        return super().lease(now, seconds)

    def _raise(self) -> None:
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem


class FirstFails(MemoryInbox):
    """An inbox whose method of this name raises an exception when it is called for the first time."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._fails = name

    def done(self, entry: Any) -> bool:
        self._raise("done")
        return super().done(entry)

    def extend(self, entry: Any, now: float, seconds: float) -> bool:
        self._raise("extend")
        return super().extend(entry, now, seconds)

    def _raise(self, name: str) -> None:
        if self._fails == name:
            self._fails = ""
            raise InboxUnavailable("locked")


def podio(transport: FakeTransport | None = None) -> Podio:
    client = Podio("client", "my-app", transport=transport or FakeTransport())
    client.set_access_token({"access_token": "test", "expires_in": 3600})
    return client


def hooks_of(inbox: Inbox | None = None, transport: FakeTransport | None = None, **options: Any) -> Hooks:
    return Hooks(podio(transport), secret=SECRET, inbox=inbox or MemoryInbox(), **{"coalesce": 0.0, **options})


def sync_hooks_of(inbox: Inbox | None = None, transport: FakeTransport | None = None, **options: Any) -> SyncHooks:
    client = SyncPodio("client", "my-app", transport=transport or FakeTransport())
    client.set_access_token({"access_token": "test", "expires_in": 3600})
    return SyncHooks(client, secret=SECRET, inbox=inbox or MemoryInbox(), **{"coalesce": 0.0, **options})


def ends(main: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await main()

    asyncio.run(limited())


# Requests


async def asgi(hooks: Hooks, path: str, body: bytes = b"", method: str = "POST", **headers: str) -> tuple[int, bytes]:
    """Return the status and the body of the answer to a request, whose body comes in two parts."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "query_string": b"secret=canary",
    }
    parts = [{"type": "http.request", "body": body[:9], "more_body": True}, {"type": "http.request", "body": body[9:]}]
    sent: list[Any] = []

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await hooks.asgi(scope, receive, send)
    assert SECRET not in str(scope["path"]) + str(scope["query_string"]) + str(scope["raw_path"])
    assert "canary" not in str(scope["query_string"])
    assert (b"allow", b"POST") in sent[0]["headers"] or sent[0]["status"] != 405
    return sent[0]["status"], sent[1]["body"]


def wsgi(
    hooks: SyncHooks, path: str, body: bytes = b"", method: str = "POST", length: str | None = "", **more: Any
) -> tuple[int, bytes]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "/mount",
        "PATH_INFO": path,
        "RAW_URI": f"/mount{path}?secret=canary",
        "QUERY_STRING": "secret=canary",
        "wsgi.input": io.BytesIO(body),
        **more,
    }
    if length is not None:
        environ["CONTENT_LENGTH"] = length or str(len(body))
    started: list[tuple[str, list[tuple[str, str]]]] = []
    answer = b"".join(hooks.wsgi(environ, lambda status, headers: started.append((status, headers))))
    (status, headers) = started[0]
    assert SECRET not in environ["PATH_INFO"] + environ["RAW_URI"] + environ["QUERY_STRING"]
    assert ("Allow", "POST") in headers or not status.startswith("405")
    return int(status[:3]), answer


REQUESTS: list[tuple[str, str, bytes, int]] = [
    ("POST", f"/{SECRET}", UPDATE, 200),
    ("POST", f"/podio/{SECRET}", UPDATE, 200),
    ("POST", f"/{SECRET}", form("some.new.type"), 200),
    ("POST", f"/{SECRET}", b"type=item.update", 400),
    ("POST", f"/{OTHER}", UPDATE, 404),
    ("POST", f"/podio/{SECRET}/", UPDATE, 404),
    ("POST", f"/{SECRET}//x", UPDATE, 404),
    ("POST", f"/podio;{SECRET}.html/x", UPDATE, 404),
    ("POST", "/", UPDATE, 404),
    ("GET", "/", b"", 404),
    ("GET", f"/{SECRET}", b"", 405),
    ("PUT", f"/{SECRET}", UPDATE, 405),
    ("POST", f"/{SECRET}", b"a" * (LONGEST_BODY + 1), 413),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REQUESTS)
def test_answers_are_the_same_everywhere(method: str, path: str, body: bytes, status: int) -> None:
    async def main() -> None:
        hooks = hooks_of()
        hooks.on("item.*")(lambda event: None)
        async with hooks:
            expected = status, ANSWERS[status]
            assert await asgi(hooks, path, body, method, content_length=str(len(body))) == expected
            assert await asgi(hooks, path, body, method) == expected
            refusal = hooks.read(path, {"content-type": "text/plain"}, body, method=method)
            assert await hooks.take(refusal) == status

    ends(main)
    hooks = sync_hooks_of()
    hooks.on("item.*")(lambda event: None)
    with hooks:
        assert wsgi(hooks, path, body, method) == (status, ANSWERS[status])
        assert wsgi(hooks, path, body, method, None, **{"wsgi.input_terminated": True}) == (status, ANSWERS[status])


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "\u0661"])
def test_a_wrong_length_is_a_bad_request(length: str) -> None:
    assert wsgi(sync_hooks_of(), f"/{SECRET}", UPDATE, length=length) == (400, b"Bad Request")


def test_a_body_of_unknown_length_that_has_no_end_is_not_read() -> None:
    assert wsgi(sync_hooks_of(), f"/{SECRET}", UPDATE, length=None) == (400, b"Bad Request")


def test_a_huge_length_is_too_large() -> None:
    assert wsgi(sync_hooks_of(), f"/{SECRET}", UPDATE, length="9" * 5000)[0] == 413


def test_a_body_that_was_cut_off_is_a_bad_request() -> None:
    hooks, body = sync_hooks_of(), form("item.update", item_id=6101)
    hooks.on("*")(lambda event: None)
    assert wsgi(hooks, f"/{SECRET}", body[:-2], length=str(len(body))) == (400, b"Bad Request")
    assert hooks.inbox.waiting() == 0


def test_a_body_without_an_end_is_read_to_the_limit_only() -> None:
    async def main() -> None:
        sent: list[Any] = []
        received: list[bytes] = []

        async def receive() -> Any:
            received.append(b"a" * 1_000)
            assert len(received) <= LONGEST_BODY // 1_000 + 1
            return {"type": "http.request", "body": received[-1], "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": f"/{SECRET}", "headers": [], "query_string": b""}
        await hooks_of().asgi(scope, receive, send)
        assert sent[0]["status"] == 413

    ends(main)


def test_a_client_that_goes_away_gets_no_answer() -> None:
    async def main() -> None:
        async def receive() -> Any:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            raise AssertionError("nobody listens")

        scope = {"type": "http", "method": "POST", "path": f"/{SECRET}", "headers": [], "query_string": b""}
        await hooks_of().asgi(scope, receive, send)

    ends(main)


def test_a_websocket_is_closed() -> None:
    async def main() -> None:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        scope = {"type": "websocket", "path": f"/{SECRET}", "headers": [], "query_string": b"secret=canary"}
        await hooks_of().asgi(scope, receive, send)
        assert sent == [{"type": "websocket.close", "code": 1000}]
        assert (scope["path"], scope["query_string"]) == ("/-", b"")

    ends(main)


def test_a_lifespan_starts_and_stops_the_handlers() -> None:
    async def main() -> None:
        hooks, handled = hooks_of(), asyncio.Event()
        hooks.on("*")(lambda event: handled.set())
        hooks.inbox.put(delivery(), 0.0)
        sent: list[Any] = []

        async def receive() -> Any:
            if not sent:
                return {"type": "lifespan.startup"}
            await handled.wait()
            return {"type": "lifespan.shutdown"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await hooks.asgi({"type": "lifespan"}, receive, send)
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        assert hooks.inbox.waiting() == 0

    ends(main)


# Handlers


def test_the_answer_does_not_wait_for_the_handler() -> None:
    async def main() -> None:
        hooks, go_on, handled = hooks_of(), asyncio.Event(), []

        @hooks.on("item.update")
        async def slow(event: Event) -> None:
            await go_on.wait()
            handled.append(event.item_id)

        async with hooks:
            assert (await asgi(hooks, f"/{SECRET}", UPDATE))[0] == 200
            assert handled == []
            go_on.set()
            await soon(lambda: handled == [6101])

    ends(main)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_each_event_is_handled_once_although_it_is_delivered_twice(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        inbox = MemoryInbox() if kind == "memory" else SQLiteInbox(tmp_path / "hooks.db")
        hooks, handled = hooks_of(inbox), list[Any]()
        hooks.on("item.create")(lambda event: handled.append(event.item_id))
        async with hooks:
            for item_id in [*range(20), *range(20)]:
                assert await hooks.take(delivery("item.create", item_id=item_id)) == 200
            await soon(lambda: len(handled) >= 20)
            await soon(lambda: hooks.inbox.waiting() == 0)
        assert sorted(handled) == [*range(20)]

    ends(main)


def test_a_handler_that_awaits_a_cancelled_task_has_failed() -> None:
    async def main() -> None:
        hooks = hooks_of(retries=0)

        @hooks.on("*")
        async def awaits(event: Event) -> None:
            task = asyncio.create_task(asyncio.sleep(60))
            task.cancel()
            await task

        async with hooks:
            await hooks.take(delivery())
            await soon(lambda: hooks.inbox.failed())
            (entry,) = await hooks.failed()
            assert (entry.problem, entry.leases) == ("CancelledError", 1)

    ends(main)


def test_one_failure_does_not_stop_the_others_and_is_retried_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        hooks, handled = hooks_of(retries=1), []

        @hooks.on("*")
        async def fails(event: Event) -> None:
            handled.append(f"fails {event.attempt}")
            raise ValueError("it is broken")

        @hooks.on("*")
        def works(event: Event) -> None:
            handled.append("works")

        async with hooks:
            await hooks.take(delivery())
            await soon(lambda: hooks.inbox.failed())
            (entry,) = await hooks.failed()
            assert entry.problem == "ValueError"
            assert handled == ["fails 1", "works", "fails 2"]
            assert await hooks.retry(entry)
            await soon(lambda: len(handled) == 4)
        assert handled[3] == "fails 1"

    ends(main)
    assert "fails failed for Delivery(type='item.update', hook_id=12) (attempt 2 of 2)." in caplog.text
    assert "it is broken" in caplog.text


def test_a_blocking_failure_is_retried_too(caplog: pytest.LogCaptureFixture) -> None:
    hooks, handled = sync_hooks_of(retries=0), []

    @hooks.on("*")
    def fails(event: Event) -> None:
        handled.append(event.attempt)
        raise ValueError("it is broken")

    with hooks:
        hooks.take(delivery())
        (entry,) = until(hooks.failed)
        assert hooks.retry(entry)
        until(lambda: len(handled) == 2)
    assert "it is broken" in caplog.text


def test_at_most_so_many_are_handled_at_once() -> None:
    async def main() -> None:
        hooks, go_on = hooks_of(at_once=3), asyncio.Event()
        running = most = 0

        @hooks.on("*")
        async def slow(event: Event) -> None:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await go_on.wait()
            running -= 1

        async with hooks:
            for item_id in range(10):
                await hooks.take(delivery(item_id=item_id))
            await soon(lambda: running == 3)
            go_on.set()
            await soon(lambda: hooks.inbox.waiting() == 0)
        assert most == 3

    ends(main)


def test_threads_are_limited_too() -> None:
    hooks, go_on, running = sync_hooks_of(at_once=2), threading.Event(), threading.Semaphore(2)
    wrong: list[int] = []

    @hooks.on("*")
    def slow(event: Event) -> None:
        if not running.acquire(blocking=False):
            wrong.append(1)
        go_on.wait(30)
        running.release()

    with hooks:
        for item_id in range(6):
            hooks.take(delivery(item_id=item_id))
        go_on.set()
        until(lambda: hooks.inbox.waiting() == 0)
    assert not wrong


def test_deliveries_that_nobody_wants_are_dropped() -> None:
    hooks = sync_hooks_of()
    with hooks:
        assert hooks.take(delivery("task.create")) == 200
    assert hooks.inbox.waiting() == 0


def test_an_inbox_that_is_unavailable_is_503_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        for problem in (InboxUnavailable("the disk is full"), OSError("broken")):
            inbox = Broken()
            hooks = hooks_of(inbox)
            hooks.on("*")(lambda event: None)
            async with hooks:
                await asyncio.sleep(0)
                inbox.problem = problem
                assert await hooks.take(delivery()) == 503
                assert await hooks.take(delivery()) == 200
                await soon(lambda: inbox.waiting() == 0)  # noqa: B023

    ends(main)
    hooks = sync_hooks_of(Broken(limit=0))
    hooks.on("*")(lambda event: None)
    with hooks:
        assert hooks.take(delivery()) == 503
    assert "the disk is full" in caplog.text
    assert caplog.text.count("Traceback") == 1


def test_a_dispatcher_goes_on_after_a_fault_of_the_inbox() -> None:
    async def main() -> None:
        inbox = Broken()
        inbox.problem = OSError("broken")
        hooks, handled = hooks_of(inbox), list[Any]()
        hooks.on("*")(handled.append)
        async with hooks:
            await soon(lambda: inbox.problem is None)
            await hooks.take(delivery())
            await soon(lambda: handled)

    ends(main)
    inbox, handled = Broken(), list[Any]()
    inbox.problem = OSError("broken")
    hooks = sync_hooks_of(inbox)
    hooks.on("*")(handled.append)
    with hooks:
        until(lambda: inbox.problem is None)
        hooks.take(delivery())
        until(lambda: handled)


def test_an_entry_whose_end_cannot_be_noted_is_handled_again() -> None:
    async def main() -> None:
        hooks, handled = hooks_of(FirstFails("done"), lease=0.1), list[Any]()
        hooks.on("*")(handled.append)
        async with hooks:
            await hooks.take(delivery())
            await soon(lambda: len(handled) == 2)

    ends(main)
    hooks, seen = sync_hooks_of(FirstFails("done"), lease=0.1), list[Any]()
    hooks.on("*")(seen.append)
    with hooks:
        hooks.take(delivery())
        until(lambda: len(seen) == 2)


def test_a_lease_is_extended_while_a_handler_runs() -> None:
    async def main() -> None:
        hooks, handled = hooks_of(FirstFails("extend"), lease=0.3), []

        @hooks.on("*")
        async def slow(event: Event) -> None:
            handled.append(event)
            await asyncio.sleep(0.9)

        async with hooks:
            await hooks.take(delivery())
            await soon(lambda: handled and hooks.inbox.waiting() == 0)
        assert len(handled) == 1

    ends(main)
    hooks, seen = sync_hooks_of(lease=0.3), []

    @hooks.on("*")
    def slow(event: Event) -> None:
        seen.append(event)
        threading.Event().wait(0.9)

    with hooks:
        hooks.take(delivery())
        until(lambda: seen and hooks.inbox.waiting() == 0)
    assert len(seen) == 1


class Stolen(MemoryInbox):
    """An inbox whose leases are lost at once."""

    def extend(self, entry: Any, now: float, seconds: float) -> bool:
        return False

    def done(self, entry: Any) -> bool:
        super().done(entry)
        return False


def test_handlers_of_a_lost_lease_are_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        hooks, ended = hooks_of(Stolen(), lease=0.1), []

        @hooks.on("*")
        async def slow(event: Event) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(event)

        async with hooks:
            await hooks.take(delivery())
            await soon(lambda: ended)

    ends(main)
    assert "Its handlers are cancelled." in caplog.text


def test_a_lease_that_was_lost_at_the_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        hooks = hooks_of(Stolen())
        hooks.on("*")(lambda event: None)
        async with hooks:
            await hooks.take(delivery())
            await soon(lambda: hooks.inbox.waiting() == 0)

    ends(main)
    hooks = sync_hooks_of(Stolen())
    hooks.on("*")(lambda event: None)
    with hooks:
        hooks.take(delivery())
        until(lambda: hooks.inbox.waiting() == 0)
    assert caplog.text.count("It may be handled twice.") == 2


def test_what_ends_workers_again_and_again_is_put_aside(caplog: pytest.LogCaptureFixture) -> None:
    def crashed() -> MemoryInbox:
        inbox = MemoryInbox()
        inbox.put(delivery(), 0.0)
        for number in range(CRASHES):
            assert inbox.lease(number * 10.0, 1.0) is not None
        return inbox

    async def main() -> None:
        hooks, handled = hooks_of(crashed()), list[Any]()
        hooks.on("*")(handled.append)
        async with hooks:
            (entry,) = await soon(hooks.inbox.failed)
        assert (entry.problem, handled) == ("WorkersEnded", [])

    ends(main)
    hooks, handled = sync_hooks_of(crashed()), list[Any]()
    hooks.on("*")(handled.append)
    with hooks:
        until(hooks.failed)
    assert not handled
    assert caplog.text.count("5 workers ended while they handled it.") == 2


def test_a_stop_gives_what_is_not_finished_back() -> None:
    async def main() -> None:
        hooks, started = hooks_of(), asyncio.Event()

        @hooks.on("*")
        async def slow(event: Event) -> None:
            started.set()
            await asyncio.sleep(60)

        await hooks.take(delivery())
        await started.wait()
        await hooks.aclose(grace=0.01)
        entry = hooks.inbox.lease(2e9, 60.0)
        assert entry is not None
        assert (entry.leases, entry.failures) == (1, 0)

    ends(main)


def test_a_receiver_works_in_one_loop_after_the_other(tmp_path: Path) -> None:
    hooks, handled = hooks_of(SQLiteInbox(tmp_path / "hooks.db")), list[Any]()
    hooks.on("*")(handled.append)

    async def main() -> None:
        await hooks.take(delivery(item_id=len(handled)))
        count = len(handled)
        await soon(lambda: len(handled) == count + 1)

    ends(main)
    ends(main)


def test_a_stopped_receiver_starts_again() -> None:
    hooks, handled = sync_hooks_of(), list[Any]()
    hooks.on("*")(handled.append)
    for number in range(2):
        hooks.take(delivery(item_id=number))
        until(lambda: len(handled) == number + 1)  # noqa: B023
        hooks.close()
        hooks.close()


def test_a_forked_process_has_its_own_threads(tmp_path: Path) -> None:
    hooks = sync_hooks_of(SQLiteInbox(tmp_path / "hooks.db"))

    @hooks.on("*")
    def note(event: Event) -> None:
        (tmp_path / str(event.item_id)).write_text(str(os.getpid()), encoding="utf-8")

    with hooks:
        child = os.fork()
        if child == 0:
            try:
                hooks.close()
                hooks.take(delivery(item_id=1))
                until((tmp_path / "1").exists)
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        hooks.take(delivery(item_id=2))
        until((tmp_path / "2").exists)


# Verification


def verifiable(*, hook_id: int = 12, status: int = 204) -> FakeTransport:
    transport = FakeTransport()
    row = {"hook_id": hook_id, "type": "item.create", "url": f"{MOUNT}/{SECRET}", "status": "inactive"}
    transport.answer("GET", "/hook/app/3001/", [row], times=None)
    transport.answer("POST", "/hook/12/verify/validate", status=status, times=None)
    return transport


VERIFY = form("hook.verify", code=CODE)


def test_a_hook_is_verified_after_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        transport = verifiable()
        hooks = hooks_of(transport=transport)
        hooks.accept("app", 3001, MOUNT)
        async with hooks:
            assert (await asgi(hooks, f"/{SECRET}", VERIFY))[0] == 200
            assert transport.calls == []
            await soon(lambda: "Hook 12 is verified." in caplog.text)

    caplog.set_level(logging.DEBUG)
    ends(main)
    transport = verifiable()
    hooks = sync_hooks_of(transport=transport)
    hooks.accept("app", 3001, MOUNT)
    with hooks:
        assert wsgi(hooks, f"/{SECRET}", VERIFY)[0] == 200
        until(lambda: caplog.text.count("Hook 12 is verified.") == 2)
    assert CODE not in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("transport", "said"),
    [
        (verifiable(hook_id=13), "Hook 12 asked for a verification, but is not known"),
        (verifiable(status=400), "Hook 12 could not be verified"),
    ],
)
def test_a_verification_that_fails_is_logged(
    transport: FakeTransport, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        hooks = hooks_of(transport=transport)
        hooks.accept("app", 3001, MOUNT)
        await hooks.take(hooks.read(f"/{SECRET}", {}, VERIFY))
        await soon(lambda: said in caplog.text)
        await hooks.aclose()

    ends(main)
    hooks = sync_hooks_of(transport=transport)
    hooks.accept("app", 3001, MOUNT)
    with hooks:
        hooks.take(hooks.read(f"/{SECRET}", {}, VERIFY))
        until(lambda: caplog.text.count(said) == 2)
    assert CODE not in caplog.text


def test_a_code_is_never_put_into_the_inbox() -> None:
    hooks = sync_hooks_of(transport=verifiable())
    hooks.on("*")(lambda event: None)
    with hooks:
        hooks.take(hooks.read(f"/{SECRET}", {}, VERIFY))
        assert hooks.inbox.waiting() == 0


# Options


@pytest.mark.parametrize(
    "options", [{"coalesce": -1}, {"at_once": 0}, {"retries": -1}, {"lease": 0}, {"lease": 5000}, {"secret": "weak"}]
)
def test_a_wrong_option_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        Hooks(podio(), **{"secret": SECRET, "inbox": MemoryInbox(), **options})


def test_the_default_inbox_says_that_it_forgets(caplog: pytest.LogCaptureFixture) -> None:
    hooks = Hooks(podio(), secret=SECRET)
    assert "lost when this process ends" in caplog.text
    assert repr(hooks) == "<Hooks with 0 handlers, <MemoryInbox, 0 waiting>>"


def test_each_receiver_names_the_other_for_a_client_of_the_other_kind() -> None:
    with pytest.raises(TypeError, match=r"^Hooks needs a Podio, not SyncPodio\. For a SyncPodio, use SyncHooks$"):
        Hooks(SyncPodio("app", "my-app", "hush"), secret=SECRET)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^SyncHooks needs a SyncPodio, not Podio\. For a Podio, use Hooks$"):
        SyncHooks(podio(), secret=SECRET)  # type: ignore[arg-type]


def test_threads_take_plain_functions_only() -> None:
    async def handler(event: Event) -> None:
        """Handle nothing."""

    router = Router()
    router.on("*")(handler)
    hooks = sync_hooks_of()
    with pytest.raises(TypeError, match="plain functions"):
        hooks.on("*")(handler)
    with pytest.raises(TypeError, match="plain functions"):
        hooks.include(router)
    hooks_of().include(router)
    plain = Router()
    plain.on("task.*")(print)
    hooks.include(plain)
    assert hooks.has_handler(delivery("task.create"))
    assert hooks.read("/", {}, b"") == Refusal(404)
