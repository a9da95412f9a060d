"""Tell the other tabs of an origin about sign-ins and sign-outs, and learn about theirs."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.auth.context import Context
    from podio_web.auth.session import Session
    from podio_web.oauth.token import Token

MESSAGE_DELAYS = (0.0, 0.2, 1.0, 3.0)
"""Pauses in seconds before reading the store, because a message may arrive before the data that was stored first."""

_LOGGED_OUT = "logged_out"
_SIGNED_IN = "signed_in"


class OtherTabs:
    """The other tabs with the same client.

    ``on_sign_out()`` is called when one of them signs the person out, or clears the site's data. ``on_sign_in(token)``
    is called when one of them has stored a session, with its token if that is new here, else None.

    >>> tabs = OtherTabs(context, session, on_sign_out, on_sign_in)
    """

    def __init__(
        self,
        context: "Context",
        session: "Session",
        on_sign_out: "Callable[[], object]",
        on_sign_in: "Callable[[Token | None], object]",
    ) -> None:
        self._runtime = context.runtime
        self._session = session
        self._on_sign_out = on_sign_out
        self._on_sign_in = on_sign_in
        self._line = self._runtime.open_line(f"podio-web:tabs:{context.identity.name_in_tabs}", self._heard)
        self._stop_watching = self._runtime.on_emptied(self._look_into_store)

    def tell_sign_in(self) -> None:
        """Tell the other tabs that a session was stored, if they see the store."""
        if self._session.is_shared:
            self._line.send(_SIGNED_IN)

    def tell_sign_out(self) -> None:
        """Tell the other tabs that the person has signed out."""
        self._line.send(_LOGGED_OUT)

    def close(self) -> None:
        """Stop sending and listening."""
        self._stop_watching()
        self._line.close()

    def _heard(self, text: object) -> None:
        if text == _LOGGED_OUT:
            self._on_sign_out()
        elif text == _SIGNED_IN and self._session.is_shared:
            self._runtime.start(self._adopt())

    async def _adopt(self) -> None:
        """Take over the session that another tab has stored."""
        session = self._session
        held = session.token
        for delay in MESSAGE_DELAYS:
            await self._runtime.sleep(delay)
            await session.reload()
            if session.token is not held:
                break
        self._on_sign_in(session.token if session.alive and session.token is not held else None)

    def _look_into_store(self) -> None:
        """Look whether the site's data was cleared in another tab, which sends no message."""
        if self._session.is_shared:
            self._runtime.start(self._follow_store())

    async def _follow_store(self) -> None:
        if await self._session.was_emptied():
            self._on_sign_out()
