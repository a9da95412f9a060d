"""The Python sources of a page, without what only people and type checkers read.

Comments, docstrings and annotations are more than half of the source. An interpreter in a page would download and parse
them at each start without using them, so a built site leaves them out.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import threading
from collections.abc import Mapping
from typing import TypeVar

from .page_modules import WITHOUT_PARTS, page_files

# Python 3.11 fails if two threads parse at the same time (https://github.com/python/cpython/issues/106905). The demo's
# server does, because a page asks for several archives at once.
_one_at_a_time = threading.Lock()

Definition = TypeVar("Definition", ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def bundle() -> str:
    """Return the Python of a page or a worker on Pyodide as one JSON text: an object of paths and sources.

    It has ``podio_web.script_tag``, the client that pages without PyScript call from JavaScript, and what stands in for
    a page in workers. It does not have the optional parts.

    >>> "podio_web/client.py" in json.loads(bundle())
    True
    """
    # A snapshot of Pyodide's memory imports every module, and these raise ImportError.
    missing = {f"{name.replace('.', '/')}.py" for name in WITHOUT_PARTS}
    sources = {**page_sources(script_tag=True), **page_sources()}
    kept = {path: source for path, source in sorted(sources.items()) if path not in missing}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def part_bundle(part: str) -> str:
    """Return the sources of an optional part, for a page that has started, as ``files_as_json`` writes them.

    It is the same for both interpreters. MicroPython compiles it in the page: compressed, source is smaller than
    bytecode, and no start waits for it.

    >>> "podio_web/files/files.py" in json.loads(part_bundle("files"))
    True
    """
    sources = page_sources(part, script_tag=True)
    return files_as_json({path: source.encode() for path, source in sources.items()})


def files_as_json(contents: Mapping[str, bytes]) -> str:
    """Return files as a JSON object of paths and contents. Bytes of bytecode become characters up to U+00FF.

    >>> files_as_json({"a.py": b"a = 1", "b.mpy": b"M\\x06"})
    '{"a.py":"a = 1","b.mpy":"M\\\\u0006"}'
    """
    # Compressed, Latin-1 is a sixth smaller than base64.
    texts = {path: text.decode("utf-8" if path.endswith(".py") else "latin-1") for path, text in contents.items()}
    return json.dumps(texts, separators=(",", ":"), ensure_ascii=False)


def page_sources(part: str | None = None, *, script_tag: bool = False) -> dict[str, str]:
    """Return the stripped source of every module that belongs to a page, by its path.

    ``part``: those of this optional part, instead of those that every page has. ``script_tag``: those of the client
    that ``podio-web.js`` starts, instead of those that a page imports itself.

    >>> "podio_web/oauth/token.py" in page_sources()
    True
    """
    files = page_files(part, script_tag=script_tag)
    return {path: strip(file.read_text(encoding="utf-8")) for path, file in files.items()}


# Cached, because a site has the same modules in three forms.
@functools.cache
def strip(source: str) -> str:
    """Return Python source without comments, docstrings, annotations and code for type checkers only.

    The result does the same in CPython, Pyodide and MicroPython. Raises SyntaxError if ``source`` is not Python.

    >>> strip("def double(number: int) -> int:\\n    '''Return twice the number.'''\\n    return 2 * number  # quick")
    'def double(number):\\n return 2 * number\\n'
    """
    with _one_at_a_time:
        tree = ast.fix_missing_locations(_Strip().visit(ast.parse(source)))
        text = ast.unparse(tree) + "\n"
        # One space is enough for an indent. If this changes a line inside a string, the indent is kept.
        narrow = re.sub(r"^( {4})+", lambda indent: " " * (len(indent[0]) // 4), text, flags=re.MULTILINE)
        return narrow if ast.dump(ast.parse(narrow)) == ast.dump(ast.parse(text)) else text


class _Strip(ast.NodeTransformer):
    """Removes what does not change what a program does."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Drop annotations, and leave no body empty."""
        super().generic_visit(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If):
            node.body = node.body or [ast.Pass()]
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Drop docstrings, and texts below a name that describe it."""
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.copy_location(self.generic_visit(ast.Assign([node.target], node.value)), node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        is_for_checkers = [ast.unparse(target) for target in node.targets] == ["TYPE_CHECKING"]
        return None if is_for_checkers else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        is_for_checkers = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        self.generic_visit(node)
        return node.orelse if is_for_checkers else node
