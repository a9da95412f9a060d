"""`podio-web new`: what it writes, what it refuses, and that nothing is left behind after an error."""

import ast
import errno
import json
import os
import re
from pathlib import Path

import pytest

import podio_web
from podio_web import cli
from podio_web.new_app import KINDS
from podio_web.new_app.app import TEMPLATES, FolderTakenError, make_app, next_steps
from podio_web.site_builder import BuildError
from podio_web.site_builder.folder import put_site
from podio_web.site_builder.headers import read_headers_file
from podio_web.site_builder.prebuilt import Prebuilt
from podio_web.site_builder.record import sealed
from tests.unit.small_sites import OrdinaryDisk, QuickDisk, StoppingDisk, everything_below, small_site

FOR_BROWSERS = ("page", "script-tag")


@pytest.fixture(scope="module")
def prebuilt(tmp_path_factory) -> Prebuilt:
    """A site of a few bytes, instead of the one in podio-web-assets."""
    folder = tmp_path_factory.mktemp("prebuilt")
    files, manifest = small_site("first")
    unsealed = {name: value for name, value in manifest.items() if name != "checksum"}
    put_site(folder, files, sealed({**unsealed, "version": podio_web.__version__}), disk=QuickDisk())
    return Prebuilt(folder)


def make(target: Path, kind: str, prebuilt: Prebuilt, disk: QuickDisk | None = None) -> None:
    make_app(target, kind, prebuilt=lambda: prebuilt, disk=disk or QuickDisk())


@pytest.mark.parametrize("kind", KINDS)
def test_an_app_has_its_program_a_test_and_a_short_readme(tmp_path, prebuilt, kind) -> None:
    app = tmp_path / "my app"
    make(app, kind, prebuilt)
    names = {path.name for path in app.iterdir()}
    assert "README.md" in names
    assert len((app / "README.md").read_text(encoding="utf-8").splitlines()) <= 11
    assert [name for name in names if name.startswith("test_")]
    assert not [name for name in everything_below(app) if name.endswith("-tpl")]
    for path in app.glob("*.py"):
        compile(path.read_text(encoding="utf-8"), path.name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    assert ("podio-web" in names) == (kind in FOR_BROWSERS)


@pytest.mark.parametrize("kind", FOR_BROWSERS)
def test_what_a_page_names_is_in_its_folder(tmp_path, kind) -> None:
    page = (TEMPLATES / kind / "index.html").read_text(encoding="utf-8")
    own = {path.name.removesuffix("-tpl") for path in (TEMPLATES / kind).iterdir()}
    named = set(re.findall(r'(?:src="|"interpreter": ")([^"]+)"', page))
    assert named
    assert named <= own | {"podio-web/podio-web.js", "podio-web/pyscript.mjs", "podio-web/fast-pyodide.mjs"}
    # The policy allows no inline script.
    assert not re.findall(r"<script(?![^>]* src=)", page)


def test_the_headers_of_a_page_are_at_the_top_and_name_its_callback_page(tmp_path, prebuilt) -> None:
    make(tmp_path / "app", "page", prebuilt)
    rules = read_headers_file((tmp_path / "app" / "_headers").read_text(encoding="utf-8"))
    callback = rules["/static/callback.html"]
    assert callback["Cache-Control"] == "no-store"
    assert rules["/static/callback"] == callback
    assert "https://api.podio.com" in rules["/"]["Content-Security-Policy"]
    assert "/podio-web/callback.html" in rules
    assert json.loads((tmp_path / "app" / "podio.json").read_text(encoding="utf-8")) == {"client_id": "my-app"}


@pytest.mark.parametrize("kind", ["page", "script"])
def test_an_empty_folder_and_missing_parents_are_fine(tmp_path, prebuilt, kind, monkeypatch) -> None:
    make(tmp_path / "one" / "two", kind, prebuilt)
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    make(Path("empty"), kind, prebuilt)
    monkeypatch.chdir("empty")
    assert everything_below(Path("..") / "one" / "two") == everything_below(Path())


@pytest.mark.parametrize("kind", ["page", "script"])
@pytest.mark.parametrize(
    ("name", "explanation"),
    [
        ("taken", "has files. Choose another name, or an empty folder."),
        ("file", "is not a folder. Choose another name."),
        ("link", "is a symbolic link. Choose another name."),
        ("file/below", "Not a directory. Choose another folder, in which you may write."),
    ],
)
def test_a_place_that_is_taken_is_refused_and_left_alone(tmp_path, prebuilt, kind, name, explanation) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / ".hidden").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("taken")
    before = everything_below(tmp_path)
    with pytest.raises(BuildError) as refused:
        make(tmp_path / name, kind, prebuilt)
    assert str(refused.value).endswith(explanation)
    assert str(tmp_path / name) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert everything_below(tmp_path) == before


