"""`podio-web build`: what is in the folder, under which names, and what is said when something is missing."""

import base64
import hashlib
import json
import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import npm_files
import pytest

import podio_web
from podio_web import site_builder
from podio_web.site_builder import BuildError, build_site
from podio_web.site_builder.hashes import integrity
from podio_web.site_builder.headers import read_headers_file
from podio_web.site_builder.interpreters import BINARYEN, MICROPYTHON, PYODIDE, PYSCRIPT, TERSER
from podio_web.site_builder.page_archive import archive_name
from podio_web.site_builder.page_modules import OPTIONAL_PARTS
from podio_web.site_builder.record import MANIFEST
from podio_web.site_builder.scripts import as_it_is
from podio_web.site_builder.site import NodeSteps
from tests.conftest import ROOT
from tests.npm_copy import NpmCopy

WHEEL = f"podio_web-{podio_web.__version__}-py3-none-any.whl"
PART_WHEELS = {archive_name(part=part) for part in OPTIONAL_PARTS}


@pytest.fixture
def npm(tmp_path: Path) -> NpmCopy:
    return NpmCopy(tmp_path)


@pytest.fixture
def node_modules(npm: NpmCopy) -> Path:
    return npm.folder


WITHOUT_NODE = NodeSteps(
    minifier=lambda node_modules: as_it_is,
    make_snapshot=lambda node_modules, sources: b"memory" * 1000,
    started_micropython=lambda node_modules, sources: json.dumps(list(sources)).encode(),
    pyodide_bytecode=lambda node_modules, sources: {f"{path}c": b"" for path in sources},
)
"""Everything that node makes is made up."""


def minified_otherwise(name: str, text: str, checks: Sequence[str] = ()) -> str:
    return f"{text}\n// minified"


def built(tmp_path: Path, node_modules: Path, **options):
    target = tmp_path / "site"
    return target, build_site(target, node_modules=node_modules, snapshot=False, **options)


def files_of(target: Path, name: str):
    """What a loader was told."""
    text = (target / name).read_text(encoding="utf-8")
    found = re.search(r"^ *const FILES = (\{.*\});$", text, re.MULTILINE)
    assert found is not None
    return json.loads(found[1])


def entries(value):
    if isinstance(value, dict) and "integrity" in value:
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from entries(inner)


def test_every_file_is_there_with_the_hash_that_the_manifest_and_the_loaders_tell(tmp_path, node_modules) -> None:
    target, manifest = built(tmp_path, node_modules)
    assert json.loads((target / MANIFEST).read_text()) == manifest
    on_disk = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    assert on_disk == {*manifest["files"], MANIFEST, "_headers"}
    told = [
        *entries({name: value for name, value in manifest.items() if name != "files"}),
        *entries(files_of(target, "podio-web.js")),
        *entries(files_of(target, "fast-pyodide.mjs")),
        *({"url": name, **entry} for name, entry in manifest["files"].items()),
    ]
    for entry in told:
        content = (target / entry["url"]).read_bytes()
        assert entry["integrity"] == f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
        assert entry["bytes"] == len(content)


def test_names_that_are_kept_for_ever_tell_their_content(tmp_path, node_modules) -> None:
    target = tmp_path / "site"
    before = build_site(target, node_modules=node_modules, steps=WITHOUT_NODE)
    otherwise = replace(WITHOUT_NODE, minifier=lambda node_modules: minified_otherwise)
    after = build_site(target, node_modules=node_modules, steps=otherwise)
    assert before["micropython"]["wasm"]["url"] != after["micropython"]["wasm"]["url"]
    assert before["bundle"]["url"] == after["bundle"]["url"]
    assert before["pyodide"] == after["pyodide"]
    # PyScript finds the one by the name of the other.
    assert after["micropython"]["module"]["url"].removesuffix(".mjs") + ".wasm" == after["micropython"]["wasm"]["url"]
    stable = {name for name in after["files"] if not name.startswith("assets/")}
    loaders = {"podio-web.js", "podio-web.d.ts", "fast-pyodide.mjs", "pyscript.mjs"}
    assert stable == {*loaders, "callback.html", WHEEL, *PART_WHEELS}
    assert not (target / before["micropython"]["wasm"]["url"]).exists()


