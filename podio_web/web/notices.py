"""The messages that a user sees if a sign-in fails. The details are in the server's log.

A cookie brings only the error's code from the callback to the page that shows the message.
"""

from podio_web.errors import SignInError

_TEXTS = {
    "access_denied": "Access was not allowed, so nothing has changed. To continue, sign in again and allow access.",
    "malformed_response": "Podio's response could not be read. Sign in again.",
    "state_mismatch": "The response belongs to another sign-in, or arrived more than ten minutes later. Sign in again.",
    "unsolicited": "This browser did not request the response that arrived. It was ignored. Sign in from here.",
    "grant_refused": "Podio did not accept the response. It may have been used already. Sign in again.",
}
_OTHER_TEXT = "The sign-in failed. Try again in a moment."


def error_of(code: str) -> SignInError:
    """Return the sign-in error with this code, and with a message for people.

    Args:
        code: The error's stable code.

    Returns:
        The error.

    Examples:
        >>> error_of("access_denied")
        AccessDenied('Access was not allowed, so nothing has changed. To continue, sign in again and allow access.')
    """
    kinds = {kind.code: kind for kind in _kinds_of(SignInError)}
    return kinds.get(code, SignInError)(_TEXTS.get(code, _OTHER_TEXT))


def _kinds_of(kind: type[SignInError]) -> list[type[SignInError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _kinds_of(below))]
