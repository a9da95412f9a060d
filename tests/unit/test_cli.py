"""The ``podio-web`` command."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

import podio_web
from podio_web import cli
from podio_web.command_support import exit_status
from podio_web.site_builder.interpreters import PYODIDE, PYSCRIPT
from podio_web.site_builder.page_archive import archive_name, page_archive
from podio_web.site_builder.page_modules import OPTIONAL_PARTS
from tests.examples_support import free_port
from tests.npm_copy import NpmCopy
from tests.platforms import needs_posix

ROOT = Path(podio_web.__file__).parent.parent
SIGNED_IN = {
    "PODIO_CLIENT_ID": "demo-client",
    "PODIO_CLIENT_SECRET": "demo-secret",
    "PODIO_USERNAME": "demo@example.com",
    "PODIO_PASSWORD": "demo",
}


def test_importing_the_command_line_imports_no_web_framework():
    code = "import sys, podio_web.cli; print({'starlette', 'uvicorn', 'sqlite3'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"


def test_what_installs_an_extra_works_in_every_shell():
    # Brackets without quotes are a pattern of file names. zsh, the shell of macOS, refuses one that fits no file.
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "podio_web").rglob("*.py")}
    assert any("pip install 'podio-web[" in text for text in texts.values())
    assert not [path for path, text in texts.items() if re.search(r"install (-\S+ )*podio-web\[", text)]


def test_python_runs_the_command_by_the_package_s_name():
    ran = subprocess.run([sys.executable, "-m", "podio_web", "--version"], cwd=ROOT, capture_output=True, check=True)
    assert ran.stdout.decode().strip() == f"podio-web {podio_web.__version__}"


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == f"podio-web {podio_web.__version__}"


@pytest.mark.parametrize(
    ("arguments", "explanation"),
    [
        ([], "required"),
        (["dance"], "invalid choice"),
        (["sandbox", "--port", "70000"], "'70000' is not a port"),
        (["sandbox", "--port", "-1"], "'-1' is not a port"),
        (["demo", "--sandbox-port", "web"], "'web' is not a port"),
        (["sandbox", "--port", "²"], "'²' is not a port"),
        (["sandbox", "--port", "٣"], "'٣' is not a port"),
        (["serve", "site", "--port", "9" * 5000], "9' is not a port"),
        (["model", "9" * 5000], "9' is not the ID of an app"),
        (["model", "0"], "'0' is not the ID of an app"),
        (["hooks", "3001", "--verify", "9" * 5000], "9' is not the ID of a hook"),
        (["demo", "--api-url", "api.podio.com"], "--api-url: the URL must start with https://"),
        (["demo", "--api-url", "https://api.podio.com/oauth"], "without path, query or user name"),
        (["build", "site", "--api-url", "http://api.podio.com"], "the URL must use https"),
        (["build", "site", "--base", "podio-web"], "argument --base: it must be a path such as /podio-web"),
        (["assets"], "DIR"),
        (["assets", ""], "the name is empty. Name a folder; the current one is ."),
        (["build", ""], "the name is empty"),
        (["new", ""], "the name is empty"),
        (["serve", ""], "the name is empty"),
    ],
)
def test_wrong_usage_is_explained(capsys, arguments, explanation):
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert explanation in capsys.readouterr().err


def test_a_refused_url_is_not_repeated_because_it_may_have_a_password(capsys):
    with pytest.raises(SystemExit):
        cli.main(["build", "site", "--api-url", "https://user:hunter2@api.podio.com"])
    told = capsys.readouterr().err
    assert "--api-url: the URL must be scheme://host[:port] without path, query or user name" in told
    assert "hunter2" not in told


def test_assets_are_copied_where_the_client_looks_for_them(tmp_path, capsys):
    folder = tmp_path / "new" / "site"
    for _ in ("first", "again"):
        assert cli.main(["assets", str(folder)]) == 0
    archive, page = folder / archive_name(), folder / "static" / "callback.html"
    parts = {part: folder / archive_name(part=part) for part in OPTIONAL_PARTS}
    assert archive.read_bytes() == page_archive()
    for part, file in parts.items():
        assert file.read_bytes() == page_archive(part=part)
    assert page.read_bytes() == (ROOT / "static" / "callback.html").read_bytes()
    assert capsys.readouterr().out.splitlines() == [str(archive), *map(str, parts.values()), str(page)] * 2


@pytest.mark.parametrize(
    ("interpreter", "files"), [("pyodide", ["pyodide.mjs"]), ("micropython", ["micropython.mjs", "micropython.wasm"])]
)
def test_with_an_interpreter_assets_are_all_that_a_page_needs(tmp_path, interpreter, files):
    npm = NpmCopy(tmp_path)
    arguments = ["assets", str(tmp_path / "site"), "--interpreter", interpreter]
    assert cli.main([*arguments, "--node-modules", str(npm.folder)]) == 0
    for name in (archive_name(), "static/callback.html", "pyscript/core.js", "pyscript/core.css"):
        assert (tmp_path / "site" / name).is_file()
    assert {*files} <= {path.name for path in (tmp_path / "site" / interpreter).iterdir()}


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["pyodide"], "does not have pyodide."),
        (["@pyscript"], "does not have @pyscript/core."),
        (["pyodide", "@pyscript"], "does not have pyodide and @pyscript/core."),
    ],
)
def test_the_commands_that_get_an_interpreter_are_named(tmp_path, capsys, missing, told):
    npm = NpmCopy(tmp_path)
    for name in missing:
        shutil.rmtree(npm.folder / name)
    arguments = ["assets", str(tmp_path / "my site"), "--interpreter", "pyodide", "--node-modules", str(npm.folder)]
    assert cli.main(arguments) == 1
    lines = capsys.readouterr().err.splitlines()
    assert told in lines[0]
    assert lines[1:] == [
        "  npm init --yes",
        f"  npm install pyodide@{PYODIDE.version} @pyscript/core@{PYSCRIPT.version}",
        f"  podio-web assets '{tmp_path / 'my site'}' --interpreter pyodide",
    ]
    assert not (tmp_path / "my site").exists()


@pytest.mark.parametrize(
    "options",
    [
        "--base /my-app/",
        "--from-cdn",
        "--no-snapshot --api-url https://podio.example:8443",
    ],
)
def test_the_commands_that_get_the_packages_of_a_build_end_with_the_build(tmp_path, capsys, options):
    arguments = ["build", str(tmp_path / "my site"), "--base", "/", *options.split()]
    assert cli.main([*arguments, "--node-modules", str(tmp_path)]) == 1
    _, init, install, again = capsys.readouterr().err.splitlines()
    assert init == "  npm init --yes"
    assert install.startswith(f"  npm install pyodide@{PYODIDE.version} ")
    program, *told = shlex.split(again)
    assert program == "podio-web"
    parsed, wanted = (vars(cli.build_parser().parse_args(each)) for each in (told, arguments))
    assert parsed == wanted


def test_an_interpreter_of_another_version_is_refused(tmp_path, capsys):
    npm = NpmCopy(tmp_path)
    npm.change(npm.folder / "pyodide" / "package.json", '{"version": "0.1"}')
    arguments = ["assets", str(tmp_path / "site"), "--interpreter", "pyodide", "--node-modules", str(npm.folder)]
    assert cli.main(arguments) == 1
    assert f"run `npm install pyodide@{PYODIDE.version}`" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_assets_that_cannot_be_written_are_an_explained_failure(tmp_path, capsys):
    (tmp_path / "static").write_text("a file where the folder should be")
    assert cli.main(["assets", str(tmp_path)]) == 1
    assert f"  {tmp_path / 'static'}: not a folder\n" in capsys.readouterr().err
    assert cli.main(["assets", str(tmp_path / "static" / "below")]) == 1
    assert capsys.readouterr().err.startswith(f"podio-web: cannot write {tmp_path / 'static' / 'below'}: ")


@pytest.mark.parametrize(("command", "option"), [("sandbox", "--port"), ("demo", "--port"), ("demo", "--sandbox-port")])
def test_a_port_in_use_is_named_with_the_option_to_change_it(capsys, command, option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        other = [] if option == "--port" else ["--port", "0"]
        assert cli.main([command, option, str(port), *other]) == 1
    message = capsys.readouterr().err
    assert f"port {port} on " in message
    assert f"is in use. Choose another one with {option}" in message


@pytest.mark.parametrize("arguments", [["demo"], ["serve", str(ROOT)]])
def test_a_page_and_its_sandbox_cannot_have_one_port(capsys, arguments):
    port = str(free_port())
    assert cli.main([*arguments, "--port", port, "--sandbox-port", port]) == 1
    assert f"--port and --sandbox-port are both {port}. Choose another one" in capsys.readouterr().err


def test_an_address_that_is_not_this_machine_is_explained(capsys):
    # 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
    assert cli.main(["sandbox", "--host", "192.0.2.1"]) == 1
    message = capsys.readouterr().err
    assert "192.0.2.1 is not an address of this machine (" in message
    assert message.endswith("). Choose another one with --host.\n")


@pytest.mark.parametrize("host", ["nowhere.invalid", "", "a..b", "a" * 70])
def test_a_host_that_nobody_knows_is_explained(capsys, host):
    assert cli.main(["sandbox", "--host", host]) == 1
    message = capsys.readouterr().err
    assert f"{host} is not an address of this machine (" in message
    assert message.endswith("). Choose another one with --host.\n")


def test_a_port_is_tried_on_the_address_that_the_server_takes(capsys, monkeypatch):
    known = socket.getaddrinfo

    def ipv6_first(host, port, family=0, *rest, **more):
        return known("127.0.0.1" if family else "::1", port, family, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", ipv6_first)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", str(ROOT), "--port", str(port)]) == 1
    assert f"port {port} on localhost is in use. Choose another one with --port." in capsys.readouterr().err


def test_the_real_podio_needs_a_client_id(capsys):
    assert cli.main(["demo", "--api-url", "https://api.podio.com"]) == 1
    assert "--client-id" in capsys.readouterr().err


def test_a_data_file_that_cannot_be_used_is_explained(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("Dear reader, this is no database.")
    for data, said in (
        (tmp_path / "letter.txt", f"{tmp_path / 'letter.txt'} is not a SQLite database"),
        (tmp_path / "absent" / "data.sqlite", f"cannot open {tmp_path / 'absent' / 'data.sqlite'}: "),
        (tmp_path, f"cannot open {tmp_path}: "),
    ):
        assert cli.main(["sandbox", "--port", "0", "--data", str(data)]) == 1
        message = capsys.readouterr().err
        assert f"podio-web: the sandbox cannot start: {said}" in message
        assert ". Choose " in message


def test_a_missing_extra_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for command in ("sandbox", "demo"):
        assert cli.main([command]) == 1
        assert "uvicorn is not installed. Run: pip install 'podio-web[sandbox]'" in capsys.readouterr().err


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package in a folder that is not a checkout."""
    site_packages = tmp_path_factory.mktemp("site-packages")
    shutil.copytree(
        Path(podio_web.__file__).parent, site_packages / "podio_web", ignore=shutil.ignore_patterns("__pycache__")
    )
    return site_packages


