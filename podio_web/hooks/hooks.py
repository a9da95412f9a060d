"""``Hooks``: receive webhooks in an asynchronous web application."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from podio_web.errors import PodioError
from podio_web.hooks.asgi import App, asgi_app
from podio_web.hooks.delivery import VERIFY, Delivery
from podio_web.hooks.inbox import Entry, Inbox, InboxUnavailable
from podio_web.hooks.own_writes import keep_quiet, quiet
from podio_web.hooks.receiver import (
    MOST_VERIFICATIONS,
    Receiver,
    Refusal,
    WorkersEnded,
    code_of,
    log,
    log_unavailable,
    log_verification,
)
from podio_web.hooks.registered import Hook, RefType, Registered
from podio_web.hooks.schedule import POLL, event_of, finish, unfinished
from podio_web.runtime.interpreter import settle

if TYPE_CHECKING:
    from typing import Self

    from podio_web.client import Podio

T = TypeVar("T")


class Hooks(Receiver):
    """Receives webhooks, keeps them in an inbox, and calls handlers.

    Podio gets its answer when the delivery is in the inbox. Handlers run afterwards, at least once for each event. Two
    handlers of one item never run at the same time. If a handler raises an exception, it is called again later. The
    writes of handlers call no hooks, so that a handler does not call itself.

    ``asgi`` is the receiver as an ASGI application, to be mounted: ``Mount("/podio", app=hooks.asgi)``.

    Deliveries are untrusted: Podio does not sign them. Read the item with ``podio`` instead of trusting ``event.data``.

    Args:
        podio: The client. It reads and verifies hooks, and its writes in handlers call no hooks.
        secret: Random text that only Podio knows, which ends the address. Two during a rotation, the new one first.
        inbox: Keeps deliveries; a ``MemoryInbox`` by default, which loses them when the process ends.
        coalesce: Seconds that an ``item.update`` waits for further ones of its item, which become one with it.
        at_once: The most deliveries that are handled at the same time.
        retries: How often a handler is called again after an exception.
        lease: Seconds after which another worker takes the deliveries of a worker that has ended.

    Raises TypeError for a ``SyncPodio``, and ValueError if an option is wrong.

    >>> hooks = Hooks(podio, secret="abcdefghijklmnopqrstuvwxyz", inbox=MemoryInbox())
    >>> @hooks.on("item.create", "item.update")
    ... async def changed(event):
    ...     item = await podio.get(f"/item/{event.item_id}")
    """

    def __init__(
        self,
        podio: Podio,
        *,
        secret: str | Sequence[str],
        inbox: Inbox | None = None,
        coalesce: float = 2.0,
        at_once: int = 10,
        retries: int = 3,
        lease: float = 60.0,
    ) -> None:
        if not hasattr(podio, "send"):
            raise TypeError(f"Hooks needs a Podio, not {type(podio).__name__}. For a SyncPodio, use SyncHooks")
        super().__init__(secret, inbox, coalesce=coalesce, at_once=at_once, retries=retries, lease=lease)
        keep_quiet(podio)
        self.asgi: App = asgi_app(self)
        self._registered = Registered(podio, self.secrets)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_stopping = False
        self._woken = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._verifying: set[asyncio.Task[None]] = set()
        self._threads: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self.aclose()

    async def take(self, delivery: Delivery | Refusal) -> int:
        """Put what ``read`` returned into the inbox. Return the status of the answer to Podio.

        >>> await hooks.take(Refusal(404))
        404
        """
        if isinstance(delivery, Refusal):
            return delivery.status
        await self.start()
        if delivery.type == VERIFY:
            if len(self._verifying) < MOST_VERIFICATIONS:
                self._spawn(self._verify(delivery), self._verifying)
            return 200
        if not self.has_handler(delivery):
            return 200
        try:
            if await self._in_inbox(partial(self.inbox.put, delivery, time.time(), coalesce=self.coalesce)):
                self._woken.set()
        except Exception as problem:
            log_unavailable(problem)
            return 503
        return 200

    async def start(self) -> None:
        """Start to handle what is in the inbox. The first delivery does it too.

        Call it, or enter ``async with hooks:``, when the application starts, so that deliveries from before are handled
        without a new one.

        >>> await hooks.start()
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._woken = loop, asyncio.Event()
            self._dispatcher, self._running, self._verifying, self._threads = None, set(), set(), None
        if self._dispatcher is None or self._dispatcher.done():
            self._is_stopping = False
            self._dispatcher = loop.create_task(self._dispatch())

    async def aclose(self, grace: float = 10.0) -> None:
        """Stop. Handlers have ``grace`` seconds to end. Then they are cancelled, and called again after a restart.

        >>> await hooks.aclose()
        """
        self._is_stopping = True
        self._woken.set()
        if self._dispatcher is not None and self._loop is asyncio.get_running_loop():
            await self._dispatcher
            for tasks in (self._running, self._verifying):
                if tasks:
                    await asyncio.wait(tasks, timeout=grace)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None

    async def list(self, ref_type: RefType, ref_id: int) -> Sequence[Hook]:
        """Return the hooks of an app, a workspace or a field, those of others included.

        >>> await hooks.list("app", 3001)
        []
        """
        return await self._registered.list(ref_type, ref_id)

    async def ensure(self, ref_type: RefType, ref_id: int, types: Iterable[str], url: str) -> Sequence[Hook]:
        """Create the hooks that are missing, and have inactive ones verified. Return the hooks of this receiver.

        Calling it again changes nothing. Hooks that lead elsewhere stay. A hook with the old secret of a rotation is
        deleted when the new one is active.

        Args:
            ref_type: What the hooks belong to: ``"app"``, ``"space"`` or ``"app_field"``.
            ref_id: Its ID.
            types: Such as ``["item.create", "item.update"]``.
            url: The address of the receiver without the secret, such as ``https://example.com/podio``.

        The receiver must run: Podio sends it the verifications. With several workers or a script that calls this, each
        worker needs ``accept``. Raises ValueError if Podio would not deliver to the URL, HookLimitReached, and what
        ``Podio.request`` raises.

        >>> await hooks.ensure("app", 3001, ["item.create"], "http://localhost:8000/podio")
        [Hook(hook_id=..., type='item.create', status='inactive')]
        """
        return await self._registered.ensure(ref_type, ref_id, types, url)

    def accept(self, ref_type: RefType, ref_id: int, url: str) -> None:
        """Answer Podio's verification of hooks that lead to ``url``. ``ensure`` does this too, in its own process.

        >>> hooks.accept("app", 3001, "https://example.com/podio")
        """
        self._registered.accept(ref_type, ref_id, url)

    async def request_verification(self, hook_id: int) -> None:
        """Ask Podio to verify a hook again.

        >>> created = await hooks.ensure("app", 3001, ["item.create"], "http://localhost:8000/podio")
        >>> await hooks.request_verification(created[0].hook_id)
        """
        await self._registered.request_verification(hook_id)

    async def remove(self, hook_id: int) -> None:
        """Delete a hook.

        >>> created = await hooks.ensure("app", 3001, ["item.create"], "http://localhost:8000/podio")
        >>> await hooks.remove(created[0].hook_id)
        """
        await self._registered.remove(hook_id)

    async def failed(self) -> Sequence[Entry]:
        """Return the deliveries whose handlers failed too often.

        >>> await hooks.failed()
        []
        """
        return await self._in_inbox(self.inbox.failed)

    async def retry(self, entry: Entry) -> bool:
        """Handle a failed delivery again. Return False if it is not in the inbox any more.

        >>> for entry in await hooks.failed():
        ...     await hooks.retry(entry)
        """
        is_there = await self._in_inbox(partial(self.inbox.again, entry, time.time()))
        self._woken.set()
        return is_there

    async def _dispatch(self) -> None:
        """Lease what is due, as long as there is room for it."""
        while not self._is_stopping:
            self._woken.clear()
            pause = POLL
            try:
                pause = await self._begin_due()
            except Exception as problem:
                log_unavailable(problem)
            await _wait(self._woken, pause)

    async def _begin_due(self) -> float:
        """Begin with what is due. Return the seconds until it is worth to look again."""
        while len(self._running) < self.at_once and not self._is_stopping:
            now = time.time()
            entry = await self._in_inbox(partial(self.inbox.lease, now, self.lease))
            if entry is None:
                due = await self._in_inbox(partial(self.inbox.next_due, now))
                return POLL if due is None else min(max(due - time.time(), 0.001), POLL)
            self._spawn(self._handle(entry), self._running)
        return POLL

    async def _handle(self, entry: Entry) -> None:
        """Call the handlers of an entry, and take it out of the inbox."""
        problems: dict[str, BaseException] = {}
        if self.has_crashed(entry):
            await self._finish(entry, {"": WorkersEnded()}, retries=0)
            return
        task = asyncio.current_task()
        assert task is not None
        extending = asyncio.create_task(self._extend(entry, task))
        try:
            delivery, event = entry.delivery, event_of(entry)
            with quiet(not self.own_writes):
                for route in unfinished(entry, self.router.routes(delivery.type, delivery.data)):
                    try:
                        await settle(route.handler(event))
                    except (Exception, asyncio.CancelledError) as problem:
                        # A handler fails if it awaits a task that was cancelled.
                        if isinstance(problem, asyncio.CancelledError) and task.cancelling():
                            raise
                        problems[route.name] = problem
                        self.log_failure(entry, route.name, problem)
        except asyncio.CancelledError:
            # Not the handler's fault: this does not count as an attempt.
            with suppress(InboxUnavailable):
                self.inbox.retry(replace(entry, leases=entry.leases - 1), time.time())
            raise
        finally:
            extending.cancel()
        await self._finish(entry, problems, self.retries)

    async def _finish(self, entry: Entry, problems: dict[str, BaseException], retries: int) -> None:
        end = partial(
            finish,
            self.inbox,
            entry,
            problems,
            now=time.time(),
            retries=retries,
            chance=random.random(),  # noqa: S311
        )
        try:
            if not await self._in_inbox(end):
                log.warning("The lease of %s was lost while it was handled. It may be handled twice.", entry.delivery)
        except InboxUnavailable as problem:
            # The lease ends, and the entry is handled again.
            log_unavailable(problem)

    async def _extend(self, entry: Entry, handling: asyncio.Task[None]) -> None:
        """Extend a lease while its handlers run. Cancel them if it is lost, because another worker has the entry."""
        while True:
            await asyncio.sleep(self.lease / 3)
            try:
                if not await self._in_inbox(partial(self.inbox.extend, entry, time.time(), self.lease)):
                    log.warning("The lease of %s was lost. Its handlers are cancelled.", entry.delivery)
                    handling.cancel()
                    return
            except InboxUnavailable as problem:
                log_unavailable(problem)

    async def _verify(self, delivery: Delivery) -> None:
        try:
            outcome: bool | PodioError = await self._registered.validate(delivery.hook_id, code_of(delivery))
        except PodioError as problem:
            outcome = problem
        log_verification(delivery, outcome)

    def _spawn(self, work: Coroutine[Any, Any, None], tasks: set[asyncio.Task[None]]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            self._woken.set()

        task.add_done_callback(ended)

    async def _in_inbox(self, call: Callable[[], T]) -> T:
        """Call the inbox, in a thread if it may wait."""
        if not self.inbox.blocks:
            return call()
        if self._threads is None:
            self._threads = ThreadPoolExecutor(4, "podio-web-hooks")
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
