"""The client: options, members, and requests from path to data."""

import asyncio
import contextlib
import copy
import json
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest

import podio_web
from podio_web import (
    ConnectionFailed,
    ForbiddenError,
    LoginRequired,
    MemoryStore,
    NotFoundError,
    Podio,
    PodioError,
    RateLimitError,
    Retry,
    SyncPodio,
    Token,
    UnavailableError,
)
from podio_web.http import Request, Response
from podio_web.stores.memory import MemoryTexts
from podio_web.stores.text import TextStore
from tests.unit.fake_page import TOKEN_TEXT, FakePage
from tests.unit.fake_podio import make_podio, response


def signed_in(page: FakePage, **options: Any) -> Podio:
    podio = make_podio(page, **options)
    podio.set_access_token(response())
    return podio


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (("clint", "my-app"), {}, "auth_type"),
        (("server", "my-app"), {}, "client_secret"),
        (("password", "my-app", " "), {}, "client_secret"),
        (("app", "my-app", "secret"), {"on_token_will_refresh": print}, "on_token_will_refresh"),
        (("client", ""), {}, "client_id"),
        (("client", None), {}, "client_id"),
        (("client", "my-app", "secret"), {}, "client_secret"),
        (("client", "my-app"), {"api_url": "http://api.podio.com"}, "api_url"),
        (("client", "my-app"), {"auth_url": "podio.com"}, "auth_url"),
        (("client", "my-app"), {"redirect_uri": "/callback.html"}, "redirect_uri"),
        (("client", "my-app"), {"scope": "everything"}, "scope"),
        (("client", "my-app"), {"timeout": 0}, "timeout"),
        (("client", "my-app"), {"timeout": True}, "timeout"),
        (("client", "my-app"), {"timeout": "30"}, "timeout"),
        (("client", "my-app"), {"retry": 3}, "retry"),
    ],
)
def test_a_wrong_option_raises_at_once_and_is_named(
    arguments: tuple[Any, ...], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        Podio(*arguments, **options)
    assert "secret'" not in str(refused.value)


def test_an_unknown_option_raises() -> None:
    with pytest.raises(TypeError, match="session_stor"):
        Podio("client", "my-app", session_stor=MemoryStore())  # type: ignore[call-arg]


def test_a_shipped_store_is_narrowed_to_the_client_id_and_the_api() -> None:
    async def main() -> None:
        texts, page = MemoryTexts(), FakePage()
        podio = make_podio(page, session_store=TextStore(lambda: texts, page.now))
        task = podio.login()
        page.popup.allow()
        await task
        assert texts.keys() == ["podio-web:session:https://api.podio.com:my-app:client"]

    asyncio.run(main())


def test_a_callback_page_on_another_origin_is_refused() -> None:
    with pytest.raises(ValueError, match="origin"):
        make_podio(FakePage(), redirect_uri="https://other.example/callback.html")


def test_a_call_without_a_session_raises_before_any_io() -> None:
    async def main() -> None:
        page = FakePage()
        with pytest.raises(LoginRequired):
            await make_podio(page).get("/user/status")
        assert page.transport.calls == []

    asyncio.run(main())


def test_a_stored_session_is_used_without_asking_first() -> None:
    async def main() -> None:
        page = FakePage()
        page.store.set(Token("stored", expires_at=page.time + 60), "client")
        podio = make_podio(page)
        await podio.get("/user/status")
        await podio.get("/user/status")
        assert page.transport.calls[0].headers["Authorization"] == "OAuth2 stored"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("ask", "method", "url", "body"),
    [
        (lambda podio: podio.get("/a", {"x": 1}), "GET", "/a?x=1", None),
        (lambda podio: podio.get("/a", {"x": 1}, params={"y": 2}), "GET", "/a?x=1&y=2", None),
        (lambda podio: podio.delete("/a", params={"hook": False}), "DELETE", "/a?hook=0", None),
        (lambda podio: podio.post("/a", {"x": [1]}), "POST", "/a", '{"x":[1]}'),
        (lambda podio: podio.post("/a", {}), "POST", "/a", "{}"),
        (lambda podio: podio.post("/a"), "POST", "/a", None),
        (lambda podio: podio.post("/a", {"x": "y z"}, form=True), "POST", "/a", "x=y%20z"),
        (lambda podio: podio.put("/a", {"x": 1}, params={"silent": True}), "PUT", "/a?silent=1", '{"x":1}'),
        (lambda podio: podio.request("get", "/a"), "GET", "/a", None),
    ],
)
def test_each_member_sends_its_call(ask: Callable[[Podio], Any], method: str, url: str, body: str | None) -> None:
    async def main() -> None:
        page = FakePage()
        await ask(signed_in(page, api_url="https://api.example:8443"))
        (call,) = page.transport.calls
        assert (call.method, call.url, call.body) == (method, "https://api.example:8443" + url, body)
        assert page.transport.timeouts == [30.0]

    asyncio.run(main())


