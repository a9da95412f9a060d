"""Sign a person in to Podio from a web page written in Python, and work with their data.

>>> from podio_web import Podio
>>> podio = Podio("client", client_id="my-app")
>>> await podio.login()
>>> me = await podio.get("/user/status")
"""

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
    LoginRequired,
    MalformedResponse,
    NotFoundError,
    PodioError,
    PopupBlocked,
    PopupCancelled,
    PopupClosed,
    PopupTimeout,
    RateLimitError,
    ServerError,
    SignInError,
    StateMismatch,
    TimedOut,
    UnavailableError,
    UnsolicitedResponse,
)
from podio_web.oauth.token import Token
from podio_web.session.stores import MemoryStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.browser.storage import LocalStorageStore, SessionStorageStore

__version__ = "0.1.0"

__all__ = [
    "APIError",
    "AccessDenied",
    "AccountChanged",
    "AuthorizationError",
    "BadRequestError",
    "ConflictError",
    "ConnectionFailed",
    "ForbiddenError",
    "GoneError",
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
    "ServerError",
    "SessionStorageStore",
    "SignInError",
    "StateMismatch",
    "TimedOut",
    "Token",
    "UnavailableError",
    "UnsolicitedResponse",
    "renew_by_popup",
]


def __getattr__(name: str) -> object:
    """Import what only a page has when it is asked for."""
    if name in ("LocalStorageStore", "SessionStorageStore"):
        from podio_web.browser import storage

        return getattr(storage, name)
    raise AttributeError(f"module 'podio_web' has no attribute {name!r}")
