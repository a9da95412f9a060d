"""What the script tag's JavaScript asks of Python: the client behind `window.podioWeb`, and handlers of events."""

import asyncio
import json
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from podio_web.errors import (
    APIError,
    ConnectionFailed,
    NotFoundError,
    PodioError,
    PopupClosed,
    RateLimitError,
    TimedOut,
)
from podio_web.http import Response
from podio_web.script_tag import calls, when
from podio_web.script_tag.js_errors import code_of, explain
from podio_web.script_tag.podio_js_errors import explain_to_podio_js
from tests.unit.fake_page import TOKEN_TEXT, FakePage
from tests.unit.fake_podio import response
from tests.unit.script_tag_page import FakeHost, Problem, ScriptTagClient, open_client

NOT_FOUND = Response(
    404, {}, json.dumps({"error": "not_found", "error_description": "No item 4", "error_detail": None})
)


def signed_in(**options: Any) -> Any:
    client = open_client(**options)
    client.ask("set_access_token", response())
    return client


def problem_of(coroutine: Any) -> dict[str, Any]:
    with pytest.raises(Problem) as raised:
        asyncio.run(coroutine)
    return raised.value.record


def test_a_call_leaves_its_body_in_javascript_and_returns_its_number() -> None:
    client = signed_in()
    client.page.transport.respond = lambda call: Response(200, {}, '{"big": 12345678901234567890}')
    assert asyncio.run(client.call("request", "GET", "/user/status")) == 1
    assert client.host.bodies == {1: '{"big": 12345678901234567890}'}


def test_the_page_s_python_gets_the_same_answers_as_python() -> None:
    client = signed_in()
    client.page.transport.respond = lambda call: Response(200, {}, '{"item_id": 4}')
    assert asyncio.run(calls.podio.get("/item/4")) == {"item_id": 4}
    client.page.transport.respond = lambda call: Response(204, {}, "")
    assert asyncio.run(calls.podio.delete("/item/4")) is None


def test_a_request_has_its_options() -> None:
    client = signed_in()
    asyncio.run(
        client.request(
            "POST", "/item/", {"a": 1}, {"params": {"hook": False}, "form": True, "safe": False, "timeout": 5}
        )
    )
    (call,) = client.page.transport.calls
    assert (call.method, call.url.rpartition("/")[2], call.body) == ("POST", "?hook=0", "a=1")
    assert client.page.transport.timeouts == [5]
    assert "has no option 'retries'" in problem_of(client.call("request", "GET", "/", None, {"retries": 1}))["message"]


def test_an_error_status_is_a_record_for_an_error_object() -> None:
    client = signed_in()
    client.page.transport.respond = lambda call: NOT_FOUND
    assert problem_of(client.call("request", "GET", "/item/4")) == {
        "name": "NotFoundError",
        "message": "404 for GET /item/4: No item 4",
        "code": "not_found",
        "status": 404,
        "error": "not_found",
        "errorDescription": "No item 4",
        "method": "GET",
        "path": "/item/4",
    }


def test_data_of_a_form_is_sent_as_one_unless_the_options_say_otherwise() -> None:
    client = signed_in()
    for options, kind in ((None, "x-www-form-urlencoded"), ({"form": False}, "json")):
        asyncio.run(client.request("POST", "/item/", {"a": ["1", "2"]}, options, True))
        assert client.page.transport.calls[-1].headers["Content-Type"] == f"application/{kind}"


def test_what_must_answer_at_once_does() -> None:
    client = open_client()
    assert client.ask("token") is None
    assert client.ask("rate_limit") is None
    assert client.ask("has_auth_error") is False
    assert client.ask("get_auth_error") is None
    assert "state=mine" in client.ask("get_authorization_url", None, {"state": "mine"})
    client.ask("set_access_token", response())
    assert client.ask("token") == {
        "accessToken": TOKEN_TEXT,
        "expiresAt": 1_800_003_600_000,
        "ref": {"type": "user", "id": 1001},
        "scope": "global:all",
        "tokenType": "bearer",
    }
    with pytest.raises(Problem, match="TypeError: the access token is empty"):
        client.ask("set_access_token", {"access_token": ""})


def test_a_refused_redirect_is_an_error_of_its_own() -> None:
    client = open_client(page=FakePage(fragment="#access_token=abc&state=unknown"))
    assert client.ask("has_auth_error")
    assert client.ask("get_auth_error")["code"] == "unsolicited"


