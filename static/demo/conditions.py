"""What may last for a while around the page: each has a bar, which goes when its cause is gone.

``expiring`` has none: a session that ends is renewed by the very click that needs it, so nobody has to be reminded.
"""

import asyncio
import time

from items import time_in_words
from js import navigator, window
from notices import bar, connected, is_up, lift, rewrite
from page import listen
from problems import run


class Conditions:
    """The bars about signing in, storage, Podio's limits, and the connection."""

    def __init__(self, podio):
        self.podio = podio
        self.goes_on_at = 0

    def connect(self):
        """Follow the client's events, and the browser's about the connection."""
        self.podio.on("login_needed", self.login_needed)
        self.podio.on("login_waiting", self.login_waiting)
        self.podio.on("authenticated", lambda token: lift("login_needed", "login_waiting"))
        self.podio.on("logged_out", lambda detail: lift("login_needed", "login_waiting"))
        self.podio.on("storage_degraded", self.storage_degraded)
        self.podio.on("rate_limited", self.rate_limited)
        listen(window, "offline", lambda event: self.offline())
        listen(window, "online", lambda event: self.online())
        if not navigator.onLine:
            self.offline()

    def login_needed(self, resume):
        """What waits needs a new session, and the browser opens the sign-in window only in a click."""
        bar(
            "login_needed",
            "Your session has ended",
            "What you typed stays here. Sign in again, and what waits is sent.",
            [("Sign in again", resume)],
        )

    def login_waiting(self, cancel):
        """The sign-in window can no longer be watched: offer a way out."""
        bar(
            "login_waiting",
            "Waiting for the sign-in window",
            "Finish signing in there. If the window is gone, stop waiting.",
            [("Stop waiting", cancel)],
        )

    def storage_degraded(self, problem):
        """The session lives in memory."""
        bar(
            "storage_degraded",
            "This browser does not keep your sign-in",
            "Storage is blocked or full. Everything works, but after a reload you sign in again.",
            close="Understood",
        )

    def rate_limited(self, seconds):
        """Podio wants a pause; what was asked for goes on by itself.

        A call that gives up says so as well, and raises: ``explain`` puts its notice in the bar's place.
        """
        if seconds is None:
            return
        counting = is_up("rate_limited")
        until = time.time() + seconds
        self.goes_on_at = max(self.goes_on_at, until) if counting else until
        if not counting:
            bar("rate_limited", "Podio asks this page to slow down", self.patience())
            run(self.count_down())

    def patience(self):
        """Return how long there is to wait, in words."""
        left = max(1, int(self.goes_on_at - time.time() + 0.99))
        return "Nothing is lost. It goes on by itself in " + time_in_words(left) + "."

    async def count_down(self):
        """Tell the seconds until Podio may be asked again."""
        while is_up("rate_limited") and time.time() < self.goes_on_at:
            rewrite("rate_limited", self.patience())
            await asyncio.sleep(min(1, max(0, self.goes_on_at - time.time())))
        lift("rate_limited")

    def offline(self):
        """The device has lost its connection."""
        bar("offline", "You are offline", "Keep typing: nothing is lost. Save when the connection is back.")

    def online(self):
        """The connection is back; what failed without one is done now."""
        lift("offline")
        connected()
