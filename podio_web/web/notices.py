"""What a person is told when signing in did not work; what went wrong in detail is in the server's log.

A cookie brings no more than the error's stable code from the callback to the page that shows it.
"""

from podio_web.errors import SignInError

_TEXTS = {
    "access_denied": "Access was not allowed, so nothing has changed. To go on, sign in again and choose to allow it.",
    "malformed_response": "Podio's answer could not be read. Sign in again.",
    "state_mismatch": "The answer belongs to another attempt, or came after more than ten minutes. Sign in again.",
    "unsolicited": "An answer arrived that this browser did not ask for. It was ignored; sign in from here.",
    "grant_refused": "Podio did not accept the answer, which may have been used already. Sign in again.",
}
_OTHER_TEXT = "Signing in did not work. Try again in a moment."


def error_of(code: str) -> SignInError:
    """Return the sign-in error with this stable code, with a text for people.

    >>> error_of("access_denied")
    AccessDenied('Access was not allowed, so nothing has changed. To go on, sign in again and choose to allow it.')
    """
    kinds = {kind.code: kind for kind in _kinds_of(SignInError)}
    return kinds.get(code, SignInError)(_TEXTS.get(code, _OTHER_TEXT))


def _kinds_of(kind: type[SignInError]) -> list[type[SignInError]]:
    return [kind, *(each for below in kind.__subclasses__() for each in _kinds_of(below))]
