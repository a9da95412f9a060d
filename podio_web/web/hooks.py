"""Call the application's hooks when a person signs in or out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from podio_web.errors import SignInError
from podio_web.runtime.interpreter import settle
from podio_web.web.fault_log import report
from podio_web.web.notices import error_of
from podio_web.web.sign_in_options import check_hook

if TYPE_CHECKING:
    from podio_web.client import Podio

Ref: TypeAlias = "dict[str, Any] | None"
"""The user of a session, such as ``{"type": "user", "id": 1001}``. None if Podio did not say."""


class Hooks:
    """Calls ``on_signed_in`` and ``on_signed_out``. A subclass creates the clients in ``_open``."""

    _on_signed_in: Callable[[Any, Ref], object] | None
    _on_signed_out: Callable[[Ref], object] | None

    if TYPE_CHECKING:

        def _open(self, session_id: str | None) -> Podio:
            """Return a client for a session."""

    def _check_hook(self, option: str, hook: object) -> None:
        check_hook(option, hook)

    async def _tell_signed_in(self, session_id: str, ref: Ref) -> None:
        """Call ``on_signed_in``. If it raises a SignInError, end the new session and raise the same kind of error."""
        if self._on_signed_in is None:
            return
        try:
            await self._call_with_client(self._on_signed_in, session_id, ref)
        except SignInError as refusal:
            async with self._open(session_id) as podio:
                await podio.logout()
            # Without the application's message, which might contain secrets.
            raise error_of(refusal.code) from None
        except Exception as problem:
            report(problem, "calling on_signed_in")

    async def _tell_signed_out(self, ref: Ref) -> None:
        if self._on_signed_out is None:
            return
        try:
            await self._call(self._on_signed_out, ref)
        except Exception as problem:
            report(problem, "calling on_signed_out")

    async def _call(self, hook: Callable[..., object], *arguments: Any) -> None:
        await settle(hook(*arguments))

    async def _call_with_client(self, hook: Callable[..., object], session_id: str, ref: Ref) -> None:
        async with self._open(session_id) as podio:
            await self._call(hook, podio, ref)
