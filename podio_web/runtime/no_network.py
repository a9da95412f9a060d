"""The network as CPython knows it: without other tabs, and without a browser that says whether it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from podio_web.runtime.cpython import SilentLine

if TYPE_CHECKING:
    from podio_web.runtime.protocols import Line, Lock


class NoNetwork:
    """A network without other tabs. Only a request shows whether it works.

    >>> NoNetwork().can_share
    False
    """

    can_share = False

    def is_offline(self) -> bool:
        """Return False."""
        return False

    def is_hidden(self) -> bool:
        """Return True: there is no page to see."""
        return True

    def on_online(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Do nothing."""
        return _nothing

    on_offline = on_online

    def open_line(self, name: str, on_text: Callable[[object], None]) -> Line:
        """Return a channel without other tabs."""
        return SilentLine()

    def hold_lock(
        self, name: str, on_held: Callable[[], object], on_lost: Callable[[], object], *, steal: bool = False
    ) -> Lock:
        """Call ``on_held`` now, because nobody else wants the lock."""
        on_held()
        return _Alone()


class _Alone:
    """A lock that nobody else wants."""

    def release(self) -> None:
        """Do nothing."""


def _nothing() -> None:
    """Do nothing."""
