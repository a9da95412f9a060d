"""Calls: podio-js's transport spec but for uploads, refreshes and errors."""

import json
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from podio_web import ConnectionFailed, LoginRequired, NotFoundError, PodioError
from podio_web.errors import TimedOut
from podio_web.http import Response
from podio_web.testing import FakeTransport
from tests.unit.fake_page import FakePage
from tests.unit.podio_js.support import SECRET, Clients, FakeAPI, session

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def client(clients: Clients, fake_page: FakePage) -> Any:
    """A signed-in client of each kind, whose every call is answered with an empty object."""
    client = clients.open()
    client.set_access_token(session())
    return client


@pytest.mark.parametrize("method", ["GET", "get", "DELETE"])
def test_the_data_of_a_get_or_delete_is_its_query(client: Any, fake_page: FakePage, method: str) -> None:
    """_addRequestData: query for a get. Wrong there: the data of a delete is dropped."""
    client.request(method, "/item/", {"external_id": "a b", "limit": 5, "flag": True})
    (call,) = fake_page.transport.calls
    assert call.url == "https://api.podio.com/item/?external_id=a%20b&limit=5&flag=1"
    assert call.body is None


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_data_of_a_post_or_put_is_its_body(client: Any, fake_page: FakePage, method: str) -> None:
    """_addRequestData: body for post and put, as JSON."""
    client.request(method, "/item/4", {"fields": {"title": "Ä"}})
    (call,) = fake_page.transport.calls
    assert json.loads(call.body or "") == {"fields": {"title": "Ä"}}
    assert call.headers["Content-Type"] == JSON
    assert call.url == "https://api.podio.com/item/4"


@pytest.mark.parametrize(("data", "body"), [({}, "{}"), ([], "[]"), (None, None)])
def test_an_empty_body_is_a_body(client: Any, fake_page: FakePage, data: Any, body: str | None) -> None:
    """_addRequestData. Wrong there: {} and [] are not sent, and Podio answers that no body was given."""
    client.post("/item/app/3001/filter/", data)
    (call,) = fake_page.transport.calls
    assert call.body == body
    assert call.headers.get("Content-Type") == (None if body is None else JSON)


def test_a_call_carries_the_token(client: Any, fake_page: FakePage) -> None:
    """_addHeaders: Authorization: OAuth2 and the access token, and nowhere else."""
    client.get("/user/status")
    (call,) = fake_page.transport.calls
    assert call.headers["Authorization"] == "OAuth2 access-0"
    assert "access-0" not in call.url


def test_a_call_can_send_a_form(client: Any, fake_page: FakePage) -> None:
    """_setOptions: type form is application/x-www-form-urlencoded, and only when asked for."""
    client.post("/hook/1/verify/validate", {"code": "a&b =c"}, form=True)
    client.post("/hook/1/verify/validate", {"code": "x"})
    first, second = fake_page.transport.calls
    assert (first.headers["Content-Type"], first.body) == (FORM, "code=a%26b%20%3Dc")
    assert second.headers["Content-Type"] == JSON


