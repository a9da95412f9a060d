"""`podio-web serve`: what its server answers, and what the command prints and refuses."""

import asyncio
import errno
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from podio_web import cli
from podio_web.serve import FolderServer
from podio_web.serve.changes import change_events, fingerprint
from podio_web.serve.folder_server import with_script
from podio_web.site_builder.hashes import integrity
from podio_web.site_builder.headers import callback_headers, page_headers
from tests.conftest import ROOT
from tests.platforms import needs_posix

API_URL = "http://127.0.0.1:8001"
CALLBACK = (ROOT / "static" / "callback.html").read_text(encoding="utf-8")


@pytest.fixture
def app(tmp_path) -> Path:
    app = tmp_path / "app"
    (app / "static").mkdir(parents=True)
    (app / "index.html").write_text("<!doctype html>\n<title>My app</title>", encoding="utf-8")
    (app / "static" / "callback.html").write_text(CALLBACK, encoding="utf-8")
    (app / "main.py").write_text("print(1)", encoding="utf-8")
    (app / "podio.json").write_text('{"client_id": "my-app", "scope": "user:read"}', encoding="utf-8")
    (app / ".env").write_text("SECRET=1", encoding="utf-8")
    return app


@pytest.fixture
def server(app) -> Iterator[FolderServer]:
    with FolderServer(app, API_URL) as server:
        yield server


def get(server: FolderServer, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, dict(response.headers), response.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, dict(refused.headers), refused.read().decode()


@pytest.mark.parametrize("path", ["/", "/index.html"])
def test_a_page_has_the_headers_of_a_site_and_the_script(server, path) -> None:
    status, headers, text = get(server, path)
    assert status == 200
    expected = page_headers(API_URL, files_url="http://localhost:8001", data=[f"{API_URL}/faye"])
    assert {name.lower(): value for name, value in expected.items()}.items() <= {
        name.lower(): value for name, value in headers.items()
    }.items()
    assert headers["cache-control"] == "no-store"
    start, _, rest = text.partition("<script")
    assert start == "<!doctype html>"
    assert rest.endswith("></script>\n<title>My app</title>")
    # The policy allows scripts of this origin, so the script has no text of its own.
    script = rest.partition('src="')[2].partition('"')[0].replace("&amp;", "&")
    status, headers, code = get(server, script)
    assert (status, headers["content-type"].partition(";")[0]) == (200, "text/javascript")
    assert "EventSource" in code


def test_the_callback_page_is_sent_as_it_is_with_its_own_headers(server) -> None:
    _, headers, text = get(server, "/static/callback.html")
    assert text == CALLBACK
    assert headers["content-security-policy"] == callback_headers(CALLBACK)["Content-Security-Policy"]


def test_the_policy_of_a_callback_page_that_is_not_utf_8_has_the_hash_of_what_browsers_read(server, app) -> None:
    (app / "callback.html").write_bytes(b"<!doctype html><script>\r\ncaf\xe9()\r\n</script>")
    with urllib.request.urlopen(f"{server.url}/callback.html", timeout=20) as response:
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert integrity("\ncaf\N{REPLACEMENT CHARACTER}()\n".encode()) in response.headers["content-security-policy"]


def test_the_settings_are_those_of_the_sandbox_and_the_file_stays(server, app) -> None:
    before = (app / "podio.json").read_bytes()
    _, headers, text = get(server, "/podio.json")
    assert json.loads(text) == {"client_id": "demo-client", "api_url": API_URL, "scope": "user:read"}
    assert headers["cache-control"] == "no-store"
    assert (app / "podio.json").read_bytes() == before


def test_the_folder_may_be_a_text(app) -> None:
    with FolderServer(str(app), API_URL) as server:
        assert [get(server, path)[0] for path in ("/", "/podio.json")] == [200, 200]


def test_with_another_podio_the_client_id_is_the_page_s_own(app) -> None:
    with FolderServer(app, "https://api.podio.com", client_id=None) as server:
        assert json.loads(get(server, "/podio.json")[2])["client_id"] == "my-app"
        _, headers, text = get(server, "/")
    assert "client_id" not in text
    assert "https://api.podio.com https://files.podio.com" in headers["content-security-policy"]


@needs_posix("a current folder that can be removed")
def test_a_folder_that_is_made_again_is_served_again(app, monkeypatch) -> None:
    """Build tools remove their folder first. Its server may have been started inside."""
    monkeypatch.chdir(app)
    with FolderServer(Path(), API_URL) as server:
        assert get(server, "/main.py")[0] == 200
        app.rename(app.with_name("old"))
        assert get(server, "/main.py")[0] == 404
        app.mkdir()
        (app / "main.py").write_text("print(2)", encoding="utf-8")
        assert get(server, "/main.py")[2] == "print(2)"


@needs_posix("links without special rights")
def test_a_file_that_cannot_be_read_is_explained(server, app) -> None:
    (app / "loop.html").symlink_to("loop.html")
    status, headers, text = get(server, "/loop.html")
    assert (status, headers["cache-control"]) == (500, "no-store")
    assert text == f"loop.html cannot be read: {os.strerror(errno.ELOOP)}"


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        (None, 404, ""),
        ("[]", 500, 'such as {"client_id": "my-app"}'),
        *((text, 500, "podio.json is not JSON") for text in ("{", '{"a": NaN}', r'{"a": "\ud83d"}')),
        pytest.param('{"a": ' + "[" * 100_000, 500, "podio.json is not JSON", id="deep"),
    ],
)
def test_settings_that_cannot_be_used_are_explained(server, app, content, status, told) -> None:
    (app / "podio.json").unlink()
    if content is not None:
        (app / "podio.json").write_text(content, encoding="utf-8")
    found, _, text = get(server, "/podio.json")
    assert found == status
    assert told in text