def test_figures_of_the_rate_limit_are_told_where_they_can_be_read() -> None:
    client = signed_in()
    headers = {"x-rate-limit-limit": "1000", "x-rate-limit-remaining": "998"}
    client.page.transport.respond = lambda call: Response(200, headers, "{}")
    asyncio.run(client.request("GET", "/user/status"))
    assert client.ask("rate_limit") == {"limit": 1000, "remaining": 998}


def test_login_opens_the_popup_before_anything_is_awaited() -> None:
    async def sign_in() -> None:
        client = open_client()
        waiting = asyncio.ensure_future(client.call("login"))
        await asyncio.sleep(0)
        client.page.popup.allow()
        assert await waiting is None
        assert await client.call("is_authenticated") is True
        await client.call("refresh_auth_from_store")
        await client.call("logout")
        assert await client.call("is_authenticated") is False
        await client.call("close")

    asyncio.run(sign_in())


def test_login_by_redirect_leaves_the_page() -> None:
    client = open_client()
    asyncio.run(client.call("login", {"method": "redirect"}))
    assert client.page.left_for[0].startswith("https://podio.com/oauth/authorize?client_id=my-app")


def test_the_attributes_of_the_tag_are_the_options_of_the_client() -> None:
    client = open_client(
        apiUrl="https://api.example.com",
        authUrl="https://login.example.com",
        redirectUri="https://app.example/back.html",
        scope="user:read",
        sessionStore="memory",
    )
    url = client.ask("get_authorization_url")
    assert url.startswith("https://login.example.com/oauth/authorize?client_id=my-app&redirect_uri=")
    assert "back.html" in url
    assert "user%3Aread" in url


@pytest.mark.parametrize(
    ("options", "words"),
    [({"apiUrl": "ftp://x"}, "api_url"), ({"sessionStore": "cookie"}, "data-session-store"), ({"scope": "x"}, "scope")],
)
def test_a_wrong_attribute_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(Problem, match=words):
        open_client(**options)


def test_without_a_client_id_every_call_says_what_is_missing() -> None:
    client = open_client(clientId=None)
    assert calls.podio is None
    with pytest.raises(Problem, match="data-client-id is missing"):
        client.ask("token")
    assert "data-client-id is missing" in problem_of(client.call("is_authenticated"))["message"]


def test_events_are_told_from_the_first_listener_to_the_last() -> None:
    client = open_client()
    client.ask("set_access_token", response())
    client.ask("listen", "authenticated")
    client.ask("listen", "authenticated")
    client.ask("set_access_token", response("another-token"))
    client.ask("unlisten", "authenticated")
    client.ask("set_access_token", response())
    assert [(event, detail["accessToken"]) for event, detail in client.host.told] == [
        ("authenticated", "another-token")
    ]
    with pytest.raises(Problem, match="There is no event 'nothing'"):
        client.ask("listen", "nothing")


def test_what_an_event_hands_over_can_be_done_from_javascript() -> None:
    async def wait_in_an_isolated_page() -> None:
        page = FakePage()
        page.isolated = True
        client = open_client(page=page)
        client.ask("listen", "login_waiting")
        client.ask("act", "login_waiting")
        waiting = asyncio.ensure_future(client.call("login"))
        await asyncio.sleep(0)
        page.popup.tick(True, True)
        assert client.host.told == [("login_waiting", None)]
        client.ask("act", "login_waiting")
        with pytest.raises(Problem, match="PopupCancelled"):
            await waiting

    asyncio.run(wait_in_an_isolated_page())


def test_an_error_that_an_event_tells_is_a_record() -> None:
    class Broken:
        def get(self, auth_type: str) -> None:
            raise OSError("no storage")

    page = FakePage()
    page.store = Broken()  # type: ignore[assignment]
    client = open_client(page=page)
    client.ask("listen", "storage_degraded")
    asyncio.run(client.call("is_authenticated"))
    ((event, detail),) = client.host.told
    assert (event, detail["code"]) == ("storage_degraded", "podio_error")


