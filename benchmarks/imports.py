"""What ``import podio_web`` costs in Pyodide and in MicroPython, beside another version of the package.

    .venv/bin/python -m benchmarks.imports OTHER.whl

``OTHER.whl`` is a page archive, such as that of an earlier release. Each import has a new interpreter, in a process of
its own. The two versions take turns, and the table has the medians, and the median of the ratios within each round.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from podio_web.site_builder.page_archive import page_archive

from .figures import ratio, summary, with_spread
from .rows import PAGES, ROOT

INTERPRETERS = {
    "Pyodide": ROOT / "node_modules" / "pyodide" / "pyodide.mjs",
    "MicroPython": ROOT / "node_modules" / "@micropython" / "micropython-webassembly-pyscript" / "micropython.mjs",
}
CLOCKS = ("on the clock", "of the processor")


def modules_of(archive: bytes) -> dict[str, str]:
    """Return the modules of a page archive, by their paths.

    >>> sorted(modules_of(page_archive()))[0]
    'podio_web/__init__.py'
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        return {name: files.read(name).decode() for name in files.namelist() if name.endswith(".py")}


def times_of(interpreter: Path, sources: Path) -> list[float]:
    """Return the milliseconds of one import: on the clock, and of the processor."""
    command: list[str | Path] = ["node", PAGES / "import.mjs", interpreter, sources]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)  # noqa: S603 - our script
    times: list[float] = json.loads(ran.stdout)
    return times


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, metavar="OTHER.whl", help="the page archive to compare with")
    parser.add_argument("--rounds", type=int, default=31, help="how often each version is imported (31)")
    options = parser.parse_args()
    archives = {"other": options.other.read_bytes(), "this": page_archive()}
    with tempfile.TemporaryDirectory() as name:
        files = {version: Path(name, f"{version}.json") for version in archives}
        for version, archive in archives.items():
            files[version].write_text(json.dumps(modules_of(archive)), encoding="utf-8")
        for label, interpreter in INTERPRETERS.items():
            times: dict[str, list[list[float]]] = {"other": [], "this": []}
            for number in range(options.rounds):
                for version in ("other", "this") if number % 2 else ("this", "other"):
                    times[version].append(times_of(interpreter, files[version]))
                print(f"{label}: round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            for index, clock in enumerate(CLOCKS):
                this, other = ([each[index] for each in times[version]] for version in ("this", "other"))
                print(
                    f"{label}, ms {clock}: {with_spread(summary(this))}, other {with_spread(summary(other))}, "
                    f"ratio {with_spread(ratio(this, other))}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
