"""Items as Python objects: reading 1,000 of them beside ``json.loads``, and 100,000 of them beside the first ones.

python benchmarks/items.py
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.memory import megabytes
from podio_web import Podio
from podio_web.http import Request, Response
from podio_web.items import App
from podio_web.items.paging import LIMIT
from tests.items_data import app_json, item_json

APP = 3001
FIELDS = 25
"""The fields of each item, with the config that Podio repeats in each."""


class Pages:
    """A transport that answers filters with pages of ``count`` items, whose texts are made before."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._item = json.dumps(item_json(1))
        self._app = Response(200, {}, json.dumps(app_json()))

    async def perform(self, request: Request, timeout: float | None) -> Response:
        """Return the app, or a page of items."""
        if request.method == "GET":
            return self._app
        asked = json.loads(request.body or "")
        return Response(200, {}, self.page(asked["offset"], asked["limit"]))

    def page(self, offset: int, limit: int) -> str:
        """Return the JSON text of a page. All items are alike but for their ids."""
        last = min(offset + limit, self.count)
        items = [self._item.replace('"item_id": 1,', f'"item_id": {number + 1},', 1) for number in range(offset, last)]
        return f'{{"total": {self.count}, "filtered": {self.count}, "items": [{", ".join(items)}]}}'

    async def close(self) -> None:
        """Do nothing."""


def app_of(pages: Any) -> App[Any]:
    """Return an app whose client has this transport."""
    podio: Podio[Any] = Podio("client", "my-app", transport=pages)
    podio.set_access_token({"access_token": "a" * 40, "expires_in": 86_400})
    return App(podio, APP)


class Kept(Pages):
    """Pages that are made once, so that making them takes no time while others are measured."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.texts: dict[tuple[int, int], str] = {}

    def page(self, offset: int, limit: int) -> str:
        """Return a page that was made before, or make it."""
        key = offset, limit
        if key not in self.texts:
            self.texts[key] = super().page(offset, limit)
        return self.texts[key]


async def read_every_field(pages: Pages) -> int:
    """Iterate over all items, and read every field of each. Return how many values there were."""
    found = 0
    async for item in app_of(pages).items():
        for key in item:
            found += item[key] is not None
    return found


def seconds(work: Callable[[], object]) -> float:
    """Return how long something takes, with the garbage of before collected."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def load_each(texts: list[str]) -> None:
    """Decode each page, and let it go before the next one, as a reader of items does."""
    for text in texts:
        json.loads(text)


def beside_json(rounds: int, count: int = 1_000) -> float:
    """Return the time to read every field of 1,000 items, as a multiple of ``json.loads`` of the same pages."""
    pages = Kept(count)
    asyncio.run(read_every_field(pages))
    texts = list(pages.texts.values())
    ratios = []
    for _ in range(rounds):
        bare = seconds(lambda: load_each(texts))
        ours = seconds(lambda: asyncio.run(read_every_field(pages)))
        ratios.append(ours / bare)
    return statistics.median(ratios)


async def long_list(count: int) -> tuple[float, list[float]]:
    """Iterate over many items. Return the last tenth's time as a multiple of the first's, and the MB after each."""
    times, memory = [], []
    gc.collect()
    began, number = time.process_time(), 0
    async for item in app_of(Pages(count)).items():
        item["title"]
        number += 1
        if number % (count // 10) == 0:
            now = time.process_time()
            times.append(now - began)
            memory.append(megabytes([os.getpid()]))
            began = time.process_time()
    return times[-1] / times[0], memory


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--count", type=int, default=100_000)
    options = parser.parse_args()
    size = len(json.dumps(item_json(1)))
    print(f"an item: {size} bytes, {len(item_json(1)['fields'])} fields; pages of {LIMIT}")
    print(f"reading every field of 1,000 items: {beside_json(options.rounds):.2f} x json.loads")
    ratio, memory = asyncio.run(long_list(options.count))
    print(f"{options.count} items: the last tenth takes {ratio:.2f} x the first; memory in MB after each tenth:")
    print("  " + " ".join(f"{each:.1f}" for each in memory))


if __name__ == "__main__":
    main()
