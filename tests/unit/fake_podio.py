"""Makes a ``Podio`` on a fake page."""

import json
from typing import Any

from podio_web import Podio
from podio_web.http import Request, Response
from tests.unit.fake_page import TOKEN_TEXT, FakePage

EXPIRED = Response(
    401,
    {},
    json.dumps({"error": "unauthorized", "error_description": "expired_token", "error_detail": None}),
)


def make_podio(page: FakePage, **options: Any) -> Podio:
    """Return a client whose runtime is ``page``."""
    auth_type = options.pop("auth_type", "client")
    return Podio(auth_type, client_id=options.pop("client_id", "my-app"), runtime=page, **options)


def response(access_token: str = TOKEN_TEXT, user_id: int = 1001, expires_in: int = 3600) -> dict[str, Any]:
    """Return a token response as Podio sends it."""
    return {
        "access_token": access_token,
        "expires_in": expires_in,
        "refresh_token": "never-kept",
        "scope": "global:all",
        "ref": {"type": "user", "id": user_id},
    }


def token_of(call: Request) -> str:
    """Return the access token that a call carries."""
    scheme, _, token = call.headers["Authorization"].partition(" ")
    assert scheme == "OAuth2"
    return token


def accept_only(access_token: str, data: object = None) -> Any:
    """Return a transport's respond function: data for that token, expired_token for any other."""

    def respond(call: Request) -> Response:
        if token_of(call) != access_token:
            return EXPIRED
        return Response(200, {}, json.dumps({"path": call.path} if data is None else data))

    return respond
