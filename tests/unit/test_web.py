"""The rules of signing in to a web application, without HTTP around them."""

import time
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podio_web import ConnectionFailed, MemoryStore, Podio, Token
from podio_web.oauth.encoding import form_encode
from podio_web.runtime.run_blocking import drive
from podio_web.testing import FakeTransport
from podio_web.web.cookies import SignedCookie, SignedText
from podio_web.web.messages import Request
from podio_web.web.pending_sign_ins import MOST_PENDING
from podio_web.web.prefix import clean_prefix
from tests.unit.answers import words
from tests.unit.conftest import Node
from tests.unit.web_support import (
    CALLBACK,
    CODE,
    HTTPS_ORIGIN,
    LOGIN,
    LOGOUT,
    ORIGIN,
    SECRET_KEY,
    SECRETS,
    Browser,
    People,
    answer_tokens,
    at,
    browser_with,
    header,
    sign_in_with,
)

# Options


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("secret_key", "too short", "secret_key must be a text of at least 32"),
        ("secret_key", b"0" * 40, "secret_key must be a text"),
        ("secret_key", [], "secret_key must be a text"),
        ("secret_key", [SECRET_KEY, "too short"], "secret_key must be a text"),
        ("secret_key", [SECRET_KEY, None], "secret_key must be a text"),
        ("client_id", "", "client_id is missing"),
        ("client_secret", "", "client_secret is missing"),
        ("redirect_uri", "/podio/callback", "redirect_uri must be an absolute URL"),
        ("redirect_uri", None, "redirect_uri is missing"),
        ("redirect_uri", "http://app.example.com/podio/callback", "redirect_uri must use https"),
        ("redirect_uri", ORIGIN + LOGIN, "three different paths"),
        ("login_path", LOGOUT, "three different paths"),
        ("login_path", "podio/login", "three different paths"),
        ("logout_path", "//podio/logout", "three different paths"),
        ("logout_path", "/podio/logout?now", "three different paths"),
        ("root_path", "https://app.example.com/app", "root_path must be a path of the host"),
        ("root_path", "//app", "root_path must be a path of the host"),
        ("root_path", "/app?", "root_path must be a path of the host"),
        ("logged_out_path", "https://evil.example/", "logged_out_path must be a path"),
        ("logged_out_path", "goodbye", "logged_out_path must be a path"),
        ("on_signed_in", "a name", "on_signed_in must be a function"),
        ("on_signed_out", 1, "on_signed_out must be a function"),
        ("session_lifetime", 0, "session_lifetime must be a positive integer, the number of seconds"),
        ("session_lifetime", True, "session_lifetime must be"),
        ("session_lifetime", None, "session_lifetime must be"),
        ("longest_session", 1.5, "longest_session must be a positive integer, the number of seconds"),
        ("longest_session", -1, "longest_session must be"),
        ("store", object(), "for_user"),
        ("scope", "everything", "scope"),
        ("timeout", 0, "timeout must be a positive number"),
        ("retry", 3, "retry must be a Retry"),
        ("cookie_name", "my app; Secure", "cookie_name may contain only letters"),
        ("cookie_name", "", "cookie_name may contain only letters"),
    ],
)
def test_a_wrong_option_is_refused_by_its_name(option: str, value: object, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        sign_in_with(**{option: value})
    assert not [secret for secret in SECRETS if secret in str(caught.value)]


def test_the_rules_alone_have_no_transport() -> None:
    with pytest.raises(NotImplementedError):
        sign_in_with(transport=None)


def test_repr_shows_no_secret() -> None:
    shown = repr(sign_in_with())
    assert shown == "<SignIn of <server 'demo-client' at https://api.podio.com>>"


def test_the_link_to_the_sign_in_keeps_where_to_return_to() -> None:
    assert sign_in_with().login_url("/items/4?a=b&c") == "/podio/login?return_to=%2Fitems%2F4%3Fa%3Db%26c"
    assert sign_in_with(login_path="/in").login_url() == "/in?return_to=%2F"


# Going to Podio


def test_the_person_is_sent_to_podio_with_a_state_that_cannot_be_guessed() -> None:
    browser, _, _ = browser_with(scope="user:read")
    response = browser.get(LOGIN)
    assert response.status == 303
    url = urlsplit(header(response, "location") or "")
    assert url.geturl().startswith("https://podio.com/oauth/authorize?")
    asked = parse_qs(url.query)
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == [ORIGIN + CALLBACK]
    assert asked["scope"] == ["user:read"]
    # 43 characters of base64 are 256 bits.
    assert len(asked["state"][0]) == 43
    assert browser.begin() != browser.begin()


@pytest.mark.parametrize(
    ("scope", "asked"),
    [
        (None, ["user:read"]),
        ("space:all", ["space:all"]),
        (["user:read", "app_1:write"], ["user:read app_1:write"]),
        # Without a scope Podio grants everything.
        ("", None),
    ],
)
def test_a_link_may_ask_for_a_scope_of_its_own(scope: Any, asked: list[str] | None) -> None:
    browser, _, _ = browser_with(scope="user:read")
    location = header(browser.get(browser.sign_in.login_url("/items", scope=scope)), "location")
    assert parse_qs(urlsplit(location or "").query).get("scope") == asked


def test_nobody_else_can_change_what_a_link_asks_for() -> None:
    browser, _, _ = browser_with(scope="user:read")
    link = browser.sign_in.login_url(scope="user:read")
    signed = parse_qs(urlsplit(link).query)["scope"][0]
    payload, _, signature = signed.partition(".")
    forged = [
        "global:all",
        "user%3Aread",
        "",
        "%FF",
        "x" * 5000,
        "%C3%BC",
        f"{payload}.{signature[::-1]}",
        SignedText("other scope", SECRET_KEY).sign("global:all"),
        SignedText("podio scope", NEW_KEY).sign("global:all"),
    ]
    for scope in forged:
        response = browser.get(f"{LOGIN}?scope={scope}")
        assert (response.status, browser.set_cookies) == (400, [])
    rotated = sign_in_with(secret_key=[NEW_KEY, SECRET_KEY])
    assert Browser(rotated).get(link).status == 303


def test_a_link_with_a_wrong_scope_is_not_written() -> None:
    with pytest.raises(ValueError, match="scope must be like"):
        sign_in_with().login_url(scope="everything")


def test_the_request_s_cookie_is_the_browser_s_alone_and_short_lived() -> None:
    browser, _, _ = browser_with()
    state = browser.begin("/items/4")
    (cookie,) = browser.set_cookies
    name, _, rest = cookie.partition("=")
    assert name.startswith("podio_attempt_")
    assert rest.split("; ")[1:] == ["Max-Age=600", "Path=/", "HttpOnly", "SameSite=Lax"]
    assert state not in cookie


def test_on_https_every_cookie_is_for_https_and_this_host_only() -> None:
    browser, transport, _ = browser_with(redirect_uri=HTTPS_ORIGIN + CALLBACK)
    answer_tokens(transport)
    browser.sign()
    browser.come_back("unknown")
    browser.send("POST", LOGOUT)
    assert len(browser.set_cookies) == 5
    for cookie in browser.set_cookies:
        assert cookie.startswith("__Host-podio_")
        assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(cookie.split("; "))


@pytest.mark.parametrize(("method", "url"), [("GET", LOGIN), ("GET", CALLBACK), ("POST", LOGOUT), ("GET", LOGOUT)])
def test_the_sign_in_s_own_answers_are_kept_nowhere_and_told_to_nobody(method: str, url: str) -> None:
    browser, _, _ = browser_with()
    response = browser.send(method, url)
    assert header(response, "cache-control") == "no-store"
    assert header(response, "referrer-policy") == "no-referrer"


def test_only_the_latest_requests_of_a_browser_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    states = []
    for second in range(MOST_PENDING + 2):
        monkeypatch.setattr(time, "time", at(1_790_000_000 + second))
        states.append(browser.begin())
    assert len(browser.cookies) == MOST_PENDING
    browser.come_back(states[1])
    assert browser.error() == "state_mismatch"
    browser.come_back(states[2])
    assert browser.session_id() is not None


def test_requests_that_are_broken_are_forgotten_by_the_way() -> None:
    browser, _, _ = browser_with()
    browser.cookies = {"podio_attempt_" + "0" * 32: "junk", "podio_attempt_\x01, odd": "junk", "theirs": "1"}
    browser.begin()
    assert "podio_attempt_" + "0" * 32 not in browser.cookies
    assert not [cookie for cookie in browser.set_cookies if "odd" in cookie]
    assert browser.cookies["theirs"] == "1"


# Return to

AWAY = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " /items",
    "/items\x7f",
    "items",
    "javascript:alert(1)",
    "",
    "/" + "x" * 900,
    LOGIN,
    LOGIN + "?return_to=/",
    "/podio/%6Cogin",
    CALLBACK + "?code=c",
    LOGOUT + "#top",
]


