"""``podio-web model`` against the sandbox: signing in from the environment, what is written, and what is compared."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from podio_web import cli
from podio_web.testing import SandboxControl
from tests.conftest import ROOT

KEY = {"PODIO_CLIENT_ID": "demo-client", "PODIO_CLIENT_SECRET": "demo-secret"}
TOKEN = {**KEY, "PODIO_APP_TOKEN": f"{3001:032x}"}
PERSON = {**KEY, "PODIO_USERNAME": "demo@example.com", "PODIO_PASSWORD": "demo"}
NAMES = (*PERSON, "PODIO_APP_TOKEN", "PODIO_APP_ID")


class Command:
    """Run ``podio-web model`` with an environment."""

    def __init__(self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, environment: dict[str, str], *arguments: str, app: int = 3001) -> tuple[int, str, str]:
        """Return the exit status, and what was written to stdout and stderr."""
        for name in NAMES:
            self._monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)
        status = cli.main(["model", str(app), "--api-url", self.url, *arguments])
        out, err = self._capsys.readouterr()
        return status, out, err


@pytest.fixture
def model(
    podio_sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    podio_sandbox.reset()
    return Command(podio_sandbox.url, monkeypatch, capsys)


@pytest.mark.parametrize("environment", [TOKEN, PERSON, {**TOKEN, "PODIO_APP_ID": "3001"}])
def test_the_class_is_written_and_fits(model: Command, tmp_path: Path, environment: dict[str, str]) -> None:
    status, text, err = model(environment)
    assert (status, err) == (0, "")
    assert "class Task(Item, app=3001):" in text
    assert '    time_spent = fields.Duration()  # "Time spent"\n' in text
    file = tmp_path / "task.py"
    file.write_text(text, encoding="utf-8")
    assert model(environment, "--check", str(file)) == (0, "", "")


def test_it_can_be_redirected_into_a_file(podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    # The encoding of the terminal does not matter.
    environment = {**os.environ, **TOKEN, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "podio_web.cli", "model", "3001", "--sync", "--api-url", podio_sandbox.url]
    with (tmp_path / "task.py").open("wb") as file:
        subprocess.run(command, env=environment, stdout=file, timeout=60, check=True)
    names: dict[str, object] = {}
    exec(compile((tmp_path / "task.py").read_bytes(), "task.py", "exec"), names)
    assert "Task" in names


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_has_changed_is_listed(model: Command, tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "task.py"
    file.write_text(
        "class Task(Item, app=3001):\n"
        "    title = fields.Text()\n"
        '    status = fields.Category()  # "Status": To do | In progress | Finished\n'
        "    hours = fields.Text()\n"
        "    old = fields.Text()\n",
        encoding=encoding,
    )
    status, out, err = model(TOKEN, "--check", str(file))
    assert (status, err) == (1, "")
    assert out.splitlines()[:5] == [
        "old: deleted",
        "title: required",
        "description: new, of type text",
        "status: Done is new",
        "status: Finished is gone",
    ]
    assert "hours: is of type number, not text" in out.splitlines()


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "set PODIO_CLIENT_ID and PODIO_CLIENT_SECRET in the environment"),
        ({"PODIO_CLIENT_ID": "demo-client"}, "set PODIO_CLIENT_SECRET in the environment"),
        (KEY, "set PODIO_APP_TOKEN, the token on the Developer page of app 3001, or PODIO_USERNAME and PODIO_PASSWORD"),
        ({**KEY, "PODIO_USERNAME": "demo@example.com"}, "or PODIO_USERNAME and PODIO_PASSWORD"),
        ({**TOKEN, "PODIO_APP_ID": "3002"}, "PODIO_APP_TOKEN is for app 3002, as PODIO_APP_ID says"),
        ({**TOKEN, "PODIO_APP_TOKEN": "wrong"}, "app"),
        ({**PERSON, "PODIO_PASSWORD": "wrong"}, "password"),
        ({**PERSON, "PODIO_CLIENT_ID": " "}, "a PODIO_ variable in the environment is wrong: client_id is missing"),
        ({**PERSON, "PODIO_PASSWORD": "\udcff"}, "a PODIO_ variable in the environment is wrong: "),
    ],
)
def test_a_sign_in_that_is_not_possible_is_explained(model: Command, environment: dict[str, str], said: str) -> None:
    status, out, err = model(environment)
    assert (status, out) == (2, "")
    assert err.startswith("podio-web: ")
    assert said in err


def test_the_password_is_used_if_the_token_is_of_another_app(model: Command) -> None:
    status, text, _ = model({**TOKEN, **PERSON, "PODIO_APP_ID": "3002"})
    assert status == 0
    assert "class Task(" in text


def test_an_app_that_is_not_there(model: Command) -> None:
    status, out, err = model(PERSON, app=99)
    assert (status, out) == (2, "")
    assert "404 for GET /app/99" in err


@pytest.mark.parametrize("environment", [TOKEN, PERSON])
@pytest.mark.parametrize("wrong", [None, "PODIO_CLIENT_SECRET", "PODIO_APP_TOKEN", "PODIO_PASSWORD"])
def test_no_secret_is_shown(model: Command, environment: dict[str, str], wrong: str | None) -> None:
    changes = {wrong: "hush-hush"} if wrong in environment else {}
    status, out, err = model({**environment, **changes})
    assert status == (2 if changes else 0)
    assert [each for each in ("demo-secret", f"{3001:032x}", "hush-hush") if each in out + err] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read"),
        (b"\xff", "is not UTF-8"),
        (b"class", "it is not Python"),
        (b"class Client(Item, app=3002): pass", "it declares app 3002, not app 3001"),
    ],
)
def test_a_file_that_is_not_the_class_is_explained(
    model: Command, tmp_path: Path, content: bytes | None, said: str
) -> None:
    file = tmp_path / "task.py"
    if content is not None:
        file.write_bytes(content)
    status, out, err = model(TOKEN, "--check", str(file))
    assert (status, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("arguments", [[], ["tasks"], ["0"], ["-1"], ["3001", "--token", "abc"]])
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["model", *arguments])
    assert ended.value.code == 2
    assert "usage: podio-web" in capsys.readouterr().err


def test_the_help_names_the_variables(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["model", "--help"])
    shown = capsys.readouterr().out
    assert [name for name in NAMES if name not in shown] == ["PODIO_APP_ID"]
