"""The pages for newcomers: their steps, done word by word, end in a page that works."""

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docs_pieces import expected_output
from playwright.sync_api import BrowserContext, FilePayload, Page, Route, expect

from podio_web.cli import main
from podio_web.new_app.app import make_app
from podio_web.serve import FolderServer
from podio_web.site_builder.prebuilt import Prebuilt
from podio_web.testing import SandboxControl
from tests.browser.demo import in_podio, popup_from
from tests.browser.fast import START
from tests.browser.served import NONCE, Served
from tests.browser.tab import allow, enter_password, shows
from tests.browser.test_in_page import archive, packages
from tests.browser.test_new_app import Shell, its_test_passes, prebuilt, shell, sign_in, wheels
from tests.browser.test_sync import SyncPage
from tests.browser.watch import Watched
from tests.docs_steps import Step, steps, write
from tests.examples_support import free_port

__all__ = ["prebuilt", "shell", "wheels"]  # fixtures

NewContext = Callable[..., BrowserContext]


@pytest.fixture(autouse=True)
def pip(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Let pip find what is not published yet. The commands themselves stay as the page has them."""
    if "shell" in request.fixturenames:
        for name, value in [
            ("PIP_FIND_LINKS", str(request.getfixturevalue("wheels"))),
            ("PIP_PRE", "1"),
            ("PIP_QUIET", "1"),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
        ]:
            monkeypatch.setenv(name, value)


def commands(step: Step, ours: str) -> str:
    """Return the commands of a step. Its last one, a server, gets options of ours, so that its ports are free ones."""
    return f"{step.text.rstrip()} {ours}"


@contextmanager
def started(shell: Shell, text: str, sign: str) -> Iterator[list[str]]:
    """Run commands in a terminal until they have printed ``sign``. Yield the lines."""
    with shell.start(text) as running:
        try:
            assert running.stdout is not None
            said: list[str] = []
            for line in running.stdout:
                said.append(line)
                if sign in line:
                    break
            assert any(sign in line for line in said), "".join(said)
            yield said
        finally:
            running.terminate()


def address(lines: list[str], label: str) -> str:
    """Return the address that a command has printed behind a label."""
    (found,) = [line.split()[1] for line in lines if line.startswith(label)]
    return found


@pytest.mark.only_browser("chromium")
def test_the_start_page_leads_from_nothing_to_a_page_of_one_s_own(
    new_context: NewContext, shell: Shell, tmp_path: Path
) -> None:
    make, *own = steps("start-page.md")[:3]
    assert [shell.find(program) for program in ("node", "npm", "git", "make")] == [None] * 4
    with started(shell, commands(make, "--port 0 --sandbox-port 0"), "Pages reload") as said:
        page = new_context().new_page()
        page.goto(address(said, "Page:"))
        button, status = page.get_by_role("button", name="Sign in to Podio"), page.get_by_role("status")
        expect(button).to_be_enabled(timeout=START)
        allow(popup_from(page, button))
        expect(status).to_have_text("Hello Demo Person", timeout=START)
        for step in own:
            write(step, tmp_path / "my-app")
        # The page is reloaded, and the session is kept.
        expect(status).to_have_text("36 tasks", timeout=START)
        expect(page.get_by_role("listitem")).to_have_count(5)
        expect(page.get_by_role("listitem").first).to_have_text("Check the contact form")
        page.goto("about:blank")

        # What the page's list says: while Python loads, and when the popup is closed.
        page = new_context().new_page()
        held: list[Route] = []
        page.route("**/main.py", lambda route: held.append(route))
        with page.expect_request("**/main.py", timeout=START):
            page.goto(address(said, "Page:"))
        button, status = page.get_by_role("button"), page.get_by_role("status")
        expect(status).to_have_text("Python is loading …")
        expect(button).to_be_disabled()
        held[0].continue_()
        expect(status).to_have_text("You are signed out.", timeout=START)
        popup = popup_from(page, button)
        shows(popup, "login-username")
        popup.close()
        expect(status).to_contain_text("closed")
        allow(popup_from(page, button))
        expect(status).to_have_text("36 tasks")
        page.goto("about:blank")


@pytest.mark.only_browser("chromium")
def test_the_start_page_for_servers_leads_from_nothing_to_an_application(
    new_context: NewContext, shell: Shell, tmp_path: Path
) -> None:
    make, start, home = steps("start-server.md")[:3]
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    with started(shell, commands(make, "--port 0"), "http://") as said:
        (url,) = {word.rstrip(".,") for line in said for word in line.split() if word.startswith("http://")}
        settings = f"export PORT={port} PODIO_API_URL={url}\n"
        page = new_context().new_page()
        with started(shell, settings + start.text, "Uvicorn running"):
            page.goto(f"http://localhost:{port}")
            page.get_by_role("link", name="Sign in to Podio").click()
            enter_password(page)
            page.get_by_test_id("consent-allow").click()
            expect(page.get_by_text("Hello Demo Person")).to_be_visible()
        app = tmp_path / "my-app" / home.name
        before, function, after = split_function(app.read_text(encoding="utf-8"), "home")
        assert function.startswith("async def home(request):")
        app.write_text(before + home.text + after, encoding="utf-8")
        with started(shell, settings + start.text, "Uvicorn running"):
            page.goto(f"http://localhost:{port}")
            page.get_by_role("link", name="Sign in to Podio").click()
            page.get_by_test_id("consent-allow").click()
            expect(page.get_by_text("36 tasks")).to_be_visible()
            expect(page.get_by_role("listitem").first).to_have_text("Check the contact form")
            page.goto("about:blank")


def split_function(text: str, name: str) -> tuple[str, str, str]:
    """Return what is before a function at the top level, the function, and what comes after it."""
    start = text.index(f"async def {name}(")
    end = text.index("\n\n\n", start) + 1
    return text[:start], text[start:end], text[end:]


OWN = ("index.html", "main.py")


def follow_tutorial(app: Path, prebuilt: Prebuilt, root: Path) -> None:
    """Do what the tutorial says, up to its last step."""
    make_app(app, "page", prebuilt=lambda: prebuilt)
    (wheel,) = (root / "dist").glob("podio_web-*.whl")
    shutil.copy(wheel, app)
    for step in steps("tutorial.md"):
        if step.name in OWN:
            write(step, app)


@pytest.mark.every_browser
def test_the_tutorial_ends_in_a_list_that_is_edited_has_files_and_follows_others(
    first_page: Page, root: Path, prebuilt: Prebuilt, tmp_path: Path, sandbox: SandboxControl
) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    app = tmp_path / "tasks"
    follow_tutorial(app, prebuilt, root)
    page, status = first_page, first_page.get_by_role("status")
    with FolderServer(app, sandbox.url) as server:
        page.goto(server.url)
        sign_in(page)
        expect(page.locator("#count")).to_have_text("10 of 36 tasks", timeout=START)
        page.get_by_role("button", name="Repaint the meeting room").click()
        page.get_by_label("Title").fill("Repaint the kitchen")
        page.get_by_role("button", name="Save").click()
        # Two ways lead to the new title: the page's own look at the list, and the event about the change.
        expect(status).to_have_text("Saved.")
        expect(page.get_by_role("button", name="Repaint the kitchen: In progress")).to_be_visible()
        sandbox.edit("update", 6102, fields={"title": "Repaint the hall"})
        page.get_by_label("Title").fill("Repaint the office")
        page.get_by_role("button", name="Save").click()
        expect(status).to_have_text("Somebody else has changed: title. Save again to replace it.")
        page.get_by_role("button", name="Save").click()
        expect(status).to_have_text("Saved.")
        plan: FilePayload = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"plan"}
        page.get_by_label("Add a file").set_input_files([plan])
        expect(status).to_have_text("plan.txt is at the task.")
        sandbox.edit("update", 6103, fields={"title": "Order new signs"})
        expect(page.get_by_role("button", name="Order new signs")).to_be_visible()
        page.goto("about:blank")
    item = in_podio(sandbox, 6102)
    assert item["title"] == "Repaint the office"
    assert [file["name"] for file in item["files"]] == ["plan.txt"]  # type: ignore[attr-defined]


def test_the_test_of_the_tutorial_passes(
    browser_name: str,
    browser_type_launch_args: dict[str, Any],
    root: Path,
    prebuilt: Prebuilt,
    tmp_path: Path,
) -> None:
    app = tmp_path / "tasks"
    follow_tutorial(app, prebuilt, root)
    (step,) = [step for step in steps("tutorial.md") if step.name == "test_app.py"]
    write(step, app)
    its_test_passes(app, root, browser_name, browser_type_launch_args)


def test_the_list_of_the_how_to_follows(
    first_page: Page, prebuilt: Prebuilt, tmp_path: Path, sandbox: SandboxControl
) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    app = tmp_path / "tasks"
    make_app(app, "page", prebuilt=lambda: prebuilt)
    (follower,) = [step.text for step in steps("live-list.md") if "class Follower" in step.text]
    (app / "follower.py").write_text(follower, encoding="utf-8")
    for step in steps("live-list.md", "The page"):
        write(step, app)
    page, status = first_page, first_page.get_by_role("status")
    with FolderServer(app, sandbox.url) as server:
        page.goto(server.url)
        sign_in(page)
        expect(status).to_have_text("36 tasks", timeout=START)
        expect(page.locator("#connection")).to_have_text("Changes of others appear at once.")
        sandbox.edit("create", app_id=3001, fields={"title": "Paint the fence"})
        expect(status).to_have_text("37 tasks")
        expect(page.get_by_role("listitem").first).to_have_text("Paint the fence")
        page.goto("about:blank")


@contextmanager
def http_server(folder: Path) -> Iterator[str]:
    """Serve a folder with ``python -m http.server``, and yield the address of the pages."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"port (\d+)", server.stdout.readline())
            assert found is not None
            yield f"http://localhost:{found[1]}"
        finally:
            server.terminate()


@pytest.mark.every_browser
def test_a_page_of_one_s_own_works_offline(
    first_page: Page, root: Path, tmp_path: Path, sandbox: SandboxControl, watched: Watched
) -> None:
    page, make, serve = steps("offline.md", "A page that names its client")
    assert 'client_id="demo-client", api_url="http://127.0.0.1:8001"' in page.text
    write(replace(page, text=page.text.replace("http://127.0.0.1:8001", sandbox.url)), tmp_path)
    assets, start = make.text.splitlines()
    arguments = assets.replace("podio-web assets . ", "").split()
    assert main(["assets", str(tmp_path), *arguments, "--node-modules", str(root / "node_modules")]) == 0
    assert start == "podio-web sandbox --port 8001", "it is the sandbox of the tests here"
    assert serve.text == "python -m http.server 8000\n"
    status, button = first_page.get_by_role("status"), first_page.get_by_role("button")
    with http_server(tmp_path) as url:
        first_page.goto(url)
        expect(status).to_have_text("Python has started.", timeout=START)
        allow(popup_from(first_page, button))
        expect(status).to_have_text("Hello Demo Person")

        # And without the sandbox.
        nobody = f"http://127.0.0.1:{free_port()}"
        write(
            replace(page, before="Replace `index.html`:", text=page.text.replace("http://127.0.0.1:8001", nobody)),
            tmp_path,
        )
        watched.expect("ERR_|NetworkError|unsafe port|refused|CORS")
        first_page.goto(f"{url}?without")
        expect(status).to_have_text("Python has started.", timeout=START)
        popup = popup_from(first_page, button)
        # The browser's own error. Firefox cannot close a window that is still opening, and the driver waits for ever.
        expect(popup.locator("h1")).to_be_visible()
        popup.close()
        expect(status).to_contain_text("closed")
        first_page.goto("about:blank")


WORKER = """
import contextlib, io
from pyodide.code import eval_code_async
printed = io.StringIO()
names = {{"response": {response!r}}}
with contextlib.redirect_stdout(printed):
    await eval_code_async({piece!r}, names)
kept["names"] = names
return printed.getvalue()
"""


@pytest.mark.every_browser
def test_python_in_a_worker_has_a_sandbox_and_takes_a_token(
    new_profile: Callable[..., BrowserContext], sandbox: SandboxControl, watched: Watched
) -> None:
    run, token = [step for step in steps("other-hosts.md") if step.language == "python"]
    context, content = new_profile(), archive()
    context.route("**/packages.zip", lambda route: packages(route, content))
    with watched.watching(context):
        python = SyncPage(context, sandbox.url, "worker").open()
        python.run("""
            from pyodide.http import pyfetch
            response = await pyfetch("/packages.zip")
            await response.unpack_archive(format="zip")
        """)
        assert python.run(WORKER.format(piece=run.text, response="")) == expected_output(run.text)
        ours = token.text.replace('client_id="my-app"', f'client_id="demo-client", api_url="{sandbox.url}"')
        assert ours != token.text
        python.run(WORKER.format(piece=ours, response=json.dumps(sandbox.issue_token("demo@example.com"))))
        assert python.run('return kept["names"]["name"]') == "Demo Person"
        assert python.raises('await kept["names"]["podio"].login()').type == "PopupBlocked"
    context.close()


LATE = """() => {
  const script = document.createElement("script");
  script.type = "py";
  script.textContent = "from pyscript import document\\ndocument.querySelector('#status').textContent = 'late'";
  document.body.append(script);
}"""


def test_a_block_of_pyscript_that_is_added_late_runs(
    first_page: Page, prebuilt: Prebuilt, tmp_path: Path, sandbox: SandboxControl
) -> None:
    app = tmp_path / "app"
    make_app(app, "page", prebuilt=lambda: prebuilt)
    with FolderServer(app, sandbox.url) as server:
        first_page.goto(server.url)
        expect(first_page.get_by_role("button")).to_be_enabled(timeout=START)
        first_page.evaluate(LATE)
        expect(first_page.get_by_role("status")).to_have_text("late")
        first_page.goto("about:blank")


BLOCK = "import js\njs.document.title += ' {name}'\n"
LATE_BLOCK = """(text) => {
  const script = document.createElement("script");
  script.type = "text/python";
  script.dataset.podio = "";
  script.nonce = document.querySelector("script[data-client-id]").nonce;
  script.textContent = text;
  document.body.append(script);
}"""


def test_a_block_of_the_script_tag_that_is_added_late_does_not_run(served: Served) -> None:
    own = f'<script type="text/python" data-podio nonce="{NONCE}">\n{BLOCK.format(name="own")}</script>'
    served.open(served.tag(nonce=NONCE) + own)
    expect(served.page).to_have_title("Served own")
    served.page.evaluate(LATE_BLOCK, BLOCK.format(name="late"))
    # Python answers after the block was added, so it would have run.
    assert served.outcome("(await podioWeb.ready).isAuthenticated()") == {"value": False}
    expect(served.page).to_have_title("Served own")
