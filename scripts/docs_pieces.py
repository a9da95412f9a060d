"""The code blocks of Markdown pages: find them, run those of Python, and compare what they print with the page.

A block's info string is its language, then at most one class and at most one tag: ``python run``. Lines that begin with
``#>`` behind a statement are what the statements before them print. It needs the standard library only, and runs in
Pyodide too.

Examples:
    >>> (fence,) = fences("docs/page.md", "```python run\\nprint(1)\\n#> 1\\n```\\n")
    >>> fence.language, fence.kind, fence.line
    ('python', 'run', 2)
    >>> await check(fence.text, {}, fence.page, fence.line)
    '1\\n'
"""

import ast
import contextlib
import inspect
import io
import re
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

KINDS = frozenset({"run", "page", "server", "sync"})
"""The classes of Python. Behind another language, every word without a dot is a class."""

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`\n]*)\n(?P<text>.*?)^(?P=indent)(?P=ticks) *$", re.S | re.M
)
_SETUP = re.compile(r"^<!-- setup: ([\w-]+) -->$", re.MULTILINE)
_OUTPUT = re.compile(r"#>(?: (.*))?")


class Fence(NamedTuple):
    """A code block of a page."""

    page: str
    line: int  # of the first line of the text
    language: str
    kind: str
    tag: str
    text: str

    @property
    def place(self) -> str:
        """Return the page and the line, as editors open them."""
        return f"{self.page}:{self.line}"


class Part(NamedTuple):
    """Some statements of a piece, and what they print."""

    statements: list[ast.stmt]
    expected: str
    line: int  # of the expected output, or of the end of the piece


class WrongOutput(AssertionError):
    """A piece prints something else than its page says."""


def fences(page: str, markdown: str) -> list[Fence]:
    """Return the code blocks of a page in their order.

    Args:
        page: The page's name for messages.
        markdown: Its text.

    Raises:
        ValueError: An info string has too many words, or a block is not closed.
    """
    found = []
    end = 0
    for match in _FENCE.finditer(markdown):
        _no_fence(page, markdown, end, match.start())
        end = match.end()
        line = markdown.count("\n", 0, match.start("text")) + 1
        language, *words = match["info"].split() or [""]
        kind = words.pop(0) if words and _is_class(language, words[0]) else ""
        if len(words) > 1:
            raise ValueError(f"{page}:{line - 1}: {match['info']!r} has more words than a class and a tag.")
        text = textwrap.dedent(match["text"]) if match["indent"] else match["text"]
        found.append(Fence(page, line, language, kind, "".join(words), text))
    _no_fence(page, markdown, end, len(markdown))
    return found


def _is_class(language: str, word: str) -> bool:
    """Return whether a word behind a language is a class. Otherwise it is a tag, such as the name of a file."""
    return word in KINDS if language == "python" else "." not in word


def _no_fence(page: str, markdown: str, start: int, end: int) -> None:
    """Refuse a text between two blocks that opens another one."""
    if opened := re.compile(r"^ *```", re.MULTILINE).search(markdown, start, end):
        raise ValueError(f"{page}:{markdown.count(chr(10), 0, opened.start()) + 1}: this block is not closed.")


def setup_of(markdown: str) -> str:
    """Return what a page's comment ``<!-- setup: sync -->`` names, or an empty text."""
    found = _SETUP.search(markdown)
    return found[1] if found else ""


def parts_of(text: str, line: int = 1, page: str = "example") -> list[Part]:
    """Divide a piece at its lines of output.

    Args:
        text: The piece.
        line: The number of its first line.
        page: Its page's name for messages.

    Raises:
        SyntaxError: It is not Python.
        ValueError: A line of output is inside of a statement, or before the first one.
    """
    tree = compile("\n" * (line - 1) + text, page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST)
    assert isinstance(tree, ast.Module)
    statements = list(tree.body)
    parts = []
    for first, expected in _outputs(text, line):
        before = [each for each in statements if each.lineno < first]
        if not before or (before[-1].end_lineno or 0) > first:
            raise ValueError(f"{page}:{first}: output is expected behind a whole statement.")
        parts.append(Part(before, expected, first))
        statements = statements[len(before) :]
    if statements:
        parts.append(Part(statements, "", line + text.count("\n")))
    return parts


def _outputs(text: str, line: int) -> Iterator[tuple[int, str]]:
    """Yield the number of the first line, and the text, of each group of lines of output."""
    first, shown = 0, ""
    for number, each in enumerate([*text.splitlines(), ""], line):
        if match := _OUTPUT.fullmatch(each):
            first = first or number
            shown += f"{match[1] or ''}\n"
        elif first:
            yield first, shown
            first, shown = 0, ""


def without_output(text: str) -> str:
    """Return a piece without its lines of output."""
    return "".join(each for each in text.splitlines(keepends=True) if not each.startswith("#>"))


def expected_output(text: str) -> str:
    """Return everything that a piece prints, according to its lines of output."""
    return "".join(shown for _, shown in _outputs(text, 1))


async def run(
    text: str, names: dict[str, Any], page: str = "example", line: int = 1, write: Callable[[str], object] | None = None
) -> str:
    """Run a piece, and return what it printed.

    If its last statement is an expression, ``names["_"]`` has its value. Otherwise ``names`` has no ``_``.

    Args:
        text: The piece. It may have ``await`` at its top level.
        names: The namespace that it runs in.
        page: The page's name, for tracebacks.
        line: The number of its first line, for tracebacks.
        write: Called with each text as soon as it is printed.
    """
    return "".join([printed async for _, printed in _running(text, names, page, line, write)])


async def check(text: str, names: dict[str, Any], page: str = "example", line: int = 1) -> str:
    """Run a piece as ``run`` does, and compare what it prints.

    Raises:
        WrongOutput: It prints something else than its lines of output say. A piece without them prints nothing.
    """
    everything = ""
    async for part, printed in _running(text, names, page, line):
        if printed != part.expected:
            raise WrongOutput(f"{page}:{part.line}: the page says\n{part.expected}but the piece prints\n{printed}")
        everything += printed
    return everything


async def _running(
    text: str, names: dict[str, Any], page: str, line: int, write: Callable[[str], object] | None = None
) -> AsyncIterator[tuple[Part, str]]:
    """Yield each part of a piece with what it printed."""
    names.setdefault("__name__", "__main__")
    names.pop("_", None)
    parts = parts_of(text, line, page)
    if parts and isinstance(last := parts[-1].statements[-1], ast.Expr):
        kept = ast.Assign([ast.Name("_", ast.Store())], last.value)
        parts[-1].statements[-1] = ast.fix_missing_locations(ast.copy_location(kept, last))
    for part in parts:
        printed = _Printed(write)
        code = compile(ast.Module(part.statements, type_ignores=[]), page, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        with contextlib.redirect_stdout(printed):
            result = eval(code, names)  # noqa: S307 - the pages are ours
            if code.co_flags & inspect.CO_COROUTINE:
                await result
        yield part, printed.getvalue()


class _Printed(io.StringIO):
    """What a piece prints. ``write`` receives it too."""

    def __init__(self, write: Callable[[str], object] | None) -> None:
        super().__init__()
        self._write = write

    def write(self, text: str) -> int:
        """Keep a text, and pass it on."""
        if self._write is not None:
            self._write(text)
        return super().write(text)
