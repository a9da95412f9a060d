"""Sign a person in to Podio from a web page written in Python, and work with their data.

>>> from podio_web import Podio
>>> podio = Podio("client", client_id="my-app")
>>> await podio.login()
>>> me = await podio.get("/user/status")
"""

import podio_web.runtime.interpreter  # noqa: F401 - first, because it checks the interpreter's version
from podio_web.client import Podio, renew_by_popup
from podio_web.errors import (
    AccessDenied,
    AccountChanged,
    APIError,
    AuthorizationError,
    BadRequestError,
    CallbackMissing,
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
    StoreUnavailable,
    TimedOut,
    TokenRefused,
    UnavailableError,
    UnknownClient,
    UnknownUser,
    UnsolicitedResponse,
    WrongClientSecret,
    WrongPassword,
)
from podio_web.http.request import quote
from podio_web.http.retry import Retry
from podio_web.oauth.token import Token
from podio_web.stores.memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.stores.file import FileStore
    from podio_web.stores.redis import RedisStore
    from podio_web.stores.sqlite import SQLiteStore
    from podio_web.stores.web_storage import LocalStorageStore, SessionStorageStore
    from podio_web.sync_client import SyncPodio

__version__ = "0.1.0"

__all__ = [
    "APIError",
    "AccessDenied",
    "AccountChanged",
    "AuthorizationError",
    "BadRequestError",
    "CallbackMissing",
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
    "StoreUnavailable",
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
    "podio_web.stores.web_storage": ("LocalStorageStore", "SessionStorageStore"),
    "podio_web.stores.redis": ("RedisStore",),
    "podio_web.stores.sqlite": ("SQLiteStore",),
    "podio_web.sync_client": ("SyncPodio",),
    "podio_web.stores.file": ("FileStore",),
}


def __getattr__(name: str) -> object:
    """Import what only some need when it is asked for: a page's stores, a script's client."""
    for module, names in _LATE.items():
        if name in names:
            try:
                return getattr(__import__(module, None, None, names), name)
            except ImportError as problem:
                if module == "podio_web.stores.web_storage":
                    raise
                # All of it at once, or the next error would name the rest.
                raise ImportError(
                    f"{name} is not in the page archive. In Pyodide install the whole podio-web, and for "
                    f"SQLiteStore sqlite3. In MicroPython use Podio and await. ({problem})"
                ) from None
    raise AttributeError(f"module 'podio_web' has no attribute {name!r}")
