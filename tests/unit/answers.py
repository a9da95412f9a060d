"""Made-up answers, authorization requests and values that several unit tests share."""

from typing import Any

from hypothesis import strategies as st

from podio_web.oauth.encoding import form_encode
from podio_web.oauth.state import AuthorizationRequest

NOW = 1_790_000_000.0
STATE = "9f" * 16
CLIENT = "https://api.podio.com demo-client http://localhost:8000/static/callback.html"
REDIRECT_URI = "http://localhost:8000/static/callback.html"

CANARY = "canary0123456789abcdef0123456789"
"""A token that must never be seen; no random text is like it."""

# Without lone surrogates, because no browser's address has one.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)

lawful_tokens = st.text(st.sampled_from([chr(code) for code in range(0x21, 0x7F) if chr(code) != "#"]), min_size=1)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)

# Pieces that redirects are made of, put together in ways that no server would.
fragments = st.lists(
    st.sampled_from(
        [
            "access_token",
            "access%5Ftoken",
            "error",
            "error_description",
            "expires_in",
            "scope",
            "state",
            "ref[id]",
            "ref%5Btype%5D",
            "ref",
            "token_type",
            "refresh_token",
            "=",
            "=",
            "=",
            "&",
            "&",
            "&",
            "#",
            "?",
            "+",
            "%",
            "%00",
            "%FF",
            "%C3%A9",
            "%26",
            "%3D",
            STATE,
            f"state={STATE}",
            "28800",
            "-1",
            "abc",
            "access_denied",
            '{"type":"user","id":7}',
            "[" * 50,
        ]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    max_size=25,
).map("".join)


def auth_request(state: str = STATE, **changes: Any) -> AuthorizationRequest:
    """Return an authorization request that was made ten seconds ago."""
    options: dict[str, Any] = {"client": CLIENT, "redirect_uri": REDIRECT_URI, "created_at": NOW - 10}
    return AuthorizationRequest(state, **{**options, **changes})


def fragment_of(**parameters: object) -> str:
    """Return a fragment with these parameters, percent-encoded."""
    return "#" + form_encode((key, str(value)) for key, value in parameters.items())


def podio_answer(**changes: object) -> str:
    """Return a fragment like Podio's, in its alphabetical order; None leaves a parameter out."""
    parameters: dict[str, object] = {
        "access_token": "a1" * 16,
        "expires_in": 28_800,
        "ref[id]": 1001,
        "ref[type]": "user",
        "refresh_token": "b2" * 16,
        "scope": "global:all",
        "state": STATE,
        "token_type": "bearer",
        **changes,
    }
    return fragment_of(**{key: value for key, value in parameters.items() if value is not None})
