"""The hooks that are registered at Podio: list, create, verify and delete them.

https://developers.podio.com/doc/hooks
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from podio_web.errors import PodioError
from podio_web.hooks.address import Secrets, check_mount, without_secret
from podio_web.hooks.delivery import VERIFY
from podio_web.http import quote

if TYPE_CHECKING:
    from podio_web.client import Podio

RefType = Literal["app", "space", "app_field"]
"""What a hook belongs to: an app, a workspace, or one field of an app."""

LIMIT = 10
"""The most hooks of one type that an object may have at Podio."""

LISTED = 60.0
"""Seconds for which a list of hooks is trusted."""

ASKED = 10
"""How many lists of one object are asked for in ``LISTED`` seconds, to find hooks that are not in the last one."""

_REF_TYPES = ("app", "space", "app_field")


class HookLimitReached(PodioError):
    """The object has as many hooks of this type as Podio allows. Delete one that nobody needs."""


@dataclass(frozen=True)
class Hook:
    """A hook at Podio. ``status`` is ``"active"``, or ``"inactive"`` until it is verified.

    ``url`` has the secret of the receiver. ``shown_url`` and ``repr`` leave it out.

    >>> Hook(12, "item.create", "https://example.com/podio/abcdefghijklmnopqrstuvwxyz", "active").shown_url
    'https://example.com/podio/abcd…'
    """

    hook_id: int
    type: str
    url: str = field(repr=False)
    status: str

    @property
    def shown_url(self) -> str:
        """The URL without the secret."""
        return without_secret(self.url)

    @property
    def is_active(self) -> bool:
        """Whether Podio delivers to it."""
        return self.status == "active"


@dataclass(frozen=True)
class Plan:
    """What ``ensure`` has to do: types to create, hooks to verify, and hooks to delete."""

    create: Sequence[str]
    verify: Sequence[Hook]
    remove: Sequence[Hook]

    def __bool__(self) -> bool:
        return bool(self.create or self.verify or self.remove)


def plan(hooks: Iterable[Hook], types: Sequence[str], urls: Sequence[str]) -> Plan:
    """Compare the hooks of an object with those that it should have.

    Args:
        hooks: The hooks of the object.
        types: The types that it should have.
        urls: Our URL with the current secret, and the one with the old secret during a rotation.

    A hook with the old secret is deleted when the one that replaces it is active. Hooks of others are left alone.

    >>> plan([Hook(12, "item.create", "https://example.com/podio/a", "inactive")], ["item.create", "item.update"],
    ...     ["https://example.com/podio/a"])
    Plan(create=['item.update'], verify=[Hook(hook_id=12, type='item.create', status='inactive')], remove=[])
    """
    all_hooks = list(hooks)
    current = {each.type: each for each in reversed(all_hooks) if each.url == urls[0]}
    active = {each.type for each in all_hooks if each.url == urls[0] and each.is_active}
    return Plan(
        [type_ for type_ in dict.fromkeys(types) if type_ not in current],
        [current[type_] for type_ in dict.fromkeys(types) if type_ in current and type_ not in active],
        [each for each in all_hooks if each.url in urls[1:] and each.type in active],
    )


def check_limit(hooks: Iterable[Hook], create: Sequence[str], ref_type: str, ref_id: int) -> None:
    """Raise HookLimitReached if Podio would refuse one of these hooks.

    >>> check_limit([], ["item.create"], "app", 3001)
    """
    counted = [each.type for each in hooks]
    for type_ in create:
        if counted.count(type_) >= LIMIT:
            raise HookLimitReached(
                f"{ref_type} {ref_id} has {LIMIT} hooks of type {type_}, and Podio allows no more. Delete one. "
                "podio-web hooks lists those of an app."
            )


def check_types(types: Iterable[str]) -> list[str]:
    """Return the types of hooks. Raises ValueError for what is not one.

    >>> check_types(["item.create"])
    ['item.create']
    """
    found = [types] if isinstance(types, str) else list(types)
    for each in found:
        if not isinstance(each, str) or "*" in each or "." not in each or each == VERIFY:
            raise ValueError(f'{each!r} is not a type of hooks. Give them one by one, such as "item.create"')
    return found


async def read_hooks(podio: Podio, ref_type: RefType, ref_id: int) -> list[Hook]:
    """Return the hooks of an app, a workspace or a field.

    Raises what ``Podio.request`` raises.

    >>> await read_hooks(podio, "app", 3001)
    []
    """
    answer = await podio.get(_path(ref_type, ref_id))
    return [Hook(each["hook_id"], each["type"], each["url"], each["status"]) for each in answer or ()]


def verification_path(hook_id: int) -> str:
    """Return the path of the operation that asks Podio to send ``hook.verify`` to a hook.

    >>> verification_path(12)
    '/hook/12/verify/request'
    """
    return f"/hook/{int(hook_id)}/verify/request"


@dataclass
class _Listed:
    hooks: list[Hook]
    at: float


class Registered:
    """The hooks of one receiver at Podio.

    Args:
        podio: The client. It needs the rights of an admin of the app or the workspace.
        secrets: The secrets of the receiver.
        clock: Seconds that never go back.

    >>> registered = Registered(podio, Secrets("abcdefghijklmnopqrstuvwxyz"))
    >>> await registered.list("app", 3001)
    []
    """

    def __init__(self, podio: Podio, secrets: Secrets, clock: Callable[[], float] = time.monotonic) -> None:
        self._podio = podio
        self._secrets = secrets
        self._clock = clock
        self._mounts: dict[tuple[str, int], set[str]] = {}
        self._listed: dict[tuple[str, int], _Listed] = {}
        self._asked: dict[tuple[str, int], deque[float]] = {}
        self._created: set[int] = set()
        self._validated: set[int] = set()
        self._refused: dict[int, float] = {}

    async def list(self, ref_type: RefType, ref_id: int) -> Sequence[Hook]:
        """Return the hooks of an app, a workspace or a field, those of others included.

        Raises what ``Podio.request`` raises.
        """
        hooks = await read_hooks(self._podio, ref_type, ref_id)
        self._listed[ref_type, ref_id] = _Listed(hooks, self._clock())
        return hooks

    def accept(self, ref_type: RefType, ref_id: int, url: str) -> None:
        """Answer ``hook.verify`` for the hooks of an object that lead to ``url``. ``ensure`` does this too.

        Raises ValueError if Podio would not deliver to the URL.
        """
        _path(ref_type, ref_id)
        self._mounts.setdefault((ref_type, ref_id), set()).add(check_mount(url))

    async def ensure(self, ref_type: RefType, ref_id: int, types: Iterable[str], url: str) -> Sequence[Hook]:
        """Create the hooks that are missing, and verify those that are inactive. Return all that lead to ``url``.

        Raises ValueError if Podio would not deliver to the URL, HookLimitReached, and what ``Podio.request`` raises.
        """
        wanted, urls = check_types(types), self._secrets.urls(check_mount(url))
        self.accept(ref_type, ref_id, url)
        ref = (ref_type, ref_id)
        listed = self._listed.get(ref)
        if listed is not None and self._clock() - listed.at < LISTED and not plan(listed.hooks, wanted, urls):
            return [each for each in listed.hooks if each.url in urls]
        hooks = await self.list(ref_type, ref_id)
        steps = plan(hooks, wanted, urls)
        check_limit(hooks, steps.create, ref_type, ref_id)
        created = []
        for type_ in steps.create:
            answer = await self._podio.post(_path(ref_type, ref_id), {"url": urls[0], "type": type_})
            created.append(Hook(answer["hook_id"], type_, urls[0], "inactive"))
            self._created.add(answer["hook_id"])
        self._listed[ref] = _Listed([*hooks, *created], self._clock())
        for hook_id in list(self._validated):
            self._change(hook_id, "active")
        # Only now, because other workers read the list of hooks when the first of them is verified. Podio may have
        # verified some of them already.
        for each in [*steps.verify, *created]:
            if each.hook_id not in self._validated:
                await self.request_verification(each.hook_id)
        for each in steps.remove:
            await self.remove(each.hook_id)
        return [each for each in self._listed[ref].hooks if each.url in urls]

    async def request_verification(self, hook_id: int) -> None:
        """Ask Podio to send ``hook.verify`` to a hook."""
        self._refused.pop(hook_id, None)
        self._validated.discard(hook_id)
        await self._podio.post(verification_path(hook_id), {})

    async def remove(self, hook_id: int) -> None:
        """Delete a hook."""
        await self._podio.delete(f"/hook/{int(hook_id)}")
        self._change(hook_id, None)

    async def is_ours(self, hook_id: int) -> bool:
        """Return whether a hook leads to this receiver. Podio is asked seldom: anybody may send any ID."""
        if hook_id in self._created or self._is_listed(hook_id):
            return True
        now = self._clock()
        self._refused = {each: until for each, until in list(self._refused.items()) if until > now}
        if hook_id in self._refused:
            return False
        # Copies here and below: other tasks and threads add to these during the loop.
        for ref_type, ref_id in list(self._mounts):
            if self._may_ask((ref_type, ref_id), now):
                await self.list(ref_type, ref_id)  # type: ignore[arg-type]
                if self._is_listed(hook_id):
                    return True
        self._refused[hook_id] = now + LISTED
        return False

    async def validate(self, hook_id: int, code: str) -> bool:
        """Send the code of a ``hook.verify`` back, if the hook is one of this receiver. Return whether it was sent."""
        if not await self.is_ours(hook_id):
            return False
        await self._podio.post(f"/hook/{int(hook_id)}/verify/validate", {"code": code})
        self._validated.add(hook_id)
        self._change(hook_id, "active")
        return True

    def _is_listed(self, hook_id: int) -> bool:
        now = self._clock()
        return any(
            each.hook_id == hook_id and each.url in self._urls(ref)
            for ref, listed in list(self._listed.items())
            if now - listed.at < LISTED
            for each in listed.hooks
        )

    def _urls(self, ref: tuple[str, int]) -> set[str]:
        return {url for mount in self._mounts.get(ref, ()) for url in self._secrets.urls(mount)}

    def _may_ask(self, ref: tuple[str, int], now: float) -> bool:
        asked = self._asked.setdefault(ref, deque())
        while asked and asked[0] <= now - LISTED:
            asked.popleft()
        if len(asked) >= ASKED:
            return False
        asked.append(now)
        return True

    def _change(self, hook_id: int, status: str | None) -> None:
        """Note the new status of a hook in the lists; None means that it is deleted."""
        for listed in list(self._listed.values()):
            listed.hooks = [
                each if each.hook_id != hook_id or status is None else replace(each, status=status)
                for each in listed.hooks
                if each.hook_id != hook_id or status is not None
            ]


def _path(ref_type: Any, ref_id: Any) -> str:
    if ref_type not in _REF_TYPES:
        raise ValueError(f"a hook belongs to one of {', '.join(_REF_TYPES)}, not to {ref_type!r}")
    if isinstance(ref_id, bool) or not isinstance(ref_id, int):
        raise ValueError("the ID of an app, a workspace or a field is a whole number")
    return f"/hook/{quote(ref_type)}/{quote(ref_id)}/"
