"""What surrounds a client that blocks: the page or the machine, with a transport and a clock that block too."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from podio_web.compat import IN_PAGE
from podio_web.headless import Headless
from podio_web.sync.driver import start
from podio_web.sync.urllib_transport import UrllibTransport

if TYPE_CHECKING:
    from podio_web.session.platform import Platform


class _Blocking:
    """What a client without an event loop needs of its platform; nothing here ever suspends."""

    async def sleep(self, seconds: float) -> None:
        """Wait, and let nothing else happen meanwhile."""
        time.sleep(seconds)  # noqa: ASYNC251 - there is no event loop to hold up

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine to its end now."""
        start(coroutine)


class BlockingHeadless(_Blocking, Headless):
    """A machine without a page."""

    def default_transport(self) -> UrllibTransport:
        """Return the transport of the standard library."""
        return UrllibTransport()


def blocking_platform() -> Platform:
    """Return the page around us, or the machine, for a client that blocks."""
    if not IN_PAGE:
        return BlockingHeadless()
    from podio_web.browser.blocking import BlockingTransport
    from podio_web.browser.page import kind_of_page

    class BlockingPage(_Blocking, kind_of_page()):  # type: ignore[misc]
        """The page or the worker that this interpreter runs in."""

        default_transport = staticmethod(BlockingTransport)

    return BlockingPage()
