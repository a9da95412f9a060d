"""The asynchronous transport against real servers, good and bad ones."""

import asyncio
import gc
import importlib
import json
import logging
import sys
import threading
import traceback
import weakref
from collections.abc import Iterator

import httpx2
import pytest

from podio_web import ConnectionFailed, TimedOut, UnavailableError
from podio_web.http import Request, Response, read_response
from podio_web.testing import SandboxControl
from podio_web.transports.httpx import HttpxTransport
from tests.examples_support import refusing_port
from tests.unit.odd_server import CANARY, OddServer, call_to, status_call


@pytest.fixture
def odd() -> Iterator[OddServer]:
    with OddServer() as server:
        yield server


@pytest.fixture
def podio(podio_sandbox: SandboxControl) -> SandboxControl:
    podio_sandbox.reset()
    return podio_sandbox


def perform(call: Request, timeout: float | None = 10.0) -> Response:
    async def main() -> Response:
        transport = HttpxTransport()
        try:
            return await transport.perform(call, timeout)
        finally:
            await transport.close()

    return asyncio.run(main())


def failure_of(call: Request, timeout: float | None = 10.0) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as raised:
        perform(call, timeout)
    problem = raised.value
    assert (problem.method, problem.path) == (call.method, call.path)
    told = "".join(traceback.TracebackException.from_exception(problem, capture_locals=True).format())
    told += repr(problem) + repr(vars(problem))
    assert CANARY not in told
    assert problem.__context__ is None, "what httpx2 raised knows the request and its token"
    return problem


def test_an_answer_has_status_headers_in_lower_case_and_text(odd: OddServer) -> None:
    answer = perform(call_to(odd.url, "/hello"))
    assert (answer.status, json.loads(answer.text)) == (200, {"said": "Zoë"})
    assert answer.headers["x-rate-limit-limit"] == "1000"


def test_method_query_headers_and_body_arrive_as_they_are(odd: OddServer) -> None:
    perform(call_to(odd.url, "/hello?a=%2F&b=1;2", "PUT", "käse", Content_Type="application/json", Accept="text/plain"))
    method, path, headers, body = odd.requests[0]
    assert (method, path, body) == ("PUT", "/hello?a=%2F&b=1;2", "käse".encode())
    assert headers["Authorization"] == f"OAuth2 {CANARY}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept"] == "text/plain"
    assert "gzip" in headers["Accept-Encoding"]
    assert headers["User-Agent"].startswith("podio-web")


def test_a_post_without_a_body_says_that_it_has_none(odd: OddServer) -> None:
    perform(call_to(odd.url, "/hello", "POST"))
    assert odd.requests[0][2]["Content-Length"] == "0"


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [("/nothing", 204, ""), ("/latin", 200, '"\ufffd"'), ("/chunks", 200, '{"said": "piecemeal"}')],
)
def test_bodies_of_every_kind_become_text(odd: OddServer, path: str, status: int, text: str) -> None:
    answer = perform(call_to(odd.url, path))
    assert (answer.status, answer.text) == (status, text)


def test_an_error_status_is_an_answer(podio: SandboxControl) -> None:
    call = status_call(podio)
    podio.fail_next("bad_gateway")
    answer = perform(call)
    with pytest.raises(UnavailableError):
        read_response(call, answer)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_an_answer_and_the_token_goes_nowhere_else(odd: OddServer, method: str) -> None:
    with OddServer() as other:
        odd.leads_to = f"http://localhost:{other.port}"
        answer = perform(call_to(odd.url, "/redirect", method, "secret" if method == "POST" else None))
        assert answer.status == 307
        assert other.requests == []


def test_cookies_are_neither_kept_nor_sent(odd: OddServer) -> None:
    async def main() -> None:
        own, given = HttpxTransport(), httpx2.AsyncClient(cookies={"mine": "biscuit"})
        async with given:
            for transport in (own, HttpxTransport(given)):
                await transport.perform(call_to(odd.url, "/cookie"), 10.0)
                await transport.perform(call_to(odd.url, "/hello"), 10.0)
            assert CANARY not in repr(list(given.cookies.jar))
        await own.close()

    asyncio.run(main())
    assert len(odd.requests) == 4
    assert not [headers for _, _, headers, _ in odd.requests if "Cookie" in headers]


def test_connections_are_used_again(podio: SandboxControl) -> None:
    ports: list[int] = []

    async def main() -> None:
        transport = HttpxTransport()
        call = status_call(podio)
        opened = asyncio.get_running_loop().create_connection

        async def counted(*arguments, **options):
            ports.append(1)
            return await opened(*arguments, **options)

        asyncio.get_running_loop().create_connection = counted  # type: ignore[method-assign]
        for _ in range(5):
            assert (await transport.perform(call, 10.0)).status == 200
        await transport.close()

    asyncio.run(main())
    assert len(ports) == 1


