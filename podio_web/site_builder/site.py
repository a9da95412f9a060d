"""Build the folder of a site, with every file that pages load.

A name below ``assets/`` contains the hash of the content, so browsers may keep the file for ever. They ask at each
visit for the few files with stable names. These name the others with their integrity hashes (https://www.w3.org/TR/SRI/).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import podio_web
from podio_web.oauth.origin import API_URL

from .bundle import bundle, files_as_json, page_sources, part_bundle
from .disk import Disk
from .folder import check_target, put_site
from .hashes import integrity, short_hash
from .headers import ASK_AGAIN, FOR_EVER, callback_headers, file_headers, headers_file, page_headers
from .interpreters import (
    BINARYEN,
    MICROPYTHON,
    PACKAGES_CDN,
    PYODIDE,
    PYSCRIPT,
    PYSCRIPT_SCRIPTS,
    TERSER,
    NpmPackage,
    need_packages,
)
from .micropython.bytecode import has_compiler, image, one_module, part_module
from .micropython.loader import CHECKS, for_pages, for_script_tag
from .micropython.started import PARTS, part_modules, started_micropython
from .page_archive import archive_name, page_archive
from .page_modules import OPTIONAL_PARTS
from .prebuilt import INSTALL, Prebuilt
from .pyodide.snapshot import make_snapshot, pack, pyodide_bytecode
from .record import MANIFEST, sealed
from .scripts import Minify, as_it_is, loader, minifier, pyscript_loader, static_text
from .settings import api_origin, default_base, plain_base


@dataclass(frozen=True)
class NodeSteps:
    """The steps of a build that run node. Each takes the folder ``node_modules``.

    If ``make_snapshot`` returns None, Pyodide starts without a snapshot.

    >>> NodeSteps().minifier(Path("node_modules"))("a.js", "const answer = 40 + 2; alert(answer);")
    'const answer=42;alert(42);'
    """

    minifier: Callable[[Path], Minify] = minifier
    make_snapshot: Callable[[Path, str], bytes | None] = make_snapshot
    started_micropython: Callable[[Path, Mapping[str, str]], bytes] = started_micropython
    pyodide_bytecode: Callable[[Path, Mapping[str, str]], Mapping[str, bytes]] = pyodide_bytecode


def build_site(
    target: Path,
    *,
    node_modules: Path = Path("node_modules"),
    from_cdn: bool = False,
    snapshot: bool = True,
    api_url: str = API_URL,
    base: str | None = None,
    disk: Disk | None = None,
    steps: NodeSteps | None = None,
    prebuilt: Prebuilt | None = None,
) -> dict[str, Any]:
    """Write a site's files into a folder, and return its manifest.

    Args:

    - ``target``: the folder, which is created if it does not exist. Only the files of an earlier build are replaced.
    - ``node_modules``: where npm has installed the interpreters, and for snapshots terser and binaryen.
    - ``from_cdn``: whether pages load the interpreters from the public CDN. Then only snapshots need ``node_modules``.
    - ``snapshot``: whether to make snapshots: the memory that Pyodide boots from, and a MicroPython that contains
      podio_web. The page archive then has bytecode for Pyodide, and the scripts are minified. This needs node and half
      a minute.
    - ``api_url``: the Podio that the policy in ``_headers`` lets pages connect to.
    - ``base``: the URL path of the folder, for ``_headers``. The default is the folder's name, and ``/`` for the
      current folder.
    - ``disk``: the file system. Tests pass one that fails.
    - ``steps``: the steps that run node. Tests pass others.
    - ``prebuilt``: a site to copy. Then ``node_modules``, ``from_cdn`` and ``snapshot`` are ignored.

    Raises BuildError, which says what to do, if a setting is invalid (SettingError), if a file that is not ours is in
    the way (FolderRefusedError), or if a file to put there is missing or differs from npm's. Raises OSError if the
    folder cannot be written.

    >>> build_site(Path("site"), from_cdn=True, snapshot=False)["version"]
    '0.1.0'
    """
    target = Path(target)
    disk = disk or Disk()
    served_at = default_base(target) if base is None else plain_base(base)
    api_url = api_origin(api_url)
    check_target(target, disk)
    if prebuilt is None:
        site = _contents(node_modules, from_cdn, (steps or NodeSteps()) if snapshot else None)
    else:
        site = _copied(prebuilt)
    headers = _headers(site, served_at, api_url, from_cdn and prebuilt is None)
    manifest = sealed(
        {
            **site.parts,
            "headers": {"url": "_headers", "integrity": integrity(headers), "bytes": len(headers)},
            "files": dict(sorted(site.files.items())),
        }
    )
    put_site(target, {**site.contents, "_headers": headers}, manifest, disk=disk)
    return manifest


class _Site:
    """What will be in the folder: contents and entries by names, and the entries by their purpose."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.parts: dict[str, Any] = {}

    def put(self, name: str, content: bytes) -> dict[str, Any]:
        """Add a file, and return its entry."""
        self.contents[name] = content
        self.files[name] = {"integrity": integrity(content), "bytes": len(content)}
        return {"url": name, **self.files[name]}

    def asset(self, stem: str, suffix: str, content: bytes) -> dict[str, Any]:
        """Add a file whose name contains the hash of its content, and return its entry."""
        return self.put(f"assets/{stem}-{short_hash(content)}{suffix}", content)


