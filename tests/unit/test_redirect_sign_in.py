"""Signing in by leaving the page, and what a page finds in its address when it loads."""

import asyncio
import json
import sys
from typing import Any

import pytest

from podio_web import (
    AccessDenied,
    MalformedResponse,
    MemoryStore,
    Podio,
    SignInError,
    StateMismatch,
    Token,
    UnsolicitedResponse,
)
from podio_web.auth.redirect import RESPONSE_KEY
from podio_web.oauth.popup_message import HANDOVER_KEY
from podio_web.oauth.state import KEY_PREFIX, AuthorizationRequest
from tests.unit.fake_page import CALLBACK, TOKEN_TEXT, FakePage, token_fragment
from tests.unit.fake_podio import make_podio

STATE = "ab" * 32
CLIENT = f"https://api.podio.com my-app {CALLBACK}"
OTHER_CLIENT = f"https://api.podio.com other-app {CALLBACK}"


def page_with_request(fragment: str = "", query: str = "", *, age: float = 60, **changes: str) -> FakePage:
    """A page that has come back from Podio, one minute after it left."""
    page = FakePage(query=query, fragment=fragment)
    fields = {"client": CLIENT, "redirect_uri": CALLBACK, "return_to": "/app?page=2#top"} | changes
    record = AuthorizationRequest(STATE, created_at=page.time - age, **fields)
    page.tab.set(record.key, record.to_text())
    return page


def handover(fragment: str = "", query: str = "", **changes: object) -> str:
    """What callback.html leaves in the tab."""
    message = {"type": "podio-web:response", "version": 1, "attempt": STATE, "fragment": fragment, "query": query}
    return json.dumps({**message, "time": FakePage().time * 1000, **changes})


def test_leaving_remembers_the_route_under_the_state_and_never_in_the_state() -> None:
    async def main() -> None:
        page = FakePage("/app", "?page=2", "#/items/4")
        podio = make_podio(page)
        await podio.login(method="redirect")
        (url,) = page.left_for
        (key,) = page.tab.keys()
        state = key[len(KEY_PREFIX) :]
        assert url == podio.get_authorization_url(state=state)
        assert json.loads(page.tab.get(key) or "")["return_to"] == "/app?page=2#/items/4"
        assert page.popups == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("path", "query"),
    [("/repo/", "?path=C:\\x"), ("//evil.example/", ""), ("/a\\b", "?\\"), ("/", "?next=//evil.example")],
)
def test_the_way_back_is_the_pages_own_route_whatever_it_looks_like(path: str, query: str) -> None:
    """The callback page puts its own origin in front, and so does `show_address`: no route leads away."""

    async def main() -> None:
        page = FakePage(path, query)
        await make_podio(page).login(method="redirect")
        (key,) = page.tab.keys()
        assert json.loads(page.tab.get(key) or "")["return_to"] == path + query

    asyncio.run(main())


def test_rule_8_a_page_without_a_path_is_come_back_to_at_the_top() -> None:
    async def main() -> None:
        page = FakePage("srcdoc")
        await make_podio(page).login(method="redirect")
        (key,) = page.tab.keys()
        assert json.loads(page.tab.get(key) or "")["return_to"] == "/"

    asyncio.run(main())


def test_without_storage_leaving_is_refused_with_the_way_out() -> None:
    async def main() -> None:
        page = FakePage()
        page.tab_survives = False
        with pytest.raises(SignInError, match="popup"):
            await make_podio(page).login(method="redirect")
        assert page.left_for == []

    asyncio.run(main())


def test_a_start_without_a_redirect_response_does_not_import_what_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "podio_web.auth.redirect"
    page = FakePage(query="?page=2", fragment="#/items/4")
    page.tab.set("podio-web:session:my-app", TOKEN_TEXT)
    page.tab.set("apps-own", "podio-web:attempt:")
    monkeypatch.delitem(sys.modules, name)
    make_podio(page)
    assert name not in sys.modules
    make_podio(FakePage(fragment=token_fragment(STATE)))
    assert name in sys.modules