def test_the_time_out_of_a_call_replaces_the_clients() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page, timeout=5)
        await podio.get("/a")
        await podio.get("/a", timeout=0.5)
        assert page.transport.timeouts == [5, 0.5]
        with pytest.raises(ValueError, match="timeout"):
            await podio.get("/a", timeout=-1)

    asyncio.run(main())


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example/", "/\\evil.example", "user/status", ""])
def test_rule_5_a_path_that_leaves_the_api_is_refused_before_any_io(path: str) -> None:
    async def main() -> None:
        page = FakePage()
        with pytest.raises(ValueError, match="path"):
            await signed_in(page).get(path)
        assert page.transport.calls == []

    asyncio.run(main())


def test_errors_carry_podios_fields() -> None:
    async def main() -> None:
        page = FakePage()
        body = {"error": "not_found", "error_description": "Object not found", "error_parameters": {"id": 4}}
        page.transport.respond = lambda call: Response(404, {}, json.dumps(body))
        with pytest.raises(NotFoundError) as refused:
            await signed_in(page).get("/item/4?x=secret")
        problem = refused.value
        assert (problem.status, problem.error, problem.method, problem.path) == (404, "not_found", "GET", "/item/4")
        assert problem.error_parameters == {"id": 4}
        assert str(problem) == "404 for GET /item/4: Object not found"

    asyncio.run(main())


def test_a_401_that_no_token_cures_and_other_refusals_are_raised_without_renewal() -> None:
    async def main() -> None:
        page = FakePage()
        page.transport.respond = lambda call: Response(403, {}, '{"error": "forbidden"}')
        podio = signed_in(page)
        with pytest.raises(ForbiddenError):
            await podio.get("/item/4")
        assert page.popups == []
        assert podio.token is not None

    asyncio.run(main())


def test_basic_auth_is_refused_with_the_reason() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="client_secret"):
            await signed_in(FakePage()).request("GET", "/a", basic_auth=True)

    asyncio.run(main())


def answering(*outcomes: Response | Exception) -> Callable[[Request], Response]:
    """Return a transport's respond function that gives these outcomes in turn."""
    left = list(outcomes)

    def respond(call: Request) -> Response:
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return respond


AWAY = Response(503, {}, "<html>Away</html>")
LIMITED = Response(420, {"x-rate-limit-limit": "1000", "x-rate-limit-remaining": "0", "retry-after": "2"}, "")
GOOD = Response(200, {"x-rate-limit-limit": "250", "x-rate-limit-remaining": "249"}, '{"ok": true}')


def test_a_read_is_repeated_after_faults_and_a_write_is_not() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = answering(AWAY, ConnectionFailed("lost"), GOOD)
        assert await podio.get("/a") == {"ok": True}
        for fault in (AWAY, ConnectionFailed("lost")):
            page.transport.respond = answering(fault)
            with pytest.raises((UnavailableError, ConnectionFailed)):
                await podio.post("/a", {})
        assert [call.method for call in page.transport.calls] == ["GET", "GET", "GET", "POST", "POST"]

    asyncio.run(main())


def test_the_policy_is_the_client_s_unless_the_call_has_its_own() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page, retry=None)

        async def attempts_with(**options: Any) -> int:
            page.transport.calls.clear()
            page.transport.respond = lambda call: AWAY
            with pytest.raises(UnavailableError):
                await podio.get("/a", **options)
            return len(page.transport.calls)

        assert await attempts_with() == 1
        assert await attempts_with(retry=Retry(2)) == 3
        podio = signed_in(page, retry=Retry(4))
        assert await attempts_with() == 5
        assert await attempts_with(retry=True) == 5
        assert await attempts_with(retry=None) == await attempts_with(retry=False) == 1
        with pytest.raises(ValueError, match="retry"):
            await podio.get("/a", retry=3)  # type: ignore[arg-type]

    asyncio.run(main())


def test_every_verb_takes_a_policy_of_its_own() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        for ask in (podio.get, podio.post, podio.put, podio.delete):
            page.transport.respond = answering(LIMITED, GOOD)
            assert await ask("/a") == {"ok": True}
            page.transport.respond = answering(LIMITED)
            with pytest.raises(RateLimitError):
                await ask("/a", retry=None)

    asyncio.run(main())


