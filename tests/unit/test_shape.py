"""The shape of the code: how far a request travels, what constructors take, and where private names are used."""

import ast
import asyncio
import sys
from pathlib import Path
from types import FrameType

import pytest

import podio_web
from podio_web import Podio
from podio_web.runtime.cpython import CPythonRuntime
from podio_web.testing import FakeTransport

PACKAGE = Path(podio_web.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


class PageLike(CPythonRuntime):
    """A runtime whose timers outlive an event loop, as in a page."""

    timers_last = True


def modules_of_a_get() -> list[str]:
    """Return the modules whose functions a request enters, one after the other, when the session is good."""
    entered: list[str] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            name = path.relative_to(PACKAGE).as_posix()
            if entered[-1:] != [name]:
                entered.append(name)

    async def main() -> None:
        transport = FakeTransport()
        transport.answer("GET", "/user/status", {}, times=None)
        podio = Podio("client", "my-app", transport=transport, runtime=PageLike())
        podio.set_access_token({"access_token": "abcdef", "expires_in": 3600})
        await podio.get("/user/status")
        sys.setprofile(note)
        try:
            await podio.get("/user/status")
        finally:
            sys.setprofile(None)

    asyncio.run(main())
    return entered


def test_a_get_passes_few_modules() -> None:
    entered = modules_of_a_get()
    assert entered[0] == "client.py"
    assert len(set(entered)) <= 8, entered
    assert len(entered) - 1 <= 16, entered


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_constructor_takes_more_than_five_positional_arguments(path: Path) -> None:
    too_many = [
        f"{owner.name}: {len(method.args.posonlyargs) + len(method.args.args) - 1}"
        for owner in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(owner, ast.ClassDef)
        for method in owner.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__"
        if len(method.args.posonlyargs) + len(method.args.args) - 1 > 5
    ]
    assert not too_many
