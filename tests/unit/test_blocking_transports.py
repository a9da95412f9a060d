"""The blocking transports against real servers, good and bad ones."""

import asyncio
import json
import logging
import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from podio_web import ConnectionFailed, TimedOut, UnavailableError
from podio_web.http import Request, Response, read_response
from podio_web.runtime.blocking import blocking_transport
from podio_web.runtime.run_blocking import drive
from podio_web.testing import SandboxControl
from podio_web.transports.connection_errors import connection_failed
from podio_web.transports.httpx_blocking import BlockingHttpxTransport
from podio_web.transports.urllib import UrllibTransport
from tests.examples_support import refusing_port
from tests.unit.gate_server import GateServer
from tests.unit.odd_server import CANARY, OddServer, call_to, status_call

Blocking = UrllibTransport | BlockingHttpxTransport


@pytest.fixture(params=[UrllibTransport, BlockingHttpxTransport])
def transport(request: pytest.FixtureRequest) -> Blocking:
    made: Blocking = request.param()
    return made


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with OddServer() as server:
        yield server


@pytest.fixture
def podio(podio_sandbox: SandboxControl) -> SandboxControl:
    podio_sandbox.reset()
    return podio_sandbox


def perform(transport: Blocking, call: Request, timeout: float | None = 10.0) -> Response:
    """Drive the coroutine without an event loop: it must not suspend."""
    steps = transport.perform(call, timeout)
    with pytest.raises(StopIteration) as done:
        steps.send(None)
    answer: Response = done.value.value
    return answer


def failure_of(transport: Blocking, call: Request, timeout: float | None = 10.0) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as raised:
        transport.perform(call, timeout).send(None)
    problem = raised.value
    assert (problem.method, problem.path) == (call.method, call.path)
    told = "".join(traceback.TracebackException.from_exception(problem, capture_locals=True).format())
    told += repr(problem) + repr(vars(problem))
    assert CANARY not in told
    assert problem.__context__ is None, "what the library raised may quote a header"
    return problem


def test_an_answer_has_status_headers_in_lower_case_and_text(transport: Blocking, odd: OddServer) -> None:
    answer = perform(transport, call_to(odd.url, "/hello"))
    assert (answer.status, json.loads(answer.text)) == (200, {"said": "Zoë"})
    assert answer.headers["x-rate-limit-limit"] == "1000"


def test_interim_responses_are_not_the_answer(transport: Blocking, odd: OddServer) -> None:
    answer = perform(transport, call_to(odd.url, "/interim", "POST", "{}"))
    assert (answer.status, json.loads(answer.text)) == (200, {"said": "Zoë"})
    assert "link" not in answer.headers


def test_method_query_headers_and_body_arrive_as_they_are(transport: Blocking, odd: OddServer) -> None:
    perform(
        transport,
        call_to(odd.url, "/hello?a=%2F&b=1;2", "PUT", "käse", Content_Type="application/json", Accept="text/plain"),
    )
    method, path, headers, body = odd.requests[0]
    assert (method, path, body) == ("PUT", "/hello?a=%2F&b=1;2", "käse".encode())
    headers = {name.lower(): text for name, text in headers.items()}
    assert headers["authorization"] == f"OAuth2 {CANARY}"
    assert headers["content-type"] == "application/json"
    assert headers["accept"] == "text/plain"
    assert headers["user-agent"].startswith("podio-web")


def test_a_post_without_a_body_says_that_it_has_none(transport: Blocking, odd: OddServer) -> None:
    perform(transport, call_to(odd.url, "/hello", "POST"))
    assert odd.requests[0][2]["Content-Length"] == "0"


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [("/nothing", 204, ""), ("/latin", 200, '"\ufffd"'), ("/chunks", 200, '{"said": "piecemeal"}')],
)
def test_bodies_of_every_kind_become_text(
    transport: Blocking, odd: OddServer, path: str, status: int, text: str
) -> None:
    answer = perform(transport, call_to(odd.url, path), None)
    assert (answer.status, answer.text) == (status, text)


def test_an_error_status_is_an_answer(transport: Blocking, podio: SandboxControl) -> None:
    call = status_call(podio)
    podio.fail_next("bad_gateway")
    answer = perform(transport, call)
    with pytest.raises(UnavailableError):
        read_response(call, answer)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_an_answer_and_the_token_goes_nowhere_else(
    transport: Blocking, odd: OddServer, method: str
) -> None:
    with OddServer() as other:
        odd.leads_to = f"http://localhost:{other.port}"
        answer = perform(transport, call_to(odd.url, "/redirect", method, "secret" if method == "POST" else None))
        assert answer.status == 307
        assert other.requests == []


def test_cookies_are_neither_kept_nor_sent(transport: Blocking, odd: OddServer) -> None:
    perform(transport, call_to(odd.url, "/cookie"))
    perform(transport, call_to(odd.url, "/hello"))
    assert "Cookie" not in odd.requests[1][2]


def test_nothing_but_http_is_opened(transport: Blocking, tmp_path: Any) -> None:
    file = tmp_path / "secret.txt"
    file.write_text("secret", encoding="utf-8")
    failure_of(transport, call_to(file.as_uri(), ""))
    failure_of(transport, call_to("data:text/plain,secret", ""))


