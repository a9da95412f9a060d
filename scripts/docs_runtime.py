"""What the documentation's Run button loads: Pyodide, and one archive of podio_web and what its sandbox needs.

``runtime.json`` names the files and the size of their download. The names of all other files hold the hash of their
content, so that browsers may keep them.

There is no snapshot of Pyodide's memory. It would more than double the download of the first visit.
"""

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from docs_archive import packed

import podio_web
from podio_web.sandbox.world import World
from podio_web.site_builder.hashes import integrity, short_hash
from podio_web.site_builder.interpreters import PYODIDE
from podio_web.site_builder.pyodide.snapshot import pyodide_bytecode
from podio_web.site_builder.scripts import as_it_is, loader

ROOT = Path(__file__).resolve().parent.parent

PACKAGES = ("anyio", "h11", "idna", "python-multipart", "starlette", "typing-extensions")
"""What the sandbox in the page needs besides podio_web and time zones."""

NOT_IN_RUNTIME = frozenset({"_pdoc", "cli", "new_app", "script_tag", "serve", "site_builder"})
"""Modules of podio_web that only a machine or another page uses. Those of commands are left out too."""

PAGE_MODULES = ("docs_archive", "docs_page", "docs_pieces")
"""Modules of this folder that the page needs beside the archive."""

# Every page imports these modules. Compiling them in the page would take longer than downloading their bytecode.
_VISIT = """
import asyncio, json, sys
sys.path.insert(0, "scripts")
from docs_page import Page
from podio_web.items import App
piece = "from podio_web.items import App\\nasync for task in App(podio, 3001).items(limit=1): print(task.title)"
asyncio.run(Page().run(piece, lambda text: None))
print(json.dumps([getattr(module, "__file__", None) for module in list(sys.modules.values())]))
"""


def write_runtime(folder: Path, node_modules: Path = ROOT / "node_modules") -> None:
    """Write what the Run button loads. The same sources always give the same bytes.

    Args:
        folder: The folder to write into. Files of an earlier build stay there.
        node_modules: The folder that has the npm package ``pyodide``.

    Raises:
        BuildError: Node.js or Pyodide is missing or has another version. The text says what to do.

    Examples:
        >>> write_runtime(Path(".make/docs/assets/runtime"))
    """
    files = _Files()
    contents = PYODIDE.read(node_modules)
    parent = f"pyodide-{PYODIDE.version}-{short_hash(*contents.values())}"
    pyodide = {name: files.put(f"{parent}/{name}", content) for name, content in contents.items()}
    archive = files.named("packages", ".bin", packed(runtime_files(node_modules)))
    sources = {f"/home/pyodide/{name}.py": (ROOT / "scripts" / f"{name}.py").read_text() for name in PAGE_MODULES}
    start = {
        "version": podio_web.__version__,
        "module": pyodide.pop("pyodide.mjs"),
        "files": pyodide,
        "snapshot": None,
        "bundle": files.named("pieces", ".json", json.dumps(sources).encode()),
        "packages": None,
    }
    begin = files.named("fast", ".mjs", loader("fast-pyodide.mjs", start, as_it_is))
    told = {
        "download": files.download,
        "start": f"files/{begin['url']}",
        "archive": {**archive, "url": f"files/{archive['url']}"},
        "files": {f"files/{name}": len(content) for name, content in sorted(files.contents.items())},
    }
    for name, content in files.contents.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "runtime.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


class _Files:
    """The files of the runtime, by their names below ``files/``."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> dict[str, Any]:
        """Add a file, and return its entry."""
        self.contents[name] = content
        return {"url": name, "integrity": integrity(content), "bytes": len(content)}

    def named(self, stem: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Add a file with the hash of its content in its name, and return its entry."""
        return self.put(f"{stem}-{short_hash(content)}{suffix}", content)

    @property
    def download(self) -> int:
        """Return the size of all files in bytes, compressed as web servers do."""
        return sum(min(len(content), len(gzip.compress(content, 6, mtime=0))) for content in self.contents.values())


def runtime_files(node_modules: Path) -> dict[str, bytes]:
    """Return the files of the archive by their paths: modules, time zones, and licenses.

    What every page imports is bytecode for Pyodide's version of Python. Other modules are sources.
    """
    sources = {path: text for path, text in _sources().items() if path.endswith(".py")}
    used = _used(sources)
    compiled = pyodide_bytecode(node_modules, {path: sources[path] for path in sorted(used)})
    files = {path: text.encode() for path, text in _sources().items() if path not in used}
    # Python imports bytecode without its source only if it has the place of the source.
    files |= {_place_of_source(path): content for path, content in compiled.items()}
    return files | time_zones()


def _sources() -> dict[str, str]:
    """Return the modules of all packages, and the licenses of those that are not ours."""
    found = {}
    for package in PACKAGES:
        for file in metadata.files(package) or ():
            if ".." not in file.parts and (file.suffix == ".py" or "licenses" in file.parts):
                found[file.as_posix()] = file.read_text(encoding="utf-8")
    folder = Path(podio_web.__file__).parent
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).parts[0].removesuffix(".py")
        if name not in NOT_IN_RUNTIME and "command" not in name:
            found[path.relative_to(folder.parent).as_posix()] = path.read_text(encoding="utf-8")
    return found


def _used(sources: Mapping[str, str]) -> set[str]:
    """Return the paths of the modules that every page imports."""
    run = subprocess.run([sys.executable, "-c", _VISIT], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = [Path(file).as_posix() for file in json.loads(run.stdout.splitlines()[-1]) if file]
    # anyio reads the sources of its packages, so that it can import their parts late.
    wanted = [path for path in sources if not path.startswith("anyio/")]
    return {path for path in wanted if any(file.endswith(f"/{path}") for file in imported)}


def _place_of_source(path: str) -> str:
    """Return where a module without its source is imported from.

    >>> _place_of_source("podio_web/http/__pycache__/retry.cpython-314.pyc")
    'podio_web/http/retry.pyc'
    """
    cached = PurePosixPath(path)
    return (cached.parent.parent / f"{cached.name.split('.')[0]}.pyc").as_posix()


def time_zones() -> dict[str, bytes]:
    """Return the package ``tzdata`` with UTC and the time zones of the sandbox's users only."""
    world = World()
    names = sorted({row["timezone"] for row in world.store.all("SELECT timezone FROM person")} | {"UTC"})
    world.close()
    kept = {f"tzdata/zoneinfo/{name}" for name in names}
    kept |= {f"{parent}/__init__.py" for name in kept for parent in PurePosixPath(name).parents if parent.name}
    installed = {file.as_posix(): file for file in metadata.files("tzdata") or ()}
    files = {name: Path(str(installed[name].locate())).read_bytes() for name in sorted(kept)}
    return files | {"tzdata/zones": "".join(f"{name}\n" for name in names).encode()}
