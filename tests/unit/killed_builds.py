"""Kill builds at every operation, each in a process of its own; run by `test_build_folder.py`, and prints how many.

A process that forks must have one thread, which pytest does not promise.
"""

import os
import shutil
import sys
from pathlib import Path

from podio_web.site_builder.folder import put_assets, put_site
from tests.unit.small_sites import QuickDisk, StoppingDisk, assert_is, assert_works, small_site

KILLED = 9


def kill(act, *arguments, at: int, halfway: bool) -> bool:
    """Tell whether a build in another process was killed at an operation; it was not if it has fewer."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            act(*arguments, disk=StoppingDisk(at, lambda: os._exit(KILLED), halfway=halfway))
            status = 0
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(ended)
    assert code in (0, KILLED), f"the build failed by itself at {at}, halfway: {halfway}"
    return code == KILLED


def killed_sites(parent: Path) -> int:
    """Kill the second build over a first one, and the first build; then build the same or another edition."""
    old, new, other = (small_site(edition) for edition in ("old", "new", "other"))
    kills = 0
    for before, afters in ((None, [new]), (old, [new, other, old])):
        for after in afters:
            for halfway in (False, True):
                at = 0
                while True:
                    at += 1
                    target = parent / "site"
                    shutil.rmtree(target, ignore_errors=True)
                    if before:
                        put_site(target, *before, disk=QuickDisk())
                        (target / "mine.txt").write_text("mine")
                    killed = kill(put_site, target, *new, at=at, halfway=halfway)
                    if before:
                        assert_works(target)
                        assert (target / "mine.txt").read_text() == "mine"
                        # A second kill on the way, at the same place.
                        kill(put_site, target, *after, at=at, halfway=halfway)
                        assert_works(target)
                    put_site(target, *after, disk=QuickDisk())
                    assert_works(target)
                    assert_is(target, *after, besides={"mine.txt"})
                    kills += killed
                    if not killed:
                        break
    return kills


def killed_assets(parent: Path) -> int:
    """Kill the first run, and a later version's over it; then run the same or the earlier version again."""
    page = Path(sys.argv[2]).read_bytes()
    old = {"static/callback.html": page, "pyscript/core.js": b"old"}
    new = {"static/callback.html": b"a later page", "pyscript/core.js": b"new", "pyscript/core-2.js": b"new"}
    kills = 0
    for before, after in ((None, new), (old, new), (old, old)):
        for halfway in (False, True):
            at = 0
            while True:
                at += 1
                target = parent / "page"
                shutil.rmtree(target, ignore_errors=True)
                if before:
                    put_assets(target, before, disk=QuickDisk())
                killed = kill(put_assets, target, new, at=at, halfway=halfway)
                for name, content in new.items():
                    path = target / name
                    assert not path.exists() or path.read_bytes() in (content, (before or {}).get(name))
                put_assets(target, after, disk=QuickDisk())
                assert {name: (target / name).read_bytes() for name in after} == after
                assert not list(target.rglob(".podio-web-*"))
                kills += killed
                if not killed:
                    break
    return kills


if __name__ == "__main__":
    print(killed_sites(Path(sys.argv[1])), killed_assets(Path(sys.argv[1])))
