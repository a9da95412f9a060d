"""One outcome for many waiters."""

import asyncio

import pytest

from podio_web.auth.session import Session
from podio_web.auth.tab_election import Election
from podio_web.events import Events
from podio_web.oauth.token import Token
from podio_web.runtime.shared_outcome import SharedOutcome, cancel, within
from podio_web.stores.memory import MemoryStore
from tests.unit.fake_page import FakePage


def test_everybody_gets_the_value_in_the_order_of_their_numbers() -> None:
    async def main() -> list[int]:
        outcome, went_on = SharedOutcome(), []

        async def waiter(order: int) -> None:
            assert await outcome.wait(order) == "token"
            went_on.append(order)

        tasks = [asyncio.create_task(waiter(order)) for order in (3, 1, 2)]
        await asyncio.sleep(0)
        assert outcome.waiters == 3
        outcome.succeed("token")
        await asyncio.gather(*tasks)
        assert outcome.waiters == 0
        return went_on

    assert asyncio.run(main()) == [1, 2, 3]


def test_everybody_gets_the_error() -> None:
    async def main() -> None:
        outcome = SharedOutcome()
        tasks = [asyncio.create_task(outcome.wait()) for _ in range(2)]
        await asyncio.sleep(0)
        outcome.fail(KeyError("why"))
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(found, KeyError)

    asyncio.run(main())


def test_only_the_first_outcome_counts_and_late_comers_get_it_too() -> None:
    async def main() -> None:
        outcome = SharedOutcome()
        assert not outcome.settled
        outcome.succeed(1)
        outcome.succeed(2)
        outcome.fail(KeyError())
        assert outcome.settled
        assert await outcome.wait() == 1

    asyncio.run(main())


def test_one_who_gives_up_does_not_take_the_others_along() -> None:
    async def main() -> None:
        outcome = SharedOutcome()
        impatient, patient = asyncio.create_task(outcome.wait()), asyncio.create_task(outcome.wait())
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        assert outcome.waiters == 1
        outcome.succeed("token")
        assert await patient == "token"

    asyncio.run(main())


def test_a_waiter_cancelled_in_the_same_moment_is_passed_over() -> None:
    async def main() -> None:
        outcome = SharedOutcome()
        task = asyncio.create_task(outcome.wait())
        await asyncio.sleep(0)
        task.cancel()
        outcome.succeed("token")
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_what_may_go_on_is_waited_for_again() -> None:
    async def main() -> None:
        page, going_on = FakePage(), [True]
        waiting = asyncio.ensure_future(
            within(5.0, asyncio.Event().wait(), TimeoutError("late"), page, lambda: bool(going_on))
        )
        await asyncio.sleep(0)
        page.pass_time(6)
        await asyncio.sleep(0)
        assert not waiting.done()
        going_on.clear()
        page.pass_time(6)
        with pytest.raises(TimeoutError, match="late"):
            await waiting

    asyncio.run(main())


def test_nobody_is_elected_to_renew_a_session_that_has_ended() -> None:
    async def main() -> None:
        page = FakePage()
        session = Session("client", MemoryStore(), Events(), page.now)
        stale = Token("stale", expires_at=1.0)
        assert not await Election(session, page, "renewal").run(stale, asyncio.Event().wait)

    asyncio.run(main())


def test_what_has_ended_at_once_needs_no_cancelling() -> None:
    cancel(None)
