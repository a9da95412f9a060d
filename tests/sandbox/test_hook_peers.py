"""Webhooks with software of others: curl as the client, express and formidable as receivers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.sandbox_support import Caller

PROGRAM = Path(__file__).with_name("receive_hooks.mjs")


class Curl:
    """Calls the API with curl."""

    def __init__(self, podio: Caller) -> None:
        self._url = podio.url
        self._token = podio.token

    def call(self, method: str, path: str, body: Any = None) -> Any:
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "--request", method, self._url + path]
        command += ["--header", f"Authorization: OAuth2 {self._token}"]
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data", json.dumps(body)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else None


class Peer:
    """The program ``receive_hooks.mjs``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.url: str = json.loads(process.stdout.readline())

    def received(self) -> list[list[Any]]:
        """Stop the program and return the path and the body of each request."""
        out, _ = self._process.communicate(timeout=30)
        received: list[list[Any]] = json.loads(out)
        return received


@contextmanager
def running(podio: Caller) -> Iterator[Peer]:
    command = ["node", str(PROGRAM), podio.url, str(podio.token)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield Peer(process)
        finally:
            process.kill()


@pytest.mark.parametrize("parser", ["express", "formidable"])
def test_a_receiver_of_others_verifies_itself_and_reads_all_keys(demo: Caller, parser: str) -> None:
    curl = Curl(demo)
    with running(demo) as peer:
        url = f"{peer.url}/{parser}?team=a%26b&name=J%C3%BCrgen"
        hooks = {
            hook_type: curl.call("POST", "/hook/app/3001/", {"url": url, "type": hook_type})["hook_id"]
            for hook_type in ("item.create", "item.update", "item.delete", "comment.create", "file.change")
        }
        demo.get("/sandbox/deliveries?wait=40")
        assert {each["status"] for each in curl.call("GET", "/hook/app/3001/")} == {"active"}
        item = curl.call("POST", "/item/app/3001/", {"fields": {"title": "New"}, "external_id": "é + &=%"})
        item_id = item["item_id"]
        curl.call("PUT", f"/item/{item_id}", {"fields": {"title": "Newer"}})
        revisions = [each["item_revision_id"] for each in curl.call("GET", f"/item/{item_id}/revision/")]
        comment_id = curl.call("POST", f"/comment/item/{item_id}/", {"value": "Hello"})["comment_id"]
        file_id = demo.upload(b"text").json["file_id"]
        curl.call("POST", f"/file/{file_id}/attach", {"ref_type": "item", "ref_id": item_id})
        curl.call("DELETE", f"/item/{item_id}")
        delivered = demo.get("/sandbox/deliveries?wait=40").json
        received = peer.received()
    assert [each["status"] for each in delivered] == [200] * 10
    assert {path for path, _ in received} == {f"/{parser}"}
    query = {"team": "a&b", "name": "Jürgen"}
    newest, oldest = (str(each) for each in revisions)
    about = {"item_id": str(item_id), "external_id": "é + &=%"}
    expected: list[dict[str, Any]] = [
        *({"type": "hook.verify", "hook_id": str(hook_id), "code": 204} for hook_id in hooks.values()),
        {"type": "item.create", **about, "item_revision_id": oldest},
        {"type": "item.update", **about, "item_revision_id": newest},
        {"type": "comment.create", "item_id": str(item_id), "comment_id": str(comment_id)},
        {"type": "file.change", "item_id": str(item_id), "action_type": "file_created", "file_ids": str(file_id)},
        {"type": "item.delete", **about, "item_revision_id": newest},
    ]
    expected = [{"hook_id": str(hooks.get(each["type"])), **each, **query} for each in expected]
    assert [body for _, body in received] == expected
