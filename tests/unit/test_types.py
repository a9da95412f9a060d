"""What type checkers make of podio_web: every type is known, right uses pass, and wrong ones are errors."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

PYRIGHT = ROOT / "node_modules" / "pyright" / "index.js"
RIGHT = ["tests/types"]
# Django ships no types, and its request has no attribute `podio` before the middleware gives it one.
EXAMPLES = [
    f"examples/{name}"
    for name in ("script", "hooks_receiver", "fastapi_app", "flask_app", "quart_app", "starlette_app")
]

CLIENTS = """\
from podio_web import Podio, SyncPodio, Token
from podio_web.types import SessionStore, Transport
page, sync_page = Podio("client", "my-app"), SyncPodio("client", "my-app")
server, sync_server = Podio("server", "my-app", "hush"), SyncPodio("server", "my-app", "hush")
app, sync_app = Podio("app", "my-app", "hush"), SyncPodio("app", "my-app", "hush")
from podio_web.items import App, Item, SyncApp, SyncItem, fields
class Task(Item, app=3001):
    title = fields.Text(required=True)
    status = fields.Category()
    labels = fields.Categories()
    hours = fields.Number()
    due = fields.Date()
    client = fields.Reference()
    total = fields.Calculation()
class Plan(SyncItem, app=3001):
    title = fields.Text(required=True)
task, tasks = Task(None, {}), App(page, Task)
from podio_web.files import Files, SyncFiles
files = Files(page)
from podio_web.hooks import Event, Hooks, Router, SyncHooks
hooks, sync_hooks = Hooks(app, secret="hush"), SyncHooks(sync_app, secret="hush")
from podio_web.web import django, flask, quart, starlette
def view(item_id: int) -> None: ...
def without_event() -> None: ...
async def of_a_text(event: str) -> None: ...
text: str = input()
class Forgetful:
    def get(self, auth_type: str) -> None: ...
class ForNobody:
    def get(self, auth_type: str) -> None: ...
    def set(self, token: None, auth_type: str) -> None: ...
class Blocking:
    def perform(self, request: object, timeout: float | None) -> object: ...
    async def close(self) -> None: ...
