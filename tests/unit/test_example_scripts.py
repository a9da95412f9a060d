"""The scripts of examples/script: run again and again, they sign in once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from podio_web.testing import SandboxControl
from tests.examples_support import run_script

SCRIPTS = {
    "password_flow.py": "Signed in as Demo Person\nExample Works: Private, Team\n",
    "app_flow.py": "Newest in Tasks:\n- ",
}


@pytest.fixture(params=SCRIPTS)
def run(request: pytest.FixtureRequest, podio_sandbox: SandboxControl, tmp_path: Path) -> Callable[[], str]:
    """Run one of the scripts against a fresh sandbox, with a session file that is not there yet."""
    podio_sandbox.reset()
    script: str = request.param

    def run() -> str:
        printed = run_script(script, PODIO_API_URL=podio_sandbox.url, PODIO_SESSION=str(tmp_path / "session.json"))
        assert SCRIPTS[script] in printed
        return printed

    return run


def token_requests(sandbox: SandboxControl) -> list[int]:
    return [call["status"] for call in sandbox.calls("/oauth/token")]


def test_a_script_run_twice_signs_in_once(run: Callable[[], str], podio_sandbox: SandboxControl) -> None:
    run()
    run()
    assert token_requests(podio_sandbox) == [200]


@pytest.mark.parametrize("rotate", [False, True])
def test_a_script_run_after_expiry_refreshes_once(
    run: Callable[[], str], podio_sandbox: SandboxControl, rotate: bool
) -> None:
    podio_sandbox.settings(rotate_refresh_tokens=rotate)
    run()
    podio_sandbox.expire_tokens()
    run()
    run()
    assert token_requests(podio_sandbox) == [200, 200]


@pytest.mark.parametrize("expired", [False, True])
def test_a_script_whose_grant_was_revoked_signs_in_again_at_once(
    run: Callable[[], str], podio_sandbox: SandboxControl, expired: bool
) -> None:
    run()
    podio_sandbox.revoke_tokens()
    if expired:
        podio_sandbox.expire_tokens()
    run()
    run()
    assert token_requests(podio_sandbox) == [200, 400, 200]


def test_a_script_prints_and_logs_no_secret(run: Callable[[], str], tmp_path: Path) -> None:
    printed = run()
    stored = (tmp_path / "session.json").read_text()
    secrets = [text for text in stored.split('"') if len(text) == 32 and text.isalnum()]
    assert len(secrets) >= 2
    for secret in [*secrets, "demo-secret", f"{3001:032x}"]:
        assert secret not in printed
