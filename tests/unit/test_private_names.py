"""What is private stays private: nothing reaches into another class, and tests patch nothing of ours.

A private name starts with one underscore. These uses of it are allowed:

- ``self._name``, ``cls._name`` and ``super()._name``
- ``other._name`` inside a class that defines ``_name`` itself
- ``_name`` inside the module that defines it, without a dot

Everything else needs a public name, or an argument.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDERS = ("podio_web", "tests", "benchmarks", "scripts", "examples")
SCRIPTS = ("artifacts", "browsers", "debian", "environment", "lock", "npm_package", "oldest", "services", "webkit")
OURS = ("podio_web", "tests", "benchmarks", *SCRIPTS)
"""The packages and scripts of this repository, as imports name them."""

FOREIGN = {
    "client._mounts": "httpx2 has no option for its network backend",
    "client._transport": "httpx2 has no option for its network backend",
    "client._transport_for_url": "httpx2's send() spends time on cookies, redirects and authentication",
    "core._run_iter": "MicroPython's asyncio has no hook for its own event loop",
    "core._task_queue": "MicroPython's asyncio has no hook for its own event loop",
    "os._exit": "the documented way to end a forked process",
    "transport._pool": "httpx2 has no option for its network backend",
    "transport._pool._network_backend": "httpx2 has no option for its network backend",
    "zlib._Decompress": "the type of zlib's decompressor has no other name",
}
"""Private names of other people's code that we use, and why."""

PATCHING = re.compile(r"(^|\.)(setattr|delattr)$|patch(\.object|\.dict|\.multiple)?$")
"""What replaces its first argument, or a part of it."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name != "_"


def defined_in(node: ast.ClassDef) -> set[str]:
    """Return the names that a class defines: its methods, its attributes, and what its methods set on ``self``."""
    names = {child.name for child in node.body if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))}
    names |= {child.id for child in ast.walk(node) if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)}
    for child in ast.walk(node):
        if isinstance(child, ast.Attribute) and isinstance(child.ctx, ast.Store) and is_own(child):
            names.add(child.attr)
        if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]) == "__slots__":
            names |= set(ast.literal_eval(child.value))
    return names


def is_own(node: ast.Attribute) -> bool:
    return ast.unparse(node.value) in ("self", "cls", "super()")


def private_accesses(tree: ast.AST, defined: frozenset[str] = frozenset()) -> Iterator[tuple[int, str]]:
    """Yield the line and the expression of each use of a private name that belongs to something else.

    ``defined`` are the names of the classes around ``tree``.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node) and node.attr not in defined:
            yield node.lineno, ast.unparse(node)
        if isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, alias.name) for alias in node.names if is_private(alias.name))
        yield from private_accesses(node, defined | defined_in(node) if isinstance(node, ast.ClassDef) else defined)


def imported(tree: ast.AST) -> dict[str, str]:
    """Return the names that imports bind, each with where it comes from.

    >>> imported(ast.parse("from podio_web import client as c"))
    {'c': 'podio_web.client'}
    """
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = alias.name
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def root_of(node: ast.expr) -> str | None:
    """Return the name that an expression of names and dots starts with."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def is_ours(origin: str) -> bool:
    return origin.partition(".")[0] in OURS


def patches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the target of each statement that replaces something of ours.

    What is patched must be foreign for certain: an import of another package. A variable counts as ours.
    """
    origins = imported(tree)

    def is_foreign(target: ast.expr) -> bool:
        if isinstance(target, ast.Constant):
            return not is_ours(str(target.value))
        root = root_of(target)
        return root in origins and not is_ours(origins[root])

    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            target = node.args[0]
            if PATCHING.search(ast.unparse(node.func)):
                if not is_foreign(target):
                    yield node.lineno, named(node)
            elif ast.unparse(node.func).endswith(".setitem"):
                key = node.args[1]
                if not is_foreign(target) or (isinstance(key, ast.Constant) and is_ours(str(key.value))):
                    yield node.lineno, named(node)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and not is_own(node):
            root = root_of(node)
            if is_private(node.attr) or (root in origins and is_ours(origins[root])):
                yield node.lineno, ast.unparse(node)


