"""The token endpoints and their grants (https://developers.podio.com/authentication).

``/oauth/token/v2`` accepts only a JSON object, ``/oauth/token`` only a form. Errors are 400, never 401.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from .database import digest
from .refusals import Refusal
from .routing import Call, Empty, Operations
from .scopes import granted, listed
from .validation import as_object, invalid, parse_json
from .world import World

REFRESH_SECONDS = 28 * 86_400.0
CODE_SECONDS = 600.0
_FORM = "application/x-www-form-urlencoded"

table: Operations = Operations()


def issue(
    world: World, client_id: str, ref_type: str, ref_id: int, scope: str, expires_in: int | None = None
) -> dict[str, Any]:
    """Issue a token and return the token response.

    Args:
        world: The sandbox's state.
        client_id: The client that the token is for.
        ref_type: ``user`` or ``app``.
        ref_id: The ID of the user or app.
        scope: The granted scope.
        expires_in: Lifetime of the access token in seconds. None uses the setting ``expires_in``.
    """
    transfer = secrets.token_hex(16)
    permit_id = world.store.insert(
        "permit", client_id=client_id, ref_type=ref_type, ref_id=ref_id, scope=scope, transfer=digest(transfer)
    )
    response = _response(world, permit_id, _new_refresh_token(world, permit_id), expires_in)
    return {**response, "transfer_token": transfer}


def new_code(world: World, client_id: str, user_id: int, redirect_uri: str, scope: str) -> str:
    """Return a new authorization code of 32 hexadecimal characters. It is valid once, within ten minutes."""
    code = secrets.token_hex(16)
    world.store.insert(
        "code",
        digest=digest(code),
        client_id=client_id,
        user_id=user_id,
        redirect_uri=redirect_uri,
        scope=scope,
        expires_at=world.clock.now() + CODE_SECONDS,
    )
    return code


def _new_refresh_token(world: World, permit_id: int) -> str:
    token = secrets.token_hex(16)
    expires_at = world.clock.now() + REFRESH_SECONDS
    world.store.insert("refresh_token", digest=digest(token), permit_id=permit_id, expires_at=expires_at)
    return token


def _response(world: World, permit_id: int, refresh_token: str, expires_in: int | None = None) -> dict[str, Any]:
    permit = world.store.one("SELECT * FROM permit WHERE permit_id = ?", permit_id)
    if permit is None:
        raise Refusal(400, "invalid_grant", "The grant does not exist any more")
    seconds = world.settings.expires_in if expires_in is None else expires_in
    token = secrets.token_hex(16)
    world.store.insert(
        "access_token", digest=digest(token), permit_id=permit_id, expires_at=world.clock.now() + seconds
    )
    return {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": seconds,
        "refresh_token": refresh_token,
        "scope": permit["scope"],
        "ref": {"type": permit["ref_type"], "id": permit["ref_id"]},
    }


@table.add("POST", "/oauth/token", body="raw", is_open=True)
def token_from_form(call: Call) -> dict[str, Any]:
    """Handle the token endpoint for forms. A JSON body is read as a form without parameters."""
    raw, content_type = call.body
    parameters: dict[str, Any] = {}
    if content_type == _FORM:
        try:
            # The last value of a repeated parameter counts (https://developers.podio.com/authentication/server_side).
            parameters = dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
        except ValueError:
            raise Refusal(400, "invalid_request", "Too many parameters") from None
    return _grant(call.world, parameters)


@table.add("POST", "/oauth/token/v2", body="raw", is_open=True)
def token_from_json(call: Call) -> dict[str, Any]:
    """Handle the token endpoint for JSON. A form is treated as a missing body."""
    raw, content_type = call.body
    is_json = content_type not in (_FORM, "multipart/form-data") and raw.strip()
    return _grant(call.world, as_object(parse_json(raw) if is_json else None))


def _grant(world: World, parameters: dict[str, Any]) -> dict[str, Any]:
    client_id = _parameter(parameters, "client_id", "invalid_client")
    client = world.store.one("SELECT * FROM client WHERE client_id = ?", client_id)
    if client is None:
        text = "you've supplied an invalid client id"
        raise Refusal(400, "invalid_client", text, detail="oauth.client.invalid_id")
    secret = _parameter(parameters, "client_secret", "invalid_client")
    if not hmac.compare_digest(client["secret"], digest(secret)):
        text = "you've supplied an invalid client secret"
        raise Refusal(400, "invalid_client", text, detail="oauth.client.invalid_secret")
    grant = _GRANTS.get(_parameter(parameters, "grant_type"))
    if grant is None:
        raise Refusal(400, "unsupported_grant_type", "The grant type is not supported")
    response = grant(world, client_id, parameters)
    # Token requests count against the rate limits.
    account = (response["ref"]["type"], response["ref"]["id"], client_id)
    world.rates.count(account, heavy=False, settings=world.settings, now=world.clock.now())
    return response


def _parameter(parameters: dict[str, Any], name: str, error: str = "invalid_request") -> str:
    value = parameters.get(name)
    if value is None or value == "":
        raise Refusal(400, error, f"Missing parameter {name}")
    if not isinstance(value, str):
        raise invalid(value, "must be string")
    return value


def _invalid_grant(text: str, detail: str | None = None) -> Refusal:
    return Refusal(400, "invalid_grant", text, detail=detail)


def _scope(parameters: dict[str, Any]) -> str:
    return granted(_parameter(parameters, "scope") if parameters.get("scope") else "")


def _by_code(world: World, client_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    code = digest(_parameter(parameters, "code"))
    row = world.store.one("SELECT * FROM code WHERE digest = ? AND client_id = ?", code, client_id)
    if row is None or world.clock.now() >= row["expires_at"]:
        raise _invalid_grant("The authorization code is invalid or has expired")
    if parameters.get("redirect_uri") and _parameter(parameters, "redirect_uri") != row["redirect_uri"]:
        raise _invalid_grant("The redirect URI does not match the one of the authorization request")
    world.store.run("DELETE FROM code WHERE digest = ?", code)
    return issue(world, client_id, "user", row["user_id"], row["scope"])


def _by_password(world: World, client_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    name, password = _parameter(parameters, "username"), _parameter(parameters, "password")
    user_id = check_password(world, name, password)
    return issue(world, client_id, "user", user_id, _scope(parameters))


def check_password(world: World, name: str, password: str) -> int:
    """Return the ID of the user with this e-mail address and password.

    Raises:
        Refusal: 400 ``invalid_grant``. Its detail says which of the two is wrong.
    """
    row = world.store.one("SELECT * FROM person WHERE mail = ? AND status = 'active'", name.strip().lower())
    if row is None:
        raise _invalid_grant("The username is invalid", "user.invalid.username")
    if not hmac.compare_digest(row["password"], digest(password)):
        raise _invalid_grant("The password is invalid", "user.invalid.password")
    return int(row["user_id"])


def _by_app(world: World, client_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    given = parameters.get("app_id")
    app_id = str(given) if type(given) is int and abs(given) < 10**18 else _parameter(parameters, "app_id")
    token = _parameter(parameters, "app_token")
    row = None
    if app_id.isascii() and app_id.isdigit() and len(app_id) < 19:
        row = world.store.one("SELECT token FROM app WHERE app_id = ?", int(app_id))
    if row is None or not hmac.compare_digest(row["token"].encode(), token.encode(errors="replace")):
        raise _invalid_grant("The app id or the app token is invalid")
    return issue(world, client_id, "app", int(app_id), _scope(parameters))


def _by_refresh_token(world: World, client_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    token = _parameter(parameters, "refresh_token")
    row = world.store.one("SELECT * FROM refresh_token JOIN permit USING (permit_id) WHERE digest = ?", digest(token))
    if row is None or row["client_id"] != client_id or world.clock.now() >= row["expires_at"]:
        raise _invalid_grant("The refresh token is invalid or has expired")
    if world.settings.rotate_refresh_tokens:
        world.store.run("DELETE FROM refresh_token WHERE digest = ?", digest(token))
        token = _new_refresh_token(world, row["permit_id"])
    return _response(world, row["permit_id"], token)


def _by_activation_code(world: World, client_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    code = digest(_parameter(parameters, "activation_code"))
    row = world.store.one("SELECT user_id FROM person WHERE activation_code = ?", code)
    if row is None:
        raise _invalid_grant("The activation code is invalid")
    world.store.run("UPDATE person SET status = 'active', activation_code = NULL WHERE user_id = ?", row["user_id"])
    return issue(world, client_id, "user", row["user_id"], _scope(parameters))


def _by_transfer_token(world: World, client_id: str, parameters: dict[str, Any]) -> dict[str, Any]:
    transfer = digest(_parameter(parameters, "transfer_token"))
    row = world.store.one("SELECT * FROM permit WHERE transfer = ?", transfer)
    if row is None:
        raise _invalid_grant("The transfer token is invalid")
    world.store.run("UPDATE permit SET transfer = NULL WHERE permit_id = ?", row["permit_id"])
    return issue(world, client_id, row["ref_type"], row["ref_id"], row["scope"])


_GRANTS: dict[str, Callable[[World, str, dict[str, Any]], dict[str, Any]]] = {
    "authorization_code": _by_code,
    "password": _by_password,
    "app": _by_app,
    "refresh_token": _by_refresh_token,
    "activation_code": _by_activation_code,
    "transfer_token": _by_transfer_token,
}


@table.add("GET", "/oauth/scope")
def scope_of_token(call: Call) -> list[dict[str, Any]]:
    """List the permissions of the caller's token."""
    return listed(call.identity.scope)