def test_signing_out_forgets_a_request_that_another_page_of_the_tab_has_left_since() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        # The person went on to another page, left that one for Podio, and came back twice.
        page.tab = page_with_request().tab
        await podio.logout()
        assert page.tab.keys() == []

    asyncio.run(main())


def test_what_the_callback_page_handed_over_signs_in() -> None:
    async def main() -> None:
        page = page_with_request()
        page.tab.set(HANDOVER_KEY, handover(token_fragment(STATE)))
        podio = make_podio(page)
        assert page.tab.keys() == [], "read once, and the request is used up"
        assert await podio.is_authenticated()
        assert not podio.has_auth_error()
        assert podio.get_auth_error() is None
        assert podio.token is page.store.get("client")

    asyncio.run(main())


def test_an_answer_in_the_address_signs_in_and_the_route_is_shown_again() -> None:
    async def main() -> None:
        page = page_with_request(token_fragment(STATE))
        podio = make_podio(page)
        assert page.shown == ["/app", "/app?page=2#top"]
        assert await podio.is_authenticated()

    asyncio.run(main())


def test_a_request_may_come_before_is_authenticated() -> None:
    async def main() -> None:
        page = page_with_request(token_fragment(STATE))
        podio = make_podio(page)
        await podio.get("/user/status")
        assert page.transport.calls[0].headers["Authorization"] == "OAuth2 " + TOKEN_TEXT

    asyncio.run(main())


def test_a_route_on_another_page_is_not_shown_here() -> None:
    page = page_with_request(token_fragment(STATE), return_to="/elsewhere")
    make_podio(page)
    assert page.shown == ["/app"]


@pytest.mark.parametrize(
    ("fragment", "query", "shown"),
    [
        ("#error=access_denied&state=" + STATE, "", "/app"),
        ("", "?a=1&error=access_denied&error_description=No+&state=" + STATE + "&b=2", "/app?a=1&b=2"),
        ("", "?error=access_denied&state=" + STATE, "/app"),
    ],
)
def test_a_denial_in_fragment_or_query_is_kept_as_the_auth_error(fragment: str, query: str, shown: str) -> None:
    async def main() -> None:
        page = page_with_request(fragment, query)
        podio = make_podio(page)
        assert page.shown[0] == shown
        assert not await podio.is_authenticated()
        assert podio.has_auth_error()
        assert isinstance(podio.get_auth_error(), AccessDenied)

    asyncio.run(main())


@pytest.mark.parametrize(
    "fragment",
    [
        "#section",
        "#/route?access_token=abc&state=" + STATE,
        "#error=access_denied",
        "#error=access_denied&state=theirs",
        "#id_token=abc&state=theirs",
        "#" + "x" * 20_000,
        "",
    ],
)
def test_other_fragments_are_left_alone(fragment: str) -> None:
    page = page_with_request(fragment)
    podio = make_podio(page)
    assert page.shown == []
    assert page.location[2] == fragment
    assert not podio.has_auth_error()


def test_an_access_token_in_the_query_is_never_accepted() -> None:
    async def main() -> None:
        page = page_with_request(query="?" + token_fragment(STATE)[1:])
        podio = make_podio(page)
        assert not await podio.is_authenticated()
        assert page.shown == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("came_back", "kind"),
    [
        (FakePage(fragment=token_fragment(STATE)), UnsolicitedResponse),
        (FakePage(fragment="#access_token=" + "x" * 20_000), UnsolicitedResponse),
        (page_with_request(token_fragment("other")), StateMismatch),
        (page_with_request(token_fragment("")), StateMismatch),
        (page_with_request(token_fragment(STATE), age=901), StateMismatch),
        (page_with_request(token_fragment(STATE), age=-1000), StateMismatch),
        (page_with_request(token_fragment(STATE, token_type="mac")), MalformedResponse),
        (page_with_request(token_fragment(STATE, token_type="bearer x")), MalformedResponse),
        (page_with_request(token_fragment(STATE, "a b")), MalformedResponse),
    ],
)
def test_rules_1_to_3_whatever_is_refused_is_scrubbed_and_the_session_stays(
    came_back: FakePage, kind: type[SignInError]
) -> None:
    async def main() -> None:
        kept = Token("kept", expires_at=came_back.time + 60)
        came_back.store.set(kept, "client")
        podio = make_podio(came_back)
        assert "access_token" not in came_back.location[2]
        assert type(podio.get_auth_error()) is kind
        assert await podio.is_authenticated()
        assert podio.token is kept

    asyncio.run(main())


