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


def test_the_policy_of_a_page_with_thumbnails_is_that_of_the_demo(root):
    policy = headers_in((root / "docs" / "files.md").read_text(encoding="utf-8"), "files")
    headers = page_headers("https://api.podio.com", files_url="https://files.podio.com")
    assert policy == {"Content-Security-Policy": headers["Content-Security-Policy"]}


def test_the_headers_of_the_callback_page_are_those_it_is_served_with(root):
    page = (root / "static" / "callback.html").read_text(encoding="utf-8")
    assert headers_in(text_of(root), "callback") == callback_headers(page), "a new script has a new hash"


def test_the_snippets_are_python_and_know_the_events(root):
    snippets = re.findall(r"```python\n(.*?)```", text_of(root), re.DOTALL)
    for snippet in snippets:
        ast.parse(snippet)
    named = set(re.findall(r'podio\.on\("(\w+)"', "".join(snippets)))
    assert named == {"authenticated", "login_needed"}
    assert named < set(EVENTS)


# A mirror or a dependency inside the checkout is not a page of ours.
FOLDERS = (".", "docs", "examples/*")


def pages(root: Path) -> list[Path]:
    return sorted(page for folder in FOLDERS for page in root.glob(f"{folder}/*.md"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them: lower case, spaces as hyphens, no punctuation."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_to_a_file_or_a_heading_leads_somewhere(root):
    broken = []
    for page in pages(root):
        for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")):
            there = page.parent / target if target else page
            if not there.exists() or (anchor and anchor not in anchors(there)):
                broken.append(f"{page.relative_to(root)}: {target}#{anchor}")
    assert broken == []


def test_every_page_of_the_docs_is_linked_from_their_index(root):
    index = root / "docs" / "README.md"
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", index.read_text(encoding="utf-8")))
    assert linked == {page.name for page in (root / "docs").glob("*.md")} - {index.name}


def test_the_readme_is_short(root):
    assert len((root / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_every_rule_of_security_md_has_a_test_that_names_it(root):
    rules = set(re.findall(r"^\| (\d+) \|", (root / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert rules == {str(number) for number in range(1, 20)}
    tests = "".join(path.read_text(encoding="utf-8") for path in (root / "tests").rglob("test_*.py"))
    assert rules == set(re.findall(r"def test_rule_(\d+)_", tests))
