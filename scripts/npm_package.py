"""Make the folder of the npm package `podio-web`, which holds the built script tag and an ES module that loads it.

    .venv/bin/python scripts/npm_package.py build/npm --repository https://github.com/OWNER/podio-web

MicroPython is in the folder. Pyodide stays on the public CDN, and has no snapshot, which would be 6 MB. The folder is
ready for `npm publish`.
"""

import argparse
import base64
import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

import podio_web
from podio_web.site_builder import build_site
from podio_web.site_builder.site import NodeSteps

ROOT = Path(__file__).resolve().parent.parent
OWN = ROOT / "npm"
"""What only the npm package has: the ES module, its types, the command that copies, the README."""

REPOSITORY = "https://github.com/podio-web/podio-web"
INTEGRITY = "integrity.json"
SCRIPTS = ("podio-web.js", "fast-pyodide.mjs")
"""The scripts that a page names itself. They lead to all other files, with the hash of each."""

NOT_BUILT = re.compile(r"^const BUILT = null;.*$", re.MULTILINE)


def package_json(version: str, repository: str | None) -> dict[str, Any]:
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
        "description": "Sign users in to Podio from a web page, and call Podio's API",
        "keywords": ["podio", "oauth", "python", "micropython", "pyodide"],
        "license": "MIT",
        **source,
        "type": "module",
        "sideEffects": False,
        "types": "./index.d.ts",
        "exports": {
            ".": {"types": "./index.d.ts", "import": "./index.js", "default": "./index.js"},
            "./global": {"types": "./podio-web.d.ts"},
            "./*": "./*",
        },
        "bin": {"podio-web-copy": "copy.js"},
    }


def sha384(content: bytes) -> str:
    """Return the hash of a file for an ``integrity`` attribute, as CDNs show it.

    >>> sha384(b"alert(1)")[:14]
    'sha384-HT2E9Nf'
    """
    return f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"


def filled_in(text: str, values: dict[str, str]) -> str:
    """Return a text with values in the place of their names in braces.

    >>> filled_in("podio-web@{version}", {"version": "0.1.0"})
    'podio-web@0.1.0'
    """
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def entry_point(text: str, built: dict[str, str]) -> str:
    """Return the text of the ES module with what it must know of the build.

    Raises:
        ValueError: the text has no line, or several lines, to fill in.

    >>> entry_point("const BUILT = null; // filled in", {"version": "0.1.0"})
    'const BUILT = {"version": "0.1.0"};'
    """
    text, count = NOT_BUILT.subn(lambda line: f"const BUILT = {json.dumps(built)};", text)
    if count != 1:
        raise ValueError("npm/index.js must have one line `const BUILT = null;`")
    return text


def build(folder: Path) -> None:
    """Build the script tag into a folder. What an earlier build left there is replaced.

    Raises:
        BuildError: something that the build needs is missing.
    """
    steps = NodeSteps(make_snapshot=lambda node_modules, sources: None)
    build_site(folder, node_modules=ROOT / "node_modules", from_cdn=True, base="/podio-web/", steps=steps)


def describe(folder: Path, repository: str | None = None) -> None:
    """Write what the npm package has besides the built script tag.

    Args:
        folder: the folder with the script tag.
        repository: the address of the repository, without `.git`.
    """
    version = podio_web.__version__
    hashes = {name: sha384((folder / name).read_bytes()) for name in SCRIPTS}
    docs = f"{repository or REPOSITORY}/blob/v{version}/docs"
    built = {"version": version, "integrity": hashes["podio-web.js"], "docs": docs}
    written = {
        "index.js": entry_point((OWN / "index.js").read_text(encoding="utf-8"), built),
        "README.md": filled_in((OWN / "README.md").read_text(encoding="utf-8"), built),
        INTEGRITY: json.dumps(hashes, indent=2) + "\n",
        "package.json": json.dumps(package_json(version, repository), indent=2) + "\n",
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    for source in (OWN / "index.d.ts", OWN / "copy.js", ROOT / "LICENSE"):
        shutil.copyfile(source, folder / source.name)


def main() -> None:
    """Make the folder."""
    parser = argparse.ArgumentParser(prog="npm_package.py", description="Make the folder of the npm package.")
    parser.add_argument("folder", type=Path, help="where to make it")
    parser.add_argument("--repository", help="the repository's address, without .git")
    options = parser.parse_args()
    build(options.folder)
    describe(options.folder, options.repository)


if __name__ == "__main__":
    main()
