"""The web applications of examples/, as people use them: each is a process of its own, the browser a real one."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from podio_web.testing import SandboxControl
from tests.browser.tab import enter_password, shows
from tests.browser.watch import Watched
from tests.examples_support import WebExample

DEMO, OTHER = ("demo@example.com", "demo"), ("other@example.com", "other")
NAMES = {DEMO: "Demo Person", OTHER: "Other Person"}

NewContext = Callable[..., BrowserContext]


APPLICATIONS = ["starlette_app", "flask_app", "fastapi_app", "quart_app", "django_app", "django_app under WSGI"]


@pytest.fixture(scope="module", params=APPLICATIONS)
def example(
    request: pytest.FixtureRequest, podio_sandbox: SandboxControl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebExample]:
    with WebExample(request.param, tmp_path_factory.mktemp("example"), podio_sandbox.url) as example:
        yield example


@pytest.fixture
def new_page(new_context: NewContext, example: WebExample) -> Callable[[], Page]:
    """Open the application in a browser that was never there before."""

    def open_page() -> Page:
        page = new_context().new_page()
        page.goto(example.url)
        return page

    return open_page


def sign_in(page: Page, person: tuple[str, str] = DEMO) -> None:
    page.get_by_test_id("sign-in").click()
    enter_password(page, *person)
    page.get_by_test_id("consent-allow").click()
    expect(page.get_by_test_id("user-name")).to_have_text(NAMES[person])
    # A page that is still being loaded may disturb the next navigation.
    page.wait_for_load_state()


def is_signed_out(page: Page) -> None:
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    expect(page.get_by_test_id("user-name")).to_have_count(0)


def rename(page: Page, title: str) -> None:
    page.get_by_test_id("item-title").fill(title)
    page.get_by_test_id("save-item").click()
    expect(page.get_by_test_id("item-list")).to_be_visible()


def token_requests(sandbox: SandboxControl) -> list[int]:
    return [call["status"] for call in sandbox.calls("/oauth/token")]


def title_in_podio(sandbox: SandboxControl, item_id: int) -> str:
    """Return an item's title as another client sees it."""
    from podio_web import SyncPodio

    with SyncPodio("server", "demo-client", "demo-secret", api_url=sandbox.url) as podio:
        podio.set_access_token(sandbox.issue_token())
        return str(podio.get(f"/item/{item_id}")["title"])


def stored_tokens(example: WebExample) -> list[str]:
    """Return the access and refresh tokens that the application holds; the sandbox's are 32 hexadecimal digits."""
    with closing(sqlite3.connect(example.sessions)) as database:
        records = [row[0] for row in database.execute("SELECT token FROM sessions")]
    return [token for record in records for token in re.findall(r'"([0-9a-f]{32})"', record)]


def test_a_person_signs_in_and_sees_their_own_data(new_page: Callable[[], Page], sandbox: SandboxControl) -> None:
    page = new_page()
    is_signed_out(page)
    sign_in(page)
    expect(page.get_by_test_id("item-list").locator("li")).to_have_count(5)
    page.reload()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    assert token_requests(sandbox) == [200]


def test_a_person_comes_back_to_the_page_that_they_wanted(
    new_page: Callable[[], Page], example: WebExample, sandbox: SandboxControl
) -> None:
    page = new_page()
    page.goto(example.url + "/items/6105")
    sign_in(page)
    expect(page).to_have_url(f"{example.url}/items/6105")
    rename(page, "A <b>better</b> name & more")
    expect(page.get_by_test_id("item-list")).to_contain_text("A <b>better</b> name & more")
    assert title_in_podio(sandbox, 6105) == "A <b>better</b> name & more"


def test_a_person_who_says_no_reads_a_friendly_notice_once(
    new_page: Callable[[], Page], sandbox: SandboxControl
) -> None:
    page = new_page()
    page.get_by_test_id("sign-in").click()
    enter_password(page)
    page.get_by_test_id("consent-deny").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Access was not allowed")
    is_signed_out(page)
    page.reload()
    is_signed_out(page)
    expect(page.get_by_test_id("notice")).to_have_count(0)
    assert token_requests(sandbox) == []
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("consent-allow").click()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")


