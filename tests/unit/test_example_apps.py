"""What the two web applications of examples/ have in common, asked without a browser."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from podio_web.testing import SandboxControl
from tests.examples_support import EXAMPLES, WebExample

APPLICATIONS = ["starlette_app", "flask_app"]


def pages_of(name: str) -> dict[str, str]:
    folder = EXAMPLES / name
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for part in ("templates", "static")
        for path in (folder / part).rglob("*")
    }


def test_both_applications_have_the_same_pages() -> None:
    starlette, flask = map(pages_of, APPLICATIONS)
    assert starlette == flask


@pytest.mark.parametrize("name", APPLICATIONS)
def test_twenty_requests_that_meet_an_expired_session_refresh_it_once(
    name: str, podio_sandbox: SandboxControl, tmp_path: Path
) -> None:
    podio_sandbox.reset()
    podio_sandbox.settings(consent="allow", sign_in_as="demo@example.com", rotate_refresh_tokens=True)
    with WebExample(name, tmp_path, podio_sandbox.url) as example:
        with httpx2.Client(follow_redirects=True) as client:
            assert "Demo Person" in client.get(f"{example.url}/podio/login").text
            # The sandbox has a cookie of this name too.
            (session,) = [cookie.value for cookie in client.cookies.jar if cookie.domain.startswith("localhost")]
        podio_sandbox.expire_tokens()

        def name_shown(number: int) -> bool:
            response = httpx2.get(example.url, headers={"Cookie": f"podio_session={session}"})
            return "Demo Person" in response.text

        with ThreadPoolExecutor(20) as threads:
            assert all(threads.map(name_shown, range(20)))
    assert [call["status"] for call in podio_sandbox.calls("/oauth/token")] == [200, 200]
