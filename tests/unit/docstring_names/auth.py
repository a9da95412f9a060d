"""What the examples of sign-in, renewal and OAuth use. The clock stands still at 1,800,000,000 seconds since 1970."""

import json
from typing import Any

from podio_web import MemoryStore
from podio_web.auth import open_auth
from podio_web.auth.context import Context
from podio_web.auth.pending_requests import PendingRequests
from podio_web.auth.session import Session
from podio_web.auth.token_request import token_request
from podio_web.http import Response
from podio_web.oauth.grants import app_grant
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.redirect_response import parse_redirect
from podio_web.oauth.state import AuthorizationRequest
from podio_web.oauth.token import Token
from podio_web.testing import FakeTransport
from tests.unit.docstring_names.pages import ClickedPage
from tests.unit.fake_page import CALLBACK, token_fragment
from tests.unit.fake_podio import response


def token(access_token: str) -> Token:
    """Return a token that is valid on the page's clock."""
    return Token(access_token, expires_at=1_800_003_600, scope="global:all", ref={"type": "user", "id": 1001})


def for_tokens() -> dict[str, Any]:
    """Return a token request of a client with a secret, and its response."""
    identity = ClientIdentity("app", "my-app", "hush", api_url="https://api.podio.com")
    fields = app_grant(5001, "t1-of-the-app")
    return {
        "fields": fields,
        "identity": identity,
        "request": token_request(identity, fields),
        "response": Response(200, {}, json.dumps(response(expires_in=28_800))),
    }


def for_auth(module: str) -> dict[str, Any]:
    """Return a page whose session holds ``stale``, and what renews it."""
    if module == "podio_web.auth.token_request":
        return for_tokens()
    page = ClickedPage()
    identity = ClientIdentity("client", "my-app", redirect_uri=CALLBACK, api_url="https://api.podio.com")
    context = Context(identity, page, FakeTransport())
    session = Session("client", MemoryStore(), context.events, page.now)
    stale, store = token("old"), MemoryStore()
    store.set(token("new"), "client")

    async def renew(*ignored: Any) -> None:
        await session.save(token("new"))

    requests = PendingRequests(identity, page)
    pending = requests.begin(CALLBACK, return_to="/app")
    if module == "podio_web.auth.redirect":
        page.location = ("/app", "", token_fragment(pending.state))
    if module in ("podio_web.auth.renewal", "podio_web.auth.tab_election"):
        session.token = stale
    return {
        "context": context,
        "identity": identity,
        "open_auth": open_auth,
        "redirect": parse_redirect(token_fragment("s1")),
        "renew": renew,
        "request": AuthorizationRequest("s1", client=identity.key, redirect_uri=CALLBACK),
        "requests": requests,
        "runtime": page,
        "session": session,
        "stale": stale,
        "store": store,
    }
