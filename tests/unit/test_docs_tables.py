"""The tables of the docs name what is there, all of it: options, errors, events, fixtures and commands."""

import inspect
import re
from pathlib import Path

import pytest

import podio_web
from podio_web import (
    MemoryStore,
    Podio,
    PodioError,
    Retry,
    SignInError,
    SyncPodio,
    Token,
    TokenRefused,
    errors,
    files,
    hooks,
    items,
    live,
)
from podio_web.cli import main
from podio_web.events import EVENTS
from podio_web.new_app import KINDS
from podio_web.testing import FakeTransport, SandboxControl, plugin
from tests.conftest import ROOT
from tests.unit.test_model_command import NAMES

DOCS = ROOT / "docs"


def section(page: str, title: str) -> str:
    """Return what is below a heading, up to the next heading."""
    text = (DOCS / page).read_text(encoding="utf-8")
    match = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", text, re.DOTALL | re.MULTILINE)
    assert match is not None, title
    return match[1]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of a text's tables, without their headings."""
    found = [[cell.strip() for cell in line.strip("|").split(" |")] for line in re.findall(r"^\|.*\|$", text, re.M)]
    rules = [number for number, row in enumerate(found) if row[0].startswith("---")]
    return [row for number, row in enumerate(found) if number not in rules and number + 1 not in rules]


def names(cell: str) -> list[str]:
    """Return the words in backticks of a cell, without arguments."""
    return re.findall(r"`([\w:-]+)[^`]*`", cell)


def keyword_only(function: object) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters  # type: ignore[arg-type]
    return {name: each for name, each in parameters.items() if each.kind is each.KEYWORD_ONLY}


def test_every_option_of_a_client_is_listed_with_its_default() -> None:
    options = keyword_only(Podio)
    listed = {names(row[0])[0]: row[1] for row in rows(section("calling-podio.md", "Options"))}
    assert list(listed) == list(options)
    for name in ("timeout", "login_timeout", "expiring_before"):
        assert float(listed[name]) == options[name].default
    assert listed["api_url"] == f"`{options['api_url'].default}`"


def test_every_argument_of_retry_is_listed_with_its_default() -> None:
    shown: dict[str, float] = {}
    for row in rows(section("calling-podio.md", "Retries")):
        if len(row) == 3 and row[0].startswith("`") and row[1][0].isdigit():
            shown.update(zip(names(row[0]), map(float, row[1].split(" and ")), strict=True))
    assert shown == {name: float(each.default) for name, each in inspect.signature(Retry).parameters.items()}


def subclasses(kind: type[PodioError]) -> set[type[PodioError]]:
    return {kind}.union(*(subclasses(each) for each in kind.__subclasses__() if each.__module__ == errors.__name__))


def test_the_tree_of_errors_is_complete() -> None:
    tree = re.search(r"```text\n(PodioError.*?)```", (DOCS / "errors.md").read_text(encoding="utf-8"), re.DOTALL)
    assert tree is not None
    shown = set(re.findall(r"\b[A-Z]\w+(?:Error|[a-z])\b", re.sub(r"   [a-zA-Z ,:]*$", "", tree[1], flags=re.M)))
    public = {each for module in (items, files, hooks, live) for each in map(module.__dict__.get, module.__all__)}
    of_parts = {each for each in public if isinstance(each, type) and issubclass(each, PodioError)}
    assert len(of_parts) >= 4
    assert {each.__name__ for each in subclasses(PodioError) | of_parts} <= shown
    assert errors.__doc__ is not None
    assert {each.__name__ for each in subclasses(PodioError) | of_parts} <= set(re.findall(r"\w+", errors.__doc__))


def test_every_error_of_signing_in_is_listed_with_its_code() -> None:
    listed = {names(row[0])[0]: names(row[1])[0] for row in rows(section("errors.md", "Errors of signing in"))}
    refusals = subclasses(TokenRefused) - {TokenRefused}
    wanted = subclasses(SignInError) - {SignInError} - refusals
    assert listed == {each.__name__: each.code for each in wanted if issubclass(each, SignInError)}
    title = "When signing in fails on a server or in a script"
    assert {names(row[0])[0] for row in rows(section("signing-in.md", title))} == {each.__name__ for each in refusals}


