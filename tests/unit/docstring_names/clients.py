"""What the examples of ``Podio`` and ``SyncPodio`` use: a client whose requests a transport answers."""

import functools
from typing import Any

from podio_web import Podio, SyncPodio
from podio_web.http import build_request
from podio_web.oauth.token import Token
from podio_web.runtime.run_blocking import drive
from podio_web.runtime.shared_outcome import SharedOutcome
from podio_web.runtime.threads import ThreadOutcome
from podio_web.sync_client import DrivenPodio
from podio_web.testing import FakeTransport
from tests.unit.docstring_names.pages import ClickedPage
from tests.unit.fake_podio import response

AUTH_TYPES = {
    "authenticate_with_activation_code": "server",
    "authenticate_with_app": "app",
    "authenticate_with_credentials": "password",
    "get_access_token": "server",
    "get_authorization_url": "server",
    "set_auth_error": "server",
    "with_store": "server",
}


def with_items() -> FakeTransport:
    """Return a transport with what the examples of clients ask for."""
    transport = FakeTransport()
    limit = {"x-rate-limit-limit": "1000", "x-rate-limit-remaining": "987"}
    me = {"user": {"user_id": 1001}, "profile": {"name": "Ada Example"}}
    transport.answer("GET", "/user/status", me, headers=limit, times=None)
    transport.answer("GET", "/app/5001", {"app_id": 5001}, times=None)
    transport.answer("GET", "/item/4", {"item_id": 4}, times=None)
    transport.answer("POST", "/item/app/3001/filter/", {"items": []}, times=None)
    transport.answer("POST", "/comment/item/4/", {"comment_id": 8}, times=None)
    transport.answer("PUT", "/item/4", {"revision": 1}, times=None)
    transport.answer("DELETE", "/item/4", status=204, times=None)
    transport.answer("POST", "/oauth/token", response(), times=None)
    return transport


def client_of(kind: Any, auth_type: str) -> Any:
    """Return a client of class ``kind`` that holds a token, unless it signs in by its own example."""
    where = "https://app.example/static/callback.html"
    options: dict[str, Any] = {"client_id": "my-app", "transport": with_items(), "redirect_uri": where}
    if auth_type == "client":
        return kind("client", runtime=ClickedPage(), **options)
    return kind(auth_type, client_secret="my-secret", **options)


async def renew(outcome: SharedOutcome) -> None:
    """Renew nothing, and tell the waiting threads so."""
    outcome.succeed("new token")


def for_client(module: str, owner: str) -> dict[str, Any]:
    """Return what the examples of clients, and of what drives them, use."""
    kind = {"podio_web.client": Podio, "podio_web.sync_client": SyncPodio}.get(module, DrivenPodio)
    method = owner.rpartition(".")[2]
    podio = client_of(kind, AUTH_TYPES.get(method, "client"))
    if method not in {"is_authenticated", "login"} | {name for name in AUTH_TYPES if name.startswith("auth")}:
        podio.set_access_token(response())
    if method == "RateLimit":
        drive(podio.get("/user/status"))
    return {
        "Podio": functools.partial(Podio, transport=with_items()),
        "SyncPodio": functools.partial(SyncPodio, transport=with_items()),
        "app_token": "t1-of-the-app",
        "drive": drive,
        "podio": podio,
        "transport": with_items(),
        "renew": renew,
        "outcome": ThreadOutcome(),
        "request": build_request("https://api.podio.com", "GET", "/item/4"),
        "stale": Token("old", expires_at=1_790_000_000),
        "template": client_of(kind, "server"),
    }
