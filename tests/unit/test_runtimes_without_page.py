"""Places of JavaScript without a page: Pyodide and MicroPython under node, which is made to look like others.

Real workers are in tests/browser/test_workers.py.
"""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import podio_web
from podio_web.site_builder.bundle import page_sources
from podio_web.testing import SandboxControl
from tests.unit.in_interpreters import told_by

PLACES = {
    "node 20": "delete globalThis.navigator",
    "node 21": "Object.defineProperty(globalThis, 'navigator', {value: {}, configurable: true})",
    "offline": "Object.defineProperty(globalThis, 'navigator', {value: {onLine: false}, configurable: true})",
    "its own window": "globalThis.window = globalThis",
    "a borrowed document": "globalThis.document = {addEventListener() {}, baseURI: 'https://example.com/'}",
    "a window and a document": (
        "globalThis.window = globalThis; globalThis.document = {addEventListener() {}, baseURI: 'https://example.com/'}"
    ),
    "most of a page": (
        "globalThis.window = {open() {}, addEventListener() {}}; globalThis.history = {replaceState() {}};"
        "globalThis.document = {addEventListener() {}, baseURI: 'https://example.com/'}; globalThis.location = {}"
    ),
    "a worker": "globalThis.WorkerGlobalScope = class {}; globalThis.location = {origin: 'https://example.com'}",
    "no fetch": "delete globalThis.fetch",
}
PROGRAM = """
import asyncio
import json
import js

if js.place == "node 20" and {without_jsnull}:
    import pyodide.ffi
    del pyodide.ffi.jsnull

import podio_web
from podio_web.auth.context import open_context

async def problem_of(call, *arguments, **options):
    try:
        await call(*arguments, **options)
    except Exception as problem:
        return [type(problem).__name__, str(problem)]

def found(name):
    try:
        return type(getattr(podio_web, name)()).__name__
    except ImportError as problem:
        return str(problem)

warnings = []

async def secret_client():
    podio_web.runtime.interpreter.show = lambda level, text: warnings.append(text)
    podio_web.Podio("app", "demo-client", "demo-secret", api_url={api_url!r})

async def http_client(allow_http):
    callback = "https://example.com/callback"
    podio_web.Podio("client", "demo", redirect_uri=callback, api_url="http://sandbox:8001", allow_http=allow_http)

async def http_context(allow_http):
    # As the client of a script tag, whose options are not checked.
    open_context(
        "client", "demo", None, redirect_uri="https://example.com/callback", scope=None, api_url="http://sandbox:8001",
        auth_url=None, allow_http=allow_http, transport=None, runtime=None,
    )

async def main():
    told = {{"place": js.place}}
    podio = podio_web.Podio("client", client_id="demo-client", api_url={api_url!r}, retry=None)
    told["nobody"] = await problem_of(podio.get, "/user/status")
    podio.set_access_token({token!r})
    if js.place == "no fetch":
        told["call"] = await problem_of(podio.get, "/user/status")
    else:
        told["call"] = (await podio.get("/user/status"))["profile"]["name"]
    told["popup"] = await problem_of(podio.login)
    told["redirect"] = await problem_of(podio.login, method="redirect")
    texts = {{podio._context.runtime.random_text() for _ in range(3)}}
    told["chance"] = [len(texts), min(map(len, texts))]
    podio.set_access_token({{"access_token": "0123456789abcdef", "expires_in": 60}})
    podio.token.expires_at = 1.0
    told["unasked"] = await problem_of(podio.get, "/user/status")
    podio.on("login_needed", lambda resume: podio.set_access_token({token!r}))
    told["asked"] = await problem_of(podio.get, "/user/status")
    rung = asyncio.Event()
    podio._context.runtime.after(60, told.clear)()
    podio._context.runtime.after(0.001, rung.set)
    await rung.wait()
    await podio.aclose()
    async with podio_web.Podio("client", client_id="demo-client", api_url="http://127.0.0.1:9", retry=None) as dead:
        dead.set_access_token({token!r})
        told["dead"] = await problem_of(dead.get, "/user/status")
    told["by secret"] = await problem_of(secret_client)
    told["warnings"] = warnings
    told["by http"] = []
    for make in (http_client, http_context):
        for allow_http in (False, True):
            told["by http"].append(await problem_of(make, allow_http))
    told["names"] = {{name: found(name) for name in ("SyncPodio", "FileStore", "SQLiteStore", "RedisStore")}}
    print(json.dumps(told))

await main()
"""


def visit(folder: Path, interpreter: str, sandbox: SandboxControl, *, before_0_28: bool = False) -> dict[str, Any]:
    """Return what the program tells in each place."""
    program = PROGRAM.format(api_url=sandbox.url, token=sandbox.issue_token(), without_jsnull=before_0_28)
    places = dict(list(PLACES.items())[:1]) if before_0_28 else PLACES
    options = {"convertNullToNone": True} if before_0_28 else {}
    found = told_by(folder, interpreter, program, page_sources(), places, options)
    return {told["place"]: told for told in found}


