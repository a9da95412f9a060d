"""Sessions from the token endpoint: signing in, and renewing silently, once for everybody."""

import asyncio
import json
import traceback
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

from podio_web import ConnectionFailed, GrantRefused, LoginRequired, MemoryStore, Podio, TimedOut, Token
from podio_web.errors import ForbiddenError, ServerError, StoreUnavailable, WrongClientSecret
from podio_web.http import Request, Response
from podio_web.oauth.encoding import parse_form
from tests.unit.fake_page import FakePage
from tests.unit.fake_podio import EXPIRED, make_podio, token_of

GRANT_REFUSED = Response(400, {}, json.dumps({"error": "invalid_grant"}))


class TokenEndpoint:
    """Answers grants with numbered tokens; other calls are good with the newest token only."""

    def __init__(self, rotate: bool = True) -> None:
        self.grants: list[dict[str, Any]] = []
        self.issued = 0
        self.rotate = rotate
        self.answer: Callable[[dict[str, Any]], Response | None] = lambda form: None

    def __call__(self, call: Request) -> Response:
        if call.path == "/oauth/token":
            assert isinstance(call.body, str)
            form = dict(parse_form(call.body))
            self.grants.append(form)
            return self.answer(form) or self._issue(form)
        if token_of(call) != f"access-{self.issued}":
            return EXPIRED
        return Response(200, {}, json.dumps({"path": call.path}))

    def _issue(self, form: dict[str, Any]) -> Response:
        if form["grant_type"] == "refresh_token" and self.rotate and form["refresh_token"] != f"refresh-{self.issued}":
            return GRANT_REFUSED
        self.issued += 1
        refresh = {"refresh_token": f"refresh-{self.issued}"} if self.rotate or self.issued == 1 else {}
        body = {"access_token": f"access-{self.issued}", "expires_in": 3600, "ref": {"type": "user", "id": 1001}}
        return Response(200, {}, json.dumps({**body, "scope": "global:all", **refresh}))


class LockingStore(MemoryStore):
    """A store with a lock, whose holder and whose every use tests look at."""

    def __init__(self) -> None:
        super().__init__()
        self.holder: str | None = None
        self.seconds: list[float] = []

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        self.seconds.append(seconds)
        if self.holder not in (None, owner):
            return False
        self.holder = owner
        return True

    def release(self, auth_type: str, owner: str) -> None:
        if self.holder == owner:
            self.holder = None


def server(endpoint: TokenEndpoint, page: FakePage | None = None, **options: Any) -> Podio:
    page = page or FakePage()
    page.transport.respond = endpoint
    return make_podio(page, auth_type="server", client_secret="hush", **options)


def test_a_code_becomes_a_session_that_is_stored_and_announced() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        heard: list[Any] = []
        podio = server(endpoint, page, redirect_uri="https://app.example/callback")
        podio.on("authenticated", heard.append)
        token = await podio.get_access_token("c1")
        assert endpoint.grants[0]["redirect_uri"] == "https://app.example/callback"
        assert podio.token is token is page.store.get("server") is heard[0]
        assert await podio.is_authenticated()
        assert page.transport.timeouts == [30.0]
        assert await podio.get("/user/status") == {"path": "/user/status"}

    asyncio.run(main())


def test_a_session_ends_when_podio_counts_its_end_however_late_the_answer_came() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        page.time = 1_800_000_000.0

        def slow(call: Request) -> Response:
            answer = endpoint(call)
            page.time += 20
            return Response(answer.status, {"date": "Fri, 15 Jan 2027 08:00:03 GMT"}, answer.text)

        podio = server(endpoint, page)
        page.transport.respond = slow
        token = await podio.get_access_token("c1", "https://app.example/callback")
        assert token.expires_at == 1_800_000_003 + 3600

    asyncio.run(main())


def test_a_refused_sign_in_leaves_the_present_session_alone() -> None:
    async def main() -> None:
        endpoint = TokenEndpoint()
        podio = server(endpoint, redirect_uri="https://app.example/callback")
        first = await podio.get_access_token("c1")
        endpoint.answer = lambda form: GRANT_REFUSED
        with pytest.raises(GrantRefused):
            await podio.get_access_token("c2")
        assert podio.token is first

    asyncio.run(main())


