"""Watching a popup: has the person given up, or is it only the browser that stopped telling?

``popup.closed`` is a hint. When a page on the way sends ``Cross-Origin-Opener-Policy``, the link between the windows is
cut and ``closed`` reads true at once, although the person is still typing
(https://html.spec.whatwg.org/#cross-origin-opener-policies). So ``closed`` counts only when the focus came back to the
opener with it, as it does when a window really closes, and stays there for a moment.
"""

WAITING = "waiting"
CLOSED = "closed"
UNKNOWN = "unknown"
ASTRAY = "astray"

TICK = 0.25
"""Seconds between two looks. Together with GRACE it keeps the report of a closed popup below 2.5 seconds."""

GRACE = 1.5
"""Seconds with the focus on the opener before a closed popup counts as given up: an answer may be on its way."""

FOCUS_RETURNS = 0.75
"""Seconds without the focus after which ``closed`` is no news: it is back at once when a popup has really closed."""

ARRIVAL = 3.0
"""Seconds that the popup may show a page of this origin without an answer: ``callback.html`` sends it at once."""


class PopupWatch:
    """The verdict on one popup, from looks at it.

    ``observable`` is False in a page that is ``crossOriginIsolated``, where ``closed`` says nothing at all.

    >>> watch = PopupWatch(observable=True)
    >>> watch.look(clock(), closed=False, focused=False, is_back=False)
    'waiting'
    """

    def __init__(self, *, observable: bool) -> None:
        self.observable: bool = observable
        self._back_since: float | None = None
        self._focused_since: float | None = None
        self._unfocused_since: float | None = None

    def look(self, now: float, *, closed: bool, focused: bool, is_back: bool) -> str:
        """Return the verdict at ``now``, in seconds on a clock for durations.

        WAITING, CLOSED, UNKNOWN (only an answer or a person can tell), or ASTRAY: ``is_back`` says that the popup has
        come back from Podio, and what it shows there sends no answer.
        """
        if not is_back:
            self._back_since = None
        elif self._back_since is None:
            self._back_since = now
        elif now - self._back_since >= ARRIVAL:
            return ASTRAY
        if not self.observable:
            return UNKNOWN
        if not closed:
            self._focused_since = self._unfocused_since = None
            return WAITING
        if focused:
            self._unfocused_since = None
            if self._focused_since is None:
                self._focused_since = now
            return CLOSED if now - self._focused_since >= GRACE else WAITING
        # A glance at the opener is no return: whoever types in the popup has the focus there.
        self._focused_since = None
        if self._unfocused_since is None:
            self._unfocused_since = now
        if now - self._unfocused_since >= FOCUS_RETURNS:
            self.observable = False
            return UNKNOWN
        return WAITING
