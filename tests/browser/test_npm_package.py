"""Pages that use the npm package: the apps of docs/bundlers.md, a page with a CDN, and a plain copy of the folder."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import artifacts
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from podio_web.site_builder.interpreters import CDN, PYODIDE
from podio_web.testing import SandboxControl
from tests.browser.folders import cdn, page_site
from tests.browser.served import OUTCOME
from tests.browser.tab import allow
from tests.browser.test_from_cdn import CORS, kind_of
from tests.browser.watch import Watched
from tests.conftest import ROOT
from tests.npm_apps import add_packages, commands, files, section, with_sandbox, write_app
from tests.npm_registry import Registry, pack
from tests.sandbox.test_integrating import headers_in, text_of

PACKAGES = {"Vite": ("vite",), "React": ("vite", "react", "react-dom"), "Vue": ("vite", "vue")}
CDN_FOLDER = "https://cdn.jsdelivr.net/npm/podio-web@0.1.0"
ICON = '<meta charset="utf-8">\n<link rel="icon" href="data:,">'
START = 60_000  # milliseconds that a first start may take, on a busy machine


@pytest.fixture(scope="session")
def package() -> Path:
    artifacts.build_npm(ROOT)
    return ROOT / artifacts.NPM


@pytest.fixture(scope="session")
def built(package: Path, podio_sandbox: SandboxControl, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `npm run build` makes of each app of docs/bundlers.md, which were started in empty folders."""
    folder = tmp_path_factory.mktemp("apps")
    with Registry(folder, pack(package, folder)) as registry:
        for name, packages in PACKAGES.items():
            app = folder / name
            texts = {**files("bundlers.md", "Vite"), **files("bundlers.md", name)}
            if name == "React":
                del texts["main.js"]
            texts["index.html"] = texts["index.html"].replace('<meta charset="utf-8">', ICON)
            main = next(each for each in texts if each.startswith("main."))
            write_app(app, {**texts, main: with_sandbox(texts[main], podio_sandbox.url)})
            registry.run(commands("bundlers.md", "Vite"), app)
            add_packages(app, *packages)
            registry.run("npm run build", app)
    return {name: folder / name / "dist" for name in PACKAGES}


@pytest.fixture
def app_headers(sandbox: SandboxControl) -> dict[str, str]:
    """The headers of docs/integrating.md."""
    headers = headers_in(text_of(ROOT), "app")
    policy = headers["Content-Security-Policy"].replace("https://api.podio.com", sandbox.url)
    return {**headers, "Content-Security-Policy": policy}


@pytest.fixture
def cdn_url(package: Path) -> Iterator[str]:
    """The package on another origin."""
    with cdn(package) as url:
        yield url


def sign_in(page: Page) -> None:
    """Sign in with the app's button, through a popup."""
    with page.expect_popup(timeout=START) as popup:
        page.get_by_role("button", name="Sign in to Podio").click(timeout=START)
    allow(popup.value)
    expect(page.locator("#greeting")).to_have_text("Hello Demo Person")


def outcome(page: Page, expression: str) -> dict[str, Any]:
    """Return what a promise of the page resolves to, or is rejected with."""
    found: dict[str, Any] = page.evaluate(f"() => ({OUTCOME})(async () => {expression})")
    return found


@pytest.mark.every_browser
@pytest.mark.parametrize("name", PACKAGES)
def test_a_bundled_app_signs_in_under_the_documented_policy(
    first_page: Page, built: dict[str, Path], app_headers: dict[str, str], name: str
) -> None:
    with page_site(built[name], app_headers) as url:
        first_page.goto(url)
        sign_in(first_page)
        first_page.goto("about:blank")


