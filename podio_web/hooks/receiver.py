"""What the receivers of ``Podio`` and ``SyncPodio`` have in common: routes, options, and reading a delivery."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from podio_web.hooks.address import SECRET, Secrets
from podio_web.hooks.delivery import LONGEST_BODY, BadDelivery, Delivery, read_delivery
from podio_web.hooks.inbox import Entry, Inbox, InboxUnavailable, MemoryInbox
from podio_web.hooks.router import HandlerT, Router
from podio_web.hooks.schedule import has_crashed

log = logging.getLogger("podio_web.hooks")

ANSWERS = {
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    405: b"Method Not Allowed",
    413: b"Content Too Large",
    503: b"Service Unavailable",
}
"""The bodies of the answers by their statuses. They say nothing about the receiver."""

MOST_VERIFICATIONS = 100
"""How many hooks may wait for their verification."""


@dataclass(frozen=True)
class Refusal:
    """A request that is not a delivery, and the status of the answer.

    >>> Refusal(404).status
    404
    """

    status: int


class WorkersEnded(Exception):
    """Too many workers ended while they handled a delivery."""


class Receiver:
    """Handlers, and the options of ``Hooks`` and ``SyncHooks``, which describe them.

    ``own_writes``: whether writes in handlers call hooks. It may be changed later.
    """

    def __init__(
        self,
        secret: str | Sequence[str],
        inbox: Inbox | None,
        *,
        coalesce: float,
        at_once: int,
        retries: int,
        lease: float,
    ) -> None:
        self.secrets: Secrets = Secrets(secret)
        self.router: Router = Router()
        self.own_writes: bool = False
        self.inbox: Inbox = MemoryInbox() if inbox is None else inbox
        if not 0 <= coalesce <= 3600:
            raise ValueError("coalesce must be a number of seconds from 0 to 3600")
        if at_once < 1:
            raise ValueError("at_once must be at least 1")
        if retries < 0:
            raise ValueError("retries must not be negative")
        if not 0.1 <= lease <= 3600:
            raise ValueError("lease must be a number of seconds from 0.1 to 3600")
        self.coalesce: float = coalesce
        self.at_once: int = at_once
        self.retries: int = retries
        self.lease: float = lease
        if inbox is None:
            log.warning(
                "Deliveries of webhooks are kept in memory and are lost when this process ends. Pass inbox="
                'SQLiteInbox("hooks.db") to keep them.'
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with {len(self.router.all_routes())} handlers, {self.inbox!r}>"

    def on(self, *types: str, **detail: object) -> Callable[[HandlerT], HandlerT]:
        """Return a decorator that adds a handler, like ``Router.on``.

        >>> @hooks.on("item.create", "item.update")
        ... def changed(event):
        ...     print(event.item_id)
        """
        return self.router.on(*types, **detail)

    def include(self, router: Router) -> None:
        """Add the handlers of a router.

        >>> hooks.include(Router())
        """
        self.router.include(router)

    def read(self, path: str, headers: Mapping[str, str], body: bytes, *, method: str = "POST") -> Delivery | Refusal:
        """Return the delivery in a request, for a web framework of your own. ``take`` is given it.

        Args:
            path: The path of the request. Its last part is the secret.
            headers: The headers. Only ``Content-Type`` matters.
            body: The body.
            method: The HTTP method.

        >>> hooks.read("/podio/wrong", {}, b"type=item.update&hook_id=12&item_id=6101")
        Refusal(status=404)
        """
        refused = self.refuse(path, method, str(len(body)))
        if refused is not None:
            return refused
        content_type = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        try:
            return read_delivery(body, content_type)
        except BadDelivery:
            return Refusal(400)

    def refuse(self, path: str, method: str, length: str | None) -> Refusal | None:
        """Return why a request is refused before its body is read, or None.

        ``length`` is the value of ``Content-Length``, if there is one.

        >>> hooks.refuse("/podio/wrong", "GET", None)
        Refusal(status=404)
        """
        # First, so that nobody without the secret learns that there is a receiver.
        if not self.secrets.match(path):
            return Refusal(404)
        if method != "POST":
            return Refusal(405)
        if length is not None:
            if not (length.isascii() and length.isdigit()):
                return Refusal(400)
            if len(length) > 10 or int(length) > LONGEST_BODY:
                return Refusal(413)
        return None

    def has_handler(self, delivery: Delivery) -> bool:
        """Return whether a handler wants a delivery. What nobody wants is acknowledged and dropped."""
        return bool(self.router.routes(delivery.type, delivery.data))

    def log_failure(self, entry: Entry, name: str, problem: BaseException) -> None:
        """Log what a handler raised."""
        log.error(
            "The handler %s failed for %s (attempt %d of %d).",
            *(name, entry.delivery, entry.failures + 1, self.retries + 1),
            exc_info=problem,
        )

    def has_crashed(self, entry: Entry) -> bool:
        """Return whether an entry has ended too many workers, and log it."""
        if has_crashed(entry):
            log.error("%s is put aside: %d workers ended while they handled it.", entry.delivery, entry.leases - 1)
            return True
        return False


def masked(path: str) -> str:
    """Return a path for the access logs of servers: without its last part, and without what looks like a secret.

    >>> masked("/podio/abcdefghijklmnopqrstuvwxyz"), masked("/podio/abcdefghijklmnopqrstuvwxyz/")
    ('/podio/-', '/podio/-/-')
    """
    return f"{SECRET.sub('-', path.rpartition('/')[0])}/-"


def log_unavailable(problem: BaseException) -> None:
    """Log that the inbox cannot be used."""
    is_expected = isinstance(problem, InboxUnavailable)
    log.error("The inbox of webhooks is unavailable: %s", problem, exc_info=None if is_expected else problem)


def log_verification(delivery: Delivery, outcome: bool | BaseException) -> None:
    """Log what became of a ``hook.verify``: whether it was answered, or the error. The code is not in it."""
    if outcome is True:
        log.info("Hook %d is verified.", delivery.hook_id)
    elif outcome is False:
        log.warning(
            "Hook %d asked for a verification, but is not known to lead to this receiver. Call accept() or ensure() "
            "for its app.",
            delivery.hook_id,
        )
    else:
        log.error("Hook %d could not be verified: %s", delivery.hook_id, outcome)


def code_of(delivery: Delivery) -> str:
    """Return the code of a ``hook.verify``."""
    return str(delivery.data["code"])
