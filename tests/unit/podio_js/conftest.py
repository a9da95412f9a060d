"""Each test that asks for a front runs with ``Podio`` and with ``SyncPodio``."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.unit.fake_page import FakePage
from tests.unit.podio_js.support import FakeAPI, Front


@pytest.fixture(params=["Podio", "SyncPodio"])
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    """Opens clients of each kind in turn."""
    if request.param == "SyncPodio":
        yield Front(None)
        return
    with asyncio.Runner() as runner:
        yield Front(runner)


@pytest.fixture
def fake_page(front: Front) -> FakePage:
    """The page, or the machine, that the front's clients run on."""
    return front.page


@pytest.fixture
def api(fake_page: FakePage) -> FakeAPI:
    """A Podio that the page's transport reaches."""
    return FakeAPI(fake_page)
