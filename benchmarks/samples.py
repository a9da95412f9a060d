"""Every run that was measured, by browser, row and measure. Pure.

A measure has one entry for each round, so that two rows can be compared round by round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .figures import Figure, ratio, summary

Nested = dict[str, dict[str, dict[str, list[float]]]]


class Samples:
    """Runs that are added one by one.

    >>> samples = Samples()
    >>> samples.add("chromium", "podio-js", {"cold": 96.0, "warm": 70.0})
    >>> samples.figure("chromium", "podio-js", "cold").median
    96.0
    """

    def __init__(self, runs: Mapping[str, Mapping[str, Mapping[str, Iterable[float]]]] | None = None) -> None:
        self._runs: Nested = {
            browser: {row: {name: list(values) for name, values in measures.items()} for row, measures in rows.items()}
            for browser, rows in (runs or {}).items()
        }

    def add(self, browser: str, row: str, measures: Mapping[str, float]) -> None:
        """Add one round's runs of a row."""
        kept = self._runs.setdefault(browser, {}).setdefault(row, {})
        for name, value in measures.items():
            kept.setdefault(name, []).append(value)

    def merge(self, other: Samples) -> None:
        """Add everything that another one holds."""
        for browser, rows in other._runs.items():
            for row, measures in rows.items():
                for name, values in measures.items():
                    self._runs.setdefault(browser, {}).setdefault(row, {}).setdefault(name, []).extend(values)

    def runs(self, browser: str, row: str, measure: str) -> list[float]:
        """Return the runs in the order of their rounds; an empty list when there are none."""
        return self._runs.get(browser, {}).get(row, {}).get(measure, [])

    def figure(self, browser: str, row: str, measure: str) -> Figure | None:
        """Return what the runs come to."""
        return summary(self.runs(browser, row, measure))

    def ratio(self, browser: str, one: tuple[str, str], other: tuple[str, str]) -> Figure | None:
        """Return the ratio of two (row, measure) in one browser, round by round."""
        return ratio(self.runs(browser, *one), self.runs(browser, *other))

    def browsers(self) -> list[str]:
        """Return the browsers that have runs."""
        return list(self._runs)

    def to_dict(self) -> Nested:
        """Return every run, ready for JSON."""
        return self._runs
