"""Files: https://developers.podio.com/doc/files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podio_web.sandbox import Sandbox
from podio_web.sandbox.downloads import disposition
from tests.sandbox.sandbox_support import MULTIPART, OTHER, Answer, Caller, form_data

KEYS = {
    "file_id", "name", "description", "mimetype", "size", "link", "link_target", "perma_link", "thumbnail_link",
    "hosted_by", "hosted_by_humanized_name", "external_file_id", "created_on", "created_by", "created_via", "context",
    "rights", "replaces", "presence", "push",
}  # fmt: skip
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def uploaded(podio: Caller, content: bytes = b"hello", name: str = "a.txt", **options: Any) -> int:
    answer = podio.upload(content, name, **options)
    assert answer.status == 200, answer.text
    file_id: int = answer.json["file_id"]
    return file_id


def ids(answer: Answer) -> list[int]:
    return [each["file_id"] for each in answer.json]


@pytest.mark.parametrize("path", ["/file/", "/file", "/file/v2/", "/file/v2"])
def test_an_upload_is_described_and_read_back(demo: Caller, path: str) -> None:
    content = bytes(range(256)) * 40
    made = demo.post(path, raw=form_data(content, "report.pdf", "application/pdf"), headers=MULTIPART)
    assert made.status == 200
    shown = made.json
    assert set(shown) == KEYS
    found = (shown["name"], shown["mimetype"], shown["size"], shown["created_by"]["user_id"], shown["thumbnail_link"])
    assert found == ("report.pdf", "application/pdf", 10_240, 1001, None)
    again = demo.get(f"/file/{shown['file_id']}").json
    assert {**again, "push": None} == {**shown, "push": None}
    raw = demo.get(f"/file/{shown['file_id']}/raw")
    assert raw.body == content
    expected = {
        "content-type": "application/pdf",
        "content-length": "10240",
        "content-disposition": "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf",
        "x-content-type-options": "nosniff",
    }
    assert {name: raw.headers[name] for name in expected} == expected


@pytest.mark.parametrize("path", ["/file/", "/file", "/file/v2/", "/file/v2"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", None),
        (b'{"source": "x"}', "application/json"),
        (b"source=x&filename=y", "application/x-www-form-urlencoded"),
        (b'--b\r\nContent-Disposition: form-data; name="filename"\r\n\r\na.txt\r\n--b--', "multipart/form-data"),
        (b'--b\r\nContent-Disposition: form-data; name="source"\r\n\r\na.txt\r\n--b--', "multipart/form-data"),
        (b'--b\r\nContent-Disposition: form-data; name="xsource"; filename="a"\r\n\r\n', "multipart/form-data"),
        (b'--b\r\nContent-Disposition: form-data; name="source"; filename=""\r\n\r\n\r\n--b--', "multipart/form-data"),
        (b'--b\r\nContent-Disposition: form-data; name="source"; filename="a"\r\n\r\nhel', "multipart/form-data"),
        (b"no boundary at all", "multipart/form-data"),
        (b"--b\r\n\0: x\r\n\r\nhello\r\n--b--", "multipart/form-data"),
    ],
)
def test_an_upload_without_a_file(demo: Caller, path: str, body: bytes, kind: str | None) -> None:
    headers = {"Content-Type": f"{kind}; boundary=b"} if kind else {}
    answer = demo.post(path, raw=body, headers=headers)
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")
    text = "'source' parameter must given as multipart/form-data with type 'file'"
    assert answer.json["error_description"] == text
    assert demo.post(path, raw=body, headers=headers, token=None).status == 401


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=" + "x" * 5000])
def test_an_upload_without_a_usable_boundary(demo: Caller, content_type: str) -> None:
    answer = demo.post("/file/", raw=form_data(b"hello", "a"), headers={"Content-Type": content_type})
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")


def test_the_file_name_is_the_part_filename_or_that_of_the_source(demo: Caller) -> None:
    body = form_data(b"hello", "inner.txt").replace(b"\r\n\r\ninner.txt\r\n", b"\r\n\r\nouter.txt\r\n")
    assert demo.post("/file/", raw=body, headers=MULTIPART).json["name"] == "outer.txt"
    alone = form_data(b"hello", "inner.txt").replace(b'name="filename"', b'name="other"')
    assert demo.post("/file/", raw=alone, headers=MULTIPART).json["name"] == "inner.txt"


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("a.png", None, "image/png"),
        ("a.png", "application/octet-stream", "image/png"),
        ("a.png", "text/plain; charset=utf-8", "text/plain"),
        ("a.png", "nonsense", "image/png"),
        ("a.unheard-of", None, "application/octet-stream"),
    ],
)
def test_the_media_type_is_the_one_sent_or_follows_from_the_name(
    demo: Caller, name: str, sent: str | None, kept: str
) -> None:
    made = demo.upload(b"hello", name, sent).json
    assert made["mimetype"] == kept
    assert demo.get(f"/file/{made['file_id']}/raw").headers["content-type"] == kept


def test_an_empty_file_is_a_file(demo: Caller) -> None:
    made = demo.upload(b"", "empty.bin").json
    assert made["size"] == 0
    assert demo.get(f"/file/{made['file_id']}/raw").body == b""


@many
@given(content=st.binary(max_size=2000) | st.just(b"\r\n--b\r" * 500), name=st.text(max_size=300))
def test_any_content_and_name_come_back_as_they_were(demo: Caller, content: bytes, name: str) -> None:
    demo.settings(general_limit=10**9)
    text = name.encode(errors="replace").decode()
    if "\r\n--b" in text or b"\r\n--b\r\n" in content:
        return
    answer = demo.upload(content, text)
    if not text:
        assert answer.status == 400
        return
    assert (answer.json["name"], answer.json["size"]) == (text, len(content))
    raw = demo.get(f"/file/{answer.json['file_id']}/raw")
    assert raw.body == content


@given(name=st.text(max_size=300))
def test_any_name_makes_a_header_of_one_ascii_line(name: str) -> None:
    header = disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_names_never_become_paths(tmp_path: Path) -> None:
    data = tmp_path / "podio.sqlite"
    with Sandbox(data=data, control=True) as sandbox:
        caller = Caller(sandbox.url)
        caller.sign_in()
        for name in ("../../escaped.txt", "/tmp/escaped.txt", "C:\\escaped.txt", "..", "con", "a\0b", "x" * 3000):
            assert uploaded(caller, name=name)
        caller.close()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["podio.sqlite", "podio.sqlite.files"]
        kept = [path.name for path in (tmp_path / "podio.sqlite.files").iterdir()]
        assert len(kept) == 7
        assert all(len(name) == 32 and set(name) <= set("0123456789abcdef") for name in kept)


def test_files_of_a_data_file_are_kept(tmp_path: Path) -> None:
    data, folder = tmp_path / "podio.sqlite", tmp_path / "podio.sqlite.files"
    with Sandbox(data=data, control=True) as sandbox:
        caller = Caller(sandbox.url)
        token = caller.sign_in()
        file_id = uploaded(caller, b"kept")
        caller.close()
    for name in ("0" * 32, "1" * 32 + ".part"):
        (folder / name).write_bytes(b"left behind by a crash")
    (folder / "notes.txt").write_bytes(b"the user's own")
    with Sandbox(data=data, control=True) as sandbox:
        caller = Caller(sandbox.url)
        assert caller.get(f"/file/{file_id}/raw", token=token).body == b"kept"
        assert len(list(folder.iterdir())) == 2
        caller.post("/sandbox/reset")
        assert [path.name for path in folder.iterdir()] == ["notes.txt"]
        caller.close()


def test_attach_to_an_item_and_to_a_comment(demo: Caller) -> None:
    one, two, three = (uploaded(demo, name=name) for name in ("one", "two", "three"))
    before = demo.get("/item/6102").json
    assert before["files"] == []
    assert demo.post(f"/file/{one}/attach", {"ref_type": "item", "ref_id": 6102}).status == 204
    item = demo.get("/item/6102").json
    assert (ids_of(item), item["file_count"], item["revision"]) == ([one], 1, before["revision"])
    assert demo.get(f"/file/{one}").json["context"]["id"] == 6102
    assert demo.post(f"/file/{two}/attach/", {"ref_type": "comment", "ref_id": 7001}).status == 204
    assert ids_of(demo.get("/comment/7001").json) == [two]
    assert ids_of(demo.get("/item/6101").json["comments"][0]) == [two]
    assert demo.get("/item/6101").json["file_count"] == 0
    assert demo.post(f"/file/{three}/attach", {"ref_type": "space", "ref_id": 2001}).status == 204
    assert demo.get(f"/file/{three}").json["context"] == {"type": "space", "id": 2001, "title": "Team"}
    found = demo.post("/item/app/3001/filter/", {"filters": {"item_id": [6102]}, "limit": 500}).json["items"]
    assert [item["file_count"] for item in found if item["item_id"] == 6102] == [1]
    demo.post(f"/file/{one}/attach", {"ref_type": "item", "ref_id": 6101})
    assert ids_of(demo.get("/item/6102").json) == []


def ids_of(shown: dict[str, Any]) -> list[int]:
    return [file["file_id"] for file in shown["files"]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"ref_type": "item", "ref_id": 1}, 404),
        ({"ref_type": "item"}, 400),
        ({"ref_type": "item", "ref_id": "6101"}, 400),
        ({"ref_type": "planet", "ref_id": 1}, 400),
        ({"ref_type": "task", "ref_id": 1}, 404),
        ({"ref_type": "comment", "ref_id": 1}, 404),
        ([], 400),
    ],
)
def test_what_files_cannot_be_attached_to(demo: Caller, body: Any, status: int) -> None:
    assert demo.post(f"/file/{uploaded(demo)}/attach", body).status == status


def test_file_ids_of_a_new_item_and_of_an_update(demo: Caller) -> None:
    one, two = uploaded(demo), uploaded(demo)
    made = demo.post("/item/app/3001/", {"fields": {"title": "With a file"}, "file_ids": [one]}).json
    assert made["file_count"] == 1
    path = f"/item/{made['item_id']}"
    assert demo.put(path, {"file_ids": [two]}).json == {"revision": 0, "title": "With a file"}
    assert ids_of(demo.get(path).json) == [one, two]
    for bad in ([1], ["1"], [one, 10**12], {"1": 1}):
        assert demo.put(path, {"fields": {"title": "Changed"}, "file_ids": bad}).status == 400
    assert demo.get(path).json["title"] == "With a file"
    demo.delete(path)
    assert demo.get(f"/file/{one}").status == 410


def test_file_ids_of_comments(demo: Caller) -> None:
    one, two = uploaded(demo), uploaded(demo)
    made = demo.post("/comment/item/6102/", {"value": "See", "file_ids": [one]}).json
    assert ids_of(made) == [one]
    assert ids_of(demo.put(f"/comment/{made['comment_id']}", {"file_ids": [two]}).json) == [one, two]
    other = demo.issue(OTHER)
    theirs = uploaded(demo, token=other)
    assert demo.post("/comment/item/6102/", {"value": "Mine?", "file_ids": [theirs]}).status == 400
    attach = {"ref_type": "comment", "ref_id": made["comment_id"]}
    assert demo.post(f"/file/{theirs}/attach", attach, token=other).status == 403


def test_a_copy_outlives_the_original(demo: Caller) -> None:
    one = uploaded(demo, b"twice")
    copied = demo.post(f"/file/{one}/copy")
    assert copied.status == 200
    two = copied.json["file_id"]
    assert demo.delete(f"/file/{one}").status == 204
    assert [demo.get(path).status for path in (f"/file/{one}", f"/file/{one}/raw", f"/{one}")] == [410] * 3
    assert demo.get(f"/file/{two}/raw").body == b"twice"
    assert demo.delete(f"/file/{two}").status == 204
    assert demo.post(f"/file/{two}/copy").status == 410


def test_a_deleted_content_leaves_the_disk(tmp_path: Path) -> None:
    with Sandbox(data=tmp_path / "podio.sqlite", control=True) as sandbox:
        caller = Caller(sandbox.url)
        caller.sign_in()
        one = uploaded(caller)
        two = caller.post(f"/file/{one}/copy").json["file_id"]
        left = []
        for file_id in (one, two):
            caller.delete(f"/file/{file_id}")
            left.append(len(list((tmp_path / "podio.sqlite.files").iterdir())))
        caller.close()
    assert left == [1, 0]


def test_a_new_file_replaces_an_old_one(demo: Caller) -> None:
    old, new = uploaded(demo, name="v1"), uploaded(demo, name="v2")
    demo.post(f"/file/{old}/attach", {"ref_type": "item", "ref_id": 6102})
    assert demo.post(f"/file/{new}/replace", {"old_file_id": old}).status == 204
    assert ids_of(demo.get("/item/6102").json) == [new]
    assert [each["name"] for each in demo.get(f"/file/{new}").json["replaces"]] == ["v1"]
    assert ids(demo.get("/file/app/3001/")) == [new]
    for bad, status in ((new, 400), (1, 404), ("x", 400), (None, 400)):
        assert demo.post(f"/file/{new}/replace", {"old_file_id": bad}).status == status


def test_a_description(demo: Caller) -> None:
    one = uploaded(demo)
    assert demo.put(f"/file/{one}", {"description": "A letter"}).status == 204
    assert demo.get(f"/file/{one}").json["description"] == "A letter"
    assert demo.put(f"/file/{one}", {"description": 5}).status == 400


def test_the_lists(demo: Caller) -> None:
    one, two, three, four = (uploaded(demo, name=name) for name in ("d.txt", "c.txt", "b.txt", "a.txt"))
    picture = demo.upload(b"GIF89a", "z.gif", "image/gif").json["file_id"]
    for file_id, kind, number in (
        (one, "item", 6101),
        (two, "comment", 7001),
        (three, "space", 2001),
        (picture, "item", 6101),
    ):
        assert demo.post(f"/file/{file_id}/attach", {"ref_type": kind, "ref_id": number}).status == 204
    assert ids(demo.get("/file/app/3001/")) == [picture, one, two]
    assert ids(demo.get("/file/space/2001/?sort_desc=0")) == [three, two, one, picture]
    assert ids(demo.get("/file/")) == [picture, one, two, three]
    assert four not in ids(demo.get("/file?limit=100"))
    assert ids(demo.get("/file/?limit=1&offset=1")) == [one]
    assert ids(demo.get("/file/?filetype=image")) == [picture]
    assert ids(demo.get("/file/?attached_to=space")) == [three]
    assert ids(demo.get("/file/?sort_by=created_on&sort_desc=false")) == [one, two, three, picture]
    for query in ("sort_by=size", "limit=0", "filetype=pdf", "attached_to=x"):
        assert demo.get(f"/file/?{query}").status == 400
    assert demo.get("/file/app/1/").status == 404
    assert demo.get("/file/space/1/").status == 404


def test_an_unattached_file_is_its_owners_alone(demo: Caller) -> None:
    one, other = uploaded(demo), demo.issue(OTHER)
    for path in (f"/file/{one}", f"/file/{one}/raw", f"/{one}", f"/{one}/small"):
        assert demo.get(path, token=other).status == 403
        assert demo.get(path, token=None).status == 401
    assert demo.delete(f"/file/{one}", token=other).status == 403
    assert demo.post("/item/app/3001/", {"fields": {"title": "x"}, "file_ids": [one]}, token=other).status == 400
    demo.post(f"/file/{one}/attach", {"ref_type": "item", "ref_id": 6101})
    assert demo.get(f"/file/{one}/raw", token=other).body == b"hello"
    demo.post(f"/file/{one}/attach", {"ref_type": "item", "ref_id": 6201})
    assert demo.get(f"/file/{one}/raw", token=other).status == 403
    assert ids(demo.get("/file/", token=other)) == []


@pytest.mark.parametrize(
    ("scope", "may_read", "may_upload", "may_delete"),
    [
        ("space:read", True, False, False),
        ("space_2001:write", False, False, False),
        ("app:write", False, True, False),
        ("app:delete", False, False, True),
        ("app_3002:all", False, False, False),
        ("user:all", False, False, False),
        ("global:all", True, True, True),
    ],
)
def test_scopes(demo: Caller, scope: str, may_read: bool, may_upload: bool, may_delete: bool) -> None:
    one = uploaded(demo)
    demo.post(f"/file/{one}/attach", {"ref_type": "item", "ref_id": 6101})
    token = demo.issue(scope=scope)
    expected = 200 if may_read else 403
    assert demo.get(f"/file/{one}", token=token).status == expected
    assert demo.get(f"/file/{one}/raw", token=token).status == expected
    assert demo.get(f"/{one}", token=token).status == expected
    assert ids(demo.get("/file/", token=token)) == ([one] if may_read else [])
    assert demo.upload(b"x", token=token).status == (200 if may_upload else 403)
    assert demo.delete(f"/file/{one}", token=token).status == (204 if may_delete else 403)


def test_an_app_token_uploads_and_attaches_to_its_own_app(podio: Caller) -> None:
    form = {"grant_type": "app", "app_id": 3001, "app_token": app_token(podio)}
    token = podio.post("/oauth/token/v2", {**form, "client_id": "demo-client", "client_secret": "demo-secret"})
    podio.token = token.json["access_token"]
    one = uploaded(podio)
    assert podio.post(f"/file/{one}/attach", {"ref_type": "item", "ref_id": 6101}).status == 204
    assert ids(podio.get("/file/app/3001/")) == [one]
    assert podio.get("/file/app/3002/").status == 403
    assert podio.get("/file/").status == 403


def app_token(podio: Caller) -> str:
    token: str = podio.get("/app/3001", token=podio.issue()).json["token"]
    return token


@pytest.mark.parametrize("path", ["/file/1", "/file/1/raw", "/1", "/1/small", "/" + "9" * 40])
def test_unknown_files(demo: Caller, path: str) -> None:
    answer = demo.get(path)
    assert (answer.status, answer.json["error_description"]) == (404, "Object not found")


def test_a_file_is_gone_after_a_reset(demo: Caller) -> None:
    one = uploaded(demo)
    demo.post("/sandbox/reset")
    demo.sign_in()
    assert demo.get(f"/file/{one}").status == 404
    assert demo.uploads() == []
    assert uploaded(demo) == one


class Pages(BaseHTTPRequestHandler):
    """A web server of this machine, with a file, a redirect and an endless file."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://example.com/secret")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.end_headers()
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(b"x" * 65_536)
            except OSError:
                return
        self.wfile.write(b"a,b\n1,2\n")

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def pages() -> Iterator[str]:
    Pages.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_file_from_a_url_of_this_machine(demo: Caller) -> None:
    with pages() as url:
        made = demo.post("/file/from_url/", {"url": f"{url}/folder/my%20data.csv?x=1"}).json
        assert (made["name"], made["mimetype"], made["size"]) == ("my data.csv", "text/csv", 8)
        assert demo.get(f"/file/{made['file_id']}/raw").body == b"a,b\n1,2\n"
        assert demo.post("/file/from_url", {"url": f"{url}/x"}, token=None).status == 401
        assert Pages.asked == ["/folder/my%20data.csv?x=1"]


