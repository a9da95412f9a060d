"""Reading a redirect: what is an answer, what it says, and that it shows no token."""

import json
import traceback
import unicodedata
from random import Random
from urllib.parse import parse_qsl

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from podio_web.errors import AccessDenied, MalformedResponse, SignInError
from podio_web.oauth.encoding import form_encode
from podio_web.oauth.redirect_response import (
    LONGEST_REDIRECT,
    Redirect,
    access_token_in,
    find_redirect,
    parse_redirect,
    refusal_in,
    scrubbed,
)
from podio_web.oauth.state import validate_response
from podio_web.oauth.token import LONGEST_LIFETIME, Token, is_legal_token
from tests.unit.answers import (
    CANARY,
    CLIENT,
    NOW,
    STATE,
    auth_request,
    fragment_of,
    fragments,
    lawful_tokens,
    podio_answer,
    words,
)


def ours(state: str) -> bool:
    return state == STATE


def read(fragment: str, query: str = "") -> Token:
    """Validate a response to the request that waits."""
    return validate_response(parse_redirect(fragment, query), auth_request(), client=CLIENT, now=NOW)


# --- What the parser makes of an address ---


def test_podio_s_fragment_is_read() -> None:
    token = read(podio_answer())
    assert token.to_dict() == {
        "access_token": "a1" * 16,
        "expires_at": NOW + 28_800,
        "scope": "global:all",
        "ref": {"type": "user", "id": 1001},
        "token_type": "bearer",
    }


def test_the_documented_fragment_is_read() -> None:
    token = access_token_in(
        parse_redirect("#access_token=123&token_type=bearer&expires_in=12345&refresh_token=e443"), NOW
    )
    assert (token.access_token, token.expires_at, token.ref) == ("123", NOW + 12_345, None)


@pytest.mark.parametrize("token_type", ["Bearer", "BEARER", "", None])
def test_a_bearer_token_is_one_however_it_is_written(token_type: str | None) -> None:
    assert read(podio_answer(token_type=token_type)).token_type == "bearer"


@pytest.mark.parametrize("token_type", ["mac", "DPoP", "bearer ", "bearer,mac"])
def test_another_kind_of_token_is_refused(token_type: str) -> None:
    with pytest.raises(MalformedResponse, match="bearer"):
        read(podio_answer(token_type=token_type))


@pytest.mark.parametrize("fragment", ["", "#state=" + STATE, "#top"])
def test_a_code_is_said_to_belong_to_servers(fragment: str) -> None:
    with pytest.raises(MalformedResponse, match="server"):
        read(fragment, f"?code=0123456789abcdef&state={STATE}")


def test_the_refresh_token_is_dropped() -> None:
    token = read(podio_answer(refresh_token=CANARY))
    assert CANARY not in json.dumps(token.to_dict())
    assert not any(CANARY in str(getattr(token, name)) for name in token.__slots__)


@pytest.mark.parametrize(
    ("fragment", "query", "found"),
    [
        ("#a=1", "?b=2", ({"a": "1"}, {"b": "2"})),
        ("a=1", "b=2", ({"a": "1"}, {"b": "2"})),
        ("##a=1", "??b=2", ({"#a": "1"}, {"?b": "2"})),
        ("?a=1", "#b=2", ({"?a": "1"}, {"#b": "2"})),
        ("#a=1=2", "", ({"a": "1=2"}, {})),
        ("#access%5Ftoken=a%26b", "", ({"access_token": "a&b"}, {})),
    ],
)
def test_one_leading_mark_is_dropped(fragment: str, query: str, found: tuple[object, object]) -> None:
    redirect = parse_redirect(fragment, query)
    assert (redirect.fragment, redirect.query) == found


def test_what_is_too_long_is_not_read() -> None:
    longest = "#access_token=" + "a" * (LONGEST_REDIRECT - len("access_token="))
    assert LONGEST_REDIRECT == 16_384
    assert not parse_redirect(longest).too_long
    assert not parse_redirect("", "?" + longest[1:]).too_long
    for redirect in (parse_redirect(longest + "a"), parse_redirect("", "?" + longest + "aa")):
        assert redirect.too_long
        assert (redirect.fragment, redirect.query, redirect.state, redirect.error) == ({}, {}, "", None)


