"""A build and `podio-web assets` in folders that hold anything: no harm to what is not ours, killed at any point or not."""

import errno
import json
import os
import random
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from podio_web import cli
from podio_web.build.disk import Disk, locked
from podio_web.build.folder import FolderRefusedError, put_callback_page, put_site
from podio_web.build.hashes import integrity
from podio_web.build.record import LIMIT, MANIFEST, UNFINISHED, read_owned, sealed, text_of, unfinished
from podio_web.build.static_files import SHIPPED_CALLBACK_PAGES, static_file
from tests.conftest import ROOT
from tests.unit.small_sites import (
    OrdinaryDisk,
    QuickDisk,
    StoppingDisk,
    assert_is,
    assert_works,
    everything_below,
    small_site,
)

PAGE = (ROOT / "static" / "callback.html").read_bytes()
OLD, NEW = small_site("old"), small_site("new")
DISK = QuickDisk()


def put(target: Path, site=NEW, disk: Disk = DISK) -> None:
    put_site(target, *site, disk=disk)


def put_page(target: Path, disk: Disk = DISK) -> None:
    put_callback_page(target, PAGE, disk=disk)


# --- folders that hold anything -----------------------------------------------------------------------------------

NAMES = [
    *OLD[0],
    *NEW[0],
    *(name.upper() for name in ("callback.html", "podio-web.js")),
    "assets",
    "static",
    "static/callback.html",
    next(name.rpartition("/")[0] for name in NEW[0] if name.count("/") == 2),
    "manifest.json",
    MANIFEST,
    UNFINISHED,
    ".podio-web-0123456789abcdef-0123456789abcdef.tmp",
    ".podio-web-mine.tmp",
    "index.html",
    "photos/me.jpg",
    "assets/mine.css",
    "static/mine.css",
]


def forged_manifests(chance: random.Random, outside: Path) -> bytes:
    """Return what another tool, or somebody with bad intentions, could have left under the manifest's name."""
    mine = {"integrity": integrity(b"mine"), "bytes": 4}
    headers = {"url": "_headers", **mine}
    names = ["../outside/file.txt", str(outside / "file.txt"), "photos/me.jpg", "assets/../index.html", "index.html"]
    return chance.choice(
        [
            b"",
            b"no JSON",
            b"[" * 100_000,
            b'{"files": 1}',
            b"\xff\xfe",
            json.dumps({"files": dict.fromkeys(names, mine)}).encode(),
            # With a checksum that fits, too: these are names that no build of ours gives.
            *(text_of(sealed({"headers": headers, "files": {name: mine}})) for name in names),
            text_of({**sealed({"headers": headers, "files": {}}), "files": {"callback.html": mine}}),
            text_of({**sealed({"headers": headers, "files": {"callback.html": mine}}), "format": 2}),
            unfinished({"../outside/file.txt": [integrity(b"mine")]}),
            text_of(sealed({"headers": headers, "files": {}, "padding": " " * LIMIT})),
        ]
    )


def clutter(parent: Path, target: Path, chance: random.Random) -> set[str]:
    """Put things into a folder, and return what in it is still as an old build of ours has left it."""
    outside = parent / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "file.txt").write_bytes(b"mine")
    (outside / "folder" / "callback.html").write_bytes(PAGE)
    ours: set[str] = set()
    if chance.random() < 0.5:
        put(target, OLD)
        ours = {*OLD[0], MANIFEST}
    target.mkdir(exist_ok=True)
    for name in chance.sample(NAMES, chance.randint(0, 5)):
        path = target / name
        if not all(
            folder.is_dir() and not folder.is_symlink()
            for folder in path.parents
            if folder.is_relative_to(target) and os.path.lexists(folder)
        ):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            for inner in sorted(path.rglob("*"), reverse=True):
                inner.rmdir() if inner.is_dir() and not inner.is_symlink() else inner.unlink()
            path.rmdir()
        elif os.path.lexists(path):
            path.unlink()
        ours = {one for one in ours if one != name and not one.startswith(f"{name}/")}
        kind = chance.choice(
            [
                "text",
                "same",
                "gone",
                "outside",
                "folder outside",
                "nowhere",
                "inside",
                "folder",
                "full",
                "pipe",
                "hard",
                "forged",
            ]
        )
        if kind == "text":
            path.write_bytes(chance.choice([b"", b"mine", b"\0" * 1000]))
        elif kind == "same":
            path.write_bytes(NEW[0].get(name, PAGE))
        elif kind == "outside":
            path.symlink_to(outside / "file.txt")
        elif kind == "folder outside":
            path.symlink_to(outside / "folder", target_is_directory=True)
        elif kind == "nowhere":
            path.symlink_to(outside / "absent")
        elif kind == "inside":
            path.symlink_to("index.html")
        elif kind == "folder":
            path.mkdir()
        elif kind == "full":
            path.mkdir()
            (path / "mine.txt").write_text("mine")
        elif kind == "pipe":
            os.mkfifo(path)
        elif kind == "hard":
            os.link(outside / "file.txt", path)
        elif kind == "forged":
            path.write_bytes(forged_manifests(chance, outside))
        elif kind == "gone" and name == MANIFEST:
            ours = set()
        if name == MANIFEST:
            ours = set()
    for path in chance.sample([target, *target.rglob("*")], 1):
        if chance.random() < 0.3 and not path.is_symlink():
            path.chmod(
                stat.S_IMODE(path.lstat().st_mode) & ~chance.choice([0o222, 0o444, 0o666])
                | (0o100 if path.is_dir() else 0)
            )
    return ours


