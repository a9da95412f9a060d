"""Local servers answer only to the names that they were started for (DNS rebinding)."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.responses import PlainTextResponse, Response

from podio_web import SyncPodio
from podio_web.sandbox import Sandbox
from podio_web.sandbox.demo_server import VENDOR, Site
from podio_web.sandbox.hosts import Hosts, KnownHosts, parse_host

Ask = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    for folder in (*VENDOR.values(), "static"):
        (root / folder).mkdir(parents=True)
    (root / "index.html").write_text("here")
    return root


def asker(url: str) -> Ask:
    address = urlsplit(url)
    assert address.port is not None
    target = (address.hostname or "", address.port)

    def ask(*heads: str, path: str = "/config.json", version: str = "1.1") -> tuple[int, str]:
        """Send these header lines, PORT standing for the server's; return the status and the body."""
        lines = [line.replace("PORT", str(target[1])) for line in heads]
        request = "\r\n".join([f"GET {path} HTTP/{version}", *lines, "Connection: close", "", ""])
        received = b""
        with socket.create_connection(target, timeout=10) as connection:
            connection.sendall(request.encode("latin-1"))
            while chunk := connection.recv(65_536):
                received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    return ask


@pytest.fixture(scope="module", params=["sandbox", "site"])
def ask(request: pytest.FixtureRequest, checkout: Path) -> Iterator[Ask]:
    running: Sandbox | Site
    if request.param == "sandbox":
        running = Sandbox(control=True, allowed_hosts=["podio.test", "other.test:8443"])
    else:
        running = Site(checkout, host="127.0.0.1", allowed_hosts=["podio.test", "other.test:8443"])
    with running:
        asked = asker(running.url)
        path = {"sandbox": "/sandbox/settings", "site": "/config.json"}[request.param]
        yield lambda *heads, **options: asked(*heads, **{"path": path, **options})


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:PORT",
        "localhost:PORT",
        "LocalHost:PORT",
        "localhost.:PORT",
        "[::1]:PORT",
        "[0:0:0:0:0:0:0:1]:PORT",
        "[::ffff:127.0.0.1]:PORT",
        "podio.test",
        "PODIO.TEST:1",
        "podio.test:PORT",
        "other.test:8443",
    ],
)
def test_names_that_it_was_started_for(ask: Ask, host: str) -> None:
    assert ask(f"Host: {host}")[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example:PORT",
        "attacker.example",
        "localhost.attacker.example:PORT",
        "127.0.0.1.attacker.example:PORT",
        "127.0.0.1.nip.io:PORT",
        "attacker-localhost:PORT",
        "xlocalhost:PORT",
        "a.localhost:PORT",
        "localhost",
        "localhost:",
        "localhost:80",
        "localhost:1",
        "127.0.0.2:PORT",
        "0.0.0.0:PORT",
        "127.1:PORT",
        "2130706433:PORT",
        "[::]:PORT",
        "[::2]:PORT",
        "10.0.0.1:PORT",
        "sub.podio.test:PORT",
        "podio.test.attacker.example",
        "other.test",
        "other.test:PORT",
    ],
)
def test_other_hosts_are_told_what_to_do(ask: Ask, host: str) -> None:
    status, body = ask(f"Host: {host}")
    assert status == 421
    assert "--allowed-host" in body
    assert "consent" not in body
    assert "client_id" not in body


@pytest.mark.parametrize(
    "host",
    [
        "",
        "user@localhost:PORT",
        "localhost:PORT@attacker.example",
        "localhost:port",
        "localhost:-1",
        "localhost:99999",
        "localhost:PORT:PORT",
        "localhost:PORT, attacker.example",
        "localhost attacker.example",
        "http://localhost:PORT",
        "localhost:PORT/",
        "localhost:PORT?",
        "::1:PORT",
        "[::1",
        "::1]:PORT",
        "[127.0.0.1]:PORT",
        "[localhost]:PORT",
        "[fe80::1%25lo]:PORT",
        "loc%61lhost:PORT",
        "l\xf6calhost:PORT",
        ".",
        ":PORT",
    ],
)
def test_what_is_not_a_host(ask: Ask, host: str) -> None:
    assert ask(f"Host: {host}")[0] == 400


