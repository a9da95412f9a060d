"""Whose a token is where Podio's redirect does not say: asked of Podio, so that a renewal can compare."""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from podio_web import AccountChanged, ConnectionFailed, Podio, Token
from podio_web.auth.context import Context
from podio_web.auth.token_user import look_up_user
from podio_web.http import Request, Response
from podio_web.oauth.identity import ClientIdentity
from podio_web.oauth.popup_message import HANDOVER_KEY
from tests.unit.fake_page import CALLBACK, FakePage, FakeTransport, token_fragment
from tests.unit.fake_podio import EXPIRED, make_podio, response, token_of
from tests.unit.test_redirect_sign_in import STATE, handover, page_with_request
from tests.unit.test_renewal import until_popup

WITHOUT_REF: dict[str, Any] = {"ref[id]": "", "ref[type]": ""}
PEOPLE = {"old": 1001, "new": 1001, "theirs": 1002}


def context_with(transport: FakeTransport) -> Context:
    return Context(
        ClientIdentity("client", "my-app", redirect_uri=CALLBACK, api_url="https://api.podio.com"),
        FakePage(),
        transport,
    )


def podio_of(page: FakePage, *, accepts: str, **options: Any) -> Podio:
    """A client of a Podio that accepts one token, and whose /user/status says whose it is."""

    def respond(call: Request) -> Response:
        token = token_of(call)
        if call.path == "/user/status":
            return Response(200, {}, json.dumps({"user": {"user_id": PEOPLE[token]}}))
        return Response(200, {}, '{"done": true}') if token == accepts else EXPIRED

    page.transport.respond = respond
    return make_podio(page, **options)


def asked(page: FakePage) -> list[str]:
    """Return the tokens whose user was asked for."""
    return [token_of(call) for call in page.transport.calls if call.path == "/user/status"]


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(main)


def test_a_popups_token_without_a_user_gets_one_and_is_stored_with_it() -> None:
    async def main() -> None:
        page = FakePage()
        podio = podio_of(page, accepts="new")
        task = asyncio.ensure_future(podio.login())
        await until_popup(page)
        page.popup.allow("new", **WITHOUT_REF)
        await task
        stored = page.store.get("client")
        assert stored is not None
        assert stored.ref == {"type": "user", "id": 1001}
        assert asked(page) == ["new"]

    run(main())


def test_a_token_that_says_whose_it_is_costs_no_question() -> None:
    async def main() -> None:
        page = FakePage()
        podio = podio_of(page, accepts="new")
        task = asyncio.ensure_future(podio.login())
        await until_popup(page)
        page.popup.allow("new")
        await task
        assert page.transport.calls == []

    run(main())


@pytest.mark.parametrize(("access_token", "sent"), [("new", True), ("theirs", False)])
def test_a_renewal_without_a_user_is_compared_by_the_users_status(access_token: str, sent: bool) -> None:
    async def main() -> None:
        page = FakePage()
        podio = podio_of(page, accepts=access_token)
        podio.set_access_token(response("old"))
        task = asyncio.create_task(podio.put("/item/4", {}))
        await until_popup(page)
        page.popup.allow(access_token, **WITHOUT_REF)
        if sent:
            assert await task == {"done": True}
        else:
            with pytest.raises(AccountChanged):
                await task
        replayed = [call for call in page.transport.calls if call.method == "PUT" and token_of(call) != "old"]
        assert len(replayed) == sent

    run(main())


def test_whoever_cannot_be_told_counts_as_somebody_else() -> None:
    async def main() -> None:
        page = FakePage()
        podio = podio_of(page, accepts="new")
        podio.set_access_token(response("old"))
        tells = page.transport.respond
        page.transport.respond = lambda call: Response(403, {}, "") if call.path == "/user/status" else tells(call)
        task = asyncio.create_task(podio.put("/item/4", {}))
        await until_popup(page)
        page.popup.allow("new", **WITHOUT_REF)
        with pytest.raises(AccountChanged):
            await task

    run(main())


@pytest.mark.parametrize("by", ["a person", "the page"])
def test_a_session_of_nobody_knows_whom_is_renewed_by_the_page_only(by: str) -> None:
    """Who signs in may be anybody; what the page puts in is its own business, as in a worker."""

    async def main() -> None:
        page = FakePage()
        fresh = {"access_token": "new", "expires_in": 60}
        hook = {"on_token_will_refresh": lambda podio: podio.set_access_token(fresh)} if by == "the page" else {}
        podio = podio_of(page, accepts="new", **hook)
        podio.set_access_token({"access_token": "old", "expires_in": 60})
        task = asyncio.create_task(podio.put("/item/4", {}))
        if by == "the page":
            assert await task == {"done": True}
            return
        await until_popup(page)
        page.popup.allow("new")
        with pytest.raises(AccountChanged):
            await task

    run(main())


def test_the_pages_own_renewal_is_compared_too() -> None:
    async def main() -> None:
        page = FakePage()
        podio = podio_of(
            page,
            accepts="theirs",
            on_token_will_refresh=lambda podio: podio.set_access_token({"access_token": "theirs", "expires_in": 60}),
        )
        podio.set_access_token(response("old"))
        with pytest.raises(AccountChanged):
            await podio.put("/item/4", {})

    run(main())


def test_after_a_redirect_the_user_is_learned_beside_the_page_and_stored() -> None:
    async def main() -> None:
        page = page_with_request()
        fragment = token_fragment(STATE, "new", **WITHOUT_REF)
        page.tab.set(HANDOVER_KEY, handover(fragment))
        podio = podio_of(page, accepts="new")
        assert await podio.is_authenticated()
        for _ in range(5):
            await asyncio.sleep(0)
        stored = page.store.get("client")
        assert stored is not None
        assert stored.ref == {"type": "user", "id": 1001}

    run(main())


def test_a_user_that_is_learned_after_a_log_out_brings_nothing_back() -> None:
    async def main() -> None:
        page = page_with_request()
        page.tab.set(HANDOVER_KEY, handover(token_fragment(STATE, "new", **WITHOUT_REF)))
        podio = podio_of(page, accepts="new")
        assert await podio.is_authenticated()
        await podio.logout()
        for _ in range(5):
            await asyncio.sleep(0)
        assert page.store.get("client") is None
        assert podio.token is None

    run(main())


@pytest.mark.parametrize("text", ["", "[]", "null", '{"user": 7}', '{"user": {}}', '{"user": {"user_id": "x"}}', "<p>"])
def test_an_answer_that_names_nobody_leaves_the_user_open(text: str) -> None:
    async def main() -> None:
        token = Token("new", expires_at=2e9)
        await look_up_user(token, context_with(FakeTransport(lambda call: Response(200, {}, text))))
        assert token.ref is None

    run(main())


def test_no_answer_leaves_the_user_open() -> None:
    async def main() -> None:
        def respond(call: Request) -> Response:
            raise ConnectionFailed("offline")

        token = Token("new", expires_at=2e9)
        await look_up_user(token, context_with(FakeTransport(respond)))
        assert token.ref is None

    run(main())


def test_a_transport_that_leaves_bodies_elsewhere_is_not_asked() -> None:
    async def main() -> None:
        class Elsewhere(FakeTransport):
            plain = FakeTransport(lambda call: Response(200, {}, '{"user": {"user_id": 1001}}'))

        token = Token("new", expires_at=2e9)
        transport = Elsewhere()
        await look_up_user(token, context_with(transport))
        assert token.ref == {"type": "user", "id": 1001}
        assert transport.calls == []

    run(main())
