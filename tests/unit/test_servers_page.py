"""docs/servers.md: its pieces of Python run, its numbers and its lines of the log are those of the code."""

import asyncio
import inspect
import logging
import re
import time
from pathlib import Path
from typing import Any

import pytest
from docs_pieces import fences
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from werkzeug.test import Client

import podio_web
from podio_web import FileStore, LoginRequired, Podio, SQLiteStore, StoreUnavailable, SyncPodio, TimedOut, Token
from podio_web.auth import grant_auth
from podio_web.http import Request, Response
from podio_web.stores import bounded as bounded_store
from podio_web.stores.records import LIFETIME
from podio_web.testing import FakeTransport
from podio_web.testing.web_client import sign_in_client
from podio_web.web.asgi import PodioSignIn
from podio_web.web.revoking import LONGEST_CALL
from podio_web.web.sign_in import SESSION_LIFETIME, SignIn
from tests.unit.test_token_grants import GRANT_REFUSED, TokenEndpoint
from tests.unit.web_support import CODE, Browser, answer_tokens, options, state_in

ROOT = Path(podio_web.__file__).parent.parent
PAGE = (ROOT / "docs" / "servers.md").read_text(encoding="utf-8")
PIECES = {
    each.tag.removesuffix(".py"): each.text for each in fences("docs/servers.md", PAGE) if each.language == "python"
}
HOST = "https://example.com"
ME = {"profile": {"name": "<Demo>"}}


