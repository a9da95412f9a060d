"""The hooks at Podio: what is created, verified, deleted and left alone, and how seldom Podio is asked."""

from __future__ import annotations

import asyncio
import json
from enum import Enum
from typing import Any

import pytest

from podio_web import Podio
from podio_web.hooks import Hook, HookLimitReached
from podio_web.hooks.address import Secrets
from podio_web.hooks.registered import ASKED, LIMIT, LISTED, Registered, check_types, plan
from podio_web.testing import FakeTransport
from podio_web.types import Request, Response
from tests.unit.hooks_support import OTHER, SECRET

MOUNT = "https://example.com/podio"
URL, OLD_URL = f"{MOUNT}/{SECRET}", f"{MOUNT}/{OTHER}"
FOREIGN = Hook(1, "item.create", "https://example.org/other", "inactive")


class AtPodio:
    """A client whose transport has scripted hooks, and a clock that tests move."""

    def __init__(self, *secrets: str, transport: FakeTransport | None = None) -> None:
        self.transport = transport or FakeTransport()
        self.podio = Podio("client", "my-app", transport=self.transport)
        self.podio.set_access_token({"access_token": "test", "expires_in": 3600})
        self.now = 0.0
        self.registered = Registered(self.podio, Secrets(secrets or SECRET), lambda: self.now)

    def has(self, *hooks: Hook) -> None:
        rows = [{"hook_id": e.hook_id, "type": e.type, "url": e.url, "status": e.status} for e in hooks]
        self.transport.answer("GET", "/hook/app/3001/", rows)

    def takes(self, method: str, path: str, data: Any = None) -> None:
        self.transport.answer(method, path, data, status=204 if data is None else 200)

    @property
    def calls(self) -> list[str]:
        return [f"{call.method} {call.path}" for call in self.transport.calls]


def test_missing_hooks_are_created_and_all_are_verified_afterwards() -> None:
    async def main() -> None:
        at = AtPodio()
        at.has(FOREIGN, Hook(2, "item.update", URL, "inactive"), Hook(3, "item.delete", URL, "active"))
        at.takes("POST", "/hook/app/3001/", {"hook_id": 4})
        at.takes("POST", "/hook/2/verify/request")
        at.takes("POST", "/hook/4/verify/request")
        hooks = await at.registered.ensure(
            "app", 3001, ["item.create", "item.update", "item.delete", "item.create"], MOUNT + "/"
        )
        assert [each.hook_id for each in hooks] == [2, 3, 4]
        assert at.calls == [
            *("GET /hook/app/3001/", "POST /hook/app/3001/", "POST /hook/2/verify/request"),
            "POST /hook/4/verify/request",
        ]
        assert json.loads(str(at.transport.calls[1].body)) == {"url": URL, "type": "item.create"}
        # Verification makes both active, without another list.
        for hook_id in (2, 4):
            at.takes("POST", f"/hook/{hook_id}/verify/validate")
            assert await at.registered.validate(hook_id, "code")
        before = len(at.calls)
        hooks = await at.registered.ensure("app", 3001, ["item.create", "item.update"], MOUNT)
        assert all(each.is_active for each in hooks)
        assert len(at.calls) == before
        # A minute later Podio is asked again, because somebody may have deleted them.
        at.now = LISTED
        at.has(Hook(2, "item.update", URL, "active"), Hook(4, "item.create", URL, "active"))
        await at.registered.ensure("app", 3001, ["item.create", "item.update"], MOUNT)
        assert at.calls[before:] == ["GET /hook/app/3001/"]

    asyncio.run(main())


class Eager(FakeTransport):
    """A Podio that verifies a hook before its creation is answered."""

    at: AtPodio

    async def perform(self, call: Request, timeout: float | None) -> Response:
        answer = await super().perform(call, timeout)
        if call.method == "POST" and call.path == "/hook/app/3001/":
            assert await self.at.registered.validate(4, "code")
        return answer


def test_a_hook_that_is_verified_while_it_is_created_is_not_verified_again() -> None:
    async def main() -> None:
        eager = Eager()
        eager.at = at = AtPodio(transport=eager)
        at.has()
        at.has(Hook(4, "item.create", URL, "inactive"))
        at.takes("POST", "/hook/app/3001/", {"hook_id": 4})
        at.takes("POST", "/hook/4/verify/validate")
        hooks = await at.registered.ensure("app", 3001, ["item.create"], MOUNT)
        assert hooks == [Hook(4, "item.create", URL, "active")]
        assert not any("request" in call for call in at.calls)

    asyncio.run(main())


def test_a_rotation_deletes_the_old_hook_when_the_new_one_is_active() -> None:
    async def main() -> None:
        at = AtPodio(SECRET, OTHER)
        old = Hook(1, "item.create", OLD_URL, "active")
        at.has(old)
        at.takes("POST", "/hook/app/3001/", {"hook_id": 2})
        at.takes("POST", "/hook/2/verify/request")
        hooks = await at.registered.ensure("app", 3001, ["item.create"], MOUNT)
        assert [each.hook_id for each in hooks] == [1, 2]
        at.has(old, Hook(2, "item.create", URL, "active"))
        at.takes("DELETE", "/hook/1")
        hooks = await at.registered.ensure("app", 3001, ["item.create"], MOUNT)
        assert [each.hook_id for each in hooks] == [2]
        assert at.transport.unused == []

    asyncio.run(main())