"""
WRONG = {
    "an auth type that does not exist": 'Podio("clinet", "my-app")',
    "an auth type that may be any text": 'SyncPodio(text, "my-app")',
    "an option that does not exist": 'Podio("client", "my-app", redirect_url="https://example.com")',
    "a misspelt member": "page.tokne",
    "a name that the package does not have": "from podio_web import SynchPodio",
    "a store that does not exist": "from podio_web.stores import SQLStore",
    "a popup on a server": "server.login()",
    "a popup in a script": "sync_app.login()",
    "a code in a page": 'page.get_access_token("code")',
    "a code in a script": 'sync_app.get_access_token("code")',
    "a password for an app": 'app.authenticate_with_credentials("demo@example.com", "demo")',
    "an app on a server": 'sync_server.authenticate_with_app(5001, "t1")',
    "an activation code in a page": 'page.authenticate_with_activation_code("code")',
    "another store for a page": "sync_page.with_store",
    "an auth error of a page's own": "page.set_auth_error(None)",
    "an address to sign an app in": "app.get_authorization_url()",
    "a method of login that does not exist": 'sync_page.login(method="tab")',
    "an HTTP method that does not exist": 'sync_app.request("PATCH", "/item/4")',
    "an event that does not exist": 'page.on("logged_in", print)',
    "a handler of something else": 'page.on("authenticated", lambda token: token.acces_token)',
    "a handler that forgets None": 'sync_app.on("rate_limited", lambda seconds: seconds + 1)',
    "a handler without an argument": 'sync_app.on("logged_out", lambda: None)',
    "a store without set": 'Podio("client", "my-app", session_store=Forgetful())',
    "a store that keeps no token": 'SyncPodio("client", "my-app", session_store=ForNobody())',
    "a transport that returns something else": 'Podio("client", "my-app", transport=Blocking())',
    "a hook that is not a function": 'Podio("client", "my-app", after_token_refreshed="hook")',
    "seconds as a text": 'sync_app.get("/item/4", timeout="5")',
    "a token without its end": 'Token("a1b2c3")',
    "a number for a text": "task.title = 5",
    "a list for one option": 'task.status = ["Done"]',
    "a text for a number of another kind": "task.hours = [1]",
    "a text for a date": 'task.due = "2026-12-24"',
    "a text for an item": 'task.client = "6001"',
    "a value for a calculation": "task.total = 5",
    "a field that may be empty": "task.hours + 1",
    "an option that may be missing": "task.status.id",
    "a text among options": "task.labels[0].idd",
    "a misspelt field": "task.statsu",
    "a field that does not exist": "fields.Txt()",
    "an app without its id": 'App(page, "3001")',
    "an app of a blocking client": "App(sync_page, Task)",
    "a blocking app of another client": "SyncApp(page, 3001)",
    "an item of something else": "App(page, str)",
    "a blocking item of an app": "App(page, Plan)",
    "a save that overwrites or not": 'task.save(on_conflict="ignore")',
    "a size of thumbnails that does not exist": 'files.read(7001, size="huge")',
    "a size that a blocking client does not know": 'SyncFiles(sync_page).read(7001, size="huge")',
    "a limit as a text": 'tasks.items(limit="5")',
    "a handler of deliveries without one": 'sync_hooks.on("item.update")(without_event)',
    "a handler of deliveries for a text": 'hooks.on("item.update")(of_a_text)',
    "a handler of a router for a text": 'Router().on("item.update")(of_a_text)',
    "a view of Django without its argument": "django.login_required(view)()",
    "a view of Flask without its argument": "flask.login_required(view)()",
    "a view of Quart with another argument": 'quart.login_required(view)("4")',
    "an endpoint of Starlette with too many arguments": "starlette.login_required(view)(4, 5)",
    "a receiver of a blocking client": 'Hooks(sync_app, secret="hush")',
}
FIRST = CLIENTS.count("\n") + 1


def errors_by_mypy(folder: Path, *paths: str | Path) -> list[tuple[str, int]]:
    """Return file and line of each error."""
    command = [sys.executable, "-m", "mypy", "--strict", "--output=json", f"--cache-dir={folder}", *paths]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    found = map(json.loads, ran.stdout.splitlines())
    return [(each["file"], each["line"]) for each in found if each["severity"] == "error"]


def run_pyright(folder: Path, *arguments: str | Path) -> Any:
    """Return what pyright tells of this interpreter's packages and of the checkout."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    command: list[str | Path] = ["node", PYRIGHT, "--outputjson", *arguments]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def errors_by_pyright(folder: Path, *paths: str | Path) -> list[tuple[str, int]]:
    """Return file and line of each error."""
    found = run_pyright(ROOT, *paths, *EXAMPLES)["generalDiagnostics"]
    return [(each["file"], each["range"]["start"]["line"] + 1) for each in found]


CHECKERS = {"mypy": errors_by_mypy, "pyright": errors_by_pyright}


@pytest.fixture(scope="module", params=CHECKERS)
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, int]]:
    """Where a checker sees errors. mypy does not read the examples here: `make lint` has it do that."""
    folder = tmp_path_factory.mktemp(request.param)
    wrong = folder / "wrong.py"
    wrong.write_text(CLIENTS + "\n".join(WRONG.values()) + "\n", encoding="utf-8")
    return CHECKERS[request.param](folder / "cache", wrong, *RIGHT)


def test_right_uses_have_no_error(errors: list[tuple[str, int]]) -> None:
    assert not [(file, line) for file, line in errors if Path(file).name != "wrong.py" or line < FIRST]


@pytest.mark.parametrize("use", WRONG)
def test_a_wrong_use_is_an_error(errors: list[tuple[str, int]], use: str) -> None:
    assert FIRST + list(WRONG).index(use) in [line for file, line in errors if Path(file).name == "wrong.py"]


def test_every_public_type_is_known(tmp_path: Path) -> None:
    # In an empty folder: pyright looks for an installed package.
    told = run_pyright(tmp_path, "--verifytypes", "podio_web", "--ignoreexternal")["typeCompleteness"]
    unknown = [each["name"] for each in told["symbols"] if each["isExported"] and not each["isTypeKnown"]]
    assert len(told["symbols"]) > 1000
    assert told["completenessScore"] >= 0.98, unknown