@pytest.mark.parametrize("act", [put, put_page], ids=["build", "assets"])
@pytest.mark.parametrize("part", range(4))
def test_nothing_that_is_not_ours_is_changed_or_removed(tmp_path: Path, act: Callable[..., None], part: int) -> None:
    """Of 200 folders each for `build` and `assets`."""
    outcomes = {"written": 0, "refused": 0, "failed": 0}
    for number in range(50):
        parent = tmp_path / str(number)
        parent.mkdir()
        target = parent / "site"
        ours = clutter(parent, target, random.Random(f"{part} {number}"))
        before = everything_below(parent)
        try:
            act(target, disk=OrdinaryDisk())
        except FolderRefusedError as refused:
            outcomes["refused"] += 1
            assert everything_below(parent) == before, "nothing is written before a refusal"
            assert str(target) in str(refused)
        except OSError as failed:
            outcomes["failed"] += 1
            assert isinstance(failed, PermissionError)
        else:
            outcomes["written"] += 1
        after = everything_below(parent)
        mine = {path for path in before if path.removeprefix("site/") not in ours or act is put_page}
        changed = {path for path in mine if after.get(path) != before[path] and path != "site"}
        # A page of ours in its place is ours, whoever has copied it there.
        assert changed <= (
            {"site/static/callback.html"} if before.get("site/static/callback.html", ("", b""))[1] == PAGE else set()
        )
        if outcomes["written"] and act is put and (target / MANIFEST).exists() and not (target / UNFINISHED).exists():
            assert {name for name in NEW[0] if not (target / name).exists()} == set() or ours
    assert min(outcomes.values()) > 0 or act is put_page, f"the folders are not as varied as they should be: {outcomes}"


# --- each case by itself ------------------------------------------------------------------------------------------


def refusal(act: Callable[[], None], parent: Path) -> str:
    before = everything_below(parent)
    with pytest.raises(FolderRefusedError) as refused:
        act()
    assert everything_below(parent) == before
    return str(refused.value)


def test_everything_in_the_way_is_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "_headers").write_text("/*\n  X-Mine: 1\n")
    (tmp_path / "callback.html").write_text("<title>mine</title>")
    (tmp_path / "podio-web.js").symlink_to("elsewhere.js")
    os.mkfifo(tmp_path / "fast-pyodide.mjs")
    (tmp_path / "podio-web.d.ts").mkdir()
    (tmp_path / "assets").write_text("mine")
    said = refusal(lambda: put(tmp_path), tmp_path)
    for name in ("_headers", "callback.html", "podio-web.js", "fast-pyodide.mjs", "podio-web.d.ts", "assets"):
        assert said.count(f"{tmp_path / name}:") == 1
    assert "Choose an empty folder, or move these elsewhere" in said