def test_a_folder_that_may_not_be_written_is_named(tmp_path, prebuilt) -> None:
    (tmp_path / "theirs").mkdir(mode=0o555)
    with pytest.raises(
        BuildError, match=r"Permission denied\. Choose another folder, in which you may write"
    ) as refused:
        make(tmp_path / "theirs" / "app", "page", prebuilt, OrdinaryDisk())
    assert str(tmp_path / "theirs") in str(refused.value)
    assert everything_below(tmp_path / "theirs") == {}


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def stopped() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("halfway", [False, True], ids=["before", "halfway"])
@pytest.mark.parametrize("exists", [False, True], ids=["missing", "empty"])
@pytest.mark.parametrize(("fail", "raised"), [(full, BuildError), (stopped, KeyboardInterrupt)])
def test_after_an_error_at_any_moment_nothing_is_left(tmp_path, prebuilt, fail, raised, exists, halfway) -> None:
    place = tmp_path / "place"
    place.mkdir()
    app = place / "app"
    if exists:
        app.mkdir()
    before = everything_below(place)
    for at in range(1, 200):
        disk = StoppingDisk(at, fail, halfway=halfway, once=True)
        try:
            make(app, "page", prebuilt, disk)
        except raised:
            assert everything_below(place) == before, at
            continue
        assert at > 10
        assert disk.count < at
        return
    raise AssertionError("it never succeeded")


def test_a_file_that_appears_meanwhile_is_kept(tmp_path, prebuilt) -> None:
    class Busy(QuickDisk):
        def write(self, path: Path, content: bytes) -> None:
            if path.name == "README.md":
                path.write_text("mine")
            super().write(path, content)

    with pytest.raises(BuildError, match="File exists"):
        make(tmp_path / "app", "script", prebuilt, Busy())
    assert set(everything_below(tmp_path / "app")) == {"README.md"}
    assert (tmp_path / "app" / "README.md").read_text() == "mine"


def test_what_another_command_makes_meanwhile_is_kept(tmp_path, prebuilt) -> None:
    """Both have found the folder empty."""
    app = tmp_path / "app"

    class Late(QuickDisk):
        is_alone = True

        def make_folder(self, path: Path, *, new: bool = False) -> None:
            if path == app / "podio-web" and self.is_alone:
                self.is_alone = False
                make(app, "page", prebuilt)
            super().make_folder(path, new=new)

    with pytest.raises(BuildError, match="File exists"):
        make(app, "page", prebuilt, Late())
    make(tmp_path / "other", "page", prebuilt)
    assert everything_below(app) == everything_below(tmp_path / "other")


def test_the_command_tells_what_to_do_next(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["new", "my-script", "--kind", "script"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Made my-script. Try it:",
        "  cd my-script",
        "  podio-web sandbox",
        "  python script.py    (in another terminal, in the same folder)",
    ]
    assert cli.main(["new", "my-script", "--kind", "script"]) == 1
    assert capsys.readouterr().err == "podio-web: my-script has files. Choose another name, or an empty folder.\n"
    assert "  cd 'my app'\n" in next_steps(Path("my app"), "page")
    assert "  cd ./-app\n" in next_steps(Path("-app"), "page")
    assert "cd" not in next_steps(Path(), "page")


def test_without_the_interpreters_the_extra_is_named_and_nothing_is_written(tmp_path, capsys) -> None:
    assert cli.main(["new", str(tmp_path / "app")]) == 1
    said = capsys.readouterr().err
    assert said == "podio-web: The interpreters for pages are not installed. Run: pip install 'podio-web[assets]'\n"
    assert not (tmp_path / "app").exists()


def test_a_taken_folder_is_an_error_of_its_own() -> None:
    assert issubclass(FolderTakenError, BuildError)
