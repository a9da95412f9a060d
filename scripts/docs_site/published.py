"""Keep the documentation of each minor version in a folder of its own, beside the latest one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

LATEST = "latest"
_MINOR = re.compile(r"\d+\.\d+")
_BODY = re.compile(r"<body[^>]*>")
_BANNER = '<aside class="docs-old" aria-label="Version">'
_INDEX = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>podio-web</title>
<meta http-equiv="refresh" content="0; url=latest/">
<p><a href="latest/">The documentation of podio-web</a></p>
</html>
"""


def publish(site: Path, folder: Path, version: str) -> None:
    """Put a built site into the folder that a host serves. Pages of older versions get a banner.

    Args:
        site: The built site.
        folder: The folder with a folder for each minor version, and ``latest``.
        version: The version that the site is about, such as ``"0.1.0"``.

    >>> publish(Path(".make/docs"), Path("pages"), "0.1.0")
    """
    minor = ".".join(version.split(".")[:2])
    _replace(site, folder / minor)
    minors = sorted((each.name for each in folder.iterdir() if _MINOR.fullmatch(each.name)), key=_number)
    if minor == minors[-1]:
        _replace(site, folder / LATEST)
    for old in minors[:-1]:
        _add_banners(folder, old)
    (folder / "index.html").write_text(_INDEX, encoding="utf-8")
    (folder / ".nojekyll").touch()  # GitHub would leave out files such as _headers.


def _number(minor: str) -> list[int]:
    return [int(part) for part in minor.split(".")]


def _replace(site: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(site, target)


def _add_banners(folder: Path, minor: str) -> None:
    for path in sorted((folder / minor).rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        body = _BODY.search(page)
        if _BANNER in page or body is None:
            continue
        name = path.relative_to(folder / minor)
        now = name.as_posix() if (folder / LATEST / name).is_file() else ""
        link = f'<a href="{"../" * len(name.parts)}{LATEST}/{now}">Read about the latest version</a>'
        banner = f"{_BANNER}This page is about podio-web {minor}. {link}.</aside>"
        path.write_text(page[: body.end()] + banner + page[body.end() :], encoding="utf-8")
