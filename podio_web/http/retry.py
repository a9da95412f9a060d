"""The retry policy: wait a while and repeat the call, or give up. Pure: nothing here waits.

Exponential back-off with full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from podio_web.errors import ConnectionFailed, RateLimitError, UnavailableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.errors import PodioError

_DOUBLINGS = 30


class Retry:
    """When to repeat a call, and after how many seconds.

    A lost connection, 502, 503 and 504 may mean that Podio did the work all the same: after these only a safe call is
    repeated, one that changes nothing. A call over the rate limit (420, 429) was refused undone: any is repeated, if
    Podio says how long to wait and that fits. The whole call still ends within its time-out.

    Arguments:

    - ``repeats``: how often a call is repeated at most; 0 turns retries off.
    - ``first_pause``, ``longest_pause``: seconds; the longest possible pause doubles from the one to the other.
    - ``overall``: seconds that a call may wait in all.

    Raises ValueError for a limit that is negative or no number.

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
        """Return the seconds to wait before a call is tried again after ``problem``; None means give up.

        ``safe`` says that the call changes nothing. It was repeated ``repeats`` times and has waited ``waited`` seconds
        so far; ``chance`` is in [0, 1).

        >>> Retry().pause(True, UnavailableError("503", retry_after=2), repeats=0, waited=0.0, chance=0.5)
        2.25
        """
        if isinstance(problem, RateLimitError):
            can_repeat = problem.retry_after is not None
        else:
            can_repeat = safe and isinstance(problem, (ConnectionFailed, UnavailableError))
        # Podio's own number counts in full: asking sooner is one more call over the limit.
        least = getattr(problem, "retry_after", None) or 0
        room = self.overall - waited
        if not can_repeat or repeats >= self.repeats or least > room:
            return None
        longest = min(self.longest_pause, self.first_pause * (1 << min(repeats, _DOUBLINGS)))
        return min(least + chance * longest, room)


def is_safe(method: str, path: str, data: "Any" = None) -> bool:
    """Tell whether a call changes nothing (https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1).

    GET does not, and neither do the reads that Podio has as POST: filters, calculations and searches. A filter with
    ``remember`` does: it becomes the person's own. PUT and DELETE may be idempotent, but a repeated PUT adds a revision
    at Podio, or undoes what somebody else wrote meanwhile.

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
    """Return ``retry`` when it is a policy or None, else raise ValueError.

    >>> check_retry(None) is None
    True
    """
    if not (retry is None or isinstance(retry, Retry)):
        raise ValueError("retry must be a Retry, or None to repeat nothing")
    return retry


def _check(name: str, value: "float") -> "float":
    # `not` catches NaN too; a day is longer than any rate limit.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 86_400:
        raise ValueError(f"{name} must be a number from 0 to 86400")
    return value


RETRY = Retry()
"""The policy of a client that is given none."""
