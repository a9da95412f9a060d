"""Of which modules `make test-unit` asks the coverage."""

import tomllib
from fnmatch import fnmatch

from tests.conftest import ROOT


def test_no_module_whose_coverage_is_asked_is_left_out() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coverage"]
    omitted, asked = settings["run"]["omit"], settings["report"]["include"]
    assert [name for name in asked if any(fnmatch(name, pattern) for pattern in omitted)] == []
