"""Which browser tests run where."""

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from tests.turns import in_turn

BROWSERS = ("chromium", "firefox")
INTERPRETERS = ("pyodide", "mpy")
HALF = {("chromium", "pyodide"), ("firefox", "mpy")}


class Run:
    """A run of a test, as pytest collects it."""

    def __init__(
        self, test: str, markers: tuple[pytest.MarkDecorator, ...], home: str = "here", **parameters: str
    ) -> None:
        self.test = test
        self.function = SimpleNamespace(__module__=home)
        self.module = SimpleNamespace(__name__="here")
        self.nodeid = f"{test}[{'-'.join(parameters.values())}]"
        self.callspec = SimpleNamespace(params=parameters)
        self.parameters = parameters
        self._markers = [marker.mark for marker in markers]

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return next((mark for mark in self._markers if mark.name == name), None)

    def iter_markers(self, name: str) -> list[pytest.Mark]:
        return [mark for mark in self._markers if mark.name == name]


def runs(test: str, *markers: pytest.MarkDecorator, variants: tuple[str, ...] = ("",), home: str = "here") -> list[Any]:
    everywhere = itertools.product(variants, INTERPRETERS, BROWSERS)
    return [
        Run(test, markers, home, variant=variant, interpreter=interpreter, browser_name=browser)
        for variant, interpreter, browser in everywhere
    ]


def pairs(chosen: set[Any]) -> set[tuple[str, str]]:
    return {(run.parameters["browser_name"], run.parameters["interpreter"]) for run in chosen}


def test_each_variant_runs_once_and_the_pairs_take_turns() -> None:
    collected = [run for name in "abcd" for run in runs(name, variants=("x", "y", "z"))]
    chosen: set[Any] = in_turn(collected)
    assert sorted((run.test, run.parameters["variant"]) for run in chosen) == sorted(itertools.product("abcd", "xyz"))
    for name in "abcd":
        assert pairs({run for run in chosen if run.test == name}) == HALF
    first = [run for run in chosen if run.parameters["variant"] == "x"]
    assert pairs(set(first)) == HALF, "the next test begins in the other pair"


def test_every_browser_means_both_each_with_its_interpreter() -> None:
    chosen = in_turn(runs("popup", pytest.mark.every_browser, variants=("x", "y")))
    assert len(chosen) == 4
    assert pairs(chosen) == HALF


def test_every_combination_means_all_four_pairs() -> None:
    collected = runs("walk", pytest.mark.every_combination, variants=("x", "y"))
    assert in_turn(collected) == set(collected)


def test_every_combination_of_another_module_means_both_browsers_where_it_is_imported() -> None:
    chosen = in_turn(runs("walk", pytest.mark.every_combination, variants=("x", "y"), home="elsewhere"))
    assert len(chosen) == 4
    assert pairs(chosen) == HALF


def test_a_test_that_names_its_interpreter_runs_with_it_in_one_of_the_browsers() -> None:
    named = pytest.mark.parametrize("interpreter", ["mpy"])
    collected: list[Any] = [Run("named", (named,), interpreter="mpy", browser_name=browser) for browser in BROWSERS]
    assert len(in_turn(collected)) == 1


def test_what_has_no_interpreter_takes_turns_between_the_browsers() -> None:
    collected: list[Any] = [Run(name, (), browser_name=browser) for name in "abcd" for browser in BROWSERS]
    chosen: set[Any] = in_turn(collected)
    assert sorted(run.test for run in chosen) == ["a", "b", "c", "d"]
    assert sorted(run.parameters["browser_name"] for run in chosen) == ["chromium", "chromium", "firefox", "firefox"]


def test_what_runs_in_no_browser_of_playwright_takes_no_turns() -> None:
    collected: list[Any] = [Run("walk", (), interpreter=interpreter) for interpreter in INTERPRETERS]
    assert in_turn(collected) == set(collected)
