"""A build and `podio-web assets` in folders that hold anything, and killed anywhere: no harm to what is not ours."""

import errno
import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from podio_web.site_builder.disk import Disk, locked
from podio_web.site_builder.folder import FolderRefusedError, put_assets, put_site
from podio_web.site_builder.hashes import integrity
from podio_web.site_builder.record import (
    ASSETS,
    LIMIT,
    MANIFEST,
    UNFINISHED,
    asset_record,
    read_assets,
    read_owned,
    sealed,
    text_of,
    unfinished,
)
from podio_web.site_builder.static_files import SHIPPED_CALLBACK_PAGES, static_file
from tests.conftest import ROOT
from tests.platforms import needs_posix
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
FILES = {"static/callback.html": PAGE, "podio_web-new-py3-none-any.whl": b"archive", "pyscript/core.js": b"core"}
OLD, NEW = small_site("old"), small_site("new")
DISK = QuickDisk()
NEW_FOLDER = next(name.rpartition("/")[0] for name in NEW[0] if name.count("/") == 2)


def put(target: Path, site=NEW, disk: Disk = DISK) -> None:
    put_site(target, *site, disk=disk)


def put_page_assets(target: Path, disk: Disk = DISK) -> None:
    put_assets(target, FILES, disk=disk)


# Folders of ours go when the last file in them has gone.
EMPTY_FOLDERS = {f"site/{name.rpartition('/')[0]}" for name in OLD[0] if name.count("/") == 2}

# --- folders that hold anything -----------------------------------------------------------------------------------

NAMES = [
    *OLD[0],
    *NEW[0],
    *(name.upper() for name in ("callback.html", "podio-web.js")),
    "assets",
    "static",
    NEW_FOLDER,
    "manifest.json",
    MANIFEST,
    UNFINISHED,
    ASSETS,
    "pyscript",
    *FILES,
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
            asset_record({"index.html": [integrity(b"mine")], "static/callback.html": [integrity(b"mine")]}),
            text_of(sealed({"headers": headers, "files": {}, "padding": " " * LIMIT})),
        ]
    )


def is_reachable(path: Path, target: Path) -> bool:
    """Tell whether every folder on the way is a folder or absent."""
    folders = [folder for folder in path.parents if folder.is_relative_to(target) and os.path.lexists(folder)]
    return all(folder.is_dir() and not folder.is_symlink() for folder in folders)


