"""Read a redirect response from the fragment and the query of an address.

https://developers.podio.com/authentication/client_side documents the fragment
``#access_token=…&token_type=…&expires_in=…&refresh_token=…&scope=…``. Podio also sends ``ref[id]``, ``ref[type]`` and
``state``. Podio documents errors in the query, and RFC 6749 section 4.2.2.1 in the fragment, so both are read.
"""

import json

from podio_web.errors import AccessDenied, MalformedResponse, SignInError
from podio_web.oauth.encoding import form_decode, parse_form
from podio_web.oauth.token import BEARER, Token, is_legal_token, read_lifetime, read_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LONGEST_REDIRECT = 16_384
"""A fragment or query with more characters than this is not read."""

_LONGEST_REF = 200
_LONGEST_TEXT = 300
_QUERY_KEYS = ("error", "error_description", "error_reason", "error_uri", "state")


class Redirect:
    """A redirect response that is parsed, but not validated. ``repr`` hides its contents, which may hold the token.

    >>> parse_redirect("#access_token=abc&state=s1")
    <Redirect with 2 names in the fragment, 0 in the query>
    """

    __slots__ = ("error", "fragment", "is_code", "query", "state", "too_long")

    def __init__(self, fragment: "dict[str, str | None]", query: "dict[str, str | None]", too_long: bool) -> None:
        self.fragment: dict[str, str | None] = fragment
        self.query: dict[str, str | None] = query
        self.too_long: bool = too_long
        # The page may have an #error= of its own. The one with a state is from the server.
        errors = [part for part in (fragment, query) if "error" in part]
        self.error: dict[str, str | None] | None = max(errors, key=_has_state) if errors else None
        # The state counts only in the part with the response.
        self.is_code: bool = self.error is None and "code" in query and "access_token" not in fragment
        self.state: str = (self.error or (query if self.is_code else fragment)).get("state") or ""

    def __repr__(self) -> str:
        return f"<Redirect with {len(self.fragment)} names in the fragment, {len(self.query)} in the query>"


def _has_state(parameters: "dict[str, str | None]") -> bool:
    return bool(parameters.get("state"))


def parse_redirect(fragment: str, query: str = "") -> Redirect:
    """Parse the fragment and the query of the address that a redirect response arrives at. Never raises.

    One leading ``#`` or ``?`` is dropped.

    >>> parse_redirect("#access_token=abc&state=s1").state
    's1'
    """
    fragment = fragment[1:] if fragment.startswith("#") else fragment
    query = query[1:] if query.startswith("?") else query
    if len(fragment) > LONGEST_REDIRECT or len(query) > LONGEST_REDIRECT:
        return Redirect({}, {}, True)
    return Redirect(parse_form(fragment), parse_form(query), False)


def find_redirect(fragment: str, query: str, is_ours: "Callable[[str], bool]") -> "Redirect | None":
    """Return the redirect response in a page's address, or None if there is none.

    It has an ``access_token`` in the fragment, or an ``error`` with a ``state`` for which ``is_ours`` returns True. A
    router's ``#/route?access_token=…``, a ``#section`` and another provider's response are not redirect responses. Nor
    is a token in the query, because queries reach servers and their logs.

    >>> find_redirect("", "?error=access_denied&state=s1", lambda state: state == "s1").state
    's1'
    """
    if not fragment and not query:
        return None
    redirect = parse_redirect(fragment, query)
    if redirect.too_long:
        # Anyone can write a megabyte there. No more is decoded than a response may have.
        names = [form_decode(part.partition("=")[0]) for part in fragment[1 : LONGEST_REDIRECT + 1].split("&")]
        return redirect if "access_token" in names or "&access_token=" in fragment else None
    if "access_token" in redirect.fragment:
        return redirect
    return redirect if redirect.error is not None and is_ours(redirect.state) else None


def scrubbed(path: str, query: str, redirect: Redirect) -> str:
    """Return the local URL without the redirect response: the same path and query, no fragment.

    If the response is in the query, its keys are removed from the query.

    >>> query = "?page=2&error=access_denied&state=s1"
    >>> scrubbed("/app", query, parse_redirect("", query))
    '/app?page=2'
    """
    if redirect.error is redirect.query and query:
        kept = [pair for pair in query[1:].split("&") if form_decode(pair.partition("=")[0]) not in _QUERY_KEYS]
        query = "?" + "&".join(kept) if kept else ""
    return path + query


