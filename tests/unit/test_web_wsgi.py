"""Signing in to a WSGI application: a real Flask, asked by a client that keeps cookies."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify, request
from werkzeug.test import Client

from podio_web import SyncPodio
from podio_web.stores.sqlite import SQLiteStore
from podio_web.testing import FakeTransport
from podio_web.transports.httpx_blocking import BlockingHttpxTransport
from podio_web.transports.urllib import UrllibTransport
from podio_web.web.wsgi import PodioSignIn
from tests.unit.web_support import CALLBACK, CODE, LOGIN, LOGOUT, ORIGIN, People, answer_tokens, at, options, state_in

seen: list[SyncPodio] = []


def flask() -> Flask:
    app = Flask(__name__)
    app.testing = True

    @app.route("/", methods=["GET", "POST"])
    @app.get("/items/<int:item_id>")
    def who(item_id: int = 0) -> Any:
        podio: SyncPodio = request.environ["podio"]
        problem = podio.get_auth_error()
        me = podio.get("/user/status") if podio.is_authenticated() else None
        return jsonify(me=me, error=problem and problem.code)

    @app.get("/stream")
    def stream() -> Any:
        podio: SyncPodio = request.environ["podio"]
        seen.append(podio)

        def pieces() -> Iterator[str]:
            yield str(podio.is_authenticated())
            yield str(podio.get("/user/status"))

        return pieces()

    return app


def client_of(**changes: Any) -> Client:
    return Client(PodioSignIn(flask(), **options(**changes)))


def get(client: Client, url: str, **query: str) -> Any:
    return client.get(url, base_url=ORIGIN, query_string=query)


def sign(client: Client, return_to: str = "/") -> Any:
    response = get(client, LOGIN, return_to=return_to)
    return get(client, CALLBACK, code=CODE, state=state_in(response.location))


def test_a_person_signs_in_and_out_with_a_store_that_blocks(tmp_path: Path) -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user": {"user_id": 1001}})
    transport.answer("POST", "/oauth/grant/invalidate", None)
    client = client_of(transport=transport, store=SQLiteStore(tmp_path / "sessions.db"), revoke=True)
    assert sign(client).status_code == 303
    assert get(client, "/").json["me"] == {"user": {"user_id": 1001}}
    client.post(LOGOUT, base_url=ORIGIN)
    assert get(client, "/").json == {"me": None, "error": None}
    assert transport.calls[-1].path == "/oauth/grant/invalidate"


def test_a_handler_gets_a_client_for_the_person_who_is_signed_in() -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user_id": 1001})
    store = People()
    client = client_of(transport=transport, store=store)
    assert get(client, "/").json == {"me": None, "error": None}
    response = sign(client, "/items/4")
    assert (response.status, response.location) == ("303 See Other", "/items/4")
    assert response.headers["Cache-Control"] == "no-store"
    assert get(client, "/").json == {"me": {"user_id": 1001}, "error": None}
    assert client.post(LOGOUT, base_url=ORIGIN, headers={"Origin": ORIGIN}).location == "/"
    assert get(client, "/").json == {"me": None, "error": None}
    assert store.signed_in() == []
    assert not transport.closed


def test_a_post_of_another_origin_is_nobody_s() -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    client = client_of(transport=transport)
    sign(client)
    response = client.post("/", base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-site"})
    assert response.json == {"me": None, "error": None}
    assert client.post(LOGOUT, base_url=ORIGIN, headers={"Origin": "https://evil.example"}).status_code == 403


def test_an_error_is_shown_on_the_next_page_and_then_no_more() -> None:
    client = client_of()
    state = state_in(get(client, LOGIN).location)
    response = get(client, CALLBACK, error="access_denied", state=state)
    assert (response.status_code, response.location) == (303, "/")
    assert get(client, "/").json == {"me": None, "error": "access_denied"}
    assert get(client, "/").json == {"me": None, "error": None}


def test_a_client_lives_until_the_answer_is_through() -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user_id": 1001})
    client = client_of(transport=transport)
    sign(client)
    response = client.get("/stream", base_url=ORIGIN, buffered=False)
    assert response.text == "True{'user_id': 1001}"
    response.close()
    with pytest.raises(RuntimeError, match="closed"):
        seen[-1].get("/user/status")


class Body:
    """An application's answer that says when it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield b"fine"

    def close(self) -> None:
        self.closed = True