def take_away(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()


def put_something(path: Path, outside: Path, chance: random.Random, usual: bytes) -> None:
    """Put nothing, or a file, link, folder or pipe, at a path that is free."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def full() -> None:
        path.mkdir()
        (path / "mine.txt").write_text("mine")

    chance.choice(
        [
            lambda: None,
            lambda: path.write_bytes(chance.choice([b"", b"mine", b"\0" * 1000])),
            lambda: path.write_bytes(usual),
            lambda: path.write_bytes(forged_manifests(chance, outside)),
            lambda: path.symlink_to(outside / "file.txt"),
            lambda: path.symlink_to(outside / "folder", target_is_directory=True),
            lambda: path.symlink_to(outside / "absent"),
            lambda: path.symlink_to("index.html"),
            lambda: os.link(outside / "file.txt", path),
            lambda: os.mkfifo(path),
            path.mkdir,
            full,
        ]
    )()


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
        if not is_reachable(path, target):
            continue
        take_away(path)
        put_something(path, outside, chance, NEW[0].get(name, PAGE))
        ours = {one for one in ours if one != name and not one.startswith(f"{name}/")}
    if chance.random() < 0.3:
        path = chance.choice([path for path in (target, *sorted(target.rglob("*"))) if not path.is_symlink()])
        path.chmod(0o555 if path.is_dir() else chance.choice([0o444, 0o200]))
    # Without the manifest nothing in the folder is ours.
    return ours if MANIFEST in ours else set()


def outcome_of(act: Callable[..., None], target: Path) -> str:
    try:
        act(target, disk=OrdinaryDisk())
    except FolderRefusedError as refused:
        return str(refused)
    except PermissionError:
        return "failed"
    return "written"


@needs_posix("named pipes and file modes")
@pytest.mark.parametrize("act", [put, put_page_assets], ids=["build", "assets"])
def test_nothing_that_is_not_ours_is_changed_or_removed(tmp_path: Path, act: Callable[..., None]) -> None:
    """In 200 folders each for `build` and `assets`."""
    outcomes = Counter[str]()
    for number in range(200):
        parent = tmp_path / str(number)
        target = parent / "site"
        left = clutter(parent, target, random.Random(number))
        # For `assets` what a build has made is somebody else's.
        ours = {f"site/{name}" for name in left} if act is put else set()
        before = everything_below(parent)
        outcome = outcome_of(act, target)
        after = everything_below(parent)
        foreign = {path: what for path, what in before.items() if path not in ours | EMPTY_FOLDERS}
        assert {path: after.get(path) for path in foreign} == foreign, f"folder {number}"
        if outcome == "written" and act is put:
            assert_works(target)
            assert {name: (target / name).read_bytes() for name in NEW[0]} == NEW[0]
        elif outcome == "written":
            assert {name: (target / name).read_bytes() for name in FILES} == FILES
        elif outcome != "failed":
            assert after == before, f"something was written before folder {number} was refused"
            assert str(target) in outcome
        outcomes[outcome if outcome in ("written", "failed") else "refused"] += 1
    assert min(outcomes[kind] for kind in ("written", "refused", "failed")) > 3, outcomes


# --- each case by itself ------------------------------------------------------------------------------------------


def refusal(act: Callable[[], None], parent: Path) -> str:
    before = everything_below(parent)
    with pytest.raises(FolderRefusedError) as refused:
        act()
    assert everything_below(parent) == before
    return str(refused.value)


@needs_posix("named pipes")
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


@pytest.mark.parametrize(
    "name", ["podio-web.js", "callback.html", "_headers", MANIFEST, UNFINISHED, "assets/podio_web"]
)
def test_a_file_of_ours_that_was_edited_is_somebody_else_s(tmp_path: Path, name: str) -> None:
    put(tmp_path, OLD)
    if name == UNFINISHED:
        (tmp_path / name).write_bytes(unfinished({}))
    path = next(path for path in sorted(tmp_path.glob(f"{name}*")) if path.is_file())
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


@needs_posix("links without special rights")
@pytest.mark.parametrize("folder", ["assets", NEW_FOLDER])
def test_no_folder_on_the_way_may_be_a_link(tmp_path: Path, folder: str) -> None:
    target = tmp_path / "site"
    put(target, NEW)
    (target / folder).rename(tmp_path / "moved")
    (target / folder).symlink_to(tmp_path / "moved")
    assert f"{target / folder}: a symbolic link" in refusal(lambda: put(target), tmp_path)


@needs_posix("links without special rights")
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


@needs_posix("named pipes")
@pytest.mark.parametrize("act", [put, put_page_assets], ids=["build", "assets"])
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
        assert f"{tmp_path / name} {reason}" in refusal(partial(act, tmp_path / name), tmp_path)
    with pytest.raises(FolderRefusedError, match="is not a folder for a site"):
        act(Path("/"))


@needs_posix("a database of users")
@pytest.mark.parametrize("act", [put, put_page_assets], ids=["build", "assets"])
def test_a_user_without_a_home_may_build(tmp_path: Path, monkeypatch, act) -> None:
    """As in a container that runs as a number that no user has."""

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    act(tmp_path / "site")
    with pytest.raises(FolderRefusedError, match="is not a folder for a site"):
        act(Path("/"))


@pytest.mark.parametrize("act", [put, put_page_assets], ids=["build", "assets"])
def test_a_folder_inside_may_be_a_file_system_of_its_own(tmp_path: Path, act) -> None:
    class Mounted(QuickDisk):
        def replace(self, source: Path, target: Path) -> None:
            if source.parent != target.parent:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source), None, str(target))
            super().replace(source, target)

    act(tmp_path / "site", disk=Mounted())
    act(tmp_path / "usual")
    assert everything_below(tmp_path / "site") == everything_below(tmp_path / "usual")


@needs_posix("links without special rights")
@pytest.mark.parametrize("act", [put, put_page_assets], ids=["build", "assets"])
def test_parents_of_the_folder_may_be_links_and_are_made(tmp_path: Path, act) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    act(tmp_path / "link" / "a" / "site")
    assert (tmp_path / "real" / "a" / "site").is_dir()


@needs_posix("file modes")
@pytest.mark.parametrize("act", [put, put_page_assets], ids=["build", "assets"])
def test_a_folder_that_cannot_be_written_stays_as_it_is(tmp_path: Path, act) -> None:
    put(tmp_path / "site", OLD)
    (tmp_path / "site").chmod(0o555)
    before = everything_below(tmp_path)
    with pytest.raises(PermissionError):
        act(tmp_path / "site", disk=OrdinaryDisk())
    assert everything_below(tmp_path) == before
    (tmp_path / "site").chmod(0o755)


@needs_posix("file modes")
@pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="nothing is read-only for root; the test above imitates it"
)
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
        for act in (put, put_page_assets):
            assert "another podio-web" in refusal(partial(act, tmp_path), tmp_path)
    put(tmp_path)


def test_a_file_that_comes_while_the_site_is_written_stays(tmp_path: Path) -> None:
    class Meddling(QuickDisk):
        def write(self, path: Path, content: bytes) -> None:
            (tmp_path / "callback.html").write_text("mine")
            super().write(path, content)

    with pytest.raises(FolderRefusedError, match="try again"):
        put(tmp_path, disk=Meddling())
    assert (tmp_path / "callback.html").read_text() == "mine"
    assert not list(tmp_path.rglob(".podio-web-*"))


@needs_posix("links without special rights")
@pytest.mark.parametrize(("act", "folder"), [(put, "assets"), (put_page_assets, "static")], ids=["build", "assets"])
def test_nothing_is_written_through_a_link_that_comes_meanwhile(tmp_path: Path, act, folder: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    written = []

    class Meddling(QuickDisk):
        def make_folder(self, path: Path, *, new: bool = False) -> None:
            if path.name == folder:
                path.symlink_to(outside)
            super().make_folder(path, new=new)

        def write(self, path: Path, content: bytes) -> None:
            written.append(path.resolve().parent)
            super().write(path, content)

    with pytest.raises(FolderRefusedError, match="is a symbolic link: it came while the site was written"):
        act(tmp_path / "site", disk=Meddling())
    assert outside not in written
    assert not list(outside.iterdir())


def test_a_name_that_no_record_would_accept_is_a_mistake_of_the_build(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"index\.html is not a name"):
        put_site(tmp_path, {"index.html": b""}, NEW[1])
    with pytest.raises(ValueError, match=r"\.\./index\.html is not a name"):
        put_assets(tmp_path, {"../index.html": b""})


# --- builds that fail or are killed ---------------------------------------------------------------------------------


@needs_posix("fork")
def test_a_build_that_is_killed_anywhere_leaves_a_site_that_works(tmp_path: Path) -> None:
    script = ROOT / "tests" / "unit" / "killed_builds.py"
    command: list[str | Path] = [sys.executable, script, tmp_path, ROOT / "static" / "callback.html"]
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

    counting = StoppingDisk(0, fail, halfway=halfway, once=True)
    put(tmp_path / "all", OLD)
    put(tmp_path / "all", disk=counting)
    assert counting.count > 10
    for at in range(1, counting.count + 1):
        target = tmp_path / str(at)
        put(target, OLD)
        with pytest.raises(OSError, match="somewhere"):
            put(target, disk=StoppingDisk(at, fail, halfway=halfway, once=True))
        assert_works(target)
        assert not list(target.rglob(".podio-web-*")), "an error leaves no temporary file"
        put(target)
        assert_is(target, *NEW)


def test_ctrl_c_takes_its_temporary_file_along(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, disk=StoppingDisk(3, interrupt, halfway=True, once=True))
    assert not list(tmp_path.rglob(".podio-web-*"))


def test_only_temporary_files_of_ours_are_removed(tmp_path: Path) -> None:
    with pytest.raises(BaseException, match="killed"):
        put(tmp_path, disk=StoppingDisk(2, lambda: (_ for _ in ()).throw(BaseException("killed"))))
    (left,) = tmp_path.rglob(".podio-web-*")
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
    forged = forged_manifests(random.Random(number), tmp_path)
    assert read_owned(forged) is None
    assert read_assets(forged) is None


# --- assets -------------------------------------------------------------------------------------------------------


def test_the_page_that_is_shipped_is_known_by_its_hash() -> None:
    """Add the hash of a changed page to the others: else `podio-web assets` never replaces it."""
    assert integrity(static_file("callback.html").read_bytes()) in SHIPPED_CALLBACK_PAGES


def later(name: str) -> dict[str, bytes]:
    return {**FILES, name: b"a later version"}


@pytest.mark.parametrize("name", FILES)
def test_what_an_earlier_version_wrote_is_replaced(tmp_path: Path, name: str) -> None:
    put_page_assets(tmp_path)
    put_assets(tmp_path, later(name), disk=DISK)
    assert (tmp_path / name).read_bytes() == b"a later version"


@pytest.mark.parametrize("name", FILES)
def test_what_somebody_changed_since_stays(tmp_path: Path, name: str) -> None:
    put_page_assets(tmp_path)
    (tmp_path / name).write_bytes(b"mine")
    problem = refusal(partial(put_assets, tmp_path, later(name), disk=DISK), tmp_path)
    assert f"{tmp_path / name}: not made by podio-web, or changed since" in problem


def test_a_callback_page_from_before_there_were_records_is_replaced(tmp_path: Path) -> None:
    put_page_assets(tmp_path)
    (tmp_path / ASSETS).unlink()
    put_assets(tmp_path, later("static/callback.html"), disk=DISK)
    assert (tmp_path / "static" / "callback.html").read_bytes() == b"a later version"


def test_without_the_record_the_same_files_are_no_problem_and_others_are(tmp_path: Path) -> None:
    put_page_assets(tmp_path)
    (tmp_path / ASSETS).unlink()
    assert "core.js" in refusal(partial(put_assets, tmp_path, later("pyscript/core.js"), disk=DISK), tmp_path)
    put_page_assets(tmp_path)
    put_assets(tmp_path, later("pyscript/core.js"), disk=DISK)


def test_what_is_no_longer_asked_for_stays_and_is_still_known(tmp_path: Path) -> None:
    put_page_assets(tmp_path)
    put_assets(tmp_path, {"podio_web-newer-py3-none-any.whl": b"archive"}, disk=DISK)
    put_assets(tmp_path, later("pyscript/core.js"), disk=DISK)
    assert (tmp_path / "pyscript" / "core.js").read_bytes() == b"a later version"


def test_a_second_time_nothing_is_written(tmp_path: Path) -> None:
    put_page_assets(tmp_path)
    before = everything_below(tmp_path)
    put_page_assets(tmp_path, disk=StoppingDisk(1, lambda: pytest.fail("something was written")))
    assert everything_below(tmp_path) == before


def test_what_a_build_put_into_the_same_folder_stays_and_the_next_build_works(tmp_path: Path) -> None:
    put(tmp_path)
    put_page_assets(tmp_path)
    assert (tmp_path / "podio_web-new-py3-none-any.whl").read_bytes() == b"new"
    assert (tmp_path / "static" / "callback.html").read_bytes() == PAGE
    put(tmp_path, OLD)
    assert_works(tmp_path)


def test_a_build_takes_over_the_files_of_assets_and_only_those(tmp_path: Path) -> None:
    put_page_assets(tmp_path)
    put(tmp_path)
    assert (tmp_path / "podio_web-new-py3-none-any.whl").read_bytes() == b"new"
    put(tmp_path, OLD)
    assert_works(tmp_path)
    assert (tmp_path / "pyscript" / "core.js").read_bytes() == b"core"
    put_page_assets(tmp_path)
    (tmp_path / "podio_web-new-py3-none-any.whl").write_bytes(b"mine")
    assert "podio_web-new-py3-none-any.whl: not made by podio-web" in refusal(partial(put, tmp_path), tmp_path)