def test_a_session_that_expires_is_renewed_unnoticed(
    new_page: Callable[[], Page], example: WebExample, sandbox: SandboxControl
) -> None:
    sandbox.settings(rotate_refresh_tokens=True)
    page = new_page()
    sign_in(page)
    page.goto(example.url + "/items/6102")
    for round_of in range(2):
        sandbox.expire_tokens()
        rename(page, f"Saved after expiry {round_of}")
        assert title_in_podio(sandbox, 6102) == f"Saved after expiry {round_of}"
        page.goto(example.url + "/items/6102")
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    assert token_requests(sandbox) == [200, 200, 200]


def test_a_session_that_podio_ended_leads_to_the_sign_in(new_page: Callable[[], Page], sandbox: SandboxControl) -> None:
    page = new_page()
    sign_in(page)
    sandbox.revoke_tokens()
    page.reload()
    is_signed_out(page)
    assert token_requests(sandbox) == [200, 400]


def test_after_signing_out_nothing_of_the_person_is_left(new_page: Callable[[], Page], example: WebExample) -> None:
    page = new_page()
    sign_in(page)
    page.goto(example.url + "/items/6101")
    session = page.context.cookies(example.url)
    held = len(stored_tokens(example))
    page.get_by_test_id("sign-out").click()
    is_signed_out(page)
    # Django has a cookie of its own for its forms, which says nothing about the person.
    assert [cookie["name"] for cookie in page.context.cookies(example.url) if cookie["name"] != "csrftoken"] == []
    assert len(stored_tokens(example)) == held - 2
    page.go_back()
    expect(page).to_have_url(f"{example.url}/items/6101")
    is_signed_out(page)
    # A copy of the cookie is worth nothing.
    page.context.add_cookies(session)  # type: ignore[arg-type]
    page.goto(example.url)
    is_signed_out(page)


def test_two_people_never_see_each_other_s_data(
    new_page: Callable[[], Page], example: WebExample, watched: Watched
) -> None:
    watched.expect("status of 40[34]")
    pages = {person: new_page() for person in (DEMO, OTHER)}
    for person, page in pages.items():
        sign_in(page, person)
    for _ in range(3):
        for person, page in pages.items():
            page.goto(example.url)
            expect(page.get_by_test_id("user-name")).to_have_text(NAMES[person])
    # An item of a space that only one of them belongs to.
    for page in pages.values():
        page.goto(example.url + "/items/6201")
    expect(pages[DEMO].get_by_test_id("item-title")).to_have_value("Ideas")
    expect(pages[OTHER].get_by_test_id("problem")).to_be_visible()
    pages[OTHER].goto(example.url)
    pages[OTHER].get_by_test_id("sign-out").click()
    is_signed_out(pages[OTHER])
    pages[DEMO].goto(example.url)
    expect(pages[DEMO].get_by_test_id("user-name")).to_have_text("Demo Person")


def test_two_tabs_may_sign_in_at_once(
    new_page: Callable[[], Page], example: WebExample, sandbox: SandboxControl
) -> None:
    first = new_page()
    second = first.context.new_page()
    second.goto(example.url + "/items/6104")
    first.get_by_test_id("sign-in").click()
    enter_password(first)
    # Podio knows the person from here on.
    shows(first, "consent-allow")
    second.get_by_test_id("sign-in").click()
    second.get_by_test_id("consent-allow").click()
    expect(second.get_by_test_id("item-title")).to_be_visible()
    first.get_by_test_id("consent-allow").click()
    expect(first.get_by_test_id("user-name")).to_have_text("Demo Person")
    second.reload()
    expect(second.get_by_test_id("user-name")).to_have_text("Demo Person")
    assert token_requests(sandbox) == [200, 200]