@pytest.mark.parametrize(
    ("fragment", "query", "state"),
    [
        ("#access_token=a&state=s1", "", "s1"),
        ("#access_token=a&state=s1", "?state=s2", "s1"),
        ("#access_token=a", "?state=s2", ""),
        ("#error=x&state=s1", "?state=s2", "s1"),
        ("#error=x", "?error=y&state=s2", "s2"),
        ("", "?error=x&state=s2", "s2"),
        ("#state=s1", "?error=x&state=s2", "s2"),
        ("#access_token=a&state=s1", "?error=x", ""),
        ("#access_token=a&state=s1&state=s2", "", "s2"),
        ("#access_token=a&state=%FF", "", ""),
        ("#access_token=a&state=", "", ""),
    ],
)
def test_the_part_with_the_answer_names_the_request(fragment: str, query: str, state: str) -> None:
    assert parse_redirect(fragment, query).state == state


# --- What is an answer at all ---


@pytest.mark.parametrize(
    ("fragment", "query"),
    [
        (podio_answer(), ""),
        (podio_answer(state=None), ""),
        ("#access_token=", ""),
        ("#access%5Ftoken=a", ""),
        ("#access_token=a&error=x", ""),
        (f"#error=access_denied&state={STATE}", ""),
        ("", f"?error=access_denied&state={STATE}"),
        ("#section", f"?page=2&error=access_denied&state={STATE}"),
        ("#state=x&access_token=" + "a" * LONGEST_REDIRECT, ""),
    ],
)
def test_an_answer_is_found_by_its_keys(fragment: str, query: str) -> None:
    assert find_redirect(fragment, query, ours) is not None


@pytest.mark.parametrize(
    ("fragment", "query"),
    [
        ("", ""),
        ("#", "?"),
        ("#section", "?page=2"),
        ("#/route?access_token=abc", ""),
        ("#!access_token=abc", ""),
        ("#my_access_token=abc", ""),
        (f"#state={STATE}", f"?state={STATE}"),
        ("#error=access_denied", ""),
        ("#error=access_denied&state=theirs", ""),
        ("", "?error=404"),
        ("", "?error=access_denied&state=theirs"),
        ("", f"?access_token=abc&state={STATE}"),
        ("#id_token=abc&code=x&state=" + STATE, ""),
        ("#" + "x" * LONGEST_REDIRECT + "=access_token=", ""),
        ("", f"?error=access_denied&state={STATE}&x=" + "x" * LONGEST_REDIRECT),
    ],
)
def test_what_only_looks_like_an_answer_is_left_alone(fragment: str, query: str) -> None:
    assert find_redirect(fragment, query, ours) is None


def test_a_token_in_the_query_is_never_accepted() -> None:
    query = "?" + podio_answer()[1:]
    assert find_redirect("", query, ours) is None
    with pytest.raises(SignInError):
        read("", query)
    with pytest.raises(MalformedResponse):
        read(f"#state={STATE}", query)


@given(fragments, fragments)
def test_finding_an_answer_never_raises(fragment: str, query: str) -> None:
    found = find_redirect("#" + fragment, "?" + query, ours)
    if found is None:
        assert "access_token" not in dict(parse_qsl(fragment, keep_blank_values=True))
    else:
        assert "access_token" in found.fragment or (found.error is not None and found.state == STATE)


# --- Taking it out of the address ---


@pytest.mark.parametrize(
    ("query", "fragment", "shown"),
    [
        ("", podio_answer(), "/page"),
        ("?page=2&state=open", podio_answer(), "/page?page=2&state=open"),
        ("?page=2&error=old", "#error=x", "/page?page=2&error=old"),
        ("?error=access_denied&state=s", "", "/page"),
        (
            "?error_reason=user_denied&a=1&error=access_denied&error_description=No.&b=%20&state=s",
            "",
            "/page?a=1&b=%20",
        ),
        ("?error=x&error_uri=y&errors=2", "", "/page?errors=2"),
        ("?a=1&error=x", podio_answer(), "/page?a=1"),
    ],
)
def test_path_and_the_rest_of_the_query_are_kept(query: str, fragment: str, shown: str) -> None:
    assert scrubbed("/page", query, parse_redirect(fragment, query)) == shown