@pytest.mark.parametrize("path", ["/.env", "/static/../.env", "/%2eenv", "/..%2f..%2fetc%2fpasswd", "/absent.html"])
def test_hidden_files_and_others_are_not_served(server, app, path) -> None:
    assert get(server, path)[0] == 404


def test_a_link_out_of_the_folder_is_not_followed(server, app, tmp_path) -> None:
    (tmp_path / "private.txt").write_text("private")
    (app / "link.txt").symlink_to(tmp_path / "private.txt")
    assert get(server, "/link.txt")[0] == 404


def test_another_host_is_refused(server) -> None:
    status, _, text = get(server, "/", Host="evil.example")
    assert status in (400, 403, 421)
    assert "My app" not in text


def test_it_warns_if_the_network_can_read_the_folder(app, caplog) -> None:
    with FolderServer(app, API_URL):
        assert not caplog.records
    with FolderServer(app, API_URL, host="0.0.0.0"):
        (record,) = caplog.records
    assert record.getMessage() == f"Anyone on your network can read the files in {app}."


def test_a_change_is_an_event_for_pages(server, app, tmp_path) -> None:
    with urllib.request.urlopen(f"{server.url}/.podio-web/changes", timeout=20) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        first = events.readline().decode()
        # At once: a file that is half written would be a change too.
        (tmp_path / "main.py").write_text("print(2, 3)", encoding="utf-8")
        (tmp_path / "main.py").replace(app / "main.py")
        later = next(line for line in map(bytes.decode, events) if line.startswith("data: "))
    assert first == f"data: {first[6:22]}\n"
    assert later != first
    assert later[6:].strip() == fingerprint(app)


def test_what_is_not_served_is_no_change(app) -> None:
    before = fingerprint(app)
    for name in (".pytest_cache/state", "__pycache__/main.pyc", "node_modules/x/a.js", "test-results/a.txt", ".env"):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("changed")
    (app / "nothing").mkdir()
    assert fingerprint(app) == before
    (app / "gone").symlink_to("nowhere")
    assert fingerprint(app) == before
    (app / "main.py").rename(app / "other.py")
    assert fingerprint(app) != before


def test_events_come_at_once_and_after_changes_with_comments_in_between() -> None:
    looks = iter(["a", "a", "b", *["b"] * 30])

    async def look() -> str:
        return next(looks)

    async def collect() -> list[str]:
        found = []
        async for event in change_events(look, lambda seconds: asyncio.sleep(0)):
            found.append(event)
            if event == ":\n\n":
                return found
        raise AssertionError("it never ends")

    assert asyncio.run(collect()) == ["data: a\n\n", "data: b\n\n", ":\n\n"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"<p>Hi", b"*<p>Hi"),
        (b"", b"*"),
        (b"<!DOCTYPE html><html lang=en>", b"<!DOCTYPE html>*<html lang=en>"),
        (b"\xef\xbb\xbf <!-- > --> <!doctype html>\n<p>", b"\xef\xbb\xbf <!-- > --> <!doctype html>*\n<p>"),
        (b"<!-- never closed <p>", b"*<!-- never closed <p>"),
    ],
)
def test_the_script_comes_after_the_doctype(page, expected) -> None:
    assert with_script(page, b"*") == expected


@pytest.mark.parametrize(
    ("name", "files", "explanation"),
    [
        ("absent", (), "does not exist. Make it with: podio-web new "),
        ("no app", (), "no app does not exist. Make it with: podio-web new '/"),
        ("file", (), "is not a folder. Name the folder that has index.html."),
        ("empty", (), "has no index.html. Make an app with: podio-web new my-app"),
        ("flask", ("app.py",), "Run podio-web sandbox, and python app.py in another terminal."),
    ],
)
def test_a_folder_without_a_page_is_explained(tmp_path, capsys, name, files, explanation) -> None:
    (tmp_path / "file").write_text("")
    if name not in ("absent", "no app", "file"):
        (tmp_path / name).mkdir()
    for file in files:
        (tmp_path / name / file).touch()
    assert cli.main(["serve", str(tmp_path / name)]) == 1
    said = capsys.readouterr().err
    assert explanation in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(("option", "more"), [("--port", ()), ("--sandbox-port", ("--port", "0"))])
def test_a_port_in_use_is_named(app, server, capsys, option, more) -> None:
    port = server.url.rpartition(":")[2]
    assert cli.main(["serve", str(app), option, port, *more]) == 1
    assert f"in use. Choose another one with {option}" in capsys.readouterr().err


def test_without_the_extra_the_import_names_it() -> None:
    code = "import sys; sys.modules['uvicorn'] = None; import podio_web.serve"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "uvicorn is not installed, which podio_web.serve needs: pip install 'podio-web[sandbox]'" in ran.stderr


@needs_posix("signals that a process can send to another")
def test_the_command_serves_until_it_is_stopped(app) -> None:
    command = [sys.executable, "-m", "podio_web.cli", "serve", str(app), "--port", "0", "--sandbox-port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        page, podio = (run.stdout.readline().split()[1] for _ in range(2))
        assert run.stdout.readline() == "Sign in as demo@example.com with the password demo.\n"
        with urllib.request.urlopen(f"{page}podio.json", timeout=20) as response:
            assert json.load(response)["api_url"] == podio
        run.send_signal(signal.SIGTERM)
        _, errors = run.communicate(timeout=20)
    assert (run.returncode, errors) == (0, "")
