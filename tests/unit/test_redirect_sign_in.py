"""Signing in by leaving the page, and what a page finds in its address when it loads."""

import asyncio
import json

import pytest

from podio_web import (
    AccessDenied,
    MalformedResponse,
    SignInError,
    StateMismatch,
    Token,
    UnsolicitedResponse,
)
from podio_web.oauth.attempt import KEY_PREFIX, Attempt
from podio_web.oauth.relay import HANDOVER_KEY
from tests.unit.fake_page import CALLBACK, TOKEN_TEXT, FakePage, token_fragment
from tests.unit.fake_podio import make_podio

STATE = "ab" * 32


def page_with_attempt(fragment: str = "", query: str = "", *, age: float = 60, **changes: str) -> FakePage:
    """A page that has come back from Podio, one minute after it left."""
    page = FakePage(query=query, fragment=fragment)
    attempt = {"client_id": "my-app", "redirect_uri": CALLBACK, "return_to": "/app?page=2#top"} | changes
    record = Attempt(STATE, created_at=page.time - age, **attempt)  # type: ignore[arg-type]
    page.tab.set(record.key, record.to_text())
    return page


def handover(fragment: str = "", query: str = "") -> str:
    return json.dumps(
        {"type": "podio-web:response", "version": 1, "attempt": STATE, "fragment": fragment, "query": query}
    )


def test_leaving_remembers_the_route_under_the_attempt_and_never_in_the_state() -> None:
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


def test_rule_8_a_route_that_leads_away_is_not_remembered() -> None:
    async def main() -> None:
        page = FakePage("//evil.example/")
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


def test_what_the_callback_page_handed_over_signs_in() -> None:
    async def main() -> None:
        page = page_with_attempt()
        page.tab.set(HANDOVER_KEY, handover(token_fragment(STATE)))
        podio = make_podio(page)
        assert page.tab.keys() == [], "read once, and the attempt is used up"
        assert await podio.is_authenticated()
        assert not podio.has_auth_error()
        assert podio.get_auth_error() is None
        assert podio.token is page.store.get("client")

    asyncio.run(main())


def test_an_answer_in_the_address_signs_in_and_the_route_is_shown_again() -> None:
    async def main() -> None:
        page = page_with_attempt(token_fragment(STATE))
        podio = make_podio(page)
        assert page.shown == ["/app", "/app?page=2#top"]
        assert await podio.is_authenticated()

    asyncio.run(main())


def test_a_request_may_come_before_is_authenticated() -> None:
    async def main() -> None:
        page = page_with_attempt(token_fragment(STATE))
        podio = make_podio(page)
        await podio.get("/user/status")
        assert page.transport.calls[0].headers["Authorization"] == "OAuth2 " + TOKEN_TEXT

    asyncio.run(main())


def test_a_route_on_another_page_is_not_shown_here() -> None:
    page = page_with_attempt(token_fragment(STATE), return_to="/elsewhere")
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
        page = page_with_attempt(fragment, query)
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
    page = page_with_attempt(fragment)
    podio = make_podio(page)
    assert page.shown == []
    assert page.location[2] == fragment
    assert not podio.has_auth_error()


def test_an_access_token_in_the_query_is_never_accepted() -> None:
    async def main() -> None:
        page = page_with_attempt(query="?" + token_fragment(STATE)[1:])
        podio = make_podio(page)
        assert not await podio.is_authenticated()
        assert page.shown == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("came_back", "kind"),
    [
        (FakePage(fragment=token_fragment(STATE)), UnsolicitedResponse),
        (FakePage(fragment="#access_token=" + "x" * 20_000), UnsolicitedResponse),
        (page_with_attempt(token_fragment("other")), StateMismatch),
        (page_with_attempt(token_fragment("")), StateMismatch),
        (page_with_attempt(token_fragment(STATE), age=901), StateMismatch),
        (page_with_attempt(token_fragment(STATE), age=-100), StateMismatch),
        (page_with_attempt(token_fragment(STATE), client_id="other-app"), StateMismatch),
        (page_with_attempt(token_fragment(STATE, "a b")), MalformedResponse),
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


def test_a_handover_that_cannot_be_read_is_malformed_and_gone() -> None:
    page = FakePage()
    page.tab.set(HANDOVER_KEY, "rubbish")
    podio = make_podio(page)
    assert isinstance(podio.get_auth_error(), MalformedResponse)
    assert page.tab.keys() == []


def test_rule_12_attempts_that_are_old_or_broken_are_swept_away() -> None:
    async def main() -> None:
        page = page_with_attempt(age=901)
        for state, text in (("a", "rubbish"), ("b", "[]"), ("c", "{}"), ("d", "[" * 100_000)):
            page.tab.set(KEY_PREFIX + state, text)
        page.tab.set("theirs", "stays")
        podio = make_podio(page)
        task = podio.login()
        assert len(page.tab.keys()) == 2
        assert "theirs" in page.tab.keys()  # noqa: SIM118
        page.popup.allow()
        await task

    asyncio.run(main())


def test_rule_10_log_out_leaves_the_attempts_of_other_client_ids() -> None:
    async def main() -> None:
        page = page_with_attempt(client_id="other-app")
        podio = make_podio(page)
        await podio.login(method="redirect")
        assert len(page.tab.keys()) == 2
        await podio.logout()
        assert page.tab.keys() == [KEY_PREFIX + STATE]

    asyncio.run(main())