def _copied(prebuilt: Prebuilt) -> _Site:
    """Return the contents of a site that was built before."""
    site = _Site()
    site.parts = prebuilt.parts()
    for name in prebuilt.names:
        site.put(name, prebuilt.read(name))
    return site


def _contents(node_modules: Path, from_cdn: bool, steps: NodeSteps | None) -> _Site:
    """Return everything that a site consists of, except its headers, which depend on where it is served.

    Without ``steps`` there are no snapshots.
    """
    site = _Site()
    version = podio_web.__version__
    wanted = [PYODIDE, MICROPYTHON] if steps or not from_cdn else []
    wanted += [] if from_cdn else [PYSCRIPT]
    wanted += [TERSER, BINARYEN] if steps else []
    # Without options, a site that was built before is copied, if it is installed.
    need_packages(node_modules, wanted, instead=INSTALL if steps and not from_cdn else None)
    minify = steps.minifier(node_modules) if steps else as_it_is
    for package in (PYODIDE, MICROPYTHON, BINARYEN) if steps else ():
        package.read(node_modules)  # checks the files, because node is about to run them
    sources, modules = bundle(), page_sources()
    files = site.parts
    files["version"] = version
    files["minified"] = steps is not None
    files["bundle"] = site.asset("podio_web", ".json", sources.encode())
    files["parts"] = {part: _part(site, part, node_modules, steps) for part in OPTIONAL_PARTS}
    files["micropython"] = _micropython(site, node_modules, from_cdn, minify)
    pyodide = _package(site, PYODIDE, node_modules, from_cdn)
    files["pyodide"] = {"version": PYODIDE.version, "module": pyodide.pop("pyodide.mjs"), "files": pyodide}
    files["micropython"] |= _in_micropython(site, node_modules, minify, steps)
    files["pyodide"]["snapshot"] = _snapshot(site, steps.make_snapshot(node_modules, sources)) if steps else None
    files["callback"] = site.put("callback.html", static_text("callback.html").encode())
    packages = PACKAGES_CDN.format(version=PYODIDE.version) if from_cdn else None
    fast = {**files["pyodide"], "bundle": files["bundle"], "packages": packages}
    with_parts = {**fast, "parts": _bundles(files["parts"])}
    files["fastPyodide"] = site.put("fast-pyodide.mjs", loader("fast-pyodide.mjs", with_parts, minify))
    # podio-web.js checks a hash, so this file must not change under its name while a new site replaces the old one.
    beside = {**_below_assets(fast), "forScriptTag": True}
    for_tag = site.asset("fast", ".mjs", loader("fast-pyodide.mjs", beside, minify))
    told = _for_script_tag({**files, "fastPyodide": for_tag, **_modules(site, minify)})
    site.put("podio-web.js", loader("podio-web.js", told, minify))
    site.put("podio-web.d.ts", static_text("podio-web.d.ts").encode())
    archive = page_archive(version, steps.pyodide_bytecode(node_modules, modules) if steps else {})
    files["wheel"] = site.put(archive_name(version), archive)
    files["module"] = site.asset("podio_web", ".mpy", one_module(modules)) if has_compiler() else None
    pyscript = _package(site, PYSCRIPT, node_modules, from_cdn)
    files["pyscript"] = {"version": PYSCRIPT.version, "core": pyscript["core.js"], "style": pyscript["core.css"]}
    if not from_cdn:  # an import cannot check the hash of a file on another server
        site.put("pyscript.mjs", pyscript_loader(pyscript["core.js"]["url"], minify))
    return site


