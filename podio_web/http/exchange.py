"""One API request from token to data. Renewal and retries happen here and nowhere else.

``exchange`` is a generator without I/O, like httpx's ``Auth.auth_flow``. It yields the next step, and the client sends
the result of that step, or throws a ``ConnectionFailed`` into it. Any client can drive it.
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

# With less time left, a retry would be cut off, and then it is unknown whether Podio did the work.
SHORTEST_ATTEMPT = 0.5


class Perform:
    """The next step is an HTTP request within ``timeout`` seconds.

    Send its ``Response``, or throw ``ConnectionFailed``.

    >>> step = Perform(request, 30.0)
    """

    __slots__ = ("request", "timeout")

    def __init__(self, request: "Request", timeout: float) -> None:
        self.request: Request = request
        self.timeout: float = timeout


class Renew:
    """The next step is to replace the token ``stale``. Send the new ``Token``.

    >>> step = Renew(token)
    """

    __slots__ = ("stale",)

    def __init__(self, stale: "Token") -> None:
        self.stale: Token = stale


class Wait:
    """The next step is a pause of ``seconds`` because of ``problem``. Send anything.

    >>> step = Wait(2.5, UnavailableError("503"))
    """

    __slots__ = ("problem", "seconds")

    def __init__(self, seconds: float, problem: "PodioError") -> None:
        self.seconds: float = seconds
        self.problem: PodioError = problem


class Refused:
    """Podio refused ``token``, which was just renewed. The session has ended.

    >>> step = Refused(token)
    """

    __slots__ = ("token",)

    def __init__(self, token: "Token") -> None:
        self.token: Token = token


class Budget:
    """What one request may still use: the seconds of its timeout, and the retries and pauses of its policy.

    - ``timeout``: seconds for the whole request.
    - ``retry``: the retry policy; None if the request is never repeated.
    - ``clock``: returns seconds on a monotonic clock.
    - ``chance``: returns a number in [0, 1).
    - ``safe``: whether the request changes nothing.
    - ``with_renewal``: whether the time of a renewal counts too.

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
        """Subtract the time since ``since``. A clock that was set back subtracts nothing."""
        self.left -= max(0.0, self.clock() - since)

    def pause(self, problem: "PodioError") -> "float | None":
        """Return the seconds to wait before the next retry, or None if there is no other retry."""
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
    """Yield the steps of one request; return its data or raise its error.

    ``request`` has no token yet, so that it can be sent again with a new one. If the token ``has_ended``, it is renewed
    first. If a 401 says that the token has expired, the token is renewed and the request is sent once more. A second
    401 is an error and ends the session, because another renewal would not help. The time of a renewal counts only if
    ``budget.with_renewal`` is true: a person may need minutes to type a password.

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
    """Yield the steps of a request that has its ``Authorization``. It may be repeated, but no token is renewed.

    Returns the data, or raises the error of the last response.

    >>> steps = tries(authorized(request, credentials, "Basic"), budget)
    """
    if budget.left <= 0:
        # A renewal took the rest of the time. The request was not sent with the new token.
        raise TimedOut(f"{request.method} {request.path} ran out of time.", method=request.method, path=request.path)
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
        # A laptop may have slept during the pause.
        if budget.left < SHORTEST_ATTEMPT:
            raise failure


def advance(steps: "Steps", value: "Any") -> "tuple[Any, Any]":
    """Send ``value`` into the steps, or throw it if it is an exception.

    Returns the next step and None, or None and the data.

    >>> step, data = advance(steps, None)       # the first step
    >>> step, data = advance(steps, response)
    """
    try:
        return (steps.throw(value) if isinstance(value, Exception) else steps.send(value)), None
    except StopIteration as done:
        return None, done.value
