"""The authorization page: https://developers.podio.com/authentication/server_side and .../client_side."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest

from tests.sandbox.sandbox_support import CLIENT, DEMO, Answer, Caller, authorize_path

DENIED = [
    ("error_reason", "user_denied"),
    ("error", "access_denied"),
    ("error_description", "The user denied your request."),
]
PARTS = ["access_token", "expires_in", "ref[id]", "ref[type]", "refresh_token", "scope", "state", "token_type"]


class Browser:
    """Keeps the session cookie and fills in the forms."""

    def __init__(self, podio: Caller, path: str) -> None:
        self.podio, self.path, self.cookie = podio, path, ""
        self.page = self.open()

    def _keep(self, answer: Answer) -> Answer:
        if "set-cookie" in answer.headers:
            self.cookie = answer.headers["set-cookie"].partition(";")[0]
        return answer

    def open(self) -> Answer:
        self.page = self._keep(self.podio.get(self.path, headers={"Cookie": self.cookie}))
        return self.page

    def submit(self, **fields: str) -> Answer:
        found = re.search(r'name="form_token" value="([0-9a-f]{64})"', self.page.text)
        assert found is not None, self.page.text
        form = {"form_token": found[1], **fields}
        return self._keep(self.podio.post(self.path, form=form, headers={"Cookie": self.cookie}))

    def sign_in(self, username: str = DEMO, password: str = "demo") -> Answer:
        answer = self.submit(action="sign_in", username=username, password=password)
        assert answer.status == 303
        assert answer.location == self.path
        return self.open()


def test_a_person_signs_in_agrees_and_returns_with_a_code(podio: Caller) -> None:
    browser = Browser(podio, authorize_path(response_type="code", state="s p+x"))
    assert browser.page.status == 200
    assert 'data-testid="login-username"' in browser.page.text
    assert 'data-testid="login-password"' in browser.page.text
    page = browser.sign_in()
    assert "Demo Person" in page.text
    assert 'data-testid="consent-scope"' in page.text
    answer = browser.submit(action="allow")
    assert answer.status == 302
    assert answer.location.startswith("http://localhost:4200/callback.html?code=")
    assert [key for key, _ in answer.query] == ["code", "state"]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.query[0][1])
    assert answer.query[1][1] == "s p+x"


def test_the_response_type_is_code_when_left_out_and_an_empty_state_is_appended(podio: Caller) -> None:
    podio.settings(consent="allow")
    answer = podio.get(authorize_path())
    assert re.fullmatch(r"http://localhost:4200/callback\.html\?code=[0-9a-f]{32}&state=", answer.location)


def test_the_fragment_can_leave_out_whose_the_token_is(podio: Caller) -> None:
    podio.settings(consent="allow", sign_in_as="demo@example.com", ref_in_fragment=False)
    answer = podio.get(authorize_path(response_type="token"))
    assert [key for key, _ in answer.fragment] == [key for key in PARTS if not key.startswith("ref[")]


def test_the_token_flow_returns_eight_alphabetical_parts(podio: Caller) -> None:
    browser = Browser(podio, authorize_path(response_type="token", scope="user:read app:all"))
    browser.sign_in()
    answer = browser.submit(action="allow")
    assert answer.status == 302
    assert [key for key, _ in answer.fragment] == PARTS
    assert "&ref%5Bid%5D=1001&ref%5Btype%5D=user&" in answer.location
    assert "&scope=user%3Aread+app%3Aall&state=&token_type=bearer" in answer.location
    values = dict(answer.fragment)
    assert re.fullmatch(r"[0-9a-f]{32}", values["access_token"])
    assert re.fullmatch(r"[0-9a-f]{32}", values["refresh_token"])
    assert values["expires_in"] == "28800"
    assert podio.get("/user/status", token=values["access_token"]).json["user"]["user_id"] == 1001


@pytest.mark.parametrize("response_type", ["code", "token"])
def test_a_denial_has_the_documented_parameters_in_the_query(podio: Caller, response_type: str) -> None:
    browser = Browser(podio, authorize_path(response_type=response_type, state="abc"))
    browser.sign_in()
    answer = browser.submit(action="deny")
    assert answer.query == [*DENIED, ("state", "abc")]
    assert answer.fragment == []
    assert "error_description=The+user+denied+your+request." in answer.location


def test_a_denial_of_the_token_flow_can_go_into_the_fragment(podio: Caller) -> None:
    podio.settings(consent="deny", denial_in="fragment")
    assert podio.get(authorize_path(response_type="token")).fragment == [*DENIED, ("state", "")]
    assert podio.get(authorize_path(response_type="code")).query == [*DENIED, ("state", "")]


def test_a_wrong_password_is_told_on_the_page(podio: Caller) -> None:
    browser = Browser(podio, authorize_path())
    answer = browser.submit(action="sign_in", username=DEMO, password="wrong")
    assert answer.status == 400
    assert 'data-testid="login-error"' in answer.text
    assert f'value="{DEMO}"' in answer.text
    browser.page = answer
    assert "Demo Person" in browser.sign_in().text


def test_the_session_cookie_is_out_of_reach_and_changes_at_sign_in(podio: Caller) -> None:
    browser = Browser(podio, authorize_path())
    before = browser.cookie
    for attribute in ("HttpOnly", "Path=/", "SameSite=lax"):
        assert attribute in browser.page.headers["set-cookie"]
    browser.sign_in()
    assert browser.cookie != before
    planted = podio.get(authorize_path(), headers={"Cookie": before})
    assert "login-username" in planted.text


def test_a_form_without_its_token_is_refused(podio: Caller) -> None:
    browser = Browser(podio, authorize_path())
    browser.sign_in()
    for form in ({"action": "allow"}, {"action": "allow", "form_token": "0" * 64}, {"form_token": "é"}):
        answer = podio.post(browser.path, form=form, headers={"Cookie": browser.cookie})
        assert answer.status == 400
        assert 'data-testid="authorize-error"' in answer.text
        assert "location" not in answer.headers


def test_consent_without_a_session_leads_to_the_sign_in_page(podio: Caller) -> None:
    browser = Browser(podio, authorize_path())
    answer = browser.submit(action="allow")
    assert (answer.status, answer.location) == (303, browser.path)


def test_somebody_else_can_sign_in(podio: Caller) -> None:
    browser = Browser(podio, authorize_path())
    browser.sign_in()
    assert browser.submit(action="switch").status == 303
    assert "login-username" in browser.open().text
    assert "Other Person" in browser.sign_in("other@example.com", "other").text


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "",
        "http://127.0.0.1:4200/",
        "http://sub.localhost/",
        "http://localhost.example.com/",
        "http://localhost@example.com/",
        "http://user:word@localhost/",
        "http://example.com\\@localhost/",
        "ftp://localhost/",
        "javascript://localhost/%0Aalert(1)",
        "//localhost/",
        "localhost",
        "http://localhost/#part",
        "http://localhost:99999/",
        "http://[::1/",
        "http://localhost/a\r\nSet-Cookie: x=1",
    ],
)
def test_an_address_outside_of_the_domain_gets_an_error_page(podio: Caller, redirect_uri: str) -> None:
    podio.settings(consent="allow")
    answer = podio.get(authorize_path(redirect_uri=redirect_uri))
    assert answer.status == 400
    assert 'data-testid="authorize-error"' in answer.text
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "redirect_uri", ["http://localhost/", "https://localhost:8443/a/b?c=d", "http://LOCALHOST:1/", "http://localhost"]
)
def test_port_path_and_query_of_the_address_are_free(podio: Caller, redirect_uri: str) -> None:
    podio.settings(consent="allow")
    answer = podio.get(authorize_path(redirect_uri=redirect_uri, state="x"))
    assert answer.location.startswith(redirect_uri + ("&" if "?" in redirect_uri else "?") + "code=")


def test_an_address_that_ends_with_a_question_mark(podio: Caller) -> None:
    podio.settings(consent="allow")
    answer = podio.get(authorize_path(redirect_uri="http://localhost/?"))
    assert answer.location.startswith("http://localhost/?code=")


@pytest.mark.parametrize("client_id", ["", "nobody", "demo-client'--"])
def test_an_unknown_client_gets_an_error_page(podio: Caller, client_id: str) -> None:
    answer = podio.get(authorize_path(client_id=client_id))
    assert answer.status == 400
    assert 'data-testid="authorize-error"' in answer.text


def test_the_other_client_has_another_domain(podio: Caller) -> None:
    podio.settings(consent="allow")
    fits = authorize_path(client_id="other-client", redirect_uri="http://127.0.0.1:9/")
    assert podio.get(fits).status == 302
    assert podio.get(authorize_path(client_id="other-client")).status == 400


def test_of_a_repeated_parameter_the_last_one_counts(podio: Caller) -> None:
    podio.settings(consent="allow")
    pairs = [("client_id", "nobody"), ("client_id", "demo-client"), ("state", "first"), ("state", "last")]
    pairs += [("redirect_uri", "http://example.com/"), ("redirect_uri", "http://localhost/")]
    assert podio.get(f"/oauth/authorize?{urlencode(pairs)}").query[1] == ("state", "last")


def test_wrong_response_types_and_scopes_are_reported_to_the_client(podio: Caller) -> None:
    assert podio.get(authorize_path(response_type="id_token", state="s")).query == [
        ("error", "unsupported_response_type"),
        ("state", "s"),
    ]
    for scope in ("everything", "user:fly", "user_5:read", "app_0:read", "app_1x:read"):
        assert podio.get(authorize_path(scope=scope)).query[0] == ("error", "invalid_scope")


@pytest.mark.parametrize(
    ("mode", "parts"),
    [("echo", [("state", "abc")]), ("drop", []), ("empty", [("state", "")]), ("alter", [("state", "cbax")])],
)
def test_the_state_can_be_tampered_with(podio: Caller, mode: str, parts: list[tuple[str, str]]) -> None:
    podio.settings(consent="allow", state=mode)
    for response_type in ("code", "token"):
        answer = podio.get(authorize_path(response_type=response_type, state="abc"))
        found = answer.query + answer.fragment
        assert [part for part in found if part[0] == "state"] == parts


def test_a_response_can_be_broken_on_purpose(podio: Caller) -> None:
    podio.settings(consent="allow", malformed_response=True)
    values = dict(podio.get(authorize_path(response_type="token")).fragment)
    assert values["access_token"] == "broken token#"
    assert values["expires_in"] == "soon"


def test_who_is_signed_in_can_be_chosen(podio: Caller) -> None:
    podio.settings(sign_in_as="other@example.com")
    assert "Other Person" in podio.get(authorize_path()).text
    podio.settings(consent="allow")
    assert dict(podio.get(authorize_path(response_type="token")).fragment)["ref[id]"] == "1002"
    podio.settings(sign_in_as=None)
    assert dict(podio.get(authorize_path(response_type="token")).fragment)["ref[id]"] == "1001"


@pytest.mark.parametrize("policy", [None, "same-origin"])
def test_the_opener_policy_of_the_pages_can_be_chosen(podio: Caller, policy: str | None) -> None:
    podio.settings(sign_in_pages_coop=policy)
    assert podio.get(authorize_path()).headers.get("cross-origin-opener-policy") == policy


def test_the_pages_are_locked_down_and_escaped(podio: Caller) -> None:
    answer = podio.get(authorize_path(state='"><script>alert(1)</script>'))
    assert "<script>alert" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in podio.get(authorize_path(), headers={"Origin": "http://x"}).headers


def test_a_code_is_exchanged_once(podio: Caller) -> None:
    podio.settings(consent="allow")
    code = podio.get(authorize_path()).query[0][1]
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "http://localhost:4200/callback.html",
        **CLIENT,
    }
    assert podio.post("/oauth/token/v2", {**body, "redirect_uri": "http://localhost/"}).json["error"] == "invalid_grant"
    assert podio.post("/oauth/token/v2", body).json["ref"] == {"type": "user", "id": 1001}
    again = podio.post("/oauth/token/v2", body)
    assert (again.status, again.json["error"]) == (400, "invalid_grant")


def test_a_code_dies_after_ten_minutes_and_belongs_to_its_client(podio: Caller) -> None:
    podio.settings(consent="allow")
    code = podio.get(authorize_path()).query[0][1]
    stranger = {"client_id": "other-client", "client_secret": "other-secret"}
    body = {"grant_type": "authorization_code", "code": code}
    assert podio.post("/oauth/token/v2", {**body, **stranger}).json["error"] == "invalid_grant"
    podio.advance(601)
    assert podio.post("/oauth/token/v2", {**body, **CLIENT}).json["error"] == "invalid_grant"