def command(installed: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """Return the arguments and the environment that run the installed command."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONUNBUFFERED": "1"}
    return [sys.executable, "-m", "podio_web.cli", *arguments], environment


def test_the_demo_outside_a_checkout_says_where_to_run_it(installed, tmp_path):
    demo, environment = command(installed, "demo", "--port", "0", "--sandbox-port", "0")
    ran = subprocess.run(demo, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert f"{tmp_path} has no index.html. Run this command in a checkout" in ran.stderr


@pytest.fixture
def checkout(tmp_path):
    """As little of a checkout as the demo site accepts."""
    for folder in (
        "@pyscript/core/dist",
        "pyodide",
        "@micropython/micropython-webassembly-pyscript",
        "@picocss/pico/css",
    ):
        (tmp_path / "node_modules" / folder).mkdir(parents=True)
    for file in ("index.html", "static/callback.html"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("here")
    return tmp_path


class Running:
    """The command in a process of its own; its first lines are read by the test."""

    def __init__(self, folder: Path, arguments: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            arguments,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            # A shell's background job, such as a CI's, ignores Ctrl+C, and so would everything that it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def read_address(self, label: str) -> str:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        for line in self.process.stdout:
            if line.startswith(label):
                return line.split()[1]
        raise AssertionError(f"no line {label!r}; errors: {self.process.stderr.read()}")

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@pytest.fixture
def start(checkout, installed):
    started = []

    def run(*arguments, **variables):
        executed, environment = command(installed, *arguments)
        started.append(Running(checkout, executed, environment | variables))
        return started[-1]

    yield run
    for running in started:
        running.process.kill()
        running.process.communicate()


@needs_posix("signals that a process can send to another")
def test_ctrl_c_is_no_success(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        model = start("model", "3001", "--api-url", f"http://127.0.0.1:{silent.getsockname()[1]}", **SIGNED_IN)
        with silent.accept()[0]:
            assert model.end(signal.SIGINT) == (130, "\n")


@needs_posix("a pipe that nobody reads is another error on Windows")
@pytest.mark.parametrize("is_buffered", [False, True])
@pytest.mark.parametrize("arguments", ["assets site", "sandbox --port 0"])
def test_output_that_nobody_reads_any_more_ends_the_command_quietly(tmp_path, arguments, is_buffered):
    unread, environment = command(ROOT, *arguments.split())
    environment["PYTHONUNBUFFERED"] = "" if is_buffered else "1"
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(unread, cwd=tmp_path, env=environment, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, b"")
    assert (tmp_path / "site" / archive_name()).exists() == (arguments == "assets site")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("is_buffered", [False, True])
@pytest.mark.parametrize("arguments", ["assets site", "new app --kind script", "sandbox --port 0"])
def test_output_that_cannot_be_written_is_an_explained_failure(tmp_path, arguments, is_buffered):
    full, environment = command(ROOT, *arguments.split())
    environment["PYTHONUNBUFFERED"] = "" if is_buffered else "1"
    with Path("/dev/full").open("w") as output:
        ran = subprocess.run(
            full, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.stderr == "podio-web: No space left on device\n"
    assert ran.returncode == 1


def test_a_file_that_a_command_did_not_expect_is_named(tmp_path, capsys):
    assert exit_status(lambda: (tmp_path / "absent").read_text() and None, failed=2) == 2
    assert capsys.readouterr().err == f"podio-web: cannot use {tmp_path / 'absent'}: No such file or directory\n"


def test_a_path_that_the_output_cannot_spell_is_no_failure(tmp_path):
    build, environment = command(ROOT, "build", "日本", "--base", "/podio-web", "--from-cdn", "--no-snapshot")
    environment["PYTHONIOENCODING"] = "latin-1"
    ran = subprocess.run(build, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"\\u65e5\\u672c: " in ran.stdout
    assert b'data-client-id="\\u2026"' in ran.stdout


@needs_posix("signals that a process can send to another")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_serves_the_page_and_its_sandbox_until_it_is_stopped(start, number):
    demo = start("demo", "--port", "0", "--sandbox-port", "0")
    page = demo.read_address("Demo:")
    sandbox = demo.read_address("Podio:")
    with urllib.request.urlopen(page + "config.json") as answer:
        config = json.load(answer)
    assert config["client_id"] == "demo-client"
    assert config["api_url"] == sandbox
    with urllib.request.urlopen(config["control"] + "/settings") as answer:
        assert json.load(answer)["consent"] == "ask"
    assert demo.end(number) == (0, "")


@needs_posix("signals that a process can send to another")
def test_the_demo_can_talk_to_another_podio(start):
    demo = start("demo", "--port", "0", "--client-id", "mine", "--api-url", "https://api.podio.com/")
    with urllib.request.urlopen(demo.read_address("Demo:") + "config.json") as answer:
        config = json.load(answer)
    assert config["client_id"] == "mine"
    assert config["api_url"] == "https://api.podio.com"
    assert config["control"] is None
    assert demo.end(signal.SIGTERM) == (0, "")
