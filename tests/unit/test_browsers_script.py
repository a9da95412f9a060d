"""`scripts/browsers.py` on machines that this one is not: PATH holds only what each test puts there."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.platforms import needs_posix

pytestmark = needs_posix("shell scripts as programs")

APT_GET = """#!{python}
import os, pathlib, sys
folder = pathlib.Path(__file__).parent
with open(folder / "apt-get.log", "a") as log:
    print(*sys.argv[1:], os.environ["DEBIAN_FRONTEND"], file=log)
if {works} and "install" in sys.argv:
    for package in sys.argv[sys.argv.index("--no-install-recommends") + 1:]:
        (folder / package).write_text("#!/bin/sh\\n")
        (folder / package).chmod(0o755)
sys.exit(0 if {works} else 100)
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, browser_finder: ModuleType) -> Path:
    """A machine of root's without a browser, and without Playwright's own; returns the only folder on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    return tmp_path


def add_program(folder: Path, name: str, text: str = "#!/bin/sh\n") -> Path:
    program = folder / name
    program.write_text(text)
    program.chmod(0o755)
    return program


def test_the_systems_browsers_are_enough(machine: Path, browser_finder: ModuleType) -> None:
    add_program(machine, "google-chrome")
    add_program(machine, "firefox")
    assert browser_finder.main() == 0


def test_missing_browsers_are_installed_where_that_is_possible(machine: Path, browser_finder: ModuleType) -> None:
    add_program(machine, "chromium")
    add_program(machine, "apt-get", APT_GET.format(python=sys.executable, works=True))
    assert browser_finder.main() == 0
    assert (machine / "apt-get.log").read_text().splitlines() == [
        "-qq update noninteractive",
        "-qq install --yes --no-install-recommends firefox-esr noninteractive",
    ]


def test_an_installation_that_fails_ends_with_what_to_do(
    machine: Path, browser_finder: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    add_program(machine, "apt-get", APT_GET.format(python=sys.executable, works=False))
    assert browser_finder.main() == 1
    said = capsys.readouterr().err
    assert "apt-get ended with status 100." in said
    assert "No chromium and no firefox found." in said


def test_who_is_not_root_is_told_what_to_do(
    machine: Path, browser_finder: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    add_program(machine, "chromium")
    add_program(machine, "apt-get", APT_GET.format(python=sys.executable, works=True))
    assert browser_finder.main() == 1
    assert not (machine / "apt-get.log").exists()
    said = capsys.readouterr().err
    assert "No firefox found." in said
    assert "`apt-get install firefox-esr`" in said
    assert "playwright install firefox`" in said


def test_playwrights_own_browsers_are_enough(
    machine: Path, browser_finder: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert browser_finder.main() == 1
    said = subprocess.run(
        [sys.executable, "-m", "playwright", "install", "--dry-run", "chromium", "firefox"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for folder in re.findall(r"Install location:\s*(.+)", said):
        Path(folder).mkdir(parents=True)
    capsys.readouterr()
    assert browser_finder.main() == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "program", "extra"), [("chromium", "chromium", {}), ("firefox", "firefox-esr", {"channel": "moz-firefox"})]
)
def test_playwrights_own_browser_comes_first(
    machine: Path,
    browser_finder: ModuleType,
    playwright_settings: ModuleType,
    name: str,
    program: str,
    extra: dict[str, str],
) -> None:
    system = add_program(machine, program)
    own = machine / "own-build"
    found = browser_finder.launch_options(name, str(own), playwright_settings)
    assert found == {**playwright_settings.LAUNCH[name], **extra, "executable_path": str(system)}
    own.touch()
    assert browser_finder.launch_options(name, str(own), playwright_settings) == playwright_settings.LAUNCH[name]
    own.unlink()
    system.unlink()
    with pytest.raises(LookupError, match=name):
        browser_finder.launch_options(name, str(own), playwright_settings)