def test_another_tool_s_manifest_is_nothing_to_us(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("mine")
    (tmp_path / "manifest.json").write_text('{"files": {"photo.jpg": {}, "index.html": {}}}')
    (tmp_path / "index.html").write_text("mine")
    before = everything_below(tmp_path)
    put(tmp_path)
    after = everything_below(tmp_path)
    assert {name: after[name] for name in before} == before
    assert_is(tmp_path, *NEW, besides=set(before))


@pytest.mark.parametrize("name", ["podio-web.js", "callback.html", "_headers", MANIFEST, UNFINISHED, "assets/podio"])
def test_a_file_of_ours_that_was_edited_is_somebody_else_s(tmp_path: Path, name: str) -> None:
    put(tmp_path, OLD)
    if name == UNFINISHED:
        (tmp_path / name).write_bytes(unfinished({}))
    path = next(
        path for path in sorted(tmp_path.rglob("*")) if path.is_file() and str(path).startswith(str(tmp_path / name))
    )
    path.write_bytes(path.read_bytes() + b"\n")
    assert f"{path}: not made by podio-web, or changed since" in refusal(lambda: put(tmp_path), tmp_path)


def test_an_old_file_that_was_edited_stays_when_nothing_takes_its_place(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    gone = next(name for name in OLD[0] if name not in NEW[0] and name.startswith("assets/fast"))
    (tmp_path / gone).write_text("mine")
    put(tmp_path)
    assert (tmp_path / gone).read_text() == "mine"
    assert_is(tmp_path, *NEW, besides={gone})


def test_without_its_manifest_a_site_is_nobody_s(tmp_path: Path) -> None:
    put(tmp_path, OLD)
    (tmp_path / MANIFEST).unlink()
    assert f"{tmp_path / 'callback.html'}: not made by podio-web" in refusal(lambda: put(tmp_path), tmp_path)


def test_a_folder_that_was_copied_with_its_manifest_is_ours(tmp_path: Path) -> None:
    put(tmp_path / "one", OLD)
    (tmp_path / "one").rename(tmp_path / "other")
    put(tmp_path / "other")
    assert_is(tmp_path / "other", *NEW)


def test_files_of_ours_that_are_gone_are_written_again(tmp_path: Path) -> None:
    put(tmp_path)
    for name in ("_headers", "callback.html", next(iter(NEW[0]))):
        (tmp_path / name).unlink()
    put(tmp_path)
    assert_is(tmp_path, *NEW)


@pytest.mark.parametrize("folder", ["assets", next(iter(sorted(OLD[0]))).rpartition("/")[0]])
def test_no_folder_on_the_way_may_be_a_link(tmp_path: Path, folder: str) -> None:
    target = tmp_path / "site"
    put(target, OLD)
    (target / folder).rename(tmp_path / "moved")
    (target / folder).symlink_to(tmp_path / "moved")
    assert f"{target / folder}: a symbolic link" in refusal(lambda: put(target), tmp_path)


def test_an_old_folder_that_is_a_link_now_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "site"
    put(target, OLD)
    old = next(name for name in OLD[0] if "pyodide.mjs" in name and name not in NEW[0] and name.count("/") == 2)
    folder = (target / old).parent
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    put(target)
    assert (tmp_path / "moved" / "pyodide.mjs").is_file()
    assert folder.is_symlink()


def test_a_hard_link_elsewhere_keeps_its_content(tmp_path: Path) -> None:
    target = tmp_path / "site"
    put(target, OLD)
    os.link(target / "podio-web.js", tmp_path / "kept.js")
    put(target)
    assert (tmp_path / "kept.js").read_bytes() == OLD[0]["podio-web.js"]
    assert (target / "podio-web.js").read_bytes() == NEW[0]["podio-web.js"]


def test_names_that_differ_by_case_are_other_files_where_they_can_be(tmp_path: Path) -> None:
    (tmp_path / "Callback.HTML").write_text("mine")
    if (tmp_path / "callback.html").exists():
        assert "callback.html" in refusal(lambda: put(tmp_path), tmp_path)
    else:
        put(tmp_path)
        assert (tmp_path / "Callback.HTML").read_text() == "mine"


@pytest.mark.parametrize("act", [put, put_page], ids=["build", "assets"])
def test_the_folder_must_be_a_folder_of_its_own(tmp_path: Path, monkeypatch, act) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    (tmp_path / "file").write_text("mine")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("HOME", str(tmp_path / "real"))
    for name, reason in [
        ("link", "is a symbolic link"),
        ("dangling", "is a symbolic link"),
        ("file", "is not a folder"),
        ("pipe", "is not a folder"),
        ("real", "is not a folder for a site"),
    ]:
        assert f"{tmp_path / name} {reason}" in refusal(lambda name=name: act(tmp_path / name), tmp_path)
    with pytest.raises(FolderRefusedError, match="is not a folder for a site"):
        act(Path("/"))


@pytest.mark.parametrize("act", [put, put_page], ids=["build", "assets"])
def test_parents_of_the_folder_may_be_links_and_are_made(tmp_path: Path, act) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    act(tmp_path / "link" / "a" / "site")
    assert (tmp_path / "real" / "a" / "site").is_dir()


@pytest.mark.parametrize("act", [put, put_page], ids=["build", "assets"])
def test_a_folder_that_cannot_be_written_stays_as_it_is(tmp_path: Path, act) -> None:
    put(tmp_path / "site", OLD)
    (tmp_path / "site").chmod(0o555)
    before = everything_below(tmp_path)
    with pytest.raises(PermissionError):
        act(tmp_path / "site", disk=OrdinaryDisk())
    assert everything_below(tmp_path) == before
    (tmp_path / "site").chmod(0o755)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root; the test above imitates it")
def test_a_folder_that_is_really_read_only_stays_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "site", OLD)
    (tmp_path / "site").chmod(0o555)
    before = everything_below(tmp_path)
    with pytest.raises(PermissionError):
        put(tmp_path / "site", disk=Disk())
    assert everything_below(tmp_path) == before
    (tmp_path / "site").chmod(0o755)


def test_two_builds_of_one_folder_do_not_run_together(tmp_path: Path) -> None:
    with locked(tmp_path) as alone:
        assert alone
        for act in (put, put_page):
            assert "another podio-web" in refusal(lambda act=act: act(tmp_path), tmp_path)
    put(tmp_path)


def test_a_file_that_comes_while_the_site_is_written_stays(tmp_path: Path) -> None:
    class Meddling(QuickDisk):
        def write(self, path: Path, content: bytes) -> None:
            (tmp_path / "callback.html").write_text("mine")
            super().write(path, content)

    with pytest.raises(FolderRefusedError, match="try again"):
        put(tmp_path, disk=Meddling())
    assert (tmp_path / "callback.html").read_text() == "mine"
    assert not list(tmp_path.glob(".podio-web-*"))


def test_a_name_that_no_record_would_accept_is_a_mistake_of_the_build(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"index\.html is not a name"):
        put_site(tmp_path, {"index.html": b""}, NEW[1])


# --- builds that fail or are killed ---------------------------------------------------------------------------------


def test_a_build_that_is_killed_anywhere_leaves_a_site_that_works(tmp_path: Path) -> None:
    script = ROOT / "tests" / "unit" / "killed_builds.py"
    command = [sys.executable, script, tmp_path, ROOT / "static" / "callback.html"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert ran.returncode == 0, ran.stderr
    sites, assets = map(int, ran.stdout.split())
    assert sites > 100
    assert assets >= 4


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("halfway", [False, True])
def test_a_build_that_fails_anywhere_leaves_a_site_that_works(tmp_path: Path, number: int, halfway: bool) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number), "somewhere")

    at, failed = 0, True
    while failed:
        at += 1
        target = tmp_path / str(at)
        put(target, OLD)
        try:
            put(target, disk=StoppingDisk(at, fail, halfway=halfway, once=True))
        except OSError as problem:
            assert problem.errno == number
            assert not list(target.glob(".podio-web-*")) or at > 1, "no file is left behind"
        else:
            failed = False
        assert_works(target)
        put(target)
        assert_is(target, *NEW)
    assert at > 10


