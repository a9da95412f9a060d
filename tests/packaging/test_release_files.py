"""What a release has beside the packages: the built site as a zip, and checksums."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from release_files import checksums, write_zip

import podio_web
from podio_web.site_builder.prebuilt import Prebuilt
from podio_web.site_builder.site import build_site
from tests.conftest import ROOT

SITE = ROOT / ".make" / "site"


def test_a_tag_publishes_everything_or_nothing() -> None:
    workflows = {name: ROOT / ".github" / "workflows" / f"{name}.yml" for name in ("docs", "release")}
    tags = {name: re.findall(r"^    tags: (.*)", path.read_text("utf-8"), re.M) for name, path in workflows.items()}
    assert tags["release"] == tags["docs"] == ['["v[0-9]+.[0-9]+.[0-9]+"]']


def test_the_zip_is_a_site_that_the_next_build_replaces(tmp_path: Path) -> None:
    path = write_zip(SITE, tmp_path)
    assert path.name == f"podio-web-{podio_web.__version__}.zip"
    with zipfile.ZipFile(path) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {"podio-web"}
        archive.extractall(tmp_path)
    unpacked = tmp_path / "podio-web"
    files = {path.relative_to(SITE) for path in SITE.rglob("*") if path.is_file()}
    assert {path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()} == files
    assert all((unpacked / name).read_bytes() == (SITE / name).read_bytes() for name in files)
    build_site(unpacked, prebuilt=Prebuilt(SITE))


def test_the_same_site_makes_the_same_zip(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    assert len({write_zip(SITE, folder).read_bytes() for folder in folders}) == 1


def test_sha256sum_accepts_the_checksums(tmp_path: Path) -> None:
    (tmp_path / "page" / "static").mkdir(parents=True)
    (tmp_path / "page" / "static" / "callback.html").write_text("one", encoding="utf-8")
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "podio_web.whl").write_text("two", encoding="utf-8")
    target = tmp_path / "files"
    folders = [str(path) for path in (SITE, target, tmp_path / "page", tmp_path / "python")]
    subprocess.run([sys.executable, "-m", "scripts.release_files", *folders], cwd=ROOT, check=True)
    # A release shows its files in one place.
    for path in (tmp_path / "page" / "static" / "callback.html", tmp_path / "python" / "podio_web.whl"):
        path.rename(target / path.name)
    ran = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=target, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    names = [line.partition(":")[0] for line in ran.stdout.splitlines()]
    assert names == ["callback.html", f"podio-web-{podio_web.__version__}.zip", "podio_web.whl"]


def test_two_files_with_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "callback.html").touch()
    with pytest.raises(ValueError, match=r"callback\.html have the same name\. Rename one of them\."):
        checksums([tmp_path / "one", tmp_path / "two"])
