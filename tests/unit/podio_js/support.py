"""Clients of both kinds, and as much of Podio as they need."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from podio_web import Podio, SyncPodio, Token
from podio_web.http import Request, Response
from podio_web.oauth.encoding import parse_form
from podio_web.runtime.run_blocking import start
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import EXPIRED, make_podio
from tests.waited import Waited

SECRET = "client-secret"
GRANT_REFUSED = Response(400, {}, json.dumps({"error": "invalid_grant", "error_description": "no longer valid"}))


class BlockingPage(FakePage):
    """A page on which nothing suspends."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def start(self, coroutine: Coroutine[Any, Any, None]) -> object:
        start(coroutine)
        return None


class Clients:
    """Opens clients of one kind, ``Podio`` or ``SyncPodio``, on the page that belongs to it."""

    def __init__(self, runner: asyncio.Runner | None) -> None:
        self.runner = runner
        self.page = BlockingPage() if runner is None else FakePage()

    def open(self, auth_type: str = "server", *, page: FakePage | None = None, **options: Any) -> Any:
        """Return a client; all but ``"client"`` have a secret unless ``options`` say otherwise."""
        page = page or self.page
        if auth_type != "client":
            options.setdefault("client_secret", SECRET)
        if self.runner is not None:
            return Waited(make_podio(page, auth_type=auth_type, **options), self.runner)
        return SyncPodio(auth_type, options.pop("client_id", "my-app"), runtime=page, **options)

    def open_on(self, transport: Any, auth_type: str = "server", **options: Any) -> Any:
        """Return a client that is signed in and calls through ``transport``."""
        client = self.open(auth_type, transport=transport, **options)
        client.set_access_token({"access_token": "access-0", "expires_in": 3600, "refresh_token": "refresh-0"})
        return client

    def open_real(self, auth_type: str = "server", **options: Any) -> Any:
        """Return a client on the machine's own network and clock."""
        if self.runner is not None:
            return Waited(Podio(auth_type, "my-app", SECRET, **options), self.runner)
        return SyncPodio(auth_type, "my-app", SECRET, **options)


class Recorder:
    """A store that notes what it was asked, with the two methods that podio-js's stores have and no more."""

    def __init__(self, held: object = None) -> None:
        self.held = held
        self.asked: list[tuple[Any, ...]] = []

    def get(self, auth_type: str) -> Any:
        self.asked.append(("get", auth_type))
        return self.held

    def set(self, token: Token | None, auth_type: str) -> None:
        self.asked.append(("set", None if token is None else token.access_token, auth_type))
        self.held = token


class FakeAPI:
    """Podio with one account: numbered tokens, of which only the newest are good, and a list of what was asked.

    ``rotation``: a refresh brings a ``"new"`` refresh token and kills the old one, the ``"same"`` again, or ``"none"``.
    ``refusal`` is what the token endpoint answers or raises instead.
    """

    def __init__(self, page: FakePage, *, rotation: str = "new") -> None:
        self.rotation = rotation
        self.forms: list[dict[str, Any]] = []
        self.calls: list[Request] = []
        self.issued = 0
        self.refresh_token = "refresh-0"
        self.refusal: Response | Exception | None = None
        page.transport.respond = self.respond

    @property
    def token_calls(self) -> list[str]:
        """The grant of each call to the token endpoint."""
        return [str(form["grant_type"]) for form in self.forms]

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Path and access token of each other call."""
        return [(call.path, call.headers["Authorization"].removeprefix("OAuth2 ")) for call in self.calls]

    def end_token(self) -> None:
        """Let the newest access token be refused from now on, and nobody know it."""
        self.issued += 1

    def respond(self, call: Request) -> Response:
        if call.path == "/oauth/token":
            assert isinstance(call.body, str)
            form = dict(parse_form(call.body))
            self.forms.append(form)
            if isinstance(self.refusal, Exception):
                raise self.refusal
            return self.refusal or self._grant(form)
        self.calls.append(call)
        if call.headers["Authorization"] != f"OAuth2 access-{self.issued}":
            return EXPIRED
        return Response(200, {}, json.dumps({"path": call.path}))

    def _grant(self, form: dict[str, Any]) -> Response:
        is_refresh = form["grant_type"] == "refresh_token"
        if is_refresh and form["refresh_token"] != self.refresh_token:
            return GRANT_REFUSED
        self.issued += 1
        body = {"access_token": f"access-{self.issued}", "expires_in": 3600, "token_type": "bearer"}
        if not is_refresh or self.rotation == "new":
            self.refresh_token = f"refresh-{self.issued}"
        if not is_refresh or self.rotation != "none":
            body["refresh_token"] = self.refresh_token
        return Response(200, {}, json.dumps({**body, "ref": {"type": "user", "id": 1001}, "scope": "global:all"}))


def session(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a token response as Podio sends it."""
    return {
        "access_token": f"access-{number}",
        "refresh_token": f"refresh-{number}",
        "expires_in": 3600,
        "scope": "global:all",
        "ref": {"type": "user", "id": 1001},
        "token_type": "bearer",
        "transfer_token": "transfer-0",
        **changes,
    }


def ended(page: FakePage, number: int = 0) -> Token:
    """Return a token that has ended and can be renewed."""
    return Token(f"access-{number}", expires_at=page.time - 1, refresh_token=f"refresh-{number}", scope="global:all")
