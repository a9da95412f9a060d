"""Write the files of a new app into a new folder."""

from __future__ import annotations

import shlex
import stat
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from podio_web.command_support import as_argument
from podio_web.site_builder import BuildError, build_site
from podio_web.site_builder.disk import Disk
from podio_web.site_builder.headers import callback_headers, headers_file, read_headers_file
from podio_web.site_builder.prebuilt import Prebuilt, need_prebuilt
from podio_web.site_builder.scripts import static_text

TEMPLATES = Path(__file__).with_name("templates")
SITE = "podio-web"
"""The folder of an app that has the interpreters and loaders, as ``podio-web build`` makes it."""

_SUFFIX = "-tpl"
_CALLBACK = "static/callback.html"
_FOR_BROWSERS = ("page", "script-tag")
_START = {"starlette": "python app.py", "flask": "python app.py", "script": "python script.py"}


class FolderTakenError(BuildError):
    """The folder cannot be that of a new app. The text says why and what to do. Nothing was written."""


def make_app(
    target: Path,
    kind: str = "page",
    *,
    prebuilt: Callable[[], Prebuilt] = need_prebuilt,
    disk: Disk | None = None,
) -> None:
    """Make a working app in a folder. Overwrite nothing, and leave nothing behind after an error.

    Args:
        target: The folder. It is made if it is missing. If it exists, it must be empty.
        kind: One of ``podio_web.new_app.KINDS``.
        prebuilt: Returns the interpreters and loaders of a page.
        disk: The file system. Tests pass one that fails.

    Raises:
        BuildError: The folder cannot be used or written, or podio-web-assets is not installed.

    Examples:
        >>> make_app(Path("my-script"), "script")
        >>> sorted(path.name for path in Path("my-script").iterdir())
        ['.gitignore', 'README.md', 'script.py', 'test_script.py']
    """
    disk = disk or Disk()
    site = prebuilt() if kind in _FOR_BROWSERS else None
    files = _files(kind)
    try:
        with ExitStack() as undo:
            _make_folder(target, disk, undo)
            if site is not None:
                disk.make_folder(target / SITE, new=True)  # all files in it are made here
                undo.callback(_remove_all, target / SITE, disk)
                build_site(target / SITE, prebuilt=site, base=f"/{SITE}", disk=disk)
                files["_headers"] = _headers(target / SITE, files)
            for name, content in files.items():
                for folder in reversed(Path(name).parents[:-1]):
                    undo.callback(_remove_empty, target / folder, disk)
                    disk.make_folder(target / folder)
                _write(target / name, content, disk, undo)
            undo.pop_all()
    except OSError as problem:
        place = problem.filename or target
        raise BuildError(
            f"cannot write {place}: {problem.strerror or problem}. Choose another folder, in which you may write."
        ) from problem


def next_steps(target: Path, kind: str) -> str:
    """Return what the user can do with a new app.

    >>> print(next_steps(Path("my-app"), "page"))
    Made my-app. Try it:
      cd my-app
      podio-web serve .
    """
    lines = [f"Made {target}. Try it:"]
    if target != Path():
        lines.append(f"  cd {shlex.quote(as_argument(target))}")
    if kind in _FOR_BROWSERS:
        lines.append("  podio-web serve .")
    else:
        lines += ["  podio-web sandbox", f"  {_START[kind]}    (in another terminal, in the same folder)"]
    return "\n".join(lines)


def _files(kind: str) -> dict[str, bytes]:
    """Return the contents of an app's own files by their names."""
    folder = TEMPLATES / kind
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix().removesuffix(_SUFFIX): path.read_bytes() for path in found}
    if kind == "page":
        files[_CALLBACK] = static_text("callback.html").encode()
    return files


def _headers(site: Path, files: Mapping[str, bytes]) -> bytes:
    """Return the app's ``_headers``, which hosts read at the top of a site."""
    rules = read_headers_file((site / "_headers").read_text(encoding="utf-8"))
    if _CALLBACK in files:
        callback = callback_headers(files[_CALLBACK].decode())
        # Some hosts leave out the suffix of a page.
        rules |= {f"/{name}": callback for name in (_CALLBACK, _CALLBACK.removesuffix(".html"))}
    return headers_file(rules).encode()


def _make_folder(target: Path, disk: Disk, undo: ExitStack) -> None:
    """Make the folder and those around it that are missing. Raise FolderTakenError unless it is empty then."""
    found = disk.status(target)
    if found is not None and not stat.S_ISDIR(found.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a folder"
        raise FolderTakenError(f"{target} is {kind}. Choose another name.")
    if found is not None and disk.names(target):
        raise FolderTakenError(f"{target} has files. Choose another name, or an empty folder.")
    for folder in reversed([each for each in (target, *target.parents) if disk.status(each) is None]):
        undo.callback(_remove_empty, folder, disk)
        disk.make_folder(folder)


def _write(path: Path, content: bytes, disk: Disk, undo: ExitStack) -> None:
    try:
        disk.write(path, content)
    except FileExistsError:
        raise  # It belongs to another program.
    except BaseException:
        _remove_all(path, disk)
        raise
    undo.callback(_remove_all, path, disk)


def _remove_empty(folder: Path, disk: Disk) -> None:
    with suppress(OSError):
        disk.remove_folder(folder)


def _remove_all(path: Path, disk: Disk) -> None:
    """Remove a file, or a folder with everything in it, as far as possible."""
    with suppress(OSError):
        found = disk.status(path)
        if found is None:
            return
        if not stat.S_ISDIR(found.st_mode):
            disk.remove(path)
            return
        for name in disk.names(path):
            _remove_all(path / name, disk)
        disk.remove_folder(path)
