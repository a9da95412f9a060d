"""The pages for newcomers say what is true: folders, versions, names, and calls that replace those of other clients."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from itertools import pairwise
from pathlib import Path

import pytest
from docs_pieces import fences

import podio_web
from podio_web import PodioError, SyncPodio
from podio_web.new_app.app import make_app
from podio_web.sandbox import in_page
from podio_web.sandbox.in_page import InPageSandbox
from podio_web.site_builder.prebuilt import Prebuilt
from tests.conftest import ROOT
from tests.unit.test_docs_tables import names, rows, section
from tests.unit.test_new_app import prebuilt

__all__ = ["prebuilt"]  # a fixture

DOCS = ROOT / "docs"
NEW = (
    "start-page.md",
    "start-server.md",
    "tutorial.md",
    "dates-and-zones.md",
    "live-list.md",
    "moving-from-pypodio2.md",
    "offline.md",
    "other-hosts.md",
    "why-implicit.md",
)
MOVING = "moving-from-pypodio2.md"


def text_of(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def test_many_pieces_can_be_run() -> None:
    found = [fence for page in NEW for fence in fences(page, text_of(page)) if fence.kind == "run"]
    assert len(found) >= 25


@pytest.mark.parametrize("name", NEW)
def test_lines_are_short_and_headings_are_in_order(name: str) -> None:
    text = text_of(name)
    assert [line for line in text.splitlines() if len(line) > 120 and not line.startswith("|")] == []
    without_blocks = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    depths = [len(hashes) for hashes in re.findall(r"^(#+) ", without_blocks, re.MULTILINE)]
    assert depths[0] == 1
    assert 1 not in depths[1:]
    assert all(after <= before + 1 for before, after in pairwise(depths))


@pytest.mark.parametrize(("name", "kind"), [("start-page.md", "page"), ("start-server.md", "starlette")])
def test_the_folder_of_a_new_app_is_as_the_page_lists_it(
    name: str, kind: str, tmp_path: Path, prebuilt: Prebuilt
) -> None:
    make_app(tmp_path / "app", kind, prebuilt=lambda: prebuilt)
    listed = {row[0].strip("`").rstrip("/") for row in rows(section(name, "What is in the folder"))}
    assert all((tmp_path / "app" / each).exists() for each in listed)
    top = {path.name for path in (tmp_path / "app").iterdir() if path.name != ".gitignore"}
    assert {each.partition("/")[0] for each in listed} == top


def test_the_browsers_of_the_start_page_are_the_supported_ones() -> None:
    (pyodide,) = [row for row in rows(section("browsers.md", "Supported browsers")) if row[0].startswith("Pyodide")]
    said = re.findall(r"from (\d+(?:\.\d+)?)", section("start-page.md", "Which browsers work"))
    assert said == pyodide[1:]


def test_the_tutorial_has_six_steps() -> None:
    steps = re.findall(r"^## Step (\d): ", text_of("tutorial.md"), re.MULTILINE)
    assert steps == list("123456")


def replacing_calls() -> list[str]:
    """Return the calls with a path in the table of pypodio2, such as ``podio.get("/org/")``."""
    cells = [row[1] for row in rows(section(MOVING, "Calls"))]
    return [call for cell in cells for call in re.findall(r"`(podio\.\w+\([^`]*)`", cell)]


# What "…" stands for in a call.
VALUES = {
    '{"fields": {…}}': '{"fields": {"title": "Paint the fence"}}',
    "{…}": '{"fields": {"title": "Paint the fence"}}',
    '{"url": url}': '{"url": podio.get("/space/2001")["url"]}',
}


@pytest.mark.parametrize("call", replacing_calls())
def test_a_call_that_replaces_one_of_pypodio2_is_answered(call: str) -> None:
    for shown, value in VALUES.items():
        if shown in call:
            call = call.replace(shown, value)
            break
    with InPageSandbox() as sandbox, sandbox.sync_signed_in() as podio:
        eval(call, {"podio": podio})
        assert [each["status"] for each in sandbox.calls()][-1] in (200, 204)


def test_the_table_of_pypodio2_has_its_calls() -> None:
    assert len(replacing_calls()) >= 11


def test_every_error_that_replaces_one_of_podio_php_is_there() -> None:
    shown = {names(row[1])[0] for row in rows(section(MOVING, "Errors"))}
    assert len(shown) == 10
    assert all(issubclass(getattr(podio_web, name), PodioError) for name in shown)


def test_every_method_that_signs_in_instead_is_there() -> None:
    cells = " ".join(row[1] for row in rows(section(MOVING, "Signing in")))
    methods = re.findall(r"podio\.(\w+)\(", cells)
    assert len(methods) >= 3
    assert all(callable(getattr(SyncPodio, name)) for name in methods)


def test_the_options_of_the_offline_page_are_those_of_the_sandbox() -> None:
    clients = {
        names(row[0])[0]: names(row[2])[0] for row in rows(section("sandbox.md", "The sandbox")) if len(row) == 3
    }
    said = section("offline.md", "A page that names its client")
    assert clients["demo-client"] == "localhost"
    assert 'client_id="demo-client"' in said
    assert "**The host must be `localhost`.**" in said


@pytest.mark.parametrize("sign_in", [InPageSandbox.signed_in, InPageSandbox.sync_signed_in])
def test_the_users_of_the_offline_page_are_there(sign_in: Callable[..., object]) -> None:
    users = re.findall(r"`(\w+@example\.com)`", text_of("offline.md"))
    assert len(set(users)) == 2
    with InPageSandbox() as sandbox:
        for user in users:
            sign_in(sandbox, user)


# A call of the sandbox, and the folders of the packages that it has imported.
USE_SANDBOX = """
import sys
before = set(sys.modules)
from podio_web.items import SyncApp
from podio_web.sandbox.in_page import InPageSandbox
with InPageSandbox() as sandbox, sandbox.sync_signed_in() as podio:
    SyncApp(podio, 3001).get(6101)
