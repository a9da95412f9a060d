"""One API call from token to data, with renewal in the only place where it happens; no I/O of its own.

``exchange`` is a generator, in the manner of httpx's ``Auth.auth_flow``: it says what should be done next and is sent
what came of it. The async client drives it, and any other client can.
"""

from podio_web.api.answer import judge, says_expired
from podio_web.api.call import authorized
from podio_web.errors import AuthorizationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from podio_web.api.call import Call
    from podio_web.oauth.token import Token


class Perform:
    """The next step is an HTTP call; send its ``Answer``."""

    __slots__ = ("call",)

    def __init__(self, call: "Call") -> None:
        self.call = call


class Renew:
    """The next step is a fresh token instead of ``stale``; send the new ``Token``."""

    __slots__ = ("stale",)

    def __init__(self, stale: "Token") -> None:
        self.stale = stale


def exchange(call: "Call", token: "Token", now: float) -> "Generator[Perform | Renew, Any, Any]":
    """Yield the steps of one call; return its data or raise its error.

    ``call`` has no token yet, so that a replay is the very same call with a new one. A token that has ended at ``now``
    (seconds since 1970) is renewed first; a 401 that a new token may cure is renewed and replayed once. A second 401 is
    an error: another renewal would not help.

    >>> steps = exchange(call, token, now)
    >>> step = next(steps)          # Perform or Renew
    >>> step = steps.send(answer)   # until StopIteration, whose value is the data
    """
    renewed = token.is_expired(now)
    if renewed:
        token = yield Renew(token)
    answer = yield Perform(authorized(call, token.access_token))
    try:
        return judge(call, answer)
    except AuthorizationError as problem:
        if renewed or not says_expired(problem):
            raise
    token = yield Renew(token)
    answer = yield Perform(authorized(call, token.access_token))
    return judge(call, answer)


def advance(steps: "Generator[Any, Any, Any]", value: "Any") -> "tuple[Any, Any]":
    """Send ``value`` into the steps; return the next one and None, or None and the call's data.

    >>> step, data = advance(steps, None)       # the first step
    >>> step, data = advance(steps, answer)
    """
    try:
        return steps.send(value), None
    except StopIteration as done:
        return None, done.value
