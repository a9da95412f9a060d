"""The request to the token endpoint, and its response.

https://developers.podio.com/doc/oauth-authorization/get-access-token-22359
"""

import json
from email.utils import parsedate_to_datetime

from podio_web.errors import (
    BadRequestError,
    GrantRefused,
    MalformedResponse,
    SecondFactorRequired,
    TokenRefused,
    UnknownClient,
    UnknownUser,
    WrongClientSecret,
    WrongPassword,
)
from podio_web.http.request import Request
from podio_web.http.response import SHORTEST_SECRET, error_of, read_response, without
from podio_web.oauth import grants
from podio_web.oauth.encoding import form_encode, parse_form, percent_encode
from podio_web.oauth.token import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.errors import APIError, PodioError
    from podio_web.http.response import Response
    from podio_web.oauth.grants import Fields
    from podio_web.oauth.identity import ClientIdentity

# Podio has two token endpoints. All of Podio's own clients use this one, which accepts forms only.
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path

_SECRETS = ("client_secret", "code", "password", "app_token", "activation_code", "refresh_token")

_GRANT_REFUSED = {
    grants.CODE: "Podio refused the code: it was used already, has expired, or belongs to another client, or "
    "redirect_uri is not the one of the authorization URL. Start the sign-in again.",
    grants.APP: "Podio refused this app_id with this app_token. Copy both from the app's Developer page.",
    grants.ACTIVATION: "Podio refused the activation code. It may have been used already.",
    grants.REFRESH: "Podio refused the refresh token. Sign in again.",
}


def token_request(identity: "ClientIdentity", fields: "Fields") -> Request:
    """Return the token request for a grant's ``fields``, with the client's ID and secret in its body.

    >>> token_request(identity, app_grant(5001, "t1"))
    <Request POST /oauth/token>
    """
    client = [("client_id", identity.client_id), ("client_secret", identity.client_secret or "")]
    return Request(
        "POST",
        identity.api_origin + TOKEN_PATH,
        path=TOKEN_PATH,
        headers={"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"},
        body=form_encode(client + fields),
    )


def secrets_of_form(request: Request) -> "list[str]":
    """Return the secrets in the body of a ``token_request``, in each form in which a response may repeat them.

    >>> secrets_of_form(token_request(identity, app_grant(5001, "t1-of-the-app")))
    ['hush', 't1-of-the-app']
    """
    form = parse_form(str(request.body))
    return forms_of([form[name] or "" for name in _SECRETS if name in form])


def forms_of(secrets: "list[str]") -> "list[str]":
    """Return secrets as they are, percent-encoded in two ways, and escaped for JSON in two ways.

    >>> forms_of(["a/bcd"])
    ['a/bcd', 'a%2Fbcd', 'a%2fbcd', 'a\\\\/bcd']
    """
    forms: list[str] = []
    for secret in secrets:
        encoded, quoted = percent_encode(secret), json.dumps(secret)[1:-1]
        first, *rest = encoded.split("%")
        lower = "%".join([first] + [part[:2].lower() + part[2:] for part in rest])
        for form in (secret, encoded, lower, quoted, quoted.replace("/", "\\/")):
            if form not in forms and len(form) >= SHORTEST_SECRET:
                forms.append(form)
    return forms


def read_token_response(request: Request, fields: "Fields", response: "Response", issued: float) -> Token:
    """Return the token of a successful response that Podio made at ``issued`` (seconds since 1970).

    Raises TokenRefused or a subclass if Podio refuses the client or the grant, another APIError for other failures (a
    rate limit, a fault at Podio), and MalformedResponse if a successful response has no valid token.

    >>> read_token_response(request, fields, response, 1_800_000_000.0)
    <Token of user 1001, expires_at=1800028800, scope='global:all'>
    """
    if not 200 <= response.status < 300:
        problem, secrets = error_of(request, response), secrets_of_form(request)
        is_refusal = isinstance(problem, BadRequestError)
        raise _refusal(problem, fields, secrets) if is_refusal else _in_our_words(problem, secrets)
    data = read_response(request, response)
    if isinstance(data, dict) and "access_token" not in data and "server_nonce" in data:
        raise _second_factor()
    try:
        return Token.from_response(data, issued, keep_refresh=True)
    except ValueError as problem:
        raise MalformedResponse(f"Podio's token response is invalid: {problem}.") from None


def issued_at(response: "Response", sent: float, received: float) -> float:
    """Return when Podio made a response, in seconds since 1970 by the local clock.

    The ``Date`` header says it (RFC 9110 section 6.6.1). The result is never before ``sent`` or after ``received``,
    because Podio's clock may differ from the local one.

    >>> issued_at(Response(200, {"date": "Fri, 15 Jan 2027 08:00:03 GMT"}, ""), 1_800_000_000.0, 1_800_000_009.0)
    1800000003.0
    """
    try:
        said = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (ValueError, OverflowError):
        return received
    return min(max(said, sent), received)


def _in_our_words(problem: "APIError", secrets: "list[str]") -> "APIError":
    """Return the error without Podio's own text, which may repeat secrets of the request."""
    problem.error, problem.error_detail = without(secrets, [problem.error, problem.error_detail])
    problem.error_description = None
    problem.error_parameters = {}
    problem.message = f"{problem.status} for {problem.method} {problem.path}: {problem.error or 'no explanation'}"
    problem.args = (problem.message,)
    return problem


def _refusal(problem: "APIError", fields: "Fields", secrets: "list[str]") -> "PodioError":
    """Return the error for Podio's codes.

    The detailed codes are those that Podio's endpoint was seen to send. Without one, the general code decides.
    """
    detail, error = problem.error_detail or "", problem.error or ""
    said: dict[str, Any] = {
        "status": problem.status,
        "error": without(secrets, error) or None,
        "error_detail": without(secrets, detail) or None,
        "method": problem.method,
        "path": problem.path,
    }
    if error in ("invalid_second_factor", "nonce_validation_error"):
        return _second_factor()
    if error == "invalid_client" and detail == "oauth.client.invalid_id":
        return UnknownClient("Podio does not know this client_id.", **said)
    if error == "invalid_client" and detail == "oauth.client.invalid_secret":
        return WrongClientSecret("The client_secret does not belong to this client_id.", **said)
    if error == "invalid_client":
        return TokenRefused("Podio refused this client_id with this client_secret. Check both.", **said)
    by_password = fields[0][1] == grants.PASSWORD
    if error == "invalid_grant" and by_password and detail == "user.invalid.username":
        return UnknownUser("Podio does not know this username. It must be an e-mail address.", **said)
    if error == "invalid_grant" and by_password and detail == "user.invalid.password":
        return WrongPassword("The password is wrong.", **said)
    if error == "invalid_grant":
        return GrantRefused(_GRANT_REFUSED.get(fields[0][1], "Podio refused this username with this password."), **said)
    return TokenRefused(f"Podio refused the sign-in: {said['error'] or 'it gave no reason'}.", **said)


def _second_factor() -> SecondFactorRequired:
    return SecondFactorRequired(
        "This account needs a second factor, which the password flow does not support. "
        "Use auth_type 'server': the user then signs in at Podio."
    )
