"""Errors for pages that were written for podio-js.

https://podio.github.io/podio-js/
"""

from podio_web.errors import APIError, LoginRequired, PodioError
from podio_web.script_tag.js_errors import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BODY = ("error", "error_description", "error_detail", "error_parameters")

# podio-js's names (its lib/PodioErrors.js). Any other status is a PodioError.
_PODIO_JS_NAMES = {
    400: "PodioBadRequestError",
    401: "PodioAuthorizationError",
    403: "PodioForbiddenError",
    404: "PodioNotFoundError",
    409: "PodioConflictError",
    410: "PodioGoneError",
    420: "PodioRateLimitError",
    429: "PodioRateLimitError",
    500: "PodioServerError",
    502: "PodioUnavailableError",
    503: "PodioUnavailableError",
    504: "PodioUnavailableError",
}


def explain_to_podio_js(problem: BaseException, api_url: str) -> "dict[str, Any]":
    """Return a record of an error with podio-js's ``name``, and Podio's parsed response as ``body``.

    podio-js calls the body ``message``, and so does ``podio-web.js``. An expired session is an authorization error in
    podio-js.

    >>> explain_to_podio_js(NotFoundError("…", status=404, error="not_found"), "https://api.podio.com")["name"]
    'PodioNotFoundError'
    """
    record = explain(problem)
    status = getattr(problem, "status", None)
    if isinstance(problem, LoginRequired) and status is None:
        status = record["status"] = 401
    if isinstance(problem, PodioError):
        record["name"] = _PODIO_JS_NAMES.get(status or 0, "PodioError")
    if isinstance(problem, APIError):
        body = {name: getattr(problem, name) for name in _BODY}
        record["body"] = {name: value for name, value in body.items() if value is not None}
    if "path" in record:
        record["url"] = api_url + record["path"]
    return record