@pytest.mark.parametrize("return_to", AWAY)
def test_a_return_that_leads_away_or_in_a_circle_becomes_the_root(return_to: str) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    assert header(browser.sign(return_to), "location") == "/"


@pytest.mark.parametrize(
    ("return_to", "location"),
    [
        ("/", "/"),
        ("/items/4?a=b&c=%2F#top", "/items/4?a=b&c=%2F#top"),
        ("/søg?q=ü", "/s%C3%B8g?q=%C3%BC"),
        ("/a:b@c/(d)!*'~", "/a:b@c/(d)!*'~"),
    ],
)
def test_a_local_return_is_where_the_person_comes_back_to(return_to: str, location: str) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    assert header(browser.sign(return_to), "location") == location


def test_a_return_that_is_no_text_becomes_the_root() -> None:
    assert sign_in_with().addresses.local(Request("GET", "/", "", {}), "/\ud800") == "/"


def test_without_a_return_the_person_comes_back_to_the_root() -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    for query in ("", "?return_to=%FF", "?return_to"):
        browser.get(LOGIN + query)
    cookie = SignedCookie("podio_attempt_", SECRET_KEY, lifetime=60, secure=False)
    assert [cookie.read(browser.cookies, name)["return_to"] for name in cookie.suffixes(browser.cookies)] == ["/"] * 3