@pytest.mark.parametrize("query", ["?%65rror=access_denied&state=s&a=1", "?error=access_denied&stat%65=s&a=1"])
def test_an_answer_s_keys_go_however_they_are_written(query: str) -> None:
    assert scrubbed("/page", query, parse_redirect("", query)) == "/page?a=1"


def test_an_answer_that_is_too_long_is_taken_out_too() -> None:
    fragment = "#access_token=" + CANARY * LONGEST_REDIRECT
    redirect = find_redirect(fragment, "?page=2", ours)
    assert redirect is not None
    assert scrubbed("/page", "?page=2", redirect) == "/page?page=2"


@given(st.lists(st.tuples(st.sampled_from(["error", "state", "page", "error_description", "a b"]), words)), fragments)
def test_rule_2_nothing_of_an_answer_stays_in_the_address(pairs: list[tuple[str, str]], fragment: str) -> None:
    query = "?" + form_encode(pairs)
    redirect = parse_redirect("#" + fragment, query)
    shown = scrubbed("/page", query, redirect)
    path, _, rest = shown.partition("?")
    assert path == "/page"
    assert "#" not in shown
    if redirect.error is redirect.query:
        assert parse_redirect("", rest).error is None
        kept = [pair for pair in pairs if pair[0] in ("page", "a b")]
        assert rest == form_encode(kept)
    else:
        assert rest == query[1:]


# --- Refusals ---


@pytest.mark.parametrize(
    ("fragment", "query"),
    [
        ("#error=access_denied", ""),
        ("", "?error_reason=user_denied&error=access_denied&error_description=The+user+denied+your+request."),
    ],
)
def test_a_denial_in_fragment_or_query(fragment: str, query: str) -> None:
    refusal = refusal_in(parse_redirect(fragment, query))
    assert isinstance(refusal, AccessDenied)
    assert (refusal.code, refusal.error) == ("access_denied", "access_denied")
    assert refusal.error_description == ("The user denied your request." if query else "")


def test_other_refusals_say_what_podio_said() -> None:
    refusal = refusal_in(parse_redirect("#error=invalid_scope&error_description=No+such+scope"))
    assert type(refusal) is SignInError
    assert (refusal.error, refusal.error_description) == ("invalid_scope", "No such scope")
    assert "'invalid_scope': No such scope" in str(refusal)


@pytest.mark.parametrize("fragment", ["#error", "#error=", "#error=%FF"])
def test_an_empty_refusal_is_one_all_the_same(fragment: str) -> None:
    refusal = refusal_in(parse_redirect(fragment))
    assert type(refusal) is SignInError
    assert refusal.error == "unknown_error"
    assert "it gave no reason" in str(refusal)


def test_no_error_is_no_refusal() -> None:
    assert refusal_in(parse_redirect("#access_token=a&error_description=x", "?state=s")) is None


def test_an_error_wins_over_a_token() -> None:
    for fragment, query in ((podio_answer(error="x"), ""), (podio_answer(error=""), "")):
        with pytest.raises(SignInError, match=r"^Podio refused the sign-in"):
            read(fragment, query)
    with pytest.raises(SignInError, match=r"^Podio refused the sign-in"):
        read(podio_answer(), f"?error=server_error&state={STATE}")


@given(words, words)
def test_a_refusal_s_text_is_short_and_plain(error: str, description: str) -> None:
    assume("\x7f" not in error + description)
    assume(not any("\x80" <= character < "\xa0" for character in error + description))
    is_short_and_plain(error * 30, description * 30)


def test_a_refusal_s_text_is_cut_off() -> None:
    refusal = refusal_in(parse_redirect(fragment_of(error="e" * 301, error_description="d" * 301)))
    assert refusal is not None
    assert (refusal.error, refusal.error_description) == ("e" * 300, "d" * 300)


