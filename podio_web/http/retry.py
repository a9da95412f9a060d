"""The retry policy: repeat a request after a pause, or give up. Nothing here waits.

Exponential backoff with full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from podio_web.errors import ConnectionFailed, RateLimitError, UnavailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.errors import PodioError

_DOUBLINGS = 30


class Retry:
    """When to repeat a request, and after how many seconds.

    After a lost connection, 502, 503 or 504, Podio may have done the work. So only a safe request is repeated: one that
    changes nothing. After 420 or 429 (rate limit) Podio has done nothing. So any request is repeated, if Podio says how
    long to wait and the time is enough. The whole request still ends within its timeout.

    - ``repeats``: the most retries of one request; 0 turns retries off.
    - ``first_pause``, ``longest_pause``: seconds. The upper bound of a pause doubles from the first to the longest.
    - ``overall``: the most seconds that one request may wait in all.

    Raises ValueError if a limit is negative or not a number.

    >>> podio = Podio("client", client_id="my-app", timeout=120, retry=Retry(overall=90))
    """

    __slots__ = ("first_pause", "longest_pause", "overall", "repeats")

    def __init__(
        self, repeats: int = 3, *, first_pause: float = 0.5, longest_pause: float = 10.0, overall: float = 30.0
    ) -> None:
        self.repeats: float = _check("repeats", repeats)
        self.first_pause: float = _check("first_pause", first_pause)
        self.longest_pause: float = _check("longest_pause", longest_pause)
        self.overall: float = _check("overall", overall)

    def __repr__(self) -> str:
        return (
            f"Retry({self.repeats}, first_pause={self.first_pause}, longest_pause={self.longest_pause}, "
            f"overall={self.overall})"
        )

    def pause(self, safe: bool, problem: "PodioError", *, repeats: int, waited: float, chance: float) -> "float | None":
        """Return the seconds to wait before a request is repeated after ``problem``, or None to give up.

        - ``safe``: whether the request changes nothing.
        - ``repeats``, ``waited``: how often it was repeated so far, and how many seconds it waited.
        - ``chance``: a random number in [0, 1).

        >>> Retry().pause(True, UnavailableError("503", retry_after=2), repeats=0, waited=0.0, chance=0.5)
        2.25
        """
        if isinstance(problem, RateLimitError):
            can_repeat = problem.retry_after is not None
        else:
            can_repeat = safe and isinstance(problem, (ConnectionFailed, UnavailableError))
        # Never less than Podio asks for: an earlier request would be over the limit too.
        least = getattr(problem, "retry_after", None) or 0
        left = self.overall - waited
        if not can_repeat or repeats >= self.repeats or least > left:
            return None
        longest = min(self.longest_pause, self.first_pause * (1 << min(repeats, _DOUBLINGS)))
        return min(least + chance * longest, left)


def is_safe(method: str, path: str, data: "Any" = None) -> bool:
    """Return whether a request changes nothing (https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1).

    GET is safe, and so are Podio's reads that use POST: filters, calculations and searches. A filter with ``remember``
    is not safe, because Podio saves it for the user. PUT and DELETE may be idempotent, but a repeated PUT adds a
    revision, or overwrites what somebody else wrote in between.

    >>> is_safe("POST", "/item/app/3001/filter/", {"limit": 30})
    True
    """
    if method != "POST":
        return method == "GET"
    parts = path.split("/")[1:]
    if parts[:2] == ["item", "app"]:
        changes = isinstance(data, dict) and data.get("remember")
        return parts[3:4] == ["calculate"] or (parts[3:4] == ["filter"] and not changes)
    return parts[0] == "search" or parts[:2] == ["reference", "search"]


def check_retry(retry: "Retry | None") -> "Retry | None":
    """Return ``retry``. Raises ValueError unless it is a ``Retry`` or None.

    >>> check_retry(None) is None
    True
    """
    if not (retry is None or isinstance(retry, Retry)):
        raise ValueError("retry must be a Retry, or None to repeat nothing")
    return retry


def _check(name: str, value: "float") -> "float":
    # `not` refuses NaN too. A day is longer than any rate limit.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 86_400:
        raise ValueError(f"{name} must be a number from 0 to 86400")
    return value


RETRY = Retry()
"""The default policy of a client."""