files = [getattr(sys.modules[name], "__file__", None) or "" for name in set(sys.modules) - before]
print(*{file.partition("site-packages/")[2].partition("/")[0] for file in files if "site-packages/" in file})
"""


@pytest.fixture(scope="module")
def used_by_sandbox() -> set[str]:
    """The packages that the sandbox imports, with the zones that it reads, which this machine may have elsewhere."""
    run = subprocess.run([sys.executable, "-c", USE_SANDBOX], cwd=ROOT, capture_output=True, text=True, check=True)
    of_folder = packages_distributions()
    used = {of_folder[folder][0].lower() for folder in run.stdout.split() if folder in of_folder}
    return {name.replace("_", "-") for name in used} - {"podio-web"} | {"tzdata"}


def in_pyodide(wanted: list[str]) -> set[str]:
    """Return what is installed by asking Pyodide for these packages: its own distribution names few requirements."""
    lock = json.loads((ROOT / "node_modules/pyodide/pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += lock.get(name, {"depends": []})["depends"]
    return found


@pytest.mark.parametrize(
    "text",
    [section("other-hosts.md", "Install"), section("testing.md", "A sandbox without a server"), in_page.__doc__],
    ids=["other hosts", "testing", "docstring"],
)
def test_the_packages_that_the_sandbox_needs_in_pyodide_are_named(text: str, used_by_sandbox: set[str]) -> None:
    lists = re.findall(r"(?:`+[\w-]+`+, )+`+[\w-]+`+ and `+tzdata`+", text)
    named = re.findall(r"[\w-]+", lists[0].replace(" and ", " "))
    assert len(lists) == 1
    assert used_by_sandbox >= {"starlette", "anyio"}
    assert used_by_sandbox <= in_pyodide(named)