def test_a_refusal_s_text_has_no_control_character_of_any_kind() -> None:
    is_short_and_plain("x\x1b[31m\r\n", "\x00\x07\x7f\x80\x9b31m")


def is_short_and_plain(error: str, description: str) -> None:
    refusal = refusal_in(parse_redirect(fragment_of(error=error, error_description=description)))
    assert refusal is not None
    text = f"{refusal}{refusal.error}{refusal.error_description}"
    assert len(refusal.error or "") <= 300
    assert len(refusal.error_description or "") <= 300
    assert not any(unicodedata.category(character) == "Cc" for character in text)


# --- Tokens ---


@pytest.mark.parametrize(
    "text", ["", "a%20b", "a+b", "a%09b", "a%0Ab", "a%00", "a%7F", "a%23b", "a#b", "%C3%A4", "%FF"]
)
def test_illegal_characters_make_the_answer_malformed(text: str) -> None:
    with pytest.raises(MalformedResponse, match="no valid access token"):
        read(f"#access_token={text}&state={STATE}")


def test_an_answer_without_token_or_error_is_malformed() -> None:
    with pytest.raises(MalformedResponse, match="no valid access token"):
        read(f"#state={STATE}&token_type=bearer")


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "soon", "%FF", "1e3", str(LONGEST_LIFETIME + 1), "9" * 5000])
def test_an_unreadable_lifetime_makes_the_answer_malformed(text: str) -> None:
    with pytest.raises(MalformedResponse, match="invalid lifetime") as refused:
        read(f"#access_token=abc&expires_in={text}&state={STATE}")
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_missing_lifetime_is_podio_s_usual_one() -> None:
    assert read(podio_answer(expires_in=None)).expires_at == NOW + 28_800


@pytest.mark.parametrize(
    ("parameters", "ref"),
    [
        ("ref[id]=7&ref[type]=app", {"type": "app", "id": 7}),
        ("ref%5Bid%5D=7&ref%5Btype%5D=app", {"type": "app", "id": 7}),
        ("ref%5Bid%5D=7", {"type": "user", "id": 7}),
        ("ref_id=7&ref_type=app", {"type": "app", "id": 7}),
        ("ref_id=7&ref_type=", {"type": "user", "id": 7}),
        ("ref=%7B%22type%22%3A%22user%22%2C%22id%22%3A7%7D", {"type": "user", "id": 7}),
        ("ref[id]=x", None),
        ("ref[id]=%FF", None),
        ("ref[type]=user", None),
        ("ref=", None),
        ("ref=7", None),
        ("ref=user", None),
        ("ref=[]", None),
        ("ref=" + "[" * 200, None),
        ("ref=%7B%22id%22%3A7%7D" + "+" * 192, {"type": "user", "id": 7}),
        ("ref=%7B%22id%22%3A7%7D" + "+" * 193, None),
        ("", None),
    ],
)
def test_whom_the_token_belongs_to(parameters: str, ref: object) -> None:
    assert read(f"#access_token=abc&state={STATE}&{parameters}").ref == ref


def test_a_ref_that_is_nested_too_deep_for_the_interpreter_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(text: str) -> object:
        raise RuntimeError("maximum recursion depth exceeded")  # MicroPython's way

    monkeypatch.setattr(json, "loads", give_up)
    assert read(f"#access_token=abc&state={STATE}&ref=[[[[").ref is None


def test_unknown_keys_and_unreadable_extras_are_ignored() -> None:
    token = read(
        podio_answer(transfer_token="t", scope=None, token_type=None) + "&x=%FF&%FF=x&scope=%FF&token_type=%FF"
    )
    assert (token.scope, token.token_type) == ("", "bearer")


