"""What `podio-web build` made, behind nginx with the generated headers: what passes elsewhere passes here."""

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from podio_web.sandbox.demo_server import BASE
from podio_web.site_builder.headers import read_headers_file
from podio_web.site_builder.record import MANIFEST
from podio_web.testing import SandboxControl
from tests.browser import nginx
from tests.browser.demo import open_demo, sign_in
from tests.browser.fast import Visitor

# The same tests once more, with what this module says about where the pages come from.
from tests.browser.test_demo import (  # noqa: F401
    test_a_denial_and_a_closed_popup_are_explained_and_can_be_tried_again,
    test_a_fault_is_explained_and_the_text_stays,
    test_the_walk,
)
from tests.browser.test_script_tag import (  # noqa: F401
    client,
    tag,
    test_a_page_s_own_python_shares_the_client,
    test_a_person_signs_in_and_the_client_calls,
    test_errors_are_errors_with_name_code_and_status,
    test_progress_and_ready_are_told_once_and_no_error,
)

TYPES = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".wasm": "application/wasm",
    ".json": "application/json",
    ".html": "text/html",
    ".css": "text/css",
    ".bin": "application/octet-stream",
}


class Deployed:
    """A site on nginx: its `url`, and the `folder` that it serves."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    @property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.folder / BASE.strip("/") / MANIFEST).read_text())
        return manifest


@pytest.fixture(scope="module")
def deployed(root: Path, tmp_path_factory: pytest.TempPathFactory, podio_sandbox: SandboxControl) -> Iterator[Deployed]:
    folder = nginx.deploy(root, tmp_path_factory.mktemp("site"), podio_sandbox.url)
    with nginx.serve(folder, tmp_path_factory.mktemp("nginx")) as url:
        yield Deployed(url, folder)


@pytest.fixture(scope="module")
def browser_context_args(browser_context_args: dict[str, Any], deployed: Deployed) -> dict[str, Any]:
    return {**browser_context_args, "base_url": deployed.url}


def get(url: str) -> Any:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        body = answer.read()
        answer.body = gzip.decompress(body) if answer.headers["Content-Encoding"] == "gzip" else body
        return answer


@pytest.mark.only_browser("chromium")
def test_every_file_has_the_type_the_headers_and_the_content_that_were_built(deployed: Deployed) -> None:
    rules = read_headers_file((deployed.folder / "_headers").read_text())
    for name in deployed.manifest["files"]:
        answer = get(f"{deployed.url}{BASE}{name}")
        assert answer.body == (deployed.folder / BASE.strip("/") / name).read_bytes()
        expected = rules.get(f"{BASE}{name}") or rules[f"{BASE}assets/*"]
        assert {header: answer.headers[header] for header in expected} == expected
        suffix = Path(name).suffix
        if suffix in TYPES:
            assert answer.headers["Content-Type"].split(";")[0] == TYPES[suffix]
    page = get(f"{deployed.url}/")
    assert {header: page.headers[header] for header in rules["/"]} == rules["/"]


def test_the_demo_asks_nobody_but_its_site_and_podio(
    first_page: Page, interpreter: str, deployed: Deployed, sandbox: SandboxControl
) -> None:
    page = first_page
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))
    open_demo(page, interpreter)
    sign_in(page)
    own = (f"{deployed.url}/", f"{sandbox.url}/", "data:", "blob:")
    assert not [url for url in asked if not url.startswith(own)]


def test_a_second_visit_starts_from_memory(new_context: Callable[..., BrowserContext]) -> None:
    visitor = Visitor(new_context())
    assert not visitor.visit(pyscript=True)["from_memory"]
    visitor.wait_until_kept()
    assert visitor.visit(pyscript=True)["from_memory"]
    assert not visitor.said


def test_what_may_be_kept_for_ever_is_not_asked_for_again(
    new_context: Callable[..., BrowserContext], deployed: Deployed
) -> None:
    page = new_context().new_page()
    source = f"""async () => {{
      const response = await fetch("{BASE}{deployed.manifest["bundle"]["url"]}");
      await response.text();
      return performance.getEntriesByName(response.url).at(-1).transferSize;
    }}"""
    page.goto("/tests/blank.html")
    assert page.evaluate(source) > 0
    assert page.evaluate(source) == 0


def test_the_callback_page_s_own_script_runs_under_its_policy(
    new_context: Callable[..., BrowserContext], deployed: Deployed
) -> None:
    page = new_context().new_page()
    page.goto(f"{BASE}callback.html#error=access_denied&state=none")
    assert page.evaluate("location.hash") == "", "it takes the answer out of the address first of all"


@pytest.mark.only_browser("chromium")
def test_nothing_else_is_there(deployed: Deployed) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(f"{deployed.url}{BASE}assets/absent.js")
    caught.value.close()
    assert caught.value.code == 404
