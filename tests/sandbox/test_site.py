"""The demo page's web server, on a small made-up checkout."""

import base64
import hashlib
import json
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message

import pytest

from podio_web.sandbox.demo_server import DOWNLOADS, VENDOR, Site, SiteError
from podio_web.site_builder.headers import callback_headers
from podio_web.site_builder.page_archive import archive_name, page_archive

WHEEL = "podio_web-1.2.3-py3-none-any.whl"


@pytest.fixture
def checkout(tmp_path):
    files = {
        "index.html": "<title>page</title>",
        "secret.txt": "nobody may read this",
        "static/callback.html": "<title>callback</title><script>send()</script>",
        "static/other.html": "<title>other</title>",
        "static/demo/boot.js": "start();",
        "static/demo/main.py": "print('hello')",
        f"dist/{WHEEL}": "wheel",
        "extra/index.html": "<title>extra</title>",
        **{f"{folder}/file.css": "a {}" for folder in VENDOR.values()},
    }
    for folders in DOWNLOADS.values():
        for address, patterns in folders.items():
            for pattern in patterns:
                files[f"{VENDOR[address]}/{pattern.replace('*', 'x')}"] = "x" * len(pattern)
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
def site(checkout):
    with Site(checkout, api_url="http://127.0.0.1:1/", headers={"X-Page": "yes"}, extra=checkout / "extra") as site:
        yield site


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str


def get(url: str, **headers: str) -> Answer:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return Answer(answer.status, answer.headers, answer.read().decode(errors="replace"))


def status_of(url: str, **headers: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get(url, **headers)
    caught.value.close()
    return caught.value.code


def test_the_page_is_at_the_root(site):
    assert site.url.startswith("http://localhost:")
    for path in ("/", "/index.html", "/?interpreter=mpy"):
        answer = get(site.url + path)
        assert answer.text == "<title>page</title>"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/static/demo/boot.js", "text/javascript; charset=utf-8"),
        ("/static/demo/main.py", "text/x-python; charset=utf-8"),
        ("/vendor/pyodide/pyodide.mjs", "text/javascript; charset=utf-8"),
        ("/vendor/pyodide/pyodide.asm.wasm", "application/wasm"),
        ("/vendor/pyodide/pyodide-lock.json", "application/json"),
        ("/vendor/micropython/micropython.wasm", "application/wasm"),
        ("/vendor/pyscript/core.js", "text/javascript; charset=utf-8"),
        ("/vendor/pico/file.css", "text/css; charset=utf-8"),
        (f"/{archive_name()}", "application/zip"),
        (f"/dist/{WHEEL}", "application/zip"),
    ],
)
def test_every_file_has_the_type_that_browsers_insist_on(site, path, kind):
    answer = get(site.url + path)
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", f"/{archive_name()}", f"/dist/{WHEEL}", "/vendor/pyodide/pyodide.mjs"])
def test_an_unchanged_file_is_not_sent_again(site, path):
    tag = get(site.url + path).headers["ETag"]
    assert status_of(site.url + path, **{"If-None-Match": tag}) == 304


