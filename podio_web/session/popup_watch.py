"""Watching a popup: has the person given up, or is it only the browser that stopped telling?

``popup.closed`` is a hint. When a page on the way sends ``Cross-Origin-Opener-Policy``, the link between the windows is
cut and ``closed`` reads true at once, although the person is still typing
(https://html.spec.whatwg.org/#cross-origin-opener-policies). So ``closed`` counts only when the focus came back to the
opener with it, as it does when a window really closes, and stays there for a moment.
"""

WAITING = "waiting"
CLOSED = "closed"
UNKNOWN = "unknown"
TIMEOUT = "timeout"

TICK = 0.25
"""Seconds between two looks. Together with GRACE it keeps the report of a closed popup below 2.5 seconds."""

GRACE = 1.5
"""Seconds with the focus on the opener before a closed popup counts as given up: an answer may be on its way."""

FOCUS_RETURNS = 0.75
"""Seconds without the focus after which ``closed`` is no news: it is back at once when a popup has really closed."""

LIMIT = 300.0
"""Seconds after which nobody waits any more."""


class PopupWatch:
    """The verdict on one popup, from looks at it.

    ``opened_at`` in seconds on the clock of ``look``; ``observable`` is False in a page that is
    ``crossOriginIsolated``, where ``closed`` says nothing at all.

    >>> watch = PopupWatch(clock(), observable=True)
    >>> watch.look(clock(), closed=False, focused=False)
    'waiting'
    """

    def __init__(self, opened_at: float, *, observable: bool, limit: float = LIMIT) -> None:
        self._deadline = opened_at + limit
        self._observable = observable
        self._focused_since: float | None = None
        self._unfocused_since: float | None = None

    def look(self, now: float, *, closed: bool, focused: bool) -> str:
        """Return the verdict at ``now``: WAITING, CLOSED, UNKNOWN (only an answer or a person can tell) or TIMEOUT."""
        if now >= self._deadline:
            return TIMEOUT
        if not self._observable:
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
            self._observable = False
            return UNKNOWN
        return WAITING
