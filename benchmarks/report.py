"""The table and the JSON file. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .figures import shown, with_spread
from .limits import LIMITS, Limit
from .samples import Samples

# Heading → measure; every row has those that make sense for it.
COLUMNS = {
    "cold": "cold",
    "warm": "warm",
    "line, cold": "line cold",
    "line, warm": "line warm",
    "kB": "kB",
    "import": "import",
    "a call": "each",
    "of 100 at once": "at once",
    "2 MB": "2 MB",
    "MB": "memory",
    "blocked": "blocked",
}
BASE = "podio-js"


def table(
    samples: Samples,
    browser: str,
    labels: Mapping[str, str],
    columns: Mapping[str, str] = COLUMNS,
    base: str | None = BASE,
) -> str:
    """Return one browser's table; ``labels`` says which rows to show, and what to call them.

    The second column is the cold start as a ratio to ``base``, unless that is None; measures are medians with half of
    their quartiles' distance.

    >>> print(table(samples, "chromium", {"podio-js": "podio-js 1.6.1"}))
    """
    present = [key for key in labels if any(samples.runs(browser, key, measure) for measure in columns.values())]
    used = {
        heading: measure
        for heading, measure in columns.items()
        if any(samples.runs(browser, key, measure) for key in present)
    }
    name = browser[:1].upper() + browser[1:]
    lines = [[name, *([] if base is None else [f"to {base}"]), *used]]
    for key in present:
        cells = [with_spread(samples.figure(browser, key, measure)) for measure in used.values()]
        if base is not None:
            against = samples.ratio(browser, (key, "cold"), (base, "cold"))
            cells.insert(0, "-" if against is None else shown(against.median))
        lines.append([labels[key], *cells])
    return _aligned(lines)


def limits_table(samples: Samples, limits: Sequence[Limit] = LIMITS) -> str:
    """Return a table of limits and measured figures, one line per limit."""
    browsers = samples.browsers()
    lines = [["Limit", *(browser[:1].upper() + browser[1:] for browser in browsers)]]
    lines += [[limit.name, *(limit.describe(samples, browser) for browser in browsers)] for limit in limits]
    return _aligned(lines)


def as_json(samples: Samples, about: Mapping[str, Any], limits: Sequence[Limit] = LIMITS) -> str:
    """Return everything as JSON: ``about`` (machine, versions, options), each figure, each limit, and every run."""
    figures = {
        browser: {
            row: {
                measure: {"median": figure.median, "low": figure.low, "high": figure.high, "count": figure.count}
                for measure in measures
                if (figure := samples.figure(browser, row, measure)) is not None
            }
            for row, measures in rows.items()
        }
        for browser, rows in samples.to_dict().items()
    }
    compared = [
        {
            "name": limit.name,
            "limit": limit.value,
            "measured": {
                browser: None if (figure := limit.figure(samples, browser)) is None else figure.median
                for browser in samples.browsers()
            },
        }
        for limit in limits
    ]
    everything = {"about": about, "limits": compared, "figures": figures, "runs": samples.to_dict()}
    return json.dumps(everything, indent=1, ensure_ascii=False) + "\n"


def _aligned(lines: list[list[str]]) -> str:
    """Return lines of cells as a Markdown table whose columns are aligned as text too."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    rows = ["| " + " | ".join(cells) + " |" for cells in padded]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]])
