"""The sandbox as a server: starting, stopping, its file, its silence about secrets."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from podio_web.sandbox import Sandbox
from podio_web.sandbox.clock import Clock
from podio_web.sandbox.database import VERSION
from tests.sandbox.push_support import until
from tests.sandbox.sandbox_support import CLIENT, DEMO, Caller


@contextlib.contextmanager
def running(**options: object) -> Iterator[Caller]:
    with Sandbox(control=True, **options) as sandbox:  # type: ignore[arg-type]
        caller = Caller(sandbox.url)
        try:
            yield caller
        finally:
            caller.close()


def test_it_starts_and_stops() -> None:
    before = set(threading.enumerate())
    with running() as podio:
        assert podio.get("/nowhere").status == 404
        assert [thread.name for thread in set(threading.enumerate()) - before] == ["podio-sandbox"]
    # A sandbox that does not stop in time leaves its thread behind.
    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        podio.get("/nowhere")


def test_two_do_not_see_each_other() -> None:
    with running() as one, running() as two:
        assert one.url != two.url
        one.sign_in()
        assert one.delete("/item/6101").status == 204
        assert two.get("/user/status", token=one.token).status == 401
        two.sign_in()
        assert two.get("/item/6101").status == 200


def test_it_stops_while_an_answer_is_delayed() -> None:
    caught: list[BaseException] = []

    def wait(podio: Caller) -> None:
        try:
            podio.get("/user/status")
        except Exception as error:
            caught.append(error)

    with running() as podio:
        podio.fail_next("slow", seconds=600)
        other = Caller(podio.url)
        thread = threading.Thread(target=wait, args=(other,))
        thread.start()
        until(podio.calls)
    thread.join(20)
    other.close()
    assert not thread.is_alive()
    assert len(caught) <= 1


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), Sandbox(port=taken.getsockname()[1]):
            pass


def test_the_control_interface_is_off_unless_asked_for() -> None:
    with Sandbox() as sandbox:
        podio = Caller(sandbox.url)
        for path in ("/sandbox/settings", "/sandbox/calls", "/sandbox"):
            answer = podio.get(path)
            assert answer.status == 404
            assert answer.json["error_description"] == "The control interface is off. Start the sandbox with --control."
        assert podio.post("/sandbox/tokens", {}).status == 404
        podio.close()


def test_the_file_keeps_data_and_tokens(tmp_path: Path) -> None:
    file = tmp_path / "podio.sqlite"
    with running(data=file) as podio:
        token = podio.sign_in()
        podio.put("/item/6101", {"fields": {"title": "Kept"}})
    with running(data=str(file)) as podio:
        podio.token = token
        assert podio.get("/item/6101").json["title"] == "Kept"
        assert podio.post("/sandbox/reset").status == 200
    with running(data=file) as podio:
        assert podio.get("/item/6101", token=token).status == 401
        podio.sign_in()
        assert podio.get("/item/6101").json["title"] == "Draft the spring newsletter"


def test_the_file_holds_no_readable_secret(tmp_path: Path) -> None:
    file = tmp_path / "podio.sqlite"
    with running(data=file) as podio:
        body = {"grant_type": "password", "username": DEMO, "password": "demo", **CLIENT}
        token = podio.post("/oauth/token/v2", body).json
        podio.settings(consent="allow")
        path = "/oauth/authorize?client_id=demo-client&redirect_uri=http://localhost/"
        answer = podio.get(path)
        cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
        secrets = [token["access_token"], token["refresh_token"], token["transfer_token"]]
        secrets += [dict(answer.query)["code"], cookie, "demo-secret"]
    content = file.read_bytes()
    assert b"demo@example.com" in content
    assert [secret for secret in secrets if secret.encode() in content] == []


@pytest.mark.parametrize("kind", ["text", "other database", "other version", "other tables"])
def test_a_file_of_another_kind_is_left_alone(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "file"
    if kind == "text":
        file.write_text("not a database, only a long enough text to be read as one " * 20)
    else:
        with contextlib.closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE mine (x)")
            version = {"other version": 99, "other tables": VERSION}.get(kind, 0)
            database.execute(f"PRAGMA user_version = {version}")
            database.commit()
    before = file.read_bytes()
    with pytest.raises(ValueError, match="file"), Sandbox(data=file):
        pass
    assert file.read_bytes() == before


def test_the_clock_can_be_handed_in() -> None:
    with running(clock=Clock(lambda: 1_800_000_000.0)) as podio:
        assert podio.get("/nowhere").headers["date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
        podio.sign_in()
        podio.advance(60)
        item = podio.post("/item/app/3001/", {"fields": {"title": "x"}}).json
        assert item["created_on"] == "2027-01-15 08:01:00"


def test_secrets_are_never_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG), running() as podio:
        token = podio.sign_in()
        podio.get("/user/status")
        podio.get(f"/user/status?oauth_token={token}")
        podio.get("/user/status", token="canary-token")
        body = {"grant_type": "password", "username": DEMO, "password": "canary-password", **CLIENT}
        podio.post("/oauth/token/v2", body)
        podio.post("/oauth/token", form=body)
        podio.fail_next("drop_body")
        with contextlib.suppress(Exception):
            podio.get("/user/status")
    lines = [record.getMessage() for record in caplog.records if record.name == "podio_web.sandbox"]
    assert len(lines) == 6
    assert lines[0].startswith("GET /user/status 200 ")
    told = caplog.text + "".join(capfd.readouterr())
    assert not [secret for secret in (token, "canary", "demo-secret") if secret in told]


def test_a_fault_of_the_sandbox_itself_is_an_answer_without_details(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Clock):
        is_broken = False

        def stamp(self) -> str:
            if self.is_broken:
                raise RuntimeError("canary")
            return super().stamp()

    clock = Broken()
    with running(clock=clock) as podio:
        podio.sign_in()
        clock.is_broken = True
        answer = podio.post("/comment/item/6101", {"value": "At what time?"})
        assert (answer.status, answer.json["error"]) == (500, "unexpected")
        assert podio.get("/org/").status == 200
    assert "RuntimeError in " in caplog.text
    assert "canary" not in caplog.text + answer.text


def test_many_threads_at_once() -> None:
    results: list[int] = []

    def work(url: str, token: str | None) -> None:
        caller = Caller(url)
        for n in range(10):
            results.append(caller.post("/item/app/3001/", {"fields": {"title": f"{n}"}}, token=token).status)
        caller.close()

    with running() as podio:
        podio.sign_in()
        threads = [threading.Thread(target=work, args=(podio.url, podio.token)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert podio.get("/item/app/3001/count").json == {"count": 116}
    assert results == [200] * 80


def test_a_call_takes_a_few_milliseconds(demo: Caller) -> None:
    demo.settings(general_limit=10**6)
    seconds = []
    for _ in range(100):
        started = time.perf_counter()
        demo.get("/user/status")
        seconds.append(time.perf_counter() - started)
    # On a busy machine some calls take longer.
    assert statistics.median(seconds) < 0.02


def test_importing_it_loads_no_server() -> None:
    code = "import sys, podio_web.sandbox; print(sorted({'starlette', 'uvicorn', 'sqlite3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_serving_in_the_foreground_ends_with_an_interrupt(tmp_path: Path) -> None:
    code = f"from podio_web.sandbox import serve; serve(0, data={str(tmp_path / 'x.sqlite')!r}, control=True)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        found = re.fullmatch(r"Podio sandbox on (http://127\.0\.0\.1:\d+) \(stop with Ctrl\+C\)\n", said)
        assert found is not None, said
        podio = Caller(found[1])
        assert podio.get("/sandbox/settings").status == 200
        podio.close()
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, b"")
