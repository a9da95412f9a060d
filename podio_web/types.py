"""The types of podio_web's public API, for annotations.

A type checker knows them everywhere. At run time this module needs CPython or Pyodide, and the page archive does not
have it: in a page, import it under ``if TYPE_CHECKING:``.

>>> from podio_web.types import SessionStore
>>> def open_client(store: SessionStore) -> Podio:
...     return Podio("app", "my-app", secret, session_store=store)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar, Union

if TYPE_CHECKING:
    import typing_extensions

    from podio_web.http import RateLimit, Request, Response, Retry
    from podio_web.oauth.token import Token
    from podio_web.runtime.protocols import Runtime

    AuthT = typing_extensions.TypeVar("AuthT", bound="AuthType", covariant=True, default=Any)
    """The auth type of a client, which decides the methods that a type checker allows; any if it is left out."""

__all__ = [
    "AuthType",
    "EventName",
    "FileSink",
    "FileSource",
    "FileTransport",
    "Handler",
    "HttpMethod",
    "LiveStatus",
    "LoginMethod",
    "PerformRequest",
    "PersonEvent",
    "RateLimit",
    "Request",
    "Response",
    "Retry",
    "Runtime",
    "SessionStore",
    "SharedSessionStore",
    "StoredToken",
    "ThumbnailSize",
    "Token",
    "TokenEvent",
    "TransferWatch",
    "Transport",
]

AuthType: TypeAlias = Literal["client", "server", "password", "app"]
"""How a client signs in (https://developers.podio.com/authentication)."""

HttpMethod: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]
"""The HTTP methods of Podio's API."""

LoginMethod: TypeAlias = Literal["popup", "redirect"]
"""Where a user signs in from a page: in a popup, or in the page's own tab, which comes back."""

ThumbnailSize: TypeAlias = Literal["tiny", "small", "medium", "large", "extra_large", "badge", "preview"]
"""The sizes of thumbnails (https://developers.podio.com/doc/files)."""

LiveStatus: TypeAlias = Literal["connecting", "live", "waiting", "offline", "closed"]
"""Whether events of ``podio_web.live`` arrive; ``Live.status`` says what each means."""

TokenEvent: TypeAlias = Literal["account_changed", "authenticated", "expiring"]
"""The events whose handlers are given a ``Token``."""

PersonEvent: TypeAlias = Literal["login_needed", "login_waiting"]
"""The events whose handlers are given a function to call in a click: to open the popup, or to stop waiting for it."""

EventName: TypeAlias = Literal[
    "account_changed",
    "authenticated",
    "expiring",
    "logged_out",
    "login_needed",
    "login_waiting",
    "rate_limited",
    "storage_degraded",
]
"""The events of a client; ``podio_web.events`` says when each is emitted."""

_Detail = TypeVar("_Detail")

Handler: TypeAlias = Callable[[_Detail], object]
"""A handler of events, by what it is given; it may be ``async def``."""

StoredToken: TypeAlias = Union["Token", Mapping[str, Any], str, bytes, None]
"""What ``get`` of a store may return: a token, its ``to_dict()``, the JSON text of that, or None."""


class SessionStore(Protocol):
    """Keeps a client's token; the ``session_store`` of ``Podio`` and ``SyncPodio``.

    Each method may be ``def`` or, for ``Podio``, ``async def``. A store may also have ``clear(auth_type)``, which
    forgets the token. Without it, a sign-out calls ``set`` with a placeholder: a token that ends within a minute and
    means that nobody is signed in.

    >>> class JsonStore:
    ...     def get(self, auth_type: str) -> str | None:
    ...         path = Path(f"{auth_type}.json")
    ...         return path.read_text() if path.exists() else None
    ...
    ...     def set(self, token: Token, auth_type: str) -> None:
    ...         Path(f"{auth_type}.json").write_text(json.dumps(token.to_dict()))
    """

    @abstractmethod
    def get(self, auth_type: str, /) -> StoredToken | Awaitable[StoredToken]:
        """Return the token that was set last, or None.

        ``auth_type`` is the client's, an ``AuthType``.
        """

    @abstractmethod
    def set(self, token: Token, auth_type: str, /) -> object:
        """Keep ``token``, which is never None. An awaitable result is awaited."""