def test_the_loader_names_only_files_that_keep_their_content(tmp_path, node_modules) -> None:
    """Else a page would refuse the new fast-pyodide.mjs while the old podio-web.js is still there."""
    target, _ = built(tmp_path, node_modules)
    told = files_of(target, "podio-web.js")
    for entry in (told["fastPyodide"], told["micropython"]["module"]):
        assert entry["url"].startswith("assets/")
        assert entry["integrity"].startswith("sha256-")
    # These are progress only: fast-pyodide.mjs checks them.
    assert len(told["pyodide"]) == 5
    for part in told["pyodide"]:
        assert part["url"].startswith("assets/")
        assert part["bytes"] == (target / part["url"]).stat().st_size


def test_the_fast_interpreter_of_the_loader_finds_the_same_files(tmp_path, node_modules) -> None:
    target, _ = built(tmp_path, node_modules)
    copy = files_of(target, "podio-web.js")["fastPyodide"]["url"]
    stable, below = files_of(target, "fast-pyodide.mjs"), files_of(target, copy)
    assert below["version"] == stable["version"]
    # podio-web.js loads the parts itself.
    assert "parts" not in below
    for one, other in zip(entries(stable | {"parts": None}), entries(below), strict=True):
        assert one["url"] == f"assets/{other['url']}"
        assert one["integrity"] == other["integrity"]


def test_building_again_takes_away_its_own_old_files_and_no_others(tmp_path, node_modules) -> None:
    target, before = built(tmp_path, node_modules)
    (target / "index.html").write_text("mine")
    (target / "assets" / "mine.css").write_text("mine")
    _, after = built(tmp_path, node_modules, from_cdn=True)
    assert (target / "index.html").exists()
    assert (target / "assets" / "mine.css").exists()
    gone = set(before["files"]) - set(after["files"])
    assert gone
    assert not [name for name in gone if (target / name).exists()]
    assert not list(target.glob("assets/pyodide-*"))


def test_the_same_build_gives_the_same_bytes(tmp_path, node_modules) -> None:
    target, _ = built(tmp_path, node_modules)
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    built(tmp_path, node_modules)
    assert {path: path.read_bytes() for path in target.rglob("*") if path.is_file()} == before


def test_the_interpreters_can_stay_on_the_public_cdn(tmp_path) -> None:
    target, manifest = built(tmp_path, tmp_path / "nothing", from_cdn=True)
    assert not [name for name in manifest["files"] if re.search(r"pyodide-|micropython|pyscript", name)]
    told = json.dumps([files_of(target, name) for name in ("podio-web.js", "fast-pyodide.mjs")])
    elsewhere = set(re.findall(r'"url": "([^"]+://[^"]+)"', told))
    assert all(re.match(r"https://cdn\.jsdelivr\.net/npm/[^?]+@[\d.]+(-\d+)?/", url) for url in elsewhere)
    assert len(elsewhere) == 7
    assert files_of(target, "fast-pyodide.mjs")["packages"] == "https://cdn.jsdelivr.net/pyodide/v314.0.7/full/"
    policy = read_headers_file((target / "_headers").read_text())["/index.html"]["Content-Security-Policy"]
    allowed = {name: sources for name, *sources in map(str.split, policy.split("; "))}
    files = {url for sources in allowed.values() for url in sources if url.startswith("https://cdn")}
    assert elsewhere <= files
    for url in files:
        package = next(package for package in (PYODIDE, MICROPYTHON, PYSCRIPT) if url.startswith(package.address))
        assert url.removeprefix(package.address) in package.files
    assert [url for url in allowed["script-src"] if url.endswith(".wasm")] == []
    assert allowed["style-src"] == ["'self'", f"{PYSCRIPT.address}core.css"]
    assert f"{PYODIDE.address}pyodide.asm.wasm" in allowed["connect-src"]
    # Cloudflare Pages ignores longer lines: https://developers.cloudflare.com/pages/configuration/headers/
    assert max(map(len, (target / "_headers").read_text().splitlines())) < 2000
    core = manifest["pyscript"]["core"]
    assert core["integrity"].startswith("sha256-")


def test_what_is_known_of_the_interpreters_is_true_of_those_that_npm_brings() -> None:
    package_json = json.loads((ROOT / "package.json").read_text())
    wanted = {**package_json["dependencies"], **package_json["devDependencies"]}
    for package in (PYODIDE, MICROPYTHON, PYSCRIPT, TERSER, BINARYEN):
        assert wanted[package.name] == package.version
        assert set(package.read(ROOT / "node_modules")) == set(package.files)
    said = "run python scripts/npm_files.py after installing another version"
    assert (Path(site_builder.__file__).parent / "npm_files.json").read_text() == npm_files.text(), said


