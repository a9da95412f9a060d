"""What a page's policy may ask of the script tag: Trusted Types and nonces work, and what is blocked is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from podio_web.sandbox.demo_server import BUILT
from podio_web.site_builder.record import MANIFEST
from tests.browser.script_tag import INTERPRETERS
from tests.browser.served import NONCE, Served
from tests.browser.watch import Watched

WASM = "'wasm-unsafe-eval'"
TYPES = "require-trusted-types-for 'script'"
OURS = "trusted-types podio-web podio-web-pyodide"

# What scripts may run, and what else the policy says.
ALLOWED = {
    "trusted types": (f"'self' {WASM}", f"{TYPES}; {OURS}"),
    "trusted types of any name": (f"'self' {WASM}", TYPES),
    "a nonce": (f"'nonce-{NONCE}' {WASM}", ""),
    "a nonce and strict-dynamic": (f"'nonce-{NONCE}' 'strict-dynamic' {WASM}", ""),
    "a nonce and trusted types": (f"'nonce-{NONCE}' {WASM}", f"{TYPES}; {OURS}"),
}


@pytest.fixture
def blocked(served: Served, watched: Watched) -> Served:
    """A page whose policy blocks something, of which the browser itself complains in its own words."""
    for known in (
        "podio-web: ",
        "Content.Security.Policy",
        "The page.s settings blocked",
        "TrustedScriptURL",
        "TrustedTypePolicy",
    ):
        watched.expect(known)
    return served


def has_trusted_types(page: Page) -> bool:
    return bool(page.evaluate("'trustedTypes' in window"))


def fails(served: Served, code: str, *words: str) -> None:
    """Find one code and message in whatever waits for Python."""
    problem = served.ready()
    assert problem.get("code") == code, problem
    assert problem["name"] == "LoadError"
    for word in words:
        assert word in problem["message"], problem
    waiting = "new PodioJS({ authType: 'client', clientId: 'demo-client' }).isAuthenticated()"
    assert served.outcome(waiting) == problem
    expect(served.page.get_by_role("alert")).to_have_text(problem["message"])


def read_manifest(root: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((root / BUILT / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def parts_of(site: dict[str, Any]) -> dict[str, list[str]]:
    """Return the scripts that each interpreter needs, in their order."""
    fast = [name for name in site["files"] if name.startswith("assets/fast-")]
    return {"micropython": [site["micropython"]["loader"]["url"]], "pyodide": [*fast, site["pyodide"]["module"]["url"]]}


# --- What works ---


@pytest.mark.parametrize("interpreter", INTERPRETERS.values())
@pytest.mark.parametrize("allowed", ALLOWED)
def test_a_person_signs_in_under_a_stricter_policy(served: Served, interpreter: str, allowed: str) -> None:
    scripts, more = ALLOWED[allowed]
    tag = served.tag(nonce=NONCE, data_interpreter=interpreter)
    assert served.open(tag, served.policy(scripts, more)).sign_in() == "Demo Person"


def test_one_trusted_types_policy_is_enough_for_every_part(served: Served) -> None:
    served.open(served.tag(), served.policy(f"'self' {WASM}", f"{TYPES}; {OURS}")).sign_in()
    uploaded = served.outcome("(await (await podioWeb.ready).uploadFile(new Blob(['x']), { name: 'a.txt' })).name")
    assert uploaded == {"value": "a.txt"}


@pytest.mark.parametrize("kind", ["text/javascript", "module"])
def test_the_nonce_of_a_tag_that_a_script_adds_is_handed_on(served: Served, kind: str) -> None:
    """Frameworks add the tag with a nonce that is only a property."""
    served.page.add_init_script(
        f"""addEventListener("DOMContentLoaded", () => {{
          const tag = document.createElement("script");
          tag.nonce = "{NONCE}";
          Object.assign(tag.dataset, {{ clientId: "demo-client", apiUrl: "{served.api_url}" }});
          Object.assign(tag, {{ type: "{kind}", src: "/podio-web/podio-web.js" }});
          document.head.append(tag);
        }});"""
    )
    served.open("", served.policy(f"'nonce-{NONCE}' {WASM}"))
    assert served.ready() == {"value": None}


def test_markup_with_another_nonce_does_not_stop_pyodide(blocked: Served, root: Path) -> None:
    (fast, _) = parts_of(read_manifest(root))["pyodide"]
    forged = f'<script type="module" nonce="forged" src="/podio-web/{fast}"></script>'
    tag = blocked.tag(nonce=NONCE, data_interpreter="pyodide")
    blocked.open(forged + tag + forged, blocked.policy(f"'nonce-{NONCE}' {WASM}"))
    assert blocked.ready() == {"value": None}


def test_pyodide_alone_takes_the_nonce_of_its_own_script(served: Served) -> None:
    script = f'<script type="module" nonce="{NONCE}" src="/podio-web/fast-pyodide.mjs"></script>'
    served.open(script, served.policy(f"'nonce-{NONCE}' {WASM}"))
    told = served.page.evaluate(
        """async () => {
          const { loadPyodide } = await import("/podio-web/fast-pyodide.mjs");
          return (await loadPyodide()).runPython("import podio_web; 6 * 7");
        }"""
    )
    assert told == 42


def test_both_loaders_of_pyodide_and_the_tag_share_a_page_under_trusted_types(served: Served) -> None:
    policy = served.policy(f"'self' {WASM}", f"{TYPES}; {OURS}")
    assert served.open(served.tag(), policy).ready() == {"value": None}
    told = served.page.evaluate(
        """async () => {
          const { loadPyodide } = await import("/podio-web/fast-pyodide.mjs");
          return (await loadPyodide()).runPython("6 * 7");
        }"""
    )
    assert told == 42


def test_a_page_s_own_default_policy_is_enough(blocked: Served) -> None:
    blocked.page.add_init_script("window.trustedTypes?.createPolicy('default', { createScriptURL: (url) => url });")
    blocked.open(blocked.tag(), blocked.policy(f"'self' {WASM}", f"{TYPES}; trusted-types default"))
    assert blocked.ready() == {"value": None}


def test_without_trusted_types_a_list_of_names_stops_nothing(blocked: Served) -> None:
    blocked.open(blocked.tag(), blocked.policy(f"'self' {WASM}", "trusted-types other"))
    assert blocked.ready() == {"value": None}


# --- What is blocked ---


@pytest.mark.parametrize(
    ("interpreter", "names", "missing"),
    [
        ("micropython", "other", "Add podio-web to"),
        ("micropython", "'none'", "Add podio-web to"),
        ("pyodide", "other podio-web-pyodide", "Add podio-web to"),
        ("pyodide", "podio-web", "Add podio-web-pyodide to"),
    ],
)
def test_a_refused_policy_is_named(blocked: Served, interpreter: str, names: str, missing: str) -> None:
    tag = blocked.tag(data_interpreter=interpreter)
    blocked.open(tag, blocked.policy(f"'self' {WASM}", f"{TYPES}; trusted-types {names}"))
    if has_trusted_types(blocked.page):
        fails(blocked, "trusted_types", missing, "trusted-types")
    else:
        assert blocked.ready() == {"value": None}


@pytest.mark.parametrize("interpreter", INTERPRETERS.values())
@pytest.mark.parametrize("scripts", ["'self'", f"'nonce-{NONCE}' 'strict-dynamic'", "'self' 'unsafe-inline'"])
def test_a_policy_without_webassembly_is_told_what_to_add(blocked: Served, interpreter: str, scripts: str) -> None:
    tag = blocked.tag(nonce=NONCE, data_interpreter=interpreter)
    fails(blocked.open(tag, blocked.policy(scripts)), "wasm_blocked", "'wasm-unsafe-eval'", "script-src")


def test_pyodide_alone_is_told_what_to_add(blocked: Served) -> None:
    blocked.open("", blocked.policy("'self'"))
    load = "(await import('/podio-web/fast-pyodide.mjs')).loadPyodide()"
    problem = blocked.outcome(load)
    assert (problem["name"], problem["code"]) == ("LoadError", "wasm_blocked")
    assert "'wasm-unsafe-eval'" in problem["message"]


@pytest.mark.parametrize("interpreter", INTERPRETERS.values())
@pytest.mark.parametrize("connect", ["'none'", "{api}"])
def test_a_blocked_fetch_is_named(blocked: Served, interpreter: str, connect: str) -> None:
    policy = blocked.policy(f"'self' {WASM}", connect=connect.format(api=blocked.api_url))
    fails(
        blocked.open(blocked.tag(data_interpreter=interpreter), policy), "blocked_by_policy", "connect-src", "/assets/"
    )


@pytest.mark.parametrize(("interpreter", "at"), [("micropython", 0), ("pyodide", 0), ("pyodide", 1)])
def test_a_blocked_script_is_named(blocked: Served, root: Path, interpreter: str, at: int) -> None:
    needed = parts_of(read_manifest(root))[interpreter]
    allowed = " ".join(f"localhost:*/podio-web/{name}" for name in ["podio-web.js", *needed[:at]])
    blocked.open(blocked.tag(data_interpreter=interpreter), blocked.policy(f"{allowed} {WASM}"))
    fails(blocked, "blocked_by_policy", "script-src", f"/podio-web/{needed[at]}")
