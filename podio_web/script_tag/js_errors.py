"""Errors for JavaScript: records from which ``podio-web.js`` makes ``Error`` objects.

https://tc39.es/ecma262/#sec-error-objects
"""

from podio_web.errors import PodioError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FIELDS = {
    "status": "status",
    "error": "error",
    "error_description": "errorDescription",
    "error_detail": "errorDetail",
    "error_parameters": "errorParameters",
    "retry_after": "retryAfter",
    "method": "method",
    "path": "path",
}


def explain(problem: BaseException) -> "dict[str, Any]":
    """Return a record of an error: ``name``, ``message``, ``code`` and its other fields.

    The names are those of ``podio_web.errors``. A wrong argument is JavaScript's ``TypeError``.

    >>> explain(LoginRequired("Nobody is signed in."))
    {'name': 'LoginRequired', 'message': 'Nobody is signed in.', 'code': 'login_required'}
    """
    record: dict[str, Any] = {"name": _name_of(problem), "message": _text_of(problem), "code": code_of(problem)}
    for field, name in _FIELDS.items():
        value = getattr(problem, field, None)
        if value not in (None, {}):
            record[name] = value
    return record


def code_of(problem: BaseException) -> str:
    """Return a stable code for programs: the error's ``code``, or its class name in snake case.

    >>> code_of(NotFoundError("…"))
    'not_found'
    """
    code = getattr(problem, "code", None)
    if isinstance(code, str):
        return code
    if isinstance(problem, (ValueError, TypeError)):
        return "wrong_argument"
    if not isinstance(problem, PodioError):
        return "python_error"
    name = type(problem).__name__
    if name in ("PodioError", "APIError"):
        return "podio_error"
    word = ""
    for letter in name.replace("Error", ""):
        word += "_" + letter if "A" <= letter <= "Z" and word else letter
    return word.lower()


def _name_of(problem: BaseException) -> str:
    if isinstance(problem, PodioError):
        return type(problem).__name__
    return "TypeError" if isinstance(problem, (ValueError, TypeError)) else "PythonError"


def _text_of(problem: BaseException) -> str:
    if isinstance(problem, (PodioError, ValueError, TypeError, RuntimeError)):
        return str(problem)
    return f"{type(problem).__name__}: {problem}"