def test_an_unknown_method_or_kind_is_an_outcome_too() -> None:
    client = open_client()
    with pytest.raises(Problem, match="PythonError: AttributeError"):
        client.ask("nothing")
    assert problem_of(client.call("nothing"))["code"] == "python_error"


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (NotFoundError("x"), "not_found"),
        (TimedOut("x"), "timed_out"),
        (ConnectionFailed("x"), "connection_failed"),
        (PopupClosed("x"), "popup_closed"),
        (APIError("x"), "podio_error"),
        (PodioError("x"), "podio_error"),
        (RateLimitError("x", retry_after=3), "rate_limit"),
        (ValueError("x"), "wrong_argument"),
        (OSError("x"), "python_error"),
    ],
)
def test_every_error_has_a_code_for_programs(problem: Exception, code: str) -> None:
    assert code_of(problem) == code
    assert explain(problem)["code"] == code
    assert explain_to_podio_js(problem, "https://api.podio.com")["code"] == code


@pytest.fixture
def _in_a_browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As much of Pyodide as a handler needs."""
    modules = {
        "js": SimpleNamespace(undefined=None),
        "pyodide": SimpleNamespace(),
        "pyodide.ffi": SimpleNamespace(create_proxy=lambda function: function, jsnull=None),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    yield
    # It was imported here, and belongs to no other test.
    del sys.modules["podio_web.runtime.js_bridge"]


@pytest.mark.usefixtures("_in_a_browser")
def test_a_handler_may_be_async_and_what_it_raises_is_told() -> None:
    async def click() -> None:
        host = FakeHost()
        open_client(host=host)
        heard: list[str] = []

        @when("click", "#plain")
        def plain(event: str) -> None:
            heard.append(event)
            if event == "bad":
                raise KeyError("plain")

        @when("click", "#later")
        async def later(event: str) -> None:
            await asyncio.sleep(0)
            heard.append(event)
            raise KeyError("later")

        with pytest.raises(ValueError, match="'#nowhere'"):
            when("click", "#nowhere")(plain)
        host.elements["click #plain"][0]("good")
        host.elements["click #plain"][0]("bad")
        host.elements["click #later"][0]("async")
        await asyncio.sleep(0.01)
        assert heard == ["good", "bad", "async"]
        assert [(event, record["code"]) for event, record in host.told] == [("failed", "python_error")] * 2

    asyncio.run(click())


# --- The part that signs in ---


class SlowHost(FakeHost):
    """A page that lacks the part that signs in, and fails to load it the first time."""

    def __init__(self) -> None:
        super().__init__()
        self.problems = [OSError("404")]
        self.has_part = False

    async def bring(self, part: str) -> None:
        assert part == "sign_in"
        if self.problems:
            raise self.problems.pop()
        self.has_part = True

    def find_spec(self, name: str, *where: object) -> None:
        """Let Python find no module of that part."""
        if name in LATE and not self.has_part:
            raise ModuleNotFoundError(name)


LATE = ("podio_web.auth.popup", "podio_web.auth.redirect")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptTagClient]:
    """A client whose page lacks the part that signs in."""
    host = SlowHost()
    for name in LATE:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [host, *sys.meta_path])
    yield open_client(host=host)
    open_client()  # whose page has all parts


def test_a_client_starts_and_signs_out_without_the_sign_in_part(slow: ScriptTagClient) -> None:
    slow.ask("set_access_token", {"access_token": "some-token", "expires_in": 3600})
    assert asyncio.run(slow.call("is_authenticated"))
    assert [slow.ask("has_auth_error"), slow.ask("get_auth_error")] == [False, None]
    asyncio.run(slow.call("logout"))
    assert not asyncio.run(slow.call("is_authenticated"))


def test_a_redirect_without_the_sign_in_part_brings_it(slow: ScriptTagClient) -> None:
    assert isinstance(slow.host, SlowHost)
    slow.host.problems = []
    asyncio.run(slow.call("login", {"method": "redirect"}))
    assert slow.page.left_for[0].startswith("https://podio.com/oauth/authorize?")


def test_a_sign_in_part_that_is_not_there_yet_is_brought(slow: ScriptTagClient) -> None:
    client = slow

    async def main() -> None:
        with pytest.raises(Problem, match=r"ConnectionFailed: .* did not load\. Load the page again"):
            await client.call("login")
        task = asyncio.ensure_future(client.call("login"))
        for _ in range(20):
            await asyncio.sleep(0)
        client.page.popup.allow()
        await task
        assert await client.call("is_authenticated")

    asyncio.run(main())