def _part(site: _Site, part: str, node_modules: Path, steps: NodeSteps | None) -> dict[str, Any]:
    """Return the entries of an optional part, in the three shapes that the package itself has."""
    modules = page_sources(part)
    archive = page_archive(part=part, bytecode=steps.pyodide_bytecode(node_modules, modules) if steps else {})
    module = None
    if has_compiler():
        (content,) = part_module(part, modules).values()
        module = site.asset(f"podio_web_{part}", ".mpy", content)
    return {
        "bundle": site.asset(part, ".json", part_bundle(part).encode()),
        "wheel": site.put(archive_name(part=part), archive),
        "module": module,
    }


def _modules(site: _Site, minify: Minify) -> dict[str, dict[str, Any]]:
    """Return the entries of the optional parts' own JavaScript, which podio-web.js loads with them."""
    names = {part: f"podio-web-{part}.mjs" for part in OPTIONAL_PARTS}
    return {part: site.asset(part, ".mjs", minify(name, static_text(name)).encode()) for part, name in names.items()}


def _below(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}{name}": content for name, content in files.items()}


def _bundles(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: part["bundle"] for name, part in parts.items()}


def _package(site: _Site, package: NpmPackage, node_modules: Path, from_cdn: bool) -> dict[str, dict[str, Any]]:
    """Return the entries of a package's files. The files keep their names, and load each other."""
    if from_cdn:
        return package.on_cdn()
    contents = package.read(node_modules)
    name = {PYODIDE: "pyodide", PYSCRIPT: "pyscript"}[package]
    parent = f"assets/{name}-{package.version}-{short_hash(*contents.values())}"
    return {name: site.put(f"{parent}/{name}", content) for name, content in contents.items()}


def _below_assets(files: Any) -> Any:
    """Return the same entries with addresses that are relative to ``assets/``."""
    if not isinstance(files, dict):
        return files
    return {
        name: value.removeprefix("assets/") if name == "url" else _below_assets(value) for name, value in files.items()
    }


def _for_script_tag(files: dict[str, Any]) -> dict[str, Any]:
    """Return what podio-web.js has to know, which every visitor downloads."""
    micropython, pyodide = files["micropython"], files["pyodide"]
    parts = [pyodide["module"], *pyodide["files"].values(), pyodide["snapshot"]]
    return {
        "version": files["version"],
        "micropython": {
            "module": micropython["loader"],
            "wasm": micropython["started"] or micropython["wasm"],
            "image": micropython["image"],
            "parts": micropython["parts"],
        },
        "fastPyodide": files["fastPyodide"],
        **{part: files[part] for part in OPTIONAL_PARTS},
        "parts": _bundles(files["parts"]),
        "pyodide": [{"url": part["url"], "bytes": part["bytes"]} for part in parts if part is not None],
    }


