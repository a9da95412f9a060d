"""A sandbox inside this interpreter, without a server and without a network: for pages, notebooks and tests.

It is the sandbox of ``podio-web sandbox``, with its control interface on. In Pyodide it needs the packages
``starlette``, ``anyio``, ``python-multipart``, ``h11`` and ``tzdata``.

Examples:
    >>> from podio_web.sandbox.in_page import InPageSandbox
    >>> sandbox = InPageSandbox()
    >>> podio = sandbox.signed_in()
    >>> (await podio.get("/user/status"))["user"]["mail"]
    'demo@example.com'
    >>> sandbox.close()
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Literal

from podio_web.client import Podio
from podio_web.http import Request
from podio_web.runtime.run_blocking import drive
from podio_web.stores.memory import MemoryStore
from podio_web.sync_client import SyncPodio
from podio_web.testing.control import SandboxControl

from .app import create_app
from .asgi_transport import AsgiTransport, exchange
from .clock import Clock
from .world import World

URL = "http://localhost"
"""What clients of an ``InPageSandbox`` pass as ``api_url``. Nothing listens there."""


class InPageSandbox(SandboxControl):
    """A local Podio inside this interpreter, and its control interface.

    Args:
        clock: The source of time. None uses the system's clock.
        domain: The domain that redirect URIs of ``demo-client`` may be on, such as that of a page.

    Raises:
        ValueError: The time zone database is missing.

    Examples:
        >>> with InPageSandbox() as sandbox:
        ...     podio = sandbox.sync_signed_in("other@example.com")
        ...     name = podio.get("/user/status")["profile"]["name"]
        ...     [call["path"] for call in sandbox.calls()]
        ['/user/status']
    """

    def __init__(self, clock: Clock | None = None, *, domain: str = "localhost") -> None:
        self._world = World(clock=clock)
        self._domain = domain
        self._register()
        self._app = create_app(self._world, with_control=True)
        self.transport: AsgiTransport = AsgiTransport(self._app)
        super().__init__(URL, self._control)

    def __enter__(self) -> InPageSandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the sandbox's data. Its clients get no more responses."""
        self._world.close()

    def reset(self) -> None:
        """Reset data, settings, clock, faults, edits to come, recorded calls, deliveries and counters.

        Examples:
            >>> with InPageSandbox() as sandbox:
            ...     sandbox.reset()
        """
        super().reset()
        self._register()

    def signed_in(self, username: str = "demo@example.com", client_id: str = "demo-client") -> Podio[Literal["client"]]:
        """Return a client that is signed in. When its session expires, the user signs in again at once.

        Args:
            username: The user's e-mail address.
            client_id: The client's ID.

        Raises:
            SandboxRefused: The user or the client is unknown.

        Examples:
            >>> with InPageSandbox() as sandbox:
            ...     podio = sandbox.signed_in("other@example.com")
        """
        podio = Podio("client", client_id, **self._options(username, client_id))
        podio.set_access_token(self.issue_token(username, client_id))
        return podio

    def sync_signed_in(
        self, username: str = "demo@example.com", client_id: str = "demo-client"
    ) -> SyncPodio[Literal["client"]]:
        """Return a client without ``await`` that is signed in. It cannot wait for a slow response.

        Args:
            username: The user's e-mail address.
            client_id: The client's ID.

        Raises:
            SandboxRefused: The user or the client is unknown.

        Examples:
            >>> with InPageSandbox() as sandbox:
            ...     sandbox.sync_signed_in().get("/user/status")["user"]["mail"]
            'demo@example.com'
        """
        podio = SyncPodio("client", client_id, **self._options(username, client_id))
        podio.set_access_token(self.issue_token(username, client_id))
        return podio

    def _register(self) -> None:
        """Register the domain of the page."""
        self._world.store.run("UPDATE client SET domain = ? WHERE client_id = 'demo-client'", self._domain)

    def _options(self, username: str, client_id: str) -> dict[str, Any]:
        """Return the options of a client. When its session has expired, the user signs in again at once."""

        def sign_in_again(podio: Any) -> None:
            podio.set_access_token(self.issue_token(username, client_id))

        return {
            "api_url": URL,
            "session_store": MemoryStore(),
            "transport": self.transport,
            "on_token_will_refresh": sign_in_again,
        }

    def _control(self, method: str, path: str, body: bytes | None, seconds: float) -> tuple[int, str]:
        """Send a request to the control interface, which never waits."""
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = Request(method, URL + path, path=path, headers=headers, body=body)
        response: Any = drive(exchange(self._app, request))
        return response.status, response.text
