"""Write the site as plain Markdown too, for programs that read: https://llmstxt.org."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_TITLE = re.compile(r"^# +(.+)$", re.MULTILINE)
_TEXT = re.compile(r"\n\n([A-Z`*\[][^\n|]*(?:\n[^\n|#`-][^\n]*)*)")


class Section(NamedTuple):
    """A section of the navigation: its title and its pages, in order."""

    title: str
    pages: Sequence[str]


def title_of(text: str) -> str:
    """Return the title of a page, without its marks.

    >>> title_of("# `podio-web new`\\n")
    'podio-web new'
    """
    found = _TITLE.search(text)
    return found[1].replace("`", "") if found else ""


def first_sentence(text: str) -> str:
    """Return the first sentence of a page, or an empty text.

    >>> first_sentence("# Errors\\n\\nAll of them. And more.\\n")
    'All of them.'
    """
    found = _TEXT.search(text)
    return re.split(r"(?<=\.)\s", " ".join(found[1].split()), maxsplit=1)[0] if found else ""


def llms_txt(name: str, description: str, url: str, sections: Sequence[Section], texts: Mapping[str, str]) -> str:
    """Return ``llms.txt``: every page of the site with an absolute link and its first sentence.

    Args:
        name: The name of the site.
        description: What the site is about.
        url: The address of the site, with a slash at its end.
        sections: The navigation.
        texts: The Markdown of each page.
    """
    parts = [f"# {name}", f"> {description}"]
    parts.append(f"All pages in one file: [llms-full.txt]({url}llms-full.txt)")
    for section in sections:
        lines = []
        for page in section.pages:
            sentence = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", first_sentence(texts[page]))
            lines.append(f"- [{title_of(texts[page])}]({url}{page})" + (f": {sentence}" if sentence else ""))
        parts.append(f"## {section.title}\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def llms_full_txt(url: str, sections: Sequence[Section], texts: Mapping[str, str]) -> str:
    """Return ``llms-full.txt``: the Markdown of all pages, each below its address.

    The arguments are those of ``llms_txt``.
    """
    pages = [page for section in sections for page in section.pages]
    return "\n\n".join(f"<!-- {url}{page} -->\n\n{texts[page].strip()}" for page in pages) + "\n"
