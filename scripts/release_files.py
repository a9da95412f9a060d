"""Complete the files of a release: a zip of the built site for people without Python and npm, and checksums.

    .venv/bin/python scripts/release_files.py .make/site release/files release/python release/npm

The zip and `SHA256SUMS` go into the second folder. `SHA256SUMS` has the files of all folders that are named after the
site. Compare them with `sha256sum --check --ignore-missing SHA256SUMS`.
"""

import argparse
import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

import podio_web
from podio_web.site_builder.prebuilt import Prebuilt
from podio_web.site_builder.record import MANIFEST

SUMS = "SHA256SUMS"
# Zip files have dates. The same site makes the same zip.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def write_zip(site: Path, target: Path) -> Path:
    """Write what `podio-web build podio-web` makes as a zip into a folder, and return its path.

    Args:
        site: the folder that `podio-web build` has made.
        target: where to put the zip.

    Raises:
        BuildError: the site is not one of this version of podio-web, or a file of it has changed.
    """
    prebuilt = Prebuilt(site)
    contents = {name: prebuilt.read(name) for name in prebuilt.names}
    contents |= {name: (site / name).read_bytes() for name in ("_headers", MANIFEST)}
    path = target / f"podio-web-{podio_web.__version__}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(f"podio-web/{name}", _LONG_AGO)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return path


def checksums(folders: Iterable[Path]) -> str:
    """Return the lines of `sha256sum` for every file in folders, by the names that a release shows.

    Raises:
        ValueError: two files have one name. A release cannot have both.

    >>> checksums([])
    ''
    """
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()):
        if path.name == SUMS:
            continue
        if path.name in found:
            raise ValueError(f"{path} and {found[path.name]} have the same name. Rename one of them.")
        found[path.name] = path
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in sorted(found.items()))


def main() -> None:
    """Write the zip and the checksums."""
    parser = argparse.ArgumentParser(prog="release_files.py", description="Write a zip of the site, and checksums.")
    parser.add_argument("site", type=Path, help="the folder that podio-web build has made")
    parser.add_argument("target", type=Path, help="where to put the zip and the checksums")
    parser.add_argument("folders", type=Path, nargs="*", help="other folders with files of the release")
    options = parser.parse_args()
    target: Path = options.target
    target.mkdir(parents=True, exist_ok=True)
    write_zip(options.site, target)
    (target / SUMS).write_text(checksums([target, *options.folders]), encoding="utf-8")


if __name__ == "__main__":
    main()