def test_a_log_out_while_signing_in_wins() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        podio = server(endpoint, page, redirect_uri="https://app.example/callback")
        inner = page.transport.perform

        async def perform(call: Request, timeout: float | None) -> Response:
            answer = await inner(call, timeout)
            await podio.logout()
            return answer

        page.transport.perform = perform  # type: ignore[method-assign]
        with pytest.raises(LoginRequired, match="ended while signing in"):
            await podio.get_access_token("c1")
        assert podio.token is None
        assert page.store.get("server") is None

    asyncio.run(main())


@pytest.mark.parametrize(
    ("auth_type", "sign_in", "sent"),
    [
        (
            "password",
            lambda podio: podio.authenticate_with_credentials("demo@example.com", "demo", offering_id=7),
            {"grant_type": "password", "username": "demo@example.com", "password": "demo", "offering_id": "7"},
        ),
        (
            "app",
            lambda podio: podio.authenticate_with_app(5001, "t1"),
            {"grant_type": "app", "app_id": "5001", "app_token": "t1"},
        ),
        (
            "password",
            lambda podio: podio.authenticate_with_activation_code("a1"),
            {"grant_type": "activation_code", "activation_code": "a1"},
        ),
    ],
)
def test_each_flow_sends_its_grant_once(auth_type: str, sign_in: Callable[[Podio], Any], sent: dict[str, str]) -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        page.transport.respond = endpoint
        podio = make_podio(page, auth_type=auth_type, client_secret="hush")
        assert await sign_in(podio) is podio.token is page.store.get(auth_type)
        assert endpoint.grants == [{"client_id": "my-app", "client_secret": "hush", **sent}]
        again = make_podio(page, auth_type=auth_type, client_secret="hush")
        assert await again.is_authenticated(), "the store spares the next sign-in"
        assert len(endpoint.grants) == 1

    asyncio.run(main())


@pytest.mark.parametrize("rotate", [True, False])
@pytest.mark.parametrize("known", [True, False], ids=["ended by the clock", "ended by Podio"])
def test_50_requests_that_meet_an_expired_session_make_one_refresh(rotate: bool, known: bool) -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint(rotate)
        told: list[Any] = []
        podio = server(endpoint, page, redirect_uri="https://app.example/callback", after_token_refreshed=told.append)
        await podio.get_access_token("c1")
        if known:
            page.time += 3600
        else:
            endpoint.issued += 1
            assert podio.token is not None
            podio.token.refresh_token = "refresh-2"
        found = await asyncio.gather(*[podio.get(f"/item/{number}") for number in range(50)])
        assert found == [{"path": f"/item/{number}"} for number in range(50)]
        assert [form["grant_type"] for form in endpoint.grants] == ["authorization_code", "refresh_token"]
        assert told == [podio.token]
        assert podio.token is page.store.get("server")
        assert podio.token is not None
        assert podio.token.refresh_token == f"refresh-{endpoint.issued if rotate else endpoint.issued - 1}"

    asyncio.run(main())


def test_a_refresh_answer_that_leaves_things_out_keeps_what_was_known() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        podio = server(endpoint, page, redirect_uri="https://app.example/callback")
        before = await podio.get_access_token("c1")
        endpoint.answer = lambda form: Response(200, {}, json.dumps({"access_token": "access-2", "expires_in": 60}))
        endpoint.issued = 2
        page.time += 3600
        await podio.get("/user/status")
        assert podio.token is not None
        assert podio.token is not before
        assert (podio.token.refresh_token, podio.token.ref, podio.token.scope) == (
            before.refresh_token,
            before.ref,
            before.scope,
        )

    asyncio.run(main())


def expired(page: FakePage, number: int = 1) -> Token:
    ref = {"type": "user", "id": 1001}
    return Token(f"access-{number}", expires_at=page.time - 1, refresh_token=f"refresh-{number}", ref=ref)


