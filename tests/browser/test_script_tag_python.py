"""The page's own Python: files that the script tag names and blocks with its nonce run, and other blocks do not."""

import json
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from podio_web.site_builder.headers import page_headers
from podio_web.testing import SandboxControl
from tests.browser.watch import Watched

RAN = "import js\njs.window.ran.push({name!r})\n"
NONCE = "bWFkZSB1cA=="


def block(name: str, attributes: str, *, end: str = "</script>") -> str:
    """A script element that would tell of itself."""
    return f"<script {attributes}>\n{RAN.format(name=name)}{end}"


DATA = 'type="text/python" data-podio'
# What a person can write who can write HTML into the page, but does not know the nonce.
INJECTED = [
    block("plain", DATA),
    block("capitals", 'TYPE="Text/Python" DATA-PODIO'),
    block("empty nonce", f'{DATA} nonce=""'),
    block("nonce without a value", f"{DATA} nonce"),
    block("another nonce", f'{DATA} nonce="guess"'),
    block("part of the nonce", f'{DATA} nonce="{NONCE[:-1]}"'),
    block("nonce in other letters", f'{DATA} nonce="{NONCE.swapcase()}"'),
    block("nonce as data", f'{DATA} data-nonce="{NONCE}"'),
    block("undefined", f'{DATA} nonce="undefined"'),
    block("opted in itself", f'{DATA} data-python="yes"'),
    f'<script {DATA} src="/tests/injected.py"></script>',
    f'<script {DATA} src="data:text/python,{RAN.format(name="data").encode().hex()}"></script>',
    f"<svg>{block('svg', DATA)}</svg>",
    f'<form name="scripts" {DATA}>{block("form", DATA)}</form>',
    f"<div data-podio>{block('inside', 'type=text/python')}</div>",
    f'<a data-python="/tests/injected.py" data-podio id="podioWeb" nonce="{NONCE}x"></a>',
    '<meta name="data-python" content="/tests/injected.py">',
    '<img name="currentScript" src="data:," data-python="/tests/injected.py">',
    block("mpy", 'type="mpy"'),
]

HTML = """<!doctype html><html><head><meta charset="utf-8"><title>Python</title><link rel="icon" href="data:,">
<script nonce="{header}">window.ran = [];</script></head><body><div id="before"></div>{before}
<script type="module" nonce="{header}" src="/podio-web/podio-web.js" {attributes}></script>
{own}
<script nonce="{header}">document.getElementById("before").innerHTML = {again};</script>
{after}</body></html>"""


def _answer(text: str, route: Route) -> None:
    route.fulfill(body=text)


class PythonPage:
    """A page with Python of its own and Python of somebody else's."""

    def __init__(self, page: Page, api_url: str, headers: dict[str, str]) -> None:
        self.page = page
        self.api_url = api_url
        self.headers = headers
        for name in ("injected", "first", "second"):
            text = RAN.format(name=name)
            page.route(f"**/tests/{name}.py", partial(_answer, text))

    def open(
        self,
        attributes: str = "",
        own: str = "",
        injected: str = "".join(INJECTED),
        nonce: bool = False,
        runs: int = 0,
    ) -> Any:
        """Load the page and return what ran, once ``runs`` have, and all that waits for Python has had its turn."""
        again = json.dumps(injected).replace("</script>", "<\\/script>")
        tag = f'data-client-id="demo-client" data-api-url="{self.api_url}" {attributes}'
        html = HTML.format(
            attributes=tag, own=own, before=injected, after=injected, again=again, header=NONCE if nonce else ""
        )
        headers = {**self.headers, "Content-Type": "text/html"}
        self.page.route("**/tests/python.html", lambda route: route.fulfill(body=html, headers=headers))
        self.page.goto("/tests/python.html")
        return self.page.evaluate(
            """async ([injected, runs]) => {
              await podioWeb.ready;
              const late = document.createElement("div");
              late.innerHTML = injected;
              document.body.append(late);
              while (ran.length < runs) await new Promise(resolve => setTimeout(resolve));
              // What runs does so one after the other, without a wait in between but for files.
              for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setTimeout(resolve));
              return ran;
            }""",
            [injected, runs],
        )


@pytest.fixture
def python(profile: BrowserContext, sandbox: SandboxControl, watched: Watched) -> PythonPage:
    """A page under the policy that a built site has, with the nonce that its server would add."""
    headers = page_headers(sandbox.url)
    policy = headers["Content-Security-Policy"].replace("script-src ", f"script-src 'nonce-{NONCE}' ")
    # Markup that the policy forbids is not an error here.
    watched.expect("Content-Security-Policy|Content Security Policy|Refused|violates")
    return PythonPage(profile.new_page(), sandbox.url, {**headers, "Content-Security-Policy": policy})


def test_a_block_that_anybody_may_have_written_does_not_run(python: PythonPage) -> None:
    warnings: list[str] = []
    python.page.on("console", lambda message: warnings.append(message.text) if message.type == "warning" else None)
    python.headers.pop("Content-Security-Policy")
    with python.page.expect_console_message(lambda message: "data-python" in message.text):
        assert python.open() == []
    assert len([text for text in warnings if "data-python" in text]) == 1


def test_beside_the_page_s_own_python_it_does_not_run_either(python: PythonPage) -> None:
    own = block("own", f'{DATA} nonce="{NONCE}"') + f'<script {DATA} nonce="{NONCE}" src="/tests/second.py"></script>'
    assert python.open('data-python="/tests/first.py"', own, nonce=True, runs=3) == ["first", "own", "second"]


@pytest.mark.parametrize("swallowed", ["script", "STYLE"])
def test_a_block_that_has_swallowed_the_nonce_of_another_element_does_not_run(
    python: PythonPage, swallowed: str
) -> None:
    """The start tag ends where that of the page's own element ends, so it has its attributes too."""
    injected = f'<script {DATA} src="/tests/injected.py" x='
    own = f'{injected}<{swallowed} type="text/python" nonce="{NONCE}"></script>' + block(
        "own", f'{DATA} nonce="{NONCE}"'
    )
    assert python.open("", own, "", nonce=True, runs=1) == ["own"]


def test_files_run_without_a_nonce_in_their_order(python: PythonPage) -> None:
    python.headers.pop("Content-Security-Policy")
    assert python.open('data-python=" first.py  /tests/second.py "', runs=2) == ["first", "second"]


def test_a_block_that_comes_later_does_not_run_even_with_the_nonce(python: PythonPage) -> None:
    late = block("late", f'{DATA} nonce="{NONCE}"')
    own = block("own", f'{DATA} nonce="{NONCE}"')
    assert python.open("", own, "", nonce=True, runs=1) == ["own"]
    ran = python.page.evaluate(
        """async (late) => {
          document.getElementById("before").innerHTML = late;
          for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setTimeout(resolve));
          return ran;
        }""",
        late,
    )
    assert ran == ["own"]


@pytest.mark.parametrize("gone", ["/tests/nowhere.py"])
def test_a_file_that_is_not_there_is_told(python: PythonPage, watched: Watched, gone: str) -> None:
    watched.expect("podio-web: .*nowhere.py returned 404")
    watched.expect("Failed to load resource")
    python.headers.pop("Content-Security-Policy")
    python.page.add_init_script("addEventListener('podio-web:error', ({detail}) => { window.code = detail.code })")
    python.open(f'data-python="{gone} /tests/first.py"', injected="")
    python.page.wait_for_function("() => window.code === 'missing_file' && ran.length === 1")
