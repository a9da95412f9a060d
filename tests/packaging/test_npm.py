"""The npm package: what is in it, its types, and how it is installed, copied and published."""

import base64
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import artifacts
import pytest

import podio_web
from tests.conftest import ROOT
from tests.npm_registry import Registry, pack

MODULES = ROOT / "node_modules"
# Files that npm adds or that only npm reads.
NOT_LOADED = {"LICENSE", "README.md", "package.json", "index.js", "index.d.ts", "copy.js", "integrity.json"}


@pytest.fixture(scope="module")
def package() -> Path:
    artifacts.build_npm(ROOT)
    return ROOT / artifacts.NPM


@pytest.fixture(scope="module")
def metadata(package: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((package / "package.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def tarball(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack(package, tmp_path_factory.mktemp("packed"))


@pytest.fixture(scope="module")
def registry(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with Registry(tmp_path_factory.mktemp("npm"), tarball) as registry:
        yield registry


@pytest.fixture(scope="module")
def installed(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder after ``npm install podio-web``."""
    folder = tmp_path_factory.mktemp("installed")
    registry.run("npm install podio-web", folder)
    return folder


def run_node(script: Path, *arguments: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["node", script, *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_tarball_is_at_most_a_megabyte(tarball: Path) -> None:
    assert tarball.stat().st_size <= 1_000_000


def test_publint_has_nothing_to_say(package: Path) -> None:
    ran = run_node(MODULES / "publint" / "src" / "cli.js", "run", package, "--strict", cwd=package)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "All good!" in ran.stdout


def test_the_types_resolve_for_every_import(tarball: Path, tmp_path: Path) -> None:
    attw = MODULES / "@arethetypeswrong" / "cli" / "dist" / "index.js"
    ran = run_node(attw, "--profile", "esm-only", "--format", "json", tarball, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
    resolutions = json.loads(ran.stdout)["analysis"]["entrypoints"]["."]["resolutions"]
    for kind in ("node16-esm", "bundler"):
        assert resolutions[kind]["resolution"]["fileName"].endswith("/index.d.ts")


@pytest.mark.parametrize(("module", "resolution"), [("node16", "node16"), ("esnext", "bundler")])
def test_typescript_knows_the_client(installed: Path, tmp_path: Path, module: str, resolution: str) -> None:
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(installed / "node_modules")
    program = tmp_path / "app.ts"
    program.write_text(
        'import { loadPodio, version, type Podio, type PodioToken } from "podio-web";\n'
        'const podio: Podio = await loadPodio({ clientId: "my-app", base: "/podio-web/" });\n'
        'const me = await podio.get<{ profile: { name: string } }>("/user/status");\n'
        "const name: string = me.profile.name + version;\n"
        "const token: PodioToken | null = podio.token;\n"
        "const same: typeof podio = await window.podioWeb.ready;\n"
        "export { name, token, same };\n"
        "// @ts-expect-error There is no such option.\n"
        'loadPodio({ client: "my-app" });\n',
        encoding="utf-8",
    )
    options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", module]
    tsc = MODULES / "typescript" / "bin" / "tsc"
    ran = run_node(tsc, *options, "--moduleResolution", resolution, "app.ts", cwd=tmp_path)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_package_is_the_built_script_tag_and_little_else(package: Path, installed: Path) -> None:
    copy = installed / "node_modules" / "podio-web"
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    manifest = json.loads((package / "podio-web.manifest.json").read_text(encoding="utf-8"))
    assert names == {*manifest["files"], "podio-web.manifest.json", "_headers", *NOT_LOADED}
    assert {"podio-web.js", "podio-web.d.ts", "fast-pyodide.mjs", "callback.html"} <= names
    assert (copy / "callback.html").read_bytes() == (ROOT / "static" / "callback.html").read_bytes()
    # MicroPython comes with the package, Pyodide from the CDN.
    assert not manifest["micropython"]["started"]["url"].startswith("https:")
    assert manifest["pyodide"]["module"]["url"].startswith("https:")
    assert manifest["pyodide"]["snapshot"] is None


def test_the_hashes_are_those_of_the_scripts(package: Path, metadata: dict[str, Any]) -> None:
    hashes = json.loads((package / "integrity.json").read_text(encoding="utf-8"))
    assert set(hashes) == {"podio-web.js", "fast-pyodide.mjs"}
    for name, value in hashes.items():
        digest = hashlib.sha384((package / name).read_bytes()).digest()
        assert value == f"sha384-{base64.b64encode(digest).decode()}"
    readme = (package / "README.md").read_text(encoding="utf-8")
    assert f'integrity="{hashes["podio-web.js"]}"' in readme
    assert f"podio-web@{metadata['version']}/podio-web.js" in readme
    assert re.search(r"\{\w+\}", readme.replace("{me.profile.name}", "")) is None
    assert metadata["version"] == podio_web.__version__


def test_the_address_of_the_cdn_in_the_docs_has_this_version() -> None:
    named = re.findall(r"npm/podio-web@([\d.]+)/", (ROOT / "docs" / "script-tag.md").read_text(encoding="utf-8"))
    assert named
    assert set(named) == {podio_web.__version__}


def test_npm_asks_for_nothing_else(registry: Registry, installed: Path) -> None:
    assert installed.is_dir()
    assert set(registry.asked) == set(registry.answers())


def test_a_server_may_import_it(installed: Path) -> None:
    program = (
        'import { loadPodio, version } from "podio-web";'
        "const error = await loadPodio({ clientId: 'my-app' }).catch((error) => error);"
        "console.log(version, error.name, error.code)"
    )
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", program], cwd=installed, capture_output=True, text=True, check=False
    )
    assert (ran.stderr, ran.stdout) == ("", f"{podio_web.__version__} LoadError no_page\n")


def test_publishing_would_succeed(package: Path, tmp_path: Path) -> None:
    with Registry(tmp_path) as empty:
        # npm wants to be signed in, although it sends nothing.
        host = empty.url.removeprefix("http:")
        (tmp_path / ".npmrc").write_text(f"{host}/:_authToken=made-up\n", encoding="utf-8")
        told = json.loads(empty.run(f"npm publish --dry-run --json '{package.resolve()}'", tmp_path))
        assert set(empty.asked) == {"/podio-web"}
    told = told.get("podio-web", told)  # npm 11 names it
    assert told["id"] == f"podio-web@{podio_web.__version__}"
    assert {"index.js", "index.d.ts", "podio-web.js", "callback.html"} <= {each["path"] for each in told["files"]}


# --- podio-web-copy ---


def copy_to(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = folder / "node_modules" / ".bin" / "podio-web-copy"
    return subprocess.run([command, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def app(installed: Path, tmp_path: Path) -> Path:
    (tmp_path / "node_modules").symlink_to(installed / "node_modules")
    return tmp_path


def test_the_copy_is_the_site_of_the_package(package: Path, app: Path) -> None:
    ran = copy_to(app, "public/podio-web")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    target = app / "public" / "podio-web"
    names = {path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()} - NOT_LOADED
    assert {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()} == names
    assert all((target / name).read_bytes() == (package / name).read_bytes() for name in names)


def test_a_second_copy_removes_what_the_first_one_left(app: Path) -> None:
    target = app / "podio-web"
    assert copy_to(app, "podio-web").returncode == 0
    before = {path.name for path in (target / "assets").iterdir()}
    path = target / "podio-web.manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    # An earlier version had other files. Names outside of its folder are nobody's.
    manifest["files"] |= {"assets/old-0123456789.mjs": {}, "../kept.txt": {}, "assets/../../kept.txt": {}}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    (target / "assets" / "old-0123456789.mjs").touch()
    for kept in (target / "assets" / "mine.mjs", app / "kept.txt"):
        kept.touch()
    assert copy_to(app, "podio-web").returncode == 0
    assert {path.name for path in (target / "assets").iterdir()} == {*before, "mine.mjs"}
    assert (app / "kept.txt").is_file()


def test_a_folder_of_others_is_left_alone(app: Path) -> None:
    (app / "public").mkdir()
    (app / "public" / "index.html").write_text("mine", encoding="utf-8")
    ran = copy_to(app, "public")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "public has files that are not of podio-web. Name another folder, such as public/podio-web.\n"
    assert [path.name for path in (app / "public").iterdir()] == ["index.html"]


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--help",)])
def test_the_command_says_how_it_is_used(app: Path, arguments: tuple[str, ...]) -> None:
    ran = copy_to(app, *arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "Usage: podio-web-copy DIR, such as: podio-web-copy public/podio-web\n"
