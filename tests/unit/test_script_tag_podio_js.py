"""What `window.PodioJS` asks of Python: podio-js's behaviour, on this package's session."""

import asyncio
from typing import Any

import pytest

from podio_web.http import Response
from podio_web.oauth.encoding import parse_form
from podio_web.oauth.state import KEY_PREFIX
from podio_web.script_tag.page_store import PageStore
from podio_web.stores.memory import MemoryTexts
from tests.unit.fake_page import TOKEN_TEXT, FakePage, token_fragment
from tests.unit.fake_podio import accept_only, response
from tests.unit.script_tag_page import FakeHost, Problem, ScriptTagClient, open_client

BACK = "https://app.example/auth_popup"


def platform(*, hook: Any = None, **options: Any) -> ScriptTagClient:
    client = open_client("podio_js", hasStore=True, **options)
    client.host.hook = hook
    return client


def signed_in(access_token: str = TOKEN_TEXT, **options: Any) -> ScriptTagClient:
    client = platform(**options)
    client.ask("set_access_token", response(access_token))
    return client


def problem_of(coroutine: Any) -> dict[str, Any]:
    with pytest.raises(Problem) as raised:
        asyncio.run(coroutine)
    return raised.value.record


def state_of(url: str) -> str:
    return str(parse_form(url.partition("?")[2])["state"])


def come_back(client: ScriptTagClient, url: str, fragment: str | None = None) -> None:
    """Do what the callback page does in a window that the page opened."""
    state = state_of(url)
    (line,) = [line for line in client.page.lines if line.name == f"podio-web:{state}" and not line.closed]
    told = token_fragment(state) if fragment is None else f"{fragment}&state={state}"
    line.hear(
        f'{{"type": "podio-web:response", "version": 1, "query": "", "attempt": "{state}", "fragment": "{told}"}}'
    )


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_flow_with_a_secret_is_refused() -> None:
    with pytest.raises(Problem, match="authType 'app' needs the client secret"):
        platform(authType="app")


def test_nobody_signed_in_is_podio_js_s_forbidden_error() -> None:
    client = platform()
    assert asyncio.run(client.call("is_authenticated"))["name"] == "PodioForbiddenError"
    problem = problem_of(client.call("request", "get", "/user/status"))
    assert (problem["name"], problem["status"]) == ("PodioForbiddenError", 403)
    assert problem["message"] == "Authentication has not been performed"
    assert client.ask("auth_object") is None


def test_a_session_in_the_page_s_store_is_used() -> None:
    client = platform()
    client.host.held = {"accessToken": "held", "expiresIn": "28800", "refreshToken": "never", "ref": {"id": 1}}
    assert asyncio.run(client.call("is_authenticated")) is None
    assert client.ask("auth_object") == {
        "accessToken": "held",
        "expiresIn": 28800,
        "expiresAt": 1_800_028_800_000,
        "ref": {"type": "user", "id": 1},
        "scope": "",
    }


@pytest.mark.parametrize("held", [None, {}, [], "text", {"accessToken": ""}])
def test_a_store_that_holds_no_session_is_an_empty_one(held: object) -> None:
    host = FakeHost()
    host.held = held
    assert asyncio.run(PageStore(host, lambda: 1.0).get("client")) is None


@pytest.mark.parametrize(("ends", "expires_at"), [(5_000, 5.0), (True, 61.0), ("soon", 61.0), (-1, 61.0), (1e15, 61.0)])
def test_a_stored_session_ends_when_it_says_if_that_makes_sense(ends: object, expires_at: float) -> None:
    host = FakeHost()
    host.held = {"accessToken": "held", "expiresIn": 60, "expiresAt": ends}
    token = asyncio.run(PageStore(host, lambda: 1.0).get("client"))
    assert token is not None
    assert token.expires_at == expires_at


def test_clearing_hands_over_an_empty_object_as_podio_js_does() -> None:
    host = FakeHost()
    asyncio.run(PageStore(host, lambda: 1.0).clear("client"))
    assert host.held == {}