_PIECES = [
    "/",
    "/",
    "\\",
    "\t",
    "\n",
    "..",
    ".",
    "@",
    ":",
    "evil.example",
    "https:",
    "%2F",
    "%5C",
    "%09",
    "?",
    "#",
    "é",
]


@given(
    return_to=st.lists(st.sampled_from(_PIECES) | words, max_size=8).map("".join)
    | st.text(st.characters(), max_size=20),
    prefix=st.sampled_from(["", "/app"]) | st.lists(st.sampled_from(_PIECES)).map("".join).map(clean_prefix),
)
def test_no_return_ever_leads_to_another_origin(return_to: str, prefix: str, node: Node) -> None:
    location = sign_in_with().addresses.local(Request("GET", "/", "", {}, prefix), return_to)
    assert location.isascii()
    assert location.isprintable()
    assert location.startswith("/")
    assert node.origin(location, ORIGIN + CALLBACK) == ORIGIN


# Coming back


def test_a_code_becomes_a_session_that_the_server_keeps() -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    response = browser.sign("/items/4")
    assert (response.status, header(response, "location")) == (303, "/items/4")
    (call,) = transport.calls
    assert f"code={CODE}" in call.body
    assert form_encode([("redirect_uri", ORIGIN + CALLBACK)]) in call.body
    (name,) = browser.cookies
    assert name == "podio_session"
    assert store.signed_in() == [browser.session_id()]
    assert f"; Max-Age={28 * 86_400}; Path=/; HttpOnly; SameSite=Lax" in browser.set_cookies[-1]
    podio = Podio(**browser.sign_in.client_options(browser.session_id()))
    assert drive(podio.is_authenticated())


