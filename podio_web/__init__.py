"""Sign a person in to Podio from a web page written in Python, and work with their data.

>>> from podio_web import Podio
>>> podio = Podio("client", client_id="my-app")
>>> await podio.login()
>>> me = await podio.get("/user/status")
"""

import sys

import podio_web.compat  # first, because it checks the interpreter's version
from podio_web.api.path import quote
from podio_web.api.retry import Retry
from podio_web.client import Podio, renew_by_popup
from podio_web.errors import (
    AccessDenied,
    AccountChanged,
    APIError,
    AuthorizationError,
    BadRequestError,
    ConflictError,
    ConnectionFailed,
    ForbiddenError,
    GoneError,
    GrantRefused,
    LoginRequired,
    MalformedResponse,
    NotFoundError,
    PodioError,
    PopupBlocked,
    PopupCancelled,
    PopupClosed,
    PopupTimeout,
    RateLimitError,
    SecondFactorRequired,
    ServerError,
    SignInError,
    StateMismatch,
    TimedOut,
    TokenRefused,
    UnavailableError,
    UnknownClient,
    UnknownUser,
    UnsolicitedResponse,
    WrongClientSecret,
    WrongPassword,
)
from podio_web.oauth.token import Token
from podio_web.session.memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.browser.storage import LocalStorageStore, SessionStorageStore
    from podio_web.server.redis_store import RedisStore
    from podio_web.server.sqlite_store import SQLiteStore
    from podio_web.sync.client import SyncPodio
    from podio_web.sync.file_store import FileStore

__version__ = "0.1.0"

__all__ = [
    "APIError",
    "AccessDenied",
    "AccountChanged",
    "AuthorizationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionFailed",
    "FileStore",
    "ForbiddenError",
    "GoneError",
    "GrantRefused",
    "LocalStorageStore",
    "LoginRequired",
    "MalformedResponse",
    "MemoryStore",
    "NotFoundError",
    "Podio",
    "PodioError",
    "PopupBlocked",
    "PopupCancelled",
    "PopupClosed",
    "PopupTimeout",
    "RateLimitError",
    "RedisStore",
    "Retry",
    "SQLiteStore",
    "SecondFactorRequired",
    "ServerError",
    "SessionStorageStore",
    "SignInError",
    "StateMismatch",
    "SyncPodio",
    "TimedOut",
    "Token",
    "TokenRefused",
    "UnavailableError",
    "UnknownClient",
    "UnknownUser",
    "UnsolicitedResponse",
    "WrongClientSecret",
    "WrongPassword",
    "quote",
    "renew_by_popup",
]


_LATE = {
    "FileStore": "podio_web.sync.file_store",
    "RedisStore": "podio_web.server.redis_store",
    "SQLiteStore": "podio_web.server.sqlite_store",
    "LocalStorageStore": "podio_web.browser.storage",
    "SessionStorageStore": "podio_web.browser.storage",
    "SyncPodio": "podio_web.sync.client",
}

# What Pyodide needs beside podio_web.
_WHEELS = {
    "FileStore": "the wheel podio_web_server",
    "SQLiteStore": "the wheel podio_web_server and Pyodide's package sqlite3",
    "SyncPodio": "the wheel podio_web_server",
}


def __getattr__(name: str) -> object:
    """Import what only some need when it is asked for: a page's stores, a script's client."""
    if name not in _LATE:
        raise AttributeError(f"module 'podio_web' has no attribute {name!r}")
    try:
        module = __import__(_LATE[name], None, None, (name,))
    except ImportError as problem:
        if _LATE[name].startswith("podio_web.browser"):
            raise
        raise ImportError(f"{_remedy(name)} ({problem})") from None
    return getattr(module, name)


def _remedy(name: str) -> str:
    """Return what to do about a name that cannot be imported: all of it, or the next error would name the rest."""
    if not podio_web.compat.IN_PAGE:
        return f"{name} belongs to the distribution podio-web-server. Run pip install podio-web-server."
    if name in _WHEELS and sys.implementation.name != "micropython":
        return f"{name} needs {_WHEELS[name]} in a page. Install that beside podio_web, or use Podio with await."
    return f"{name} does not work in this interpreter. Use Podio with await, and MemoryStore or a store of the page."
