"""The page in docs/files.md is a whole page, under the policy that it needs."""

from pathlib import Path

import pytest
from docs_pieces import fences
from playwright.sync_api import Page, expect

from podio_web.cli import main
from podio_web.sandbox.demo_server import Site
from podio_web.site_builder.headers import page_headers
from podio_web.site_builder.page_archive import archive_name
from podio_web.testing import SandboxControl
from tests.browser.demo import in_podio
from tests.browser.test_demo_files import DROP, FILM, FOLDERS, MORE_THAN_NOTHING, PICTURE
from tests.browser.test_readme import NAMES, start_script

# One of the sandbox's items.
ITEM = 6001


# The page is written for MicroPython.
FOR_PYODIDE = [('type="mpy"', 'type="py"'), ("micropython/micropython.mjs", "pyodide/pyodide.mjs")]


def documented_page(root: Path, site: Site, interpreter: str) -> str:
    """Return the page with its drag and drop, the sandbox instead of Podio, and one of its items."""
    text = (root / "docs" / "files.md").read_text(encoding="utf-8")
    found = fences("docs/files.md", text)
    (page,) = [each.text for each in found if each.language == "html"]
    (dropping,) = [each.text for each in found if each.kind == "page" and each.language == "python"]
    for reader, ours in [
        ("podio_web-0.1.0-py3-none-any.whl", archive_name()),
        ("podio_web_files-0.1.0-py3-none-any.whl", archive_name(part="files")),
        ('client_id="my-app"', f'client_id="{site.client_id}", api_url="{site.api_url}"'),
        ("Files(podio)", f'Files(podio, files_url="{site.files_url}")'),
        ("6101", str(ITEM)),
        ('"pyscript/core.js"', '"start.js"'),
        ("<!doctype html>", '<!doctype html>\n<link rel="icon" href="data:,">'),
        ('    await files.download(kept["file"])\n', f'    await files.download(kept["file"])\n\n\n{dropping}'),
        *(FOR_PYODIDE if interpreter == "pyodide" else ()),
    ]:
        assert page.count(reader) == 1
        page = page.replace(reader, ours)
    return page


@pytest.mark.every_browser
def test_the_page_uploads_shows_saves_and_cancels(
    page: Page, root: Path, tmp_path: Path, site: Site, sandbox: SandboxControl, interpreter: str
) -> None:
    sandbox.settings(consent="allow", sign_in_as="demo@example.com", files_cors=True)
    arguments = ["--interpreter", NAMES[interpreter], "--node-modules", str(root / "node_modules")]
    assert main(["assets", str(tmp_path), *arguments]) == 0
    (tmp_path / "start.js").write_text(start_script(root), encoding="utf-8")
    (tmp_path / "index.html").write_text(documented_page(root, site, interpreter), encoding="utf-8")
    page.add_init_script(
        "for (const name of ['py:done', 'mpy:done'])"
        "  addEventListener(name, () => { document.documentElement.dataset.ran = name; })"
    )
    page.add_init_script("HTMLAnchorElement.prototype.click = function () { window.saved = this.download; };")
    headers = page_headers(site.api_url, files_url=site.files_url)
    with Site(root, client_id=site.client_id, api_url=site.api_url, extra=tmp_path, headers=headers) as own_site:
        page.goto(f"{own_site.url}/tests/")
        expect(page.locator("html[data-ran]")).to_be_attached()
        page.get_by_role("button", name="Sign in to Podio").click()
        page.wait_for_function("() => Object.keys(localStorage).length > 0")

        said, field = page.get_by_role("status"), page.get_by_label("Add a file to the item")
        sandbox.fail_next("slow_upload", path_prefix="/file", rate=200)
        field.set_input_files([FILM])
        expect(page.get_by_role("progressbar")).to_have_attribute("value", MORE_THAN_NOTHING)
        page.get_by_role("button", name="Cancel").click()
        expect(said).to_have_text("You cancelled the upload.")

        field.set_input_files([PICTURE])
        expect(said).to_have_text("plan.png is uploaded.")
        page.wait_for_function("() => document.querySelector('#thumbnail').naturalWidth === 80")
        page.get_by_role("button", name="Download").click()
        page.wait_for_function("() => window.saved === 'plan.png'")

        page.evaluate(FOLDERS)
        page.evaluate(DROP, ["#item", ["Reports"]])
        expect(said).to_contain_text("Reports is a folder")
        page.evaluate(DROP, ["#item", ["note.txt"]])
        expect(said).to_have_text("note.txt is uploaded.")
        page.goto("about:blank")
    files = in_podio(sandbox, ITEM)["files"]
    assert isinstance(files, list)
    assert [file["name"] for file in files] == ["plan.png", "note.txt"]
