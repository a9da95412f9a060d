"""What a client is: its kind of sign-in, its id, and the places it may talk to.

https://developers.podio.com/authentication
"""

from podio_web.oauth.authorization import authorization_url, scope_text
from podio_web.oauth.origin import authorization_origin, parse_origin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

AUTH_TYPES = ("client", "server", "password", "app")


class ClientIdentity:
    """The checked options of a client; wrong ones raise ValueError naming the option.

    ``repr`` never shows a secret.
    """

    __slots__ = ("api_origin", "auth_origin", "auth_type", "client_id", "redirect_uri", "scope")

    def __init__(
        self,
        auth_type: str,
        client_id: str,
        client_secret: "str | None" = None,
        *,
        redirect_uri: str,
        scope: "str | Iterable[str] | None" = None,
        api_url: str,
        auth_url: "str | None" = None,
    ) -> None:
        if auth_type not in AUTH_TYPES:
            raise ValueError(f"auth_type must be one of {', '.join(AUTH_TYPES)}, not {auth_type!r}")
        if auth_type != "client":
            raise ValueError(
                f"auth_type {auth_type!r} needs a server or a script, which this version does not serve yet; "
                "in a page use auth_type 'client'"
            )
        if client_secret is not None:
            raise ValueError(
                "client_secret must not be given with auth_type 'client': a page cannot keep a secret, everybody "
                "who opens it could read it. The client-side flow works without one"
            )
        if not isinstance(client_id, str) or not client_id.strip():
            raise ValueError("client_id is missing: it is the name of the API key from podio.com/settings/api")
        self.auth_type = auth_type
        self.client_id = client_id
        self.scope = scope_text(scope)
        self.api_origin = parse_origin(api_url, "api_url")
        self.auth_origin = (
            authorization_origin(self.api_origin) if auth_url is None else parse_origin(auth_url, "auth_url")
        )
        self.redirect_uri = check_redirect_uri(redirect_uri)

    def __repr__(self) -> str:
        return f"<{self.auth_type} {self.client_id!r} at {self.api_origin}>"

    def authorization_url(
        self,
        redirect_uri: "str | None" = None,
        *,
        scope: "str | Iterable[str] | None" = None,
        state: "str | None" = None,
    ) -> str:
        """Return the URL to send the person to, with this client's own redirect URI and scope where none is given."""
        return authorization_url(
            self.auth_origin,
            client_id=self.client_id,
            redirect_uri=self.redirect_uri if redirect_uri is None else check_redirect_uri(redirect_uri),
            scope=self.scope if scope is None else scope,
            state=state,
        )


def check_redirect_uri(redirect_uri: str) -> str:
    """Return ``redirect_uri`` when it is absolute and has no fragment (RFC 6749 section 3.1.2), else ValueError."""
    if (
        not isinstance(redirect_uri, str)
        or not redirect_uri.startswith(("https://", "http://"))
        or redirect_uri.partition("://")[2][:1] in ("", "/", "?")
        or "\\" in redirect_uri
        or "#" in redirect_uri
        or any(character <= " " for character in redirect_uri)
    ):
        raise ValueError(
            "redirect_uri must be an absolute URL without fragment, such as https://example.com/static/callback.html"
        )
    return redirect_uri
