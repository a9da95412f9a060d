"""Every error that podio_web raises on purpose, one tree.

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
    ├── ConnectionFailed             no answer: offline, blocked by CORS, wrong host
    │   └── TimedOut                 no answer in time
    ├── StoreUnavailable             the session store failed, so nobody knows who is signed in (retry_after)
    └── SignInError                  code
        ├── LoginRequired            login_required: nobody is signed in, call login()
        ├── AccessDenied             access_denied: the person said no
        ├── MalformedResponse        malformed_response: the redirect cannot be read
        ├── StateMismatch            state_mismatch: the redirect answers another attempt
        ├── UnsolicitedResponse      unsolicited: a redirect that nobody asked for
        ├── AccountChanged           account_changed: somebody else signed in
        ├── PopupBlocked             popup_blocked: the browser did not open the popup
        ├── PopupClosed              popup_closed: the person closed the popup
        ├── PopupTimeout             popup_timeout: the popup was not answered in time
        ├── PopupCancelled           popup_cancelled: the page gave up waiting
        ├── CallbackMissing          callback_missing: the popup came back to another page than callback.html
        └── TokenRefused             token_refused: the token endpoint said no
            ├── UnknownClient        unknown_client: no such client_id
            ├── WrongClientSecret    wrong_client_secret: not the secret of this client_id
            ├── UnknownUser          unknown_user: nobody has this username
            ├── WrongPassword        wrong_password: not the password of this username
            ├── GrantRefused         grant_refused: a code or token was used, has expired, or is wrong
            └── SecondFactorRequired second_factor_required: the account wants a second factor

Wrong arguments (an unknown option, an absolute URL for a path) are bugs of the caller and raise ``ValueError`` or
``TypeError``. No error ever holds a token, a secret, a code or a password.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PodioError(Exception):
    """Anything that went wrong between the caller and Podio.

    Arguments are Podio's own error fields (https://developers.podio.com/index/api): ``status`` is the HTTP status or
    None without an answer, ``error`` the coarse code, ``error_description`` the text, ``error_detail`` the dotted fine
    code, ``error_parameters`` the data for the text; ``method`` and ``path`` say which call it was.

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
    """Podio answered with an error status; ``retry_after`` is the wait in seconds if the answer asks for one."""

    def __init__(self, message: str, *, retry_after: "int | None" = None, **fields: "Any") -> None:
        super().__init__(message, **fields)
        self.retry_after = retry_after


class BadRequestError(APIError):
    """400: Podio could not use the input; ``error_description`` says which value."""


class AuthorizationError(APIError):
    """401: the token is missing, revoked, expired or wrong."""


class ForbiddenError(APIError):
    """403: the signed-in person, or the scope of the grant, does not allow this."""


class NotFoundError(APIError):
    """404: there is no such object or no such operation."""


class ConflictError(APIError):
    """409: the object has a newer revision, or its state does not allow this."""


class GoneError(APIError):
    """410: the object was deleted."""


class RateLimitError(APIError):
    """420 or 429: too many calls; ``retry_after`` is the wait in seconds, or None if Podio did not say."""


class ServerError(APIError):
    """500 and other faults at Podio."""


class UnavailableError(APIError):
    """502, 503, 504: Podio cannot be reached behind its gateway at the moment."""


class ConnectionFailed(PodioError):
    """No answer came: offline, refused by the browser's CORS check, or the wrong host."""


class TimedOut(ConnectionFailed):
    """No answer came within the time-out."""


class StoreUnavailable(PodioError):
    """The session store of a server or a script failed; the session is as it was. Try again in a few seconds.

    In a page memory stands in for a store that fails. ``retry_after`` is the wait in seconds to suggest, and ``reason``
    tells a log what happened.
    """

    retry_after = 5
    reason = ""


class SignInError(PodioError):
    """Signing in did not work; ``code`` is a stable string for programs.

    >>> try:
    ...     await podio.login()
    ... except SignInError as problem:
    ...     show(problem.code, str(problem))
    """

    code = "sign_in_failed"


class LoginRequired(SignInError):
    """Nobody is signed in, or the session has ended: call ``login()``."""

    code = "login_required"


class AccessDenied(SignInError):
    """The person did not allow the access that was asked for."""

    code = "access_denied"


class MalformedResponse(SignInError):
    """The redirect's parameters cannot be read as an answer."""

    code = "malformed_response"


class StateMismatch(SignInError):
    """The redirect does not answer the attempt that is waiting (RFC 6749, section 10.12)."""

    code = "state_mismatch"


class UnsolicitedResponse(SignInError):
    """A redirect came that this page never asked for; the session is unchanged."""

    code = "unsolicited"


class AccountChanged(SignInError):
    """A renewal came back as somebody else; nothing that was waiting has been sent."""

    code = "account_changed"


class PopupBlocked(SignInError):
    """The browser did not open the popup: call ``login()`` from a click."""

    code = "popup_blocked"


class PopupClosed(SignInError):
    """The person closed the popup before signing in."""

    code = "popup_closed"


class PopupTimeout(SignInError):
    """Nobody finished signing in within the limit."""

    code = "popup_timeout"


class PopupCancelled(SignInError):
    """The page stopped waiting for the popup."""

    code = "popup_cancelled"


class CallbackMissing(SignInError):
    """The popup came back from Podio to something that is not ``callback.html``: check ``redirect_uri``."""

    code = "callback_missing"


class TokenRefused(SignInError):
    """The token endpoint did not give a session; its kin say why where Podio does."""

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
    """The account signs in with a second factor: send the person to Podio's own pages."""

    code = "second_factor_required"
