"""The Python of a page: what it imports, without what only people read.

Comments, docstrings and annotations are a good half of the source. An interpreter in a page downloads and parses them
at each start and uses none of them, so a built site goes without.
"""

from __future__ import annotations

import ast
import functools
import json
import re
from typing import TypeVar

from .page_files import page_files

Definition = TypeVar("Definition", ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def bundle() -> str:
    """Return the Python of a page or a worker on Pyodide as one JSON text: an object of paths and sources.

    It has ``podio_web.script_tag``, the client that pages without PyScript call from JavaScript, and what stands in for
    a page in workers.

    >>> sources = json.loads(bundle())
    >>> sources["podio_web/client.py"][:17]
    'from podio_web.http'
    """
    sources = {**page_sources(script_tag=True), **page_sources()}
    return json.dumps(dict(sorted(sources.items())), ensure_ascii=False, separators=(",", ":"))


def page_sources(*, script_tag: bool = False) -> dict[str, str]:
    """Return the stripped source of every module that belongs to a page, by its path.

    ``script_tag``: those of the client that ``podio-web.js`` starts, instead of those that a page imports itself.

    >>> "podio_web/oauth/token.py" in page_sources()
    True
    """
    return {path: strip(file.read_text(encoding="utf-8")) for path, file in page_files(script_tag=script_tag).items()}


# A site has the same modules in three shapes, and each of them asks.
@functools.cache
def strip(source: str) -> str:
    """Return Python source without comments, docstrings, annotations and what is there for type checkers only.

    What is left does the same in CPython, Pyodide and MicroPython. Raises SyntaxError if ``source`` is not Python.

    >>> strip("def double(number: int) -> int:\\n    '''Return twice the number.'''\\n    return 2 * number  # quick")
    'def double(number):\\n return 2 * number\\n'
    """
    tree = ast.fix_missing_locations(_Strip().visit(ast.parse(source)))
    text = ast.unparse(tree) + "\n"
    # One space does for four. A line of a string may begin with spaces too: then this source keeps its own.
    narrow = re.sub(r"^( {4})+", lambda indent: " " * (len(indent[0]) // 4), text, flags=re.MULTILINE)
    return narrow if ast.dump(ast.parse(narrow)) == ast.dump(ast.parse(text)) else text


class _Strip(ast.NodeTransformer):
    """Takes out what no interpreter acts on."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        return self._with_body(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        return self._with_body(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        node.returns = None
        return self._with_body(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Drop docstrings, and texts below a name that describe it."""
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            return None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        if node.value is None:
            return None
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Assign(self, node: ast.Assign) -> ast.Assign | None:
        if [ast.unparse(target) for target in node.targets] == ["TYPE_CHECKING"]:
            return None
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> ast.If | list[ast.stmt]:
        self.generic_visit(node)
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        node.body = node.body or [ast.Pass()]
        return node

    def _with_body(self, node: Definition) -> Definition:
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node
