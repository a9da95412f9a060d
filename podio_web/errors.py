"""The exceptions of podio_web.

::

    PodioError                       status, error, error_description, error_detail, error_parameters, method, path
    ├── APIError                     Podio answered with an error status
    │   ├── BadRequestError          400: the input is not what the operation wants
    │   ├── AuthorizationError       401: no token, or not a valid one
    │   ├── ForbiddenError           403: signed in, but without the right
    │   ├── NotFoundError            404: no such object or operation
    │   ├── ConflictError            409: somebody else changed it first
    │   ├── GoneError                410: it was deleted
    │   ├── RateLimitError           420, 429: too many calls (retry_after, in seconds)
    │   ├── ServerError              500: a fault at Podio
    │   └── UnavailableError         502, 503, 504: Podio is away for the moment
    ├── ConnectionFailed             no response: offline, blocked by CORS, wrong host
    │   └── TimedOut                 no response in time
    ├── StoreUnavailable             the session store failed, so it is not known who is signed in (retry_after)
    └── SignInError                  code
        ├── LoginRequired            login_required: nobody is signed in, call login()
        ├── AccessDenied             access_denied: the user said no
        ├── MalformedResponse        malformed_response: the redirect response cannot be read
        ├── StateMismatch            state_mismatch: the response belongs to another authorization request
        ├── UnsolicitedResponse      unsolicited: a redirect response without an authorization request
        ├── AccountChanged           account_changed: somebody else signed in
        ├── PopupBlocked             popup_blocked: the browser did not open the popup
        ├── PopupClosed              popup_closed: the user closed the popup
        ├── PopupTimeout             popup_timeout: the sign-in took too long
        ├── PopupCancelled           popup_cancelled: the page stopped waiting
        ├── CallbackMissing          callback_missing: the popup came back to a page other than callback.html
        └── TokenRefused             token_refused: the token endpoint refused the request
            ├── UnknownClient        unknown_client: no such client_id
            ├── WrongClientSecret    wrong_client_secret: not the secret of this client_id
            ├── UnknownUser          unknown_user: nobody has this username
            ├── WrongPassword        wrong_password: not the password of this username
            ├── GrantRefused         grant_refused: a code or token was used, has expired, or is wrong
            └── SecondFactorRequired second_factor_required: the account wants a second factor

``podio_web.files`` adds UploadStalled, a TimedOut: nothing was sent for a while.
``podio_web.hooks`` adds HookLimitReached, a PodioError: an object has as many hooks of a type as Podio allows.
``podio_web.items`` adds ItemsRateLimitError, a RateLimitError: a reading that you can continue later.
``podio_web.items`` adds SchemaMismatch, a PodioError: the app has changed since your class was written.
``podio_web.live`` adds PushRefused, a PodioError: Podio refused a subscription.

A wrong argument, such as an unknown option or an absolute URL for a path, raises ``ValueError`` or ``TypeError``. No
exception holds a token, a secret, a code or a password.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PodioError(Exception):
    """The base of all exceptions that a request or a sign-in raises.

    The attributes are Podio's own error fields (https://developers.podio.com/index/api). Each is None if there is none;
    ``error_parameters`` is an empty dict.

    Args:
        message: What happened, and what to do.
        status: The HTTP status of the response.
        error: The error code, such as ``"not_found"``.
        error_description: The explanation.
        error_detail: The detailed error code, with dots.
        error_parameters: The values in the explanation.
        method: The HTTP method of the request.
        path: The path of the request.

    >>> try:
    ...     await podio.get("/item/4")
    ... except PodioError as problem:
    ...     print(problem.status, problem.error)
    404 not_found
    """

    def __init__(
        self,
        message: str,
        *,
        status: "int | None" = None,
        error: "str | None" = None,
        error_description: "str | None" = None,
        error_detail: "str | None" = None,
        error_parameters: "dict[str, Any] | None" = None,
        method: "str | None" = None,
        path: "str | None" = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.error = error
        self.error_description = error_description
        self.error_detail = error_detail
        self.error_parameters: dict[str, Any] = {} if error_parameters is None else error_parameters
        self.method = method
        self.path = path

    def __str__(self) -> str:
        return self.message


class APIError(PodioError):
    """The response has an error status. ``retry_after`` is the wait in seconds that it asks for, or None."""

    def __init__(self, message: str, *, retry_after: "int | None" = None, **fields: "Any") -> None:
        super().__init__(message, **fields)
        self.retry_after = retry_after


class BadRequestError(APIError):
    """400: Podio cannot use the input. ``error_description`` says which value."""


class AuthorizationError(APIError):
    """401: the token is missing, revoked, expired or wrong."""


class ForbiddenError(APIError):
    """403: the signed-in user, or the scope of the token, does not allow this."""


class NotFoundError(APIError):
    """404: there is no such object or no such operation."""


class ConflictError(APIError):
    """409: the object has a newer revision, or its state does not allow this."""


class GoneError(APIError):
    """410: the object was deleted."""


class RateLimitError(APIError):
    """420 or 429: too many requests. ``retry_after`` is the wait in seconds, or None if Podio did not say."""


class ServerError(APIError):
    """500 and other faults at Podio."""


class UnavailableError(APIError):
    """502, 503 or 504: Podio is not available at the moment."""


class ConnectionFailed(PodioError):
    """There was no response: the device is offline, the browser's CORS check failed, or the host is wrong."""


