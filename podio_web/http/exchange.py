"""One API call from token to data, with renewal and retries in the only place where they happen; no I/O of its own.

``exchange`` is a generator, in the manner of httpx's ``Auth.auth_flow``: it says what should be done next and is sent
what came of it; a ``ConnectionFailed`` is thrown in. The async client drives it, and any other client can.
"""

from podio_web.errors import APIError, AuthorizationError, ConnectionFailed, TimedOut
from podio_web.http.request import authorized
from podio_web.http.response import clean, read_response, says_expired, secrets_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from podio_web.errors import PodioError
    from podio_web.http.request import Request
    from podio_web.http.retry import Retry
    from podio_web.oauth.token import Token

    Steps = Generator["Perform | Renew | Wait | Refused", Any, Any]

# With less time left, another attempt would only be cut off: then nobody knows whether Podio did the work.
SHORTEST_ATTEMPT = 0.5


class Perform:
    """The next step is an HTTP call within ``timeout`` seconds; send its ``Response`` or throw ``ConnectionFailed``."""

    __slots__ = ("request", "timeout")

    def __init__(self, request: "Request", timeout: float) -> None:
        self.request: Request = request
        self.timeout: float = timeout


class Renew:
    """The next step is a fresh token instead of ``stale``; send the new ``Token``."""

    __slots__ = ("stale",)

    def __init__(self, stale: "Token") -> None:
        self.stale: Token = stale


class Wait:
    """The next step is a pause of ``seconds`` because of ``problem``; send anything."""

    __slots__ = ("problem", "seconds")

    def __init__(self, seconds: float, problem: "PodioError") -> None:
        self.seconds: float = seconds
        self.problem: PodioError = problem


class Refused:
    """Podio does not accept ``token`` either, which has just been renewed: the session is over."""

    __slots__ = ("token",)

    def __init__(self, token: "Token") -> None:
        self.token: Token = token


class Budget:
    """What one call may still use: the seconds of its time-out, and the repeats and pauses of its policy.

    ``clock`` returns seconds on a clock for durations, ``chance`` a number in [0, 1); ``retry`` is None for a call that
    is never repeated, ``safe`` says that the call changes nothing, ``with_renewal`` that a renewal takes time off too.

    >>> budget = Budget(30.0, Retry(), time.monotonic, random.random, safe=True)
    """

    def __init__(
        self,
        timeout: float,
        retry: "Retry | None",
        clock: "Callable[[], float]",
        chance: "Callable[[], float]",
        *,
        safe: bool,
        with_renewal: bool = False,
    ) -> None:
        self.left: float = timeout
        self.with_renewal = with_renewal
        self.clock = clock
        self._safe = safe
        self._retry = retry
        self._chance = chance
        self._repeats = 0
        self._waited = 0.0

    def spend(self, since: float) -> None:
        """Take off the time since then; a clock that was put back takes nothing."""
        self.left -= max(0.0, self.clock() - since)

    def pause(self, problem: "PodioError") -> "float | None":
        """Return the seconds to wait before the next attempt; None when there is to be none."""
        if self._retry is None:
            return None
        seconds = self._retry.pause(
            self._safe, problem, repeats=self._repeats, waited=self._waited, chance=self._chance()
        )
        if seconds is None or self.left - seconds < SHORTEST_ATTEMPT:
            return None
        self._repeats += 1
        self._waited += seconds
        return seconds


def exchange(request: "Request", token: "Token", budget: Budget, *, has_ended: bool = False) -> "Steps":
    """Yield the steps of one call; return its data or raise its error.

    ``request`` has no token yet, so that a replay is the very same call with a new one. A token that ``has_ended`` is
    renewed first; a 401 that a new token may cure is renewed and replayed once. A second 401 is an error, and the end
    of the session: another renewal would not help. What a renewal takes is counted where no person is asked, who may
    be typing a password.

    >>> steps = exchange(request, token, budget)
    >>> step = next(steps)          # Perform, Renew, Wait or Refused
    >>> step = steps.send(response)   # until StopIteration, whose value is the data
    """
    if not has_ended:
        try:
            return (yield from tries(authorized(request, token.access_token), budget))
        except AuthorizationError as problem:
            if not says_expired(problem):
                raise
    began = budget.clock()
    token = yield Renew(token)
    if budget.with_renewal:
        budget.spend(began)
    try:
        return (yield from tries(authorized(request, token.access_token), budget))
    except AuthorizationError as problem:
        if says_expired(problem):
            yield Refused(token)
        raise


def tries(request: "Request", budget: Budget) -> "Steps":
    """Yield the steps of a call that has its ``Authorization``: it is repeated as the policy says, never renewed.

    >>> steps = tries(authorized(request, credentials, "Basic"), budget)
    """
    if budget.left <= 0:
        # What led to a renewal came at the last moment; the call has not been sent with the new token.
        raise TimedOut(
            f"The time for {request.method} {request.path} is over.", method=request.method, path=request.path
        )
    while True:
        began = budget.clock()
        try:
            return read_response(request, (yield Perform(request, budget.left)))
        except (APIError, ConnectionFailed) as problem:
            failure = problem
            clean(failure, secrets_of(request))
        budget.spend(began)
        seconds = budget.pause(failure)
        if seconds is None:
            raise failure
        began = budget.clock()
        yield Wait(seconds, failure)
        budget.spend(began)
        # A laptop may have slept meanwhile.
        if budget.left < SHORTEST_ATTEMPT:
            raise failure


def advance(steps: "Steps", value: "Any") -> "tuple[Any, Any]":
    """Send ``value`` into the steps, or throw it if it is an error; return the next one and None, or None and the data.

    >>> step, data = advance(steps, None)       # the first step
    >>> step, data = advance(steps, response)
    """
    try:
        return (steps.throw(value) if isinstance(value, Exception) else steps.send(value)), None
    except StopIteration as done:
        return None, done.value
