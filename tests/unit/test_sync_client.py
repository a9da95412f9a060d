"""``SyncPodio``: the same client, driven without an event loop."""

import asyncio
import threading
import time
from typing import Any

import pytest

from podio_web import (
    GrantRefused,
    LoginRequired,
    MemoryStore,
    NotFoundError,
    Podio,
    PopupBlocked,
    SyncPodio,
    Token,
)
from podio_web.http import Request, Response
from podio_web.runtime.run_blocking import drive, start
from podio_web.testing import FakeTransport

SIGNED_IN = {"access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "ref": {"type": "app", "id": 5001}}


def app_client(transport: Any = None, **options: Any) -> SyncPodio:
    return SyncPodio("app", "my-app", "hush", transport=transport or FakeTransport(), **options)


def test_a_script_signs_in_once_and_works() -> None:
    transport, store = FakeTransport(), MemoryStore()
    transport.answer("POST", "/oauth/token", SIGNED_IN)
    transport.answer("GET", "/app/5001", {"app_id": 5001}, times=2)
    for _ in range(2):
        with app_client(transport, session_store=store) as podio:
            if not podio.is_authenticated():
                token = podio.authenticate_with_app(5001, "t1")
                assert token is podio.token
            assert podio.get("/app/5001") == {"app_id": 5001}
    assert [call.path for call in transport.calls] == ["/oauth/token", "/app/5001", "/app/5001"]
    assert transport.unused == []


def test_an_expired_session_is_renewed_silently_and_once() -> None:
    transport = FakeTransport()
    told: list[Any] = []
    store = MemoryStore()
    store.set(Token("old", expires_at=time.time() - 1, refresh_token="r0"), "app")
    transport.answer("POST", "/oauth/token", SIGNED_IN)
    transport.answer("GET", "/app/5001", {"app_id": 5001})
    podio = app_client(transport, session_store=store, after_token_refreshed=told.append)
    assert podio.get("/app/5001") == {"app_id": 5001}
    assert told == [podio.token]
    assert [call.path for call in transport.calls] == ["/oauth/token", "/app/5001"]


def test_a_refused_renewal_is_login_required() -> None:
    transport, store = FakeTransport(), MemoryStore()
    store.set(Token("old", expires_at=time.time() - 1, refresh_token="r0"), "app")
    transport.answer("POST", "/oauth/token", {"error": "invalid_grant"}, status=400)
    podio = app_client(transport, session_store=store)
    with pytest.raises(LoginRequired, match="authenticate_with_app"):
        podio.get("/app/5001")
    assert store.get("app") is None


def test_errors_and_verbs_are_the_same() -> None:
    transport = FakeTransport()
    podio = app_client(transport)
    podio.set_access_token(SIGNED_IN)
    transport.answer("POST", "/item/app/5001/", {"item_id": 1})
    transport.answer("PUT", "/item/1", {"revision": 1})
    transport.answer("DELETE", "/item/1", status=204)
    transport.answer("GET", "/item/1", {"error": "not_found"}, status=404)
    assert podio.post("/item/app/5001/", {"fields": {}}) == {"item_id": 1}
    assert podio.put("/item/1", {"fields": {}}) == {"revision": 1}
    assert podio.delete("/item/1") is None
    with pytest.raises(NotFoundError):
        podio.request("GET", "/item/1")
    transport.answer("POST", "/oauth/token", {"error": "invalid_grant"}, status=400)
    with pytest.raises(GrantRefused):
        podio.authenticate_with_app(5001, "wrong")


def test_what_needs_an_event_loop_says_so_and_leaves_nothing_running() -> None:
    class AsyncStore(MemoryStore):
        async def get(self, auth_type: str) -> Token | None:  # type: ignore[override]
            await asyncio.sleep(0)
            return None

    podio = app_client(session_store=AsyncStore())
    with pytest.raises(RuntimeError, match="cannot wait for an event loop"):
        podio.is_authenticated()


def test_an_async_store_that_never_waits_is_fine() -> None:
    class AsyncStore(MemoryStore):
        async def get(self, auth_type: str) -> Token | None:  # type: ignore[override]
            return None

    assert app_client(session_store=AsyncStore()).is_authenticated() is False


def test_handlers_are_called_and_their_errors_reported(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[object] = []
    podio = app_client()

    async def waits(token: object) -> None:
        await asyncio.sleep(0)

    remove = podio.on("authenticated", heard.append)
    podio.on("authenticated", waits)
    podio.set_access_token(SIGNED_IN)
    remove()
    podio.set_access_token(SIGNED_IN)
    assert len(heard) == 1
    assert "cannot wait for an event loop" in capsys.readouterr().err


def test_threads_that_share_a_client_renew_once() -> None:
    store = MemoryStore()
    store.set(Token("old", expires_at=time.time() - 1, refresh_token="r0"), "app")
    asked: list[str] = []

    class Slow:
        async def perform(self, call: Request, timeout: float | None) -> Response:
            asked.append(call.path)
            time.sleep(0.01)  # noqa: ASYNC251 - a transport that blocks
            if call.path == "/oauth/token":
                return Response(200, {}, '{"access_token": "a1", "refresh_token": "r1", "expires_in": 3600}')
            return Response(200, {}, '{"ok": true}')

        async def close(self) -> None:
            """Nothing to release."""

    podio = app_client(Slow(), session_store=store)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(podio.get("/app/5001"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"ok": True}] * 8
    assert asked.count("/oauth/token") == 1


def test_signing_in_through_a_popup_needs_a_browser_that_can_wait() -> None:
    podio = SyncPodio("client", "my-app", transport=FakeTransport())
    with pytest.raises(LoginRequired, match="method='redirect'"):
        podio.login()
    with pytest.raises(ValueError, match="method"):
        podio.login(method="window")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="authenticate_with_app"):
        app_client().login()


def test_a_hook_is_given_the_client_that_the_page_made() -> None:
    transport = FakeTransport()
    given: list[object] = []

    def renew(client: SyncPodio) -> None:
        given.append(client)
        client.set_access_token({"access_token": "a2", "expires_in": 60})

    podio = SyncPodio("client", "my-app", transport=transport, on_token_will_refresh=renew)
    podio.set_access_token({"access_token": "a1", "expires_in": 60})
    transport.answer("GET", "/user/status", {"error": "unauthorized", "error_description": "expired_token"}, status=401)
    transport.answer("GET", "/user/status", {"ok": True})
    assert podio.get("/user/status") == {"ok": True}
    assert given == [podio]


def test_it_shows_no_secret_and_closes_its_transport() -> None:
    transport = FakeTransport()
    podio = app_client(transport)
    assert repr(podio) == "<SyncPodio <app 'my-app' at https://api.podio.com>>"
    podio.close()
    podio.close()
    assert not transport.closed, "it was given, so it may be somebody else's too"
    with pytest.raises(RuntimeError, match="closed"):
        podio.get("/app/5001")


def test_driving_returns_raises_and_refuses_to_wait() -> None:
    async def answer() -> int:
        return 7

    async def fail() -> None:
        raise PopupBlocked("blocked")

    async def wait() -> None:
        await asyncio.sleep(0)

    assert drive(answer()) == 7
    with pytest.raises(PopupBlocked):
        drive(fail())
    with pytest.raises(RuntimeError, match="cannot wait"):
        drive(wait())


def test_what_a_background_step_raises_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> None:
        raise ValueError("of a handler")

    start(fail())
    assert "of a handler" in capsys.readouterr().err


# --- The end of a session is announced, also where no event loop keeps the time ---


def due(seconds: float) -> dict[str, Any]:
    return {"access_token": "a1", "expires_in": int(seconds)}


def test_a_client_that_blocks_announces_the_end_with_the_call_that_finds_it_near() -> None:
    transport = FakeTransport()
    transport.answer("GET", "/a", {}, times=None)
    told: list[Any] = []
    podio = SyncPodio("client", "my-app", transport=transport)
    podio.on("expiring", told.append)
    podio.set_access_token(due(3600))
    podio.get("/a")
    assert told == []
    assert podio.token is not None
    podio.token.expires_at = time.time() + 200
    podio.get("/a")
    podio.get("/a")
    assert told == [podio.token], "once"
    silent = SyncPodio("client", "my-app", transport=transport, expiring_before=0)
    silent.on("expiring", told.append)
    silent.set_access_token(due(60))
    silent.get("/a")
    assert len(told) == 1


def test_the_timer_is_set_again_in_the_next_event_loop() -> None:
    transport = FakeTransport()
    transport.answer("GET", "/a", {}, times=None)
    podio = Podio("client", "my-app", transport=transport)
    podio.set_access_token(due(3600))
    told: list[Any] = []

    async def first() -> None:
        await podio.get("/a")

    async def second() -> None:
        assert podio.token is not None
        podio.token.expires_at = time.time() + 300.5
        heard = asyncio.Event()
        podio.on("expiring", told.append)
        podio.on("expiring", lambda token: heard.set())
        await podio.get("/a")
        assert told == []
        await asyncio.wait_for(heard.wait(), 30)

    asyncio.run(first())
    asyncio.run(second())
    assert told == [podio.token]


def test_without_an_event_loop_the_handlers_of_podio_that_are_awaited_run_at_once() -> None:
    podio = Podio("client", "my-app", transport=FakeTransport())
    told: list[Any] = []

    async def handler(token: Any) -> None:
        await asyncio.sleep(0)
        told.append(token)

    podio.on("authenticated", handler)
    podio.set_access_token(due(3600))
    assert told == [podio.token]
