"""``blob:`` URLs: each is revoked, once, and few live at the same time."""

from collections.abc import Callable
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from podio_web.files.blob_urls import MOST, BlobURLs


class Browser:
    """Makes and revokes URLs, as a browser does."""

    def __init__(self) -> None:
        self.alive: list[str] = []
        self.most = 0
        self._numbers = count()

    def make(self, js_blob: object) -> str:
        self.alive.append(f"blob:https://app.example/{next(self._numbers)}")
        self.most = max(self.most, len(self.alive))
        return self.alive[-1]

    def revoke(self, url: str) -> None:
        self.alive.remove(url)


def test_the_oldest_is_revoked_when_there_are_too_many() -> None:
    browser = Browser()
    urls = BlobURLs(browser.make, browser.revoke, 2)
    first, second, third = (urls.make(object()) for _ in range(3))
    assert browser.alive == [second, third]
    urls.revoke(first)
    assert browser.alive == [second, third]
    assert len(urls) == 2


def test_all_are_revoked_at_once() -> None:
    browser = Browser()
    urls = BlobURLs(browser.make, browser.revoke)
    for _ in range(3):
        urls.make(object())
    urls.revoke_all()
    assert (browser.alive, len(urls)) == ([], 0)


@given(st.lists(st.one_of(st.just("make"), st.just("all"), st.integers(0, 300)), max_size=300))
def test_no_more_than_a_hundred_live_and_none_is_revoked_twice(acts: list[str | int]) -> None:
    browser = Browser()
    urls = BlobURLs(browser.make, browser.revoke)
    made: list[str] = []
    ways: dict[str | int, Callable[[], object]] = {
        "make": lambda: made.append(urls.make(object())),
        "all": urls.revoke_all,
    }
    for act in acts:
        if act in ways:
            ways[act]()
        elif made:
            urls.revoke(made[int(act) % len(made)])
        assert len(urls) == len(browser.alive) <= MOST
    urls.revoke_all()
    assert not browser.alive