def test_ctrl_c_takes_its_temporary_file_along(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, disk=StoppingDisk(3, interrupt, halfway=True, once=True))
    assert not list(tmp_path.glob(".podio-web-*"))


def test_only_temporary_files_of_ours_are_removed(tmp_path: Path) -> None:
    with pytest.raises(BaseException, match="killed"):
        put(tmp_path, disk=StoppingDisk(2, lambda: (_ for _ in ()).throw(BaseException("killed"))))
    (left,) = tmp_path.glob(".podio-web-*")
    others = [tmp_path / ".podio-web-0123456789abcdef-0123456789abcdef.tmp", tmp_path / f"{left.name}.txt"]
    for other in others:
        other.write_text("mine")
    put(tmp_path)
    assert not left.exists()
    assert_is(tmp_path, *NEW, besides={other.name for other in others})


# --- records ------------------------------------------------------------------------------------------------------


def test_a_record_says_what_is_ours() -> None:
    owned = read_owned(text_of(NEW[1]))
    assert owned == {name: {integrity(content)} for name, content in NEW[0].items()}
    assert read_owned(unfinished({"callback.html": ["b", "a"]})) == {"callback.html": {"a", "b"}}


def test_a_record_that_is_changed_anywhere_is_not_ours() -> None:
    text = text_of(NEW[1])
    chance = random.Random(16)
    for _ in range(500):
        at = chance.randrange(len(text))
        changed = text[:at] + bytes([chance.randrange(32, 127)]) + text[at + 1 :]
        assert read_owned(changed) is None or json.loads(changed) == json.loads(text)