def test_rate_limited_tells_the_seconds_when_it_waits_and_when_it_gives_up() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        heard: list[float | None] = []
        podio.on("rate_limited", heard.append)
        page.transport.respond = answering(LIMITED, GOOD)
        await podio.post("/a", {})
        assert heard == [pytest.approx(2, abs=0.5)]
        assert sum(page.slept) == pytest.approx(heard[0])
        hour = Response(429, {}, '{"error_description": "Please wait 3600 seconds before trying again."}')
        page.transport.respond = answering(hour, Response(420, {}, ""))
        for _ in range(2):
            with pytest.raises(RateLimitError):
                await podio.get("/a")
        assert heard[1:] == [3600, None]

    asyncio.run(main())


def test_the_figures_of_the_rate_limit_are_the_last_ones_that_could_be_read() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        await podio.get("/a")
        assert podio.rate_limit is None
        page.transport.respond = answering(LIMITED, GOOD, Response(200, {}, "{}"))
        await podio.get("/a")
        await podio.get("/b")
        assert podio.rate_limit is not None
        assert (podio.rate_limit.limit, podio.rate_limit.remaining) == (250, 249)

    asyncio.run(main())


def test_basic_auth_is_repeated_by_the_same_policy_and_is_no_session_s() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, auth_type="app", client_secret="hush")
        page.transport.respond = answering(AWAY, LIMITED, GOOD)
        assert await podio.request("GET", "/a", basic_auth=True) == {"ok": True}
        assert len({call.headers["Authorization"] for call in page.transport.calls}) == 1
        page.transport.respond = answering(AWAY)
        with pytest.raises(UnavailableError):
            await podio.request("POST", "/a", {}, basic_auth=True)

    asyncio.run(main())


def test_a_lost_connection_to_the_token_endpoint_is_not_repeated() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, auth_type="app", client_secret="hush")
        podio.set_access_token(response(expires_in=1))
        page.time += 10
        page.transport.respond = answering(ConnectionFailed("lost"))
        with pytest.raises(ConnectionFailed):
            await podio.get("/a")
        assert [call.path for call in page.transport.calls] == ["/oauth/token"]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("end", "kind"), [(lambda podio: podio.logout(), LoginRequired), (lambda podio: podio.aclose(), RuntimeError)]
)
def test_rule_11_a_call_that_waits_for_its_repeat_is_not_sent_after_a_log_out(
    end: Callable[[Podio], Any], kind: type[Exception]
) -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.transport.respond = answering(Response(420, {"retry-after": "20"}, ""))
        podio.on("rate_limited", lambda seconds: end(podio))
        with pytest.raises(kind):
            await podio.post("/a", {})
        assert 0 < sum(page.slept) < 3, "it did not sleep to the end"
        assert len(page.transport.calls) == 1

    asyncio.run(main())


def test_log_out_clears_memory_and_store_and_tells_the_other_tabs() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page)
        task = podio.login()
        page.popup.allow()
        await task
        heard: list[object] = []
        podio.on("logged_out", heard.append)
        await podio.logout()
        assert podio.token is None
        assert page.store.get("client") is None
        assert page.lines[0].sent == ["logged_out"]
        assert heard == [None]
        assert not await podio.is_authenticated()

    asyncio.run(main())


def test_a_log_out_in_another_tab_ends_the_session_here() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.lines[0].hear("something else")
        page.lines[0].hear(None)
        assert podio.token is not None
        page.lines[0].hear("logged_out")
        await asyncio.sleep(0.001)
        assert podio.token is None
        assert page.lines[0].sent == [], "no echo"

    asyncio.run(main())


def test_tabs_of_other_client_ids_and_apis_talk_on_other_lines() -> None:
    pages = [FakePage() for _ in range(3)]
    make_podio(pages[0])
    make_podio(pages[1], client_id="other")
    make_podio(pages[2], api_url="https://api.example")
    assert len({page.lines[0].name for page in pages}) == 3


def test_refresh_auth_from_store_takes_what_is_there() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        page.store.set(Token("stored", expires_at=page.time + 60), "client")
        await podio.refresh_auth_from_store()
        assert podio.token is not None
        assert podio.token.access_token == "stored"

    asyncio.run(main())


def test_set_access_token_refuses_what_is_no_token_response() -> None:
    podio = make_podio(FakePage())
    for response_without_token in ({}, {"access_token": ""}, {"access_token": "a", "expires_in": -1}, None, "text"):
        with pytest.raises(ValueError):
            podio.set_access_token(response_without_token)  # type: ignore[arg-type]
    assert podio.token is None


def test_async_with_releases_everything_and_closing_twice_is_fine() -> None:
    async def main() -> None:
        page = FakePage()
        async with make_podio(page) as podio:
            podio.set_access_token(response())
        assert page.lines[0].closed
        assert page.transport.closed
        await podio.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await podio.get("/a")
        for use in (podio.login, podio.logout):
            with pytest.raises(RuntimeError, match="closed"):
                _ = use()

    asyncio.run(main())


