"""The pytest plugin: fixtures for a running sandbox and for a page that is signed in to it.

Install it with ``pip install 'podio-web[testing]'``. pytest finds it without a line in ``conftest.py``::

    def test_greeting(podio_sandbox, podio_signed_in_page):
        podio_sandbox.fail_next("rate_limit", path_prefix="/item")
        page = podio_signed_in_page
        page.goto("http://localhost:8000/?api_url=" + podio_sandbox.url)
        expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")

pytest imports this module in every environment where it is installed. To keep that fast, the fixtures import what
they need.
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
    """The client ID of the app under test. Override this fixture to use another one.

    The sandbox knows "demo-client" (redirect URIs on localhost) and "other-client" (redirect URIs on 127.0.0.1).
    """
    return "demo-client"


@pytest.fixture(scope="session")
def podio_username() -> str:
    """The e-mail address of the user who is signed in. Override this fixture to use another one.

    The sandbox knows "demo@example.com" and "other@example.com".
    """
    return "demo@example.com"


@pytest.fixture(scope="session")
def podio_sandbox() -> Iterator[SandboxControl]:
    """A sandbox on a free port of 127.0.0.1. It runs until the test session ends.

    All tests share it. Call ``podio_sandbox.reset()`` if a test needs the initial data and settings.
    """
    from podio_web.testing.control import SandboxControl

    try:
        from podio_web.sandbox import Sandbox
    except ModuleNotFoundError as problem:
        # The other fixtures need more than the sandbox does.
        raise ModuleNotFoundError(
            f"{problem.name} is not installed, which podio_sandbox needs: pip install 'podio-web[testing]'",
            name=problem.name,
        ) from None
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
    """A new Playwright page in which ``podio_username`` is signed in: the app finds the session in localStorage.

    If pytest-playwright's ``base_url`` is set, only pages of that origin get the session. Otherwise all pages except
    the sandbox's own get it. After the app has signed out, the session does not come back.
    """
    from podio_web.testing.signed_in import session_script

    response = podio_sandbox.issue_token(podio_username, podio_client_id)
    context.add_init_script(
        session_script(response, api_url=podio_sandbox.url, client_id=podio_client_id, app_url=base_url)
    )
    return context.new_page()