def test_every_event_is_listed() -> None:
    assert sorted(names(row[0])[0] for row in rows(section("events.md", "Events"))) == sorted(EVENTS)


def test_every_method_of_a_store_is_listed() -> None:
    text = section("stores.md", "Write a store") + section("stores.md", "A store for several processes")
    listed = {names(row[0])[0] for row in rows(text)}
    assert listed == {"get", "set", "clear", "acquire", "release", "replace"}
    assert listed - {"replace"} <= {name for name in dir(MemoryStore) if not name.startswith("_")}


def test_the_store_of_the_docs_keeps_a_session_until_sign_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = re.search(r"```python run\n(.*?)```", section("stores.md", "Write a store"), re.DOTALL)
    assert source is not None
    made: dict[str, type] = {}
    exec(compile(source[1], "stores.md", "exec"), made)
    store = made["JsonStore"]()
    store.set(Token("test", expires_at=4e9), "client")
    transport = FakeTransport()
    transport.answer("GET", "/item/4", {"item_id": 4})
    with SyncPodio("client", client_id="my-app", session_store=store, transport=transport) as podio:
        assert podio.is_authenticated()
        assert podio.get("/item/4") == {"item_id": 4}
        podio.logout()
    assert store.get("client") is None
    assert list(tmp_path.iterdir()) == []


def test_every_fixture_and_every_member_of_the_sandbox_is_listed() -> None:
    fixtures: set[str] = set()
    members: set[str] = set()
    for row in rows(section("testing.md", "Testing your app")):
        (fixtures if row[0].startswith("`podio_") else members).update(names(row[0]))
    assert fixtures == {name for name in vars(plugin) if name.startswith("podio_") and name != "podio_web"}
    assert members == {name for name in dir(SandboxControl("")) if not name.startswith("_")}


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit):
        main([*arguments, "--help"])
    return capsys.readouterr().out


def test_every_command_is_listed_with_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    commands = re.findall(r"^    (\w+) ", help_of(capsys), re.MULTILINE)
    listed = [row[0].split()[1].strip("`") for row in rows(section("command-line.md", "Command line"))]
    assert sorted(listed) == sorted(commands)
    pages = {
        "new": ("command-line.md", "`podio-web new`"),
        "serve": ("command-line.md", "`podio-web serve`"),
        "sandbox": ("command-line.md", "`podio-web sandbox`"),
        "demo": ("command-line.md", "`podio-web demo`"),
        "build": ("hosting.md", "Hosting a page"),
        "model": ("command-line.md", "`podio-web model`"),
        "hooks": ("command-line.md", "`podio-web hooks`"),
    }
    for name, (page, title) in pages.items():
        options = set(re.findall(r"^  (--[\w-]+)", help_of(capsys, name), re.MULTILINE))
        listed = [each for row in rows(section(page, title)) for each in names(row[0])]
        assert {each for each in listed if each.startswith("--")} == options
        # The others are variables of the environment, and kinds of apps.
        assert {each for each in listed if not each.startswith("--")} <= {*NAMES, *KINDS}


def test_every_attribute_and_every_code_of_the_script_tag_is_in_its_loader() -> None:
    loader = (ROOT / "static" / "podio-web.js").read_text(encoding="utf-8")
    types = (ROOT / "static" / "podio-web.d.ts").read_text(encoding="utf-8")
    shown = {each for row in rows(section("script-tag.md", "Attributes")) for each in names(row[0])}
    camel = {re.sub(r"-(\w)", lambda match: match[1].upper(), name.removeprefix("data-")) for name in shown}
    package = Path(podio_web.__file__).parent / "script_tag"
    python = "".join(path.read_text(encoding="utf-8") for path in package.glob("*.py"))
    assert {name for name in camel if f"settings.{name}" not in loader and f'"{name}"' not in python} == set()
    union = re.search(r'name: "LoadError";\n\s+code:(.*?);', types, re.DOTALL)
    assert union is not None
    codes = {names(row[0])[0] for row in rows(section("hosting.md", "When the script tag does not start"))}
    assert codes == set(re.findall(r'"(\w+)"', union[1]))
