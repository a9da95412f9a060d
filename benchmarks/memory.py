"""How much memory a browser holds: its processes' proportional share of what is mapped, on Linux.

Counted from outside, because a page is told only of JavaScript's heap, and Python lives in WebAssembly's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def descendants(root: int | None = None) -> set[int]:
    """Return the processes below one (this one, if none is named); an empty set where there is no /proc."""
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            # The name in parentheses may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(fields[1])
    return below(parents, os.getpid() if root is None else root)


def below(parents: dict[int, int], root: int) -> set[int]:
    """Return the processes below ``root``; ``parents`` maps each process to its parent.

    >>> below({2: 1, 3: 2, 4: 9}, 1)
    {2, 3}
    """
    found: set[int] = set()
    newest = {root}
    while newest:
        newest = {process for process, parent in parents.items() if parent in newest} - found
        found |= newest
    return found


def megabytes(processes: Iterable[int]) -> float:
    """Return what the processes hold together, in MB; a process that has ended holds nothing.

    Proportional set size: https://www.kernel.org/doc/html/latest/filesystems/proc.html
    """
    total = 0
    for process in processes:
        with suppress(OSError):
            lines = (PROC / str(process) / "smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6