def test_a_proxy_of_the_environment_is_used(
    transport: Blocking, odd: OddServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", odd.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    failure_of(type(transport)(), call_to("http://podio.invalid", "/hello"))
    assert odd.requests[0][1] == "http://podio.invalid/hello"


def test_a_slow_answer_is_timed_out_and_the_next_call_works(transport: Blocking, podio: SandboxControl) -> None:
    call = status_call(podio)
    podio.fail_next("slow", seconds=30)
    problem = failure_of(transport, call, 0.2)
    # The call may have ended before the sandbox saw it.
    podio.clear_faults()
    assert isinstance(problem, TimedOut)
    assert "GET /user/status within 0.2 seconds" in str(problem)
    assert perform(transport, call).status == 200


def test_a_server_that_does_not_even_accept_is_timed_out(transport: Blocking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        assert isinstance(failure_of(transport, call_to(f"http://127.0.0.1:{port}"), 0.1), TimedOut)
        assert isinstance(failure_of(transport, call_to(f"https://127.0.0.1:{port}"), 0.1), TimedOut)


def test_a_body_that_dribbles_is_timed_out_as_a_whole(transport: Blocking, odd: OddServer) -> None:
    assert isinstance(failure_of(transport, call_to(odd.url, "/dribble"), 0.3), TimedOut)
    assert odd.hung_up.wait(10), "the connection is closed"


@pytest.mark.parametrize("path", ["/short", "/chunks_that_stop", "/garbage", "/hang_up"])
def test_an_answer_that_breaks_off_or_is_none_is_connection_failed(
    transport: Blocking, odd: OddServer, path: str
) -> None:
    problem = failure_of(transport, call_to(odd.url, path))
    assert type(problem) is ConnectionFailed
    assert odd.url in str(problem)
    assert "api_url" in str(problem)


@pytest.mark.parametrize("fault", ["drop", "drop_body"])
def test_each_fault_of_the_connection_is_connection_failed(
    transport: Blocking, podio: SandboxControl, fault: str
) -> None:
    call = status_call(podio)
    podio.fail_next(fault)
    assert type(failure_of(transport, call)) is ConnectionFailed
    assert perform(transport, call).status == 200


def test_a_closed_port_is_said(transport: Blocking) -> None:
    with refusing_port() as port:
        problem = failure_of(transport, call_to(f"http://127.0.0.1:{port}", "/user/status"))
    assert f"from http://127.0.0.1:{port} (" in str(problem)
    assert "the network and the server are up" in str(problem)


def test_a_host_that_does_not_exist_is_said(transport: Blocking) -> None:
    assert "https://api.podio.invalid" in str(
        failure_of(transport, call_to("https://api.podio.invalid", "/user/status"))
    )


def test_a_server_without_tls_is_said(transport: Blocking, odd: OddServer) -> None:
    assert "certificate" in str(failure_of(transport, call_to(odd.url.replace("http:", "https:"), "/hello")))
    assert odd.requests == []


def test_a_refused_certificate_is_explained_in_openssls_words() -> None:
    refused = ssl.SSLCertVerificationError(
        1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1006)"
    )
    refused.verify_message = "self-signed certificate"
    wrapped = RuntimeError(CANARY)
    wrapped.__cause__ = ExceptionGroup("several", [OSError("All attempts failed"), refused])
    wrapped.__cause__.__context__ = wrapped
    assert "(self-signed certificate)" in str(connection_failed(call_to("https://localhost"), wrapped))


@pytest.mark.parametrize("text", ["two\nlines", "emoji \N{PARTY POPPER}"])
def test_a_header_that_cannot_be_sent_is_not_quoted(transport: Blocking, odd: OddServer, text: str) -> None:
    failure_of(transport, call_to(odd.url, "/hello", Authorization=f"OAuth2 {CANARY}{text}"))
    assert odd.requests == []


def test_the_token_is_in_no_log(transport: Blocking, podio: SandboxControl, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    call = status_call(podio)
    perform(transport, call)
    assert call.headers["Authorization"].split()[1] not in caplog.text


def test_closing_does_nothing_and_never_suspends(transport: Blocking, odd: OddServer) -> None:
    with pytest.raises(StopIteration):
        transport.close().send(None)
    assert perform(transport, call_to(odd.url, "/hello")).status == 200


def test_it_works_inside_an_event_loop_too(transport: Blocking, odd: OddServer) -> None:
    assert asyncio.run(transport.perform(call_to(odd.url, "/hello"), 10.0)).status == 200


def test_connections_are_used_again_unless_they_were_closed() -> None:
    transport = BlockingHttpxTransport()
    with GateServer() as gate:
        for _ in range(3):
            assert perform(transport, call_to(gate.url, "/ok")).status == 200
        drive(transport.close())
        drive(transport.close())
        assert perform(transport, call_to(gate.url, "/ok")).status == 200
        ports = [port for _, _, port in gate.calls]
    assert ports[0] == ports[1] == ports[2] != ports[3]


def test_waiting_for_a_connection_counts_as_well() -> None:
    transport = BlockingHttpxTransport(connections=1)
    with GateServer() as gate:
        hog = threading.Thread(target=perform, args=(transport, call_to(gate.url, "/gated")))
        hog.start()
        assert gate.arrived.wait(10)
        assert isinstance(failure_of(transport, call_to(gate.url, "/ok"), 0.3), TimedOut)
        gate.opened.set()
        hog.join()
        assert perform(transport, call_to(gate.url, "/ok")).status == 200


def test_a_senseless_number_of_connections_is_refused() -> None:
    with pytest.raises(ValueError, match="connections"):
        BlockingHttpxTransport(connections=0)


def test_httpx2_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(blocking_transport()) is BlockingHttpxTransport
    for module in ("httpx_requests", "httpx_blocking"):
        monkeypatch.delitem(sys.modules, f"podio_web.transports.{module}", raising=False)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    assert type(blocking_transport()) is UrllibTransport