class SharedSessionStore(SessionStore, Protocol):
    """A session store that several processes may share.

    ``Podio`` uses each of these methods if the store has it; ``acquire`` and ``release`` come together. With a lock, an
    expired session is refreshed once for all processes. ``podio_web.stores.RedisStore`` is one. A class that inherits
    from this one must have all methods; a store with some of them inherits from ``SessionStore``, or from neither.
    """

    @abstractmethod
    def clear(self, auth_type: str, /) -> object:
        """Forget the token."""

    @abstractmethod
    def acquire(self, auth_type: str, owner: str, seconds: float, /) -> bool | Awaitable[bool]:
        """Take the session's lock for ``seconds``. Return True if ``owner``, a random text, holds it now."""

    @abstractmethod
    def release(self, auth_type: str, owner: str, /) -> object:
        """Give the lock back if ``owner`` still holds it."""

    @abstractmethod
    def replace(self, old: Token, new: Token, auth_type: str, /) -> bool | Awaitable[bool]:
        """Keep ``new`` in one step if ``old`` or ``new`` is what is kept. Return False if it is anything else."""


class Transport(Protocol):
    """Performs HTTP requests; the ``transport`` of ``Podio`` and ``SyncPodio``.

    >>> class Logged:
    ...     def __init__(self, transport: Transport) -> None:
    ...         self.transport = transport
    ...
    ...     async def perform(self, request: Request, timeout: float | None) -> Response:
    ...         logging.info("%s %s", request.method, request.path)
    ...         return await self.transport.perform(request, timeout)
    ...
    ...     async def close(self) -> None:
    ...         await self.transport.close()
    """

    async def perform(self, request: Request, timeout: float | None, /) -> Response:
        """Send ``request`` and return the response, whatever its status is.

        ``timeout`` is in seconds; None means no limit. Raises TimedOut after it, ConnectionFailed without a response.
        """

    async def close(self) -> None:
        """Close connections. It is called once, by the client that opened the transport."""


class PerformRequest(Protocol):
    """Performs a request within a number of seconds, like ``Transport.perform``."""

    def __call__(self, request: Request, timeout: float | None, /) -> Awaitable[Response]:
        """Send ``request`` and return the response, whatever its status is."""


class FileSource(Protocol):
    """What an upload sends: a transport makes it from what the caller gave.

    It may have ``repeatable``. If that is false, the source is read once, even if the session had to be renewed.
    """

    @property
    def name(self) -> str:
        """The file name, safe to send."""

    @property
    def size(self) -> int | None:
        """The size in bytes, or None if it is not known."""


class TransferWatch(Protocol):
    """The limits and the progress of one transfer, for the transport that does it; see ``podio_web.files.watch``."""

    on_stop: Callable[[], object] | None
    """Set by the transport: called when the transfer must end at once, for example because the user signed out."""

    def check(self) -> float:
        """Return the seconds until the transfer must move or end. Raises its error if it was stopped or is late."""

    def moved(self, done: int, /) -> None:
        """Take note that ``done`` bytes of the file have been sent or received since the start."""

    def sent(self) -> None:
        """Take note that the whole request was sent. From now on the wait for the response is limited."""


class FileSink(Protocol):
    """Where a download puts the bytes of a file."""

    async def begin(self, size: int | None, mimetype: str) -> None:
        """Start, or start again: what was written so far is dropped."""

    async def write(self, part: bytes) -> None:
        """Take the next bytes."""


class FileTransport(Transport, Protocol):
    """A transport that sends and receives files too. Those of CPython in ``podio_web.transports`` do."""

    def source(self, given: Any, name: str | None) -> FileSource:
        """Return what to send. Raises TypeError or ValueError if it cannot be sent, and says what to use instead."""

    async def upload(self, request: Request, source: FileSource, watch: TransferWatch) -> Response:
        """Send ``source`` as multipart/form-data with the parts ``source`` and ``filename``.

        Raises TimedOut, ConnectionFailed, and the watch's error at its limits.
        """

    async def download(self, request: Request, sink: FileSink, watch: TransferWatch) -> Response:
        """Send ``request``. Put the body of a successful response into ``sink``, and return the response without text.

        The text of any other response is in the response. Raises what ``upload`` raises.
        """


_ELSEWHERE = {
    "RateLimit": "podio_web.http",
    "Request": "podio_web.http",
    "Response": "podio_web.http",
    "Retry": "podio_web.http",
    "Runtime": "podio_web.runtime.protocols",
    "Token": "podio_web.oauth.token",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import what is defined elsewhere when it is asked for: this module imports nothing of the package."""
        if name in _ELSEWHERE:
            return getattr(__import__(_ELSEWHERE[name], None, None, [name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """Return the names of this module, those that are defined elsewhere included."""
        return sorted({*globals(), *_ELSEWHERE})