@pytest.mark.parametrize("auth_type", ["server", "password", "app"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_basic_auth_sends_the_client_and_nobodys_token(
    clients: Clients, fake_page: FakePage, auth_type: str, signed_in: bool
) -> None:
    """_setOptions and request: basicAuth sends id and secret, no token, and needs no session."""
    client = clients.open(auth_type, client_id="my-app", client_secret="pass:wörd")
    if signed_in:
        client.set_access_token(session())
    client.request("POST", "/user/", {"mail": "new@example.com"}, basic_auth=True)
    (call,) = fake_page.transport.calls
    assert call.headers["Authorization"] == "Basic " + b64encode("my-app:pass:wörd".encode()).decode()
    assert json.loads(call.body or "") == {"mail": "new@example.com"}


def test_a_page_has_no_secret_for_basic_auth(clients: Clients, fake_page: FakePage) -> None:
    """_setOptions. Wrong there: a page sends "id:undefined"."""
    with pytest.raises(ValueError, match="client_secret"):
        clients.open("client").request("GET", "/user/", basic_auth=True)
    assert fake_page.transport.calls == []


def test_a_good_answer_is_its_data(clients: Clients) -> None:
    """_onResponse: resolves with the body of a good answer."""
    transport = FakeTransport()
    transport.answer("GET", "/item/4", {"item_id": 4})
    transport.answer("POST", "/item/app/3001/", {"item_id": 5}, status=201)
    transport.answer("GET", "/item/4/value", [1, 2])
    client = clients.open_on(transport)
    assert client.get("/item/4") == {"item_id": 4}
    assert client.post("/item/app/3001/", {"fields": {}}) == {"item_id": 5}
    assert client.get("/item/4/value") == [1, 2]
    assert transport.unused == []


def test_an_empty_answer_is_none(clients: Clients) -> None:
    """_onResponse. Wrong there before 1.6.1: an empty answer crashed it."""
    transport = FakeTransport()
    transport.answer("DELETE", "/item/4", status=204)
    assert clients.open_on(transport).delete("/item/4") is None


def test_a_bad_answer_is_an_error(clients: Clients) -> None:
    """_onResponse: rejects with the error of the status, and refreshes nothing."""
    transport = FakeTransport()
    transport.answer("GET", "/item/4", {"error": "not_found", "error_description": "Gone fishing"}, status=404)
    with pytest.raises(NotFoundError, match="Gone fishing"):
        clients.open_on(transport).get("/item/4")
    assert len(transport.calls) == 1


def test_an_answer_that_is_not_json_is_an_error(clients: Clients) -> None:
    """_onResponse. Wrong there: a page of HTML with status 200 is an empty object."""
    transport = FakeTransport()
    transport.answer("GET", "/item/4", text="<h1>Welcome to this hotel's network</h1>")
    with pytest.raises(PodioError, match="not JSON") as failed:
        clients.open_on(transport).get("/item/4")
    assert failed.value.status == 200


@pytest.mark.parametrize("problem", [ConnectionFailed("offline"), TimedOut("too slow")])
def test_no_answer_is_an_error_and_no_session_is_lost(clients: Clients, problem: PodioError) -> None:
    """_onResponse. Wrong there: without an answer the error says nothing, and before 1.6.1 it was a TypeError."""
    transport = FakeTransport()
    transport.fail("GET", "/item/4", problem)
    client = clients.open_on(transport)
    with pytest.raises(type(problem)) as failed:
        client.get("/item/4", retry=None)
    assert failed.value is problem
    assert client.is_authenticated()


@pytest.mark.parametrize(
    ("path", "data", "url"),
    [
        ("/test", None, "https://api.podio.com/test"),
        ("/test?param=true", None, "https://api.podio.com/test?param=true"),
        ("/test?param=true", {"x": 1}, "https://api.podio.com/test?param=true&x=1"),
        ("/test/", None, "https://api.podio.com/test/"),
        ("/item/app/1/external_id/a%2Fb", None, "https://api.podio.com/item/app/1/external_id/a%2Fb"),
    ],
)
def test_a_path_may_bring_its_query(client: Any, fake_page: FakePage, path: str, data: Any, url: str) -> None:
    """_getRequestURI: path alone, path with query. Wrong there: the URL has the port 443 in it."""
    client.get(path, data)
    assert fake_page.transport.calls[0].url == url


@pytest.mark.parametrize(
    "path",
    [
        "https://api.podio.com/user/status",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "user/status",
        "@evil.example/",
        ":8443/",
        "",
        "/a#b",
        "/a\nb",
    ],
)
def test_a_path_that_is_none_is_refused_before_any_io(client: Any, fake_page: FakePage, path: str) -> None:
    """_getRequestURI. Wrong there: an absolute URL silently loses its host, other mistakes are not noticed."""
    with pytest.raises(ValueError, match=r"^path (must be relative to the API|has a )"):
        client.get(path)
    with pytest.raises(ValueError, match=r"^path (must be relative to the API|has a )"):
        client.request("GET", path, basic_auth=True)
    assert fake_page.transport.calls == []


@pytest.mark.parametrize("auth_type", ["client", "server", "password", "app"])
def test_nobody_calls_without_a_session(clients: Clients, fake_page: FakePage, auth_type: str) -> None:
    """request: rejects when nobody is authenticated. Wrong there: with the error of a 403 that never came."""
    client = clients.open(auth_type)
    with pytest.raises(LoginRequired) as refused:
        client.get("/user/status")
    assert refused.value.code == "login_required"
    assert "Nobody is signed in." in str(refused.value)
    assert fake_page.transport.calls == []


@pytest.mark.parametrize("written", ["get", "Get", "GET"])
def test_a_method_may_be_written_as_one_likes(client: Any, fake_page: FakePage, written: str) -> None:
    """_formatMethod: methods in any case."""
    client.request(written, "/item/4")
    client.request(written.replace("e", "E"), "/item/4")
    assert [call.method for call in fake_page.transport.calls] == ["GET", "GET"]


def test_each_method_has_a_short_form(client: Any, fake_page: FakePage) -> None:
    """_formatMethod: delete is called delete here, not del."""
    for method in ("get", "post", "put", "delete"):
        getattr(client, method)("/item/4")
    client.request("delete", "/item/4")
    assert [call.method for call in fake_page.transport.calls] == ["GET", "POST", "PUT", "DELETE", "DELETE"]


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "del", ""])
def test_a_method_that_podio_has_not_is_refused(client: Any, fake_page: FakePage, method: str) -> None:
    """request. Wrong there: an unknown method is a TypeError about undefined."""
    with pytest.raises(ValueError, match="method must be one of GET, POST, PUT, DELETE"):
        client.request(method, "/item/4")
    assert fake_page.transport.calls == []


