"""The limits of what is measured. Pure.

Nearly all are ratios within one run of the benchmark, because a slow machine slows down both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

from .figures import Figure, shown
from .samples import Samples

Place = tuple[str, str]
"""A row and one of its measures."""


@dataclass(frozen=True)
class Limit:
    """A measure that must not exceed a value.

    Args:
        name: what is measured, in words.
        place: the row and its measure.
        value: the largest value that is allowed, in the measure's own unit. With ``base`` it is a ratio.
        base: the row and measure that ``place`` is divided by.
        at_least: True if ``value`` is the smallest one that is allowed, as for a speed.
    """

    name: str
    place: Place
    value: float
    base: Place | None = None
    at_least: bool = False

    def figure(self, samples: Samples, browser: str) -> Figure | None:
        """Return what was measured, or None if it was not."""
        if self.base is None:
            return samples.figure(browser, *self.place)
        return samples.ratio(browser, self.place, self.base)

    def describe(self, samples: Samples, browser: str) -> str:
        """Return the figure, the limit, and whether it is missed.

        >>> LIMITS[0].describe(samples, "chromium")
        '1.42 of 1.5'
        """
        figure = self.figure(samples, browser)
        if figure is None:
            return "not measured"
        is_kept = figure.median >= self.value if self.at_least else figure.median <= self.value
        limit = f"at least {self.value:g}" if self.at_least else f"{self.value:g}"
        return f"{shown(figure.median)} of {limit}{'' if is_kept else ' MISSED'}"


def _calls(way: str, name: str) -> list[Limit]:
    ours, hand = way, f"{way} by hand"
    return [
        Limit(f"200 calls one by one in {name}, to js.fetch by hand", (ours, "each"), 1.25, (hand, "each")),
        Limit(f"200 calls one by one in {name}, to JavaScript's fetch", (ours, "each"), 2.0, ("fetch", "each")),
        Limit(f"100 calls at once in {name}, to js.fetch by hand", (ours, "at once"), 1.3, (hand, "at once")),
        Limit(f"100 calls at once in {name}, to JavaScript's fetch", (ours, "at once"), 2.0, ("fetch", "at once")),
    ]


LIMITS = [
    Limit("script tag with MicroPython, to podio-js", ("tag-mpy", "cold"), 1.5, ("podio-js", "cold")),
    Limit("PyScript with MicroPython, to podio-js", ("pyscript-mpy", "cold"), 4.5, ("podio-js", "cold")),
    Limit("PyScript with MicroPython, to Pyodide as usual", ("pyscript-mpy", "cold"), 0.16, ("pyscript-py", "cold")),
    Limit("fast Pyodide's second visit, to the usual one", ("pyscript-fast", "warm"), 0.40, ("pyscript-py", "warm")),
    Limit(
        "fast Pyodide's first visit over the line, to the usual one",
        ("pyscript-fast", "line cold"),
        1.0,
        ("pyscript-py", "line cold"),
    ),
    *_calls("pyscript-py", "Pyodide"),
    *_calls("pyscript-mpy", "MicroPython"),
    Limit("2 MB in Pyodide, to json.loads by hand", ("pyscript-py", "2 MB"), 1.1, ("pyscript-py by hand", "2 MB")),
    Limit("script tag with MicroPython, kB until the first answer", ("tag-mpy", "kB"), 230),
    Limit("the wheel's part of it, kB", ("tag-mpy", "wheel kB"), 40),
    Limit("requests to anybody else", ("tag-mpy", "strangers"), 0),
    Limit("import and a client in Pyodide, ms", ("pyscript-py", "import"), 60),
    Limit("import and a client in MicroPython, ms", ("pyscript-mpy", "import"), 40),
]

_SLOW, _QUICK = "slow answers", "quick answers"

SERVER_LIMITS = [
    *(
        Limit(f"{text}, {measure}", ("shared", measure), 0.9, (base, measure), at_least=True)
        for measure in (_SLOW, _QUICK)
        for text, base in (
            ("SyncPodio shared by 16 threads, to a client each", "own"),
            ("SyncPodio shared by 16 threads, to httpx2 shared alike", "httpx2 shared"),
        )
    ),
    Limit("SyncPodio over TLS, to httpx2", ("tls", _QUICK), 0.9, ("httpx2 tls", _QUICK), at_least=True),
    *(
        Limit(
            f"a signed-in request with {store}, to SessionMiddleware with the same store",
            (f"sign-in {store}", "request"),
            1.5,
            (f"session {store}", "request"),
        )
        for store in ("SQLite", "Redis", "asyncio Redis")
    ),
]
"""The limits of what runs on servers."""
