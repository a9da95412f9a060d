"""Markup without script that somebody else has put into the page: it neither steers `podio-web.js` nor stops it."""

import json
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from podio_web.testing import SandboxControl
from tests.browser.watch import Watched

EVIL = (
    'data-client-id="evil" data-api-url="https://attacker.example" data-auth-url="https://attacker.example" '
    'data-redirect-uri="https://attacker.example/" data-interpreter="evil" data-session-store="evil"'
)
FILE = "/podio-web/podio-web.js"

DOCUMENT = [
    "currentScript",
    "scripts",
    "baseURI",
    "body",
    "head",
    "documentElement",
    "readyState",
    "querySelectorAll",
    "querySelector",
    "createElement",
    "dispatchEvent",
    "addEventListener",
    "hasFocus",
    "defaultView",
    "URL",
    "getElementsByTagName",
    "visibilityState",
]
WINDOW = [
    "podioWeb",
    "PodioJS",
    "process",
    "Deno",
    "Bun",
    "WorkerGlobalScope",
    "importScripts",
    "require",
    "module",
    "API",
    "Module",
    "onAuthCompleted",
    "client",
    "settings",
    "proxy_js_ref",
    "proxy_js_map",
    "proxy_js_existing",
    "pyProxyFinalizationRegistry",
    "romfs",
    "loadMicroPython",
    "trustedTypes",
    "WebAssembly",
    "origin",
]


def named(element: str, names: list[str], end: str = "") -> str:
    """One element for each name, with the attacker's settings."""
    return "".join(f'<{element} id="{name}" name="{name}" src="{FILE}" {EVIL}>{end}' for name in names)


# Each of them stands before the tag, after it, and comes once more through innerHTML.
MARKUP = {
    "img": named("img", DOCUMENT),
    "form": named("form", DOCUMENT, '<input name="src" value="x"><input name="dataset"></form>'),
    "embed and object": named("object", DOCUMENT[:8], "</object>") + named("embed", DOCUMENT[8:]),
    "anchor": named("a", WINDOW, "</a>"),
    "the same name twice": named("a", WINDOW, "</a>") * 2 + named("img", DOCUMENT) * 2,
    "named frames": "".join(
        f'<iframe name="{name}" srcdoc="<form id=versions><input name=node></form><a id=ready></a>"></iframe>'
        for name in ("podioWeb", "process", "WorkerGlobalScope", "currentScript", "baseURI", "head", "createElement")
    ),
    "inert script": f'<script type="text/plain" src="{FILE}" {EVIL}></script>',
    "script of another type": f'<script type="application/json" src="{FILE}" {EVIL}></script>'
    f'<script nomodule src="{FILE}" {EVIL}></script><script type="speculationrules" src="x/podio-web.js"></script>',
    "svg script": f'<svg><script type="text/plain" href="{FILE}" src="{FILE}" {EVIL}></script></svg>',
    "elsewhere": f'<script type="module" src="/elsewhere/podio-web.js" {EVIL}></script>',
    "template": f'<template><script type="module" src="{FILE}" {EVIL}></script></template>'
    f'<noscript><script type="module" src="{FILE}" {EVIL}></script></noscript>',
    "meta and link": f'<meta name="currentScript" content="x" {EVIL}><meta name="podio-web" {EVIL}>'
    f'<link rel="modulepreload" href="{FILE}" {EVIL}>',
    "fields of forms": "".join(
        f'<form class="all"><input name="{name}"></form>' for name in ("addEventListener", "nonce", "remove", "src")
    ),
    "custom elements": f'<podio-web {EVIL}></podio-web><py-config src="{FILE}">{{}}</py-config>',
}
BASE = '<base href="https://attacker.example/podio-web/">'

# How pages load it. An attribute that a browser does not know keeps each element's own type.
TAGS = {
    "module": '<script type="module" src="{src}" {own}></script>',
    "async module": '<script type="module" async src="{src}?v=1#part" {own}></script>',
    "classic": '<script src="{src}?v=1" {own}></script>',
    "defer": '<script defer src="{src}" {own}></script>',
    "async": '<script async src="{src}" {own}></script>',
}
LATER = """<script type="text/html" id="own-tag" {own}></script><script>
addEventListener("load", () => {{
  const tag = Document.prototype.createElement.call(document, "script");
  Object.assign(tag.dataset, Document.prototype.getElementById.call(document, "own-tag").dataset);
  tag.src = "{src}";
  tag.type = "{type}";
  Document.prototype.querySelector.call(document, "{place}").append(tag);
}});
</script>"""
TAGS |= {
    f"later in {place}, {kind or 'classic'}": LATER.replace("{place}", place).replace("{type}", kind)
    for place, kind in (("head", "module"), ("body", "module"), ("head", ""), ("body", ""))
}

