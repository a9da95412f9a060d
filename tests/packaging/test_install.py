"""Each way of installing the package, in a clean environment of the oldest Python and of the newest."""

from pathlib import Path

import pytest

import podio_web
from tests.conftest import ROOT
from tests.packaging.environments import Environment, find_pythons

PYTHONS = find_pythons()

# A script without any other package.
ALONE = """
from podio_web import FileStore, SyncPodio
podio = SyncPodio("app", "my-app", "hush", session_store=FileStore("session.json"))
print(podio.is_authenticated())
"""
# A person who signs in at the sandbox and asks who they are.
SIGNED_IN = """
from podio_web import SyncPodio
from podio_web.sandbox import Sandbox
with Sandbox() as sandbox:
    podio = SyncPodio("password", "demo-client", "demo-secret", api_url=sandbox.url)
    podio.authenticate_with_credentials("demo@example.com", "demo")
    print(podio.get("/user/status")["profile"]["name"])
"""
# By extra: what is run, and what it prints.
USES = {
    "server": (
        "import asyncio\n"
        "from podio_web import Podio\n"
        "from podio_web.web.asgi import PodioSignIn\n"
        "from podio_web.transports.httpx import HttpxTransport\n"
        "async def main():\n"
        "    async with Podio('app', 'my-app', 'hush', transport=HttpxTransport()) as podio:\n"
        "        print(await podio.is_authenticated())\n"
        "asyncio.run(main())",
        "False",
    ),
    "redis": (
        "from podio_web import RedisStore\nprint(type(RedisStore('redis://localhost:6379')).__name__)",
        "RedisStore",
    ),
    "build": (
        "from podio_web.site_builder.micropython.bytecode import compiled\nprint(compiled('a.py', 'x = 1')[:1])",
        "b'M'",
    ),
    "assets": (
        "from podio_web.site_builder.prebuilt import find_prebuilt\n"
        "print(sorted(find_prebuilt().interpreter('micropython'))[:2])",
        "['micropython/micropython.mjs', 'micropython/micropython.wasm']",
    ),
    "sandbox": (SIGNED_IN, "Demo Person"),
    "testing": (SIGNED_IN, "Demo Person"),
}


@pytest.fixture(params=list(PYTHONS.values()), ids=list(PYTHONS))
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Environment:
    return Environment(tmp_path / "environment", request.param)


def assert_works(environment: Environment) -> None:
    """Check what everybody has: the command, the package, and the files that it copies."""
    version = environment.run("podio-web", "--version")
    assert (version.stdout, version.stderr) == (f"podio-web {podio_web.__version__}\n", "")
    assert environment.evaluate(ALONE) == "False"
    assert environment.run("podio-web", "assets", "site").stderr == ""
    copied = environment.folder / "site" / "static" / "callback.html"
    assert copied.read_bytes() == (ROOT / "static" / "callback.html").read_bytes()


def test_a_checkout_is_installed(environment: Environment) -> None:
    environment.install(ROOT)
    assert environment.names() == {"podio-web"}
    assert str(environment.folder) in environment.evaluate("import podio_web; print(podio_web.__file__)")
    assert_works(environment)


def test_a_checkout_is_installed_to_work_on_it(environment: Environment) -> None:
    environment.install("--editable", ROOT)
    assert environment.names() == {"podio-web"}
    assert environment.evaluate("import podio_web; print(podio_web.__file__)") == str(
        ROOT / "podio_web" / "__init__.py"
    )
    assert_works(environment)


def test_the_wheel_alone_says_what_the_rest_needs(environment: Environment, wheel: Path) -> None:
    environment.install(wheel)
    assert environment.names() == {"podio-web"}
    assert_works(environment)
    refused = environment.run("podio-web", "sandbox")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "starlette is not installed. Run: pip install 'podio-web[sandbox]'" in refused.stderr
    asked = environment.run("python", "-c", "from podio_web.sandbox import Sandbox")
    assert "is not installed, which the sandbox needs: pip install 'podio-web[sandbox]'" in asked.stderr
    built = environment.run("podio-web", "build", "site2", "--from-cdn", "--no-snapshot")
    assert (built.returncode, built.stderr) == (0, "")
    assert "pip install 'podio-web[build]'" in built.stdout


@pytest.mark.parametrize("extra", USES)
def test_an_extra_brings_what_it_is_for(environment: Environment, wheel: Path, assets: Path, extra: str) -> None:
    environment.install("--find-links", assets, f"{wheel}[{extra}]")
    code, printed = USES[extra]
    assert environment.evaluate(code) == printed


def test_both_ends_of_what_is_supported_are_tested() -> None:
    assert next(iter(PYTHONS)) == "3.11"
