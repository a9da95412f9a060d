"""Rule 6: every secret of every path, planted and looked for everywhere, on CPython at DEBUG."""

import asyncio
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from podio_web import ConnectionFailed, Podio
from podio_web.events import EVENTS
from podio_web.http import Response
from tests.unit.fake_page import FakePage, token_fragment
from tests.unit.fake_podio import EXPIRED, make_podio

ACCESS = "canaryaccess0123456789abcdef"
REFRESH = "canaryrefresh0123456789abcdef"
STATE = "canarystate0123456789abcdef"
PASSWORD = "canarypassword0123456789abcdef"
SECRETS = (ACCESS, REFRESH, STATE, PASSWORD)


class SecretivePage(FakePage):
    """A page whose requests have known states."""

    def random_text(self) -> str:
        self._states += 1
        return f"{STATE}{self._states}"


class Told:
    """What a developer can see without reaching for a secret's own attribute."""

    def __init__(self, podio: Podio) -> None:
        self.texts: list[str] = []
        for event in EVENTS:
            podio.on(event, self.tell)

    def tell(self, *things: object) -> None:
        self.texts += [text for thing in things for text in (str(thing), repr(thing))]

    async def watch(self, awaitable: Any) -> None:
        try:
            self.tell(await awaitable)
        except Exception as problem:
            self.tell(problem, problem.args, vars(problem), *traceback.format_exception(problem))


def fragment(page: FakePage, access_token: str = ACCESS, state: str = "", **more: Any) -> str:
    return token_fragment(state or page.popup.state, access_token, refresh_token=REFRESH, **more)


def allow(page: FakePage) -> None:
    page.popup.answer(fragment(page))


def deny(page: FakePage) -> None:
    page.popup.answer(query=f"?error=access_denied&error_description=no&state={page.popup.state}")


def close(page: FakePage) -> None:
    for _ in range(12):
        page.popup.tick(True, True)
        page.time += 0.25


def close_and_answer_late(page: FakePage) -> None:
    close(page)
    allow(page)


def wait_too_long(page: FakePage) -> None:
    page.pass_time(301)


def malform(page: FakePage) -> None:
    page.popup.answer(fragment(page, expires_in=REFRESH))


def malform_the_token(page: FakePage) -> None:
    page.popup.answer(fragment(page, f"{ACCESS} {REFRESH}#{PASSWORD}"))


def mismatch(page: FakePage) -> None:
    page.popup.answer(fragment(page, state=f"{STATE}other"), own=True)


def send_rubbish(page: FakePage) -> None:
    page.popup.hear(
        json.dumps({"type": "podio-web:response", "version": 1, "attempt": [STATE], "fragment": ACCESS}), True
    )
    page.popup.hear(f"{ACCESS}{STATE}", True)
    page.popup.answer("#" + "&".join([f"access_token={ACCESS}", f"state={page.popup.state}"] * 900))


class FailingStore:
    """Fails with texts that quote what it was given."""

    def get(self, auth_type: str) -> object:
        raise OSError(f"cannot read {ACCESS}")

    def set(self, token: Any, auth_type: str) -> None:
        raise OSError(f"cannot write {token.to_dict()}")


@pytest.fixture
def nothing_leaks(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> Callable[[Told, FakePage], None]:
    caplog.set_level(logging.DEBUG)

    def check(told: Told, page: FakePage) -> None:
        printed = capsys.readouterr()
        urls = [call.url for call in page.transport.calls] + page.shown
        everything = [*told.texts, printed.out, printed.err, caplog.text, *urls, "".join(page.location)]
        assert told.texts
        assert not [secret for secret in SECRETS if any(secret in text for text in everything)]

    return check


ENDINGS = [allow, deny, close, close_and_answer_late, wait_too_long, malform, malform_the_token, mismatch, send_rubbish]


@pytest.mark.parametrize("store", [None, FailingStore()], ids=["store", "failing-store"])
@pytest.mark.parametrize("end", ENDINGS)
def test_no_end_of_a_popup_shows_a_secret(
    end: Callable[[FakePage], None], store: Any, nothing_leaks: Callable[[Told, FakePage], None]
) -> None:
    async def main() -> None:
        page = SecretivePage()
        podio = make_podio(page, session_store=store)
        told = Told(podio)
        task = podio.login()
        end(page)
        await told.watch(task)
        await told.watch(podio.is_authenticated())
        told.tell(podio, podio.token, vars(podio), podio.get_auth_error())
        page.transport.respond = lambda call: EXPIRED
        renewal = asyncio.create_task(told.watch(podio.get("/user/status")))
        for _ in range(20):
            await asyncio.sleep(0)
        end(page)
        await told.watch(podio.logout())
        await renewal
        await podio.aclose()
        assert not [key for key in page.tab.keys() if STATE in key]  # noqa: SIM118 - a storage is not a dict
        nothing_leaks(told, page)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("more", "known"), [({}, True), ({"error": "access_denied"}, True), ({"expires_in": "soon"}, True), ({}, False)]
)
def test_no_redirect_shows_a_secret(
    more: dict[str, Any], known: bool, nothing_leaks: Callable[[Told, FakePage], None]
) -> None:
    async def main() -> None:
        away = SecretivePage()
        leaving = make_podio(away)
        if known:
            await leaving.login(method="redirect")
        await leaving.aclose()
        page = SecretivePage(fragment=token_fragment(f"{STATE}1", ACCESS, refresh_token=REFRESH, **more))
        page.tab = away.tab
        podio = make_podio(page)
        told = Told(podio)
        told.tell(podio.get_auth_error(), *traceback.format_exception(podio.get_auth_error()))
        await told.watch(podio.is_authenticated())
        told.tell(podio, podio.token)
        await podio.aclose()
        nothing_leaks(told, page)

    asyncio.run(main())


def echo(status: int) -> Response:
    """An answer that quotes every secret of the call, as proxies' error pages do."""
    text = f"{ACCESS} {REFRESH} {PASSWORD}"
    return Response(status, {"content-type": "text/html"}, f"<html><title>{text}</title>{text}</html>")


@pytest.mark.parametrize("status", [200, 400, 401, 404, 420, 500, 502, 503, None])
@pytest.mark.parametrize("flow", ["client", "password"])
def test_no_fault_shows_a_secret(
    flow: str, status: int | None, nothing_leaks: Callable[[Told, FakePage], None]
) -> None:
    async def main() -> None:
        page = SecretivePage()

        def respond(call: Any) -> Response:
            if status is None:
                raise ConnectionFailed("No answer.")
            return echo(status)

        page.transport.respond = respond
        secret = {} if flow == "client" else {"client_secret": PASSWORD}
        podio = make_podio(page, auth_type=flow, on_token_will_refresh=None, **secret)
        told = Told(podio)
        if flow == "password":
            await told.watch(podio.authenticate_with_credentials("demo@example.com", PASSWORD))
        podio.set_access_token({"access_token": ACCESS, "refresh_token": REFRESH, "expires_in": 60})
        told.tell(podio, podio.token)
        await told.watch(podio.post("/item/app/1", {"title": "x"}))
        await told.watch(podio.get("/user/status"))
        await podio.aclose()
        assert all(ACCESS not in call.url for call in page.transport.calls)
        nothing_leaks(told, page)

    asyncio.run(main())
