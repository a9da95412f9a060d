"""What the web applications of examples/ have in common, asked without a browser."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from podio_web.testing import SandboxControl
from tests.examples_support import EXAMPLES, WebExample

FOLDERS = ["starlette_app", "flask_app", "fastapi_app", "quart_app", "django_app"]
APPLICATIONS = [*FOLDERS, "django_app under WSGI"]


def files_of(name: str, part: str) -> dict[str, str]:
    folder = EXAMPLES / name / part
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*")}


def test_the_applications_have_the_same_pages() -> None:
    # Django has a template language of its own.
    pages = [files_of(name, "templates") for name in FOLDERS if name != "django_app"]
    assert all(each == pages[0] for each in pages)
    assert files_of("django_app", "templates").keys() == pages[0].keys()
    styles = [files_of(name, "static") for name in FOLDERS]
    assert styles[0]
    assert all(each == styles[0] for each in styles)


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


@pytest.mark.parametrize("name", APPLICATIONS)
def test_all_addresses_are_below_a_path_of_the_host(name: str, podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    podio_sandbox.settings(consent="allow", sign_in_as="demo@example.com")
    with (
        WebExample(name, tmp_path, podio_sandbox.url, prefix="/tasks") as example,
        httpx2.Client(follow_redirects=True) as client,
    ):
        welcome = client.get(f"{example.url}/items/6101").text
        (login,) = re.findall(r'href="([^"]+)" data-testid="sign-in"', welcome)
        assert login.startswith("/tasks/podio/login?")
        page = client.get(example.origin + login.replace("&amp;", "&"))
        assert page.url == f"{example.url}/items/6101"
        assert "Demo Person" in page.text
        for text in (welcome, page.text):
            links = re.findall(r'(?:href|src|action)="([^"]+)"', text)
            assert len(links) >= 4
            assert all(link.startswith("/tasks/") for link in links)
        fields = dict(re.findall(r'name="(csrf\w+)" value="(\w+)"', page.text))
        headers = {"Origin": example.origin}
        home = client.post(str(page.url), data={"title": "Renamed below", **fields}, headers=headers)
        assert (str(home.url), home.status_code) == (f"{example.url}/", 200)
        assert "Renamed below" in home.text
        out = client.post(f"{example.url}/podio/logout", headers=headers)
        assert out.url == f"{example.url}/"
        assert "sign-in" in out.text
        # Nobody is signed in, so nothing is saved.
        assert client.post(str(page.url), data={"title": "Nobody's", **fields}).status_code in (200, 401)
    puts = podio_sandbox.calls("/item/6101", method="PUT")
    assert [call["status"] for call in puts] == [200]


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_person_who_says_no_is_told_once(name: str, podio_sandbox: SandboxControl, tmp_path: Path) -> None:
    podio_sandbox.reset()
    podio_sandbox.settings(consent="deny", sign_in_as="demo@example.com")
    with WebExample(name, tmp_path, podio_sandbox.url) as example, httpx2.Client(follow_redirects=True) as client:
        page = client.get(f"{example.url}/podio/login")
        assert (str(page.url), page.status_code) == (f"{example.url}/", 200)
        assert "Access was not allowed" in page.text
        assert "Access was not allowed" not in client.get(example.url).text
