"""Decide whether the person closed a popup, or the browser only stopped reporting its state.

``popup.closed`` is a hint. If a page in the popup sends ``Cross-Origin-Opener-Policy``, the browser cuts the link
between the windows. Then ``closed`` is true at once, although the person is still typing
(https://html.spec.whatwg.org/#cross-origin-opener-policies). When a window really closes, the focus returns to the
opener. So ``closed`` counts only if the opener has the focus and keeps it for a moment.
"""

WAITING = "waiting"
CLOSED = "closed"
UNKNOWN = "unknown"
ASTRAY = "astray"

TICK = 0.25
"""Seconds between two looks. With GRACE, a closed popup is reported within 2.5 seconds."""

GRACE = 1.5
"""Seconds that the opener has the focus before a closed popup counts as closed, because a response may still arrive."""

FOCUS_RETURNS = 0.75
"""Seconds without the focus after which ``closed`` is ignored: if a popup really closes, the focus returns at once."""

ARRIVAL = 3.0
"""Seconds that the popup may show a page of this origin without a response. ``callback.html`` sends it at once."""


class PopupWatch:
    """The state of one popup, from repeated looks at it.

    ``observable`` is False in a ``crossOriginIsolated`` page, where ``closed`` means nothing.

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
        """Return the popup's state at ``now``, in seconds on a monotonic clock.

        The state is WAITING, CLOSED, UNKNOWN or ASTRAY. UNKNOWN: only a response, or the person, can end the sign-in.
        ASTRAY: the popup has come back from Podio (``is_back``), but its page sends no response.
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
        # A short focus on the opener does not count: the person may type in the popup again.
        self._focused_since = None
        if self._unfocused_since is None:
            self._unfocused_since = now
        if now - self._unfocused_since >= FOCUS_RETURNS:
            self.observable = False
            return UNKNOWN
        return WAITING
