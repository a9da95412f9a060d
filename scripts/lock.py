"""Write requirements/dev.lock and requirements/oldest.txt anew from pyproject.toml.

python3 scripts/lock.py
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from environment import python_of

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / ".make" / "lock"
PIP_TOOLS = "pip-tools==7.6.2"


def compile_lock(python: Path, lock: str, source: str, options: Sequence[str]) -> None:
    """Let pip-compile write ``lock`` from ``source``, with hashes.

    Raises:
        subprocess.CalledProcessError: no set of versions fits.
    """
    compiler = [str(python), "-m", "piptools", "compile", "--quiet", "--strip-extras", "--generate-hashes"]
    quiet = ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links"]
    subprocess.run(
        [*compiler, *quiet, *options, "--output-file", lock, source],
        cwd=ROOT,
        check=True,
        env={**os.environ, "CUSTOM_COMPILE_COMMAND": "make lock"},
    )


def main() -> None:
    """Write both files."""
    shutil.rmtree(SCRATCH, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(SCRATCH)], check=True)
    python = python_of(SCRATCH)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-qq", PIP_TOOLS], cwd=ROOT, check=True)
    compile_lock(python, "requirements/dev.lock", "pyproject.toml", ["--extra", "dev"])
    oldest = SCRATCH / "oldest.in"
    with oldest.open("w", encoding="utf-8") as file:
        subprocess.run([str(python), "scripts/oldest.py"], cwd=ROOT, check=True, stdout=file)
    compile_lock(python, "requirements/oldest.txt", str(oldest), ["--no-annotate"])
    shutil.rmtree(SCRATCH)


if __name__ == "__main__":
    main()