def test_a_refused_refresh_token_ends_the_session_once_and_never_loops() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        heard: list[Any] = []
        page.store.set(expired(page), "server")
        endpoint.answer = lambda form: GRANT_REFUSED
        podio = server(endpoint, page)
        podio.on("logged_out", heard.append)
        assert await podio.is_authenticated(), "it can still be renewed, as far as is known"
        outcomes = await asyncio.gather(*[podio.get("/user/status") for _ in range(5)], return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [LoginRequired] * 5
        assert "get_access_token" in str(outcomes[0])
        assert len(endpoint.grants) == 1
        assert heard == [None]
        assert (podio.token, page.store.get("server")) == (None, None)
        with pytest.raises(LoginRequired):
            await podio.get("/user/status")
        assert len(endpoint.grants) == 1

    asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Response(500, {}, "<html>"), ServerError),
        (
            Response(400, {}, json.dumps({"error": "invalid_client", "error_detail": "oauth.client.invalid_secret"})),
            WrongClientSecret,
        ),
    ],
)
def test_what_is_not_the_sessions_fault_leaves_it_as_it_is(answer: Response, kind: type[Exception]) -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        endpoint.issued = 1
        store = LockingStore()
        store.set(expired(page), "server")
        endpoint.answer = lambda form: answer
        podio = server(endpoint, page, session_store=store)
        with pytest.raises(kind):
            await podio.get("/user/status")
        assert store.get("server") is podio.token
        assert store.holder is None
        endpoint.answer = lambda form: None
        assert await podio.get("/user/status") == {"path": "/user/status"}

    asyncio.run(main())


def test_no_answer_from_the_token_endpoint_leaves_the_session_as_it_is() -> None:
    async def main() -> None:
        page = FakePage()
        page.store.set(expired(page), "server")
        podio = server(TokenEndpoint(), page)

        async def perform(call: Request, timeout: float | None) -> Response:
            raise ConnectionFailed("offline")

        page.transport.perform = perform  # type: ignore[method-assign]
        with pytest.raises(ConnectionFailed):
            await podio.get("/user/status")
        assert page.store.get("server") is podio.token is not None

    asyncio.run(main())


def test_a_session_without_a_refresh_token_is_login_required() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        page.store.set(Token("access-1", expires_at=page.time - 1), "server")
        podio = server(endpoint, page)
        assert not await podio.is_authenticated()
        with pytest.raises(LoginRequired, match="cannot be renewed"):
            await podio.get("/user/status")
        assert endpoint.grants == []
        assert page.store.get("server") is podio.token is None, "nothing could use it any more"

    asyncio.run(main())


def test_another_process_that_renews_spares_the_refresh_and_is_not_announced_here() -> None:
    async def main() -> None:
        page, endpoint, store = FakePage(), TokenEndpoint(), LockingStore()
        told: list[Any] = []
        store.set(expired(page), "server")
        podio = server(endpoint, page, session_store=store, after_token_refreshed=told.append)
        store.holder = "another process"
        fresh = Token("access-5", expires_at=page.time + 3600, refresh_token="refresh-5")
        endpoint.issued = 5
        inner = page.sleep

        async def sleep(seconds: float) -> None:
            await inner(seconds)
            if len(page.slept) == 4:
                store.set(fresh, "server")

        page.sleep = sleep  # type: ignore[method-assign]
        assert await podio.get("/user/status") == {"path": "/user/status"}
        assert podio.token is fresh
        assert endpoint.grants == told == []
        assert page.slept == [0.03, 0.06, 0.12, 0.24], "the longer it takes, the less often it looks"

    asyncio.run(main())


def test_a_renewal_that_ended_just_before_the_lock_was_free_is_seen() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        endpoint.issued = 5

        class JustRenewed(LockingStore):
            def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
                self.set(Token("access-5", expires_at=page.time + 3600, refresh_token="refresh-5"), "server")
                return super().acquire(auth_type, owner, seconds)

        store = JustRenewed()
        store.set(expired(page), "server")
        podio = server(endpoint, page, session_store=store)
        assert await podio.get("/user/status") == {"path": "/user/status"}
        assert endpoint.grants == []
        assert store.holder is None

    asyncio.run(main())


def test_what_the_store_holds_is_renewed_and_not_what_this_process_remembers() -> None:
    async def main() -> None:
        page, endpoint, store = FakePage(), TokenEndpoint(), LockingStore()
        endpoint.issued = 4
        store.set(expired(page, 3), "server")
        podio = server(endpoint, page, session_store=store)
        assert await podio.is_authenticated()
        # Meanwhile another process has renewed, and that session has ended by now too.
        store.set(expired(page, 4), "server")
        await podio.get("/user/status")
        assert [form["refresh_token"] for form in endpoint.grants] == ["refresh-4"]

    asyncio.run(main())


