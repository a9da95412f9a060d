"""The Python of a page for memory that comes with its interpreter: each name costs bytes there, and nobody reads them.

Names with one leading underscore are nobody's business outside (https://peps.python.org/pep-0008/#naming-conventions),
so they become as short as JavaScript's bundlers make theirs. Names without one stay: pages use them.
"""

from __future__ import annotations

import ast
import itertools
import re
import string
from collections.abc import Iterator, Mapping

from .folded import MICROPYTHON_IN_A_PAGE, folded

_PRIVATE = re.compile("_[^_].*")

# Where a syntax tree has names as texts, in whatever node.
_FIELDS = ("id", "attr", "arg", "name", "asname")


def minified(sources: Mapping[str, str]) -> dict[str, str]:
    """Return ``sources``, texts by paths, for MicroPython: short private names, and no ``__slots__`` or ``__all__``.

    A private name becomes the same short one in all of them. One that none of them defines is somebody else's and
    stays, as does one that is also somewhere in a text, for ``getattr``. MicroPython makes nothing of ``__slots__``: an
    object there may have any attribute. Without ``__all__`` too, ``import *`` takes what has no underscore. Raises
    SyntaxError for what is not Python.

    >>> minified({"time.py": "def _double(number): return 2 * number"})["time.py"]
    'def _a(number):\\n    return 2 * number\\n'
    """
    trees = {path: folded(source, MICROPYTHON_IN_A_PAGE) for path, source in sources.items()}
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    taken = {name for node in nodes for _, name in _names(node)}
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    # A dictionary keeps the order in which the names come: the same sources always give the same texts.
    private = dict.fromkeys(name for node in nodes for name in _defined(node) if _PRIVATE.fullmatch(name))
    short = dict(zip((name for name in private if name not in texts), _short_names(taken), strict=False))
    for node in nodes:
        _rename(node, short)
        if isinstance(node, (ast.ClassDef, ast.Module)):
            node.body = [each for each in node.body if not _is_unused(each)] or [ast.Pass()]
    return {path: ast.unparse(tree) + "\n" for path, tree in trees.items()}


def _short_names(taken: set[str]) -> Iterator[str]:
    """Yield ``_a`` to ``_Z``, then ``_aa`` and so on, without what is ``taken``."""
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_letters, repeat=length):
            name = "_" + "".join(letters)
            if name not in taken:
                yield name


def _names(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the names that a node itself says, each behind the field that has it."""
    for field in _FIELDS:
        name = getattr(node, field, None)
        if isinstance(name, str):
            yield field, name


def _defined(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node makes: of functions, classes, arguments and variables, and of own attributes."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.ExceptHandler(name=str(name)):
            yield name
        case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
            yield name


def _rename(node: ast.AST, short: Mapping[str, str]) -> None:
    for field, name in _names(node):
        setattr(node, field, short.get(name, name))
    if isinstance(node, (ast.Global, ast.Nonlocal)):
        node.names = [short.get(name, name) for name in node.names]


def _is_unused(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) in ("__slots__", "__all__")
