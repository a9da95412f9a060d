"""The interpreters that a site is built with: their versions, the files that a page loads, and where those are."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .hashes import integrity_of

CDN = "https://cdn.jsdelivr.net/npm"
"""The public CDN that serves npm packages as they are, without changing a byte."""

PACKAGES_CDN = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
"""Where Pyodide's own documentation has its packages; npm holds the core only."""


class BuildError(Exception):
    """The site cannot be built; the text says what to do about it."""


class NpmPackage:
    """One package of npm, in the version that this project is tested with.

    Args: ``name`` and ``version`` are npm's; ``folder`` is where the files are inside the package; ``files`` are the
    ones that a page loads, with their SHA-256 in hexadecimal digits and their size in bytes.

    >>> PYODIDE.version
    '314.0.7'
    """

    def __init__(self, name: str, version: str, files: dict[str, tuple[str, int]], *, folder: str = "") -> None:
        self.name = name
        self.version = version
        self.files = files
        self.folder = folder

    @property
    def address(self) -> str:
        """Where the public CDN has the files, with a slash at the end."""
        return f"{CDN}/{self.name}@{self.version}/{self.folder}"

    def on_cdn(self) -> dict[str, dict[str, Any]]:
        """Return the entries of the files on the public CDN, by name, with the hashes that they are known to have."""
        return {
            name: {"url": f"{self.address}{name}", "integrity": integrity_of(digest), "bytes": size}
            for name, (digest, size) in self.files.items()
        }

    def find(self, node_modules: Path) -> Path:
        """Return the folder of the files below ``node_modules``.

        Raises BuildError, naming the remedy, if the package is not there or has another version.

        >>> PYODIDE.find(Path("node_modules"))
        PosixPath('node_modules/pyodide')
        """
        package = node_modules / self.name
        try:
            found = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
        except FileNotFoundError:
            raise BuildError(f"{package} is missing: {self._remedy}, or name the folder with --node-modules") from None
        if found != self.version:
            raise BuildError(f"{package} has version {found}, but the site needs {self.version}: {self._remedy}")
        return package / self.folder if self.folder else package

    def read(self, node_modules: Path) -> dict[str, bytes]:
        """Return the contents of the files by name, after checking their hashes.

        Raises BuildError like ``find``, and if a file is missing or is not the one that npm has under this version.

        >>> list(MICROPYTHON.read(Path("node_modules")))
        ['micropython.mjs', 'micropython.wasm']
        """
        folder = self.find(node_modules)
        contents = {}
        for name, (digest, _) in self.files.items():
            try:
                contents[name] = (folder / name).read_bytes()
            except FileNotFoundError:
                raise BuildError(f"{folder / name} is missing: {self._remedy} anew") from None
            if hashlib.sha256(contents[name]).hexdigest() != digest:
                raise BuildError(
                    f"{folder / name} is not the file of {self.name}@{self.version}: its hash differs. "
                    f"Remove {node_modules / self.name}, then {self._remedy}"
                )
        return contents

    @property
    def _remedy(self) -> str:
        return f"run `npm install {self.name}@{self.version}`"


PYODIDE = NpmPackage(
    "pyodide",
    "314.0.7",
    {
        "pyodide.mjs": ("6f1d60f7bf529beb300f0f47983c921d3982363640ba20af0e38efdddbc66109", 17931),
        "pyodide.asm.mjs": ("f7cdc8ece80678ceb712f8e65ebe6d3a83203a180c399865f49612a051693635", 1250344),
        "pyodide.asm.wasm": ("cc36e3cab04fdfc9a63ff13eb52eae2b911bf46c025cc7b281f394bd3de1d5e6", 9598218),
        "python_stdlib.zip": ("fa1957e5777068fc4f7437f96d860ae2fbe9c19732ba06c84e004ec16dd7dd7a", 2545637),
        "pyodide-lock.json": ("5dc2fc119108bc148c7457dc86e7675b5c87e1cafd420b9c34c1eaef7b36c010", 119077),
    },
)

MICROPYTHON = NpmPackage(
    "@micropython/micropython-webassembly-pyscript",
    "1.28.0-6",
    {
        "micropython.mjs": ("8c4067836ce5b71aeddac0315c25f73b642399fdb2e2e94acea612f60747b21a", 108321),
        "micropython.wasm": ("3f705482c97498cb24c90275b33038d9a2d1868439d8216002d90a75bdd28997", 446411),
    },
)

