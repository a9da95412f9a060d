"""What many runs of one thing come to: a median, how far the runs spread, and ratios of two. Pure.

A median, because a run that the machine disturbed is far off on one side only; and ratios within each round, because
a machine that gets slower halfway is then fair to both.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """The ``median`` of ``count`` runs, and the quartiles ``low`` and ``high``: half of the runs lie between them.

    >>> summary([96.0, 99.0, 95.0])
    Figure(median=96.0, low=95.5, high=97.5, count=3)
    """

    median: float
    low: float
    high: float
    count: int

    @property
    def spread(self) -> float:
        """Half the distance between the quartiles, in the unit of the runs."""
        return (self.high - self.low) / 2


def summary(runs: Sequence[float]) -> Figure | None:
    """Return the figure of some runs; None without any."""
    if not runs:
        return None
    if len(runs) == 1:
        return Figure(runs[0], runs[0], runs[0], 1)
    low, median, high = statistics.quantiles(runs, n=4, method="inclusive")
    return Figure(median, low, high, len(runs))


def ratio(runs: Sequence[float], base: Sequence[float]) -> Figure | None:
    """Return the figure of the ratios of each round's two runs; None where no round has both.

    >>> ratio([150.0, 160.0], [100.0, 100.0]).median
    1.55
    """
    return summary([first / second for first, second in zip(runs, base, strict=False) if second > 0])


def shown(value: float) -> str:
    """Return a number with as many digits as are worth reading: three.

    >>> shown(2864.2), shown(96.04), shown(4.125)
    ('2864', '96.0', '4.12')
    """
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{value:.{digits}f}"


def with_spread(figure: Figure | None) -> str:
    """Return a figure for a table; a dash for none.

    >>> with_spread(Figure(392.0, 380.0, 410.0, 15))
    '392 ±15'
    """
    if figure is None:
        return "-"
    digits = len(shown(figure.median).partition(".")[2])
    return f"{shown(figure.median)} ±{figure.spread:.{digits}f}"
