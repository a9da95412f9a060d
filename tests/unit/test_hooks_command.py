"""``podio-web hooks`` against the sandbox: it lists hooks without their secrets, and has one verified again."""

from __future__ import annotations

import pytest

from podio_web import SyncPodio, cli
from podio_web.hooks import Hook
from podio_web.hooks_command import lines
from podio_web.testing import SandboxControl
from tests.unit.hooks_support import SECRET
from tests.unit.test_model_command import NAMES, PERSON, TOKEN


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in TOKEN.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def hook_id(podio_sandbox: SandboxControl) -> int:
    podio_sandbox.reset()
    with SyncPodio("client", "demo-client", api_url=podio_sandbox.url) as podio:
        podio.set_access_token(podio_sandbox.issue_token())
        body = {"url": f"http://127.0.0.1:9/podio/{SECRET}", "type": "item.create"}
        return int(podio.post("/hook/app/3001/", body)["hook_id"])


@pytest.mark.usefixtures("environment")
def test_hooks_are_listed_without_their_secrets(
    podio_sandbox: SandboxControl, hook_id: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["hooks", "3001", "--api-url", podio_sandbox.url]) == 0
    assert capsys.readouterr().out == f"{hook_id}  inactive  item.create  http://127.0.0.1:9/podio/wJ3k…\n"


def test_a_person_may_list_them_too(
    podio_sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    podio_sandbox.reset()
    for name, value in PERSON.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["hooks", "3001", "--api-url", podio_sandbox.url]) == 0
    assert capsys.readouterr().out == "App 3001 has no hooks.\n"


@pytest.mark.usefixtures("environment")
def test_a_hook_is_verified_again(
    podio_sandbox: SandboxControl, hook_id: int, capsys: pytest.CaptureFixture[str]
) -> None:
    podio_sandbox.deliveries(wait=10)
    before = len(podio_sandbox.deliveries())
    assert cli.main(["hooks", "3001", "--verify", str(hook_id), "--api-url", podio_sandbox.url]) == 0
    assert capsys.readouterr().out.startswith("Podio sends a code to http://127.0.0.1:9/podio/wJ3k….")
    assert len(podio_sandbox.deliveries(wait=10)) == before + 1


@pytest.mark.usefixtures("environment")
def test_a_hook_that_is_not_there_is_an_error(
    podio_sandbox: SandboxControl, capsys: pytest.CaptureFixture[str]
) -> None:
    podio_sandbox.reset()
    assert cli.main(["hooks", "3001", "--verify", "5", "--api-url", podio_sandbox.url]) == 1
    assert "app 3001 has no hook 5" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["--verify", "5"]])
def test_it_says_how_to_sign_in(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["hooks", "3001", *arguments]) == 1
    assert "set PODIO_CLIENT_ID and PODIO_CLIENT_SECRET in the environment" in capsys.readouterr().err


def test_a_wrong_id_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["hooks", "3001", "--verify", "abc"])
    assert "'abc' is not the ID of a hook" in capsys.readouterr().err


def test_lines_have_columns() -> None:
    hooks = [
        Hook(5, "item.create", "https://example.com/a", "active"),
        Hook(12, "a.b", "https://b.example/", "inactive"),
    ]
    assert lines(hooks) == [
        "5   active    item.create  https://example.com/a\n",
        "12  inactive  a.b          https://b.example/\n",
    ]
