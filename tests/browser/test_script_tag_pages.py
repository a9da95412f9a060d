"""Whole pages with a script tag: those of docs/script-tag.md, and one under the policy of docs/integrating.md."""

import re
from contextlib import ExitStack
from pathlib import Path

from docs_pieces import fences
from playwright.sync_api import Page, expect

from podio_web.sandbox.demo_server import Site
from podio_web.site_builder.headers import page_headers
from podio_web.testing import SandboxControl
from tests.browser.tab import allow

ICON = '<!doctype html>\n<link rel="icon" href="data:,">'
TAG = 'src="podio-web/podio-web.js" data-client-id="my-app"'
# The button does nothing before. The page's Python may run after podioWeb.ready.
BOUND = """
const { addEventListener } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function (type, ...given) {
  Reflect.apply(addEventListener, this, [type, ...given]);
  if (type === "click" && this.id === "sign-in") document.documentElement.dataset.bound = "yes";
};
"""


def documented_blocks(root: Path, language: str = "html") -> list[str]:
    """Return the code blocks of docs/script-tag.md in one language."""
    text = (root / "docs" / "script-tag.md").read_text(encoding="utf-8")
    return [each.text for each in fences("docs/script-tag.md", text) if each.language == language]


def greets(page: Page, root: Path, site: Site, folder: Path, text: str, running: ExitStack) -> None:
    """Serve a documented page, sign in, and be greeted."""
    ours = f'src="/podio-web/podio-web.js" data-client-id="{site.client_id}" data-api-url="{site.api_url}"'
    assert text.count(TAG) == 1
    page.add_init_script(BOUND)
    (folder / "index.html").write_text(text.replace(TAG, ours).replace("<!doctype html>", ICON), encoding="utf-8")
    own_site = running.enter_context(Site(root, client_id=site.client_id, api_url=site.api_url, extra=folder))
    page.goto(f"{own_site.url}/tests/")
    expect(page.locator("html[data-bound]")).to_be_attached()
    with page.expect_popup() as popup:
        page.locator("#sign-in").click()
    allow(popup.value)
    expect(page.locator("#greeting")).to_have_text("Hello Demo Person")


def test_the_documented_page_greets(page: Page, root: Path, site: Site, tmp_path: Path, running: ExitStack) -> None:
    greets(page, root, site, tmp_path, documented_blocks(root)[0], running)


def test_the_documented_python_of_a_page_greets(
    page: Page, root: Path, site: Site, tmp_path: Path, running: ExitStack
) -> None:
    whole, *others = documented_blocks(root)
    (tag,) = [block for block in others if "data-python" in block]
    text = re.sub(r'<script type="module">.*?</script>', "", whole, flags=re.DOTALL)
    text = re.sub(r'<script type="module" src=.*?</script>\n', lambda _: tag, text)
    (tmp_path / "greet.py").write_text(documented_blocks(root, "python")[0], encoding="utf-8")
    assert 'data-python="greet.py"' in tag
    greets(page, root, site, tmp_path, text, running)


def test_the_documented_policy_is_enough(
    page: Page, root: Path, site: Site, sandbox: SandboxControl, running: ExitStack
) -> None:
    pages = root / "tests" / "browser" / "pages"
    own_site = running.enter_context(
        Site(root, client_id=site.client_id, api_url=site.api_url, extra=pages, headers=page_headers(site.api_url))
    )
    for interpreter in ("micropython", "pyodide"):
        page.goto(
            f"{own_site.url}/tests/tag.html?data-client-id={site.client_id}&data-api-url={site.api_url}"
            f"&data-interpreter={interpreter}&block=from js import document%0Adocument.title='ran'"
        )
        expect(page).to_have_title("ran")
        name = page.evaluate(
            """async token => {
              const podio = await podioWeb.ready;
              podio.setAccessToken(token);
              return (await podio.get("/user/status")).profile.name;
            }""",
            sandbox.issue_token(),
        )
        assert name == "Demo Person"
