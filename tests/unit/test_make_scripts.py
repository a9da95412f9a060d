"""The scripts that the Makefile calls: when they build again, and what they say to an old Python."""

import ast
import subprocess
import sys
from pathlib import Path

import artifacts
import environment
import mutants
import npm_package
import pytest


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in (
        "podio_web/__init__.py",
        "podio_web/oauth/token.py",
        "podio_web/sandbox/app.py",
        "podio_web/__pycache__/token.cpython-311.pyc",
        "static/callback.html",
        "static/demo/main.py",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def fingerprint(checkout: Path) -> str:
    return artifacts.fingerprint(checkout, artifacts.sources(checkout))


def test_each_file_of_a_wheel_is_a_source_and_nothing_else_is(checkout: Path) -> None:
    names = {path.as_posix() for path in artifacts.sources(checkout)}
    assert {"podio_web/oauth/token.py", "static/callback.html", "pyproject.toml", "LICENSE"} <= names
    assert "podio_web/sandbox/app.py" in names
    assert "static/demo/main.py" not in names
    assert not [name for name in names if name.endswith(".pyc")]


@pytest.mark.parametrize("name", ["podio_web/oauth/token.py", "static/callback.html", "pyproject.toml"])
def test_a_changed_file_changes_the_fingerprint(checkout: Path, name: str) -> None:
    before = fingerprint(checkout)
    (checkout / name).write_text("something else")
    assert fingerprint(checkout) != before


def test_a_file_that_comes_goes_or_moves_changes_the_fingerprint(checkout: Path) -> None:
    seen = {fingerprint(checkout)}
    module = checkout / "podio_web" / "oauth" / "token.py"
    added = module.with_name("relay.py")
    added.touch()
    seen.add(fingerprint(checkout))
    added.unlink()
    module.rename(added)
    seen.add(fingerprint(checkout))
    added.unlink()
    seen.add(fingerprint(checkout))
    assert len(seen) == 4


def test_what_no_wheel_holds_leaves_the_fingerprint_as_it_is(checkout: Path) -> None:
    before = fingerprint(checkout)
    (checkout / "static" / "demo" / "main.py").write_text("something else")
    (checkout / "podio_web" / "__pycache__" / "relay.cpython-311.pyc").touch()
    (checkout / "pyproject.toml").touch()
    assert fingerprint(checkout) == before


def test_the_sandbox_is_a_source_of_the_wheel_and_not_of_the_site(checkout: Path) -> None:
    assert Path("podio_web/sandbox/app.py") in artifacts.sources(checkout)
    assert set(artifacts.sources(checkout)) - set(artifacts.site_sources(checkout)) == {
        Path("podio_web/sandbox/app.py")
    }
    assert Path("package-lock.json") in artifacts.site_sources(checkout)


def test_a_build_is_current_while_its_sources_and_all_that_it_made_are_there(tmp_path: Path) -> None:
    record = artifacts.Record(tmp_path, ".make/wheel.json")
    assert not record.is_current("0f")
    made = tmp_path / "one.whl"
    made.touch()
    record.write("0f", ["one.whl"])
    assert artifacts.Record(tmp_path, ".make/wheel.json").is_current("0f")
    assert not record.is_current("1f")
    made.unlink()
    assert not record.is_current("0f")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"sources": "0f"}'])
def test_a_record_that_cannot_be_read_means_building_again(tmp_path: Path, text: str) -> None:
    (tmp_path / "wheel.json").write_text(text)
    assert not artifacts.Record(tmp_path, "wheel.json").is_current("0f")


def test_old_interpreters_understand_the_script_that_refuses_them(root: Path) -> None:
    source = (root / "scripts" / "environment.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))


def test_an_interpreter_that_is_too_old_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 12))
    assert environment.main() == 1
    assert "Python 3.11 or later" in capsys.readouterr().err


@pytest.mark.parametrize(("script", "arguments"), [("artifacts", []), ("artifacts", ["sdist"]), ("environment", [])])
def test_wrong_arguments_are_answered_with_the_usage(root: Path, script: str, arguments: list[str]) -> None:
    command = [sys.executable, str(root / "scripts" / f"{script}.py"), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith(f"Usage: {script}.py")


def test_the_npm_package_has_our_version_and_says_where_it_comes_from() -> None:
    described = npm_package.package_json("1.2.3", "https://github.com/somebody/podio-web")
    assert described["version"] == "1.2.3"
    assert described["repository"] == {"type": "git", "url": "git+https://github.com/somebody/podio-web.git"}
    assert "repository" not in npm_package.package_json("1.2.3", None)


def test_each_fault_that_is_planted_fits_the_module_and_names_a_test(root: Path) -> None:
    for module, before, _, tests in mutants.faults():
        assert before in (root / "podio_web" / "items" / f"{module}.py").read_text(encoding="utf-8"), (module, before)
        assert (root / "tests" / "unit" / f"test_items_{tests}.py").is_file()