def test_an_answer_that_was_not_asked_for_changes_nothing(new_page: Callable[[], Page], example: WebExample) -> None:
    page = new_page()
    sign_in(page)
    page.goto(f"{example.url}/podio/callback?code=attack&state=attack")
    expect(page.get_by_test_id("notice")).to_have_attribute("data-code", "unsolicited")
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    expect(page).to_have_url(f"{example.url}/")


def test_a_page_of_another_origin_acts_for_nobody(
    new_page: Callable[[], Page], example: WebExample, base_url: str, sandbox: SandboxControl, watched: Watched
) -> None:
    watched.expect("status of 40[13]|favicon")
    page = new_page()
    sign_in(page)
    before = title_in_podio(sandbox, 6103)
    # Another port of the same host is the same site: SameSite does not keep its forms from carrying the session.
    for path in ("/items/6103", "/podio/logout"):
        page.goto(f"{base_url}/tests/blank.html")
        with page.expect_navigation(url=re.compile(re.escape(example.url))):
            page.evaluate(
                """address => {
                    const form = document.createElement("form");
                    form.method = "post";
                    form.action = address;
                    form.innerHTML = "<input name=title value=attack>";
                    document.body.append(form);
                    form.submit();
                }""",
                example.url + path,
            )
    assert title_in_podio(sandbox, 6103) == before
    page.goto(example.url)
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")


def test_codes_states_and_tokens_are_found_nowhere_but_in_their_place(
    new_page: Callable[[], Page], example: WebExample, sandbox: SandboxControl
) -> None:
    page = new_page()
    requested: list[str] = []
    shown: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("framenavigated", lambda frame: shown.append(frame.url))
    sign_in(page)
    tokens = stored_tokens(example)
    sandbox.expire_tokens()
    page.reload()
    tokens += stored_tokens(example)
    (answer,) = [parse_qs(urlsplit(url).query) for url in requested if "/podio/callback?" in url]
    secrets = {*answer["code"], *answer["state"], *tokens, "demo-secret"}
    assert len(secrets) >= 6

    cookies = page.context.cookies(example.url)
    assert [(cookie["name"], cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [
        ("podio_session", True, "Lax")
    ]
    kept = page.evaluate("() => document.cookie + JSON.stringify([localStorage, sessionStorage])")
    for step in [page.go_back] * 4 + [page.go_forward] * 4:
        step()
        shown.append(str(page.evaluate("location.href")))
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    own = [url for url in shown if url.startswith(example.url)]
    assert own
    haystacks = {
        "addresses": "\n".join(own),
        "cookies": str(cookies),
        "storage": kept,
        "log": example.log,
        "page": page.content(),
    }
    if example.name == "django_app under WSGI":
        # The log of runserver, which is for developers, has every address: examples/django_app/README.md says so.
        del haystacks["log"]
    for where, text in haystacks.items():
        assert not [secret for secret in secrets if secret in text], where


def test_below_a_path_of_the_host(
    new_context: NewContext,
    example: WebExample,
    podio_sandbox: SandboxControl,
    sandbox: SandboxControl,
    tmp_path: Path,
    running: ExitStack,
) -> None:
    below = running.enter_context(WebExample(example.name, tmp_path, podio_sandbox.url, prefix="/tasks"))
    page = new_context().new_page()
    page.goto(below.url + "/items/6104")
    page.get_by_test_id("sign-in").click()
    enter_password(page)
    page.get_by_test_id("consent-deny").click()
    expect(page.get_by_test_id("notice")).to_contain_text("Access was not allowed")
    expect(page).to_have_url(f"{below.url}/items/6104")
    page.get_by_test_id("sign-in").click()
    page.get_by_test_id("consent-allow").click()
    expect(page.get_by_test_id("user-name")).to_have_text("Demo Person")
    expect(page).to_have_url(f"{below.url}/items/6104")
    sandbox.expire_tokens()
    rename(page, "Saved below a path")
    expect(page).to_have_url(f"{below.url}/")
    assert title_in_podio(sandbox, 6104) == "Saved below a path"
    page.get_by_test_id("sign-out").click()
    is_signed_out(page)
    expect(page).to_have_url(f"{below.url}/")
