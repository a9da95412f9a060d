"""Tell other parts of the sandbox what requests have changed: the push service, and the deliveries of webhooks.

An operation records a change while its transaction runs. Listeners get it after the commit, and never if the
transaction is undone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

KINDS = (
    *("item.create", "item.update", "item.delete"),
    *("comment.create", "comment.update", "comment.delete"),
    *("file.change", "rating.create", "rating.delete", "notification.create", "app.update"),
)
"""All kinds of changes."""


@dataclass(frozen=True)
class Change:
    """What a request has changed.

    Args:
        kind: One of ``KINDS``.
        author: Who did it, such as ``user:1001`` or ``app:4001``.
        client_id: The API client that sent the request.
        silent: Whether the request asked for no notifications.
        hook: Whether the request allows deliveries of webhooks.
        app_id: The app, or None if the change is not about an app or its items.
        item_id: The item.
        item_revision_id: The ID of the item's newest revision.
        external_id: The item's external ID.
        field_ids: The fields whose values have changed. A new or deleted item names all that have a value.
        comment_id: The comment.
        file_ids: The files.
        action_type: What happened to the files: ``file_created``, ``file_replaced`` or ``file_deleted``.
        notification_id: The notification.
        user_id: The user who is notified.
    """

    kind: str
    author: str
    client_id: str
    silent: bool = False
    hook: bool = True
    app_id: int | None = None
    item_id: int | None = None
    item_revision_id: int | None = None
    external_id: str | None = None
    field_ids: tuple[int, ...] = ()
    comment_id: int | None = None
    file_ids: tuple[int, ...] = ()
    action_type: str | None = None
    notification_id: int | None = None
    user_id: int | None = None


Listener = Callable[[Change], object]


class Changes:
    """The changes of the running transaction, and the listeners.

    Examples:
        >>> changes, heard = Changes(), []
        >>> changes.listen(heard.append)
        >>> changes.record(Change("item.create", "user:1001", "demo-client", item_id=6101))
        >>> changes.publish()
        >>> heard[0].item_id
        6101
    """

    def __init__(self) -> None:
        self._recorded: list[Change] = []
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call a function with each change, in the order of the changes. It must neither wait nor raise.

        Args:
            listener: Runs in the server's thread, before the response is sent. What takes longer is its own task.
        """
        self._listeners.append(listener)

    def record(self, change: Change) -> None:
        """Keep a change until its transaction ends."""
        self._recorded.append(change)

    def publish(self) -> None:
        """Tell the listeners what has been recorded. The transaction has been committed."""
        recorded, self._recorded = self._recorded, []
        for change in recorded:
            for listener in self._listeners:
                listener(change)

    def discard(self) -> None:
        """Forget what has been recorded. The transaction has been undone."""
        self._recorded.clear()
