"""Short private names: which become short, which are not ours to change, and that the same is done with them."""

import ast
import re

import pytest

from podio_web.site_builder.minified import minified
from tests.unit.test_build_bundle import SOURCES, runs
from tests.unit.test_build_bytecode import run


def short(source: str) -> str:
    return minified({"module.py": source})["module.py"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def _double(n): return 2 * n\nx = _double(1)", "def _a(n):\n    return 2 * n\nx = _a(1)\n"),
        ("async def _wait(): pass", "async def _a():\n    pass\n"),
        ("class _Timer: pass", "class _a:\n    pass\n"),
        ("_LONGEST, _SHORTEST = 9, 1", "_a, _b = (9, 1)\n"),
        ("from a import b as _late\nfrom c import _late", "from a import b as _late\nfrom c import _late\n"),
        (
            "def f(_one, *_many, _two=1, **_all): pass\nf(0, _two=2)",
            "def f(_a, *_b, _c=1, **_d):\n    pass\nf(0, _c=2)\n",
        ),
        ("def f(self): self._open = self._close", "def f(self):\n    self._a = self._close\n"),
        ("_one = 1\ndef f():\n    global _one", "_a = 1\n\ndef f():\n    global _a\n"),
        (
            "def f():\n    _n = 1\n    def g():\n        nonlocal _n",
            "def f():\n    _a = 1\n\n    def g():\n        nonlocal _a\n",
        ),
        ("try: pass\nexcept E as _e: f(_e)", "try:\n    pass\nexcept E as _a:\n    f(_a)\n"),
    ],
)
def test_private_names_become_short(source: str, expected: str) -> None:
    assert short(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "public = 1",
        "core._task_queue = core.TaskQueue(core._run_iter)",
        "_ = [_ for _ in ()]",
        "__version__ = '1'\nclass A:\n    def __init__(self): self.__own = 1",
        "class A:\n    _late = 1\nx = getattr(A, '_late')",
    ],
)
def test_other_names_stay(source: str) -> None:
    assert short(source) == ast.unparse(ast.parse(source)) + "\n"


def test_a_name_is_the_same_in_all_modules_and_no_other_ones() -> None:
    sources = {"a.py": "def _first(): pass\n_a = _last = 1", "b.py": "from a import _first, _last\nx = _first"}
    assert minified(sources) == {
        "a.py": "def _b():\n    pass\n_c = _d = 1\n",
        "b.py": "from a import _b, _d\nx = _b\n",
    }


def test_there_are_names_enough() -> None:
    made = short("\n".join(f"_name{number} = {number}" for number in range(3000)))
    names = re.findall("^(_[a-zA-Z]+) = ", made, re.MULTILINE)
    assert len(set(names)) == 3000
    assert (names[51], names[52], max(map(len, names))) == ("_Z", "_aa", 4)


@pytest.mark.parametrize("body", ["__slots__ = ('x',)", "__slots__ = ('x',)\n    def f(self): self.x = 1"])
def test_slots_are_left_out(body: str) -> None:
    made = short(f"class A:\n    {body}")
    assert "__slots__" not in made
    assert "A" in runs(made)


def test_the_list_of_public_names_is_left_out() -> None:
    made = short("__all__ = ['A']\nclass A: pass\n")
    assert "__all__" not in made
    assert "A" in runs(made)


def test_micropython_makes_nothing_of_slots(tmp_path) -> None:
    program = "class A:\n    __slots__ = ('x',)\na = A()\na.other = 1\nprint(a.other)"
    assert run(tmp_path, program, b"") == "1\n"


def test_what_is_no_python_is_an_error() -> None:
    with pytest.raises(SyntaxError):
        short("def")


# No branch that MicroPython takes has them.
OF_OTHER_INTERPRETERS = {"contextvars", "ContextVar", "default", "headless", "CPythonRuntime", "parse_constant"}


def test_the_package_keeps_every_public_name_and_no_private_one() -> None:
    before, after = names_in(SOURCES), names_in(minified(SOURCES))
    private = {name for name in before if re.fullmatch("_[^_].*", name)}
    assert before - private - OF_OTHER_INTERPRETERS <= after
    # A window's target (browser/popup.py), names of MicroPython's own (browser/timers.py), and what only clients with a
    # secret have (client.py).
    assert {name for name in private & after if len(name) > 3} == {
        "_blank",
        "_enter_loop",
        "_look_around",
        "_run_iter",
        "_task_queue",
    }


def test_the_same_sources_give_the_same_texts() -> None:
    assert minified(SOURCES) == minified(dict(SOURCES))


def names_in(sources: dict[str, str]) -> set[str]:
    names = {name for source in sources.values() for name in re.findall(r"\b[A-Za-z_]\w*", source)}
    return names - {"__slots__", "__all__"}
