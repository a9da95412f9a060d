"""Put a site's folder together: every file that pages load, under names that may be kept for ever.

A name below ``assets/`` holds the hash of its content. The few stable names are asked about at each visit, and lead to
the others with the hash that each must have (https://www.w3.org/TR/SRI/).
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import podio_web
from podio_web.client import API_URL

from .bundle import bundle, page_sources, page_wheel
from .bytecode import has_compiler, image, one_module
from .headers import ASK_AGAIN, FOR_EVER, callback_headers, file_headers, headers_file, origin_of, page_headers
from .interpreters import CDN, MICROPYTHON, PACKAGES_CDN, PYODIDE, PYSCRIPT, BuildError, NpmPackage
from .loaders import loader, static_text
from .micropython import for_pages
from .pyc import pyodide_bytecode
from .snapshot import make_snapshot, pack
from .started import started_micropython


def build_site(
    target: Path,
    *,
    node_modules: Path = Path("node_modules"),
    from_cdn: bool = False,
    snapshot: bool = True,
    api_url: str = API_URL,
    base: str = "/",
) -> dict[str, Any]:
    """Write a site's files into a folder, and return its manifest.

    Args:

    - ``target``: the folder; made if it is absent. What an earlier build left there is replaced, and nothing else.
    - ``node_modules``: where npm has put the interpreters.
    - ``from_cdn``: let pages load the interpreters from the public CDN; only snapshots need ``node_modules`` then.
    - ``snapshot``: let both interpreters begin where they have started already: make the memory that Pyodide boots
      from, and a MicroPython with podio_web in it; and let the wheel bring bytecode for Pyodide. Takes node and a few
      seconds.
    - ``api_url``: the Podio that pages may talk to, by the policy in ``_headers``.
    - ``base``: the path that the folder is served at, for ``_headers``.

    Raises BuildError, naming the remedy, if something to put there is missing, and OSError if it cannot be written.

    >>> build_site(Path("site"), from_cdn=True, snapshot=False)["version"]
    '0.1.0'
    """
    site = _Site(target, base)
    version = podio_web.__version__
    sources = bundle()
    files: dict[str, Any] = {
        "version": version,
        "bundle": site.asset("podio_web", ".json", sources.encode()),
        "micropython": _micropython(site, node_modules, from_cdn),
        "pyodide": _pyodide(site, node_modules, from_cdn),
    }
    files["micropython"] |= _in_micropython(site, node_modules, json.loads(sources), snapshot)
    files["pyodide"]["snapshot"] = _snapshot(site, node_modules, sources) if snapshot else None
    files["callback"] = site.put("callback.html", static_text("callback.html").encode())
    fast = {**files["pyodide"], "bundle": files["bundle"], "packages": PACKAGES_CDN.format(version=PYODIDE.version)}
    if not from_cdn:
        fast["packages"] = None
    files["fastPyodide"] = site.put("fast-pyodide.mjs", loader("fast-pyodide.mjs", fast))
    site.put("podio-web.js", loader("podio-web.js", _for_script_tag(files)))
    site.put("podio-web.d.ts", static_text("podio-web.d.ts").encode())
    manifest = {
        **files,
        "wheel": site.put(f"podio_web-{version}-py3-none-any.whl", _wheel(version, node_modules, snapshot)),
        "module": _module(site) if has_compiler() else None,
        "pyscript": _pyscript(site, node_modules, from_cdn),
        "files": dict(sorted(site.files.items())),
    }
    site.finish(manifest, _headers(site, api_url, from_cdn))
    return manifest


def _for_script_tag(files: dict[str, Any]) -> dict[str, Any]:
    """Return what podio-web.js has to know, which every visitor downloads."""
    micropython, pyodide = files["micropython"], files["pyodide"]
    parts = [pyodide["module"], *pyodide["files"].values(), pyodide["snapshot"]]
    return {
        "version": files["version"],
        "micropython": {
            "module": micropython["module"],
            "wasm": micropython["started"] or micropython["wasm"],
            "image": micropython["image"],
        },
        "fastPyodide": files["fastPyodide"],
        # fast-pyodide.mjs fetches and checks these; here they are progress.
        "pyodide": [{"url": part["url"], "bytes": part["bytes"]} for part in parts if part is not None],
    }


class _Site:
    """The folder that is being written, and what has been put into it."""

    def __init__(self, target: Path, base: str) -> None:
        self.target = target
        self.base = f"/{base.strip('/')}/".replace("//", "/")
        self.files: dict[str, dict[str, Any]] = {}
        self._before = self._earlier()

    def put(self, name: str, content: bytes) -> dict[str, Any]:
        """Write a file, and return its entry."""
        path = self.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.files[name] = {"integrity": integrity(content), "bytes": len(content)}
        return {"url": name, **self.files[name]}

    def asset(self, stem: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Write a file whose name tells its content, and return its entry."""
        return self.put(f"assets/{stem}-{short_hash(content)}{suffix}", content)

    def finish(self, manifest: dict[str, Any], headers: str) -> None:
        """Write what describes the folder, and take out what an earlier build left behind."""
        (self.target / "_headers").write_text(headers, encoding="utf-8")
        (self.target / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
        for name in self._before - set(self.files):
            path = self.target / name
            path.unlink(missing_ok=True)
            if path.parent != self.target and path.parent.is_dir() and not any(path.parent.iterdir()):
                path.parent.rmdir()

    def _earlier(self) -> set[str]:
        """Return what an earlier build put here; only names inside the folder, whatever its manifest says."""
        try:
            names = list(json.loads((self.target / "manifest.json").read_text(encoding="utf-8"))["files"])
        except (OSError, ValueError, KeyError, TypeError):
            return set()
        root = self.target.resolve()
        return {name for name in names if root in (root / name).resolve().parents}


def integrity(content: bytes) -> str:
    """Return the hash of a file as a browser checks it (https://www.w3.org/TR/SRI/#the-integrity-attribute).

    >>> integrity(b"alert(1)")[:14]
    'sha256-bhHHL3z'
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def short_hash(*contents: bytes) -> str:
    """Return enough of a hash to tell one content from another in a file's name.

    >>> short_hash(b"alert(1)")
    '6e11c72f7c'
    """
    total = hashlib.sha256()
    for content in contents:
        total.update(content)
    return total.hexdigest()[:10]


def _wheel(version: str, node_modules: Path, snapshot: bool) -> bytes:
    sources = page_sources(with_script_tag=False)
    return page_wheel(version, pyodide_bytecode(node_modules, sources) if snapshot else {})


def _module(site: _Site) -> dict[str, Any]:
    return site.asset("podio_web", ".mpy", one_module(page_sources(with_script_tag=False)))


def _micropython(site: _Site, node_modules: Path, from_cdn: bool) -> dict[str, Any]:
    if from_cdn:
        files = _on_cdn(MICROPYTHON)
        return {
            "version": MICROPYTHON.version,
            "module": files["micropython.mjs"],
            "wasm": files["micropython.wasm"],
        }
    folder = MICROPYTHON.find(node_modules)
    module = for_pages(_read(folder / "micropython.mjs").decode()).encode()
    wasm = _read(folder / "micropython.wasm")
    # PyScript looks for the one where it has found the other, but for the suffix.
    stem = f"assets/micropython-{short_hash(module, wasm)}"
    return {
        "version": MICROPYTHON.version,
        "module": site.put(f"{stem}.mjs", module),
        "wasm": site.put(f"{stem}.wasm", wasm),
    }


def _in_micropython(site: _Site, node_modules: Path, sources: dict[str, str], snapshot: bool) -> dict[str, Any]:
    """Return the entry of the package for MicroPython: an interpreter that has it, or an image that one reads."""
    if snapshot:
        return {"started": site.asset("podio_web", ".wasm", started_micropython(node_modules, sources)), "image": None}
    # Compressed already, and by a name that no server unpacks: hosts leave what they know no type of as it is.
    return {"started": None, "image": site.asset("podio_web", ".bin", pack(image(sources)))}


def _pyodide(site: _Site, node_modules: Path, from_cdn: bool) -> dict[str, Any]:
    if from_cdn:
        files = _on_cdn(PYODIDE)
    else:
        folder = PYODIDE.find(node_modules)
        contents = {name: _read(folder / name) for name in PYODIDE.files}
        # Pyodide looks for its files in one folder, by their own names.
        parent = f"assets/pyodide-{PYODIDE.version}-{short_hash(*contents.values())}"
        files = {name: site.put(f"{parent}/{name}", content) for name, content in contents.items()}
    module = files.pop("pyodide.mjs")
    return {"version": PYODIDE.version, "module": module, "files": files}


def _snapshot(site: _Site, node_modules: Path, sources: str) -> dict[str, Any]:
    # The name does not end in .gz: a server that knows this suffix would have browsers unpack it on the way.
    memory = make_snapshot(node_modules, sources)
    return {**site.asset("snapshot", ".bin", pack(memory)), "memory": integrity(memory)}


def _pyscript(site: _Site, node_modules: Path, from_cdn: bool) -> dict[str, Any]:
    if from_cdn:
        address = PYSCRIPT.address
        return {
            "version": PYSCRIPT.version,
            "core": {"url": f"{address}core.js"},
            "style": {"url": f"{address}core.css"},
        }
    folder = PYSCRIPT.find(node_modules)
    contents = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in (".js", ".css")}
    parent = f"assets/pyscript-{PYSCRIPT.version}-{short_hash(*contents.values())}"
    files = {name: site.put(f"{parent}/{name}", content) for name, content in contents.items()}
    return {"version": PYSCRIPT.version, "core": files["core.js"], "style": files["core.css"]}


def _on_cdn(package: NpmPackage) -> dict[str, dict[str, Any]]:
    """Return the entries of a package's files on the public CDN, with the hashes that they are known to have."""
    return {
        name: {
            "url": f"{package.address}{name}",
            "integrity": f"sha256-{base64.b64encode(bytes.fromhex(digest)).decode()}",
            "bytes": size,
        }
        for name, (digest, size) in package.files.items()
    }


def _headers(site: _Site, api_url: str, from_cdn: bool) -> str:
    page = page_headers(api_url, scripts_from=[origin_of(CDN)] if from_cdn else [])
    rules = {f"{site.base}assets/*": file_headers(FOR_EVER)}
    rules |= {f"{site.base}{name}": file_headers(ASK_AGAIN) for name in sorted(site.files) if "/" not in name}
    rules[f"{site.base}manifest.json"] = file_headers(ASK_AGAIN)
    callback = callback_headers(static_text("callback.html"))
    # Some hosts leave out the suffix of a page, and answer its name with a redirect.
    rules |= {f"{site.base}{name}": callback for name in ("callback.html", "callback")}
    rules |= {name: {"Cache-Control": ASK_AGAIN, **page} for name in ("/", "/index.html")}
    return headers_file(rules)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BuildError(f"{path} is missing: run `npm install` anew") from None
