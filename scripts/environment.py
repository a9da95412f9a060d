"""Make a virtual environment and install the packages of a lock file into it.

    python3 scripts/environment.py .venv requirements/dev.lock

Python 3.6 can run this file too, to be told that it is too old.
"""

import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)


def python_of(folder: Path) -> Path:
    """Return the interpreter of the virtual environment in ``folder``.

    >>> python_of(Path(".venv")).name
    'python'
    """
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def make_environment(folder: Path, lock: Path) -> None:
    """Make ``folder`` anew, with exactly the packages of ``lock``.

    Raises:
        subprocess.CalledProcessError: a package cannot be installed.
    """
    print(f"Installing the Python packages of {lock} into {folder} ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(python_of(folder)), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-qq", "--require-hashes", "-r", str(lock)], check=True)


def main() -> int:
    """Run the command. Return its exit status."""
    if sys.version_info < OLDEST_PYTHON:
        print(
            f"podio-web needs Python 3.11 or later. {sys.executable} is older. "
            "Name another one: make PYTHON=/path/to/python3 ...",
            file=sys.stderr,
        )
        return 1
    if len(sys.argv) != 3:
        print("Usage: environment.py FOLDER LOCKFILE", file=sys.stderr)
        return 2
    try:
        make_environment(Path(sys.argv[1]), Path(sys.argv[2]))
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
