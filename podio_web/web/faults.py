"""What goes wrong while signing in or out, told to the log without anything secret."""

import logging
import math
import traceback

from podio_web.errors import StoreUnavailable
from podio_web.web.messages import Response, plain

log = logging.getLogger("podio_web.web")


def kind(problem: BaseException) -> str:
    """Return what an exception is called; its text may repeat what was sent.

    >>> kind(ValueError("a secret"))
    'ValueError'
    """
    return type(problem).__name__


def report(problem: BaseException, doing: str) -> None:
    """Log an exception that is not raised any further: its kind and where it happened, but not its text.

    >>> report(problem, "signing in")
    """
    log.error("%s while %s:\n%s", kind(problem), doing, "".join(traceback.format_tb(problem.__traceback__)))


def unavailable(problem: StoreUnavailable) -> Response:
    """Return the answer while the session store is away: 503, with the wait to suggest. No cookie is touched.

    https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3

    >>> unavailable(StoreUnavailable("The session store failed.")).status
    503
    """
    # Not the problem's text: the application may have raised it.
    reason = problem.reason or "for a reason of its own"
    log.error("The session store is unavailable (%s), so a request was answered with 503.", reason)
    wait = str(math.ceil(problem.retry_after))
    return plain(503, "This service is not available at the moment. Try again soon.", [("Retry-After", wait)])
