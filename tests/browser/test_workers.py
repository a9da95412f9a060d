"""Python in workers: calls with a token work, and what needs a window says what to do."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from docs_pieces import fences
from playwright.sync_api import BrowserContext, Page, expect

from podio_web.cli import main
from podio_web.sandbox.demo_server import Site
from podio_web.site_builder.page_archive import archive_name
from podio_web.testing import SandboxControl

ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
ADVICE = "A worker has no window to sign in with. Sign in in a page, and pass its token to set_access_token()."


@pytest.fixture(scope="module")
def isolated_url(root: Path, pages: Path, podio_sandbox: SandboxControl) -> Iterator[str]:
    """The tests' pages on a site that is cut off from other origins: there PyScript's workers see the page's window."""
    with Site(root=root, api_url=podio_sandbox.url, extra=pages, headers=ISOLATED) as site:
        yield site.url


def told_by(context: BrowserContext, sandbox: SandboxControl, kind: str, origin: str = "") -> dict[str, object]:
    """Open the page for a kind of worker, and return what its Python tells."""
    query = urlencode({"kind": kind, "api": sandbox.url, "token": sandbox.issue_token()["access_token"]})
    page = context.new_page()
    page.goto(f"{origin}/tests/workers.html?{query}")
    page.wait_for_function("() => window.told || window.failed", timeout=60_000)
    assert page.evaluate("window.failed ?? null") is None
    told: dict[str, object] = json.loads(page.evaluate("window.told"))
    page.close()
    return told


def check(told: dict[str, object]) -> None:
    assert told["name"] == "Demo Person"
    assert told["nobody"] == ["LoginRequired", f"Nobody is signed in. {ADVICE}"]
    assert told["popup"] == ["PopupBlocked", ADVICE]
    assert told["redirect"] == ["SignInError", ADVICE]
    assert told["chance"] == 64


@pytest.mark.parametrize("kind", ["plain fast-pyodide", "plain pyodide", "plain micropython"])
def test_a_plain_worker_calls_podio_with_a_token(profile: BrowserContext, sandbox: SandboxControl, kind: str) -> None:
    check(told_by(profile, sandbox, kind))


@pytest.mark.parametrize("kind", ["script py", "script mpy", "script fast-pyodide"])
def test_a_worker_of_pyscript_calls_podio_with_a_token(
    profile: BrowserContext, sandbox: SandboxControl, kind: str
) -> None:
    check(told_by(profile, sandbox, kind))


@pytest.mark.parametrize("kind", ["script py", "script mpy", "editor"])
def test_a_worker_that_sees_the_page_s_window_calls_podio_with_a_token(
    new_context: Callable[..., BrowserContext], sandbox: SandboxControl, isolated_url: str, kind: str
) -> None:
    check(told_by(new_context(), sandbox, kind, isolated_url))


def blocks(root: Path) -> dict[str, str]:
    """Return the code blocks of docs/workers.md by their names."""
    text = (root / "docs" / "workers.md").read_text(encoding="utf-8")
    return {each.tag: each.text for each in fences("docs/workers.md", text) if each.kind == "page"}


@pytest.fixture
def recipes(root: Path, site: Site, tmp_path: Path, sandbox: SandboxControl) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a site with the recipes, and the recipes; they have this project's own addresses."""
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    assert main(["assets", str(tmp_path)]) == 0
    found = blocks(root)
    for name, text in found.items():
        for reader, ours in [
            ('"podio-web/podio-web.js"', f'"/podio-web/podio-web.js" data-api-url="{site.api_url}"'),
            ('data-client-id="my-app"', f'data-client-id="{site.client_id}"'),
            ('client_id="my-app"', f'client_id="{site.client_id}", api_url="{site.api_url}"'),
            ('"./podio-web/', '"/podio-web/'),
            ('"pyscript/', '"/vendor/pyscript/'),
            ('"pyodide/', '"/vendor/pyodide/'),
            ('"micropython/', '"/vendor/micropython/'),
            ('"podio_web-0.1.0-py3-none-any.whl"', f'"/{archive_name()}"'),
            ("<!doctype html>", '<!doctype html>\n<link rel="icon" href="data:,">'),
        ]:
            text = text.replace(reader, ours)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with Site(root, client_id=site.client_id, api_url=site.api_url, extra=tmp_path) as own_site:
        yield own_site.url, found


def test_the_recipe_for_a_worker_of_one_s_own_greets(
    page: Page, recipes: tuple[str, dict[str, str]], sandbox: SandboxControl
) -> None:
    page.goto(f"{recipes[0]}/tests/page.html")
    page.wait_for_function("() => window.podioWeb?.ready.then(() => true)")
    page.get_by_role("button", name="Sign in to Podio").click()
    expect(page.locator("#greeting")).to_have_text("Hello Demo Person", timeout=60_000)
    expect(page.locator("#sign-in")).to_be_hidden()


def test_the_recipe_for_a_worker_of_pyscript_greets(page: Page, recipes: tuple[str, dict[str, str]]) -> None:
    page.add_init_script("addEventListener('mpy:done', () => { document.documentElement.dataset.ran = '1'; })")
    page.goto(f"{recipes[0]}/tests/pyscript.html")
    expect(page.locator("html[data-ran]")).to_be_attached(timeout=60_000)
    page.get_by_role("button", name="Sign in to Podio").click()
    expect(page.locator("#greeting")).to_have_text("Hello Demo Person", timeout=60_000)


KERNEL = """
import { loadPyodide } from "/podio-web/fast-pyodide.mjs";
const pyodide = await loadPyodide();
await pyodide.runPythonAsync(await (await fetch("channel.py")).text());
postMessage(pyodide.runPython('me["profile"]["name"]'));
"""


def test_the_recipe_for_notebooks_reaches_a_worker_that_somebody_else_started(
    page: Page, recipes: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    (tmp_path / "kernel.mjs").write_text(KERNEL, encoding="utf-8")
    html = (tmp_path / "page.html").read_text(encoding="utf-8").replace("page.js", "channel.js")
    (tmp_path / "channel.html").write_text(html, encoding="utf-8")
    page.goto(f"{recipes[0]}/tests/channel.html")
    page.wait_for_function("() => window.podioWeb?.ready.then(() => true)")
    page.evaluate("""() => {
      new Worker("kernel.mjs", { type: "module" }).onmessage = ({ data }) => { window.told = data; };
    }""")
    page.get_by_role("button", name="Sign in to Podio").click()
    page.wait_for_function("() => window.told", timeout=60_000)
    assert page.evaluate("window.told") == "Demo Person"
