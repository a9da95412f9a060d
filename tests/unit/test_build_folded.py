"""What is known of an interpreter, put into the Python for it."""

import ast

import pytest

from podio_web.site_builder.folded import MICROPYTHON_IN_A_PAGE, folded
from tests.unit.test_build_bundle import SOURCES


def short(source: str) -> str:
    return ast.unparse(folded(source, {"HERE": True, "THERE": False}))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = HERE", "x = True"),
        ("x = not HERE", "x = False"),
        ("x = not other", "x = not other"),
        ("x = 16 if HERE else 64", "x = 16"),
        ("x = 16 if THERE else 64", "x = 64"),
        ("x = 16 if other else 64", "x = 16 if other else 64"),
        ("x = a and HERE and b", "x = a and b"),
        ("x = a or HERE or b", "x = a or True"),
        ("x = HERE or b", "x = True"),
        ("x = THERE or b", "x = b"),
        ("x = THERE and b", "x = False"),
        ("x = b and THERE", "x = b and False"),
        ("if HERE:\n    a()\nelse:\n    b()", "a()"),
        ("if THERE:\n    a()\nelse:\n    b()", "b()"),
        ("if THERE:\n    a()\nb()", "pass\nb()"),
        ("if THERE:\n    a()\nelif other:\n    b()", "if other:\n    b()"),
        ("if other:\n    from x import HERE", "if other:\n    pass"),
        ("from x import HERE, a", "from x import a"),
        ("HERE = find()", "HERE = find()"),
        ("def f():\n    if HERE:\n        return 1\n    return 2", "def f():\n    return 1"),
        (
            "def f():\n    if other:\n        return 1\n    return 2",
            "def f():\n    if other:\n        return 1\n    return 2",
        ),
    ],
)
def test_a_known_name_decides(source: str, expected: str) -> None:
    assert short(source) == expected


def test_no_branch_of_the_package_asks_for_what_is_known() -> None:
    for path, source in SOURCES.items():
        asked = [
            node.id
            for node in ast.walk(folded(source, MICROPYTHON_IN_A_PAGE))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in MICROPYTHON_IN_A_PAGE
        ]
        assert asked == [], path


def test_what_is_no_python_is_an_error() -> None:
    with pytest.raises(SyntaxError):
        short("def")
