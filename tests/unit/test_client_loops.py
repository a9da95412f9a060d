"""One ``Podio`` in several event loops: one after the other it works, at the same time it is refused."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from podio_web import MemoryStore, Podio, Token
from podio_web.http import Request, Response
from podio_web.testing import FakeTransport

FRESH = '{"access_token": "new", "refresh_token": "r1", "expires_in": 3600}'


def expired_store() -> MemoryStore:
    store = MemoryStore()
    store.set(Token("old", expires_at=time.time() - 1, refresh_token="r0"), "app")
    return store


class WithoutLock:
    """A store that locks nobody out: a renewal that is left behind holds nothing in it."""

    def __init__(self, store: MemoryStore) -> None:
        self.get, self.set, self.clear = store.get, store.set, store.clear


class SlowTokens:
    """A transport whose token endpoint answers at the second call only."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.calls = 0

    async def perform(self, call: Request, timeout: float | None) -> Response:
        if call.path != "/oauth/token":
            return Response(200, {}, "{}")
        self.calls += 1
        self.asked.set()
        if self.calls == 1:
            await asyncio.sleep(3600)
        return Response(200, {}, FRESH)

    async def close(self) -> None:
        """Nothing to release."""


CALLS: list[Callable[[Podio], Coroutine[Any, Any, Any]]] = [
    lambda podio: podio.get("/app/1"),
    lambda podio: podio.is_authenticated(),
    lambda podio: podio.authenticate_with_app(1, "t1"),
    lambda podio: podio.request("GET", "/app/1", basic_auth=True),
]


def test_one_event_loop_after_the_other_may_use_a_client() -> None:
    transport = FakeTransport()
    transport.answer("GET", "/app/1", {}, times=None)
    podio = Podio("app", "my-app", "hush", transport=transport)
    podio.set_access_token({"access_token": "a", "refresh_token": "r", "expires_in": 3600})
    for _ in range(3):
        assert asyncio.run(podio.get("/app/1")) == {}


def test_a_renewal_that_ended_with_its_event_loop_is_begun_anew() -> None:
    transport = SlowTokens()
    podio = Podio("app", "my-app", "hush", transport=transport, session_store=expired_store())

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(podio.get("/app/1"), 0.1)

    asyncio.run(give_up())
    assert asyncio.run(asyncio.wait_for(podio.get("/app/1"), 10)) == {}
    assert transport.calls == 2


def test_a_renewal_that_a_closed_event_loop_left_behind_holds_nobody_up() -> None:
    transport = SlowTokens()
    podio = Podio("app", "my-app", "hush", transport=transport, session_store=WithoutLock(expired_store()))
    untidy = asyncio.new_event_loop()
    call = untidy.create_task(podio.get("/app/1"))
    untidy.run_until_complete(asyncio.sleep(0.05))
    assert transport.calls == 1
    left = asyncio.all_tasks(untidy)
    # A loop that is stopped, and not run again, ends nothing.
    assert not call.done()

    assert asyncio.run(asyncio.wait_for(podio.get("/app/1"), 10)) == {}
    assert transport.calls == 2
    for task in left:
        task.cancel()
    untidy.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    assert call.cancelled()
    untidy.close()


@pytest.mark.parametrize("number", range(len(CALLS)))
@pytest.mark.parametrize("renewing", [True, False])
def test_a_second_event_loop_beside_the_first_is_refused_with_what_to_do(number: int, renewing: bool) -> None:
    transport = SlowTokens()
    podio = Podio("app", "my-app", "hush", transport=transport, session_store=expired_store())
    done, began = asyncio.Event(), threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def first() -> None:
        loops.append(asyncio.get_running_loop())
        call = asyncio.create_task(podio.get("/app/1") if renewing else podio.is_authenticated())
        await asyncio.sleep(0.02)
        began.set()
        await done.wait()
        call.cancel()

    thread = threading.Thread(target=asyncio.run, args=(first(),))
    thread.start()
    try:
        assert began.wait(10)
        with pytest.raises(RuntimeError, match="Make a client for each event loop"):
            asyncio.run(asyncio.wait_for(CALLS[number](podio), 10))
    finally:
        loops[0].call_soon_threadsafe(done.set)
        thread.join()
    assert asyncio.run(podio.is_authenticated())


def test_what_does_not_wait_needs_no_event_loop() -> None:
    podio = Podio("app", "my-app", "hush", transport=FakeTransport())
    podio.set_access_token({"access_token": "a", "expires_in": 3600})
    asyncio.run(podio.is_authenticated())
    drop = podio.logout()
    assert podio.token is None
    asyncio.run(drop)
