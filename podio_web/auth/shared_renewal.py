"""What the threads of one ``SyncPodio`` share: the renewal of the session. Everything else they do side by side."""

from __future__ import annotations

import threading
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from podio_web.auth.renewal import Renewal
from podio_web.errors import LoginRequired
from podio_web.runtime.run_blocking import drive
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.runtime.turns import OutOfTime, let_go, limit_of_call, seconds_left, turns_held

if TYPE_CHECKING:
    from podio_web.http import Request, Response
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Transport

LONGEST_RENEWAL = 60.0
"""Seconds after which a renewal ends by itself; a call with less time does not renew in its own thread."""


class SharedFlight(SharedOutcome):
    """An outcome that threads wait for, each no longer than its own call may take."""

    def __init__(self) -> None:
        super().__init__()
        self.leader = 0
        self._over = threading.Event()

    async def wait(self, order: int = 0) -> Any:
        """Return the outcome or raise its error; never suspends.

        Raises OutOfTime when the waiting call's time is over, LoginRequired in the thread that everybody waits for.
        """
        if not self.settled:
            if self.leader == threading.get_ident():
                raise LoginRequired(
                    "A hook or handler made a call while the session was being renewed, and that call would wait for "
                    "its own end. Make it after the renewal."
                )
            with let_go():
                in_time = self._over.wait(seconds_left())
            if not in_time:
                raise OutOfTime
        return await super().wait(order)

    def _settle(self, value: Any, error: Exception | None) -> None:
        super()._settle(value, error)
        self._over.set()


class SharedRenewal(Renewal):
    """A renewal by one thread, for which the others wait.

    It runs in the thread that needs it first, where hooks and session stores expect to be called. The call's time-out
    ends it. A call that was given less time than the client's calls usually have must not end it for the others, nor
    lose the answer, in which Podio may send a new refresh token: then the renewal has a thread of its own.
    """

    patience = LONGEST_RENEWAL
    _flight_type = SharedFlight

    def forget(self) -> None:
        """Forget the renewal of a thread that this process does not have: it was forked."""
        if isinstance(self._flight, SharedFlight) and self._flight.leader != threading.get_ident():
            super().forget()

    async def _run(self, stale: Token, flight: SharedOutcome) -> None:
        turns, limit = turns_held(), limit_of_call()
        if turns is None or limit is None or limit >= self.patience:
            await self._lead(stale, flight)
            return

        def alone() -> None:
            with turns.take(self.patience):
                drive(self._lead(stale, flight))

        threading.Thread(target=copy_context().run, args=(alone,), name="podio-web renewal").start()

    async def _lead(self, stale: Token, flight: SharedOutcome) -> None:
        if isinstance(flight, SharedFlight):
            flight.leader = threading.get_ident()
        await super()._run(stale, flight)


class SharedTransport:
    """A transport whose calls let other threads run, and end with the call that they are part of.

    >>> transport = SharedTransport(UrllibTransport())
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Return the answer. Raises what the transport raises, and OutOfTime when nothing is left of the time."""
        left = seconds_left()
        if left is not None:
            if left <= 0:
                raise OutOfTime
            timeout = left if timeout is None else min(timeout, left)
        with let_go():
            return await self._transport.perform(request, timeout)

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.close()
