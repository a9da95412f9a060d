"""The responses of ``login_required`` if nobody is signed in. The modules for frameworks convert them.

- If a user opens a page, the response is a 303 redirect to the sign-in, which leads back to the page. If a sign-in has
  just failed, for example because the user did not allow the access, the response is a 401 page with the error and a
  link. Otherwise the user would be redirected to Podio again and again.
- If a user sends a form, the response is a 401 page. The input is not lost: the user signs in in another tab and
  reloads the page, and the browser sends the form again.
- Any other request, such as ``fetch``, XMLHttpRequest or a script, cannot show a sign-in. The response is 401 and JSON.
"""

import json
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from podio_web.errors import LoginRequired, SignInError, StoreUnavailable
from podio_web.web.fault_log import unavailable
from podio_web.web.messages import Request, Response, see_other, with_body

if TYPE_CHECKING:
    from podio_web.web.sign_in import SignIn

CLIENT, SIGN_IN, REQUEST = "podio", "podio.sign_in", "podio.request"
"""The keys of the client, the middleware and the original request in ASGI's scope or WSGI's environ."""

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Sign in</title>
<main>
<h1>Sign in</h1>
<p>{text}</p>
<p><a href="{url}"{target}>Sign in with Podio</a></p>
</main>
</html>
"""
_NOT_SAVED = (
    "You are not signed in, so what you sent was not saved. Sign in in another tab. Then reload this page, and your "
    "browser sends it again."
)


def client_in(values: Mapping[str, Any]) -> Any:
    """Return the client of a request.

    Args:
        values: ASGI's scope or WSGI's environ.

    Returns:
        The client: a ``Podio`` under ASGI, a ``SyncPodio`` under WSGI.

    Raises:
        RuntimeError: The application is not wrapped in PodioSignIn.

    Examples:
        >>> podio = client_in(request.scope)
    """
    if CLIENT not in values or SIGN_IN not in values:
        raise RuntimeError("This request has no Podio client. Wrap the whole application in PodioSignIn.")
    return values[CLIENT]


def wants_page(request: Request) -> bool:
    """Tell whether a person, not a script, sees the response.

    Browsers say so in https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Mode. If this header is
    missing, the request must accept HTML.

    Args:
        request: The request.

    Returns:
        True if the response should be a page.

    Examples:
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
    """Return the response to a request if nobody is signed in.

    Args:
        sign_in: The middleware.
        request: The request.
        error: Why the last sign-in failed, or None.

    Returns:
        The response.

    Examples:
        >>> sign_in_first(sign_in, request).status
        303
    """
    if not wants_page(request):
        return _refusal(sign_in)
    if request.method not in ("GET", "HEAD"):
        return _page(_NOT_SAVED, sign_in.login_url(), ' target="_blank"')
    url = sign_in.login_url(sign_in.addresses.current(request))
    return see_other(url) if error is None else _page(str(error), url)


def response_to(problem: LoginRequired | StoreUnavailable, sign_in: "SignIn", request: Request) -> Response:
    """Return the response to a request whose session has ended, or whose session store is unavailable.

    Args:
        problem: The exception.
        sign_in: The middleware.
        request: The request.

    Returns:
        The response.

    Examples:
        >>> response_to(LoginRequired("The session has ended."), sign_in, request).status
        303
    """
    if isinstance(problem, StoreUnavailable):
        return unavailable(problem)
    return sign_in_first(sign_in, request)


def _refusal(sign_in: "SignIn") -> Response:
    content = {
        "error": "login_required",
        "error_description": "Nobody is signed in. Open login_url in a browser.",
        "login_url": sign_in.login_url(),
    }
    return _unauthorized(json.dumps(content), "application/json")


def _page(text: str, url: str, target: str = "") -> Response:
    page = _PAGE.format(text=escape(text), url=escape(url), target=target)
    policy = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    return _unauthorized(page, "text/html; charset=utf-8", policy)


def _unauthorized(text: str, content_type: str, *headers: tuple[str, str]) -> Response:
    # A 401 must name an authentication scheme (RFC 9110 section 15.5.2). No scheme for cookies is registered.
    return with_body(401, text, content_type, [("WWW-Authenticate", "Session"), *headers])