@pytest.fixture
def transport(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTransport:
    """A Podio for the page's applications, in a folder and an environment of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODIO_CLIENT_SECRET", "canary-secret")
    for name in ("SECRET_KEY", "OLD_SECRET_KEY"):
        monkeypatch.setenv(name, f"canary-{name}-0123456789abcdef0123456789abcdef")
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", ME, times=None)
    return transport


def run(name: str, transport: FakeTransport, *, without: str = "never", **names: Any) -> dict[str, Any]:
    """Run a piece of the page with these names, over the made-up Podio; return all its names.

    Lines with the comment ``without`` are left out.
    """
    given = {"__name__": f"piece_{name}", "transport": transport, **names}
    text = re.sub(rf"^.*# {without}$", "", PIECES[name], flags=re.MULTILINE)
    text = text.replace('client_id="my-app",', 'client_id="my-app", transport=transport,')
    exec(compile(text, f"{name}.py", "exec"), given)
    return given


def test_every_piece_is_known_here() -> None:
    tested = set(re.findall(r'run\("(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert set(PIECES) == tested
    assert all(each.kind == "server" for each in fences("docs/servers.md", PAGE) if each.language == "python")


def sign(client: Any, prefix: str = "") -> str:
    """Sign in; return where the person came back to."""
    response = client.get(f"{prefix}/podio/login")
    answer = {"code": CODE, "state": state_in(response.headers["location"])}
    return str(client.get(f"{prefix}/podio/callback", params=answer).headers["location"])


def test_the_asgi_application(transport: FakeTransport) -> None:
    app = run("asgi", transport)["app"]
    client = TestClient(app, HOST, follow_redirects=False)
    assert "Sign in with Podio" in client.get("/").text
    assert sign(client) == "/"
    home = client.get("/").text
    assert "&lt;Demo&gt;" in home
    assert 'method="post" action="/podio/logout"' in home
    assert client.post("/podio/logout").headers["location"] == "/"
    assert "Sign in with Podio" in client.get("/").text
    client.get("/podio/callback", params={"error": "access_denied"})
    assert "did not request" in client.get("/").text


def test_the_wsgi_application_and_its_error_handler(transport: FakeTransport, caplog: pytest.LogCaptureFixture) -> None:
    made = run("wsgi", transport)
    client: Any = Client(made["app"])
    location = client.get("/", base_url=HOST).location
    assert location == "/podio/login?return_to=%2F"
    state = state_in(client.get(location, base_url=HOST).location)
    client.get("/podio/callback", base_url=HOST, query_string={"code": CODE, "state": state})
    assert client.get("/", base_url=HOST).json == ME
    Path("sessions.db").write_bytes(b"no database any more, " * 100)
    response = client.get("/", base_url=HOST)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "The session store is unavailable: " in caplog.text
    client.get("/podio/callback", base_url=HOST, query_string={"error": "access_denied"})
    assert "error" in client.get("/", base_url=HOST).json


def test_a_page_of_flask_for_people_who_are_signed_in(transport: FakeTransport) -> None:
    app = run("flask_pages", transport)["app"]
    client = sign_in_client(app.test_client(), app, user_id=1001)
    assert client.get("/me").json == ME
    opened = app.test_client().get("/me", base_url=HOST, headers={"Accept": "text/html"})
    assert (opened.status_code, opened.location) == (303, "/podio/login?return_to=%2Fme")


def test_a_page_of_fastapi_and_a_test_of_it(transport: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    app = run("fastapi_pages", transport)["app"]
    client = TestClient(app, HOST, follow_redirects=False)
    assert client.get("/me", headers={"Accept": "text/html"}).headers["location"] == "/podio/login?return_to=%2Fme"
    assert client.get("/me").json()["error"] == "login_required"
    run("signed_in_test", transport, app=app)["test_me"](monkeypatch)


def test_the_setting_and_the_views_of_django(transport: FakeTransport) -> None:
    """test_web_django.py signs in with them."""
    made = run("django_settings", transport)
    assert {name.lower() for name in made["PODIO"]} <= set(inspect.signature(SignIn).parameters)
    views = run("django_views", transport)
    assert inspect.iscoroutinefunction(views["me_too"])
    assert not inspect.iscoroutinefunction(views["me"])


def test_a_mount_of_starlette(transport: FakeTransport) -> None:
    app = PodioSignIn(Starlette(), **options(redirect_uri=f"{HOST}/app/podio/callback", transport=transport))
    client = TestClient(run("prefix", transport, app=app)["site"], HOST, follow_redirects=False)
    assert sign(client, "/app") == "/app/"


def test_the_stores_in_redis(transport: FakeTransport) -> None:
    assert run("redis_store", transport)["store"].blocks
    assert not run("redis_store", transport, without="WSGI")["store"].blocks


def test_the_keys_and_the_lifetimes(transport: FakeTransport) -> None:
    names = run("keys", transport, os=__import__("os")) | run("lifetimes", transport, SQLiteStore=SQLiteStore)
    browser = Browser(
        SignIn(None, **options(secret_key=names["secret_key"], transport=transport, **names["lifetimes"]))
    )
    browser.sign()
    assert f"Max-Age={7 * 86_400};" in browser.set_cookies[-1]
    # What the page says of the three steps: all keys verify, the first one signs.
    old, new = names["secret_key"][::-1]
    cookies = dict(browser.cookies)
    for keys, knows in [([old, new], True), ([new, old], True), (new, True), (old, False)]:
        other = Browser(SignIn(None, **options(secret_key=keys)))
        other.cookies = cookies
        assert (other.session_id() is not None) is knows


def test_a_scope_and_who_is_signed_in(transport: FakeTransport) -> None:
    found: list[Any] = []

    async def page(request: Any) -> Any:
        from starlette.responses import JSONResponse

        found.append((await asks["may_see_reports"](request.scope["podio"]), await tells["who"](request)))
        return JSONResponse(asks["reports_link"]())

    app = PodioSignIn(Starlette(routes=[Route("/", page)]), **options(transport=transport))
    asks, tells = run("scope", transport, app=app), run("user", transport, app=app)
    client = TestClient(app, "http://localhost:8000", follow_redirects=False)
    response = client.get(client.get("/").json())
    assert "scope=user%3Aread%20space%3Aall" in response.headers["location"]
    answer_tokens(transport)
    response = client.get("/podio/callback", params={"code": CODE, "state": state_in(response.headers["location"])})
    assert response.headers["location"] == "/reports"
    client.get("/")
    assert found == [(False, None), (False, 1001)]


def test_the_hooks(transport: FakeTransport, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hooks = run("hooks", transport)
    changes = {name: hooks[name] for name in ("on_signed_in", "on_signed_out")}
    app = PodioSignIn(Starlette(), **options(redirect_uri=f"{HOST}/podio/callback", transport=transport, **changes))
    client = TestClient(app, HOST, follow_redirects=False)
    transport.answer("GET", "/space/40", {"error": "forbidden"}, status=403)
    sign(client)
    assert not any(name.endswith("_session") for name in client.cookies)
    transport.answer("GET", "/space/40", {"space_id": 40})
    sign(client)
    assert any(name.endswith("_session") for name in client.cookies)
    client.post("/podio/logout")
    assert "Signed out: {'type': 'user', 'id': 1001}" in caplog.text


def test_the_websocket(transport: FakeTransport) -> None:
    status = run("websocket", transport)["status"]
    inner = Starlette(routes=[WebSocketRoute("/status", status)])
    app = PodioSignIn(inner, **options(redirect_uri=f"{HOST}/podio/callback", transport=transport))
    client = TestClient(app, HOST, follow_redirects=False)
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect("/status", headers={"Origin": HOST}):
        pass
    assert closed.value.code == 1008
    sign(client)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with client.websocket_connect("/status", headers={"Origin": HOST, "Cookie": cookies}) as websocket:
        assert websocket.receive_json() == ME


def test_threads_share_a_client(transport: FakeTransport) -> None:
    for number in (4, 5, 6):
        transport.answer("GET", f"/item/{number}", {"item_id": number})
    store = FileStore("session.json")
    with SyncPodio("app", "my-app", "secret", session_store=store, transport=transport) as podio:
        podio.set_access_token({"access_token": "test", "expires_in": 3600})
        items = run("threads", transport, podio=podio)["items"]
    assert [item["item_id"] for item in items] == [4, 5, 6]


def test_the_numbers_of_the_page() -> None:
    days = SESSION_LIFETIME // 86_400
    assert f"| `session_lifetime` of the middleware | {days} days |" in PAGE
    assert f"| `ttl` of the store | {LIFETIME // 86_400} days |" in PAGE
    assert f"`Retry-After: {StoreUnavailable.retry_after}`" in PAGE
    assert f"`timeout`, {inspect.signature(SignIn).parameters['timeout'].default:.0f} seconds by default" in PAGE
    assert PAGE.count(f"{grant_auth.LOCK_MARGIN:.0f} seconds") == 3
    assert f"at most {grant_auth.LONGEST_CALL:.0f} seconds" in PAGE
    assert f"at most {bounded_store.THREADS} at a time" in PAGE
    assert (bounded_store.LIMIT, LONGEST_CALL) == (10, 5)


def test_the_lines_of_the_log_are_those_of_the_code() -> None:
    source = "".join(
        (ROOT / "podio_web" / name).read_text(encoding="utf-8")
        for name in (
            "web/fault_log.py",
            "web/hooks.py",
            "web/sign_in.py",
            "web/revoking.py",
            "auth/grant_auth.py",
            "auth/session.py",
        )
    )
    table = PAGE.partition("## Monitoring")[2]
    rows = re.findall(r"^\| `(podio_web(?:\.web)?)` \| (ERROR|WARNING) \| (.*?) \|", table, re.MULTILINE)
    assert len(rows) == 7
    for _, _, cell in rows:
        for line in re.findall(r"`([^`]*)`", cell):
            doing = re.fullmatch(r"… while (.*):", line)
            wanted = f'report(problem, "{doing[1]}")' if doing else line.partition("…")[0].rstrip(")").rstrip("(")
            assert wanted in source, line


def test_every_option_of_the_page_is_one_of_the_middleware_or_of_a_store() -> None:
    known = {*inspect.signature(SignIn).parameters, *inspect.signature(SQLiteStore).parameters}
    named = set(re.findall(r"`(\w+)=[^`]*`", PAGE))
    assert named <= known | {"x_prefix", "SCRIPT_NAME", "SameSite"}
    assert {"revoke", "allow_http", "timeout", "root_path"} <= named


def test_a_machine_whose_clock_is_more_than_a_minute_behind_refuses_a_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    browser = Browser(SignIn(None, **options(transport=transport)))
    browser.sign()
    assert browser.session_id() is not None
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now - 65)
    assert browser.session_id() is None
    for skew in (-55, 5):
        monkeypatch.setattr("time.time", lambda skew=skew: now + skew)
        assert browser.session_id() is not None


# The table about refreshes, with tokens that change at each of them.


class FailingStore(SQLiteStore):
    """A store that cannot be written for a while."""

    failures: dict[str, int] = {}

    def _fail(self, operation: str) -> None:
        if self.failures.get(operation, 0):
            self.failures[operation] -= 1
            raise OSError("disk full")

    def acquire(self, auth_type: str, owner: str, seconds: float) -> bool:
        self._fail("acquire")
        return super().acquire(auth_type, owner, seconds)

    def replace(self, old: Token, new: Token, auth_type: str) -> bool:
        self._fail("replace")
        return super().replace(old, new, auth_type)


class OnePerson:
    """One session in a store, which each client finds as a request does; Podio takes a while to refresh it."""

    def __init__(self, path: Path, token_call_seconds: float = 0.0) -> None:
        FailingStore.failures = {}
        self.endpoint = TokenEndpoint()
        self.seconds = token_call_seconds
        self.asked, self.may_answer = asyncio.Event(), asyncio.Event()
        self.may_answer.set()
        self.store = FailingStore(path / "sessions.db").for_user("session")
        self.kept.set(Token("access-0", expires_at=time.time() - 5, refresh_token="refresh-0"), "server")

    @property
    def kept(self) -> SQLiteStore:
        return self.store.for_client("https://api.podio.com", "my-app")

    def client(self) -> Podio:
        return Podio("server", "my-app", "hush", session_store=self.store, transport=self)

    async def get(self, **options: Any) -> Any:
        async with self.client() as podio:
            return await podio.get("/item/4", **options)

    async def perform(self, call: Request, timeout: float | None) -> Response:
        if call.path == "/oauth/token":
            self.asked.set()
            await asyncio.sleep(self.seconds)
            await self.may_answer.wait()
        return self.endpoint(call)

    async def close(self) -> None:
        pass


def test_the_answer_of_a_refresh_is_kept_when_the_caller_gives_up(tmp_path: Path) -> None:
    async def walk() -> None:
        person = OnePerson(tmp_path, token_call_seconds=0.4)
        with pytest.raises(TimedOut):
            await person.get(timeout=0.2)
        assert await person.get() == {"path": "/item/4"}
        assert len(person.endpoint.grants) == 1

    asyncio.run(walk())


def test_a_store_that_cannot_be_written_costs_no_refresh_token(tmp_path: Path) -> None:
    async def walk() -> None:
        person = OnePerson(tmp_path)
        FailingStore.failures["acquire"] = 1
        with pytest.raises(StoreUnavailable):
            await person.get()
        assert person.endpoint.grants == []
        assert await person.get() == {"path": "/item/4"}

    asyncio.run(walk())


def test_a_write_that_fails_after_a_refresh_is_tried_again_behind_the_lock(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def walk() -> None:
        person = OnePerson(tmp_path)
        FailingStore.failures["replace"] = 1
        assert await person.get() == {"path": "/item/4"}
        assert person.kept.get("server").access_token == "access-0"  # type: ignore[union-attr]
        # It waits for the lock, and finds the new token.
        assert await person.get() == {"path": "/item/4"}
        assert len(person.endpoint.grants) == 1

    asyncio.run(walk())
    assert "The session was renewed and will be stored as soon as possible." in caplog.text


def test_a_log_out_wins_over_a_refresh_in_another_worker(tmp_path: Path) -> None:
    async def walk() -> None:
        person = OnePerson(tmp_path)
        person.may_answer.clear()
        refreshing = asyncio.create_task(person.get())
        await person.asked.wait()
        async with person.client() as podio:
            await podio.refresh_auth_from_store()
            await podio.logout()
        person.may_answer.set()
        with pytest.raises(LoginRequired):
            await refreshing
        assert person.kept.get("server") is None

    asyncio.run(walk())


def test_a_refusal_is_for_everybody_who_waits(tmp_path: Path) -> None:
    async def walk() -> None:
        person = OnePerson(tmp_path, token_call_seconds=0.1)
        person.endpoint.answer = lambda form: GRANT_REFUSED
        ends = await asyncio.gather(*(person.get() for _ in range(10)), return_exceptions=True)
        assert {type(end) for end in ends} == {LoginRequired}
        assert len(person.endpoint.grants) == 1

    asyncio.run(walk())


def test_a_client_that_lives_long_learns_of_a_log_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def walk() -> None:
        person = OnePerson(tmp_path)
        async with person.client() as websocket, person.client() as asked:
            await websocket.get("/item/4")
            assert await asked.is_authenticated()
            async with person.client() as podio:
                await podio.logout()
            now = time.time()
            monkeypatch.setattr("time.time", lambda: now + 1.5)
            with pytest.raises(LoginRequired):
                await websocket.get("/item/4")
            assert not await asked.is_authenticated()

    asyncio.run(walk())
