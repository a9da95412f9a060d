"""Files for the Python of a page with the script tag: loaded when they are used, and only then."""

import json
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, Request

from podio_web.testing import SandboxControl
from tests.browser.script_tag import INTERPRETERS, TagPage

UPLOAD = """
import js
import json
from functools import partial
from podio_web.files import Files

podio.set_access_token(json.loads({token!r}))
file = await Files(podio).upload(js.File.new(js.Array.of("content"), "content.txt"))
await Files(podio).read(file)
js.window.outcome = file.name
"""
OTHER = """
import js
js.window.outcome = "nothing of files"
"""


def _note(urls: list[str], request: Request) -> None:
    urls.append(request.url)


@pytest.mark.every_browser
def test_the_part_for_files_is_loaded_when_the_pages_python_uses_it(
    profile: BrowserContext, interpreter: str, sandbox: SandboxControl
) -> None:
    token = json.dumps(sandbox.issue_token("demo@example.com", "demo-client"))
    for source, outcome in ((OTHER, "nothing of files"), (UPLOAD.format(token=token), "content.txt")):
        tag = TagPage(profile, sandbox.url)
        asked: list[str] = []
        tag.page.on("request", partial(_note, asked))
        tag.open(query={"block": source}, interpreter=INTERPRETERS[interpreter], session_store="memory").ready()
        tag.page.wait_for_function("() => window.outcome", timeout=60_000)
        assert tag.page.evaluate("window.outcome") == outcome
        parts = [url for url in asked if "/files-" in url]
        assert len(parts) == (0 if source == OTHER else 1)
