"""The identity of a client: its auth type, its client ID, and the origins that it may send requests to.

https://developers.podio.com/authentication
"""

from podio_web.oauth.authorization_url import authorization_url, scope_text
from podio_web.oauth.encoding import is_clean
from podio_web.oauth.origin import authorization_origin, parse_origin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

AUTH_TYPES = ("client", "server", "password", "app")

_HOW_TO_SIGN_IN = {
    "client": "Call login().",
    "server": "Send the user to get_authorization_url() and call get_access_token() with the code they bring back.",
    "password": "Call authenticate_with_credentials().",
    "app": "Call authenticate_with_app().",
}


class ClientIdentity:
    """The checked options of a client. ``repr`` does not show the secret.

    - ``auth_type``: ``client``, ``server``, ``password`` or ``app``.
    - ``client_id``, ``client_secret``: the API key's name and secret. A client in a page must not have the secret.
    - ``redirect_uri``: the absolute URL that Podio sends the user back to.
    - ``scope``: such as ``user:read space:all``.
    - ``api_url``, ``auth_url``: the origins of the API and of the sign-in page.
    - ``allow_http``: see ``parse_origin``.

    ``how_to_sign_in`` ends the errors for a user who is not signed in; a runtime without a window replaces it. Raises
    ValueError if an option is wrong, and names it.

    >>> ClientIdentity("client", "my-app", api_url="https://api.podio.com")
    <client 'my-app' at https://api.podio.com>
    """

    __slots__ = (
        "api_origin",
        "auth_origin",
        "auth_type",
        "client_id",
        "client_secret",
        "how_to_sign_in",
        "redirect_uri",
        "scope",
    )

    def __init__(
        self,
        auth_type: str,
        client_id: str,
        client_secret: "str | None" = None,
        *,
        redirect_uri: "str | None" = None,
        scope: "str | Iterable[str] | None" = None,
        api_url: str,
        auth_url: "str | None" = None,
        allow_http: "bool | None" = None,
    ) -> None:
        if auth_type not in AUTH_TYPES:
            raise ValueError(f"auth_type must be one of {', '.join(AUTH_TYPES)}, not {auth_type!r}")
        if auth_type == "client" and client_secret is not None:
            raise ValueError(
                "client_secret must not be given with auth_type 'client': anyone who opens a page can read its "
                "secrets. The client-side flow works without one"
            )
        if auth_type != "client" and (not isinstance(client_secret, str) or not client_secret.strip()):
            raise ValueError(
                f"client_secret is missing: auth_type {auth_type!r} needs the secret of the API key from "
                "podio.com/settings/api. Only auth_type 'client', the flow for pages, works without it"
            )
        if not isinstance(client_id, str) or not client_id.strip():
            raise ValueError("client_id is missing: it is the name of the API key from podio.com/settings/api")
        # Not the texts themselves: a member of a text enumeration is formatted as its name.
        self.auth_type: str = auth_type[:]
        self.how_to_sign_in: str = _HOW_TO_SIGN_IN[auth_type]
        self.client_id: str = client_id[:]
        self.client_secret: str | None = client_secret
        self.scope: str | None = scope_text(scope)
        self.api_origin: str = parse_origin(api_url, "api_url", allow_http)
        self.auth_origin: str = (
            authorization_origin(self.api_origin)
            if auth_url is None
            else parse_origin(auth_url, "auth_url", allow_http)
        )
        self.redirect_uri: str | None = None if redirect_uri is None else check_redirect_uri(redirect_uri)

    def __repr__(self) -> str:
        return f"<{self.auth_type} {self.client_id!r} at {self.api_origin}>"

    @property
    def name_in_tabs(self) -> str:
        """The name of this client for the channel and the lock that all tabs of an origin share."""
        return f"{self.api_origin}:{self.client_id}:{self.auth_type}"

    @property
    def key(self) -> str:
        """A text that is the same for all clients with this API, client ID and redirect URI."""
        return f"{self.api_origin} {self.client_id} {self.redirect_uri}"

    def allow(self, method: str, *auth_types: str) -> None:
        """Raise ValueError unless the client's auth type is one of ``auth_types``. ``method`` is named in the error."""
        if self.auth_type not in auth_types:
            allowed = " or ".join(repr(each) for each in auth_types)
            raise ValueError(
                f"{method}() is for auth_type {allowed}, and this client has {self.auth_type!r}. {self.how_to_sign_in}"
            )

    def chosen_redirect_uri(self, redirect_uri: "str | None") -> str:
        """Return ``redirect_uri``, or the client's own if that is None. Raises ValueError if neither is given."""
        if redirect_uri is not None:
            return check_redirect_uri(redirect_uri)
        if self.redirect_uri is None:
            raise ValueError(
                "redirect_uri is missing: pass it here or to the client. It is the absolute URL, on the domain of the "
                "API key, that Podio sends the user back to"
            )
        return self.redirect_uri

    def authorization_url(
        self,
        redirect_uri: "str | None" = None,
        *,
        scope: "str | Iterable[str] | None" = None,
        state: "str | None" = None,
    ) -> str:
        """Return the URL where the user signs in. The client's redirect URI and scope are the defaults."""
        self.allow("get_authorization_url", "client", "server")
        return authorization_url(
            self.auth_origin,
            client_id=self.client_id,
            redirect_uri=self.chosen_redirect_uri(redirect_uri),
            response_type="token" if self.auth_type == "client" else "code",
            scope=self.scope if scope is None else scope,
            state=state,
        )


def check_redirect_uri(redirect_uri: str) -> str:
    """Return ``redirect_uri``. Raises ValueError unless it is absolute, without fragment (RFC 6749 section 3.1.2).

    >>> check_redirect_uri("https://example.com/static/callback.html")
    'https://example.com/static/callback.html'
    """
    if (
        not isinstance(redirect_uri, str)
        or not redirect_uri.startswith(("https://", "http://"))
        or redirect_uri.partition("://")[2][:1] in ("", "/", "?")
        or "\\" in redirect_uri
        or "#" in redirect_uri
        or not is_clean(redirect_uri)
    ):
        raise ValueError(
            "redirect_uri must be an absolute URL without a fragment, such as https://example.com/static/callback.html"
        )
    return redirect_uri[:]
