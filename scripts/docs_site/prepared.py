"""Prepare Markdown for zensical: the pages of ``docs/`` and of the checkout, with their links and fences.

The sources are read on GitHub too. So they have no syntax of their own, and what differs is written here.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path

REPOSITORY = "https://github.com/podio-web/podio-web"
ADDRESS = "https://podio-web.github.io/podio-web/latest/"
"""Where the site is published. Links to it stay within the version that a reader has."""

OF_THE_CHECKOUT = {
    "README.md": "readme.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Pages of the site that lie beside ``docs/``."""

_FENCE = re.compile(r"( *)(`{3,}|~{3,}) *([^`]*)")
# Text in backticks, or the address of a link.
_LINK = re.compile(r"(?P<code>(?P<ticks>`+).*?(?<!`)(?P=ticks)(?!`))|(?<=\]\()(?P<address>[^()\s]+)(?=\))")
_SETUP = re.compile(r"<!-- setup: ([\w-]+) -->")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#", re.IGNORECASE)
_INDENT = 4  # spaces before a block inside a list, for Python-Markdown


class BadPage(Exception):
    """A page that cannot be put on the site."""


def sources(root: Path) -> dict[str, str]:
    """Return the page of the site for each Markdown file of the checkout, by paths relative to ``root``.

    >>> sources(ROOT)["docs/README.md"]
    'index.md'
    """
    docs = {f"docs/{path.name}": path.name for path in sorted((root / "docs").glob("*.md"))}
    return {**docs, "docs/README.md": "index.md", **OF_THE_CHECKOUT}


def setup_of(text: str) -> str | None:
    """Return the set-up that a page asks for, such as ``"sync"``, or None.

    >>> setup_of("# Scripts\\n\\n<!-- setup: sync -->\\n")
    'sync'
    """
    found = _SETUP.search(text)
    return found[1] if found else None


def with_links(root: Path, source: str, text: str, ref: str) -> str:
    """Return the text of a page whose links lead to pages of the site, or to the repository.

    Args:
        root: The checkout.
        source: The path of the page in the checkout.
        text: Its Markdown.
        ref: The branch or tag that links to other files of the checkout lead to.

    Raises:
        BadPage: A link leads to a file that does not exist.

    >>> with_links(ROOT, "docs/items.md", "See [Security](../SECURITY.md#files).", "main")
    'See [Security](security.md#files).'
    """
    pages = sources(root)

    def link(address: str, line: int) -> str:
        path, hash_, fragment = address.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if target in pages:
            return pages[target] + hash_ + fragment
        if not (root / target).exists():
            raise BadPage(f"{source}:{line} links to {address}, which does not exist.")
        kind = "tree" if (root / target).is_dir() else "blob"
        return f"{REPOSITORY}/{kind}/{ref}/{target}{hash_}{fragment}"

    lines = []
    for number, (line, fence) in enumerate(_lines(text), 1):
        lines.append(line if fence else _with_links(line, number, link))
    return "\n".join(lines) + "\n"


def _with_links(line: str, number: int, link: Callable[[str, int], str]) -> str:
    def changed(match: re.Match[str]) -> str:
        address = match["address"]
        if address and address.startswith(ADDRESS):
            return address.removeprefix(ADDRESS)
        if address is None or _ELSEWHERE.match(address):
            return match[0]
        return link(address, number)

    return _LINK.sub(changed, line)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line, and what it does: ``"open"`` or ``"close"`` a fence, be ``"in"`` one, or an empty text."""
    fence = ""
    for line in text.splitlines():
        marks = _FENCE.fullmatch(line)
        if not fence:
            yield line, "open" if marks else ""
            fence = marks[2] if marks else ""
        elif marks and marks[2].startswith(fence) and not marks[3]:
            yield line, "close"
            fence = ""
        else:
            yield line, "in"


def for_zensical(text: str) -> str:
    """Return Markdown for Python-Markdown, whose fences have lists of attributes and empty lines around them.

    In a list it wants them indented by four spaces, where GitHub takes two.

    >>> for_zensical("```python page app.py\\n1\\n```")
    '\\n```{ .python .page title="app.py" }\\n1\\n```\\n\\n'
    """
    made: list[str] = []
    deeper = ""
    for line, part in _lines(text):
        if part == "open":
            spaces, ticks, info = _marks(line)
            deeper = " " * (_INDENT - len(spaces)) if spaces else ""
            made += ["", f"{deeper}{spaces}{ticks}{_attributes(info)}"]
        else:
            made.append(deeper + line if part and line else line)
        if part == "close":
            made.append("")
    return "\n".join(made) + "\n"


def _marks(line: str) -> tuple[str, str, str]:
    match = _FENCE.fullmatch(line)
    assert match is not None
    return match[1], match[2], match[3]


def _attributes(info: str) -> str:
    """Return the list of attributes for an info string: a language, classes, a file name.

    >>> _attributes("python run")
    '{ .python .run }'
    """
    words = info.split()
    if len(words) < 2:
        return info
    attributes = (f'title="{word}"' if "." in word else f".{word}" for word in words)
    return f"{{ {' '.join(attributes)} }}"
