"""``/oauth/authorize``: sign the user in, ask for consent, and redirect to the client.

https://developers.podio.com/authentication/server_side and https://developers.podio.com/authentication/client_side.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, quote_plus, urlencode, urlsplit

from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import pages
from .database import digest
from .refusals import Refusal
from .scopes import granted
from .tokens import check_password, issue, new_code
from .world import World

_COOKIE = "podio_session"
_DENIED = {
    "error_reason": "user_denied",
    "error": "access_denied",
    "error_description": "The user denied your request.",
}


class _Stop(Exception):
    """The request is invalid, and redirecting to the client would be unsafe."""


@dataclass
class _Request:
    client_id: str
    client_name: str
    redirect_uri: str
    response_type: str
    state: str | None
    scope: str


def answer(world: World, method: str, query: str, cookie: str | None, form: bytes) -> Response:
    """Return the response to an authorization request.

    Args:
        world: The sandbox's state.
        method: ``GET``, or ``POST`` for a form of one of the pages.
        query: The query string, not decoded.
        cookie: The ``Cookie`` header, or None.
        form: The request's body.
    """
    session = _session_id(cookie) or secrets.token_hex(16)
    try:
        response = _respond(world, method, query, session, form)
    except _Stop as stop:
        response = HTMLResponse(pages.error_page(str(stop)), 400)
    response.headers.update(pages.HEADERS)
    if world.settings.sign_in_pages_coop is not None:
        response.headers["cross-origin-opener-policy"] = world.settings.sign_in_pages_coop
    if "set-cookie" not in response.headers:
        _set_cookie(response, session)
    return response


def _respond(world: World, method: str, query: str, session: str, form: bytes) -> Response:
    request = _checked(world, _last_of_each(query))
    if request.response_type not in ("code", "token"):
        return _error(world, request, {"error": "unsupported_response_type"})
    try:
        request.scope = granted(request.scope)
    except Refusal:
        return _error(world, request, {"error": "invalid_scope"})
    if world.settings.consent == "deny":
        return _error(world, request, _DENIED)
    user_id = _signed_in(world, session)
    if world.settings.consent == "allow":
        return _success(world, request, user_id or world.store.number("SELECT min(user_id) FROM person"))
    if method == "POST":
        return _submitted(world, request, session, user_id, _fields(form), query)
    return _shown(world, request, session, user_id)


def _shown(world: World, request: _Request, session: str, user_id: int | None) -> Response:
    token = _form_token(world, session)
    if user_id is None:
        return HTMLResponse(pages.sign_in_page(request.client_name, token))
    row = world.store.one("SELECT name FROM person WHERE user_id = ?", user_id)
    name = row["name"] if row is not None else ""
    return HTMLResponse(pages.consent_page(request.client_name, name, request.scope, token))


def _submitted(
    world: World, request: _Request, session: str, user_id: int | None, fields: dict[str, str], query: str
) -> Response:
    if not hmac.compare_digest(
        fields.get("form_token", "").encode(errors="replace"), _form_token(world, session).encode()
    ):
        raise _Stop("The form has expired. Close this window and sign in again.")
    again = f"/oauth/authorize?{query}"
    action = fields.get("action", "sign_in")
    if action == "switch":
        world.store.run("DELETE FROM web_session WHERE digest = ?", digest(session))
        return _see_other(again)
    if action == "sign_in":
        username = fields.get("username", "")
        try:
            user_id = check_password(world, username, fields.get("password", ""))
        except Refusal:
            text = "The e-mail address or the password is wrong."
            page = pages.sign_in_page(request.client_name, _form_token(world, session), username[:200], text)
            return HTMLResponse(page, 400)
        # A new ID after sign-in prevents session fixation.
        fresh = secrets.token_hex(16)
        world.store.insert("web_session", digest=digest(fresh), user_id=user_id)
        response = _see_other(again)
        _set_cookie(response, fresh)
        return response
    if user_id is None:
        return _see_other(again)
    if action == "allow":
        return _success(world, request, user_id)
    if action == "deny":
        return _error(world, request, _DENIED)
    raise _Stop("The form is not known. Close this window and sign in again.")


def _last_of_each(query: str) -> dict[str, str]:
    """Decode a query string. The last value of a repeated parameter counts."""
    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        raise _Stop("The request has too many parameters.") from None


def _fields(form: bytes) -> dict[str, str]:
    return _last_of_each(form.decode("utf-8", "replace"))


def _checked(world: World, parameters: dict[str, str]) -> _Request:
    client_id = parameters.get("client_id", "")
    client = world.store.one("SELECT * FROM client WHERE client_id = ?", client_id)
    if client is None:
        raise _Stop("The app that sent you here is not known. Its client ID is missing or wrong.")
    redirect_uri = parameters.get("redirect_uri", "")
    if not _lies_on(redirect_uri, client["domain"]):
        raise _Stop(
            f"The app that sent you here uses a redirect URI outside of its registered domain, {client['domain']}."
        )
    return _Request(
        client_id=client_id,
        client_name=client["name"],
        redirect_uri=redirect_uri,
        response_type=parameters.get("response_type") or "code",
        state=parameters.get("state"),
        scope=parameters.get("scope", ""),
    )


def _lies_on(redirect_uri: str, domain: str) -> bool:
    """Return whether a redirect URI is on the client's domain. The port is ignored."""
    if not redirect_uri.isprintable() or any(character in redirect_uri for character in " \\#<>\"'`"):
        return False
    try:
        parts = urlsplit(redirect_uri)
        return (
            parts.scheme in ("http", "https")
            and "@" not in parts.netloc
            and parts.hostname == domain
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False


def _success(world: World, request: _Request, user_id: int) -> Response:
    if request.response_type == "code":
        code = new_code(world, request.client_id, user_id, request.redirect_uri, request.scope)
        return _back(request, "?", [("code", code), *_state(world, request)])
    token = issue(world, request.client_id, "user", user_id, request.scope)
    parts = [
        ("access_token", token["access_token"]),
        ("expires_in", str(token["expires_in"])),
        ("ref[id]", str(token["ref"]["id"])),
        ("ref[type]", token["ref"]["type"]),
        ("refresh_token", token["refresh_token"]),
        ("scope", token["scope"]),
        *_state(world, request),
        ("token_type", token["token_type"]),
    ]
    if world.settings.malformed_response:
        broken = {"access_token": "broken token#", "expires_in": "soon"}
        parts = [(key, broken.get(key, value)) for key, value in parts]
    if not world.settings.ref_in_fragment:
        parts = [(key, value) for key, value in parts if not key.startswith("ref[")]
    return _back(request, "#", parts)


def _error(world: World, request: _Request, error: dict[str, str]) -> Response:
    in_fragment = request.response_type == "token" and world.settings.denial_in == "fragment"
    return _back(request, "#" if in_fragment else "?", [*error.items(), *_state(world, request)])


def _state(world: World, request: _Request) -> list[tuple[str, str]]:
    # Podio sends an empty state if the request had none.
    value = request.state or ""
    values = {"echo": [value], "drop": [], "empty": [""], "alter": [value[::-1] + "x"]}[world.settings.state]
    return [("state", each) for each in values]


def _back(request: _Request, mark: str, parts: list[tuple[str, str]]) -> Response:
    if mark == "?" and "?" in request.redirect_uri:
        mark = "" if request.redirect_uri.endswith(("?", "&")) else "&"
    encoded = urlencode(parts, quote_via=quote_plus)
    return _see_other(f"{request.redirect_uri}{mark}{encoded}", 302)


def _see_other(url: str, status: int = 303) -> Response:
    # Encode what a header must not contain. Parts that are already encoded stay unchanged.
    response = RedirectResponse("/", status)
    response.headers["location"] = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    return response


def signed_in_user(world: World, cookie: str | None) -> int | None:
    """Return the user who has signed in on the sign-in pages, or None.

    Args:
        world: The sandbox's state.
        cookie: The ``Cookie`` header, or None.
    """
    return _signed_in(world, _session_id(cookie) or "")


def _session_id(cookie: str | None) -> str | None:
    try:
        morsel = SimpleCookie(cookie or "").get(_COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel is not None and len(morsel.value) == 32 and morsel.value.isalnum() else None


def _set_cookie(response: Response, session: str) -> None:
    # File links take it too.
    response.set_cookie(_COOKIE, session, path="/", httponly=True, samesite="lax")


def _signed_in(world: World, session: str) -> int | None:
    if world.settings.sign_in_as is not None:
        row = world.store.one("SELECT user_id FROM person WHERE mail = ?", world.settings.sign_in_as.lower())
    else:
        row = world.store.one("SELECT user_id FROM web_session WHERE digest = ?", digest(session))
    return None if row is None else int(row["user_id"])


def _form_token(world: World, session: str) -> str:
    return hmac.new(world.key, session.encode(), hashlib.sha256).hexdigest()
