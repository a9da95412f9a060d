"""Run our own scripts under node. They start an interpreter or run a tool, and write the result to a file."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .interpreters import BuildError

TIMEOUT = 120  # seconds; the longest takes about twenty


def written_by_node(
    script: Path,
    folders: Sequence[Path],
    files: Mapping[str, str],
    *,
    what: str = "snapshot",
    remedy: str = "add --no-snapshot",
) -> bytes:
    """Run ``node SCRIPT FOLDER... FILE... TARGET``, and return what it has written to the target.

    Args: ``folders`` are those of npm packages. ``files`` are texts by names, in the order in which the script gets
    them. ``what`` the script makes and the ``remedy`` are for errors. Raises BuildError, which says what to do, if node
    is missing or fails.

    >>> written_by_node(Path("join.mjs"), [], {"first.txt": "podio", "second.txt": "-web"})
    b'podio-web'
    """
    node = shutil.which("node")
    if node is None:
        raise BuildError(f"a {what} is made with node, which is not installed: install it, or {remedy}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        target = folder / "written"
        given = [*(each.resolve() for each in folders), *(folder / file for file in files)]
        try:
            ran = subprocess.run(  # noqa: S603 - our own script, and no shell
                [node, script, *given, target], capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            raise BuildError(f"node made no {what} within {TIMEOUT} seconds: try again, or {remedy}") from None
        if ran.returncode != 0 or not target.is_file():
            said = (ran.stderr or ran.stdout).strip()[-2000:]
            raise BuildError(f"node made no {what}: {remedy}. It said:\n{said}")
        return target.read_bytes()
