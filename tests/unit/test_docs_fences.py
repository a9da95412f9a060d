"""Every code block of the documentation has a language and a class that are known here, and is checked by their rule.

| Class of Python | Rule |
|---|---|
| ``run`` | it runs in the sandbox inside the interpreter, and prints what the page says |
| ``sync`` | the same, with a ``SyncPodio`` |
| ``page``, ``server`` | ``TESTS`` names the test that runs it |
| none | it is checked as all Python is: it parses, ruff finds no fault, and the names of podio_web in it exist |

Blocks in other languages are parsed. ``page`` means the same for them.
"""

from __future__ import annotations

import ast
import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from docs_pieces import KINDS, Fence, check, fences, setup_of, without_output

from podio_web.sandbox.in_page import InPageSandbox
from tests.block_rules import LOADERS, RULES, check_python
from tests.conftest import ROOT
from tests.shell_lines import check_shell

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for pattern in ("README.md", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "examples/*/README.md")
    for path in sorted(ROOT.glob(pattern))
}
FENCES = [fence for page, text in PAGES.items() for fence in fences(page, text)]
RUNNABLE = 60
"""So many blocks can be run with a button, at least."""

NEWCOMERS = "browser/test_docs_newcomers.py"
TESTS = {
    "README.md": {
        "with SyncPodio(": "unit/test_docs_examples.py::test_a_script_works_again_whatever_became_of_its_session",
    },
    "docs/bundlers.md": {"": "browser/test_npm_package.py::test_a_bundled_app_signs_in_under_the_documented_policy"},
    "docs/command-line.md": {
        "conftest.py": "unit/test_docs_examples.py::test_the_fixture_of_the_docs_serves_the_folder",
    },
    "docs/files.md": {
        "js_item": "browser/test_docs_files.py::test_the_page_uploads_shows_saves_and_cancels",
        "SyncFiles(podio)": "unit/test_docs_files.py::test_the_script_uploads_downloads_and_reads",
        "files.download(7001": "unit/test_docs_files.py::test_the_script_uploads_downloads_and_reads",
        "files.read(7001, largest=": "unit/test_docs_files.py::test_the_script_uploads_downloads_and_reads",
    },
    "docs/live-list.md": {"": f"{NEWCOMERS}::test_the_list_of_the_how_to_follows"},
    "docs/live.md": {
        "async def watch(podio)": "unit/test_docs_live.py::test_the_server_hears_what_happens",
        "def print_events": "unit/test_docs_live.py::test_the_script_hears_what_happens",
        "def follow": "unit/test_docs_live.py::test_the_script_hears_what_happens",
    },
    "docs/offline.md": {"": f"{NEWCOMERS}::test_a_page_of_one_s_own_works_offline"},
    "docs/other-hosts.md": {"": f"{NEWCOMERS}::test_python_in_a_worker_has_a_sandbox_and_takes_a_token"},
    "docs/sandbox.md": {
        "deliver_twice": "unit/test_docs_hooks.py::test_the_deliveries_of_the_docs_arrive",
    },
    "docs/script-tag.md": {
        "cdn.html": "browser/test_npm_package.py::test_a_page_loads_the_script_from_another_origin",
        "greet": "browser/test_script_tag_pages.py::test_the_documented_python_of_a_page_greets",
    },
    "docs/scripts.md": {
        "": "unit/test_docs_examples.py::test_a_script_works_again_whatever_became_of_its_session",
    },
    "docs/servers.md": {
        "": "unit/test_servers_page.py::test_every_piece_is_known_here",
    },
    "docs/start-page.md": {"": f"{NEWCOMERS}::test_the_start_page_leads_from_nothing_to_a_page_of_one_s_own"},
    "docs/start-server.md": {
        "": f"{NEWCOMERS}::test_the_start_page_for_servers_leads_from_nothing_to_an_application",
    },
    "docs/tutorial.md": {
        "def test_a_user_edits": f"{NEWCOMERS}::test_the_test_of_the_tutorial_passes",
        "": f"{NEWCOMERS}::test_the_tutorial_ends_in_a_list_that_is_edited_has_files_and_follows_others",
    },
    "docs/webhooks.md": {
        "asgi.py": "unit/test_docs_hooks.py::test_the_asgi_receiver_hears_of_changes",
        "register.py": "unit/test_docs_hooks.py::test_the_asgi_receiver_hears_of_changes",
        "wsgi.py": "unit/test_docs_hooks.py::test_the_wsgi_receiver_hears_of_changes",
        "async def receive": "unit/test_docs_hooks.py::test_a_receiver_in_another_framework_answers",
        "test_hooks.py": "unit/test_docs_hooks.py::test_the_test_of_the_docs_passes",
    },
    "docs/workers.md": {
        "channel": "browser/test_workers.py::test_the_recipe_for_notebooks_reaches_a_worker_that_somebody_else_started",
        "pyscript.html": "browser/test_workers.py::test_the_recipe_for_a_worker_of_pyscript_greets",
        "": "browser/test_workers.py::test_the_recipe_for_a_worker_of_one_s_own_greets",
    },
}
"""Which test runs a block for a page or a server, by its page, and a text in it or its file name.

An empty text stands for all other blocks of the page.
"""


