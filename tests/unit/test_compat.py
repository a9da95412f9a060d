"""What the runtimes do differently."""

import asyncio
import sys

import pytest

from podio_web.compat import is_awaitable, report, settle, spawn


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


def test_report_uses_what_the_runtime_has(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    report(KeyError("shown"))
    assert "KeyError: 'shown'" in capsys.readouterr().err
    reported: list[BaseException] = []
    monkeypatch.setattr(sys, "print_exception", reported.append, raising=False)
    problem = KeyError()
    report(problem)
    assert reported == [problem]


def test_a_spawned_coroutine_can_be_cancelled_without_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        task = spawn(asyncio.sleep(60))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert capsys.readouterr().err == ""