@table.add("POST", "/oauth/grant/invalidate", body="optional")
def invalidate_grant(call: Call) -> type[Empty]:
    """Revoke all tokens of the grant that the caller's token belongs to.

    See https://developers.podio.com/doc/oauth-authorization/invalidate-grant-7997965.
    """
    end_permits(call.world, "permit_id = ?", call.identity.permit_id)
    return Empty


@table.add("DELETE", "/oauth/grant/client/{client_id:text}")
def invalidate_client(call: Call) -> type[Empty]:
    """Revoke all tokens that the caller has granted to a client."""
    end_permits(call.world, "ref_type = 'user' AND ref_id = ? AND client_id = ?", call.user_id, call.path["client_id"])
    return Empty


def end_permits(world: World, condition: str, *values: Any) -> int:
    """Revoke the tokens of all grants that meet a condition, and return the number of access tokens.

    Args:
        world: The sandbox's state.
        condition: An SQL condition on the table of grants. It must come from this package's source.
        values: The values of its placeholders.
    """
    chosen = f"(SELECT permit_id FROM permit WHERE {condition})"  # noqa: S608
    world.store.run(f"DELETE FROM refresh_token WHERE permit_id IN {chosen}", *values)  # noqa: S608
    world.store.run(f"UPDATE permit SET transfer = NULL WHERE permit_id IN {chosen}", *values)  # noqa: S608
    # The row is kept, so that the list of calls can still name the token of a call.
    sql = f"UPDATE access_token SET expires_at = 0 WHERE expires_at > 0 AND permit_id IN {chosen}"  # noqa: S608
    return world.store.run(sql, *values).rowcount
