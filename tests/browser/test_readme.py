"""The page in the README is a whole page, beside what `podio-web assets` writes into an empty folder."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from podio_web.cli import main
from podio_web.sandbox.demo_server import Site
from podio_web.site_builder.headers import page_headers
from podio_web.site_builder.page_archive import archive_name
from podio_web.testing import SandboxControl

NAMES = {"pyodide": "pyodide", "mpy": "micropython"}
FOR_MICROPYTHON = [('type="py"', 'type="mpy"'), ("pyodide/pyodide.mjs", "micropython/micropython.mjs")]


def readme_page(root: Path, client_id: str, api_url: str, interpreter: str) -> str:
    """Return the README's page: what its reader has to write into it is the client id, and here the sandbox."""
    match = re.search(r"```html\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    page = match[1]
    for reader, ours in [
        ("podio_web-0.1.0-py3-none-any.whl", archive_name()),
        ('client_id="my-app"', f'client_id="{client_id}", api_url="{api_url}"'),
        ("<!doctype html>", '<!doctype html>\n<link rel="icon" href="data:,">'),
        *(() if interpreter == "pyodide" else FOR_MICROPYTHON),
    ]:
        assert reader in page
        page = page.replace(reader, ours)
    return page


def start_script(root: Path) -> str:
    """Return what docs/integrating.md loads PyScript with, with this project's own addresses."""
    match = re.search(r"```js\n(.*?)```", (root / "docs" / "integrating.md").read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("policy", ["no policy", "the documented policy"])
def test_the_page_of_the_readme_greets(
    page: Page, root: Path, tmp_path: Path, site: Site, sandbox: SandboxControl, interpreter: str, policy: str
) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    # Served and not made up by Playwright: Chromium lets only pages of this machine talk to this machine.
    arguments = ["--interpreter", NAMES[interpreter], "--node-modules", str(root / "node_modules")]
    assert main(["assets", str(tmp_path), *arguments]) == 0
    text, headers = readme_page(root, site.client_id, site.api_url, interpreter), {}
    if policy == "the documented policy":
        text = text.replace('"pyscript/core.js"', '"start.js"')
        (tmp_path / "start.js").write_text(start_script(root), encoding="utf-8")
        headers = page_headers(site.api_url)
    (tmp_path / "index.html").write_text(text, encoding="utf-8")
    # The button does nothing before its handler is bound, so wait for PyScript's word that the script has run.
    page.add_init_script(
        "for (const name of ['py:done', 'mpy:done'])"
        "  addEventListener(name, () => { document.documentElement.dataset.ran = name; })"
    )
    with Site(root, client_id=site.client_id, api_url=site.api_url, extra=tmp_path, headers=headers) as own_site:
        page.goto(f"{own_site.url}/tests/")
        expect(page.locator("html[data-ran]")).to_be_attached()
        page.get_by_role("button", name="Sign in to Podio").click()
        expect(page.locator("#greeting")).to_have_text("Hello Demo Person")
        page.goto("about:blank")