def test_a_thousand_calls_at_once_are_all_answered(podio: SandboxControl) -> None:
    podio.settings(general_limit=10_000)

    async def main() -> set[int]:
        transport = HttpxTransport()
        call = status_call(podio)
        answers = await asyncio.gather(*(transport.perform(call, 600.0) for _ in range(1000)))
        await transport.close()
        return {answer.status for answer in answers}

    assert asyncio.run(main()) == {200}


def test_a_slow_answer_is_timed_out_and_the_next_call_works(podio: SandboxControl) -> None:
    async def main() -> None:
        transport = HttpxTransport()
        call = status_call(podio)
        podio.fail_next("slow", seconds=30)
        with pytest.raises(TimedOut, match=r"GET /user/status within 0\.2 seconds"):
            await transport.perform(call, 0.2)
        # The call may have ended before the sandbox saw it.
        podio.clear_faults()
        assert (await transport.perform(call, 10.0)).status == 200
        await transport.close()

    asyncio.run(main())


def test_a_body_that_dribbles_is_timed_out_as_a_whole(odd: OddServer) -> None:
    assert isinstance(failure_of(call_to(odd.url, "/dribble"), 0.3), TimedOut)
    assert odd.hung_up.wait(10), "the connection is closed"


def test_waiting_for_a_connection_counts_as_well(odd: OddServer) -> None:
    async def main() -> None:
        transport = HttpxTransport(connections=1)
        hog = asyncio.create_task(transport.perform(call_to(odd.url, "/dribble"), None))
        await asyncio.to_thread(odd.wait_for_request)
        with pytest.raises(TimedOut):
            await transport.perform(call_to(odd.url, "/hello"), 0.2)
        hog.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hog
        assert (await transport.perform(call_to(odd.url, "/hello"), 10.0)).status == 200
        await transport.close()

    asyncio.run(main())


def test_the_callers_own_timeout_stays_the_callers(odd: OddServer) -> None:
    async def main() -> None:
        transport = HttpxTransport()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await transport.perform(call_to(odd.url, "/dribble"), 30.0)
        await transport.close()

    asyncio.run(main())


def test_cancelled_calls_are_aborted_and_leave_the_connections_usable(odd: OddServer) -> None:
    async def main() -> None:
        transport = HttpxTransport(connections=3)
        for pause in (0, 0.001, 0.01, 0.05) * 5:
            tasks = [asyncio.create_task(transport.perform(call_to(odd.url, "/dribble"), None)) for _ in range(6)]
            await asyncio.sleep(pause)
            if pause:
                await asyncio.to_thread(odd.wait_for_request)
            for task in tasks:
                task.cancel()
            assert all(
                isinstance(outcome, asyncio.CancelledError)
                for outcome in await asyncio.gather(*tasks, return_exceptions=True)
            )
        answers = await asyncio.gather(*(transport.perform(call_to(odd.url, "/hello"), 10.0) for _ in range(12)))
        assert {answer.status for answer in answers} == {200}
        await transport.close()

    asyncio.run(main())
    assert odd.hung_up.wait(10)


@pytest.mark.parametrize("path", ["/short", "/chunks_that_stop", "/garbage", "/hang_up"])
def test_an_answer_that_breaks_off_or_is_none_is_connection_failed(odd: OddServer, path: str) -> None:
    problem = failure_of(call_to(odd.url, path))
    assert type(problem) is ConnectionFailed
    assert odd.url in str(problem)
    assert "api_url" in str(problem)


@pytest.mark.parametrize("fault", ["drop", "drop_body"])
def test_each_fault_of_the_connection_is_connection_failed(podio: SandboxControl, fault: str) -> None:
    call = status_call(podio)
    podio.fail_next(fault)
    assert type(failure_of(call)) is ConnectionFailed
    assert perform(call).status == 200


def test_a_closed_port_is_said(odd: OddServer) -> None:
    with refusing_port() as port:
        problem = failure_of(call_to(f"http://127.0.0.1:{port}", "/user/status"))
    assert f"from http://127.0.0.1:{port}" in str(problem)
    assert "the network and the server are up" in str(problem)


def test_a_host_that_does_not_exist_is_said() -> None:
    problem = failure_of(call_to("https://api.podio.invalid", "/user/status"))
    assert "https://api.podio.invalid" in str(problem)