def test_paths_data_and_options_go_where_podio_js_sends_them() -> None:
    client = signed_in()
    asyncio.run(client.request("post", "item/app/1/", {"a": 1}, {"type": "form"}))
    asyncio.run(client.request("delete", "/item/1", {"dropped": True}))
    asyncio.run(client.request("get", "/item/1", {"sent": True}))
    calls = [(call.method, call.url, call.body) for call in client.page.transport.calls]
    assert calls == [
        ("POST", "https://api.podio.com/item/app/1/", "a=1"),
        ("DELETE", "https://api.podio.com/item/1", None),
        ("GET", "https://api.podio.com/item/1?sent=1", None),
    ]
    assert "client_secret" in problem_of(client.call("request", "get", "/", None, {"basicAuth": True}))["message"]
    assert "path must be relative" in problem_of(client.call("request", "get", "https://elsewhere.example/"))["message"]


def test_an_error_has_podio_js_s_name_podio_s_body_and_the_url() -> None:
    client = signed_in(apiURL="https://api.example.com:443")
    client.page.transport.respond = lambda call: Response(404, {}, '{"error": "not_found"}')
    problem = problem_of(client.call("request", "get", "/item/4"))
    assert (problem["name"], problem["status"]) == ("PodioNotFoundError", 404)
    assert problem["body"]["error"] == "not_found"
    assert problem["url"] == "https://api.example.com/item/4"


def test_the_page_s_window_brings_a_session_that_the_page_is_told_of() -> None:
    async def sign_in() -> None:
        client = platform()
        url = client.ask("get_authorization_url", BACK)
        assert url == client.ask("get_authorization_url", BACK)
        assert "auth_popup" in url
        come_back(client, url)
        await settle()
        assert client.host.told == [("completed",)]
        assert client.host.held["accessToken"] == TOKEN_TEXT  # type: ignore[index]
        assert state_of(client.ask("get_authorization_url", BACK)) != state_of(url)

    asyncio.run(sign_in())


def test_two_redirect_urls_are_two_windows() -> None:
    async def open_both() -> None:
        client = platform()
        urls = [client.ask("get_authorization_url", url) for url in (BACK, f"{BACK}_2")]
        assert state_of(urls[0]) != state_of(urls[1])
        come_back(client, urls[0])
        await settle()
        assert client.host.told == [("completed",)]

    asyncio.run(open_both())


def test_a_person_who_says_no_is_told_to_the_page() -> None:
    async def deny() -> None:
        client = platform()
        come_back(client, client.ask("get_authorization_url", BACK), "#error=access_denied")
        await settle()
        ((event, problem),) = client.host.told
        assert (event, problem["name"], problem["code"]) == ("denied", "PodioError", "access_denied")

    asyncio.run(deny())


@pytest.mark.parametrize("what", ["six minutes", "two hours", "storage cleared", "clock put back", "signed out"])
def test_an_address_that_was_handed_out_stays_valid_while_its_page_lives(what: str) -> None:
    async def wait() -> None:
        client = platform()
        url = client.ask("get_authorization_url", BACK)
        client.page.pass_time({"six minutes": 360, "two hours": 7200}.get(what, 0))
        if what == "storage cleared":
            client.page.tab = MemoryTexts()
        elif what == "clock put back":
            client.page.put_back = -120
        elif what == "signed out":
            client.page.lines[0].hear("logged_out")
        await settle()
        assert client.ask("get_authorization_url", BACK) == url
        come_back(client, url)
        await settle()
        assert client.host.told == [("completed",)]
        assert client.host.held["accessToken"] == TOKEN_TEXT  # type: ignore[index]
        assert all(line.closed for line in client.page.lines if "tabs" not in line.name)
        assert client.page.leavers == []
        assert not [key for key in client.page.tab.keys() if key.startswith(KEY_PREFIX)]  # noqa: SIM118

    asyncio.run(wait())