def test_rule_6_repr_shows_no_secret() -> None:
    podio = signed_in(FakePage())
    text = f"{podio!r} {podio.token!r} {podio.token}"
    assert "0123456789abcdef" not in text
    assert "user 1001" in text
    assert "my-app" in text


@pytest.mark.parametrize("auth_type", ["server", "password", "app"])
@pytest.mark.parametrize("duplicate", [copy.deepcopy, pickle.dumps])
def test_a_client_with_a_secret_cannot_be_copied_or_pickled(auth_type: Any, duplicate: Callable[[Any], Any]) -> None:
    podio = Podio(auth_type, "my-app", "s1", on_token_will_refresh=None)
    with pytest.raises(TypeError, match=r"cannot be copied or pickled\. Create another one"):
        duplicate(podio)
    with pytest.raises(TypeError, match=r"cannot pickle|cannot be copied"):
        duplicate(SyncPodio(auth_type, "my-app", "s1"))


def test_outside_a_page_there_is_memory_no_popup_and_an_explanation() -> None:
    async def main() -> None:
        async with Podio("client", client_id="my-app") as podio:
            assert not await podio.is_authenticated()
            with pytest.raises(podio_web.PopupBlocked):
                await podio.login()
            with pytest.raises(podio_web.SignInError):
                await podio.login(method="redirect")
            await podio.logout()

    asyncio.run(main())


def test_without_httpx_a_request_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    for name in ("httpx", "httpx_requests"):
        monkeypatch.delitem(sys.modules, f"podio_web.transports.{name}", raising=False)

    async def main() -> None:
        async with Podio("client", client_id="my-app") as podio:
            podio.set_access_token(response())
            with pytest.raises(PodioError, match=r"pip install 'podio-web\[server\]'"):
                await podio.get("/user/status")

    asyncio.run(main())


def test_a_class_whose_module_is_missing_says_so_when_it_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    monkeypatch.delitem(sys.modules, "podio_web.stores.sqlite", raising=False)
    with pytest.raises(ImportError, match=r"^SQLiteStore is not available here: import of sqlite3 halted"):
        podio_web.SQLiteStore("sessions.db")


def test_the_stores_of_a_page_explain_themselves_elsewhere() -> None:
    with pytest.raises(RuntimeError, match="localStorage exists only in a web page"):
        podio_web.LocalStorageStore()
    with pytest.raises(AttributeError, match="no attribute 'Podi'"):
        _ = podio_web.Podi  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "calls"),
    [({}, 2), ({"safe": True}, 2), ({"safe": False}, 1), ({"retry": None}, 1), ({"safe": True, "retry": False}, 1)],
)
def test_a_filter_is_a_read_unless_the_caller_knows_better(options: dict[str, Any], calls: int) -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        answers = iter([AWAY, Response(200, {}, '{"items": []}')])
        page.transport.respond = lambda call: next(answers)
        with contextlib.suppress(UnavailableError):
            assert await podio.post("/item/app/3001/filter/", {"limit": 500}, **options) == {"items": []}
        assert len(page.transport.calls) == calls

    asyncio.run(main())


@pytest.mark.parametrize(
    ("verb", "safe", "calls"), [("post", None, 1), ("post", True, 2), ("put", None, 1), ("put", True, 2)]
)
def test_any_other_call_may_be_said_to_change_nothing(verb: str, safe: bool | None, calls: int) -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        answers = iter([AWAY, Response(200, {}, "{}")])
        page.transport.respond = lambda call: next(answers)
        with contextlib.suppress(UnavailableError):
            assert await getattr(podio, verb)("/some/report", {"limit": 500}, safe=safe) == {}
        assert len(page.transport.calls) == calls

    asyncio.run(main())


def test_no_answer_that_repeats_the_token_gets_it_into_an_error() -> None:
    async def main() -> None:
        page = FakePage()
        podio = signed_in(page)
        told: list[str] = []

        def echo(call: Any) -> Response:
            text = f"bad header {call.headers['Authorization']}"
            body = {"error": "x", "error_description": text, "error_parameters": {"headers": [text, {text: text}]}}
            return Response(503 if len(page.transport.calls) < 3 else 400, {}, json.dumps(body))

        page.transport.respond = echo
        with pytest.raises(PodioError) as raised:
            await podio.get("/a")
        problem = raised.value
        told += [str(problem), repr(problem), repr(problem.args), repr(vars(problem))]
        assert len(page.transport.calls) == 3
        assert "bad header OAuth2 [removed]" in str(problem)
        assert TOKEN_TEXT not in "".join(told)

    asyncio.run(main())