def parametrized(chosen: list[Fence]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fence", chosen, ids=[each.place for each in chosen])


def of(*languages: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language in languages]


def pages_with(kind: str) -> list[str]:
    return list(dict.fromkeys(fence.page for fence in FENCES if fence.language == "python" and fence.kind == kind))


# Python


async def run_pieces(page: str, kind: str) -> int:
    """Run a page's pieces of one class, one after the other, and return their number."""
    with InPageSandbox() as sandbox:
        is_sync = kind == "sync" or setup_of(PAGES[page]) == "sync"
        names: dict[str, Any] = {
            "podio": sandbox.sync_signed_in() if is_sync else sandbox.signed_in(),
            "sandbox": sandbox,
        }
        podio = names["podio"]
        chosen = [each for each in FENCES if (each.page, each.language, each.kind) == (page, "python", kind)]
        for fence in chosen:
            await check(fence.text, names, fence.page, fence.line)
        if is_sync:
            podio.close()
        else:
            await podio.aclose()
        return len(chosen)


@pytest.mark.parametrize("name", pages_with("run"))
def test_the_pieces_of_a_page_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert asyncio.run(run_pieces(name, "run"))


@pytest.mark.parametrize("name", pages_with("sync"))
def test_the_pieces_of_a_page_run_without_await(name: str) -> None:
    assert asyncio.run(run_pieces(name, "sync"))


def test_many_pieces_can_be_run() -> None:
    assert sum(fence.language == "python" and fence.kind == "run" for fence in FENCES) >= RUNNABLE


def rows_for(fence: Fence) -> list[str]:
    """Return the tests that run a piece. A row with a text is meant before one for the whole page."""
    rows = TESTS.get(fence.page, {})
    named = [test for text, test in rows.items() if text and (text in fence.tag or text in fence.text)]
    return named or [rows[""]] if "" in rows else named


@parametrized([fence for fence in FENCES if fence.kind in ("page", "server")])
def test_a_piece_for_a_page_or_a_server_has_a_test(fence: Fence) -> None:
    found = rows_for(fence)
    assert found, f"{fence.place}: add the test that runs this block to TESTS"
    for test in found:
        path, _, name = test.partition("::")
        assert fence.kind == "server" or path.startswith("browser/"), f"{fence.place}: {path} has no browser"
        source = (ROOT / "tests" / path).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), f"{path} has no {name}"


def test_every_row_of_the_table_is_used() -> None:
    used = {(fence.page, test) for fence in FENCES if fence.kind in ("page", "server") for test in rows_for(fence)}
    assert [(page, text) for page, rows in TESTS.items() for text in rows if (page, rows[text]) not in used] == []


@parametrized(of("python"))
def test_python_parses_and_its_names_are_there(fence: Fence) -> None:
    check_python("\n" * (fence.line - 1) + fence.text, fence.page)


def ruff(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ruff with this project's settings, except that podio_web is a package like any other."""
    settings = ["--config", str(ROOT / "pyproject.toml"), "--config", 'src=["/nowhere"]', "--no-cache"]
    words = [sys.executable, "-m", "ruff", command, *settings, *arguments]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def is_used_later(message: str, fence: Fence) -> bool:
    """Return whether an import that ruff calls unused is for later blocks, or only shows where names come from."""
    name = re.split(r"[.`]", message.partition("` imported")[0])[-1]
    later = [each.text for each in FENCES if each.page == fence.page and each.line > fence.line]
    only_imports = all(isinstance(each, (ast.Import, ast.ImportFrom)) for each in ast.parse(fence.text).body)
    return only_imports or re.search(rf"\b{name}\b", "\n".join(later)) is not None


@pytest.fixture(scope="session")
def linted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What ruff says about each piece, by its place."""
    folder = tmp_path_factory.mktemp("pieces")
    places = {}
    for number, fence in enumerate(of("python")):
        path = folder / f"piece_{number}.py"
        path.write_text(without_output(fence.text), encoding="utf-8")
        places[path.name] = fence
    # Pieces use names of earlier ones, await at their top level, and are short.
    ignored = "ASYNC110,B007,B018,D,E402,F704,F811,F821,N,RET,RUF006,S,SIM105,SIM117"
    said = ruff("check", "--extend-ignore", ignored, "--quiet", "--output-format", "json", str(folder))
    found: dict[str, list[str]] = {fence.place: [] for fence in places.values()}
    for each in json.loads(said.stdout):
        fence = places[Path(each["filename"]).name]
        if each["code"] != "F401" or not is_used_later(each["message"], fence):
            found[fence.place].append(f"{fence.place}: {each['code']} {each['message']} {each['location']}")
    said = ruff("format", "--quiet", str(folder))
    assert (said.returncode, said.stderr) == (0, "")
    for name, fence in places.items():
        formatted = (folder / name).read_text(encoding="utf-8")
        if formatted != without_output(fence.text):
            found[fence.place].append(f"{fence.place}: ruff formats it in another way:\n{formatted}")
    return found


@parametrized(of("python"))
def test_ruff_finds_no_fault(fence: Fence, linted: dict[str, list[str]]) -> None:
    assert linted[fence.place] == []


# Other languages

CLASSES = {
    "python": KINDS | {""},
    # tests/sandbox/test_integrating.py compares these with the headers that are sent.
    "http": {"", "app", "callback", "cdn", "files"},
    **{name: {"", "page"} for name in ("html", "vue", *LOADERS)},
}


@parametrized(FENCES)
def test_every_block_has_a_language_and_a_class_with_a_rule(fence: Fence) -> None:
    assert fence.language in {*RULES, "sh"}, f"{fence.place}: there is no rule for the language {fence.language!r}"
    assert fence.kind in CLASSES.get(fence.language, {""}), (
        f"{fence.place}: there is no rule for the class {fence.kind!r}"
    )


@parametrized([fence for fence in FENCES if fence.language not in ("python", "sh")])
def test_a_block_in_another_language_is_right(fence: Fence) -> None:
    RULES[fence.language](fence.text, fence.place)


@parametrized(of("sh"))
def test_the_commands_are_there(fence: Fence) -> None:
    written = {each.tag for each in FENCES if each.page == fence.page and each.tag}
    check_shell(fence.text, fence.place, (ROOT / fence.page).parent, written)