def environ(path: str = "/", **changes: str) -> dict[str, Any]:
    return {"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "", **changes}


def test_the_application_s_answer_is_closed_with_the_client() -> None:
    body = Body()
    answer: Any = PodioSignIn(lambda environ, start: body, **options())(environ(), lambda *arguments: None)
    assert list(answer) == [b"fine"]
    assert not body.closed
    answer.close()
    assert body.closed


def test_an_answer_that_needs_no_closing_is_fine() -> None:
    answer: Any = PodioSignIn(lambda environ, start: [b"fine"], **options())(environ(), lambda *arguments: None)
    assert list(answer) == [b"fine"]
    answer.close()


def test_a_client_ends_with_its_request_even_when_the_application_fails() -> None:
    def fail(environ: Any, start: Any) -> Any:
        raise LookupError("a fault of the application")

    request_s = environ()
    with pytest.raises(LookupError):
        PodioSignIn(fail, **options())(request_s, lambda *arguments: None)
    with pytest.raises(RuntimeError, match="closed"):
        request_s["podio"].get("/user/status")


def test_a_server_s_log_finds_no_code_in_the_address() -> None:
    address = f"{CALLBACK}?code={CODE}"
    request_s = environ(CALLBACK, QUERY_STRING=f"code={CODE}", REQUEST_URI=address, RAW_URI=address)
    PodioSignIn(None, **options())(request_s, lambda *arguments: None)
    assert CODE not in str(request_s)


def test_a_path_below_the_server_s_own_prefix_is_known() -> None:
    app = PodioSignIn(None, **options(redirect_uri=ORIGIN + "/s%C3%B8g/callback"))
    started: list[Any] = []
    path = "/callback"
    app(environ(path, SCRIPT_NAME="/søg".encode().decode("latin-1")), lambda *arguments: started.append(arguments))
    assert started[0][0] == "303 See Other"


def test_calls_go_through_httpx2_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(PodioSignIn(None, **options(transport=None)).transport, BlockingHttpxTransport)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    for name in ("httpx_blocking", "httpx_requests"):
        monkeypatch.delitem(sys.modules, f"podio_web.transports.{name}")
    assert isinstance(PodioSignIn(None, **options(transport=None)).transport, UrllibTransport)


def test_a_session_s_cookie_is_renewed_with_a_private_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    transport.answer("GET", "/user/status", {"user_id": 1001}, times=None)
    client = client_of(transport=transport, session_lifetime=3600)
    sign(client)
    monkeypatch.setattr(time, "time", at(time.time() + 1800))
    response = get(client, "/")
    assert response.headers["Cache-Control"] == "private"
    assert response.headers["Set-Cookie"].startswith("podio_session=")
    assert "Set-Cookie" not in get(client, "/").headers


def test_a_form_says_where_to_go_after_signing_out() -> None:
    client = client_of()

    def sign_out(**changes: Any) -> str:
        return client.post(LOGOUT, base_url=ORIGIN, **{"data": {"return_to": "/bye"}, **changes}).location

    assert sign_out() == "/bye"
    assert sign_out(data={"return_to": "/bye", "x": "x" * 4096}) == "/"
    assert sign_out(data=None, json={"return_to": "/bye"}) == "/"
    for length in ("", "-1", "rubbish", "\xb2"):
        assert sign_out(environ_overrides={"CONTENT_LENGTH": length}) == "/"


def test_a_request_knows_who_is_signed_in_without_a_call() -> None:
    transport = FakeTransport()
    answer_tokens(transport)
    app = flask()
    app.add_url_rule("/who", view_func=lambda: jsonify(PodioSignIn.user(request.environ)))
    sign_in = PodioSignIn(app, **options(transport=transport))
    client = Client(sign_in)
    assert get(client, "/who").json is None
    sign(client)
    assert get(client, "/who").json == {"type": "user", "id": 1001}
    assert [call.path for call in transport.calls] == ["/oauth/token"]
    client.post(LOGOUT, base_url=ORIGIN)
    assert get(client, "/who").json is None
