"""What `podio-web build` made, as the demo's web server serves it: with its own headers, and compressed."""

import gzip
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from podio_web.sandbox.demo_server import BASE, BUILT, VENDOR, Site
from podio_web.sandbox.served_files import accepts_gzip
from podio_web.site_builder import build_site
from podio_web.site_builder.page_archive import archive_name
from podio_web.site_builder.record import MANIFEST
from tests.npm_copy import NpmCopy


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small made-up checkout, and the folder that is built from it."""
    for name in ("index.html", "static/demo/main.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text " * 1000)
    npm = NpmCopy(tmp_path)
    for vendor in VENDOR.values():
        (tmp_path / vendor).mkdir(parents=True, exist_ok=True)
    build_site(tmp_path / BUILT, node_modules=npm.folder, snapshot=False, base=BASE)
    return tmp_path


@pytest.fixture
def site(checkout):
    with Site(checkout) as site:
        yield site


def get(url: str, **headers: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        answer.body = answer.read()
        return answer


def test_every_file_is_served_with_the_headers_that_were_built(site: Site, checkout: Path) -> None:
    manifest = site.built()
    assert manifest is not None
    for name in manifest["files"]:
        answer = get(f"{site.url}{BASE}{name}")
        assert answer.body == (checkout / BUILT / name).read_bytes()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if name.startswith("assets/"):
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        else:
            assert answer.headers["Cache-Control"] == ("no-store" if name == "callback.html" else "no-cache")
    assert "script-src 'sha256-" in get(f"{site.url}{BASE}callback.html").headers["Content-Security-Policy"]


def test_the_demo_is_told_how_to_start_from_it(site: Site) -> None:
    ways = json.loads(get(f"{site.url}/config.json").body)["site"]
    assert ways["py"]["interpreter"] == "podio-web/fast-pyodide.mjs"
    assert ways["py"]["archive"] is None
    for way in ways.values():
        archives = [*([way["archive"]] if way["archive"] else []), *way["parts"].values()]
        addresses = [way["core"], way["interpreter"], *archives]
        for file in way["downloads"]:
            assert len(get(f"{site.url}/{file['url']}").body) == file["bytes"]
        for address in addresses:
            assert get(f"{site.url}/{address}").status == 200
    names = {kind: " ".join(file["url"] for file in way["downloads"]) for kind, way in ways.items()}
    assert "core-C9KDLldu.js" in names["py"]
    assert "zip-T1gzVEcZ.js" not in names["py"]
    assert "zip-T1gzVEcZ.js" in names["mpy"]
    assert "xterm" not in names["py"] + names["mpy"]


def test_without_it_the_demo_starts_as_npm_has_it(checkout: Path) -> None:
    (checkout / BUILT / MANIFEST).unlink()
    with Site(checkout) as site:
        assert site.built() is None
        assert json.loads(get(f"{site.url}/config.json").body)["site"] is None


@pytest.mark.parametrize(
    "path", ["/", "/static/demo/main.py", f"{BASE}podio-web.js", "/vendor/pyodide/pyodide.asm.wasm"]
)
def test_a_browser_that_accepts_gzip_gets_it(site: Site, path: str) -> None:
    plain = get(site.url + path)
    small = get(site.url + path, **{"Accept-Encoding": "gzip, deflate, br"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert int(small.headers["Content-Length"]) == len(small.body) < len(plain.body)
    assert small.headers["Content-Type"] == plain.headers["Content-Type"]
    assert small.headers["Cache-Control"] == plain.headers["Cache-Control"]
    assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert small.headers["ETag"] != plain.headers["ETag"]
    tagged = {"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]}
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(site.url + path, **tagged)
    caught.value.close()
    assert caught.value.code == 304


def test_what_is_compressed_already_is_left_alone(site: Site) -> None:
    for path in (f"/{archive_name()}", "/vendor/pyodide/python_stdlib.zip"):
        assert get(site.url + path, **{"Accept-Encoding": "gzip"}).headers["Content-Encoding"] is None


def test_an_edited_file_is_compressed_anew(site: Site, checkout: Path) -> None:
    url = f"{site.url}/static/demo/main.py"
    get(url, **{"Accept-Encoding": "gzip"})
    (checkout / "static/demo/main.py").write_text("edited")
    assert gzip.decompress(get(url, **{"Accept-Encoding": "gzip"}).body) == b"edited"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, False),
        ({"accept-encoding": "identity"}, False),
        ({"accept-encoding": "gzip"}, True),
        ({"accept-encoding": "br, gzip;q=0.8"}, True),
        ({"accept-encoding": "gzip;q=0"}, False),
        ({"accept-encoding": "gzip", "range": "bytes=0-1"}, False),
    ],
)
def test_compression_is_for_those_who_ask(asked: dict[str, str], expected: bool) -> None:
    assert accepts_gzip(asked) is expected
