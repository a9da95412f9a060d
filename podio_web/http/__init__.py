"""Requests and responses of the API: building a request, reading a response, renewal and retries.

Nothing here performs I/O. A transport takes a ``Request`` and returns a ``Response``.
"""

from podio_web.http.exchange import Budget, Perform, Refused, Renew, Wait, advance, exchange, tries
from podio_web.http.request import Request, authorized, build_request, check_timeout, quote
from podio_web.http.response import MAY_SAY_WHEN, RateLimit, Response, rate_limit, read_response, too_large
from podio_web.http.retry import RETRY, Retry, check_retry, is_safe

__all__ = [
    "MAY_SAY_WHEN",
    "RETRY",
    "Budget",
    "Perform",
    "RateLimit",
    "Refused",
    "Renew",
    "Request",
    "Response",
    "Retry",
    "Wait",
    "advance",
    "authorized",
    "build_request",
    "check_retry",
    "check_timeout",
    "exchange",
    "is_safe",
    "quote",
    "rate_limit",
    "read_response",
    "too_large",
    "tries",
]
