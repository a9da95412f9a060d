"""docs/integrating.md says what the demo's web server does: its headers, and the names in its snippets."""

import ast
import re
from pathlib import Path

from podio_web.sandbox.site import callback_headers, page_headers
from podio_web.session.events import EVENTS


def text_of(root: Path) -> str:
    return (root / "docs" / "integrating.md").read_text(encoding="utf-8")


def headers_in(text: str, which: str) -> dict[str, str]:
    """The header block for a page; a line that is indented goes on with the one above."""
    match = re.search(rf"```http {which}\n(.*?)```", text, re.DOTALL)
    assert match is not None
    lines = re.sub(r"\n +", " ", match[1]).splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_the_headers_of_the_app_page_are_those_of_the_demo(root):
    assert headers_in(text_of(root), "app") == page_headers("https://api.podio.com")


def test_the_headers_of_the_callback_page_are_those_it_is_served_with(root):
    page = (root / "static" / "callback.html").read_text(encoding="utf-8")
    assert headers_in(text_of(root), "callback") == callback_headers(page), "a new script has a new hash"


def test_the_snippets_are_python_and_know_the_events(root):
    snippets = re.findall(r"```python\n(.*?)```", text_of(root), re.DOTALL)
    assert len(snippets) == 2
    for snippet in snippets:
        ast.parse(snippet)
    named = set(re.findall(r'podio\.on\("(\w+)"', "".join(snippets)))
    assert named == {"authenticated", "login_needed"}
    assert named < set(EVENTS)


def test_every_link_to_a_file_leads_somewhere(root):
    for page in ("docs/integrating.md", "SECURITY.md", "README.md"):
        text = (root / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", text):
            assert ((root / page).parent / target).exists(), f"{page}: {target}"