def test_a_session_cookie_is_signed_and_holds_no_token() -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    for secret in SECRETS:
        assert not [cookie for cookie in browser.set_cookies if secret in cookie]
    stranger = Browser(sign_in_with(store=store, secret_key="another-key-0123456789abcdef-012345"))
    stranger.cookies = dict(browser.cookies)
    assert stranger.session_id() is None


NEW_KEY = "new-key-0123456789abcdef-0123456789abcdef"


@pytest.mark.parametrize("keys", [[NEW_KEY, SECRET_KEY], (NEW_KEY, "k" * 32, SECRET_KEY), iter([NEW_KEY, SECRET_KEY])])
def test_a_new_key_signs_and_the_old_one_still_counts(keys: Any) -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    session_id = browser.session_id()
    state = browser.begin()
    browser.sign_in = sign_in_with(store=store, transport=transport, secret_key=keys)
    assert browser.session_id() == session_id
    # What was begun under the old key is finished under the new one.
    browser.come_back(state)
    session_id = browser.session_id()
    assert session_id is not None
    browser.sign_in = sign_in_with(store=store, secret_key=NEW_KEY)
    assert browser.session_id() == session_id
    browser.sign_in = sign_in_with(store=store, secret_key=SECRET_KEY)
    assert browser.session_id() is None


def test_several_tabs_may_sign_in_at_once() -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    first, second = browser.begin("/first"), browser.begin("/second")
    assert header(browser.come_back(second), "location") == "/second"
    assert header(browser.come_back(first), "location") == "/first"
    assert browser.error() is None


def test_every_sign_in_has_a_session_id_of_its_own_and_ends_the_one_before() -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    before = browser.session_id()
    browser.sign()
    assert browser.session_id() != before
    assert store.signed_in() == [browser.session_id()]
    assert len(urlsafe_b64decode(f"{before}=")) == 32, "256 bits"


def test_a_session_id_that_somebody_planted_is_worth_nothing() -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.cookies["podio_session"] = "planted"
    browser.sign()
    victim_s = dict(browser.cookies)
    assert browser.session_id() is not None
    assert victim_s["podio_session"] != "planted"


def test_a_session_ends_after_twenty_eight_days(monkeypatch: pytest.MonkeyPatch) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.sign()
    now = time.time()
    monkeypatch.setattr(time, "time", at(now + 28 * 86_400 - 10))
    assert browser.session_id() is not None
    monkeypatch.setattr(time, "time", at(now + 28 * 86_400 + 10))
    assert browser.session_id() is None


# Coming back with something else


def test_a_person_who_says_no_is_told_so_once_and_stays_as_they_were() -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    session_id = browser.session_id()
    response = browser.get(f"{CALLBACK}?error=access_denied&state={browser.begin('/items/4')}")
    assert (response.status, header(response, "location")) == (303, "/items/4")
    assert browser.error() == "access_denied"
    assert browser.error() is None
    assert browser.session_id() == session_id
    assert store.signed_in() == [session_id]


def test_an_error_wins_over_a_code() -> None:
    browser, transport, _ = browser_with()
    browser.get(f"{CALLBACK}?code={CODE}&error=access_denied&state={browser.begin()}")
    assert browser.error() == "access_denied"
    assert transport.calls == []


def test_any_other_refusal_is_a_sign_in_error() -> None:
    browser, _, _ = browser_with()
    browser.get(f"{CALLBACK}?error=invalid_scope&state={browser.begin()}")
    assert browser.error() == "sign_in_failed"


@pytest.mark.parametrize(
    "query", ["", "code=", "code=a%20b", "code=%FF", "access_token=abc", "access_token=abc&expires_in=9"]
)
def test_an_answer_without_a_usable_code_is_malformed(query: str) -> None:
    browser, transport, _ = browser_with()
    browser.get(f"{CALLBACK}?state={browser.begin()}&{query}")
    assert browser.error() == "malformed_response"
    assert transport.calls == []


