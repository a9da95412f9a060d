"""A built site on a server that is nobody's of ours: Debian's nginx, with the headers that the build wrote."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podio_web.sandbox.demo_server import BASE, BUILT, Site
from podio_web.site_builder import build_site
from podio_web.site_builder.headers import read_headers_file
from tests.examples_support import free_port

# nginx's own table knows no .mjs; the other types are those that it has.
CONFIG = """
daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  types {{
    text/html html;  text/css css;  text/javascript js mjs;  application/json json;  application/wasm wasm;
    image/svg+xml svg;  text/x-python py;
  }}
  default_type application/octet-stream;
  charset utf-8;
  access_log off;
  client_body_temp_path {folder}/body;  proxy_temp_path {folder}/proxy;  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;  scgi_temp_path {folder}/scgi;
  gzip on;
  gzip_vary on;
  gzip_types text/css text/javascript application/json application/wasm image/svg+xml text/x-python;
  server {{
    listen 127.0.0.1:{port};
    server_name localhost;
    root {root};
    {locations}
  }}
}}
"""


def deploy(checkout: Path, root: Path, api_url: str) -> Path:
    """Put the demo and the pages of the tests where a static host would have them; return the folder.

    The built site is below `/podio-web/`, as `make site` has it. `_headers` is at the top, as hosts want it, and of a
    build for this sandbox: the rest of a build takes ten seconds longer and is the same for every Podio.
    """
    below = root / BASE.strip("/")
    build_site(below, node_modules=checkout / "node_modules", snapshot=False, api_url=api_url, base=BASE)
    (below / "_headers").rename(root / "_headers")
    shutil.copytree(checkout / BUILT, below, dirs_exist_ok=True, ignore=shutil.ignore_patterns("_headers"))
    (root / "config.json").write_text(json.dumps(Site(checkout, api_url=api_url).config()), encoding="utf-8")
    links = {
        "index.html": "index.html",
        "static": "static",
        "tests": "tests/browser/pages",
        "vendor/pico": "node_modules/@picocss/pico/css",
        "vendor/pyscript": "node_modules/@pyscript/core/dist",
    }
    for name, source in links.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(checkout / source)
    return root


@contextmanager
def serve(root: Path, folder: Path) -> Iterator[str]:
    """Run nginx over a folder with an `_headers` file while the block runs; `folder` is for what nginx writes."""
    # Debian keeps servers where only an administrator's PATH looks.
    binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert binary is not None, "install nginx to run these tests: apt-get install nginx"
    port = free_port()
    rules = read_headers_file((root / "_headers").read_text(encoding="utf-8"))
    locations = "\n    ".join(_location(path, headers) for path, headers in rules.items())
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, root=root, locations=locations), encoding="utf-8")
    with subprocess.Popen([binary, "-c", str(config), "-p", str(folder)], stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(server, port, folder / "error.log")
            yield f"http://localhost:{port}"
        finally:
            server.terminate()


def _location(path: str, headers: dict[str, str]) -> str:
    kind = "^~" if path.endswith("*") else "="
    lines = " ".join(f'add_header {name} "{value}" always;' for name, value in headers.items())
    return f"location {kind} {path.removesuffix('*')} {{ {lines} }}"


def _wait_for(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    while True:
        assert server.poll() is None, f"nginx ended at once:\n{log.read_text() if log.exists() else ''}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
