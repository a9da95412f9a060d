"""What ``login_required`` answers when nobody is signed in; the frameworks' own modules translate it.

- A page that somebody opens: 303 to the sign-in, which leads back to it. If a sign-in has just failed there, such as
  when the person said no: 401 and a page that says so, with a link. Otherwise they would be sent to Podio at once.
- A form that somebody sends: 401 and a page. What they typed is not lost: they sign in in another tab and reload the
  page, which sends the form again.
- Anything else, such as ``fetch``, XMLHttpRequest or a script: 401 and JSON. It cannot show a sign-in.
"""

import json
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from podio_web.errors import LoginRequired, SignInError, StoreUnavailable
from podio_web.web.faults import unavailable
from podio_web.web.messages import Request, Response, see_other, whole

if TYPE_CHECKING:
    from podio_web.web.sign_in import SignIn

CLIENT, SIGN_IN, REQUEST = "podio", "podio.sign_in", "podio.request"
"""Where the middleware leaves the client, itself, and the request as it came: in ASGI's scope or WSGI's environ."""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in</title>
<p>{text}</p>
<p><a href="{url}"{target}>Sign in with Podio</a></p>
</html>
"""
_NOT_SENT = (
    "You are not signed in, so what you sent was not saved. Sign in in another tab. Then reload this page, and your "
    "browser sends it again."
)


def client_in(held: Mapping[str, Any]) -> Any:
    """Return the client that the middleware left in a scope or an environ.

    Raises RuntimeError if there is none.

    >>> podio = client_in(request.scope)
    """
    if CLIENT not in held or SIGN_IN not in held:
        raise RuntimeError(
            "There is no Podio client in this request. Put the middleware PodioSignIn around the whole application"
        )
    return held[CLIENT]


def wants_page(request: Request) -> bool:
    """Tell whether a person sees the answer, rather than a script.

    Browsers say so in https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Mode. Without that, an
    answer in HTML must be welcome.

    >>> wants_page(Request("GET", "/", "", {"accept": "text/html,*/*"}))
    True
    """
    mode = request.headers.get("sec-fetch-mode")
    if mode is not None:
        return mode == "navigate"
    if request.headers.get("x-requested-with", "").lower() == "xmlhttprequest":
        return False
    return "text/html" in request.headers.get("accept", "").lower()


def sign_in_first(sign_in: "SignIn", request: Request, error: SignInError | None = None) -> Response:
    """Return the answer to a request that nobody is signed in for; ``error`` is why a sign-in has just failed.

    >>> sign_in_first(sign_in, request).status
    303
    """
    if not wants_page(request):
        return _refusal(sign_in)
    if request.method not in ("GET", "HEAD"):
        return _page(_NOT_SENT, sign_in.login_url(), ' target="_blank"')
    url = sign_in.login_url(sign_in.addresses.current(request))
    return see_other(url) if error is None else _page(str(error), url)


def answer_to(problem: LoginRequired | StoreUnavailable, sign_in: "SignIn", request: Request) -> Response:
    """Return the answer to a request whose session ended meanwhile, or whose store is unavailable.

    >>> answer_to(LoginRequired("The session has ended."), sign_in, request).status
    303
    """
    if isinstance(problem, StoreUnavailable):
        return unavailable(problem)
    return sign_in_first(sign_in, request)


def _refusal(sign_in: "SignIn") -> Response:
    told = {
        "error": "login_required",
        "error_description": "Nobody is signed in. Open login_url in a browser.",
        "login_url": sign_in.login_url(),
    }
    return _unauthorized(json.dumps(told), "application/json")


def _page(text: str, url: str, target: str = "") -> Response:
    page = _PAGE.format(text=escape(text), url=escape(url), target=target)
    policy = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    return _unauthorized(page, "text/html; charset=utf-8", policy)


def _unauthorized(text: str, content_type: str, *headers: tuple[str, str]) -> Response:
    # A 401 must name a way to authenticate (RFC 9110 section 15.5.2). There is no registered name for a cookie.
    return whole(401, text, content_type, [("WWW-Authenticate", "Session"), *headers])