@pytest.mark.parametrize("later", [360, 7200])
def test_an_address_that_is_followed_in_this_tab_is_answered_however_late_the_page_is_left(later: float) -> None:
    async def come_home() -> None:
        first = platform()
        state = state_of(first.ask("get_authorization_url", "https://app.example/app"))
        first.page.pass_time(later)
        for leave in first.page.leavers:
            leave()
        page = FakePage(fragment=token_fragment(state))
        page.time = first.page.time + 600
        page.tab = first.page.tab
        again = platform(page=page)
        assert await again.call("is_authenticated") is None

    asyncio.run(come_home())


def test_an_answer_in_the_page_s_own_address_counts() -> None:
    async def come_home() -> None:
        first = platform()
        state = state_of(first.ask("get_authorization_url", "https://app.example/app"))
        page = FakePage(fragment=token_fragment(state))
        page.tab = first.page.tab
        again = platform(page=page)
        assert await again.call("is_authenticated") is None
        assert again.host.held["accessToken"] == TOKEN_TEXT  # type: ignore[index]

    asyncio.run(come_home())


def test_an_expired_session_is_renewed_by_the_page_s_window_without_its_callback() -> None:
    async def expire() -> None:
        client = signed_in("old")
        client.page.transport.respond = accept_only(TOKEN_TEXT)
        client.host.hook = asyncio.Event().wait
        waiting = asyncio.ensure_future(client.request("get", "/user/status"))
        await settle()
        come_back(client, client.ask("get_authorization_url", BACK))
        assert await waiting == {"path": "/user/status"}
        refreshed = [record for event, *record in client.host.told if event == "refreshed"]
        assert refreshed[0][0]["access_token"] == TOKEN_TEXT

    asyncio.run(expire())


def test_an_expired_session_is_renewed_by_whatever_the_page_does() -> None:
    async def expire() -> None:
        client = signed_in("old")
        me = {"user": {"user_id": 1001}}
        client.page.transport.respond = accept_only("new", me)

        async def put_into_the_store() -> None:
            client.host.held = {"accessToken": "new", "expiresIn": 28800}
            await client.call("refresh_auth_from_store")

        client.host.hook = put_into_the_store
        assert await client.request("get", "/user/status") == me

    asyncio.run(expire())


def test_a_renewal_that_the_person_refuses_ends_the_request() -> None:
    async def expire() -> None:
        client = signed_in("old")
        client.page.transport.respond = accept_only("new")
        client.host.hook = asyncio.Event().wait
        waiting = asyncio.ensure_future(client.request("get", "/user/status"))
        await settle()
        come_back(client, client.ask("get_authorization_url", BACK), "#error=access_denied")
        with pytest.raises(Problem, match="Access was not allowed"):
            await waiting

    asyncio.run(expire())


def test_a_hook_that_fails_or_is_missing_ends_the_request() -> None:
    async def fail() -> None:
        raise RuntimeError("no")

    client = signed_in("old", hook=fail)
    client.page.transport.respond = accept_only("new")
    problem = problem_of(client.call("request", "get", "/user/status"))
    assert (problem["name"], problem["status"]) == ("PodioAuthorizationError", 401)
    client.host.hook = None
    problem = problem_of(client.call("request", "get", "/user/status"))
    assert "no onTokenWillRefresh" in problem["message"]
    assert (problem["name"], problem["status"]) == ("PodioAuthorizationError", 401)


def test_the_rest_of_podio_js_says_why_it_is_not_here() -> None:
    client = platform()
    assert client.ask("has_auth_error") is False
    assert client.ask("get_auth_error") is None
    for name, words in (
        ("getAccessToken", "client secret"),
        ("getThumbnailURLForFileLink", "thumbnail(file, size)"),
    ):
        assert words in problem_of(client.call("refuse", name))["message"]


def test_a_refused_redirect_has_podio_js_s_shape() -> None:
    client = platform(page=FakePage(fragment="#access_token=abc&state=unknown"))
    assert client.ask("get_auth_error")["name"] == "PodioError"


def test_the_tag_s_redirect_uri_is_the_default_for_the_page_s_windows() -> None:
    async def ask() -> None:
        client = platform(redirectUri="https://app.example/back.html")
        assert "back.html" in client.ask("get_authorization_url")

    asyncio.run(ask())
