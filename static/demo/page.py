"""What the demo needs of the page: elements, listeners, and one notice for what a person must know."""

import asyncio

from js import document
from pyscript.ffi import create_proxy

from podio_web import (
    AccessDenied,
    AccountChanged,
    AuthorizationError,
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
"""Set by main.py: ``change_account()`` shows the page of whoever is signed in now."""

_running = []
_choices = []
_focus_before = [None]

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


def one(name):
    """Return the element with this id."""
    return document.getElementById(name)


def make(tag, text="", class_name="", **data):
    """Return a new element. Text is set as text, never parsed as HTML: it may come from anybody."""
    element = document.createElement(tag)
    element.textContent = text
    if class_name:
        element.className = class_name
    for key in data:
        element.setAttribute("data-" + key, str(data[key]))
    return element


def fill(select, choices, group=""):
    """Add ``(value, text)`` choices to a select box, under a heading if ``group`` has a text."""
    target = select
    if group:
        target = make("optgroup")
        target.label = group
        select.append(target)
    for value, text in choices:
        option = make("option", text)
        option.value = str(value)
        target.append(option)


def show(name, visible=True):
    """Show or hide the element with this id."""
    one(name).hidden = not visible


def listen(target, event, handler):
    """Call a plain function on an event, as long as the page lives: hence a proxy that is kept."""
    target.addEventListener(event, create_proxy(handler))


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


def explain(problem, again=None):
    """Tell a person what went wrong and what to do; ``again`` starts the action anew."""
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
        advice += " It should work again in " + str(seconds) + " seconds."
    if isinstance(problem, (SignInError, AuthorizationError)):
        choices = [("Sign in", lambda: sign_in(again))]
        if isinstance(problem, AccountChanged):
            choices.append(("Use the new account", change_account))
    else:
        choices = [("Try again", again)] if again else []
    notice("problem", headline, advice, choices)


def notice(kind, headline, text="", choices=()):
    """Show the notice.

    ``kind`` is info, success or problem; ``choices`` are ``(button text, plain function)``.
    """
    region = one("notice")
    if not region.contains(document.activeElement):
        _focus_before[0] = document.activeElement
    dismiss()
    region.setAttribute("aria-live", "assertive" if kind == "problem" else "polite")
    region.setAttribute("data-kind", kind)
    words = make("div", class_name="notice-words")
    words.append(make("strong", headline))
    if text:
        words.append(make("p", text))
    region.append(words)
    actions = make("div", class_name="notice-actions")
    for number, (title, function) in enumerate(choices):
        button = make("button", title, "secondary outline small" if number else "small", choice=number)
        button.type = "button"
        actions.append(button)
        _choices.append(function)
    close = make("button", "Dismiss", "secondary outline small", choice="none")
    close.type = "button"
    close.setAttribute("data-testid", "dismiss-notice")
    actions.append(close)
    region.append(actions)


def dismiss():
    """Take the notice away."""
    _choices.clear()
    one("notice").replaceChildren()


def typing_goes_on():
    """Take a good message away once the person does something else; a problem stays until it is dealt with."""
    if _choices or one("notice").getAttribute("data-kind") != "success":
        return
    dismiss()


def follow_notice():
    """Make the notice's buttons work. One listener serves all of them."""

    def clicked(event):
        button = event.target.closest("button")
        if not button:
            return
        number = button.getAttribute("data-choice")
        function = None if number == "none" else _choices[int(number)]
        dismiss()
        before = _focus_before[0]
        (before if before and before.isConnected else one("main")).focus()
        if function:
            function()

    listen(one("notice"), "click", clicked)
