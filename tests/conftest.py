"""What every test may use: the data of `playwright.config.py`, and where things are."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.turns import in_turn

ROOT = Path(__file__).resolve().parent.parent


def load_file(path: Path) -> ModuleType:
    """Import a file by its path, for names that no import statement can spell."""
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def with_options(options: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return a browser's options with more: lists are made longer, and dicts are updated."""
    added = {
        name: [*options[name], *value] if isinstance(value, list) else {**options[name], **value}
        for name, value in more.items()
    }
    return {**options, **added}


PLAYWRIGHT = load_file(ROOT / "playwright.config.py")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def playwright_settings() -> ModuleType:
    """The data of `playwright.config.py`."""
    return PLAYWRIGHT


@pytest.fixture(scope="session")
def browser_finder() -> ModuleType:
    """`scripts/browsers.py`, which knows where this machine's browsers are."""
    return load_file(ROOT / "scripts" / "browsers.py")


@pytest.fixture(scope="module", params=PLAYWRIGHT.INTERPRETERS)
def interpreter(request: pytest.FixtureRequest) -> str:
    """Each of the page's interpreters in turn: a test that asks for this runs once with each."""
    return str(request.param)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-combinations",
        action="store_true",
        help="run every browser test in every browser, with every interpreter, in every variant",
    )
    parser.addoption(
        "--full-hooks",
        action="store_true",
        help="send 10,000 deliveries to receivers whose workers are killed, and 100,000 hostile bodies",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Without --browser, pytest-playwright would run Chromium only.
    if not config.getoption("browser", default=None):
        config.option.browser = list(PLAYWRIGHT.BROWSERS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out a test's runs in browsers that its markers exclude, and those that tell nothing new.

    pytest-playwright would report the former as skipped. ``--all-combinations`` asks for the latter.
    """
    chosen = {item for item in items if not _is_excluded(item)}
    if not config.getoption("all_combinations"):
        chosen = in_turn(item for item in items if item in chosen)
    if len(chosen) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
        items[:] = [item for item in items if item in chosen]


def _is_excluded(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    name = None if callspec is None else callspec.params.get("browser_name")
    if name is None:
        return False
    only = [mark.args[0] for mark in item.iter_markers("only_browser")]
    return (bool(only) and name not in only) or name in [mark.args[0] for mark in item.iter_markers("skip_browser")]
