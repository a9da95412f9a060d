"""A registry on this machine with the npm package of the checkout, and what npm needs to ask nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Registry:
    """A registry that has one package or none, and runs inside a ``with`` block.

    https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md

    Args: ``scratch`` is a folder for npm's cache, ``tarball`` what ``npm pack`` made of the package.
    """

    def __init__(self, scratch: Path, tarball: Path | None = None) -> None:
        self._scratch = scratch
        self._tarball = tarball
        self.asked: list[str] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.asked.append(self.path)
                answer = registry.answers().get(self.path)
                self.send_response(404 if answer is None else 200)
                self.send_header("Content-Length", str(len(answer or b"")))
                self.end_headers()
                self.wfile.write(answer or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answers(self) -> dict[str, bytes]:
        """Return what there is, by its path."""
        if self._tarball is None:
            return {}
        content = self._tarball.read_bytes()
        with tarfile.open(self._tarball) as archive:
            file = archive.extractfile("package/package.json")
            assert file is not None
            metadata = json.load(file)
        name, version = metadata["name"], metadata["version"]
        path = f"/{name}/-/{self._tarball.name}"
        digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": self.url + path, "integrity": f"sha512-{digest}"}
        document = {
            "name": name,
            "dist-tags": {"latest": version},
            "versions": {version: {**metadata, "dist": dist}},
        }
        return {f"/{name}": json.dumps(document).encode(), path: content}

    def __enter__(self) -> Registry:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def run(self, command: str, folder: Path) -> str:
        """Run npm's commands as a reader types them, in a folder. Return what they print; raises AssertionError."""
        kept = {name: value for name, value in os.environ.items() if not name.lower().startswith("npm_")}
        settings = {"registry": self.url, "cache": self._scratch / "cache", "userconfig": self._scratch / "npmrc"}
        settings |= {"audit": "false", "fund": "false", "update_notifier": "false", "offline": "false"}
        named = {f"npm_config_{name}": str(value) for name, value in settings.items()}
        ran = subprocess.run(
            ["sh", "-ec", command],
            cwd=folder,
            env={**kept, **named, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
        return ran.stdout


def pack(package: Path, target: Path) -> Path:
    """Run ``npm pack``, and return the tarball."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(target), str(package.resolve())]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr[-3000:]
    return target / ran.stdout.strip()
