"""How browser tests wait, read from their source: a busy machine shows each page a moment later."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.test_private_names import sources

FOLDERS = ("tests/browser", "tests/docs/browsers")

FUNCTION = re.compile(r"\s*(async\s+)?(function\b|(\([^()]*\)|[\w$]+)\s*=>)")
"""How a function begins in JavaScript."""

ADDRESS = re.compile(r"\b(page|popup)\.url\b")

LOOKS = {
    "all_inner_texts": "to_have_text",
    "count": "to_have_count",
    "inner_text": "to_have_text",
    "input_value": "to_have_value",
    "is_enabled": "to_be_enabled",
    "is_hidden": "to_be_hidden",
    "is_visible": "to_be_visible",
    "text_content": "to_have_text",
}
"""Methods of a locator that look once, and the expectations that wait."""


def texts(tree: ast.Module) -> dict[str, str]:
    """Return the constants of a module that are texts."""
    return {
        ast.unparse(node.targets[0]): node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def beginning(argument: ast.expr, known: dict[str, str]) -> str:
    """Return how a text begins that is given as itself, as an f-string or by its name."""
    if isinstance(argument, ast.JoinedStr):
        argument = argument.values[0]
    return str(argument.value) if isinstance(argument, ast.Constant) else known.get(ast.unparse(argument), "")


def looks_once(assertion: ast.Assert) -> Iterator[str]:
    """Yield how an assertion looks at a page once, and what it should do instead."""
    if found := ADDRESS.search(ast.unparse(assertion.test)):
        yield f"{found[0]} may be an older address. Use expect({found[1]}).to_have_url(...)"
    for node in ast.walk(assertion.test):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args:
            name = node.func.attr
            if name in LOOKS:
                yield f"{name}() does not wait. Use expect(...).{LOOKS[name]}(...)"


def hasty(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line of each wait that may be in vain, and of each look that may be too early, with what to do."""
    known = texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield from ((node.lineno, problem) for problem in looks_once(node))
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith(".wait_for_function")
            and not FUNCTION.match(beginning(node.args[0], known))
        ):
            yield node.lineno, "wait_for_function() runs eval() for an expression. Write a function: () => ..."


def test_browser_tests_wait_for_what_they_look_at(root: Path) -> None:
    found = [f"{name}:{line}: {problem}" for name, tree in sources(root, *FOLDERS) for line, problem in hasty(tree)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("page.wait_for_function('() => window.ready')", []),
        ("page.wait_for_function('({ name }) => window[name]', arg=given)", []),
        ("frame.wait_for_function('name => window[name]')", []),
        ("frame.wait_for_function('async function () { return 1 }')", []),
        ("tab.page.wait_for_function(f'name => {EXPRESSION}')", []),
        ("READY = '() => window.ready'\npage.wait_for_function(READY)", []),
        ("page.wait_for_function('window.ready')", ["wait_for_function"]),
        ("page.wait_for_function('all.some(each => each.ready)')", ["wait_for_function"]),
        ("page.wait_for_function(f'{name}.ready')", ["wait_for_function"]),
        ("READY = 'window.ready'\npage.wait_for_function(READY)", ["wait_for_function"]),
        ("assert sandbox.url == page.evaluate('location.href')", []),
        ("assert page.url == address", ["page.url"]),
        ("assert 'token' not in tab.page.url", ["page.url"]),
        ("route = page.url", []),
        ("assert text.count(tag) == 1", []),
        ("assert rows.count() == 1", ["count"]),
        ("assert 'a' in page.get_by_role('alert').inner_text()", ["inner_text"]),
        ("shown = page.get_by_role('alert').inner_text()", []),
    ],
)
def test_a_hasty_look_is_told_from_one_that_waits(source: str, found: list[str]) -> None:
    problems = [problem for _, problem in hasty(ast.parse(source))]
    assert len(problems) == len(found)
    assert all(problem.startswith(start) for problem, start in zip(problems, found, strict=True))