def test_the_settings_name_everything_that_the_page_loads(site):
    answer = get(site.url + "/config.json")
    settings = json.loads(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    assert settings["client_id"] == "demo-client"
    assert settings["api_url"] == "http://127.0.0.1:1"
    assert settings["archive"] == archive_name()
    assert settings["parts"] == {part: archive_name(part=part) for part in ("files", "live")}
    assert settings["wheel"] == f"dist/{WHEEL}"
    addresses = [settings["wheel"], *settings["interpreters"].values()]
    for kind in ("py", "mpy"):
        for file in settings["downloads"][kind]:
            assert len(get(f"{site.url}/{file['url']}").text) == file["bytes"]
            addresses.append(file["url"])
    for address in addresses:
        assert get(f"{site.url}/{address}").status == 200


@pytest.mark.parametrize(
    ("api_url", "control", "expected"),
    [
        ("http://127.0.0.1:8001", None, "http://127.0.0.1:8001/sandbox"),
        ("http://127.0.0.1:8001", False, None),
        ("https://api.podio.com", None, None),
    ],
)
def test_only_a_sandbox_can_be_steered(checkout, api_url, control, expected):
    site = Site(checkout, client_id="mine", api_url=api_url, control=control)
    with site:
        assert site.config()["control"] == expected
        assert site.config()["client_id"] == "mine"


@pytest.mark.parametrize(
    ("api_url", "files_url", "push_url"),
    [
        ("http://127.0.0.1:8001", "http://localhost:8001", "http://127.0.0.1:8001/faye"),
        ("http://localhost:8001", "http://127.0.0.1:8001", "http://localhost:8001/faye"),
        ("https://api.podio.com", "https://files.podio.com", "https://push.podio.com/faye"),
        ("https://podio.example", None, "https://podio.example/faye"),
    ],
)
def test_the_page_may_reach_file_links_and_the_push_service(checkout, api_url, files_url, push_url):
    site = Site(checkout, api_url=api_url)
    with site:
        assert site.config()["files_url"] == files_url
        policy = get(site.url).headers["Content-Security-Policy"]
    assert ("blob:; connect-src" in policy) == (files_url is not None)
    (reached,) = [each.split()[1:] for each in policy.split("; ") if each.startswith("connect-src ")]
    assert reached == ["'self'", api_url, *([] if files_url is None else [files_url]), push_url]


def test_the_newest_wheel_is_served_and_no_other(site, checkout):
    newer = checkout / "dist" / "podio_web-1.10.0-py3-none-any.whl"
    newer.write_text("newer")
    os.utime(checkout / "dist" / WHEEL, (1, 1))
    assert json.loads(get(site.url + "/config.json").text)["wheel"] == f"dist/{newer.name}"
    assert get(f"{site.url}/dist/{newer.name}").text == "newer"
    assert status_of(f"{site.url}/dist/{WHEEL}") == 404


@pytest.mark.parametrize("part", [None, "files"])
def test_the_page_archives_are_made_from_the_package(site, part):
    with urllib.request.urlopen(f"{site.url}/{archive_name(part=part)}") as answer:
        assert answer.read() == page_archive(part=part)


def test_rule_13_the_callback_page_has_its_own_headers(site):
    answer = get(site.url + "/static/callback.html")
    digest = base64.b64encode(hashlib.sha256(b"send()").digest()).decode()
    assert answer.text.startswith("<title>callback</title>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[:2] == ["default-src 'none'", f"script-src 'sha256-{digest}'"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in str(policy)
    assert "X-Page" not in answer.headers


def test_the_demo_has_a_strict_policy_that_names_the_api(site, checkout):
    headers = get(site.url + "/").headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "connect-src 'self' http://127.0.0.1:1 http://localhost:1 http://127.0.0.1:1/faye" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in str(policy)
    assert "'unsafe-eval'" not in str(policy)
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    own = {"Cross-Origin-Opener-Policy": "same-origin"}
    with Site(checkout, headers=own) as other:
        assert get(other.url + "/").headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_inline_styles_are_allowed_by_their_hash_too():
    policy = callback_headers("<style>p {}</style><script>a()</script>")["Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(b"p {}").digest()).decode()
    assert f"; style-src 'sha256-{digest}';" in policy


def test_extra_headers_go_to_pages_only(site):
    for path in ("/", "/static/other.html", "/tests/"):
        assert get(site.url + path).headers["X-Page"] == "yes"
    assert "X-Page" not in get(site.url + "/static/demo/boot.js").headers


def test_an_extra_folder_is_served_below_tests(site, checkout):
    assert get(site.url + "/tests/").text == "<title>extra</title>"
    with Site(checkout) as plain:
        assert status_of(plain.url + "/tests/") == 404


@pytest.mark.parametrize(
    "path",
    ["/secret.txt", "/static/../secret.txt", "/static/%2e%2e/secret.txt", "/absent", "/static/absent", "/absent.whl"],
)
def test_nothing_else_is_served(site, path):
    assert status_of(site.url + path) == 404


@pytest.mark.parametrize(
    ("missing", "advice"),
    [
        ("index.html", "Run this command in a checkout"),
        ("node_modules/pyodide", "npm ci"),
        ("node_modules/@picocss/pico/css", "npm ci"),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(checkout, missing, advice):
    path = checkout / missing
    path.rename(checkout / "elsewhere")
    with pytest.raises(SiteError, match=advice):
        Site(checkout)


def test_a_taken_port_is_an_error_for_the_caller(site, checkout):
    port = int(site.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"), Site(checkout, port=port):
        pass


def test_without_a_wheel_no_page_with_the_whole_package_works_but_the_others_do(checkout):
    (checkout / "dist" / WHEEL).unlink()
    with Site(checkout) as site:
        assert site.wheel() is None
        assert json.loads(get(site.url + "/config.json").text)["wheel"] is None
        assert status_of(f"{site.url}/dist/{WHEEL}") == 404
        assert get(site.url).text == "<title>page</title>"


def test_the_examples_that_are_pages_are_served_and_the_others_are_not(checkout):
    for name in ("notebook_page", "items_page", "script"):
        (checkout / "examples" / name).mkdir(parents=True)
        (checkout / "examples" / name / "index.html").write_text(f"<title>{name}</title>", encoding="utf-8")
    with Site(checkout) as site:
        for name in ("notebook_page", "items_page"):
            assert name in get(f"{site.url}/examples/{name}/").text
        assert status_of(site.url + "/examples/script/index.html") == 404
