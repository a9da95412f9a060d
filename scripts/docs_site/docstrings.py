"""Make Markdown of docstrings, for griffe (https://mkdocstrings.github.io/griffe/guide/users/extending/).

The docstrings of podio-web have bare doctests, and literal blocks behind ``::``. In Markdown, both need fences.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

from griffe import Extension, Object

_DOCTEST = re.compile(r"^>>> .*(?:\n.+)*", re.MULTILINE)
_LITERAL = re.compile(r"^( *)(.*\S)?::\n\n((?:\1 +.*(?:\n|\Z)|\n)+)", re.MULTILINE)


class Fences(Extension):
    """Put fences around doctests and literal blocks."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Change the docstring of an object."""
        if obj.docstring is not None:
            obj.docstring.value = with_fences(obj.docstring.value)

    def on_package(self, *, pkg: Object, **_: Any) -> None:
        """Change the docstring of the package that is loaded, which is not told to ``on_object``."""
        self.on_object(obj=pkg)


def with_fences(text: str) -> str:
    """Return a docstring with fences.

    >>> print(with_fences("Add.\\n\\n>>> 1 + 1\\n2"))
    Add.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    return _DOCTEST.sub("```pycon\n\\g<0>\n```", _LITERAL.sub(_fenced, text)).rstrip()


def _fenced(match: re.Match[str]) -> str:
    indent, words, block = match[1], match[2] or "", textwrap.dedent(match[3]).strip("\n")
    language = "python" if words.startswith("Example") else "text"
    fence = textwrap.indent(f"```{language}\n{block}\n```", indent)
    return f"{indent}{words}:\n\n{fence}\n\n" if words else f"{fence}\n\n"