def test_a_log_out_while_waiting_for_another_process_wins() -> None:
    async def main() -> None:
        page, endpoint, store = FakePage(), TokenEndpoint(), LockingStore()
        store.set(expired(page), "server")
        podio = server(endpoint, page, session_store=store)
        store.holder = "another process"
        inner = page.sleep

        async def sleep(seconds: float) -> None:
            await inner(seconds)
            await podio.logout()
            store.holder = None

        page.sleep = sleep  # type: ignore[method-assign]
        with pytest.raises(LoginRequired, match="signed out"):
            await podio.get("/user/status")
        for _ in range(5):
            await asyncio.sleep(0)
        assert endpoint.grants == []
        assert podio.token is store.get("server") is None
        assert store.holder is None

    asyncio.run(main())


def test_a_holder_that_never_finishes_is_reported_and_the_session_kept() -> None:
    async def main() -> None:
        page, store = FakePage(), LockingStore()
        store.set(expired(page), "server")
        store.holder = "stuck"
        podio = server(TokenEndpoint(), page, session_store=store, timeout=2)
        with pytest.raises(TimedOut, match="Another process"):
            await podio.get("/user/status")
        assert store.get("server") is podio.token is not None
        assert set(store.seconds) == {22.0}, "the call's time-out and a margin"
        assert sum(page.slept) < 45
        assert max(page.slept) == 0.5

    asyncio.run(main())


def test_a_refused_refresh_token_does_not_end_the_session_that_another_process_stored_meanwhile() -> None:
    async def main() -> None:
        page, endpoint, store = FakePage(), TokenEndpoint(), LockingStore()
        store.set(expired(page), "server")
        podio = server(endpoint, page, session_store=store)
        newer = Token("access-9", expires_at=page.time + 3600, refresh_token="refresh-9")

        def answer(form: dict[str, Any]) -> Response:
            store.set(newer, "server")
            return GRANT_REFUSED

        endpoint.answer = answer
        endpoint.issued = 9
        assert await podio.get("/user/status") == {"path": "/user/status"}
        assert store.get("server") is podio.token is newer

    asyncio.run(main())


def test_a_refusal_leaves_what_another_process_stored_even_when_that_has_ended_too() -> None:
    async def main() -> None:
        page, endpoint, store = FakePage(), TokenEndpoint(), LockingStore()
        store.set(expired(page), "server")
        podio = server(endpoint, page, session_store=store)
        theirs = Token("access-9", expires_at=page.time - 1, refresh_token="refresh-9")

        def answer(form: dict[str, Any]) -> Response:
            store.set(theirs, "server")
            return GRANT_REFUSED

        endpoint.answer = answer
        with pytest.raises(LoginRequired):
            await podio.get("/user/status")
        assert store.get("server") is theirs

    asyncio.run(main())


def test_no_refresh_token_is_spent_when_the_lock_cannot_be_had() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()

        class Broken(MemoryStore):
            def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
                raise OSError("disk")

        store = Broken()
        endpoint.issued = 1
        store.set(expired(page), "server")
        podio = server(endpoint, page, session_store=store)
        with pytest.raises(StoreUnavailable, match="OSError"):
            await podio.get("/user/status")
        assert endpoint.grants == []
        assert podio.token is store.get("server") is not None

    asyncio.run(main())


def test_a_token_that_was_put_in_is_renewed_too() -> None:
    async def main() -> None:
        page, endpoint = FakePage(), TokenEndpoint()
        endpoint.issued = 1
        podio = server(endpoint, page)
        podio.set_access_token({"access_token": "access-1", "refresh_token": "refresh-1", "expires_in": 60})
        page.time += 60
        assert await podio.get("/user/status") == {"path": "/user/status"}
        assert page.store.get("server") is podio.token

    asyncio.run(main())


