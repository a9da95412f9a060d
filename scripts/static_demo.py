"""Write the demo as static files, with the sandbox inside the page. Any web server can serve the folder.

.venv/bin/python scripts/static_demo.py FOLDER
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from docs_runtime import runtime_files

from podio_web.sandbox.demo_server import BASE, BUILT, Site
from podio_web.site_builder.hashes import short_hash
from podio_web.site_builder.interpreters import PYSCRIPT
from podio_web.site_builder.page_modules import OPTIONAL_PARTS, page_files
from podio_web.site_builder.record import MANIFEST
from podio_web.site_builder.scripts import as_it_is, loader

ROOT = Path(__file__).resolve().parent.parent
NODE_MODULES = ROOT / "node_modules"

# Packages that neither the demo nor the sandbox imports.
_UNUSED = {("podio_web", "hooks"), ("podio_web", "items"), ("podio_web", "web")}

# The same as the policy of the served demo, as far as an element can set it. Nothing outside the folder is loaded.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)

_CHARSET = '<meta charset="utf-8">'


def write_demo(folder: Path) -> None:
    """Write the demo into a folder. Files of the same names are replaced.

    Args:
        folder: The folder. It is made if it is absent.

    Raises:
        SystemExit: The site of ``make site`` is missing.
        BuildError: Node.js or a package of npm is missing. The text says what to do.

    Examples:
        >>> write_demo(Path(".make/demo"))
    """
    for name, content in demo_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def demo_files() -> dict[str, bytes]:
    """Return the contents of the demo's files by name.

    Raises:
        SystemExit: The site of ``make site`` is missing.
        BuildError: Node.js or a package of npm is missing. The text says what to do.

    Examples:
        >>> "index.html" in demo_files()
        True
    """
    config = Site(ROOT).config()
    if config["site"] is None:
        raise SystemExit("The interpreters are not built. Run: make site")
    way = config["site"]["py"]
    archive = sandbox_archive()
    name = f"sandbox-{short_hash(archive)}.zip"
    ours = {
        "client_id": config["client_id"],
        "control": True,
        "site": {"py": way},
        "sandbox": {"url": name, "bytes": len(archive)},
    }
    found = {
        "index.html": _with_policy((ROOT / "index.html").read_text(encoding="utf-8")),
        "config.json": json.dumps(ours, indent=1).encode(),
        name: archive,
        "vendor/pico/pico.min.css": (NODE_MODULES / "@picocss/pico/css/pico.min.css").read_bytes(),
        **_callback(),
        **_interpreter(way),
    }
    for path in sorted((ROOT / "static" / "demo").iterdir()):
        if path.is_file():
            # A service worker is for its own folder.
            found[path.name if path.name == "worker.js" else f"static/demo/{path.name}"] = path.read_bytes()
    return found


def sandbox_archive() -> bytes:
    """Return a ZIP archive of the sandbox and its packages, without what the archives of pages have.

    The same sources always give the same bytes.

    Raises:
        BuildError: Node.js or Pyodide is missing. The text says what to do.

    Examples:
        >>> names = zipfile.ZipFile(io.BytesIO(sandbox_archive())).namelist()
        >>> "podio_web/sandbox/in_page.pyc" in names, "podio_web/client.pyc" in names
        (True, False)
    """
    known = {*page_files(), *(name for part in OPTIONAL_PARTS for name in page_files(part))}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        for name, content in sorted(runtime_files(NODE_MODULES).items()):
            source = name.removesuffix("c") if name.endswith(".pyc") else name
            if source in known or PurePosixPath(name).parts[:2] in _UNUSED:
                continue
            entry = zipfile.ZipInfo(name)  # with the earliest date that a ZIP file knows
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, content)
    return made.getvalue()


def _interpreter(way: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the files that bring Python into the page, by their addresses.

    The loader knows of no snapshot of Pyodide's memory, which would more than double the download of the first visit.
    """
    core = way["core"].rpartition("/")[0]
    pyscript = {f"{core}/{name}" for name in PYSCRIPT.files if not name.startswith(("codemirror", "xterm"))}
    addresses = {*way["parts"].values(), *(file["url"] for file in way["downloads"]), *pyscript}
    site = ROOT / BUILT
    found = {address: (site / address.removeprefix(BASE[1:])).read_bytes() for address in sorted(addresses)}
    manifest = json.loads((site / MANIFEST).read_text(encoding="utf-8"))
    start = {**manifest["pyodide"], "snapshot": None, "bundle": manifest["bundle"], "packages": None}
    return {**found, way["interpreter"]: loader("fast-pyodide.mjs", start, as_it_is)}


def _with_policy(page: str) -> bytes:
    """Return a page with the policy."""
    meta = f'{_CHARSET}\n    <meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return page.replace(_CHARSET, meta, 1).encode()


def _callback() -> dict[str, bytes]:
    """Return the callback page with its script in a file, because the host's policy may forbid inline scripts."""
    page = (ROOT / "static" / "callback.html").read_text(encoding="utf-8")
    (script,) = re.findall(r"<script>\n(.*?)</script>", page, re.DOTALL)
    outside = page.replace(f"<script>\n{script}</script>", '<script src="callback.js"></script>')
    return {"static/callback.html": outside.encode(), "static/callback.js": script.encode()}


def main(arguments: Sequence[str]) -> int:
    """Write the demo into the folder that ``arguments`` name. Return the exit status."""
    if len(arguments) != 1:
        print("Usage: static_demo.py FOLDER", file=sys.stderr)
        return 2
    write_demo(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
