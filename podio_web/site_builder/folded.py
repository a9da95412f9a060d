"""What is known of an interpreter before it runs, put into the Python for it: the branches for others cost bytes."""

from __future__ import annotations

import ast
from collections.abc import Mapping

MICROPYTHON_IN_A_PAGE = {"MICROPYTHON": True, "IN_PAGE": True}
"""Names of ``podio_web.runtime.interpreter``, where nothing but MicroPython in a page runs the Python."""


def folded(source: str, known: Mapping[str, bool]) -> ast.Module:
    """Return a module in which names have the values that are ``known``, without the branches that are never taken.

    A name means the same wherever it is read. Nothing imports it any more; the module that defines it still does.
    Raises SyntaxError for what is not Python.

    >>> ast.unparse(folded("limit = 16 if MICROPYTHON else 64", {"MICROPYTHON": True}))
    'limit = 16'
    """
    changed = _Folding(known).visit(ast.parse(source))
    assert isinstance(changed, ast.Module)
    return ast.fix_missing_locations(changed)


class _Folding(ast.NodeTransformer):
    def __init__(self, known: Mapping[str, bool]) -> None:
        self._known = known

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        node.names = [alias for alias in node.names if alias.name not in self._known]
        return node if node.names else None

    def visit_Name(self, node: ast.Name) -> ast.expr:
        is_known = isinstance(node.ctx, ast.Load) and node.id in self._known
        return ast.Constant(self._known[node.id]) if is_known else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        is_known = isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Constant)
        return ast.Constant(not node.operand.value) if is_known else node  # type: ignore[attr-defined]

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Drop what changes nothing; an operand that decides is the last one."""
        self.generic_visit(node)
        neutral = isinstance(node.op, ast.And)
        last = node.values[-1]
        values = [value for value in node.values[:-1] if not _is(neutral, value)] + [last]
        for number, value in enumerate(values):
            if _is(not neutral, value):
                del values[number + 1 :]
                break
        node.values = values
        return values[0] if len(values) == 1 else node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.test, ast.Constant):
            return node
        return node.body if node.test.value else node.orelse

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.body = _reached(node.body)
        return node

    def visit_If(self, node: ast.If) -> ast.If | list[ast.stmt]:
        self.generic_visit(node)
        if isinstance(node.test, ast.Constant):
            return (node.body if node.test.value else node.orelse) or [ast.Pass()]
        node.body = node.body or [ast.Pass()]
        return node


def _reached(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Leave out what comes after a ``return``."""
    ends = [number for number, each in enumerate(statements, 1) if isinstance(each, ast.Return)]
    return statements[: ends[0]] if ends else statements


def _is(value: bool, node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is value
