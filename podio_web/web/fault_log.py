"""Log errors of the middleware without secrets, and answer with 503 if the session store is unavailable."""

import logging
import math
import traceback

from podio_web.errors import StoreUnavailable
from podio_web.web.messages import Response, plain

log: logging.Logger = logging.getLogger("podio_web.web")


def kind(problem: BaseException) -> str:
    """Return the name of an exception's class. Its message is not logged, because it may contain what was sent.

    Args:
        problem: The exception.

    Returns:
        The name.

    Examples:
        >>> kind(ValueError("a secret"))
        'ValueError'
    """
    return type(problem).__name__


def report(problem: BaseException, doing: str) -> None:
    """Log an exception that is not raised: its class and traceback, without its message.

    Args:
        problem: The exception.
        doing: What failed, such as ``"signing in"``.

    Examples:
        >>> report(problem, "signing in")
    """
    log.error("%s while %s:\n%s", kind(problem), doing, "".join(traceback.format_tb(problem.__traceback__)))


def unavailable(problem: StoreUnavailable) -> Response:
    """Log that the session store is unavailable, and return a 503 response. It changes no cookie.

    https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3

    Args:
        problem: The exception, which says after how many seconds to try again.

    Returns:
        The response, with a ``Retry-After`` header.

    Examples:
        >>> unavailable(StoreUnavailable("The session store failed.")).status
        503
    """
    # Without the exception's message: the application may have raised it.
    reason = problem.reason or "for a reason of its own"
    log.error("The session store is unavailable (%s), so a request was answered with 503.", reason)
    wait = str(math.ceil(problem.retry_after))
    return plain(503, "This service is not available at the moment. Try again soon.", [("Retry-After", wait)])