@pytest.mark.parametrize(
    "text",
    [
        "rubbish",
        "null",
        handover(token_fragment(STATE), version=2),
        handover(token_fragment(STATE), time=None),
        handover(token_fragment(STATE), time="now"),
        handover(token_fragment(STATE), time=(FakePage().time - 901) * 1000),
    ],
)
def test_a_handover_that_is_old_or_cannot_be_read_is_gone_and_no_answer(text: str) -> None:
    page = page_with_request()
    page.tab.set(HANDOVER_KEY, text)
    podio = make_podio(page)
    assert not podio.has_auth_error()
    assert page.tab.keys() == [KEY_PREFIX + STATE]
    assert page.page_texts.keys() == []


def test_rule_12_requests_that_are_old_or_broken_are_swept_away() -> None:
    async def main() -> None:
        page = page_with_request(age=901)
        for state, text in (("a", "rubbish"), ("b", "[]"), ("c", "{}"), ("d", "[" * 100_000)):
            page.tab.set(KEY_PREFIX + state, text)
        page.tab.set("theirs", "stays")
        podio = make_podio(page)
        await podio.login(method="redirect")
        assert len(page.tab.keys()) == 2
        assert "theirs" in page.tab.keys()  # noqa: SIM118

    asyncio.run(main())


def test_rule_10_log_out_leaves_the_requests_of_other_client_ids() -> None:
    async def main() -> None:
        page = page_with_request(client=OTHER_CLIENT)
        podio = make_podio(page)
        await podio.login(method="redirect")
        assert len(page.tab.keys()) == 2
        await podio.logout()
        assert page.tab.keys() == [KEY_PREFIX + STATE]

    asyncio.run(main())


# --- Whose answer it is, and how long it waits ---


def other_client(page: FakePage, **changes: Any) -> Podio:
    return make_podio(page, **{"client_id": "other-app", **changes})


@pytest.mark.parametrize("brought", ["address", "handover"])
@pytest.mark.parametrize(
    "changes",
    [{}, {"client_id": "my-app", "api_url": "https://api.example"}, {"redirect_uri": "https://app.example/other.html"}],
)
@pytest.mark.parametrize("asker_first", [True, False])
def test_only_the_client_that_asked_takes_the_answer_whoever_is_made_first(
    brought: str, changes: dict[str, str], asker_first: bool
) -> None:
    async def main() -> None:
        page = page_with_request(token_fragment(STATE) if brought == "address" else "")
        if brought == "handover":
            page.tab.set(HANDOVER_KEY, handover(token_fragment(STATE)))
        makers = [lambda: make_podio(page), lambda: other_client(page, session_store=MemoryStore(), **changes)]
        made = [make() for make in (makers if asker_first else reversed(makers))]
        asker, other = made if asker_first else reversed(made)
        assert "access_token" not in page.location[2], "the first client takes it out of sight"
        assert not await other.is_authenticated()
        assert not other.has_auth_error()
        assert await asker.is_authenticated()
        assert page.page_texts.keys() == []

    asyncio.run(main())


