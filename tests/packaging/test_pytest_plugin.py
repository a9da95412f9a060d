"""The pytest plugin in projects of others: those that use it, and those that only have podio-web installed."""

from pathlib import Path
from textwrap import dedent

import pytest

from tests.packaging.environments import Environment, find_pythons

PLUGIN = "podio_web.testing.plugin"
NEWEST = list(find_pythons().values())[-1]

SETTINGS = """
    [pytest]
    addopts = --strict-markers --strict-config
    filterwarnings = error
    asyncio_mode = auto
    asyncio_default_fixture_loop_scope = function
"""
# What has nothing to do with podio-web, and uses what many projects use.
STRANGER = """
    import asyncio
    import sys

    import pytest

    HEAVY = ("starlette", "uvicorn", "playwright", "httpx2", "itsdangerous", "redis", "http.client", "sqlite3")
    LOADED = [name for name in HEAVY if name in sys.modules]

    def test_the_plugin_is_there_and_has_loaded_nothing_heavy(pytestconfig):
        assert pytestconfig.pluginmanager.has_plugin("podio_web.testing.plugin")
        assert LOADED == []

    async def test_asyncio():
        await asyncio.sleep(0)

    @pytest.fixture
    def anyio_backend():
        return "asyncio"

    @pytest.mark.anyio
    async def test_anyio(anyio_backend):
        await asyncio.sleep(0)
"""
# Each worker of pytest-xdist has a sandbox of its own.
USER = """
    import pytest

    from podio_web import SyncPodio

    @pytest.mark.parametrize("number", range(4))
    def test_status(podio_sandbox, podio_client_id, number):
        podio = SyncPodio("client", podio_client_id, api_url=podio_sandbox.url)
        podio.set_access_token(podio_sandbox.issue_token())
        assert podio.get("/user/status")["profile"]["name"] == "Demo Person"

    async def test_with_await(podio_sandbox):
        from podio_web import Podio
        from podio_web.testing import FakeTransport

        transport = FakeTransport()
        transport.answer("GET", "/user/status", {"user": {"user_id": 1001}})
        async with Podio("client", "my-app", transport=transport) as podio:
            podio.set_access_token(podio_sandbox.issue_token())
            assert (await podio.get("/user/status"))["user"]["user_id"] == 1001
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """podio-web without an extra, and what many projects test with."""
    environment = Environment(tmp_path_factory.mktemp("strangers") / "environment", NEWEST)
    environment.install(wheel, "pytest", "pytest-xdist", "pytest-asyncio", "anyio")
    write(environment, STRANGER)
    return environment


@pytest.fixture(scope="module")
def testing_environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Environment:
    """podio-web with its testing extra, and the same."""
    environment = Environment(tmp_path_factory.mktemp("users") / "environment", NEWEST)
    environment.install(f"{wheel}[testing]", "pytest-xdist", "pytest-asyncio", "anyio")
    write(environment, USER)
    return environment


def write(environment: Environment, tests: str) -> None:
    (environment.folder / "pytest.ini").write_text(dedent(SETTINGS), encoding="utf-8")
    (environment.folder / "test_project.py").write_text(dedent(tests), encoding="utf-8")


def outcome(environment: Environment, *options: str) -> str:
    ran = environment.run("pytest", "-q", "test_project.py", *options)
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("-p", PLUGIN), ("-p", PLUGIN, "-n", "2")])
def test_a_project_that_does_not_use_it_notices_nothing(environment: Environment, options: tuple[str, ...]) -> None:
    told = outcome(environment, *options)
    assert "3 passed" in told, told
    assert "warning" not in told


@pytest.mark.parametrize("question", ["--help", "--markers"])
def test_it_adds_no_option_and_no_marker(environment: Environment, question: str) -> None:
    told = environment.run("pytest", question).stdout
    assert told
    assert told == environment.run("pytest", question, "-p", f"no:{PLUGIN}").stdout


def test_its_fixtures_all_begin_with_its_name(environment: Environment) -> None:
    def fixtures(*options: str) -> set[str]:
        lines = environment.run("pytest", "--fixtures", "-q", *options).stdout.splitlines()
        return {line.split()[0] for line in lines if line and line[0].isalpha() and " -- " in line}

    added = fixtures() - fixtures("-p", f"no:{PLUGIN}")
    assert {"podio_sandbox", "podio_signed_in_page"} <= added
    assert all(name.startswith("podio_") for name in added)


def test_without_the_extra_a_fixture_says_how_to_get_it(environment: Environment) -> None:
    (environment.folder / "test_more.py").write_text("def test_it(podio_sandbox):\n    pass\n", encoding="utf-8")
    ran = environment.run("pytest", "-q", "test_more.py")
    assert "is not installed, which podio_sandbox needs: pip install 'podio-web[testing]'" in ran.stdout


# pytest 9 warns about a fixture of pytest-playwright.
QUIET = ("-W", "ignore:Session-scoped fixtures defined as instance methods")


@pytest.mark.parametrize("options", [QUIET, (*QUIET, "-n", "2")])
def test_a_project_that_uses_it_has_a_sandbox(testing_environment: Environment, options: tuple[str, ...]) -> None:
    assert "5 passed" in (told := outcome(testing_environment, *options)), told
