"""The pytest plugin: a running sandbox, and a page that is already signed in to it.

It is installed with ``pip install podio-web[testing]`` and needs no line in a project's ``conftest.py``::

    def test_greeting(podio_sandbox, podio_signed_in_page):
        podio_sandbox.fail_next("rate_limit", path_prefix="/item")
        page = podio_signed_in_page
        page.goto("http://localhost:8000/?api_url=" + podio_sandbox.url)
        expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")

pytest imports this module in every project that has it installed, whether or not it is used. So everything that
takes time is imported in the fixtures.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, Page

    from podio_web.testing.control import SandboxControl


@pytest.fixture(scope="session")
def podio_client_id() -> str:
    """The client id that the page signs in with; override it to test with another one.

    The sandbox knows "demo-client" (return URLs on localhost) and "other-client" (on 127.0.0.1).
    """
    return "demo-client"


@pytest.fixture(scope="session")
def podio_username() -> str:
    """The person who is signed in; override it to test with another one.

    The sandbox knows "demo@example.com" and "other@example.com".
    """
    return "demo@example.com"


@pytest.fixture(scope="session")
def podio_sandbox() -> Iterator[SandboxControl]:
    """A sandbox on a free port of 127.0.0.1, with the switches on it; it runs until the tests end.

    What one test changes is there in the next: call ``podio_sandbox.reset()`` where a clean start matters.
    """
    from podio_web.sandbox import Sandbox
    from podio_web.testing.control import SandboxControl

    with Sandbox(port=0, control=True) as sandbox:
        yield SandboxControl(sandbox.url)


@pytest.fixture
def podio_signed_in_page(
    context: BrowserContext,
    base_url: str | None,
    podio_sandbox: SandboxControl,
    podio_client_id: str,
    podio_username: str,
) -> Page:
    """A new Playwright page; the app that it opens finds a session of ``podio_username`` in localStorage.

    With pytest-playwright's ``base_url``, only pages of that origin are given the session; otherwise every page but
    the sandbox's own. A session that the app ends stays ended.
    """
    from podio_web.testing.signed_in import session_script

    response = podio_sandbox.issue_token(podio_username, podio_client_id)
    context.add_init_script(
        session_script(response, api_url=podio_sandbox.url, client_id=podio_client_id, app_url=base_url)
    )
    return context.new_page()
