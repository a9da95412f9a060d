"""What others change while the page is open: the list follows, and says whether it does."""

import asyncio

from page import one
from problems import run

from podio_web import PodioError
from podio_web.live import Live

WORDS = {
    "connecting": "Connecting",
    "live": "Live",
    "waiting": "Changes of others may be late",
    "offline": "Offline",
    "closed": "",
}
PAUSE = 1  # second between two reads of the list, however much others do


class Changes:
    """Follows one person's events, which tell of every item in their workspaces."""

    def __init__(self, podio, workspace):
        self.podio = podio
        self.workspace = workspace
        self.live = None
        self.is_due = False
        self.is_reading = False

    async def follow(self, status):
        """Begin with what ``/user/status`` returned. The page works without it too."""
        if self.live:
            return
        self.live = live = Live(self.podio)
        run(self.show(live))
        try:
            await live.on(status, self.hear)
        except PodioError:
            await live.aclose()

    async def show(self, live):
        """Say whether changes arrive, until they do not any more."""
        while live.status != "closed":
            self.say(live.status)
            await asyncio.sleep(0.5)
        self.say("closed")
        if self.live is live:
            self.live = None

    def say(self, status):
        """Show a status in words."""
        element = one("live-state")
        if element.getAttribute("data-status") != status:
            element.setAttribute("data-status", status)
            element.textContent = WORDS[status]

    def hear(self, event):
        """Read the list again if something has happened to an item, or may have."""
        if event.name in ("gap", "stream_create", "stream_event"):
            self.is_due = True
            if not self.is_reading:
                self.is_reading = True
                run(self.read())

    async def read(self):
        """Read the list until nothing has happened meanwhile."""
        try:
            while self.is_due:
                self.is_due = False
                await self.workspace.refresh()
                await asyncio.sleep(PAUSE)
        except PodioError:
            pass  # the next event reads it again, and what a person does says what is wrong
        finally:
            self.is_reading = False
