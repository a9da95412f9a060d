"""Build the documentation's site into .make/docs, or serve it.

.venv/bin/python scripts/docs.py build
.venv/bin/python scripts/docs.py serve --port 8000
.venv/bin/python scripts/docs.py publish pages
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from docs_site.build import SITE, build
from docs_site.prepared import BadPage
from docs_site.published import publish
from docs_site.server import DocsServer

import podio_web
from podio_web.serve.changes import fingerprint

ROOT = Path(__file__).resolve().parent.parent
_PAUSE = 1.0  # seconds between two looks at the sources


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Return the exit status."""
    parser = argparse.ArgumentParser(prog="docs.py", description="Build the documentation's site.")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    building = commands.add_parser("build", help=f"build it into {SITE}")
    building.add_argument("--ref", default="main", help="branch or tag that links to the repository lead to")
    serving = commands.add_parser("serve", help="build it, serve it, and build it again on change")
    serving.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000; 0 picks a free one)")
    publishing = commands.add_parser("publish", help="put the built site into a folder with those of other versions")
    publishing.add_argument("folder", type=Path, metavar="DIR", help="folder with a folder for each minor version")
    options = parser.parse_args(arguments)
    if options.command == "publish":
        publish(ROOT / SITE, options.folder, podio_web.__version__)
        return 0
    if options.command == "build":
        return _build(options.ref)
    try:
        return _serve(options.port)
    except KeyboardInterrupt:
        print()
        return 0


def _build(ref: str = "main") -> int:
    try:
        folder = build(ROOT, ref=ref)
    except (BadPage, subprocess.CalledProcessError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"Built {folder.relative_to(ROOT)}.")
    return 0


def _serve(port: int) -> int:
    """Serve the site until Ctrl+C, or return 1 if that fails."""
    known = _sources()
    if _build():
        return 1
    try:
        with DocsServer(ROOT / SITE, port) as server:
            print(f"The documentation is at {server.url}/. Press Ctrl+C to stop.", flush=True)
            while True:
                time.sleep(_PAUSE)
                found = _sources()
                if found != known:
                    known = found
                    # In a process of its own, which imports the changed modules. It says itself what is wrong.
                    subprocess.run([sys.executable, __file__, "build"], check=False)
    except OSError as problem:
        print(f"docs.py: {problem}. Choose another port with --port.", file=sys.stderr)
        return 1


def _sources() -> list[str]:
    """Return what changes if a source of the site does."""
    pages = [f"{path.name} {path.stat().st_mtime_ns}" for path in sorted(ROOT.glob("*.md"))]
    return [*pages, *(fingerprint(ROOT / name) for name in ("docs", "podio_web", "scripts", "static"))]


if __name__ == "__main__":
    sys.exit(main())
