"""What `podio-web new` makes, as `podio-web serve` shows it: signing in, a reload when a file changes, its own test."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from assets_wheel import build_wheel
from playwright.sync_api import BrowserContext, Page, expect

from podio_web.new_app import KINDS
from podio_web.new_app.app import make_app
from podio_web.serve import FolderServer
from podio_web.site_builder.prebuilt import Prebuilt
from podio_web.testing import SandboxControl
from tests.browser.fast import START
from tests.browser.tab import allow
from tests.packaging.environments import Environment

# The browser of the tests, and their patience, for an app's own test.
CONFTEST = """
import pytest
from playwright.sync_api import expect

@pytest.fixture(scope="session")
def browser_type_launch_args():
    expect.set_options(timeout={start})
    return {options!r}

@pytest.fixture(autouse=True)
def patient(request):
    if "page" in request.fixturenames:
        request.getfixturevalue("page").set_default_timeout({start})
"""


@pytest.fixture(scope="session")
def prebuilt(root: Path) -> Prebuilt:
    return Prebuilt(root / ".make" / "site")


def sign_in(page: Page) -> None:
    """Click the button, once it can be clicked."""
    page.get_by_role("button", name="Sign in to Podio").click(timeout=START)


@pytest.mark.parametrize("kind", ["page", "script-tag"])
def test_a_new_app_signs_in_and_follows_its_files(
    first_page: Page, prebuilt: Prebuilt, tmp_path: Path, sandbox: SandboxControl, kind: str
) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    app = tmp_path / "app"
    make_app(app, kind, prebuilt=lambda: prebuilt)
    greeting = first_page.get_by_role("status")
    with FolderServer(app, sandbox.url) as server:
        first_page.goto(server.url)
        sign_in(first_page)
        expect(greeting).to_have_text("Hello Demo Person")
        page = (app / "index.html").read_text(encoding="utf-8")
        (app / "index.html").write_text(page.replace("My Podio app", "Tasks"), encoding="utf-8")
        expect(first_page).to_have_title("Tasks")
        expect(greeting).to_have_text("Hello Demo Person", timeout=START)
        first_page.goto("about:blank")


@pytest.mark.every_browser
@pytest.mark.only_browser("chromium")
@pytest.mark.parametrize("kind", KINDS)
def test_the_test_of_a_new_app_passes(
    browser_name: str,
    browser_type_launch_args: dict[str, Any],
    root: Path,
    prebuilt: Prebuilt,
    tmp_path: Path,
    kind: str,
) -> None:
    app = tmp_path / "app"
    make_app(app, kind, prebuilt=lambda: prebuilt)
    its_test_passes(app, root, browser_name, browser_type_launch_args)


def its_test_passes(app: Path, root: Path, browser_name: str, options: dict[str, Any]) -> None:
    """Run the test of an app, which is the only one in its folder."""
    (app / "conftest.py").write_text(CONFTEST.format(options=options, start=START), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "podio_web.testing.plugin", "--browser", browser_name],
        cwd=app,
        env={**os.environ, "PYTHONPATH": str(root), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert "1 passed" in ran.stdout, ran.stdout[-3000:] + ran.stderr[-3000:]


class Shell:
    """A machine with Python only: the commands of the documentation run in an environment of their own.

    Args: ``environment`` is where pip installs, ``folder`` is where the commands start.
    """

    def __init__(self, environment: Environment, folder: Path) -> None:
        self._folder = folder
        # sh itself, and pip of this Python, which installs into the environment.
        programs = folder / "programs"
        programs.mkdir()
        (programs / "sh").symlink_to(shutil.which("sh") or "/bin/sh")
        pip = programs / "pip"
        pip.write_text(f'#!{programs}/sh\nexec {sys.executable} -m pip --python {environment.python} "$@"\n')
        pip.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        self._variables = {**kept, "PATH": f"{environment.bin}:{programs}", "PYTHONUNBUFFERED": "1"}

    def find(self, program: str) -> str | None:
        """Return where a program is, or None."""
        return shutil.which(program, path=self._variables["PATH"])

    def start(self, commands: str) -> "subprocess.Popen[str]":
        """Run commands. The last one takes the place of the shell, so that the process can be ended."""
        *before, last = commands.strip().splitlines()
        return subprocess.Popen(
            ["sh", "-ec", "\n".join([*before, f"exec {last}"])],
            cwd=self._folder,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="session")
def wheels(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels of podio-web and podio-web-assets."""
    folder = tmp_path_factory.mktemp("wheels")
    (wheel,) = (root / "dist").glob("podio_web-*.whl")
    shutil.copy(wheel, folder)
    build_wheel(root / ".make" / "site", folder)
    return folder


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(Environment(tmp_path / "environment", sys.executable), tmp_path)


def start_commands(root: Path, wheels: Path) -> str:
    """Return the README's commands. What is not published yet comes from ``wheels``, and ports are free ones."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    found = re.search(r"## Start in a minute\n.*?```sh\n(.*?)```", readme, re.DOTALL)
    assert found is not None
    commands = found[1]
    for reader, ours in [
        ("pip install ", f"pip install --quiet --pre --find-links {shlex.quote(str(wheels))} "),
        ("podio-web serve .\n", "podio-web serve . --port 0 --sandbox-port 0\n"),
    ]:
        assert commands.count(reader) == 1
        commands = commands.replace(reader, ours)
    return commands


@pytest.mark.only_browser("chromium")
def test_a_machine_with_python_only_has_an_app_in_four_commands(
    new_context: Any, root: Path, wheels: Path, shell: Shell
) -> None:
    assert [shell.find(program) for program in ("node", "npm", "git", "make")] == [None] * 4
    with shell.start(start_commands(root, wheels)) as running:
        try:
            assert running.stdout is not None
            said = []
            for line in running.stdout:
                said.append(line)
                if line.startswith("Pages reload"):
                    break
            addresses = dict(line.split()[:2] for line in said if line.startswith(("Page:", "Podio:")))
            assert {"Page:", "Podio:"} <= set(addresses), "".join(said)
            context: BrowserContext = new_context()
            page = context.new_page()
            page.goto(addresses["Page:"])
            with page.expect_popup(timeout=START) as popup:
                sign_in(page)
            allow(popup.value)
            expect(page.get_by_role("status")).to_have_text("Hello Demo Person")
            page.goto("about:blank")
        finally:
            running.terminate()
