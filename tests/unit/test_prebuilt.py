"""The site of podio-web-assets: how it is found, checked and copied."""

import json
import sys
from pathlib import Path

import pytest

from podio_web import cli
from podio_web.site_builder import BuildError, build_site
from podio_web.site_builder.assets import page_assets
from podio_web.site_builder.headers import read_headers_file
from podio_web.site_builder.interpreters import PYODIDE, PYSCRIPT
from podio_web.site_builder.prebuilt import MODULE, SITE, Prebuilt, find_prebuilt, need_prebuilt
from podio_web.site_builder.record import MANIFEST
from tests.conftest import ROOT
from tests.unit.small_sites import QuickDisk, everything_below

NODE_MODULES = ROOT / "node_modules"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What is installed, with a site without snapshots."""
    folder = tmp_path_factory.mktemp("site-packages")
    build_site(folder / MODULE / SITE, node_modules=NODE_MODULES, snapshot=False, base="/", disk=QuickDisk())
    (folder / MODULE / "__init__.py").touch()
    return folder


@pytest.fixture
def installed(folder, monkeypatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    return folder / MODULE / SITE


def test_it_is_found_once_it_is_installed(installed) -> None:
    found = find_prebuilt()
    assert found is not None
    assert "callback.html" in found.names
    assert need_prebuilt().names == found.names


def test_a_copy_is_what_a_build_makes(installed, tmp_path) -> None:
    build_site(tmp_path / "app", node_modules=NODE_MODULES, snapshot=False, disk=QuickDisk())
    build_site(tmp_path / "copy" / "app", prebuilt=Prebuilt(installed), disk=QuickDisk())
    assert everything_below(tmp_path / "copy" / "app") == everything_below(tmp_path / "app")


def test_the_commands_use_it_and_need_no_npm(installed, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["build", "podio-web", "--api-url", "http://localhost:8001"]) == 0
    rules = read_headers_file((tmp_path / "podio-web" / "_headers").read_text(encoding="utf-8"))
    assert "http://localhost:8001" in rules["/"]["Content-Security-Policy"]
    assert "/podio-web/callback.html" in rules
    for interpreter in ("pyodide", "micropython"):
        assert cli.main(["assets", "page", "--interpreter", interpreter]) == 0
    capsys.readouterr()
    for name, package in (("pyodide", PYODIDE), ("pyscript", PYSCRIPT)):
        found = {path.name: path.read_bytes() for path in (tmp_path / "page" / name).iterdir()}
        assert found == package.read(NODE_MODULES)
    assert {path.name for path in (tmp_path / "page" / "micropython").iterdir()} == {
        "micropython.mjs",
        "micropython.wasm",
    }


def test_named_packages_of_npm_come_first(installed, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["build", "site"], ["assets", "site", "--interpreter", "pyodide"]):
        assert cli.main([*command, "--node-modules", "absent"]) == 1
        assert "absent" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_the_archives_are_those_of_the_package_itself(installed) -> None:
    alone, with_interpreter = page_assets(), page_assets("pyodide", prebuilt=Prebuilt(installed))
    assert alone.items() <= with_interpreter.items()


def test_another_version_is_refused(installed) -> None:
    with pytest.raises(
        BuildError, match=r"has version .*, but podio-web has version 9\.0\. Run: pip install"
    ) as refused:
        Prebuilt(installed, "9.0")
    assert "--upgrade" in str(refused.value)


@pytest.mark.parametrize("name", ["callback.html", MANIFEST])
@pytest.mark.parametrize("content", [None, "changed"])
def test_a_damaged_file_is_named_and_nothing_is_written(installed, tmp_path, name, content) -> None:
    broken = tmp_path / "broken"
    build_site(broken, prebuilt=Prebuilt(installed), disk=QuickDisk())
    (broken / name).unlink()
    if content is not None:
        (broken / name).write_text(content)
    with pytest.raises(BuildError, match=r"is missing or has changed\. Run: pip install --force-reinstall") as refused:
        build_site(tmp_path / "copy", prebuilt=Prebuilt(broken), disk=QuickDisk())
    assert name in str(refused.value)
    assert not (tmp_path / "copy").exists()


def test_parts_are_those_of_the_manifest(installed) -> None:
    manifest = json.loads((installed / MANIFEST).read_text(encoding="utf-8"))
    parts = Prebuilt(installed).parts()
    assert parts["pyodide"] == manifest["pyodide"]
    assert not {"files", "headers", "checksum", "format", "generator"} & set(parts)
