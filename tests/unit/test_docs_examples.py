"""The Python of the README and of the docs: each piece that can run by itself runs here, in a process of its own, and
prints nothing that a reader would not expect."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs_pieces import fences

import podio_web
from podio_web.testing import SandboxControl

ROOT = Path(podio_web.__file__).parent.parent
PAGES = {path.name: path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("[a-z]*.md")))}
PIECES = [
    (name, each.text)
    for name, path in PAGES.items()
    for each in fences(name, path.read_text(encoding="utf-8"))
    if each.language == "python"
]


def piece(page: str, *signs: str) -> str:
    """Return the piece of a page that has these signs."""
    (found,) = [each for name, each in PIECES if name == page and all(sign in each for sign in signs)]
    return found


def run(program: str, folder: Path, **environment: str) -> str:
    """Run a program that warns of everything; return what it printed. It must write nothing to stderr."""
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", program],
        cwd=folder,
        env={
            **os.environ,
            "HOME": str(folder),
            "USERPROFILE": str(folder),
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


TEST_OF_THE_APP = """
import json
from urllib.request import urlopen


def test_app(base_url, podio_sandbox):
    with urlopen(f"{base_url}/podio.json") as response:
        assert json.load(response) == {"client_id": "demo-client", "api_url": podio_sandbox.url}
"""
TESTING = "import asyncio\nfrom podio_web import Podio, SyncPodio\nfrom podio_web.testing import FakeTransport\n"


@pytest.mark.parametrize("expires_in", [1, 3600])
@pytest.mark.parametrize(
    "use",
    [
        "print(asyncio.run(podio.get('/item/4'))['item_id'])",
        "for _ in range(2): asyncio.run(podio.get('/item/4'))\nprint(4)",
        "asyncio.run(podio.logout())\nprint(4)",
        "asyncio.run(podio.aclose())\nprint(4)",
        "podio.on('authenticated', lambda token: asyncio.sleep(0))\npodio.set_access_token(RESPONSE)\nprint(4)",
        "print(4)",
    ],
)
def test_a_client_may_be_made_and_signed_in_before_there_is_an_event_loop(
    tmp_path: Path, use: str, expires_in: int
) -> None:
    program = f"""{TESTING}
RESPONSE = {{"access_token": "test", "expires_in": {expires_in}}}
transport = FakeTransport()
transport.answer("GET", "/item/4", {{"item_id": 4}}, times=None)
podio = Podio("client", client_id="my-app", transport=transport)
podio.set_access_token(RESPONSE)
{use}
"""
    assert run(program, tmp_path) == "4\n"


@pytest.mark.parametrize("expires_in", [1, 3600])
def test_a_client_that_blocks_says_nothing_either(tmp_path: Path, expires_in: int) -> None:
    program = f"""{TESTING}
transport = FakeTransport()
transport.answer("GET", "/item/4", {{"item_id": 4}}, times=None)
with SyncPodio("client", client_id="my-app", transport=transport) as podio:
    print(podio.is_authenticated())
    podio.set_access_token({{"access_token": "test", "expires_in": {expires_in}}})
    print(podio.get("/item/4")["item_id"])
    podio.logout()
"""
    assert run(program, tmp_path) == "False\n4\n"


@pytest.fixture
def scripts_of(podio_sandbox: SandboxControl, tmp_path: Path) -> dict[str, str]:
    """The documented scripts, with the sandbox's client and app instead of the reader's."""
    podio_sandbox.reset()
    found = {
        "README": piece("README.md", "with SyncPodio("),
        "app": piece("scripts.md", "FileStore", "authenticate_with_app"),
        "password": "from podio_web import FileStore, LoginRequired, SyncPodio\n"
        + piece("scripts.md", "authenticate_with_credentials")
        + "print(me['profile']['name'])",
    }
    names = f"secret, app_token, password = 'demo-secret', {f'{3001:032x}'!r}, 'demo'\n"
    options = f'"demo-client", secret, api_url={podio_sandbox.url!r}'
    return {
        flow: names + script.replace('"my-app", secret', options).replace("5001", "3001")
        for flow, script in found.items()
    }


@pytest.mark.parametrize("flow", ["README", "app", "password"])
@pytest.mark.parametrize("end", ["revoke", "expire", "revoke and expire", "keep"])
def test_a_script_works_again_whatever_became_of_its_session(
    scripts_of: dict[str, str], podio_sandbox: SandboxControl, tmp_path: Path, flow: str, end: str
) -> None:
    printed = run(scripts_of[flow], tmp_path)
    assert ("Demo Person\n" if flow == "password" else "Tasks\n") in printed
    (session,) = tmp_path.glob(".my-*.json")
    if "revoke" in end:
        podio_sandbox.revoke_tokens()
    if "expire" in end:
        podio_sandbox.expire_tokens()
        kept = json.loads(session.read_text())
        session.write_text(json.dumps(kept).replace(json.dumps(expiry_in(kept)), "1000.5"))
    assert run(scripts_of[flow], tmp_path) == printed
    calls = [call["status"] for call in podio_sandbox.calls("/oauth/token")]
    assert calls == {"keep": [200], "expire": [200, 200]}.get(end, [200, 400, 200])


def test_the_fixture_of_the_docs_serves_the_folder(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(piece("command-line.md", "FolderServer("), encoding="utf-8")
    (tmp_path / "podio.json").write_text('{"client_id": "my-app"}', encoding="utf-8")
    (tmp_path / "test_app.py").write_text(TEST_OF_THE_APP, encoding="utf-8")
    program = (
        "import sys, pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'podio_web.testing.plugin']))"
    )
    assert "1 passed" in run(program, tmp_path)


def expiry_in(kept: object) -> float:
    """Return the moment at which the session of a file ends."""
    found = re.search(r'"expires_at": ([0-9.]+)', json.dumps(kept))
    assert found is not None
    return float(found[1])