def named(call: ast.Call) -> str:
    """Return what a call patches, such as ``client.sleep`` for ``monkeypatch.setattr(client, "sleep", ...)``."""
    target, *others = call.args
    if isinstance(target, ast.Constant):
        return str(target.value)
    name = str(others[0].value) if others and isinstance(others[0], ast.Constant) else "?"
    return f"{ast.unparse(target)}.{name}"


def sources(root: Path, *folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield the name and the syntax tree of each module in these folders."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_private_names_are_used_where_they_belong(root: Path) -> None:
    found = [
        f"{name}:{line}: {expression}"
        for name, tree in sources(root, *FOLDERS)
        for line, expression in private_accesses(tree)
        if expression not in FOREIGN
    ]
    assert not found, "\n".join(found)


def test_tests_patch_nothing_of_ours(root: Path) -> None:
    found = [f"{name}:{line}: {target}" for name, tree in sources(root, "tests") for line, target in patches(tree)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("self._a; cls._a; super()._a", []),
        ("other._a", ["other._a"]),
        ("self._a._b", ["self._a._b"]),
        ("other.__class__; other.a_", []),
        ("_a = 1\n_a", []),
        ("from podio_web.client import _a", ["_a"]),
        ("class A:\n def __init__(self): self._a = 1\n def f(self, other): return other._a", []),
        ("class A:\n def _a(self): ...\n def f(self): return [other._a() for other in self.all]", []),
        ("class A:\n _a: int\n def f(self, other): return other._a", []),
        ("class A:\n __slots__ = ('_a',)\n def f(self, other): return other._a", []),
        ("class A:\n def f(self, other): return other._a", ["other._a"]),
        ("class A:\n def f(self, other): other._a = 1", ["other._a"]),
        ("class A:\n _a = 1\ndef f(a: A): return a._a", ["a._a"]),
        ("class A:\n _a = 1\nclass B:\n def f(self, a): return a._a", ["a._a"]),
    ],
)
def test_an_access_is_told_from_a_use_at_home(source: str, found: list[str]) -> None:
    assert [expression for _, expression in private_accesses(ast.parse(source))] == found


HEADER = (
    "import sys, time\nimport podio_web.runtime.interpreter\nfrom podio_web import client\n"
    "from podio_web.client import Podio\n"
)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("monkeypatch.setattr(time, 'sleep', f)", []),
        ("monkeypatch.setattr('time.sleep', f)", []),
        ("monkeypatch.setattr(client, 'sleep', f)", ["client.sleep"]),
        ("monkeypatch.setattr('podio_web.client.sleep', f)", ["podio_web.client.sleep"]),
        ("monkeypatch.setattr(podio_web.runtime.interpreter, 'warn', f)", ["podio_web.runtime.interpreter.warn"]),
        ("monkeypatch.delattr(Podio, 'get')", ["Podio.get"]),
        ("monkeypatch.setattr(podio, 'get', f)", ["podio.get"]),
        ("monkeypatch.setitem(client.TABLE, 'a', 1)", ["client.TABLE.a"]),
        ("monkeypatch.setitem(sys.modules, 'js', js)", []),
        ("monkeypatch.setitem(sys.modules, 'podio_web.client', None)", ["sys.modules.podio_web.client"]),
        ("monkeypatch.delitem(sys.modules, 'podio_web.client')", []),  # an import that runs again
        ("client.patch('/item/1')", []),
        ("monkeypatch.setenv('A', '1'); monkeypatch.chdir(place)", []),
        ("mock.patch('podio_web.client.sleep')", ["podio_web.client.sleep"]),
        ("mock.patch.object(client, 'sleep')", ["client.sleep"]),
        ("mock.patch.object(time, 'sleep')", []),
        ("setattr(Podio, name, f)", ["Podio.?"]),
        ("Podio.get = f", ["Podio.get"]),
        ("del client.sleep", ["client.sleep"]),
        ("podio._session = fake", ["podio._session"]),
        ("page.time = 5; self._a = 1; time.sleep = f", []),
    ],
)
def test_a_patch_is_told_from_an_argument(source: str, found: list[str]) -> None:
    assert [target for _, target in patches(ast.parse(HEADER + source))] == found
