"""`scripts/webkit.py`: the programs are there, can be installed, or are missing, which only CI refuses."""

import os
import sys
from pathlib import Path

import pytest
import webkit

from tests.platforms import needs_posix
from tests.unit.test_browsers_script import add_program

pytestmark = needs_posix("shell scripts as programs")

APT_GET = """#!{python}
import pathlib, sys
folder = pathlib.Path(__file__).parent
for package, program in {programs}:
    if package in sys.argv:
        (folder / program).write_text("#!/bin/sh\\n")
        (folder / program).chmod(0o755)
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of root's, where PATH holds only what the test puts into the folder."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    return tmp_path


def test_what_is_there_is_enough(machine: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for program in webkit.PROGRAMS:
        add_program(machine, program)
    assert webkit.main() == 0
    assert capfd.readouterr() == ("", "")


def test_what_is_missing_is_installed_where_that_is_possible(machine: Path) -> None:
    add_program(machine, "Xvfb")
    programs = [(package, program) for program, package in webkit.PROGRAMS.items()]
    add_program(machine, "apt-get", APT_GET.format(python=sys.executable, programs=programs))
    assert webkit.find_missing() == ["WebKitWebDriver"]
    assert webkit.main() == 0
    assert webkit.find_missing() == []


def test_a_machine_without_it_skips_the_tests_and_ci_does_not(
    machine: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert webkit.main() == 0
    told = capsys.readouterr().err
    assert "the tests in WebKit are skipped" in told
    assert "apt-get install webkit2gtk-driver xvfb" in told
    monkeypatch.setenv("CI", "true")
    assert webkit.main() == 1