def test_the_headers_say_who_may_keep_what(tmp_path, node_modules) -> None:
    target, manifest = built(tmp_path, node_modules, base="/podio-web", api_url="http://127.0.0.1:8001")
    rules = read_headers_file((target / "_headers").read_text())
    assert rules["/podio-web/assets/*"]["Cache-Control"] == "public, max-age=31536000, immutable"
    for name in ("podio-web.js", "fast-pyodide.mjs", WHEEL, MANIFEST):
        assert rules[f"/podio-web/{name}"]["Cache-Control"] == "no-cache"
    assert rules["/podio-web/callback.html"]["Cache-Control"] == "no-store"
    assert "script-src 'sha256-" in rules["/podio-web/callback.html"]["Content-Security-Policy"]
    for name in ("/", "/index.html"):
        assert rules[name]["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
        assert "connect-src 'self' http://127.0.0.1:8001;" in rules[name]["Content-Security-Policy"]
    # Hosts join rules that match the same path: no two may.
    wild = [path.removesuffix("*") for path in rules if path.endswith("*")]
    assert not [path for path in rules if path.startswith(tuple(wild)) and not path.endswith("*")]
    for name in manifest["files"]:
        assert f"/podio-web/{name}" in rules or name.startswith("assets/")


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        (["pyodide"], "pyodide"),
        (["@micropython"], "@micropython/micropython-webassembly-pyscript"),
        (["pyodide", "@micropython"], "pyodide and @micropython/micropython-webassembly-pyscript"),
        (
            ["pyodide", "@micropython", "@pyscript"],
            "pyodide, @micropython/micropython-webassembly-pyscript and @pyscript/core",
        ),
    ],
)
def test_all_packages_that_are_missing_are_named_at_once(tmp_path, node_modules, missing, named) -> None:
    for each in missing:
        (node_modules / each).rename(tmp_path / each)
    with pytest.raises(BuildError) as caught:
        built(tmp_path, node_modules)
    assert str(caught.value).startswith(f"{node_modules} does not have {named}. Name another folder")
    commands = str(caught.value).splitlines()[1:]
    assert [command.split()[:2] for command in commands] == [["npm", "init"], ["npm", "install"]]
    assert {each.partition("@")[0] for each in commands[1].split()[2:]} == {"pyodide", ""}


def test_with_node_a_build_without_packages_names_the_extra_first(tmp_path) -> None:
    with pytest.raises(BuildError, match=r"Run pip install 'podio-web\[assets\]'.*or run:\n(.*\n)*.*terser.*binaryen"):
        build_site(tmp_path / "site", node_modules=tmp_path / "none")
    with pytest.raises(BuildError, match=r"does not have pyodide, .* and binaryen\. Name another folder"):
        build_site(tmp_path / "site", node_modules=tmp_path / "none", from_cdn=True)
    assert not (tmp_path / "site").exists()


def test_another_version_is_refused(tmp_path, npm, node_modules) -> None:
    npm.change(node_modules / "pyodide" / "package.json", '{"version": "314.0.8"}')
    with pytest.raises(BuildError, match=r"has version 314\.0\.8, but the site needs 314\.0\.7"):
        built(tmp_path, node_modules)


@pytest.mark.parametrize("half", ["", '{"version": "314', "{}", "[]", "null"])
def test_a_package_that_npm_has_half_written_is_named_with_its_remedy(tmp_path, npm, node_modules, half) -> None:
    npm.change(node_modules / "pyodide" / "package.json", half)
    with pytest.raises(BuildError) as refused:
        built(tmp_path, node_modules)
    package = node_modules / "pyodide"
    assert str(refused.value) == (
        f"{package / 'package.json'} cannot be read. Remove {package}, then run `npm install pyodide@{PYODIDE.version}`"
    )
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("name", ["package.json", "pyodide.asm.wasm"])
def test_what_is_not_a_file_is_named_with_its_remedy(tmp_path, node_modules, name) -> None:
    (node_modules / "pyodide" / name).unlink()
    (node_modules / "pyodide" / name).mkdir()
    with pytest.raises(BuildError, match=f"{name} cannot be read. Remove .*pyodide, then run `npm install pyodide@"):
        built(tmp_path, node_modules)