def _micropython(site: _Site, node_modules: Path, from_cdn: bool, minify: Minify) -> dict[str, Any]:
    """Return the entry of MicroPython as PyScript starts it."""
    if from_cdn:
        files = MICROPYTHON.on_cdn()
        module, wasm = files["micropython.mjs"], files["micropython.wasm"]
    else:
        contents = MICROPYTHON.read(node_modules)
        script = minify("micropython.mjs", for_pages(contents["micropython.mjs"].decode()), CHECKS).encode()
        # PyScript expects both under the same address, except for the suffix.
        stem = f"assets/micropython-{short_hash(script, contents['micropython.wasm'])}"
        module, wasm = site.put(f"{stem}.mjs", script), site.put(f"{stem}.wasm", contents["micropython.wasm"])
    return {"version": MICROPYTHON.version, "module": module, "wasm": wasm}


def _in_micropython(site: _Site, node_modules: Path, minify: Minify, steps: NodeSteps | None) -> dict[str, Any]:
    """Return the entry of the package for MicroPython: an interpreter that has it, or an image that one reads."""
    sources = page_sources(script_tag=True)
    if steps:
        npms = (MICROPYTHON.find(node_modules) / "micropython.mjs").read_text(encoding="utf-8")
        return {
            "loader": site.asset("loader", ".mjs", minify("micropython.mjs", for_script_tag(npms), CHECKS).encode()),
            "started": site.asset("podio_web", ".wasm", steps.started_micropython(node_modules, sources)),
            "image": None,
            "parts": {
                **{name: site.asset(name, ".json", part_modules(name, sources).encode()) for name in PARTS},
                **_bundles(site.parts["parts"]),
            },
        }
    # It is compressed already. Servers send a file with this suffix as it is, because they do not know its type.
    packed = site.asset("podio_web", ".bin", pack(image(sources)))
    parts = {part: part_module(part, page_sources(part, script_tag=True)) for part in OPTIONAL_PARTS}
    return {
        "loader": site.parts["micropython"]["module"],
        "started": None,
        "image": packed,
        "parts": {
            # The image is the working directory, and nothing can be written there.
            part: site.asset(f"podio_web_{part}", ".json", files_as_json(_below("/lib/", files)).encode())
            for part, files in parts.items()
        },
    }


def _snapshot(site: _Site, memory: bytes | None) -> dict[str, Any] | None:
    if memory is None:
        return None
    # The name does not end in .gz: a server that knows this suffix would have browsers unpack it on the way.
    return {**site.asset("snapshot", ".bin", pack(memory)), "memory": integrity(memory)}


def _headers(site: _Site, base: str, api_url: str, from_cdn: bool) -> bytes:
    page = page_headers(api_url, files_url=None, **_on_cdn()) if from_cdn else page_headers(api_url)
    rules = {f"{base}assets/*": file_headers(FOR_EVER)}
    rules |= {f"{base}{name}": file_headers(ASK_AGAIN) for name in sorted(site.files) if "/" not in name}
    rules[f"{base}{MANIFEST}"] = file_headers(ASK_AGAIN)
    callback = callback_headers(static_text("callback.html"))
    # Some hosts leave out the suffix of a page, and answer its name with a redirect.
    rules |= {f"{base}{name}": callback for name in ("callback.html", "callback")}
    rules |= {name: {"Cache-Control": ASK_AGAIN, **page} for name in ("/", "/index.html")}
    return headers_file(rules).encode()


def _on_cdn() -> dict[str, list[str]]:
    """Return the addresses on the public CDN that a page may run, be styled by, and fetch."""
    interpreters = [entry["url"] for package in (PYODIDE, MICROPYTHON) for entry in package.on_cdn().values()]
    modules = [url for url in interpreters if url.endswith(".mjs")]
    scripts = [f"{PYSCRIPT.address}{name}" for name in PYSCRIPT_SCRIPTS]
    # A module that does not load is fetched once more, to tell why.
    return {"scripts": modules + scripts, "styles": [f"{PYSCRIPT.address}core.css"], "data": interpreters}