def test_an_answer_that_is_too_long_is_malformed() -> None:
    browser, _, _ = browser_with()
    browser.get(f"{CALLBACK}?code={'c' * 17_000}&state={browser.begin()}")
    assert browser.error() == "malformed_response"


@pytest.mark.parametrize("query", ["", "?code=c", "?code=c&state=", "?code=c&state=other", "?error=access_denied"])
def test_an_answer_that_nobody_waits_for_changes_nothing(query: str) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport, times=1)
    browser.sign()
    session_id = browser.session_id()
    response = browser.get(CALLBACK + query)
    assert (response.status, header(response, "location")) == (303, "/")
    assert browser.session_id() == session_id
    assert browser.error() == "unsolicited"
    assert len(transport.calls) == 1


@pytest.mark.parametrize("query", ["?code=c", "?code=c&state=", "?code=c&state=other", "?error=access_denied"])
def test_an_answer_to_another_request_is_refused_and_the_right_one_still_accepted(query: str) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    state = browser.begin()
    browser.get(CALLBACK + query)
    assert browser.error() == "state_mismatch"
    assert transport.calls == []
    browser.come_back(state)
    assert browser.session_id() is not None


def test_an_answer_counts_once() -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport, times=1)
    state = browser.begin()
    browser.come_back(state)
    session_id = browser.session_id()
    browser.come_back(state)
    assert browser.error() == "unsolicited"
    assert browser.session_id() == session_id


def test_an_answer_that_took_more_than_ten_minutes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    browser, transport, _ = browser_with()
    state = browser.begin()
    monkeypatch.setattr(time, "time", at(time.time() + 602))
    browser.begin()
    browser.come_back(state)
    assert browser.error() == "state_mismatch"
    assert transport.calls == []


def test_another_browser_cannot_answer_a_request() -> None:
    browser, transport, _ = browser_with()
    victim = Browser(browser.sign_in)
    victim.come_back(browser.begin())
    assert victim.error() == "unsolicited"
    assert victim.session_id() is None
    assert transport.calls == []


def test_an_error_is_forgotten_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    browser, _, _ = browser_with()
    browser.get(CALLBACK)
    assert "Max-Age=60;" in browser.set_cookies[-1]
    monkeypatch.setattr(time, "time", at(time.time() + 62))
    assert browser.error() is None
    assert "podio_notice" not in browser.cookies


def test_a_refused_code_leaves_the_session_as_it_was() -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport, times=1)
    browser.sign()
    session_id = browser.session_id()
    transport.answer("POST", "/oauth/token", {"error": "invalid_grant"}, status=400)
    browser.sign()
    assert browser.error() == "grant_refused"
    assert store.signed_in() == [browser.session_id()] == [session_id]


@pytest.mark.parametrize(
    ("detail", "code"),
    [("oauth.client.invalid_secret", "wrong_client_secret"), ("oauth.client.invalid_id", "unknown_client")],
)
def test_a_wrong_api_key_is_told_by_its_code(detail: str, code: str, caplog: pytest.LogCaptureFixture) -> None:
    browser, transport, _ = browser_with()
    transport.answer("POST", "/oauth/token", {"error": "invalid_client", "error_detail": detail}, status=400)
    browser.sign()
    assert browser.error() == code
    assert f"Signing in failed with {code}" in caplog.text


def test_without_an_answer_from_podio_signing_in_fails() -> None:
    browser, transport, _ = browser_with()
    transport.fail("POST", "/oauth/token", ConnectionFailed("offline"))
    browser.sign()
    assert browser.error() == "sign_in_failed"
    assert browser.session_id() is None


class Full(People):
    """A store that cannot keep anything as long as it ``is_full``."""

    is_full = True

    def for_user(self, user: str) -> MemoryStore:
        return self.stores.setdefault(user, OnDisk(self))

    def write(self) -> None:
        if self.is_full:
            raise OSError("the disk is full")