@given(
    token=lawful_tokens,
    scope=words,
    state=words.filter(bool),
    lifetime=st.integers(1, LONGEST_LIFETIME),
    number=st.integers(0, 10**9),
    extra=st.dictionaries(words.filter(bool), words, max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_what_was_encoded_is_read_back_in_any_order(
    token: str, scope: str, state: str, lifetime: int, number: int, extra: dict[str, str], order: Random
) -> None:
    pairs = {**extra, "access_token": token, "expires_in": str(lifetime), "scope": scope, "state": state}
    pairs = {**pairs, "ref[id]": str(number), "ref[type]": "user", "token_type": "bearer"}
    shuffled = list(pairs.items())
    order.shuffle(shuffled)
    redirect = parse_redirect("#" + form_encode(shuffled))
    read_back = validate_response(redirect, auth_request(state), client=CLIENT, now=NOW)
    assert (read_back.access_token, read_back.scope, read_back.expires_at) == (token, scope, NOW + lifetime)
    assert read_back.ref == {"type": "user", "id": number}


@given(
    st.lists(st.tuples(st.sampled_from(["access_token", "state", "expires_in", "scope"]), lawful_tokens), min_size=1)
)
def test_of_a_repeated_key_the_last_one_counts(pairs: list[tuple[str, str]]) -> None:
    assert parse_redirect("#" + form_encode(pairs)).fragment == dict(pairs)


# --- Nothing but the documented errors, and no token in them ---


@given(fragments, fragments)
@example(podio_answer()[1:], "")
@example("access_token=a&expires_in=%FF&state=" + STATE, "")
def test_any_redirect_is_a_token_or_a_sign_in_error(fragment: str, query: str) -> None:
    try:
        token = read("#" + fragment, "?" + query)
    except SignInError:
        return
    said = dict(parse_qsl(fragment, keep_blank_values=True))
    assert said["state"] == STATE
    assert "error" not in said
    assert "error" not in dict(parse_qsl(query, keep_blank_values=True))
    assert is_legal_token(token.access_token)
    assert said["access_token"] == token.access_token


secretive = st.lists(
    st.tuples(
        st.sampled_from(["access_token", "refresh_token", "transfer_token", "id_token", "x"]),
        st.sampled_from([CANARY, CANARY + " ", CANARY + "\n", CANARY + "#", "ä" + CANARY]),
    )
    | st.tuples(
        st.sampled_from(["error", "error_description", "expires_in", "scope", "state", "ref", "ref[id]", "token_type"]),
        words | st.just(STATE),
    ),
    max_size=8,
)


@given(
    secretive, st.sampled_from([auth_request(), auth_request(created_at=0), auth_request(client="other-client"), None])
)
def test_no_token_is_in_any_repr_or_exception(pairs: list[tuple[str, str]], waiting: object) -> None:
    redirect = parse_redirect("#" + form_encode(pairs), "?" + form_encode(pairs))
    shown = [repr(redirect)]
    try:
        token = validate_response(redirect, waiting, client=CLIENT, now=NOW)  # type: ignore[arg-type]
        shown += [repr(token), str(token)]
    except SignInError as problem:
        shown += [repr(problem), str(problem), repr(vars(problem)), *traceback.format_exception(problem)]
    assert not any(CANARY in text for text in shown)


@pytest.mark.parametrize(
    "fragment", [f"#access_token%3D{CANARY}", f"#access_token;{CANARY}", f"#{CANARY}", f"#a=1&{CANARY}"]
)
def test_a_token_where_a_key_should_be_is_not_shown_either(fragment: str) -> None:
    assert CANARY not in repr(parse_redirect(fragment))
    assert CANARY not in repr(parse_redirect("", fragment[1:]))


def test_a_redirect_shows_no_value() -> None:
    redirect = parse_redirect(f"#access_token={CANARY}&state={CANARY}", f"?error={CANARY}")
    assert isinstance(redirect, Redirect)
    assert CANARY not in repr(redirect)
    assert repr(redirect).startswith("<Redirect")


def test_an_error_of_the_apps_own_does_not_hide_the_servers() -> None:
    redirect = parse_redirect("#error=404", "?error=access_denied&state=s")
    assert redirect.state == "s"
    assert isinstance(refusal_in(redirect), AccessDenied)
    assert find_redirect("#error=404", "?error=access_denied&state=s", lambda state: state == "s") is not None
    assert find_redirect("#error=404", "", lambda state: state == "s") is None