def test_a_server_without_tls_is_said(odd: OddServer) -> None:
    problem = failure_of(call_to(odd.url.replace("http:", "https:"), "/hello"))
    assert "certificate" in str(problem)
    assert odd.requests == []


@pytest.mark.parametrize("text", ["two\nlines", "emoji \N{PARTY POPPER}", "nul\0"])
def test_a_header_that_cannot_be_sent_is_not_quoted(odd: OddServer, text: str) -> None:
    failure_of(call_to(odd.url, "/hello", Authorization=f"OAuth2 {CANARY}{text}"))
    assert odd.requests == []


def test_the_token_is_in_no_log(podio: SandboxControl, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    call = status_call(podio)
    perform(call)
    assert "/user/status" in caplog.text
    assert call.headers["Authorization"].split()[1] not in caplog.text


def test_one_event_loop_after_the_other_may_use_a_transport(podio: SandboxControl) -> None:
    transport = HttpxTransport()
    call = status_call(podio)
    for _ in range(3):
        assert asyncio.run(transport.perform(call, 10.0)).status == 200
    gc.collect()  # a connection that nobody closed would warn now


def test_an_event_loop_that_ended_in_disorder_is_forgotten(podio: SandboxControl) -> None:
    transport = HttpxTransport()
    call = status_call(podio)
    untidy = asyncio.new_event_loop()
    assert untidy.run_until_complete(transport.perform(call, 10.0)).status == 200
    untidy.run_until_complete(transport.close())
    with refusing_port() as port, pytest.raises(ConnectionFailed):
        # It opens a client and no connection, so nothing is left open but the client.
        untidy.run_until_complete(transport.perform(call_to(f"http://127.0.0.1:{port}", "/hello"), 10.0))
    untidy.close()
    ended = weakref.ref(untidy)
    del untidy
    assert asyncio.run(transport.perform(call, 10.0)).status == 200
    gc.collect()
    assert ended() is None


def test_event_loops_in_two_threads_may_share_a_transport(podio: SandboxControl) -> None:
    transport = HttpxTransport()
    call = status_call(podio)
    found: list[int] = []

    async def several() -> None:
        for _ in range(10):
            found.append((await transport.perform(call, 10.0)).status)

    threads = [threading.Thread(target=asyncio.run, args=(several(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 20


def test_a_closed_transport_opens_again(podio: SandboxControl) -> None:
    async def main() -> None:
        transport = HttpxTransport()
        await transport.close()
        call = status_call(podio)
        for _ in range(2):
            assert (await transport.perform(call, 10.0)).status == 200
            await transport.close()

    asyncio.run(main())


def test_a_given_client_is_used_and_stays_open(odd: OddServer) -> None:
    async def main() -> None:
        async with httpx2.AsyncClient(
            headers={"X-Mine": "1"}, auth=("name", "word"), timeout=0.001, follow_redirects=True
        ) as client:
            transport = HttpxTransport(client)
            odd.leads_to = odd.url
            assert (await transport.perform(call_to(odd.url, "/redirect"), 10.0)).status == 307
            await transport.close()
            assert (await transport.perform(call_to(odd.url, "/hello"), 10.0)).status == 200

    asyncio.run(main())
    assert len(odd.requests) == 2
    for _, _, headers, _ in odd.requests:
        assert headers["Authorization"] == f"OAuth2 {CANARY}"
        assert "X-Mine" not in headers


def test_a_given_client_in_a_second_event_loop_raises_and_says_what_to_do(odd: OddServer) -> None:
    client = httpx2.AsyncClient()
    transport = HttpxTransport(client)

    async def call_and_hang_up() -> None:
        await transport.perform(call_to(odd.url, "/hello"), 10.0)
        await client.aclose()

    asyncio.run(call_and_hang_up())
    with pytest.raises(RuntimeError, match=r"use HttpxTransport\(\) without a client"):
        asyncio.run(transport.perform(call_to(odd.url, "/hello"), 10.0))


def test_a_senseless_number_of_connections_is_refused() -> None:
    with pytest.raises(ValueError, match="connections"):
        HttpxTransport(connections=0)


def test_without_httpx2_the_import_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx2", None)
    for module in ("httpx", "httpx_blocking"):
        monkeypatch.delitem(sys.modules, "podio_web.transports.httpx_requests", raising=False)
        monkeypatch.delitem(sys.modules, f"podio_web.transports.{module}", raising=False)
        with pytest.raises(ImportError, match=r"pip install 'podio-web\[server\]'"):
            importlib.import_module(f"podio_web.transports.{module}")
