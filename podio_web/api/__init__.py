"""The API without the network: building calls, judging answers, renewing in the middle.

Pure: nothing here performs I/O. A transport takes a ``Call`` and returns an ``Answer``.
"""

from podio_web.api.answer import Answer, judge
from podio_web.api.call import Call, as_client, authorized, build_call, check_timeout
from podio_web.api.exchange import Perform, Renew, advance, exchange

__all__ = [
    "Answer",
    "Call",
    "Perform",
    "Renew",
    "advance",
    "as_client",
    "authorized",
    "build_call",
    "check_timeout",
    "exchange",
    "judge",
]
