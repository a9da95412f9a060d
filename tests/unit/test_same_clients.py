"""``SyncPodio``, ``SyncFiles`` and ``SyncHooks`` are their twins without ``await``: read from the source of both."""

import ast
import inspect
from itertools import zip_longest
from typing import Any

import pytest

from podio_web import Podio, SyncPodio
from podio_web.files.files import Files
from podio_web.files.sync_files import SyncFiles
from podio_web.hooks import Hooks, SyncHooks

Function = ast.FunctionDef | ast.AsyncFunctionDef

RENAMED = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
OWN_WORDS = {"login", "logout", "aclose"}
"""What these do differs: only the first line of their docstrings is compared."""


def methods_of(kind: type[Any]) -> dict[str, list[Function]]:
    """Return the public methods of a class with their overloads, and the special ones."""
    (tree,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(tree, ast.ClassDef)
    found: dict[str, list[Function]] = {}
    blocks = [node.body for node in tree.body if isinstance(node, ast.If)]
    for node in [*tree.body, *(each for block in blocks for each in block)]:
        if isinstance(node, Function) and (node.name[0] != "_" or node.name.startswith("__")):
            found.setdefault(node.name, []).append(node)
    return found


FOR_PARTS = {"context", "send", "run", "steps"}
"""What ``Files`` and ``SyncFiles`` use of the clients: the two differ in it."""

PODIO, SYNC_PODIO = (
    {name: found for name, found in methods_of(kind).items() if name not in FOR_PARTS} for kind in (Podio, SyncPodio)
)


def text_of(annotation: ast.expr | None) -> str:
    """Return an annotation without quotes, and as it is for ``SyncPodio``."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    text = ast.unparse(annotation) if annotation else ""
    text = "None" if text == "Coroutine[Any, Any, None]" else text
    return text.replace("SyncPodio", "Podio").replace("SyncFileStream", "FileStream")


def signature_of(function: Function) -> list[tuple[str, str, str]]:
    """Return name, annotation and default of each parameter, and what is returned."""
    given = function.args
    assert not given.posonlyargs
    positional = list(zip_longest(reversed(given.args), reversed(given.defaults)))[::-1]
    by_name = list(zip(given.kwonlyargs, given.kw_defaults, strict=True))
    others = [(each, None) for each in (given.vararg, given.kwarg) if each]
    told = [
        (each.arg, text_of(each.annotation), ast.unparse(default) if default else "")
        for each, default in [*positional, (ast.arg("*"), None), *by_name, *others]
        if each
    ]
    return [*told, ("return", text_of(function.returns), "")]


def doc_of(functions: list[Function]) -> str:
    """Return the docstring of a method, which its overloads do not have."""
    return "".join(ast.get_docstring(each) or "" for each in functions)


def test_each_has_the_members_of_the_other() -> None:
    assert {RENAMED.get(name, name) for name in PODIO} == set(SYNC_PODIO)
    assert {"token", "on", "get", "login", "close", "__init__"} <= set(SYNC_PODIO)


@pytest.mark.parametrize("name", PODIO)
def test_a_member_has_the_same_signature_and_overloads(name: str) -> None:
    own = SYNC_PODIO[RENAMED.get(name, name)]
    assert [signature_of(each) for each in own] == [signature_of(each) for each in PODIO[name]]
    assert not [each for each in own if isinstance(each, ast.AsyncFunctionDef)]


@pytest.mark.parametrize("name", [name for name in PODIO if not name.startswith("__")])
def test_a_member_has_the_same_docstring(name: str) -> None:
    own = doc_of(SYNC_PODIO[RENAMED.get(name, name)])
    theirs = doc_of(PODIO[name]).replace("await ", "").replace("aclose", "close")
    assert own
    if name in OWN_WORDS:
        own, theirs = own.partition("\n")[0], theirs.partition("\n")[0]
    assert own == theirs


@pytest.mark.parametrize("name", [name for name in PODIO if not name.startswith("__")])
def test_no_docstring_of_the_client_that_blocks_awaits(name: str) -> None:
    assert "await" not in doc_of(SYNC_PODIO[RENAMED.get(name, name)]).lower()


IN_PAGES = {"show", "blob", "podio", "links"}
"""What ``Files`` does, or has, for pages only, where ``SyncFiles`` does not work."""

FOR_SINKS = {"receive"}
"""What only the other members use: its argument is a sink, which is awaited."""

IN_OTHER_WORDS = {"__init__", "upload", "download"}
"""Their docstrings also say what they do in a page: only the first words are compared."""

FILES = {name: found for name, found in methods_of(Files).items() if name not in IN_PAGES | FOR_SINKS}
SYNC_FILES = methods_of(SyncFiles)


def test_the_files_of_both_have_the_same_members() -> None:
    assert set(FILES) == set(SYNC_FILES)
    assert {"upload", "download", "open", "read", "attach", "copy", "replace", "delete"} < set(SYNC_FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_member_of_files_has_the_same_signature(name: str) -> None:
    theirs, own = ([signature_of(each) for each in found[name]] for found in (FILES, SYNC_FILES))
    if name == "download":
        # In a page, the path is left out.
        theirs = [
            [
                (each, annotation.removesuffix(" | None"), "") if each == "path" else (each, annotation, default)
                for each, annotation, default in signature
            ]
            for signature in theirs
        ]
    assert own == theirs
    assert not [each for each in SYNC_FILES[name] if isinstance(each, ast.AsyncFunctionDef)]


@pytest.mark.parametrize("name", [name for name in FILES if name != "__init__"])
def test_a_member_of_files_has_the_same_docstring(name: str) -> None:
    own = doc_of(SYNC_FILES[name])
    theirs = doc_of(FILES[name]).replace("await ", "").replace("async ", "")
    assert own
    assert "await" not in own
    if name in IN_OTHER_WORDS:
        own, theirs = own.partition(".")[0], theirs.partition(".")[0]
    assert own == theirs


HOOKS, SYNC_HOOKS = methods_of(Hooks), methods_of(SyncHooks)


@pytest.mark.parametrize("name", HOOKS)
def test_a_member_of_hooks_has_the_same_signature(name: str) -> None:
    own = SYNC_HOOKS[RENAMED.get(name, name)]
    assert [signature_of(each) for each in own] == [signature_of(each) for each in HOOKS[name]]
