"""What the runtimes do differently."""

import asyncio
import gc
import inspect
import logging
import subprocess
import sys
import weakref

import pytest

from podio_web.runtime import interpreter as compat
from podio_web.runtime.interpreter import is_awaitable, report, settle, spawn, warn


def test_settle_takes_values_coroutines_and_promises() -> None:
    async def value() -> int:
        return 7

    class Promise:
        """A JavaScript promise as MicroPython shows it: awaitable, but only ``then`` tells."""

        then = None

    async def main() -> None:
        assert await settle(7) == 7
        assert await settle(value()) == 7
        assert await settle(asyncio.ensure_future(value())) == 7

    asyncio.run(main())
    assert is_awaitable(Promise())
    assert not is_awaitable("text")


def test_report_uses_what_the_runtime_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    report(KeyError("shown"))
    assert "KeyError: 'shown'" in capsys.readouterr().err
    monkeypatch.setattr(sys, "print_exception", lambda problem, file: file.write(repr(problem)), raising=False)
    report(KeyError("shown"))
    assert caplog.record_tuples == [("podio_web", logging.ERROR, "KeyError('shown')")], (
        "MicroPython's goes to the console"
    )
    assert capsys.readouterr().out == ""


def test_warnings_and_reports_go_to_the_log_and_never_to_the_standard_output(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    warn("mind 100 % of %s")
    compat.show("error", "broken")
    assert caplog.record_tuples == [
        ("podio_web", logging.WARNING, "mind 100 % of %s"),
        ("podio_web", logging.ERROR, "broken"),
    ]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("flags", [[], ["-W", "error"], ["-O"]])
def test_a_program_s_own_output_stays_its_own(flags: list[str]) -> None:
    """A script whose output goes into a file or a pipe, with a store and handlers that fail."""
    script = """
import sys
import weakref
from podio_web import StoreUnavailable, SyncPodio
from podio_web.testing import FakeTransport

class Store:
    def get(self, auth_type): return "no session"
    def set(self, token, auth_type): raise OSError("full")

def handler(token): raise KeyError("in a handler")

with SyncPodio("app", "my-app", "hush", session_store=Store(), transport=FakeTransport()) as podio:
    podio.on("authenticated", handler)
    podio.is_authenticated()
    podio.set_access_token({"access_token": "a1"})
    try:
        podio.logout()
    except StoreUnavailable as problem:
        sys.stderr.write(str(problem))
    print("my own output")
"""
    run = subprocess.run([sys.executable, *flags, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert run.stdout == "my own output\n"
    assert "session store returned an invalid session" in run.stderr
    assert "cannot be written at the moment (OSError)" in run.stderr
    assert "KeyError: 'in a handler'" in run.stderr


def test_a_spawned_coroutine_can_be_cancelled_without_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        task = spawn(asyncio.sleep(60))
        assert task is not None
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert capsys.readouterr().err == ""


def test_a_spawned_coroutine_that_is_cancelled_before_it_starts_is_closed_and_forgotten() -> None:
    async def main() -> None:
        coroutine = asyncio.sleep(60)
        task = spawn(coroutine)
        assert task is not None
        kept = weakref.ref(task)
        task.cancel()
        await asyncio.wait([task])
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED
        del task
        gc.collect()
        assert kept() is None

    asyncio.run(main())


def test_without_an_event_loop_a_spawned_coroutine_is_run_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    async def fail() -> None:
        raise KeyError("shown")

    assert spawn(work(1)) is None
    spawn(fail())
    spawn(work(2))
    assert done == [1, 2]
    assert capsys.readouterr().err.count("KeyError: 'shown'") == 1