@pytest.mark.parametrize(
    ("heads", "version"),
    [
        ([], "1.0"),
        ([], "1.1"),
        (["Host: localhost:PORT", "Host: attacker.example"], "1.1"),
        (["Host: attacker.example", "Host: localhost:PORT"], "1.1"),
        (["Host: localhost:PORT", "Host: localhost:PORT"], "1.1"),
        (["X-Forwarded-Host: localhost:PORT"], "1.0"),
    ],
)
def test_no_host_and_two_hosts(ask: Ask, heads: list[str], version: str) -> None:
    assert ask(*heads, version=version)[0] == 400


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"])
def test_other_headers_count_for_nothing(ask: Ask, name: str) -> None:
    value = "host=localhost:PORT" if name == "Forwarded" else "localhost:PORT"
    assert ask("Host: attacker.example", f"{name}: {value}")[0] == 421
    value = value.replace("localhost:PORT", "attacker.example")
    assert ask("Host: localhost:PORT", f"{name}: {value}")[0] == 200


@pytest.mark.parametrize(
    "path", ["/user/status", "/oauth/authorize?client_id=demo-client", "/sandbox/tokens", "/nowhere"]
)
def test_every_path_of_the_sandbox_is_behind_it(sandbox: Sandbox, path: str) -> None:
    status, body = asker(sandbox.url)("Host: attacker.example:80", path=path)
    assert status == 421
    answer = json.loads(body)
    assert (answer["error"], answer["error_detail"]) == ("invalid_request", "sandbox.host")
    assert answer["error_description"] == (
        f"This server was not started for the host attacker.example:80. Use {sandbox.url}, or start it with "
        "--allowed-host attacker.example."
    )


def test_refused_requests_are_not_among_the_calls(sandbox: Sandbox) -> None:
    ask = asker(sandbox.url)
    ask("Host: attacker.example", path="/user/status?mark=1")
    assert "mark=1" not in ask("Host: localhost:PORT", path="/sandbox/calls")[1]


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "/static/x", "/vendor/pyscript/core.js", "/dist/x.whl", "/nowhere"]
)
def test_every_path_of_the_site_is_behind_it(checkout: Path, path: str) -> None:
    with Site(checkout) as site:
        assert asker(site.url)("Host: attacker.example", path=path)[0] == 421


@pytest.mark.parametrize(
    ("host", "status"),
    [("192.0.2.7:PORT", 200), ("[2001:db8::1]:PORT", 200), ("0.0.0.0:PORT", 200), ("192.0.2.7", 421),
     ("attacker.example:PORT", 421), ("192.0.2.7.nip.io:PORT", 421)],
)  # fmt: skip
def test_a_server_of_all_addresses_answers_to_addresses(
    caplog: pytest.LogCaptureFixture, host: str, status: int
) -> None:
    with caplog.at_level(logging.WARNING), Sandbox(host="0.0.0.0") as sandbox:
        assert asker(sandbox.url)(f"Host: {host}", path="/nowhere")[0] == (404 if status == 200 else status)
    assert "Anyone on your network can sign in" in caplog.text


def test_an_ipv6_server() -> None:
    try:
        with Sandbox(host="::1") as sandbox:
            ask = asker(sandbox.url)
            assert ask("Host: [::1]:PORT", path="/nowhere")[0] == 404
            assert ask("Host: attacker.example:PORT", path="/nowhere")[0] == 421
    except OSError:
        pytest.skip("this machine has no IPv6")


@pytest.mark.parametrize(
    "name", ["", "http://podio.test", "podio.test/", "a b", "podio.test:x", "*", "user@podio.test"]
)
def test_an_allowed_host_must_be_a_host(name: str, checkout: Path) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(name))), Sandbox(allowed_hosts=[name]):
        pass
    with pytest.raises(ValueError, match="is not a host"), Site(checkout, allowed_hosts=[name]):
        pass


class Listener:
    """A socket that listens on port 80, as only the machine's owner may."""

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", 80