def test_a_file_from_the_sandbox_itself(demo: Caller) -> None:
    link = demo.get(f"/file/{uploaded(demo, b'once')}").json["link"]
    made = demo.post("/file/from_url/", {"url": f"{link}?oauth_token={demo.token}"}).json
    assert demo.get(f"/file/{made['file_id']}/raw").body == b"once"


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/a",
        "http://0.0.0.0/a",
        "http://[2001:db8::1]/a",
        "https://127.0.0.1/a",
        "file:///etc/passwd",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:1/refused",
        "http://",
        "127.0.0.1",
        "http://127.0.0.1/a b\r\nX: y",
        "",
        5,
        None,
    ],
)
def test_nothing_is_fetched_from_elsewhere(demo: Caller, url: Any) -> None:
    answer = demo.post("/file/from_url/", {"url": url})
    assert (answer.status, answer.json["error"]) == (400, "invalid_value")


def test_a_fetch_follows_no_redirect_and_has_an_end(demo: Caller) -> None:
    demo.settings(largest_upload=1_000_000)
    with pages() as url:
        away = demo.post("/file/from_url/", {"url": f"{url}/away"})
        assert (away.status, away.json["error_description"].rpartition(": ")[2]) == (400, "the status is 302")
        endless = demo.post("/file/from_url/", {"url": f"{url}/endless"})
        assert endless.status == 400
        assert "must not have more than 1000000 bytes" in endless.json["error_description"]
    assert urlsplit(demo.url).hostname == "127.0.0.1"
    assert demo.get("/file/").json == []


def test_what_arrived_is_told(demo: Caller) -> None:
    content = b"hello" * 1000
    demo.upload(content, 'quo"te.txt', "text/x-test")
    (arrival,) = demo.uploads()
    assert arrival == {
        "n": 1,
        "path": "/file/",
        "status": 200,
        "state": "answered",
        "received": len(form_data(content, 'quo"te.txt', "text/x-test")),
        "parts": ["source", "filename"],
        "disposition": 'form-data; name="source"; filename="quo%22te.txt"',
        "content_type": "text/x-test",
        "source_name": "quo%22te.txt",
        "filename": 'quo"te.txt',
        "size": 5000,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert demo.delete("/sandbox/uploads").status == 200
    assert demo.uploads() == []
