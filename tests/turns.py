"""Which tests run in which browser with which interpreter.

Browsers differ, and interpreters differ. The combination of the two has mattered only in popups and renewals. So a test
without the marker ``every_combination`` runs in half of the pairs. Without ``every_browser``, its variants take turns,
because they seldom depend on the browser. If a module imports a test of another module, its subject is where the pages
come from. There, a test with ``every_combination`` runs once in each browser.
"""

from collections.abc import Iterable

import pytest

_OTHER_HALF = {("chromium", "mpy"), ("firefox", "pyodide")}


def in_turn(items: Iterable[pytest.Item]) -> set[pytest.Item]:
    """Return those of all runs whose turn it is; every variant of every test is among them."""
    chosen = [item for item in items if not _is_other_half(item)]
    return set(chosen) - _out_of_turn(chosen)


def _is_other_half(item: pytest.Item) -> bool:
    named = any("interpreter" in marker.args[0] for marker in item.iter_markers("parametrize"))
    if named or (item.get_closest_marker("every_combination") is not None and not _is_borrowed(item)):
        return False
    return _pair(item) in _OTHER_HALF


def _out_of_turn(items: list[pytest.Item]) -> set[pytest.Item]:
    """Return the runs in pairs whose turn it is not; each test begins with another pair."""
    tests: dict[str, dict[str, list[pytest.Item]]] = {}
    for item in items:
        marked = any(item.get_closest_marker(name) for name in ("every_combination", "every_browser"))
        if "browser_name" in _parameters(item) and not marked:
            variants = tests.setdefault(item.nodeid.partition("[")[0], {})
            variants.setdefault(repr(_variant(item)), []).append(item)
    found: set[pytest.Item] = set()
    for first, variants in enumerate(tests.values()):
        for turn, runs in enumerate(variants.values(), start=first):
            runs.sort(key=lambda run: str(_pair(run)))
            found.update(run for run in runs if run is not runs[turn % len(runs)])
    return found


def _is_borrowed(item: pytest.Item) -> bool:
    """Tell whether the module of a run has imported its test from another one."""
    function, module = (getattr(item, name, None) for name in ("function", "module"))
    return getattr(function, "__module__", None) != getattr(module, "__name__", None)


def _pair(item: pytest.Item) -> tuple[object, object]:
    parameters = _parameters(item)
    return parameters.get("browser_name"), parameters.get("interpreter")


def _variant(item: pytest.Item) -> dict[str, object]:
    return {name: value for name, value in _parameters(item).items() if name not in ("browser_name", "interpreter")}


def _parameters(item: pytest.Item) -> dict[str, object]:
    return item.callspec.params if hasattr(item, "callspec") else {}