@pytest.mark.parametrize(
    ("package", "name"),
    [
        (PYODIDE, "pyodide.asm.wasm"),
        (PYODIDE, "python_stdlib.zip"),
        (MICROPYTHON, "micropython.mjs"),
        (PYSCRIPT, "core.css"),
        (PYSCRIPT, "zip-T1gzVEcZ.js"),
    ],
)
def test_a_file_that_npm_does_not_have_is_named_and_nothing_is_written(tmp_path, npm, package, name) -> None:
    path = npm.path(package, name)
    npm.change(path, "another")
    with pytest.raises(BuildError) as refused:
        built(tmp_path, npm.folder)
    assert f"{path} is not the file of {package.name}@{package.version}" in str(refused.value)
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("package", [PYODIDE, MICROPYTHON, TERSER, BINARYEN])
def test_a_snapshot_is_made_of_checked_files_only(tmp_path, npm, package) -> None:
    name = list(package.files)[-1]
    npm.change(npm.path(package, name), "another")
    with pytest.raises(BuildError, match=rf"{name} is not the file of {package.name}@{package.version}"):
        build_site(tmp_path / "site", node_modules=npm.folder, from_cdn=True)


def test_half_a_package_is_refused(tmp_path, node_modules) -> None:
    (node_modules / "pyodide" / "pyodide.asm.wasm").unlink()
    with pytest.raises(BuildError, match="npm install"):
        built(tmp_path, node_modules)


def test_the_snapshot_has_a_name_of_its_own_and_no_suffix_that_servers_unpack(tmp_path, node_modules) -> None:
    target = tmp_path / "site"
    manifest = build_site(target, node_modules=node_modules, steps=WITHOUT_NODE)
    snapshot = manifest["pyodide"]["snapshot"]
    assert re.fullmatch(r"assets/snapshot-[0-9a-f]{10}\.bin", snapshot["url"])
    # What a browser keeps is unpacked, and checked each time.
    assert snapshot["memory"] == integrity(b"memory" * 1000)
    assert files_of(target, "fast-pyodide.mjs")["snapshot"] == snapshot


def test_with_snapshots_a_script_tag_gets_a_micropython_that_has_started(tmp_path, npm, node_modules) -> None:
    target = tmp_path / "site"
    micropython = build_site(target, node_modules=node_modules, steps=WITHOUT_NODE)["micropython"]
    assert re.fullmatch(r"assets/podio_web-[0-9a-f]{10}\.wasm", micropython["started"]["url"])
    assert "podio_web/script_tag/calls.py" in json.loads((target / micropython["started"]["url"]).read_text())
    told = files_of(target, "podio-web.js")["micropython"]
    names = {"module": "loader", "wasm": "started", "image": "image", "parts": "parts"}
    assert told == {name: micropython[part] for name, part in names.items()}
    assert told["image"] is None
    assert list(told["parts"]) == ["sign_in", "retry_after", "podio_js", *OPTIONAL_PARTS]
    assert all((target / part["url"]).is_file() for part in told["parts"].values())
    # PyScript's own is as it was.
    assert (target / micropython["wasm"]["url"]).read_bytes() == npm.path(MICROPYTHON, "micropython.wasm").read_bytes()


@pytest.mark.parametrize("snapshot", [True, False])
def test_with_snapshots_the_wheel_brings_bytecode_for_pyodide(tmp_path, node_modules, snapshot) -> None:
    target = tmp_path / "site"
    manifest = build_site(target, node_modules=node_modules, snapshot=snapshot, steps=WITHOUT_NODE)
    with zipfile.ZipFile(target / manifest["parts"]["files"]["wheel"]["url"]) as archive:
        assert "podio_web/files/files.py" in archive.namelist()
        assert ("podio_web/files/files.pyc" in archive.namelist()) is snapshot
    with zipfile.ZipFile(target / manifest["wheel"]["url"]) as archive:
        names = archive.namelist()
    assert not [name for name in names if name.startswith("podio_web/files/")]
    assert "podio_web/client.py" in names
    assert ("podio_web/client.pyc" in names) is snapshot
    assert "podio_web/script_tag/calls.pyc" not in names


def test_without_snapshots_the_script_tag_gets_micropython_and_an_image(tmp_path, node_modules) -> None:
    target, manifest = built(tmp_path, node_modules)
    micropython = manifest["micropython"]
    assert micropython["started"] is None
    told = files_of(target, "podio-web.js")["micropython"]
    assert told == {name: micropython[name] for name in ("module", "wasm", "image", "parts")}
    assert micropython["loader"] == micropython["module"]
    assert list(told["parts"]) == list(OPTIONAL_PARTS)
    for part, entry in told["parts"].items():
        (name,) = json.loads((target / entry["url"]).read_text())
        assert name.startswith(f"/lib/podio_web_{part}.")
    assert (target / told["image"]["url"]).is_file()
