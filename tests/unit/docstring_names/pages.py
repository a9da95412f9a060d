"""A page whose person allows the access as soon as a popup opens."""

import asyncio
from typing import Any

from tests.unit.fake_page import FakePage, FakePopup


class ClickedPage(FakePage):
    """A ``FakePage`` with a person who does what Podio asks for."""

    def open_popup(self, *arguments: Any) -> FakePopup:
        popup = super().open_popup(*arguments)
        asyncio.get_running_loop().call_soon(popup.allow)
        return popup