def needed(fragment: str) -> str:
    """Return a fragment without the refresh token, which a page cannot use, cut off one character beyond the limit.

    >>> needed("#access_token=abc&refresh_token=def&state=s1")
    'access_token=abc&state=s1'
    """
    pairs = (fragment[1:] if fragment.startswith("#") else fragment)[: LONGEST_REDIRECT + 1].split("&")
    return "&".join([pair for pair in pairs if form_decode(pair.partition("=")[0]) != "refresh_token"])


def refusal_in(redirect: Redirect) -> "SignInError | None":
    """Return the error that a redirect response reports, or None. An error counts more than a token beside it.

    >>> refusal_in(parse_redirect("", "?error=access_denied&state=s1"))
    AccessDenied('Access was not allowed, so nobody is signed in. Sign in again and choose to allow it.')
    """
    if redirect.error is None:
        return None
    code = _printable(redirect.error.get("error")) or "unknown_error"
    description = _printable(redirect.error.get("error_description"))
    if code == "access_denied":
        return AccessDenied(
            "Access was not allowed, so nobody is signed in. Sign in again and choose to allow it.",
            error=code,
            error_description=description,
        )
    return SignInError(
        f"Podio refused the sign-in with {code!r}: {description or 'it gave no reason'}. "
        "Check the client ID, the redirect URI's domain and the scope.",
        error=code,
        error_description=description,
    )


def access_token_in(redirect: Redirect, now: float) -> Token:
    """Return the token in the response's fragment, received at ``now`` (seconds since 1970).

    Podio's refresh token is dropped, because it needs the client secret, and a page cannot keep one. Raises
    MalformedResponse if there is no valid token.

    >>> access_token_in(parse_redirect("#access_token=abc&expires_in=60"), 1_790_000_000.0)
    <Token of an unknown user, expires_at=1790000060, scope=''>
    """
    if redirect.is_code:
        raise MalformedResponse(
            "The redirect response has a code, which only servers can use. Sign in with login(), or exchange the code "
            "on a server."
        )
    parameters = redirect.fragment
    access_token = parameters.get("access_token")
    if not is_legal_token(access_token):
        raise MalformedResponse("The redirect response has no valid access token. Sign in again.")
    if (parameters.get("token_type") or BEARER).lower() != BEARER:
        raise MalformedResponse("The redirect response has a token that is not a bearer token. Sign in again.")
    if "expires_in" in parameters and parameters["expires_in"] is None:
        raise MalformedResponse("The redirect response has an invalid lifetime. Sign in again.")
    try:
        lifetime = read_lifetime(parameters.get("expires_in"))
    except ValueError:
        raise MalformedResponse("The redirect response has an invalid lifetime. Sign in again.") from None
    return Token(
        str(access_token),
        expires_at=now + lifetime,
        scope=parameters.get("scope") or "",
        ref=_ref_in(parameters),
    )


def _ref_in(parameters: "dict[str, str | None]") -> "dict[str, Any] | None":
    """Return the token's user from ``ref[id]``, ``ref_id`` or a JSON ``ref``. Podio documents none of them."""
    for name_of_id, name_of_type in (("ref[id]", "ref[type]"), ("ref_id", "ref_type")):
        if name_of_id in parameters:
            return read_ref({"id": parameters[name_of_id], "type": parameters.get(name_of_type) or "user"})
    text = parameters.get("ref") or ""
    if not 0 < len(text) <= _LONGEST_REF:
        return None
    try:
        return read_ref(json.loads(text))
    except (ValueError, RuntimeError):  # RuntimeError: nested too deep
        return None


def _printable(text: "str | None") -> str:
    """Return text from an address for display, short and without control characters: anyone can write an address."""
    return "".join(_plain(character) for character in (text or "")[:_LONGEST_TEXT])


def _plain(character: str) -> str:
    """Return the character, or a space for a control character (C0, DEL, C1)."""
    return character if " " <= character < "\x7f" or character >= "\xa0" else " "