@pytest.mark.parametrize(
    ("auth_type", "call", "said"),
    [
        ("password", lambda podio: podio.get_access_token("c1"), "authenticate_with_credentials"),
        ("app", lambda podio: podio.authenticate_with_credentials("a", "b"), "authenticate_with_app"),
        ("server", lambda podio: podio.authenticate_with_app(1, "b"), "get_access_token"),
        ("app", lambda podio: podio.authenticate_with_activation_code("a"), "authenticate_with_app"),
        ("client", lambda podio: podio.get_access_token("c1"), "login"),
        ("server", lambda podio: podio.login(), "get_authorization_url"),
        ("app", lambda podio: podio.get_authorization_url("https://app.example/"), "authenticate_with_app"),
    ],
)
def test_a_flow_that_the_kind_of_sign_in_does_not_allow_says_which_one_does(
    auth_type: str, call: Callable[[Podio], Any], said: str
) -> None:
    async def main() -> None:
        secret = {} if auth_type == "client" else {"client_secret": "hush"}
        podio = make_podio(FakePage(), auth_type=auth_type, **secret)
        with pytest.raises(ValueError, match=f"this client has '{auth_type}'.*{said}"):
            await call(podio)

    asyncio.run(main())


def test_the_server_side_url_asks_for_a_code() -> None:
    podio = make_podio(FakePage(), auth_type="server", client_secret="hush")
    url = podio.get_authorization_url("https://app.example/callback", scope="user:read", state="s1")
    assert url == (
        "https://podio.com/oauth/authorize?client_id=my-app&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback"
        "&response_type=code&scope=user%3Aread&state=s1"
    )
    with pytest.raises(ValueError, match="redirect_uri is missing"):
        podio.get_authorization_url()


def test_basic_auth_sends_the_client_instead_of_a_session() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, auth_type="app", client_secret="hush")
        assert await podio.request("POST", "/user/activation/", {"a": 1}, basic_auth=True) == {}
        assert page.transport.calls[0].headers["Authorization"] == "Basic bXktYXBwOmh1c2g="

    asyncio.run(main())


def test_basic_auth_sends_the_values_of_members_of_an_enumeration() -> None:
    class Setting(str, Enum):  # noqa: UP042 - a format of its members is their name
        CLIENT = "my-app"
        SECRET = "hush"

    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, auth_type="app", client_id=Setting.CLIENT, client_secret=Setting.SECRET)
        assert await podio.request("POST", "/user/activation/", {"a": 1}, basic_auth=True) == {}
        assert page.transport.calls[0].headers["Authorization"] == "Basic bXktYXBwOmh1c2g="

    asyncio.run(main())


def test_an_auth_error_can_be_set_shown_and_ends_with_the_next_sign_in() -> None:
    async def main() -> None:
        podio = server(TokenEndpoint(), redirect_uri="https://app.example/callback")
        problem = GrantRefused("used")
        podio.set_auth_error(problem)
        assert podio.has_auth_error()
        assert podio.get_auth_error() is problem
        await podio.get_access_token("c1")
        assert not podio.has_auth_error()

    asyncio.run(main())


def test_a_transport_that_quotes_what_it_sent_gives_no_secret_away() -> None:
    async def main() -> None:
        page = FakePage()

        def fail(call: Request) -> Response:
            raise ConnectionFailed(f"Could not send {call.body!r} to {call.url}.", path=call.path)

        page.transport.respond = fail
        podio = make_podio(page, auth_type="password", client_secret="canary/secret")
        with pytest.raises(ConnectionFailed) as raised:
            await podio.authenticate_with_credentials("demo@example.com", "canary pass&word")
        told = repr(raised.value) + str(raised.value) + repr(vars(raised.value))
        assert "Could not send" in told
        assert "canary" not in told

    asyncio.run(main())


def test_no_answer_that_repeats_the_client_s_own_secret_gets_it_into_an_error() -> None:
    async def main() -> None:
        page = FakePage()
        podio = make_podio(page, auth_type="app", client_secret="h/u:sh0123")

        def echo(call: Request) -> Response:
            pair = call.headers["Authorization"]
            text = f"{pair}, {pair.rstrip('=')}, h/u:sh0123, h%2Fu%3Ash0123, h%2fu%3ash0123, h\\/u:sh0123"
            return Response(403, {}, json.dumps({"error_description": text, "error_parameters": {"header": [text]}}))

        page.transport.respond = echo
        with pytest.raises(ForbiddenError) as raised:
            await podio.request("GET", "/a", basic_auth=True)
        said = raised.value.error_description or ""
        assert said.count("[removed]") == 6
        told = str(raised.value) + repr(raised.value) + repr(vars(raised.value))
        assert "sh0123" not in told
        with_locals = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
        assert "sh0123" not in "".join(line for line in with_locals.format() if "test_token_grants" not in line)
        assert "Basic [removed]" in told

    asyncio.run(main())