@pytest.mark.parametrize("number", range(60))
def test_a_forged_record_is_not_ours(number: int, tmp_path: Path) -> None:
    assert read_owned(forged_manifests(random.Random(number), tmp_path)) is None


# --- assets -------------------------------------------------------------------------------------------------------


def test_the_page_that_is_shipped_is_known_by_its_hash() -> None:
    """Add the hash of a changed page to the others: else `podio-web assets` never replaces it."""
    assert integrity(static_file("callback.html").read_bytes()) in SHIPPED_CALLBACK_PAGES


def test_a_page_of_an_earlier_version_is_replaced(tmp_path: Path, monkeypatch) -> None:
    put_page(tmp_path)
    put_callback_page(tmp_path, b"a later page", disk=DISK)
    assert (tmp_path / "static" / "callback.html").read_bytes() == b"a later page"
    assert "not made by podio-web, or changed since" in refusal(lambda: put_page(tmp_path), tmp_path)


# --- the command --------------------------------------------------------------------------------------------------

BUILD = ("--from-cdn", "--no-snapshot")


def test_the_command_refuses_with_the_list_and_status_1(tmp_path: Path, capsys) -> None:
    (tmp_path / "_headers").write_text("mine")
    (tmp_path / "podio-web.js").write_text("mine")
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "callback.html").write_text("mine")
    before = everything_below(tmp_path)
    assert cli.main(["build", str(tmp_path), *BUILD, "--base", "/"]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path / '_headers'}: " in said
    assert f"{tmp_path / 'podio-web.js'}: " in said
    assert cli.main(["assets", str(tmp_path)]) == 1
    assert f"{tmp_path / 'static' / 'callback.html'}: " in capsys.readouterr().err
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize(
    ("directory", "more", "address", "base"),
    [
        ("podio-web", (), "podio-web/podio-web.js", "/podio-web/"),
        ("public/podio-web", (), "podio-web/podio-web.js", "/podio-web/"),
        (".", (), "podio-web.js", "/"),
        ("site", ("--base", "/"), "/podio-web.js", "/"),
        ("site", ("--base", "/app/"), "/app/podio-web.js", "/app/"),
        ("site", ("--base", "/app"), "/app/podio-web.js", "/app/"),
    ],
)
def test_what_the_command_prints_and_writes_fits_the_folder(
    tmp_path: Path, monkeypatch, capsys, directory: str, more: tuple[str, ...], address: str, base: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["build", directory, *BUILD, *more]) == 0
    said = capsys.readouterr().out
    assert f'src="{address}"' in said
    if not more:
        # Beside the folder, as a page of the README has it.
        assert (Path(directory).parent / address).is_file()
    lines = Path(directory, "_headers").read_text().splitlines()
    assert f"{base}callback.html" in lines
    assert f"{base}podio-web.js" in lines
    assert (f"Copy {Path(directory) / '_headers'} to the top of your site" in said) == (base != "/")


def test_the_readme_shows_what_the_command_prints(tmp_path: Path, monkeypatch, capsys) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert "`podio-web build podio-web`" in readme
    assert "\npodio-web build podio-web\n" in hosting
    assert cli.main(["build", "podio-web", *BUILD]) == 0
    printed = capsys.readouterr().out.splitlines()[-1]
    assert printed.replace("…", "my-app") in readme
    assert "location = /podio-web/callback.html" in hosting
    assert "/podio-web/callback.html" in (tmp_path / "podio-web" / "_headers").read_text().splitlines()