PYSCRIPT = NpmPackage(
    "@pyscript/core",
    "0.7.31",
    {
        "codemirror-BDx3jn9j.js": ("1e1f59a7067233fbb169a649e3bca6c954ecf037576bffa43b9a445d2369d7a0", 32123),
        "codemirror_commands-JTJPAaAA.js": ("e132868b02fca15eb29690470bea9491b9ba74cf061a616139576fb0002ea664", 29105),
        "codemirror_lang-python-r-dBg-Wd.js": (
            "0dbccb081afadd1312e5d06ea0c9e815e3b56bafedca257cef806840cae811c7",
            70909,
        ),
        "codemirror_language-BeYrpeur.js": ("72dd1f2bc74afbb8422ec41560d9ccaf1bed7cdc0989763d5095f27d95975fa8", 66146),
        "codemirror_state-DxSVIxgn.js": ("8c37e42db1f03eb38840c6dab18ee136ad92c2b6d856e419894e59ab5ab799c9", 48978),
        "codemirror_view-BsXnWedx.js": ("741ac70f60b1bfdfbf2512e7ac7ed52a32fcf697d64df3e47c6462c0f331a854", 200919),
        "core-C9KDLldu.js": ("6ebd3fd9f13faa7859f54bed5304c532da8a194fffbe14baf1986af1a1f17dd6", 136035),
        "core.css": ("4a3d70ab34376a646ccfc1216cd79b9c31e80bc3816e2496d2d4d0136e811165", 879),
        "core.js": ("e3c6992c6625630423d8e720ebba6cfe1d2ad7a9e4be7224a1e4a3c52edc8d07", 260),
        "deprecations-manager-UpAPKqCb.js": ("853a48e814afe7ad7fd93d8dfa20abe3992d7a91994f85eb97b806cd7d712c52", 432),
        "donkey-4Hrqd7WZ.js": ("bf4cb5d7e5dde003a79f7ece9f25dae17d9aaacab4e84bbb0a3cc9570a3dffa1", 2399),
        "error-D2315lOB.js": ("872d9b91b2b1ba283fc6d0d98af1e49dedebfa1a026c15265d712e5f84a599ee", 734),
        "index-CSo4Vcso.js": ("9257c35baa4ae0e838797ccfef91782cb13aebd5ab773582917079df4ceb54b7", 35404),
        "mpy-Dvj-3zXq.js": ("8f9885e0694cfaa65a99dcb68d19fceebe2ad189ad26c3a11f5a359968ed8dd6", 2826),
        "py-Dl-y4L1b.js": ("d0bda6037f01430052b1542ecaf0602e32b6c05a2e67a66ad6844ed96d217a28", 2493),
        "py-editor-C4XsZtn7.js": ("4dc3047ff5fbf69690b04b4cf684eeaa982d869842a22314b8116fcb00a1ad89", 7225),
        "py-game-DWiCrr7a.js": ("02c550364adf2a2dc6a5234653c7819f9707c73a8d6e3330df28f0d477410d53", 1627),
        "py-terminal-CwQ6kcjg.js": ("111421dd0a1f185eb5b0371b8f8216fcbd2415d9a4b335c5f3368d187b6fd716", 755),
        "pyodide_graph-CX6fRcVL.js": ("46c1b3a9290317e4bb651c66f743e62d9e5dc56eb099c71a8264fdbb340bb2ca", 19160),
        "service-worker.js": ("01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b", 1),
        "storage.js": ("ae1eb3b432f0903bb7bc9e42ceac1bb6e69dd7a65589f243a00c0f56bb8e9b0b", 4001),
        "toml-Blg7Izee.js": ("6b8f6e0f3e142c82eaa322c2a90fec1b6ee4e2002ab4354f4e30d13128a6b950", 21493),
        "toml-V4Savzlc.js": ("b8ddc7914a2d7b2e502ca841a5b92fdb9fc9a565bbd762cd3e0f32c60629178e", 950),
        "xterm-Bdboj2r8.js": ("ff7b2d62466aa5b8f4d359f9ce73319554832a93b0591e94542fdb8fcb9e70aa", 290388),
        "xterm-readline-CVifJ5yI.js": ("6bbf573b0448a1d1d4cfefdcf1a3e94b2193ce2163a0f4964df8b3eae70fb589", 23205),
        "xterm.css": ("ccb44f3d091228247bfa4e82547eb60cd8e2186eaf85ae5a77031f4e826c8ba2", 2781),
        "xterm_addon-fit-43qXDVCl.js": ("95629434adf6e1f7e78b271a85c8f4c46f48a2a0f12ef8bd1e0813e4fc5b687e", 1199),
        "xterm_addon-web-links-DVH-i-UR.js": ("8e49fe91f873fd921a020f94067998f3dc83c32c7d440209a51bf9190c1cc634", 2440),
        "zip-T1gzVEcZ.js": ("960a40fd3d2f889b6fa457507be3dfc9300cc0399dced1ce8e0ad94ec587cf16", 159569),
    },
    folder="dist/",
)

PYSCRIPT_SCRIPTS = (
    "core.js",
    "core-C9KDLldu.js",
    "deprecations-manager-UpAPKqCb.js",
    "donkey-4Hrqd7WZ.js",
    "error-D2315lOB.js",
    "py-editor-C4XsZtn7.js",
    "py-game-DWiCrr7a.js",
    "py-terminal-CwQ6kcjg.js",
    "toml-Blg7Izee.js",
    "toml-V4Savzlc.js",
    "zip-T1gzVEcZ.js",
)
"""What a page with ``<script type="py">`` or ``"mpy"`` loads of it. Pages with editors or terminals load more."""

TERSER = NpmPackage(
    "terser",
    "5.51.4",
    {"bundle.min.js": ("f116f65dccf5ced7e36011b92caedc54b0c905294dd8e9b73aca1c8bb8f11a21", 1104579)},
    folder="dist/",
)