@pytest.mark.parametrize("kind", ["http", "websocket", "lifespan"])
@pytest.mark.parametrize("host", [b"localhost", b"attacker.example"])
def test_connections_of_every_kind(kind: str, host: bytes) -> None:
    passed, sent = [], []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        passed.append(scope["type"])

    async def send(message: Any) -> None:
        sent.append(message)

    def refuse(scope: Any, status: int, text: str) -> Response:
        return PlainTextResponse(text, status)

    guarded = KnownHosts(app, Hosts(Listener(), "127.0.0.1"), refuse)  # type: ignore[arg-type]
    asyncio.run(guarded({"type": kind, "method": "GET", "headers": [(b"host", host)]}, None, send))  # type: ignore[arg-type]
    if host == b"localhost" or kind == "lifespan":
        assert (passed, sent) == ([kind], [])
    else:
        assert passed == []
        assert sent[0].get("status", sent[0]["type"]) == (421 if kind == "http" else "websocket.close")


def test_a_refused_upload_leaves_the_connection_in_order(sandbox: Sandbox) -> None:
    connection = http.client.HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    found = []
    for host in ("attacker.example", None, "attacker.example", None):
        headers = {} if host is None else {"Host": host}
        connection.request("POST", "/oauth/token/v2", b"x" * 1_000_000, headers)
        response = connection.getresponse()
        response.read()
        found.append(response.status)
    connection.close()
    assert found == [421, 400, 421, 400]


def test_port_80_may_be_left_out() -> None:
    hosts = Hosts(Listener(), "127.0.0.1")  # type: ignore[arg-type]
    for host in ("localhost", "localhost:", "localhost:80", "[::1]"):
        assert hosts.problem([host]) is None
    assert hosts.problem(["localhost:8001"]) is not None


def test_one_spelling_of_each_name() -> None:
    assert parse_host("[2001:DB8::0:1]:08001") == ("2001:db8::1", 8001)
    assert parse_host("A_b-C.example.") == ("a_b-c.example", None)


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (["--host", "0.0.0.0", "--control"], "control this sandbox, sign in as any user and read the tokens"),
        (["--host", "0.0.0.0"], "sign in to this sandbox with its published passwords"),
        (["--control"], None),
        (["--host", "localhost", "--control"], None),
        (["--host", "127.0.0.2", "--control"], None),
    ],
)
def test_the_command_warns_on_standard_error_and_ends_well_when_stopped_at_once(
    arguments: list[str], warning: str | None
) -> None:
    command = [sys.executable, "-m", "podio_web.cli", "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Podio sandbox on http://")
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    if warning is None:
        assert errors == ""
    else:
        assert errors.startswith("Anyone on your network can ")
        assert warning in errors


def test_the_command_takes_allowed_hosts() -> None:
    command = [sys.executable, "-m", "podio_web.cli", "sandbox", "--port", "0", "--allowed-host", "a.test"]
    with subprocess.Popen([*command, "--allowed-host", "b.test:1"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ask = asker(process.stdout.readline().split()[3])
        found = [ask(f"Host: {host}", path="/nowhere")[0] for host in ("a.test:5", "b.test:1", "b.test", "c.test")]
        process.terminate()
    assert found == [404, 404, 421, 421]
    for options in (["sandbox"], ["demo", "--sandbox-port", "0"]):
        bad = [sys.executable, "-m", "podio_web.cli", *options, "--port", "0", "--allowed-host", "a b"]
        done = subprocess.run(bad, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stdout) == (1, "")
        assert "'a b' is not a host" in done.stderr


def test_a_container_reaches_the_sandbox_by_the_name_of_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def in_this_network(host: str, *more: Any, **options: Any) -> Any:
        return look_up("127.0.0.1" if host == "sandbox" else host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", in_this_network)
    with Sandbox(allowed_hosts=["sandbox"]) as sandbox:
        address = f"http://sandbox:{sandbox.url.rpartition(':')[2]}"
        with SyncPodio("password", "demo-client", "demo-secret", api_url=address, allow_http=True) as podio:
            podio.authenticate_with_credentials("demo@example.com", "demo")
            assert podio.get("/user/status")["user"]["user_id"] == 1001
