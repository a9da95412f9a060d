"""The authorization URL, where the user signs in and allows access.

https://developers.podio.com/authentication/client_side
https://developers.podio.com/authentication/scopes
"""

from podio_web.oauth.encoding import form_encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

AUTHORIZATION_PATH = "/oauth/authorize"


def scope_text(scope: "str | Iterable[str] | None") -> str:
    """Return a scope as Podio expects it: ``type:permission`` texts, separated by one space.

    ``scope`` is such a text, or a list of single scopes. Raises ValueError if a scope has no colon.

    >>> scope_text(["user:read", "space:all"])
    'user:read space:all'
    """
    if not scope:
        return ""
    scopes = scope.split() if isinstance(scope, str) else list(scope)
    for one in scopes:
        if not isinstance(one, str) or ":" not in one or " " in one:
            raise ValueError("scope must be like 'user:read space:all': type:permission, separated by spaces")
    return " ".join(scopes)


def authorization_url(
    origin: str,
    *,
    client_id: str,
    redirect_uri: str,
    response_type: str = "token",
    scope: "str | Iterable[str] | None" = None,
    state: "str | None" = None,
) -> str:
    """Return the URL that starts an authorization at ``origin`` (scheme, host and port).

    - ``client_id``: the name of the API key.
    - ``redirect_uri``: the absolute URL that Podio sends the user back to.
    - ``response_type``: ``token`` for the client-side flow (RFC 6749 section 4.2.1), ``code`` for the server-side flow
      (https://developers.podio.com/authentication/server_side).
    - ``scope``: without one, Podio grants ``global:all``.
    - ``state``: Podio returns it in the redirect response, which ties that to this request (RFC 6749 section 10.12).

    Raises ValueError if a scope has no colon.

    >>> authorization_url("https://podio.com", client_id="my-app", redirect_uri="https://example.com/callback.html")
    'https://podio.com/oauth/authorize?client_id=my-app&redirect_uri=https%3A%2F%2Fexample.com%2Fcallback.html&response_type=token'
    """
    parameters = [
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("response_type", response_type),
    ]
    wanted = scope_text(scope)
    if wanted:
        parameters.append(("scope", wanted))
    if state is not None:
        parameters.append(("state", state))
    return f"{origin}{AUTHORIZATION_PATH}?{form_encode(parameters)}"
