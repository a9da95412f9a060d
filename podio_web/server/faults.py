"""What goes wrong while signing in or out, told to the log without anything secret."""

import logging
import traceback

log = logging.getLogger("podio_web.server")


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
