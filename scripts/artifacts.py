"""Build the wheel, the demo's site or the npm package, if their sources have changed.

.venv/bin/python scripts/artifacts.py wheel
.venv/bin/python scripts/artifacts.py site
.venv/bin/python scripts/artifacts.py npm
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = Path(".make/site")
NPM = Path(".make/npm")
SITE_MANIFEST = "podio-web.manifest.json"
_NOT_IN_SITE = {("podio_web", "sandbox"), ("podio_web", "testing")}


def sources(root: Path) -> list[Path]:
    """Return the files that the wheel is made of, relative to ``root`` and in order.

    >>> Path("podio_web/__init__.py") in sources(ROOT)
    True
    """
    package = [path for path in (root / "podio_web").rglob("*") if path.is_file()]
    found = {
        *(path.relative_to(root) for path in package if "__pycache__" not in path.parts),
        *(path.relative_to(root) for path in (root / "static").glob("*.*")),
        *(Path(name) for name in ("pyproject.toml", "README.md", "LICENSE")),
    }
    return sorted(found)


def site_sources(root: Path) -> list[Path]:
    """Return the files that the demo's site is made of: those of the wheel without the sandbox and the test helpers.

    >>> Path("podio_web/sandbox/app.py") in site_sources(ROOT)
    False
    """
    kept = [path for path in sources(root) if path.parts[:2] not in _NOT_IN_SITE]
    return [*kept, Path("package-lock.json")]


def fingerprint(root: Path, files: Iterable[Path]) -> str:
    """Return a hash of the names and contents of ``files``, which are relative to ``root``."""
    digest = hashlib.sha256()
    for file in files:
        content = hashlib.sha256((root / file).read_bytes()).hexdigest()
        digest.update(f"{file.as_posix()} {content}\n".encode())
    return digest.hexdigest()


class Record:
    """What the last build was made of and what it made, kept in a file.

    >>> record = Record(ROOT, ".make/wheel.json")
    >>> record.write("0f", ["dist/podio_web-0.1.0-py3-none-any.whl"])
    >>> record.is_current("0f")
    True
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._path = root / name

    def is_current(self, of: str) -> bool:
        """Tell whether the last build has this fingerprint, and everything that it made is still there."""
        try:
            record = json.loads(self._path.read_text(encoding="utf-8"))
            return bool(record["sources"] == of) and all((self._root / name).is_file() for name in record["made"])
        except (OSError, ValueError, LookupError, TypeError):
            # There was no build, or something else has written the file.
            return False

    def write(self, of: str, made: Sequence[str]) -> None:
        """Keep the fingerprint of a build, and the files that it made."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps({"sources": of, "made": list(made)}), encoding="utf-8")


def build_wheel(root: Path) -> None:
    """Build the wheel into ``dist/``, where no other wheel is left.

    Raises:
        subprocess.CalledProcessError: the wheel cannot be built.
    """
    record = Record(root, ".make/wheel.json")
    now = fingerprint(root, sources(root))
    if record.is_current(now):
        return
    scratch, target = root / ".make" / "dist", root / "dist"
    shutil.rmtree(scratch, ignore_errors=True)
    build = [sys.executable, "-m", "build", "-qq", "--wheel", "--no-isolation", "--outdir", str(scratch)]
    subprocess.run(build, cwd=root, check=True)
    target.mkdir(exist_ok=True)
    for old in target.glob("*.whl"):
        old.unlink()
    made = sorted(f"dist/{wheel.rename(target / wheel.name).name}" for wheel in scratch.glob("*.whl"))
    record.write(now, made)
    print(f"Built {made[0]}.")


def build_site(root: Path) -> None:
    """Build the folder that the demo's page loads: interpreters, loaders, snapshot.

    Raises:
        SystemExit: there is no Node.js.
        subprocess.CalledProcessError: the site cannot be built.
    """
    record = Record(root, ".make/site.json")
    now = fingerprint(root, site_sources(root))
    if record.is_current(now):
        return
    if shutil.which("node") is None:
        raise SystemExit("The snapshot of Pyodide needs node. Install it (on Debian: apt-get install nodejs npm).")
    manifest = SITE / SITE_MANIFEST
    if not (root / manifest).is_file():
        # An older podio-web wrote this folder. The new one does not touch files that it does not know.
        shutil.rmtree(root / SITE, ignore_errors=True)
    build = [sys.executable, "-m", "podio_web.cli", "build", str(SITE), "--base", "/podio-web"]
    subprocess.run(build, cwd=root, check=True)
    record.write(now, [manifest.as_posix()])


def build_npm(root: Path) -> None:
    """Build the folder of the npm package, which tests install.

    Raises:
        subprocess.CalledProcessError: the package cannot be built.
    """
    record = Record(root, ".make/npm.json")
    scripts = [Path("scripts/npm_package.py"), *(path.relative_to(root) for path in sorted((root / "npm").iterdir()))]
    now = fingerprint(root, [*site_sources(root), *scripts])
    if record.is_current(now):
        return
    shutil.rmtree(root / NPM, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "scripts.npm_package", str(NPM)], cwd=root, check=True)
    record.write(now, [(NPM / "package.json").as_posix()])


BUILDERS = {"wheel": build_wheel, "site": build_site, "npm": build_npm}


def main(arguments: Sequence[str]) -> int:
    """Build what ``arguments`` name. Return the exit status."""
    if not arguments or not set(arguments) <= set(BUILDERS):
        print(f"Usage: artifacts.py {'|'.join(BUILDERS)} ...", file=sys.stderr)
        return 2
    try:
        for name in arguments:
            BUILDERS[name](ROOT)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