@contextmanager
def vite(app: Path) -> Iterator[str]:
    """Run what `npm run dev` runs. The value is the address of the app."""
    command = ["node", "node_modules/vite/bin/vite.js", "--port", "0", "--clearScreen", "false"]
    with subprocess.Popen(command, cwd=app, stdout=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"}) as running:
        try:
            assert running.stdout is not None
            said = iter(running.stdout.readline, b"")
            yield next(line.split()[-1].decode() for line in said if b"Local:" in line)
        finally:
            running.terminate()


@pytest.mark.only_browser("chromium")
def test_an_app_signs_in_while_it_is_developed(first_page: Page, built: dict[str, Path]) -> None:
    with vite(built["Vite"].parent) as url:
        first_page.goto(url)
        sign_in(first_page)
        first_page.goto("about:blank")


# --- A page with files from another origin ---


def cdn_page(package: Path, cdn_url: str, api_url: str) -> dict[str, str]:
    """Return the page of docs/script-tag.md, with the CDN, the API and the client of the test."""
    page = files("script-tag.md", "From a CDN")["cdn.html"]
    hashes = (package / "integrity.json").read_text(encoding="utf-8")
    found = re.search(r'"podio-web.js": "(.*?)"', hashes)
    assert found is not None
    for reader, ours in [
        (CDN_FOLDER, cdn_url),
        ("SHA384", found[1]),
        ('data-client-id="my-app"', f'data-client-id="demo-client" data-api-url="{api_url}"'),
        ('<meta charset="utf-8">', ICON),
    ]:
        assert page.count(reader) == 1
        page = page.replace(reader, ours)
    text = (ROOT / "docs" / "script-tag.md").read_text(encoding="utf-8")
    script = re.search(r'<script type="module">\n(.*?)</script>', text, re.DOTALL)
    assert script is not None
    return {"index.html": page, "app.js": script[1]}


def cdn_headers(cdn_url: str, api_url: str) -> dict[str, str]:
    """Return the policy of docs/script-tag.md, for the CDN and the API of the test."""
    headers = headers_in(section("script-tag.md", "From a CDN"), "cdn")
    policy = headers["Content-Security-Policy"].replace("https://api.podio.com", api_url)
    return {"Content-Security-Policy": policy.replace(CDN_FOLDER, cdn_url)}


@pytest.mark.every_browser
def test_a_page_loads_the_script_from_another_origin(
    first_page: Page, package: Path, cdn_url: str, sandbox: SandboxControl, tmp_path: Path
) -> None:
    write_app(tmp_path, cdn_page(package, cdn_url, sandbox.url))
    (tmp_path / "static").mkdir()
    shutil.copy(package / "callback.html", tmp_path / "static")
    with page_site(tmp_path, cdn_headers(cdn_url, sandbox.url)) as url:
        first_page.goto(url)
        # The page's script has bound its button then.
        assert outcome(first_page, "{ await podioWeb.ready }") == {"value": None}
        sign_in(first_page)
        first_page.goto("about:blank")


@pytest.mark.every_browser
def test_a_changed_script_of_the_cdn_does_not_run(
    first_page: Page, package: Path, sandbox: SandboxControl, watched: Watched, tmp_path: Path
) -> None:
    watched.expect("integrity")
    watched.expect("podioWeb is undefined|of undefined")
    changed = tmp_path / "cdn"
    shutil.copytree(package, changed)
    with (changed / "podio-web.js").open("a", encoding="utf-8") as script:
        script.write("window.changed = true;")
    with cdn(changed) as cdn_url:
        write_app(tmp_path / "site", cdn_page(package, cdn_url, sandbox.url))
        with page_site(tmp_path / "site", cdn_headers(cdn_url, sandbox.url)) as url:
            first_page.goto(url)
            assert first_page.evaluate("[window.changed, window.podioWeb].every((each) => each === undefined)")
            first_page.goto("about:blank")


def test_a_callback_page_on_the_cdn_is_refused(
    first_page: Page, package: Path, cdn_url: str, sandbox: SandboxControl, watched: Watched, tmp_path: Path
) -> None:
    watched.expect("Put callback.html on the page's own origin")
    texts = cdn_page(package, cdn_url, sandbox.url)
    tag = f'data-client-id="demo-client" data-redirect-uri="{cdn_url}/callback.html"'
    page = texts["index.html"].replace('data-client-id="demo-client"', tag)
    write_app(tmp_path, {**texts, "index.html": page})
    with page_site(tmp_path, cdn_headers(cdn_url, sandbox.url)) as url:
        first_page.goto(url)
        refused = outcome(first_page, "(await podioWeb.ready).login()")
        assert refused["message"] == (
            f"redirect_uri is on {cdn_url}, but this page is on {url}. Put callback.html on the page's own origin"
        )
        first_page.goto("about:blank")


# --- The module without a bundler ---


@pytest.fixture
def copied(package: Path, tmp_path: Path) -> Path:
    """A site with a plain copy of the package, and an empty page."""
    shutil.copytree(package, tmp_path / "podio-web")
    page = f'<!doctype html>\n<html lang="en">\n{ICON}\n<button id="click">Sign in to Podio</button>\n'
    (tmp_path / "index.html").write_text(f'{page}<p id="greeting"></p>', encoding="utf-8")
    return tmp_path


def module_page(copied: Path, main: str) -> None:
    """Let the page run a module."""
    page = copied / "index.html"
    tag = '<script type="module" src="main.js"></script>'
    page.write_text(page.read_text(encoding="utf-8") + tag, encoding="utf-8")
    (copied / "main.js").write_text(main, encoding="utf-8")


MAIN = """
import {{ loadPodio }} from "/podio-web/index.js";

const podio = await loadPodio({options});
document.querySelector("#click").addEventListener("click", async () => {{
  await podio.login();
  const me = await podio.get("/user/status");
  document.querySelector("#greeting").textContent = "Hello " + me.profile.name;
}});
"""


@pytest.mark.every_browser
def test_a_plain_copy_is_imported_under_trusted_types(
    first_page: Page, copied: Path, app_headers: dict[str, str], sandbox: SandboxControl
) -> None:
    module_page(copied, MAIN.format(options=f'{{ clientId: "demo-client", apiUrl: "{sandbox.url}" }}'))
    types = "; require-trusted-types-for 'script'; trusted-types podio-web podio-web-import"
    policy = app_headers["Content-Security-Policy"] + types
    with page_site(copied, {**app_headers, "Content-Security-Policy": policy}) as url:
        first_page.goto(url)
        expect(first_page.locator("#greeting")).to_be_attached()
        assert outcome(first_page, "{ await (await import('/podio-web/index.js')).loadPodio() }") == {"value": None}
        sign_in(first_page)
        first_page.goto("about:blank")


@pytest.mark.only_browser("chromium")
def test_a_policy_without_our_name_is_named(profile: BrowserContext, copied: Path, watched: Watched) -> None:
    watched.expect("trusted-types|TrustedScriptURL|require-trusted-types-for")
    page = profile.new_page()
    headers = {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types podio-web"}
    with page_site(copied, headers) as url:
        page.goto(url)
        refused = outcome(page, "(await import('/podio-web/index.js')).loadPodio({ clientId: 'demo-client' })")
        assert (refused["name"], refused["code"]) == ("LoadError", "trusted_types")
        assert "podio-web-import" in refused["message"]
        page.goto("about:blank")


@pytest.mark.only_browser("chromium")
def test_pyodide_comes_from_the_cdn(first_page: Page, copied: Path, sandbox: SandboxControl) -> None:
    options = f'{{ clientId: "demo-client", apiUrl: "{sandbox.url}", interpreter: "pyodide", base: "podio-web" }}'
    module_page(copied, MAIN.format(options=options))
    asked = set()

    def answer(route: Route) -> None:
        asked.add(route.request.url)
        path = route.request.url.removeprefix(PYODIDE.address)
        kind = {"Content-Type": kind_of(path)}
        route.fulfill(path=ROOT / "node_modules" / PYODIDE.name / path, headers={**CORS, **kind})

    first_page.route(f"{CDN}/**", answer)
    first_page.add_init_script(
        "addEventListener('podio-web:ready', ({ detail }) => { window.kind = detail.interpreter })"
    )
    with page_site(copied, {}) as url:
        first_page.goto(url)
        first_page.wait_for_function("() => window.kind", timeout=START)
        assert first_page.evaluate("kind") == "pyodide"
        assert f"{PYODIDE.address}pyodide.mjs" in asked
        first_page.goto("about:blank")


# By what is wrong: the arguments, and what the error says.
MISTAKES = {
    "a missing copy": ('{ base: "/nowhere/" }', "missing_file", "/nowhere/podio-web.js is not there. Copy"),
    "a server that answers with a page": (
        '{ base: "/fallback/" }',
        "missing_file",
        "/fallback/podio-web.js is not there. Copy",
    ),
    "an older copy": ('{ base: "/older/" }', "wrong_integrity", "/older/podio-web.js is not the file of podio-web 0."),
    "no server": ('{ base: "http://localhost:9/" }', "unreachable", "cannot be reached"),
    "a bundle of webpack": ('{ base: "file:///app/" }', "wrong_argument", "needs the option base"),
    "an unknown option": ('{ client: "my-app" }', "wrong_argument", "no option client. It has apiUrl, "),
    "a callback page elsewhere": (
        '{ redirectUri: "https://example.com/callback.html" }',
        "wrong_argument",
        "Copy callback.html there.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_and_may_be_corrected(
    profile: BrowserContext, copied: Path, watched: Watched, mistake: str
) -> None:
    options, code, message = MISTAKES[mistake]
    watched.expect("integrity|Failed to load|NetworkError|Cross-Origin|CORS|Loading failed|ERR_|MIME")
    shutil.copytree(copied / "podio-web", copied / "older")
    (copied / "older" / "podio-web.js").write_text("// an older one", encoding="utf-8")
    page = profile.new_page()
    page.route("**/fallback/**", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    with page_site(copied, {}) as url:
        page.goto(url)
        call = "(await import('/podio-web/index.js')).loadPodio"
        refused = outcome(page, f"({call})({options})")
        assert (refused["name"], refused["code"]) == ("LoadError", code)
        assert message in refused["message"]
        right = '{ clientId: "demo-client" }'
        assert outcome(page, f"{{ await ({call})({right}) }}") == {"value": None}
        same = outcome(page, f"await ({call})({right}) === await ({call})()")
        assert same == {"value": True}
        other = outcome(page, f'({call})({{ clientId: "another" }})')
        assert other["code"] == "wrong_argument"
        page.goto("about:blank")


def test_beside_a_script_tag_it_gives_the_same_client(profile: BrowserContext, copied: Path) -> None:
    page = profile.new_page()
    page_text = (copied / "index.html").read_text(encoding="utf-8")
    tag = '<script type="module" src="podio-web/podio-web.js" data-client-id="demo-client"></script>'
    (copied / "index.html").write_text(page_text + tag, encoding="utf-8")
    with page_site(copied, {}) as url:
        page.goto(url)
        call = "(await import('/podio-web/index.js')).loadPodio"
        assert outcome(page, f"await ({call})() === await podioWeb.ready") == {"value": True}
        refused = outcome(page, f'({call})({{ clientId: "demo-client" }})')
        assert (refused["code"], refused["message"]) == (
            "wrong_argument",
            "A script tag loaded podio-web.js. Remove it, or call loadPodio without options.",
        )
        page.goto("about:blank")