HTML = """<!doctype html><html><head><title>Injected</title><link rel="icon" href="data:,">{in_head}</head><body>
<div class="injected"></div>{before}
{tag}
<script>
Document.prototype.querySelector.call(document, ".injected").innerHTML = {again};
</script>
{after}</body></html>"""


class Injected:
    """A page with injected markup, and what its client was made with."""

    def __init__(self, page: Page, api_url: str, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.own = f'data-client-id="demo-client" data-api-url="{api_url}"'
        self.asked: list[str] = []
        page.route("https://attacker.example/**", self._refuse)
        page.add_init_script(
            "window.errors = []; addEventListener('podio-web:error', ({detail}) => errors.push(detail.message));"
        )

    def open(self, tag: str, markup: str, *, late: str = "", in_head: str = "", **options: str) -> "Injected":
        """Load the page; ``late`` markup comes after the tag only."""
        own = self.own + "".join(f' data-{name}="{value}"' for name, value in options.items())
        html = HTML.format(
            in_head=in_head,
            # A page's own script that adds the tag after such a base must name the origin.
            tag=TAGS[tag].format(src=f"{self.origin}{FILE}" if "later" in tag else FILE, own=own),
            before=markup,
            again=json.dumps(markup + late).replace("</script>", "<\\/script>"),
            after=late + markup,
        )
        self.page.route("**/tests/injected.html", lambda route: route.fulfill(body=html, content_type="text/html"))
        self.page.goto("/tests/injected.html", wait_until="commit")
        return self

    def made_with(self) -> dict[str, Any]:
        """What the page's client was made with, and what went wrong."""
        self.page.wait_for_function("() => Object.hasOwn(window, 'podioWeb')")
        found: dict[str, Any] = self.page.evaluate(
            """async () => {
              const podio = await podioWeb.ready.catch(error => ({failed: error.message}));
              if (podio.failed) return podio;
              const url = new URL(podio.getAuthorizationURL());
              const platform = new PodioJS({authType: "client", clientId: "demo-client"});
              await platform.isAuthenticated().catch(() => {}); // its Python has come then
              return {
                errors,
                auth: url.origin,
                client: url.searchParams.get("client_id"),
                redirect: url.searchParams.get("redirect_uri"),
                theirs: new URL(platform.getAuthorizationURL()).searchParams.get("redirect_uri"),
                api: platform.apiURL,
              };
            }"""
        )
        return found

    def _refuse(self, route: Any) -> None:
        self.asked.append(route.request.url)
        route.abort()


@pytest.fixture
def injected(profile: BrowserContext, sandbox: SandboxControl, watched: Watched, base_url: str) -> Injected:
    """A page of the site, in which the browser itself complains of some of the markup."""
    for known in (
        "Failed to load resource",
        "MIME type",
        "Loading failed",
        "ERR_",
        "NS_ERROR",
        "speculation",
        "JSON",
        "Same Origin",
    ):
        watched.expect(known)
    return Injected(profile.new_page(), sandbox.url, base_url)


@pytest.fixture
def expected(sandbox: SandboxControl, base_url: str) -> dict[str, Any]:
    """What the page's own tag says."""
    callback = f"{base_url}/podio-web/callback.html"
    return {
        "errors": [],
        "auth": sandbox.url,
        "client": "demo-client",
        "redirect": callback,
        "theirs": callback,
        "api": sandbox.url,
    }


def test_no_markup_steers_or_stops_the_start(injected: Injected, expected: dict[str, Any]) -> None:
    found = {name: injected.open("module", markup).made_with() for name, markup in MARKUP.items()}
    assert found == dict.fromkeys(MARKUP, expected)


@pytest.mark.parametrize("tag", TAGS)
def test_however_the_page_loads_the_file(injected: Injected, expected: dict[str, Any], tag: str) -> None:
    """All of the markup at once, and a base that comes after the tag: it changes no address."""
    everything = "".join(markup for name, markup in MARKUP.items() if name != "elsewhere")
    injected.open(tag, everything, late=BASE, **{"redirect-uri": "callback.html"})
    beside = expected["redirect"].replace("/podio-web/", "/tests/")
    assert injected.made_with() == {**expected, "redirect": beside, "theirs": beside}
    # The markup itself asks there for pictures and the like.
    assert not [url for url in injected.asked if url.endswith((".mjs", ".wasm", ".bin", ".html"))]


@pytest.mark.parametrize("tag", ["module", "classic", "later in head, module"])
def test_the_page_s_own_base_counts(injected: Injected, expected: dict[str, Any], tag: str) -> None:
    injected.open(tag, "", late=BASE, in_head='<base href="/podio-web/">', **{"redirect-uri": "callback.html"})
    assert injected.made_with() == expected


def test_pyodide_starts_beside_such_elements(injected: Injected, expected: dict[str, Any]) -> None:
    everything = "".join(markup for name, markup in MARKUP.items() if name != "elsewhere")
    assert injected.open("module", everything, interpreter="pyodide").made_with() == expected
