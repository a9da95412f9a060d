"""What is in the wheel and in the source distribution."""

import configparser
import email
import email.message
import subprocess
import tomllib
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

import podio_web
from podio_web.site_builder.prebuilt import DISTRIBUTION, MODULE, SITE
from podio_web.site_builder.static_files import static_file
from tests.conftest import ROOT
from tests.packaging.conftest import Built

EXTRAS = {"assets", "server", "redis", "build", "sandbox", "testing"}
INFORMATION = f"podio_web-{podio_web.__version__}.dist-info"


def read(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(name).decode()


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def metadata(wheel: Path) -> email.message.Message:
    return email.message_from_string(read(wheel, f"{INFORMATION}/METADATA"))


def requirements(wheel: Path) -> list[Requirement]:
    return [Requirement(line) for line in metadata(wheel).get_all("Requires-Dist", [])]


def test_it_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "podio_web").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    static = {f"podio_web/static/{path.name}" for path in (ROOT / "static").iterdir() if path.is_file()}
    found = [name for name in names(wheel) if not name.startswith(f"{INFORMATION}/")]
    assert len(found) == len(set(found))
    assert set(found) == package | static


def test_its_static_files_are_those_of_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith("podio_web/static/"):
                assert archive.read(name) == static_file(Path(name).name).read_bytes()


def test_a_source_distribution_builds_the_same_wheel_as_the_checkout(built: Built, checkout_wheel: Path) -> None:
    assert built.wheel.name == checkout_wheel.name
    assert read(built.wheel, f"{INFORMATION}/RECORD") == read(checkout_wheel, f"{INFORMATION}/RECORD")


def test_a_source_distribution_holds_what_git_does(built: Built) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = {name for name in listed.split("\0") if name and not name.startswith((".ci/", ".gitattributes"))}
    assert built.names_in_sdist() - {"PKG-INFO"} == tracked


def test_without_an_extra_it_needs_nothing(wheel: Path) -> None:
    assert all(requirement.marker and "extra ==" in str(requirement.marker) for requirement in requirements(wheel))


def test_extras_name_other_projects_and_the_data_of_this_version(wheel: Path) -> None:
    assert set(metadata(wheel).get_all("Provides-Extra", [])) - {"dev"} == EXTRAS
    users = [each for each in requirements(wheel) if "dev" not in str(each.marker)]
    assert users
    ours = {str(each).partition(";")[0].strip() for each in users if each.name.lower().startswith("podio")}
    assert ours == {f"{DISTRIBUTION}=={podio_web.__version__}"}


def test_it_says_where_it_comes_from_and_which_pythons_it_is_for(wheel: Path) -> None:
    told = metadata(wheel)
    assert told["Name"] == "podio-web"
    assert told["Version"] == podio_web.__version__
    assert told["License-Expression"] == "MIT"
    assert f"{INFORMATION}/licenses/LICENSE" in names(wheel)
    urls = dict(line.split(", ") for line in told.get_all("Project-URL", []))
    assert {"Homepage", "Changelog", "Issues"} <= set(urls)
    assert all(url.startswith("https://") for url in urls.values())
    assert told["Description-Content-Type"] == "text/markdown"
    assert str(told.get_payload()).splitlines()[0] == "# podio-web"
    prefix = "Programming Language :: Python :: 3."
    classifiers = told.get_all("Classifier", [])
    minors = sorted(int(line.removeprefix(prefix)) for line in classifiers if line.startswith(prefix))
    assert told["Requires-Python"] == f">=3.{minors[0]}"
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert minors[-1] >= 14


def test_its_entry_points_are_the_command_and_the_pytest_plugin(wheel: Path) -> None:
    points = configparser.ConfigParser(delimiters="=")
    points.read_string(read(wheel, f"{INFORMATION}/entry_points.txt"))
    plugin = "podio_web.testing.plugin"
    assert {name: dict(points[name]) for name in points.sections()} == {
        "console_scripts": {"podio-web": "podio_web.cli:main"},
        "pytest11": {plugin: plugin},
    }
    # pytest would refuse the same plugin under two names, and the tests of a checkout name it.
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    assert options["addopts"][-2:] == ["-p", plugin]


def test_the_assets_are_the_built_site_and_need_nothing(assets_wheel: Path) -> None:
    site = ROOT / ".make" / "site"
    built = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    found = [name for name in names(assets_wheel) if name.startswith(f"{MODULE}/")]
    assert {name.removeprefix(f"{MODULE}/{SITE}/") for name in found} - {f"{MODULE}/__init__.py"} == built
    with zipfile.ZipFile(assets_wheel) as archive:
        for name in built:
            assert archive.read(f"{MODULE}/{SITE}/{name}") == (site / name).read_bytes()
        (information,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        told = email.message_from_bytes(archive.read(information))
    assert (told["Name"], told["Version"]) == (DISTRIBUTION, podio_web.__version__)
    assert told.get_all("Requires-Dist") is None
    # Each user of podio-web[sandbox] downloads it.
    assert assets_wheel.stat().st_size < 16_000_000
