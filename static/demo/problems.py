"""What goes wrong, in a person's words, and the way on."""

import asyncio

from items import time_in_words
from js import navigator
from notices import lift, notice

from podio_web import (
    AccessDenied,
    AccountChanged,
    AuthorizationError,
    CallbackMissing,
    ConflictError,
    ConnectionFailed,
    ForbiddenError,
    GoneError,
    LoginRequired,
    NotFoundError,
    PodioError,
    PopupBlocked,
    PopupCancelled,
    PopupClosed,
    PopupTimeout,
    RateLimitError,
    ServerError,
    SignInError,
    TimedOut,
    UnavailableError,
)

sign_in = None
"""Set by main.py: ``sign_in(then)`` opens the sign-in window and calls ``then`` afterwards."""

change_account = None
"""Set by main.py: ``change_account()`` shows the page of the user who is signed in now."""

_running = []

# The first class that fits gives the headline and the advice.
_EXPLANATIONS = (
    (
        PopupBlocked,
        "The sign-in window was blocked",
        "Your browser did not open it. Press the button below, or allow pop-up windows for this page.",
    ),
    (
        PopupClosed,
        "The sign-in window was closed",
        "You closed it before signing in, so nothing was sent. Sign in again to go on.",
    ),
    (
        PopupCancelled,
        "Signing in was cancelled",
        "Nothing was sent. Sign in again to go on.",
    ),
    (
        PopupTimeout,
        "Signing in took too long",
        "The page stopped waiting for the sign-in window. Close it if it is still open, and sign in again.",
    ),
    (
        CallbackMissing,
        "The sign-in came back to the wrong page",
        "Podio sent the window to something that is not callback.html. Put that page in its place, then sign in again.",
    ),
    (
        AccessDenied,
        "Access was not allowed",
        "You chose not to let this page use your Podio account. Sign in again and allow it to go on.",
    ),
    (
        AccountChanged,
        "Somebody else signed in",
        "The sign-in window came back with another account, so nothing was sent. Sign in as before to keep your "
        "text, or use the new account and let the text go.",
    ),
    (LoginRequired, "You are not signed in", "The session has ended. Sign in again to go on."),
    (
        SignInError,
        "Signing in did not work",
        "Podio's answer could not be used, so it was thrown away. Sign in again.",
    ),
    (
        ConflictError,
        "Somebody changed this first",
        "Podio has a newer version than the one you started from.",
    ),
    (TimedOut, "Podio did not answer in time", "Nothing is lost here. Wait a moment and try again."),
    (
        ConnectionFailed,
        "Podio cannot be reached",
        "Check your connection (and, with a local sandbox, that it still runs), then try again.",
    ),
    (RateLimitError, "Too many requests", "Podio asks this page to slow down. Wait, then try again."),
    (ForbiddenError, "You may not do this", "Your account, or this page's scope, does not have the right."),
    ((NotFoundError, GoneError), "It is not there any more", "It was deleted, or you cannot see it."),
    (AuthorizationError, "Podio refused the session", "Sign in again; your text stays here meanwhile."),
    ((ServerError, UnavailableError), "Podio has a problem", "It is not your fault. Try again in a moment."),
)


def run(coroutine, again=None):
    """Run a coroutine; what it raises becomes a notice, with a button that calls ``again``.

    Every handler ends here. PyScript would leave such an exception to the browser's console.
    """

    async def watched():
        try:
            await coroutine
        except Exception as problem:
            explain(problem, again)
        finally:
            _running.remove(task)

    task = asyncio.create_task(watched())
    _running.append(task)  # else nothing but the event loop would hold it


def in_words(problem):
    """Return a headline and an advice about an exception."""
    headline, advice = "Something went wrong", "Try again. The browser's console says more."
    for kinds, title, text in _EXPLANATIONS:
        if isinstance(problem, kinds):
            headline, advice = title, text
            break
    else:
        if not isinstance(problem, PodioError):
            print("podio-web demo:", type(problem).__name__, problem)
    detail = getattr(problem, "error_description", None)
    if detail and not isinstance(problem, SignInError):
        advice += " Podio says: " + detail
    seconds = getattr(problem, "retry_after", None)
    if seconds:
        advice += " It should work again in " + time_in_words(seconds) + "."
    return headline, advice


def explain(problem, again=None):
    """Tell a person what went wrong and what to do; ``again`` starts the action anew."""
    headline, advice = in_words(problem)
    when_connected = None
    if isinstance(problem, SignInError):
        lift("login_needed", "login_waiting")
    elif isinstance(problem, RateLimitError):
        lift("rate_limited")
    elif isinstance(problem, ConnectionFailed) and not navigator.onLine:
        headline, advice = "This waits for the connection", "It is tried again as soon as you are online."
        when_connected = again
    if isinstance(problem, (SignInError, AuthorizationError)):
        choices = [("Sign in", lambda: sign_in(again))]
        if isinstance(problem, AccountChanged):
            choices.append(("Use the new account", change_account))
    else:
        choices = [("Try again", again)] if again else []
    notice("info" if when_connected else "problem", headline, advice, choices, when_connected)
