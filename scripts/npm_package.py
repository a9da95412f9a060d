"""Make the folder of the npm package `podio-web`, which holds the built script tag.

    .venv/bin/python scripts/npm_package.py build/npm --repository https://github.com/OWNER/podio-web

Interpreters stay on the public CDN. The folder is ready for `npm publish`.
"""

import argparse
import json
import shutil
from pathlib import Path

import podio_web
from podio_web.site_builder import build_site

ROOT = Path(__file__).resolve().parent.parent


def package_json(version: str, repository: str | None) -> dict[str, object]:
    """Return the metadata of the npm package.

    Args:
        version: the version of podio-web.
        repository: the address of the repository. npm compares it with the one that a release comes from.

    >>> package_json("0.1.0", None)["name"]
    'podio-web'
    """
    source = {"repository": {"type": "git", "url": f"git+{repository}.git"}} if repository else {}
    return {
        "name": "podio-web",
        "version": version,
        "description": "Sign a person in to Podio from a web page, and work with their data",
        "license": "MIT",
        "type": "module",
        "exports": {".": {"types": "./podio-web.d.ts", "default": "./podio-web.js"}, "./*": "./*"},
        **source,
    }


def main() -> None:
    """Build the script tag, and describe it for npm."""
    parser = argparse.ArgumentParser(prog="npm_package.py", description="Make the folder of the npm package.")
    parser.add_argument("folder", type=Path, help="where to make it")
    parser.add_argument("--repository", help="the repository's address, without .git")
    options = parser.parse_args()
    folder: Path = options.folder
    build_site(folder, node_modules=ROOT / "node_modules", from_cdn=True, base="/")
    metadata = package_json(podio_web.__version__, options.repository)
    (folder / "package.json").write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")


if __name__ == "__main__":
    main()
