"""A site whose interpreters are on the public CDN: its policy names their files, and pages need no others."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from podio_web.sandbox.demo_server import Site
from podio_web.site_builder import build_site
from podio_web.site_builder.headers import read_headers_file
from podio_web.site_builder.interpreters import CDN, MICROPYTHON, PYODIDE, PYSCRIPT
from tests.browser import fast

# PyScript makes a function from text for workers, which no policy of ours allows (docs/integrating.md).
START = f"""import {{ hooks }} from "{PYSCRIPT.address}core.js";
hooks.worker.onBeforeRunAsync.clear();
"""

PAGE = """<!doctype html>
<title>waiting</title>
<link rel="icon" href="data:,">
{head}
"""


@pytest.fixture(scope="module")
def folder(root: Path, tmp_path_factory: pytest.TempPathFactory, site: Site) -> Path:
    folder = tmp_path_factory.mktemp("cdn")
    target = folder / "podio-web"
    build_site(target, node_modules=root / "node_modules", from_cdn=True, snapshot=False, api_url=site.api_url)
    (folder / "start.js").write_text(START, encoding="utf-8")
    client = f'nonce="made-up" data-client-id="a" data-api-url="{site.api_url}"'
    tag = f'<script type="module" src="podio-web/podio-web.js" {client}'
    python = "from js import document\nfrom podio_web.files import Files\ndocument.title = Files.__name__"
    block = f'<script type="text/python" nonce="made-up" data-podio>{python}</script>'
    archives = {f"podio-web/{wheel.name}": "./*" for wheel in target.glob("*.whl")}
    for name, interpreter, kind, module in [
        ("mpy", "micropython", "mpy", f"{MICROPYTHON.address}micropython.mjs"),
        ("pyodide", "pyodide", "py", f"{PYODIDE.address}pyodide.mjs"),
    ]:
        text = PAGE.format(head=f'{tag} data-interpreter="{interpreter}"></script>{block}')
        (folder / f"tag-{name}.html").write_text(text, encoding="utf-8")
        config = json.dumps({"interpreter": module, "files": archives})
        text = PAGE.format(
            head=f'<link rel="stylesheet" href="{PYSCRIPT.address}core.css">'
            '<script type="module" src="start.js"></script>'
            f"<script type=\"{kind}\" config='{config}'>\n"
            f"{python}\n</script>"
        )
        (folder / f"pyscript-{name}.html").write_text(text, encoding="utf-8")
    return folder


def test_the_policy_names_every_file_that_pages_load(
    page: Page, root: Path, site: Site, folder: Path, interpreter: str
) -> None:
    """A request that the policy blocks is an error in the console, which fails the test."""
    asked: set[str] = set()

    def answer(route: Route) -> None:
        url = route.request.url
        asked.add(url)
        name, path = next(
            (package.name, url.removeprefix(f"{CDN}/{package.name}@{package.version}/"))
            for package in (PYODIDE, MICROPYTHON, PYSCRIPT)
            if url.startswith(f"{CDN}/{package.name}@{package.version}/")
        )
        route.fulfill(path=root / "node_modules" / name / path, headers={**CORS, "Content-Type": kind_of(path)})

    page.route(f"{CDN}/**", answer)
    rule = read_headers_file((folder / "podio-web" / "_headers").read_text())["/"]
    with Site(root, client_id=site.client_id, api_url=site.api_url, extra=folder, headers=rule) as own_site:
        for way in ("tag", "pyscript"):
            page.goto(f"{own_site.url}/tests/{way}-{interpreter}.html")
            expect(page).to_have_title("Files", timeout=fast.START)
        page.goto("about:blank")
    assert {url for url in asked if url.startswith(PYSCRIPT.address)}
    assert len(asked) > 4
    assert all(url in rule["Content-Security-Policy"] for url in asked)


CORS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
KINDS = {"js": "text/javascript", "mjs": "text/javascript", "css": "text/css", "wasm": "application/wasm"}


def kind_of(path: str) -> str:
    return KINDS.get(path.rpartition(".")[2], "application/octet-stream")