def test_the_limit_is_explained_before_anything_is_created() -> None:
    async def main() -> None:
        at = AtPodio()
        at.has(*(Hook(n, "item.create", f"https://example.org/{n}", "active") for n in range(LIMIT)))
        with pytest.raises(HookLimitReached, match=r"app 3001 has 10 hooks of type item\.create"):
            await at.registered.ensure("app", 3001, ["item.update", "item.create"], MOUNT)
        assert at.calls == ["GET /hook/app/3001/"]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("app", 3001, ["item.*"], MOUNT), "not a type of hooks"),
        (("app", 3001, ["hook.verify"], MOUNT), "not a type of hooks"),
        (("app", 3001, [5], MOUNT), "not a type of hooks"),
        (("item", 3001, ["item.create"], MOUNT), "belongs to one of app, space, app_field"),
        (("app", "3001/x", ["item.create"], MOUNT), "whole number"),
        (("app", True, ["item.create"], MOUNT), "whole number"),
        (("app", 3001, ["item.create"], MOUNT + "?a=1"), "Podio moves it into the body"),
    ],
)
def test_wrong_arguments_are_refused_before_any_call(arguments: Any, problem: str) -> None:
    at = AtPodio()
    with pytest.raises(ValueError, match=problem):
        asyncio.run(at.registered.ensure(*arguments))
    assert at.calls == []


def test_what_a_hook_belongs_to_may_be_a_member_of_an_enumeration() -> None:
    class Place(str, Enum):  # noqa: UP042 - a format of its members is their name
        APP = "app"

    class Number(int, Enum):
        TASKS = 3001

    at = AtPodio(transport=FakeTransport())
    at.has(Hook(2, "item.create", URL, "active"))
    place: Any = Place.APP
    asyncio.run(at.registered.ensure(place, Number.TASKS, ["item.create"], MOUNT))
    assert at.calls == ["GET /hook/app/3001/"]


def test_one_type_may_be_a_text() -> None:
    assert check_types("item.create") == ["item.create"]


def test_only_hooks_that_lead_here_are_validated() -> None:
    async def main() -> None:
        at = AtPodio()
        assert not await at.registered.validate(4, "code")
        assert at.calls == []
        at.registered.accept("app", 3001, MOUNT)
        at.has(FOREIGN, Hook(4, "item.create", URL, "inactive"))
        at.now = LISTED
        at.takes("POST", "/hook/4/verify/validate")
        assert await at.registered.validate(4, "code")
        assert json.loads(str(at.transport.calls[-1].body)) == {"code": "code"}
        at.has(FOREIGN)
        assert not await at.registered.validate(FOREIGN.hook_id, "code")
        assert at.calls == ["GET /hook/app/3001/", "POST /hook/4/verify/validate", "GET /hook/app/3001/"]

    asyncio.run(main())


class Busy(FakeTransport):
    """A Podio that takes its time to list hooks: meanwhile the program accepts those of one more app."""

    at: AtPodio

    async def perform(self, call: Request, timeout: float | None) -> Response:
        self.at.registered.accept("app", 3002 + len(self.calls), MOUNT)
        return await super().perform(call, timeout)


def test_apps_may_be_accepted_while_an_unknown_hook_is_looked_for() -> None:
    async def main() -> None:
        busy = Busy()
        busy.at = at = AtPodio(transport=busy)
        at.registered.accept("app", 3001, MOUNT)
        at.has()
        assert not await at.registered.is_ours(4)
        assert at.calls == ["GET /hook/app/3001/"]

    asyncio.run(main())


def test_unknown_hooks_cost_few_calls() -> None:
    assert (ASKED, LISTED) == (10, 60), "as SECURITY.md says"

    async def main() -> None:
        at = AtPodio()
        at.registered.accept("app", 3001, MOUNT)
        for _ in range(ASKED + 1):
            at.has()
        for hook_id in range(1000):
            assert not await at.registered.is_ours(hook_id)
            assert not await at.registered.is_ours(hook_id)
        assert len(at.calls) == ASKED
        at.now = LISTED
        assert not await at.registered.is_ours(1)
        assert len(at.calls) == ASKED + 1

    asyncio.run(main())


def test_a_deleted_hook_is_not_ours() -> None:
    async def main() -> None:
        at = AtPodio()
        at.registered.accept("app", 3001, MOUNT)
        at.has(Hook(4, "item.create", URL, "active"))
        assert await at.registered.is_ours(4)
        at.takes("DELETE", "/hook/4")
        await at.registered.remove(4)
        at.has()
        assert not await at.registered.is_ours(4)
        at.takes("POST", "/hook/4/verify/request")
        await at.registered.request_verification(4)
        at.has(Hook(4, "item.create", URL, "inactive"))
        assert await at.registered.is_ours(4)

    asyncio.run(main())


def test_a_plan_names_each_type_once() -> None:
    hooks = [Hook(1, "a.b", URL, "inactive"), Hook(2, "a.b", URL, "active"), FOREIGN]
    steps = plan(hooks, ["a.b", "c.d", "c.d"], [URL])
    assert (steps.create, steps.verify, steps.remove) == (["c.d"], [], [])
    assert plan(hooks[:1] * 2, ["a.b", "a.b"], [URL]).verify == hooks[:1]
    assert not plan([Hook(2, "a.b", URL, "active")], ["a.b"], [URL])


def test_repr_has_no_secret() -> None:
    hook = Hook(4, "item.create", URL, "active")
    assert SECRET not in repr(hook)
    assert hook.shown_url == f"{MOUNT}/wJ3k…"
