"""The grants: what a client sends to the token endpoint to get a session.

https://developers.podio.com/authentication
"""

from podio_web.oauth.encoding import DIGITS, consists_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    Fields = list[tuple[str, str]]

CODE = "authorization_code"
PASSWORD = "password"  # noqa: S105 - a grant's name
APP = "app"
ACTIVATION = "activation_code"
REFRESH = "refresh_token"


def code_grant(code: str, redirect_uri: str) -> "Fields":
    """Return the fields that exchange an authorization code (https://developers.podio.com/authentication/server_side).

    ``redirect_uri`` is the one that the person was sent to Podio with. Raises ValueError for an empty code.

    >>> code_grant("c1", "https://example.com/callback")[0]
    ('grant_type', 'authorization_code')
    """
    return [("grant_type", CODE), ("code", _text(code, "code")), ("redirect_uri", redirect_uri)]


def password_grant(username: str, password: str, offering_id: "int | str | None" = None) -> "Fields":
    """Return the fields of the password flow (https://developers.podio.com/authentication/username_password).

    ``offering_id`` names what is signed up for, as podio-js has it. Raises ValueError for an empty name or password.

    >>> password_grant("demo@example.com", "demo")[1]
    ('username', 'demo@example.com')
    """
    fields = [
        ("grant_type", PASSWORD),
        ("username", _text(username, "username")),
        ("password", _text(password, "password")),
    ]
    return fields + _offering(offering_id)


def app_grant(app_id: "int | str", app_token: str) -> "Fields":
    """Return the fields of the app flow (https://developers.podio.com/authentication/app_auth).

    Raises ValueError for an ``app_id`` that is no number, or an empty ``app_token``.

    >>> app_grant(5001, "t1")[1]
    ('app_id', '5001')
    """
    number = str(app_id)
    if isinstance(app_id, bool) or not number or not consists_of(number, DIGITS):
        raise ValueError("app_id must be the number from the app's Developer page in Podio")
    return [("grant_type", APP), ("app_id", number), ("app_token", _text(app_token, "app_token"))]


def activation_grant(code: str, offering_id: "int | str | None" = None) -> "Fields":
    """Return the fields that exchange the activation code of an invitation; raises ValueError for an empty one.

    >>> activation_grant("a1")[0]
    ('grant_type', 'activation_code')
    """
    fields = [("grant_type", ACTIVATION), ("activation_code", _text(code, "code"))]
    return fields + _offering(offering_id)


def refresh_grant(refresh_token: str) -> "Fields":
    """Return the fields that renew a session without the person (RFC 6749 section 6).

    >>> refresh_grant("r1")[0]
    ('grant_type', 'refresh_token')
    """
    return [("grant_type", REFRESH), ("refresh_token", refresh_token)]


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be text, and not empty")
    return value


def _offering(offering_id: "int | str | None") -> "Fields":
    return [] if offering_id is None else [("offering_id", str(offering_id))]
