"""Webhooks: a handler keeps its type, and what it is given has one."""

from collections.abc import Sequence
from typing import assert_type

from podio_web import Podio, SyncPodio
from podio_web.hooks import Delivery, Event, Hook, Hooks, Router, SyncHooks

hooks = Hooks(Podio("app", "my-app", "hush"), secret="a-secret-of-a-receiver")
blocking = SyncHooks(SyncPodio("app", "my-app", "hush"), secret="a-secret-of-a-receiver")
router = Router()


@hooks.on("item.create", "item.update")
async def changed(event: Event) -> int | None:
    return event.item_id


@blocking.on("file.change", action_type="file_created")
def uploaded(event: Event) -> None:
    assert_type(event.stale, bool)
    assert_type(event.attempt, int)


@router.on("comment.*")
def talked(delivery: Delivery) -> str:
    """A handler that needs no more may be for any delivery."""
    return delivery.type


router.on("*")(print)
router.on("task.*")(lambda event: None)
hooks.include(router)


async def by_hand(event: Event) -> None:
    assert_type(await changed(event), int | None)
    assert_type(talked(event), str)
    assert_type(await hooks.list("app", 3001), Sequence[Hook])
    assert_type(blocking.list("app", 3001), Sequence[Hook])
