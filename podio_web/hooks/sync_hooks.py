"""``SyncHooks``: receive webhooks in a WSGI application, with a ``SyncPodio``."""

from __future__ import annotations

import atexit
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from podio_web.errors import PodioError
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
from podio_web.hooks.router import HandlerT, Router
from podio_web.hooks.schedule import POLL, event_of, finish, unfinished
from podio_web.hooks.wsgi import serve_wsgi

if TYPE_CHECKING:
    from typing import Self

    from podio_web.client import Podio
    from podio_web.sync_client import SyncPodio


_NAME = "podio-web-hooks"


@dataclass
class _Job:
    entry: Entry
    thread: threading.Thread
    extend_at: float


class _Work:
    """The threads of one process."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.woken = threading.Event()
        self.is_stopping = False
        self.dispatcher: threading.Thread | None = None
        # By the names of the leases.
        self.jobs: dict[str, _Job] = {}


class SyncHooks(Receiver):
    """Receives webhooks like ``Hooks``, with handlers that are plain functions. They run in threads.

    Args:
        podio: The client.
        secret, inbox, coalesce, at_once, retries, lease: As for ``Hooks``.

    Raises TypeError for a ``Podio``, and ValueError if an option is wrong.

    >>> hooks = SyncHooks(podio, secret="abcdefghijklmnopqrstuvwxyz", inbox=MemoryInbox())
    >>> @hooks.on("item.create", "item.update")
    ... def changed(event):
    ...     item = podio.get(f"/item/{event.item_id}")
    """

    def __init__(
        self,
        podio: SyncPodio,
        *,
        secret: str | Sequence[str],
        inbox: Inbox | None = None,
        coalesce: float = 2.0,
        at_once: int = 10,
        retries: int = 3,
        lease: float = 60.0,
    ) -> None:
        if not hasattr(podio, "run"):
            raise TypeError(f"SyncHooks needs a SyncPodio, not {type(podio).__name__}. For a Podio, use Hooks")
        super().__init__(secret, inbox, coalesce=coalesce, at_once=at_once, retries=retries, lease=lease)

        async def begin(driven: Podio) -> Registered:
            keep_quiet(driven)
            return Registered(driven, self.secrets)

        self._podio = podio
        self._registered = podio.run(begin)
        self._verifying = threading.Semaphore(MOST_VERIFICATIONS)
        self._work = _Work()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def on(self, *types: str, **detail: object) -> Callable[[HandlerT], HandlerT]:
        """Return a decorator that adds a handler, like ``Router.on``. Raises TypeError for ``async def``.

        >>> @hooks.on("item.create", "item.update")
        ... def changed(event):
        ...     print(event.item_id)
        """
        add = super().on(*types, **detail)

        def checked(handler: HandlerT) -> HandlerT:
            _check_plain(handler)
            return add(handler)

        return checked

    def include(self, router: Router) -> None:
        """Add the handlers of a router. Raises TypeError for ``async def``.

        >>> hooks.include(Router())
        """
        for route in router.all_routes():
            _check_plain(route.handler)
        super().include(router)

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request: this method is a WSGI application, to be mounted.

        >>> app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/podio": hooks.wsgi})
        """
        return serve_wsgi(self, environ, start_response)

    def take(self, delivery: Delivery | Refusal) -> int:
        """Put what ``read`` returned into the inbox. Return the status of the answer to Podio.

        >>> hooks.take(Refusal(404))
        404
        """
        if isinstance(delivery, Refusal):
            return delivery.status
        self.start()
        if delivery.type == VERIFY:
            self._start_verification(delivery)
            return 200
        if not self.has_handler(delivery):
            return 200
        try:
            if self.inbox.put(delivery, time.time(), coalesce=self.coalesce):
                self._work.woken.set()
        except Exception as problem:
            log_unavailable(problem)
            return 503
        return 200

    def start(self) -> None:
        """Start to handle what is in the inbox. The first delivery does it too.

        Call it in each worker process when the application starts, so that deliveries from before are handled without a
        new one.

        >>> hooks.start()
        """
        # Threads do not survive a fork.
        if self._work.process != os.getpid():
            self._work = _Work()
        work = self._work
        with work.lock:
            if work.dispatcher is None:
                work.is_stopping = False
                work.dispatcher = threading.Thread(target=self._dispatch, args=(work,), name=_NAME, daemon=True)
                work.dispatcher.start()
                atexit.register(self.close)

    def close(self, grace: float = 10.0) -> None:
        """Stop. Handlers have ``grace`` seconds to end. Others are called again after their leases have ended.

        It is called when the process ends.

        >>> hooks.close()
        """
        work = self._work
        if work.process != os.getpid() or work.dispatcher is None:
            return
        work.is_stopping = True
        work.woken.set()
        ends_at = time.monotonic() + grace
        work.dispatcher.join(max(ends_at - time.monotonic(), 0.0))
        for job in list(work.jobs.values()):
            job.thread.join(max(ends_at - time.monotonic(), 0.0))
        self._work = _Work()
        atexit.unregister(self.close)

    def list(self, ref_type: RefType, ref_id: int) -> Sequence[Hook]:
        """Return the hooks of an app, a workspace or a field, those of others included.

        >>> hooks.list("app", 3001)
        []
        """
        return self._podio.run(lambda _: self._registered.list(ref_type, ref_id))

    def ensure(self, ref_type: RefType, ref_id: int, types: Iterable[str], url: str) -> Sequence[Hook]:
        """Create the hooks that are missing, and have those verified that are inactive, like ``Hooks.ensure``.

        >>> hooks.ensure("app", 3001, ["item.create"], "http://localhost:8000/podio")
        [Hook(hook_id=..., type='item.create', status='inactive')]
        """
        return self._podio.run(lambda _: self._registered.ensure(ref_type, ref_id, types, url))

    def accept(self, ref_type: RefType, ref_id: int, url: str) -> None:
        """Answer Podio's verification of hooks that lead to ``url``. ``ensure`` does this too, in its own process.

        >>> hooks.accept("app", 3001, "https://example.com/podio")
        """
        self._registered.accept(ref_type, ref_id, url)

    def request_verification(self, hook_id: int) -> None:
        """Ask Podio to verify a hook again.

        >>> created = hooks.ensure("app", 3001, ["item.create"], "http://localhost:8000/podio")
        >>> hooks.request_verification(created[0].hook_id)
        """
        self._podio.run(lambda _: self._registered.request_verification(hook_id))

    def remove(self, hook_id: int) -> None:
        """Delete a hook.

        >>> created = hooks.ensure("app", 3001, ["item.create"], "http://localhost:8000/podio")
        >>> hooks.remove(created[0].hook_id)
        """
        self._podio.run(lambda _: self._registered.remove(hook_id))

    def failed(self) -> Sequence[Entry]:
        """Return the deliveries whose handlers failed too often.

        >>> hooks.failed()
        []
        """
        return self.inbox.failed()

    def retry(self, entry: Entry) -> bool:
        """Handle a failed delivery again. Return False if it is not in the inbox any more.

        >>> for entry in hooks.failed():
        ...     hooks.retry(entry)
        """
        is_there = self.inbox.again(entry, time.time())
        self._work.woken.set()
        return is_there

    def _dispatch(self, work: _Work) -> None:
        """Lease what is due, as long as there is room for it, and extend leases."""
        while not work.is_stopping:
            work.woken.clear()
            pause = POLL
            try:
                pause = self._begin_due(work)
                self._extend(work)
            except Exception as problem:
                log_unavailable(problem)
            work.woken.wait(min(pause, self.lease / 3))

    def _begin_due(self, work: _Work) -> float:
        """Begin with what is due. Return the seconds until it is worth to look again."""
        while len(work.jobs) < self.at_once and not work.is_stopping:
            now = time.time()
            entry = self.inbox.lease(now, self.lease)
            if entry is None:
                due = self.inbox.next_due(now)
                return POLL if due is None else min(max(due - time.time(), 0.001), POLL)
            thread = threading.Thread(target=self._handle, args=(work, entry), name=_NAME, daemon=True)
            with work.lock:
                work.jobs[entry.owner] = _Job(entry, thread, time.monotonic() + self.lease / 3)
            thread.start()
        return POLL

    def _extend(self, work: _Work) -> None:
        """Extend the leases of the entries that are being handled."""
        now = time.monotonic()
        with work.lock:
            due = [job for job in work.jobs.values() if job.extend_at <= now]
        for job in due:
            job.extend_at = now + self.lease / 3
            self.inbox.extend(job.entry, time.time(), self.lease)

    def _handle(self, work: _Work, entry: Entry) -> None:
        """Call the handlers of an entry, and take it out of the inbox."""
        problems: dict[str, BaseException] = {}
        retries = self.retries
        try:
            if self.has_crashed(entry):
                problems, retries = {"": WorkersEnded()}, 0
            else:
                problems = self._call_handlers(entry)
            chance = random.random()  # noqa: S311 - no secret
            if not finish(self.inbox, entry, problems, now=time.time(), retries=retries, chance=chance):
                log.warning("The lease of %s was lost while it was handled. It may be handled twice.", entry.delivery)
        except InboxUnavailable as problem:
            # The lease ends, and the entry is handled again.
            log_unavailable(problem)
        finally:
            with work.lock:
                del work.jobs[entry.owner]
            work.woken.set()

    def _call_handlers(self, entry: Entry) -> dict[str, BaseException]:
        """Call the handlers of an entry. Return what they raised, by their names."""
        problems: dict[str, BaseException] = {}
        delivery, event = entry.delivery, event_of(entry)
        with quiet(not self.own_writes):
            for route in unfinished(entry, self.router.routes(delivery.type, delivery.data)):
                try:
                    route.handler(event)
                except Exception as problem:
                    problems[route.name] = problem
                    self.log_failure(entry, route.name, problem)
        return problems

    def _start_verification(self, delivery: Delivery) -> None:
        """Verify a hook after the answer."""
        if self._verifying.acquire(blocking=False):
            threading.Thread(target=self._verify, args=(delivery,), name=_NAME, daemon=True).start()

    def _verify(self, delivery: Delivery) -> None:
        code = code_of(delivery)
        try:
            outcome: bool | PodioError = self._podio.run(lambda _: self._registered.validate(delivery.hook_id, code))
        except PodioError as problem:
            outcome = problem
        finally:
            self._verifying.release()
        log_verification(delivery, outcome)


def _check_plain(handler: Callable[..., Any]) -> None:
    if iscoroutinefunction(handler):
        raise TypeError(
            "SyncHooks calls handlers in threads, which need plain functions. Use def, or Hooks with Podio."
        )
