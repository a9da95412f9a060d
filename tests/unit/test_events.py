"""The event mechanism."""

import asyncio

import pytest

from podio_web.events import EVENTS, Events


def test_handlers_are_called_in_order_until_they_are_removed() -> None:
    events, heard = Events(), []
    remove = events.on("authenticated", lambda detail: heard.append(("first", detail)))
    events.on("authenticated", lambda detail: heard.append(("second", detail)))
    events.emit("authenticated", 1)
    remove()
    remove()
    events.emit("authenticated", 2)
    assert heard == [("first", 1), ("second", 1), ("second", 2)]


def test_an_unknown_event_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="logged_out") as refused:
        Events().on("loggedOut", print)
    assert all(name in str(refused.value) for name in EVENTS)


def test_every_event_is_documented() -> None:
    from podio_web import events

    assert all(f"``{name}``" in (events.__doc__ or "") for name in EVENTS)


def test_a_failing_handler_is_reported_and_the_others_are_still_called(capsys: pytest.CaptureFixture[str]) -> None:
    events = Events()
    heard: list[object] = []
    events.on("logged_out", lambda detail: 1 / 0)
    events.on("logged_out", heard.append)
    events.emit("logged_out")
    assert heard == [None]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_async_handlers_run_beside_the_caller(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> list[object]:
        events, heard = Events(), []

        async def handler(detail: object) -> None:
            heard.append(detail)
            raise ZeroDivisionError

        events.on("logged_out", handler)
        events.emit("logged_out", 7)
        assert heard == []
        await asyncio.sleep(0.01)
        return heard

    assert asyncio.run(main()) == [7]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_clear_removes_every_handler() -> None:
    events = Events()
    heard: list[object] = []
    events.on("logged_out", heard.append)
    events.clear()
    events.emit("logged_out")
    assert heard == []
