"""The sandbox inside a page: an app's items without a server of Podio, and without a request."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from importlib.metadata import files

from playwright.sync_api import BrowserContext, Route

from podio_web.testing import SandboxControl
from tests.browser.test_sync import SyncPage
from tests.browser.watch import Watched

# What Pyodide's distribution has under these names; here they come from the environment of the tests.
PACKAGES = ("starlette", "anyio", "idna", "python-multipart", "h11", "tzdata", "typing-extensions")


def archive() -> bytes:
    """Return a ZIP archive of the packages that the sandbox needs."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for package in PACKAGES:
            for file in files(package) or ():
                if ".." not in file.parts and "__pycache__" not in file.parts:
                    packed.write(str(file.locate()), str(file))
    return made.getvalue()


def test_a_page_has_a_podio_of_its_own(
    new_profile: Callable[..., BrowserContext], sandbox: SandboxControl, watched: Watched
) -> None:
    context = new_profile()
    content = archive()
    context.route("**/packages.zip", lambda route: packages(route, content))
    with watched.watching(context):
        python = SyncPage(context, sandbox.url, "page").open()
        python.run("""
            from pyodide.http import pyfetch
            response = await pyfetch("/packages.zip")
            await response.unpack_archive(format="zip")
        """)
        requests: list[str] = []
        python.page.on("request", lambda request: requests.append(request.url))
        titles = python.run("""
            from podio_web.items import App
            from podio_web.sandbox.in_page import InPageSandbox
            kept["sandbox"] = sandbox = InPageSandbox()
            podio = sandbox.signed_in()
            tasks = App(podio, 3001)
            task = await tasks.get(6101)
            task["title"] = "Paint the fence"
            await task.save()
            sandbox.advance_clock(30 * 86_400)
            sandbox.edit("update", 6102, fields={"title": "Their title"})
            return [(await tasks.get(each)).title for each in (6101, 6102)]
        """)
        assert titles == ["Paint the fence", "Their title"]
        name = python.run("""
            return kept["sandbox"].sync_signed_in("other@example.com").get("/user/status")["profile"]["name"]
        """)
        assert name == "Other Person"
        assert python.run('return len(kept["sandbox"].calls())') == 7
        assert requests == []
    context.close()


def packages(route: Route, content: bytes) -> None:
    """Answer with the archive."""
    route.fulfill(body=content, content_type="application/zip")