def test_a_call_has_a_time_out(clients: Clients, fake_page: FakePage) -> None:
    """request. Wrong there: a call may take for ever."""
    client = clients.open(timeout=12)
    client.set_access_token(session())
    client.get("/item/4")
    client.get("/item/4", timeout=0.5)
    client.request("GET", "/item/4", basic_auth=True, timeout=3)
    # SyncPodio counts what has passed.
    assert fake_page.transport.timeouts == pytest.approx([12, 0.5, 3], rel=0.1)


@pytest.mark.parametrize("auth_type", ["client", "server", "password", "app"])
def test_the_token_is_the_only_header_that_says_who_calls(
    clients: Clients, fake_page: FakePage, auth_type: str
) -> None:
    """_addCORS: cookies for client auth only. Wrong there: nothing needs them, so they are never sent here."""
    client = clients.open(auth_type)
    client.set_access_token(session())
    fake_page.transport.respond = lambda call: Response(200, {"set-cookie": "who=me"}, "{}")
    client.get("/item/4")
    client.get("/item/4")
    assert [sorted(call.headers) for call in fake_page.transport.calls] == [["Accept", "Authorization"]] * 2


class _Handler(BaseHTTPRequestHandler):
    """Sets a cookie, and remembers what it is asked."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]]

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        status = 302 if self.path == "/elsewhere" else 200
        self.send_response(status)
        self.send_header("Set-Cookie", "who=me; Path=/")
        self.send_header("Content-Length", "2")
        if status == 302:
            self.send_header("Location", "/user/status")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A real server on this machine: its URL, and the headers of each request."""

    class Handler(_Handler):
        seen: list[dict[str, str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", Handler.seen
        running.shutdown()
        thread.join()


def test_no_cookie_goes_over_the_wire(clients: Clients, server: tuple[str, list[dict[str, str]]]) -> None:
    """_addCORS: no cookies without client auth; looked at on the wire, with the transport of each client."""
    url, seen = server
    client = clients.open_real(api_url=url)
    client.set_access_token(session())
    for _ in range(2):
        assert client.get("/user/status") == {}
    assert [headers["authorization"] for headers in seen] == ["OAuth2 access-0"] * 2
    assert all("cookie" not in headers for headers in seen)
    client.close()


def test_no_redirect_is_followed_with_the_token(clients: Clients, server: tuple[str, list[dict[str, str]]]) -> None:
    """request. Wrong there: a redirect is followed with the token, wherever it leads."""
    url, seen = server
    client = clients.open_real(api_url=url)
    client.set_access_token(session())
    with pytest.raises(PodioError) as refused:
        client.get("/elsewhere")
    assert refused.value.status == 302
    assert len(seen) == 1
    client.close()


def test_the_secret_is_sent_where_it_is_asked_for_only(clients: Clients, fake_page: FakePage, api: FakeAPI) -> None:
    """_addHeaders and _setOptions: ordinary calls carry the token, and never the client's secret."""
    client = clients.open()
    client.set_access_token(session())
    client.post("/item/app/3001/", {"fields": {}})
    (call,) = fake_page.transport.calls
    assert SECRET not in f"{call.url} {call.headers} {call.body!r}"