class OnDisk(MemoryStore):
    """One session of a store that may be full."""

    def __init__(self, disk: Full) -> None:
        super().__init__()
        self.disk = disk

    def set(self, token: Token, auth_type: str) -> None:
        self.disk.write()
        super().set(token, auth_type)

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        self.disk.write()
        return super().acquire(auth_type, owner, seconds)


def test_a_code_is_not_spent_while_the_store_cannot_keep_the_session(caplog: pytest.LogCaptureFixture) -> None:
    store = Full()
    browser, transport, _ = browser_with(store=store)
    answer_tokens(transport)
    state = browser.begin()
    response = browser.come_back(state)
    assert (response.status, header(response, "Retry-After")) == (503, "5")
    assert transport.calls == []
    assert browser.session_id() is None
    assert "OSError" in caplog.text
    # The person reloads the page.
    store.is_full = False
    assert browser.come_back(state).status == 303
    assert browser.session_id() is not None


def test_an_unforeseen_fault_leads_back_too_and_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    browser, transport, _ = browser_with()
    transport.fail("POST", "/oauth/token", RuntimeError(f"it was {CODE}"))
    response = browser.sign()
    assert response.status == 303
    assert browser.error() == "sign_in_failed"
    assert "RuntimeError while signing in" in caplog.text
    assert "in perform" in caplog.text
    assert CODE not in caplog.text


# Signing out


def test_signing_out_forgets_the_session_on_both_sides() -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    response = browser.send("POST", LOGOUT, origin=ORIGIN, sec_fetch_site="same-origin")
    assert (response.status, header(response, "location")) == (303, "/")
    assert browser.cookies == {}
    assert store.signed_in() == []


def test_signing_out_without_a_session_is_fine() -> None:
    browser, _, _ = browser_with()
    browser.cookies["podio_session"] = "forged"
    assert browser.send("POST", LOGOUT).status == 303
    assert browser.cookies == {}


@pytest.mark.parametrize(
    ("query", "form", "location"),
    [
        ("", "", "/goodbye?a=%C3%BC"),
        ("", "return_to=%2Fitems%3Fpage%3D2%23top", "/items?page=2#top"),
        ("?return_to=%2Fitems", "", "/items"),
        ("?return_to=%2Fquery", "other=1&return_to=%2Fform", "/form"),
        ("?return_to=%2Fitems", "return_to=", "/items"),
        ("?return_to=https%3A%2F%2Fevil.example", "", "/goodbye?a=%C3%BC"),
        ("", "return_to=%2F%2Fevil.example", "/goodbye?a=%C3%BC"),
        ("", "return_to=%2F%5Cevil.example", "/goodbye?a=%C3%BC"),
        ("", "return_to=%2Fpodio%2Flogout", "/goodbye?a=%C3%BC"),
        ("", "return_to=%FF", "/goodbye?a=%C3%BC"),
    ],
)
def test_after_signing_out_the_person_comes_to_where_they_were_meant_to(query: str, form: str, location: str) -> None:
    sign_in = sign_in_with(logged_out_path="/goodbye?a=ü")
    for prefix in ("", "/app"):
        request = Request("POST", prefix + LOGOUT, query[1:], {}, prefix, form)
        assert header(drive(sign_in.respond(request)), "location") == prefix + location


def test_an_address_for_signing_out_may_say_where_to_go() -> None:
    assert sign_in_with().logout_url() == LOGOUT
    assert sign_in_with(root_path="/app").logout_url("/items?a") == "/app/podio/logout?return_to=%2Fitems%3Fa"


FOREIGN = [
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
    {"sec_fetch_site": "cross-site", "origin": ORIGIN},
    {"origin": "https://evil.example"},
    {"origin": "http://localhost:9000"},
    {"origin": "null"},
]
OWN = [{}, {"origin": ORIGIN}, {"sec_fetch_site": "none"}, {"sec_fetch_site": "same-origin", "origin": "null"}]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_origin_cannot_sign_anybody_out(headers: dict[str, str]) -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    assert browser.send("POST", LOGOUT, **headers).status == 403
    assert store.signed_in() == [browser.session_id()]


