"""What the ways into a page promise each other, as figures with a limit. Pure.

Nearly all are ratios within one run of the benchmark: what a machine adds, it adds to both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

from .figures import Figure, shown
from .samples import Samples

Place = tuple[str, str]
"""A row and one of its measures."""


@dataclass(frozen=True)
class Bar:
    """``place`` is at most ``limit``, in its own unit or as a ratio to ``base``; ``text`` says it in words.

    With ``at_least`` it is at least that: what is measured is a speed.
    """

    number: int
    text: str
    place: Place
    limit: float
    base: Place | None = None
    at_least: bool = False

    def figure(self, samples: Samples, browser: str) -> Figure | None:
        """Return what was measured; None if it was not."""
        if self.base is None:
            return samples.figure(browser, *self.place)
        return samples.ratio(browser, self.place, self.base)

    def judge(self, samples: Samples, browser: str) -> str:
        """Return the figure and whether it keeps within the limit.

        >>> BARS[0].judge(samples, "chromium")
        '1.42 of 1.5'
        """
        figure = self.figure(samples, browser)
        if figure is None:
            return "not measured"
        is_kept = figure.median >= self.limit if self.at_least else figure.median <= self.limit
        limit = f"at least {self.limit:g}" if self.at_least else f"{self.limit:g}"
        return f"{shown(figure.median)} of {limit}{'' if is_kept else ' MISSED'}"


def _calls(way: str, name: str) -> list[Bar]:
    ours, hand = way, f"{way} by hand"
    return [
        Bar(4, f"200 calls one by one in {name}, to js.fetch by hand", (ours, "each"), 1.25, (hand, "each")),
        Bar(4, f"200 calls one by one in {name}, to JavaScript's fetch", (ours, "each"), 2.0, ("fetch", "each")),
        Bar(4, f"100 calls at once in {name}, to js.fetch by hand", (ours, "at once"), 1.3, (hand, "at once")),
        Bar(4, f"100 calls at once in {name}, to JavaScript's fetch", (ours, "at once"), 2.0, ("fetch", "at once")),
    ]


BARS = [
    Bar(1, "script tag with MicroPython, to podio-js", ("tag-mpy", "cold"), 1.5, ("podio-js", "cold")),
    Bar(2, "PyScript with MicroPython, to podio-js", ("pyscript-mpy", "cold"), 4.5, ("podio-js", "cold")),
    Bar(2, "PyScript with MicroPython, to Pyodide as usual", ("pyscript-mpy", "cold"), 0.16, ("pyscript-py", "cold")),
    Bar(3, "fast Pyodide's second visit, to the usual one", ("pyscript-fast", "warm"), 0.40, ("pyscript-py", "warm")),
    Bar(
        3,
        "fast Pyodide's first visit over the line, to the usual one",
        ("pyscript-fast", "line cold"),
        1.0,
        ("pyscript-py", "line cold"),
    ),
    *_calls("pyscript-py", "Pyodide"),
    *_calls("pyscript-mpy", "MicroPython"),
    Bar(5, "2 MB in Pyodide, to json.loads by hand", ("pyscript-py", "2 MB"), 1.1, ("pyscript-py by hand", "2 MB")),
    Bar(6, "script tag with MicroPython, kB until the first answer", ("tag-mpy", "kB"), 240),
    Bar(6, "the wheel's part of it, kB", ("tag-mpy", "wheel kB"), 40),
    Bar(6, "requests to anybody else", ("tag-mpy", "strangers"), 0),
    Bar(7, "import and a client in Pyodide, ms", ("pyscript-py", "import"), 60),
    Bar(7, "import and a client in MicroPython, ms", ("pyscript-mpy", "import"), 40),
]

_SLOW, _QUICK = "slow answers", "quick answers"

SERVER_BARS = [
    *(
        Bar(8, f"{text}, {measure}", ("shared", measure), 0.9, (base, measure), at_least=True)
        for measure in (_SLOW, _QUICK)
        for text, base in (
            ("SyncPodio shared by 16 threads, to a client each", "own"),
            ("SyncPodio shared by 16 threads, to httpx2 shared alike", "httpx2 shared"),
        )
    ),
    Bar(8, "SyncPodio over TLS, to httpx2", ("tls", _QUICK), 0.9, ("httpx2 tls", _QUICK), at_least=True),
    *(
        Bar(
            9,
            f"a signed-in request with {store}, to SessionMiddleware with the same store",
            (f"sign-in {store}", "request"),
            1.5,
            (f"session {store}", "request"),
        )
        for store in ("SQLite", "Redis", "asyncio Redis")
    ),
]
"""The bars of what runs on servers; their numbers go on from those of pages."""