class TimedOut(ConnectionFailed):
    """There was no response within the timeout."""


class StoreUnavailable(PodioError):
    """The session store of a server or a script failed. The session is unchanged. Try again in a few seconds.

    A page continues with a session in memory instead. ``retry_after`` is a wait in seconds to suggest to the user,
    and ``reason`` is a text for the log.
    """

    retry_after = 5
    reason = ""


class SignInError(PodioError):
    """The sign-in failed. ``code`` names the reason, for programs.

    >>> try:
    ...     await podio.login()
    ... except SignInError as problem:
    ...     show(problem.code, str(problem))
    """

    code = "sign_in_failed"


class LoginRequired(SignInError):
    """Nobody is signed in, or the session has expired. Call ``login()``."""

    code = "login_required"


class AccessDenied(SignInError):
    """The user did not allow the access that was asked for."""

    code = "access_denied"


class MalformedResponse(SignInError):
    """The redirect response cannot be read."""

    code = "malformed_response"


class StateMismatch(SignInError):
    """The redirect response belongs to another authorization request (RFC 6749, section 10.12)."""

    code = "state_mismatch"


class UnsolicitedResponse(SignInError):
    """The page received a redirect response without an authorization request. The session is unchanged."""

    code = "unsolicited"


class AccountChanged(SignInError):
    """Somebody else signed in at a renewal. Requests that waited were not sent."""

    code = "account_changed"


class PopupBlocked(SignInError):
    """The browser did not open the popup. Call ``login()`` from a click handler."""

    code = "popup_blocked"


class PopupClosed(SignInError):
    """The user closed the popup before signing in."""

    code = "popup_closed"


class PopupTimeout(SignInError):
    """Nobody signed in within ``login_timeout``."""

    code = "popup_timeout"


class PopupCancelled(SignInError):
    """The page stopped waiting for the popup."""

    code = "popup_cancelled"


class CallbackMissing(SignInError):
    """The popup came back to a page other than ``callback.html``. Check ``redirect_uri``."""

    code = "callback_missing"


class TokenRefused(SignInError):
    """The token endpoint refused the request. If Podio says why, a subclass is raised."""

    code = "token_refused"


class UnknownClient(TokenRefused):
    """Podio does not know the ``client_id``."""

    code = "unknown_client"


class WrongClientSecret(TokenRefused):
    """The ``client_secret`` is not the one of the ``client_id``."""

    code = "wrong_client_secret"


class UnknownUser(TokenRefused):
    """Nobody has this username."""

    code = "unknown_user"


class WrongPassword(TokenRefused):
    """The password is not the one of this username."""

    code = "wrong_password"


class GrantRefused(TokenRefused):
    """The code, refresh token, app token or activation code was used, has expired, or is wrong."""

    code = "grant_refused"


class SecondFactorRequired(TokenRefused):
    """The account needs a second factor. Use auth_type "server", which signs users in on Podio's own pages."""

    code = "second_factor_required"
