"""What the documents say about security is what the code does: headers, names in snippets, rules with tests."""

import ast
import re
from pathlib import Path

from podio_web.events import EVENTS
from podio_web.site_builder.headers import callback_headers, page_headers


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
    for page in ("docs/integrating.md", "docs/browsers.md", "docs/servers.md", "SECURITY.md", "README.md"):
        text = (root / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https?:)([^)#]*)(?:#[^)]*)?\)", text):
            assert ((root / page).parent / target).exists(), f"{page}: {target}"


def test_every_rule_of_security_md_has_a_test_that_names_it(root):
    rules = set(re.findall(r"^\| (\d+) \|", (root / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert rules == {str(number) for number in range(1, 15)}
    tests = "".join(path.read_text(encoding="utf-8") for path in (root / "tests").rglob("test_*.py"))
    assert rules == set(re.findall(r"def test_rule_(\d+)_", tests))
