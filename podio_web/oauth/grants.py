"""The bodies of token requests: the form fields of each grant.

https://developers.podio.com/authentication
"""

from podio_web.oauth.encoding import DIGITS, consists_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Fields = list[tuple[str, str]]

CODE = "authorization_code"
PASSWORD = "password"  # noqa: S105 - a grant's name
APP = "app"
ACTIVATION = "activation_code"
REFRESH = "refresh_token"


def code_grant(code: str, redirect_uri: str) -> "Fields":
    """Return the fields that exchange an authorization code (https://developers.podio.com/authentication/server_side).

    ``redirect_uri`` must be the one of the authorization request. Raises ValueError if the code is empty.

    >>> code_grant("c1", "https://example.com/callback")[0]
    ('grant_type', 'authorization_code')
    """
    return [("grant_type", CODE), ("code", _text(code, "code")), ("redirect_uri", redirect_uri)]


def password_grant(username: str, password: str, offering_id: "int | str | None" = None) -> "Fields":
    """Return the fields of the password flow (https://developers.podio.com/authentication/username_password).

    ``offering_id`` is podio-js's option for sign-ups. Raises ValueError if it is not an ID, or if ``username`` or
    ``password`` is empty.

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

    Raises ValueError if ``app_id`` is not a number or ``app_token`` is empty.

    >>> app_grant(5001, "t1")[1]
    ('app_id', '5001')
    """
    number = _id(app_id)
    if not number or not consists_of(number, DIGITS):
        raise ValueError("app_id must be the number from the app's Developer page in Podio")
    return [("grant_type", APP), ("app_id", number), ("app_token", _text(app_token, "app_token"))]


def activation_grant(code: str, offering_id: "int | str | None" = None) -> "Fields":
    """Return the fields that exchange the activation code of an invitation.

    ``offering_id`` is podio-js's option for sign-ups. Raises ValueError if it is not an ID, or if the code is empty.

    >>> activation_grant("a1")[0]
    ('grant_type', 'activation_code')
    """
    fields = [("grant_type", ACTIVATION), ("activation_code", _text(code, "code"))]
    return fields + _offering(offering_id)


def refresh_grant(refresh_token: str) -> "Fields":
    """Return the fields that renew a session with its refresh token (RFC 6749 section 6).

    >>> refresh_grant("r1")[0]
    ('grant_type', 'refresh_token')
    """
    return [("grant_type", REFRESH), ("refresh_token", refresh_token)]


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a text that is not empty")
    return value


def _offering(offering_id: "int | str | None") -> "Fields":
    if offering_id is None:
        return []
    text = _id(offering_id)
    if not text:
        raise ValueError("offering_id must be a whole number or a text that is not empty")
    return [("offering_id", text)]


def _id(value: "Any") -> str:
    """Return an ID as text, or an empty text if it is neither text nor a whole number, such as one of NumPy's."""
    if isinstance(value, str):
        return value
    is_whole = hasattr(value, "__index__") and not isinstance(value, bool)
    return str(int(value)) if is_whole else ""