@pytest.fixture(scope="module")
def told(interpreter: str, podio_sandbox: SandboxControl, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return visit(tmp_path_factory.mktemp("places"), interpreter, podio_sandbox)


def test_every_place_was_visited(told: dict[str, Any]) -> None:
    assert list(told) == list(PLACES)


@pytest.mark.parametrize("place", [name for name in PLACES if name != "no fetch"])
def test_calls_with_a_token_work(told: dict[str, Any], place: str) -> None:
    assert told[place]["call"] == "Demo Person"


@pytest.mark.parametrize("place", PLACES)
def test_what_needs_a_window_says_what_to_do(told: dict[str, Any], place: str) -> None:
    subject = "A worker" if place == "a worker" else "This place"
    advice = f"{subject} has no window to sign in with. Sign in in a page, and pass its token to set_access_token()."
    assert told[place]["nobody"] == ["LoginRequired", f"Nobody is signed in. {advice}"]
    assert told[place]["popup"] == ["PopupBlocked", advice]
    assert told[place]["redirect"] == ["SignInError", advice]


@pytest.mark.parametrize("place", [name for name in PLACES if name != "no fetch"])
def test_a_session_that_has_ended_is_asked_for_and_the_call_goes_on(told: dict[str, Any], place: str) -> None:
    assert told[place]["unasked"][0] == "PopupBlocked"
    assert told[place]["asked"] is None


@pytest.mark.parametrize("place", PLACES)
def test_there_is_chance(told: dict[str, Any], place: str) -> None:
    assert told[place]["chance"] == [3, 64]


@pytest.mark.parametrize("place", PLACES)
def test_a_call_without_an_answer_is_told(told: dict[str, Any], place: str) -> None:
    kind, text = told[place]["dead"]
    if place == "no fetch":
        assert (kind, text[:22]) == ("PodioError", "There is no fetch here")
    else:
        assert kind == "ConnectionFailed"
        assert ("this device is offline" in text) == (place == "offline")


def test_without_fetch_a_call_says_so(told: dict[str, Any]) -> None:
    assert told["no fetch"]["call"] == [
        "PodioError",
        "There is no fetch here. Use Node 20 or later, or pass transport=... to Podio.",
    ]


def test_what_a_page_does_not_have_says_so_when_it_is_created(told: dict[str, Any]) -> None:
    for name, text in told["node 21"]["names"].items():
        assert text.startswith(f"{name} is not available here: ")
        assert text.endswith(". The page archive holds only what pages need. In Pyodide, install podio-web.")


def test_a_page_archive_has_no_clients_with_a_secret(told: dict[str, Any]) -> None:
    assert told["node 21"]["by secret"] == [
        "ImportError",
        "auth_type 'app' is not in the page archive. Use auth_type 'client', or install the whole podio-web",
    ]


def test_a_secret_is_warned_about(told: dict[str, Any]) -> None:
    (warning,) = told["node 21"]["warnings"]
    assert warning.startswith("client_secret can be read by everybody who opens this page")
    assert "demo-secret" not in warning


def test_http_is_never_allowed(told: dict[str, Any]) -> None:
    checked, allowed, *unchecked = told["node 21"]["by http"]
    assert allowed[0] == "ValueError"
    assert allowed[1].startswith("allow_http is for servers and scripts")
    for kind, text in (checked, *unchecked):
        assert kind == "ValueError"
        assert text.startswith("api_url must use https")
        assert "allow_http" not in text, "nothing allows it"


def test_a_pyodide_without_jsnull_is_pyodide(tmp_path: Path, podio_sandbox: SandboxControl) -> None:
    """Pyodide before 0.28 gives Python None for null, and has no name for it."""
    assert visit(tmp_path, "pyodide", podio_sandbox, before_0_28=True)["node 20"]["call"] == "Demo Person"


def run_compat(monkeypatch: pytest.MonkeyPatch, name: str, version: tuple[int, int]) -> None:
    source = Path(podio_web.runtime.interpreter.__file__).read_text(encoding="utf-8")
    implementation = SimpleNamespace(name=name, version=(*version, 0, "", 0))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "implementation", implementation)
        exec(source, {"__name__": "compat"})


@pytest.mark.parametrize(("name", "version"), [("cpython", (3, 10)), ("cpython", (2, 7)), ("micropython", (1, 26))])
def test_an_interpreter_that_is_too_old_is_told_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, name: str, version: tuple[int, int]
) -> None:
    with pytest.raises(ImportError, match=r"Python 3\.11, Pyodide 0\.23 or MicroPython 1\.27"):
        run_compat(monkeypatch, name, version)


@pytest.mark.parametrize(
    ("name", "version"), [("cpython", (3, 11)), ("cpython", (4, 0)), ("micropython", (1, 27)), ("pypy", (7, 3))]
)
def test_any_other_interpreter_may_try(monkeypatch: pytest.MonkeyPatch, name: str, version: tuple[int, int]) -> None:
    run_compat(monkeypatch, name, version)
