"""Sign a user in to Podio from a web page written in Python, and work with their data.

``podio_web.types`` has the types of the API, ``podio_web.stores`` the session stores and ``podio_web.transports`` the
transports. ``podio_web.web`` signs users in to a web application, ``podio_web.testing`` is for tests.

>>> from podio_web import Podio
>>> podio = Podio("client", client_id="my-app")
>>> await podio.login()
>>> me = await podio.get("/user/status")
"""

import sys

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
from podio_web.runtime.interpreter import load as _load
from podio_web.stores.memory import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.stores import FileStore, LocalStorageStore, RedisStore, SessionStorageStore, SQLiteStore
    from podio_web.sync_client import SyncPodio
else:

    def __getattr__(name):
        return _load(__name__, _MODULES, name)

    def __dir__():
        return sorted(set(globals()) | set(__all__))


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

_MODULES = {
    "podio_web.stores": ("FileStore", "LocalStorageStore", "RedisStore", "SQLiteStore", "SessionStorageStore"),
    "podio_web.sync_client": ("SyncPodio",),
}

if "pdoc" in sys.modules:
    __import__("podio_web._pdoc")
