"""Clean Python environments, and what is installed into them."""

import json
import os
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)


def find_pythons() -> dict[str, str]:
    """Return the oldest Python that podio-web supports and the newest that is here, by their versions.

    They are looked for by name in PATH; the environment variables OLDEST_PYTHON and NEWEST_PYTHON name others.
    """
    named = [os.environ[name] for name in ("OLDEST_PYTHON", "NEWEST_PYTHON") if os.environ.get(name)]
    searched = [f"python3.{minor}" for minor in range(OLDEST[1], OLDEST[1] + 10)]
    found: dict[tuple[int, ...], str] = {}
    for python in [sys.executable, *searched, *named]:
        version = _version(python)
        if version >= OLDEST:
            found[version] = python
    ends = {min(found), max(found)}
    return {".".join(map(str, version)): found[version] for version in sorted(ends)}


def _version(python: str) -> tuple[int, ...]:
    """Return the first two numbers of a Python's version, and nothing if it does not run."""
    code = "import json, sys, venv; print(json.dumps(sys.version_info[:2]))"
    try:
        ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(json.loads(ran.stdout))


class Environment:
    """A new virtual environment of one Python, with nothing in it."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder = folder
        # Without pip it is there at once: this Python's pip installs into it.
        subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True, capture_output=True)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / "python"

    def install(self, *arguments: str | Path) -> None:
        """Run ``pip install``."""
        command: list[str | Path] = [sys.executable, "-m", "pip", "--python", self.python, "install"]
        command += ["--quiet", "--no-compile", "--disable-pip-version-check", *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode == 0, ran.stderr[-3000:]

    def names(self) -> set[str]:
        """Return the names of what is installed."""
        found = self.folder.rglob("site-packages/*.dist-info")
        return {path.name.partition("-")[0].replace("_", "-") for path in found}

    def run(self, program: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run one of its programs outside of the checkout, without what the tests' own environment adds."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST"))}
        kept["PYTHONDONTWRITEBYTECODE"] = "1"  # a checkout that is installed to work on it stays clean
        return subprocess.run(
            [self.bin / program, *arguments],
            cwd=self.folder,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def evaluate(self, code: str) -> str:
        """Run Python and return what it prints; it must not complain."""
        ran = self.run("python", "-W", "error", "-c", code)
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.strip()