@pytest.mark.parametrize("headers", FOREIGN)
def test_what_another_origin_posts_is_nobody_s(headers: dict[str, str]) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.sign()
    assert browser.session_id("POST", **headers) is None
    assert browser.session_id("DELETE", **headers) is None
    assert browser.session_id("GET", **headers) is not None


@pytest.mark.parametrize("headers", OWN)
def test_what_the_own_pages_post_is_the_person_s(headers: dict[str, str]) -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.sign()
    assert browser.session_id("POST", **headers) is not None


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", LOGIN, "GET"), ("HEAD", CALLBACK, "GET"), ("POST", CALLBACK, "GET"), ("GET", LOGOUT, "POST")],
)
def test_any_other_method_is_refused_and_changes_nothing(method: str, path: str, allowed: str) -> None:
    browser, transport, store = browser_with()
    answer_tokens(transport)
    browser.sign()
    state = browser.begin()
    response = browser.send(method, f"{path}?code={CODE}&state={state}")
    assert (response.status, header(response, "allow")) == (405, allowed)
    assert store.signed_in() == [browser.session_id()]
    assert len(transport.calls) == 1


# Whatever a browser sends

_headers = st.text(st.characters(max_codepoint=255), max_size=60)
_cookies = st.lists(
    st.sampled_from(["podio_session", "podio_notice", "podio_attempt_", "=", "=", ";", ".", "a", "W10", '"']) | _headers
).map("".join)


@given(
    path=st.sampled_from([LOGIN, CALLBACK, LOGOUT, "/"]),
    query=st.lists(st.sampled_from(["code", "state", "error", "return_to", "=", "&", "%", "%FF", "/"]) | _headers).map(
        "".join
    ),
    cookie=_cookies,
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
)
def test_nothing_that_a_browser_sends_raises_or_signs_in(path: str, query: str, cookie: str, method: str) -> None:
    browser, transport, _ = browser_with()
    browser.cookies = {}
    request = browser.request(method, f"{path}?{query}", cookie=cookie)
    visit = browser.sign_in.visit(request)
    assert (visit.session_id, visit.error) == (None, None)
    if browser.sign_in.is_own(request):
        response = drive(browser.sign_in.respond(request))
        assert response.status in (303, 405)
        assert all(f"{name}{value}".isprintable() for name, value in response.headers)
    assert transport.calls == []


def test_the_application_s_own_paths_are_left_to_it() -> None:
    sign_in = sign_in_with(redirect_uri="https://app.example.com/s%C3%B8g/back?x=1")
    browser = Browser(sign_in)
    for path in ("/", "/podio", "/podio/login/", CALLBACK):
        assert not sign_in.is_own(browser.request("GET", path))
    for path in (LOGIN, LOGOUT, "/søg/back"):
        assert sign_in.is_own(browser.request("GET", path))


def test_a_cookie_of_one_kind_is_none_of_another() -> None:
    browser, transport, _ = browser_with()
    answer_tokens(transport)
    browser.sign()
    browser.cookies["podio_notice"] = browser.cookies["podio_session"]
    assert browser.error() is None
    browser.get(CALLBACK)
    browser.cookies["podio_session"] = browser.cookies["podio_notice"]
    assert browser.session_id() is None


def test_two_applications_on_one_host_may_have_cookies_of_their_own() -> None:
    browser, transport, _ = browser_with(cookie_name="other")
    answer_tokens(transport)
    browser.sign()
    assert list(browser.cookies) == ["other_session"]


def test_a_shared_transport_stays_open_when_a_request_ends() -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    options = sign_in_with(transport=transport).client_options("a session")
    podio = Podio(**options)
    drive(podio.get_access_token(CODE))
    drive(podio.aclose())
    assert not transport.closed