def test_an_answer_waits_until_it_has_been_stored() -> None:
    """React's StrictMode, and a module that is loaded anew, make a client, close it, and make another."""

    async def main() -> None:
        page = page_with_request(token_fragment(STATE))
        first = make_podio(page, session_store=MemoryStore())
        await first.aclose()
        second = make_podio(page)
        assert await second.is_authenticated()
        assert page.page_texts.keys() == []
        third = make_podio(page, session_store=MemoryStore())
        assert not await third.is_authenticated()

    asyncio.run(main())


def test_an_answer_is_stored_before_anybody_asks() -> None:
    async def main() -> None:
        page = page_with_request(token_fragment(STATE))
        heard: list[object] = []
        make_podio(page).on("authenticated", heard.append)
        await asyncio.sleep(0.01)
        assert page.store.get("client") is not None
        assert heard == [page.store.get("client")]
        assert page.page_texts.keys() == []

    asyncio.run(main())


def test_a_refusal_waits_for_whoever_is_made_next_until_somebody_has_signed_in() -> None:
    async def main() -> None:
        page = page_with_request("#error=access_denied&state=" + STATE)
        first = make_podio(page)
        await first.aclose()
        second = make_podio(page)
        assert isinstance(second.get_auth_error(), AccessDenied)
        task = second.login()
        page.popup.allow()
        await task
        assert page.page_texts.keys() == []
        assert not make_podio(page).has_auth_error()

    asyncio.run(main())


def test_log_out_forgets_the_answer() -> None:
    async def main() -> None:
        page = page_with_request(token_fragment(STATE))
        await make_podio(page, session_store=MemoryStore()).logout()
        assert page.page_texts.keys() == []
        assert not await make_podio(page).is_authenticated()

    asyncio.run(main())


@pytest.mark.parametrize(
    "text", ["rubbish", "null", "[]", "{}", '{"state": 1}', '{"state": "", "attempt": "", "fragment": 1}']
)
def test_rubbish_in_the_pages_memory_is_no_answer(text: str) -> None:
    page = FakePage()
    page.page_texts.set(RESPONSE_KEY, text)
    assert not make_podio(page).has_auth_error()


def test_a_refresh_token_is_kept_nowhere() -> None:
    page = page_with_request(token_fragment(STATE).replace("refresh_token", "refresh%5Ftoken"), client=OTHER_CLIENT)
    make_podio(page)
    kept = page.page_texts.get(RESPONSE_KEY) or ""
    assert TOKEN_TEXT in kept
    assert "fedcba9876543210" not in kept


# --- A refusal without a state, and a code ---

HERE = "https://app.example/app"


@pytest.mark.parametrize(
    ("fragment", "query"),
    [("#error=access_denied", ""), ("", "?error=access_denied&state="), ("", "?a=1&error=server_error")],
)
def test_a_refusal_without_our_state_is_told_where_an_answer_is_expected(fragment: str, query: str) -> None:
    async def main() -> None:
        page = page_with_request(fragment, query, redirect_uri=HERE, client=f"https://api.podio.com my-app {HERE}")
        podio = make_podio(page, redirect_uri=HERE)
        assert podio.get_auth_error() is not None
        assert "error" not in "".join(page.location)
        assert page.tab.keys() == [], "the request has ended"

    asyncio.run(main())


def test_an_error_of_the_page_itself_is_left_alone() -> None:
    page = FakePage("/app", "?error=out_of_stock")
    assert not make_podio(page, redirect_uri=HERE).has_auth_error()
    assert page.shown == []


def test_the_callback_pages_refusal_without_state_is_told() -> None:
    page = page_with_request()
    page.tab.set(HANDOVER_KEY, handover(query="?error=access_denied"))
    assert isinstance(make_podio(page).get_auth_error(), AccessDenied)


def test_a_code_is_said_to_belong_to_servers() -> None:
    page = page_with_request()
    page.tab.set(HANDOVER_KEY, handover(query=f"?code=0123&state={STATE}"))
    problem = make_podio(page).get_auth_error()
    assert isinstance(problem, MalformedResponse)
    assert "server" in str(problem)
