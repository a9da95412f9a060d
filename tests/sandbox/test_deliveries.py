"""Deliveries of webhooks: what is sent to whom, when, and what the control interface tells of it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h11
import pytest

from podio_web.sandbox import Sandbox
from podio_web.sandbox.clock import Clock
from podio_web.sandbox.deliveries import Deliveries, Delivery
from podio_web.sandbox.posting import USER_AGENT, NotPosted, post_form
from podio_web.sandbox.settings import Settings
from tests.examples_support import refusing_port
from tests.sandbox.hook_receiver import HOURS_FIELD, Receiver, create, deliveries
from tests.sandbox.push_support import until
from tests.sandbox.sandbox_support import Caller


def newest_revision(demo: Caller, item_id: int) -> str:
    revisions: list[dict[str, Any]] = demo.get(f"/item/{item_id}/revision").json
    return str(revisions[0]["item_revision_id"])


def told(demo: Caller, receiver: Receiver) -> list[dict[str, str]]:
    """Return what has arrived, without the ID of the hook, after all has been sent."""
    assert all(each["status"] == receiver.status for each in deliveries(demo))
    return [{name: value for name, value in form.items() if name != "hook_id"} for form in receiver.forms]


class TestWhatIsSent:
    def test_a_new_item(self, demo: Caller, receiver: Receiver) -> None:
        hook_id = create(demo, receiver, "item.create")
        body = {"fields": {"title": "New"}, "external_id": "a&b"}
        item_id = demo.post("/item/app/3001/", body).json["item_id"]
        deliveries(demo)
        assert receiver.forms == [
            {
                "hook_id": str(hook_id),
                "type": "item.create",
                "item_id": str(item_id),
                "item_revision_id": newest_revision(demo, item_id),
                "external_id": "a&b",
            }
        ]

    def test_a_changed_item(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        demo.put("/item/6301", {"fields": {"text": "Changed"}})
        assert told(demo, receiver) == []
        demo.put("/item/6101", {"fields": {"hours": 9}})
        revision = newest_revision(demo, 6101)
        about = {"item_id": "6101", "item_revision_id": revision, "external_id": "seed-1"}
        assert told(demo, receiver) == [{"type": "item.update", **about}]

    def test_an_item_without_an_external_id(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update", "app/3002")
        demo.put("/item/6001", {"fields": {"name": "Changed"}})
        assert [each["external_id"] for each in told(demo, receiver)] == [""]

    def test_a_deleted_item(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.delete")
        revision = newest_revision(demo, 6101)
        demo.delete("/item/6101")
        about = {"item_id": "6101", "item_revision_id": revision, "external_id": "seed-1"}
        assert told(demo, receiver) == [{"type": "item.delete", **about}]

    def test_comments(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "comment.create")
        create(demo, receiver, "comment.delete")
        comment_id = demo.post("/comment/item/6101/", {"value": "Hello"}).json["comment_id"]
        demo.put(f"/comment/{comment_id}", {"value": "Hello again"})
        demo.delete(f"/comment/{comment_id}")
        about = {"item_id": "6101", "comment_id": str(comment_id)}
        assert told(demo, receiver) == [{"type": "comment.create", **about}, {"type": "comment.delete", **about}]

    def test_files(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "file.change")
        old, new = (demo.upload(b"text", name).json["file_id"] for name in ("a.txt", "b.txt"))
        demo.post(f"/file/{old}/attach", {"ref_type": "item", "ref_id": 6102})
        demo.post(f"/file/{new}/replace", {"old_file_id": old})
        demo.delete(f"/file/{new}")
        about = {"type": "file.change", "item_id": "6102"}
        assert told(demo, receiver) == [
            {**about, "action_type": "file_created", "file_ids": str(old)},
            {**about, "action_type": "file_replaced", "file_ids": str(new)},
            {**about, "action_type": "file_deleted", "file_ids": str(new)},
        ]

    def test_an_app(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "app.update")
        demo.post("/app/3001/field", {"type": "text", "config": {"label": "More"}})
        assert told(demo, receiver) == [{"type": "app.update", "app_id": "3001"}]

    def test_changes_of_one_field(self, demo: Caller, receiver: Receiver) -> None:
        for hook_type in ("item.create", "item.update", "item.delete"):
            create(demo, receiver, hook_type, f"app_field/{HOURS_FIELD}")
        item_id = demo.post("/item/app/3001/", {"fields": {"title": "New"}}).json["item_id"]
        demo.put(f"/item/{item_id}", {"fields": {"title": "Newer"}})
        assert told(demo, receiver) == []
        demo.put(f"/item/{item_id}", {"fields": {"hours": 1}})
        demo.delete(f"/item/{item_id}")
        other = demo.post("/item/app/3001/", {"fields": {"title": "Other", "hours": 2}}).json["item_id"]
        found = [(each["type"], each["item_id"]) for each in told(demo, receiver)]
        assert found == [("item.update", str(item_id)), ("item.delete", str(item_id)), ("item.create", str(other))]

    def test_hooks_of_a_space_hear_nothing_of_items(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update", "space/2001")
        demo.put("/item/6101", {"fields": {"hours": 9}})
        assert told(demo, receiver) == []

    def test_the_query_moves_into_the_body(self, demo: Caller, receiver: Receiver) -> None:
        url = f"{receiver.url}?team=a%26b&empty=&type=x&hook_id=1#part"
        demo.post("/hook/app/3001/", {"url": url, "type": "item.create"})
        deliveries(demo)
        (arrived,) = receiver.arrived
        assert arrived.path == "/podio/secret"
        assert (arrived.form["team"], arrived.form["empty"], arrived.form["type"]) == ("a&b", "", "hook.verify")
        assert arrived.form["hook_id"] != "1"
        assert len(arrived.pairs) == len(arrived.form) == 5
        assert demo.get("/hook/app/3001/").json[0]["url"] == url

    def test_the_headers(self, demo: Caller, receiver: Receiver) -> None:
        demo.post("/hook/app/3001/", {"url": receiver.url, "type": "item.create"})
        deliveries(demo)
        headers = receiver.arrived[0].headers
        assert headers["host"] == receiver.url.split("/")[2]
        assert headers["user-agent"] == USER_AGENT
        assert headers["content-type"] == "application/x-www-form-urlencoded"
        assert "authorization" not in headers


class TestWhenItIsSent:
    def test_not_if_the_request_says_so(self, demo: Caller, receiver: Receiver) -> None:
        for hook_type in ("item.create", "item.update", "item.delete", "comment.create", "file.change"):
            create(demo, receiver, hook_type)
        file_id = demo.upload(b"text").json["file_id"]
        item_id = demo.post("/item/app/3001/?hook=false", {"fields": {"title": "New"}}).json["item_id"]
        demo.put(f"/item/{item_id}?hook=0", {"fields": {"title": "Newer"}})
        demo.put(f"/item/{item_id}/value/title?hook=no", [{"value": "Newest"}])
        demo.post(f"/comment/item/{item_id}?hook=off", {"value": "Hello"})
        demo.post(f"/file/{file_id}/attach?hook=n", {"ref_type": "item", "ref_id": item_id})
        demo.delete(f"/item/{item_id}?hook=false")
        assert told(demo, receiver) == []
        demo.put("/item/6101?hook=true&silent=1", {"fields": {"hours": 9}})
        assert [each["type"] for each in told(demo, receiver)] == ["item.update"]

    def test_not_if_the_request_is_refused_or_changes_nothing(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        assert demo.put("/item/6101", {"fields": {"title": "New"}, "file_ids": [1]}).status == 400
        assert demo.put("/item/6101", {}).status == 204
        assert told(demo, receiver) == []

    def test_an_edit_by_another_user_is_told(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        demo.post("/sandbox/edit", {"action": "update", "item_id": 6101, "fields": {"hours": 9}})
        assert [each["item_id"] for each in told(demo, receiver)] == ["6101"]

    def test_the_request_does_not_wait_for_the_receiver(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        receiver.may_answer.clear()
        assert demo.put("/item/6101", {"fields": {"hours": 9}}).status == 200
        assert demo.put("/item/6101", {"fields": {"hours": 8}}).status == 200
        assert [each["answered_at"] for each in demo.get("/sandbox/deliveries?wait=0").json] == [None, None]
        receiver.may_answer.set()
        assert len(told(demo, receiver)) == 2

    def test_one_receiver_gets_changes_in_their_order(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.delete")
        gone = list(range(6101, 6131))
        demo.post("/item/app/3001/delete", {"item_ids": gone})
        assert [int(each["item_id"]) for each in told(demo, receiver)] == gone

    def test_twice(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        demo.settings(deliver_twice=True)
        demo.put("/item/6101", {"fields": {"hours": 9}})
        first, second = told(demo, receiver)
        assert first == second
        assert [each["n"] for each in deliveries(demo)] == [2, 3]

    def test_late(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        demo.settings(deliver_late=0.3)
        changed_at = time.time()
        demo.put("/item/6101", {"fields": {"hours": 9}})
        (delivery,) = deliveries(demo)
        assert changed_at <= delivery["queued_at"]
        assert changed_at + 0.29 < delivery["sent_at"] <= delivery["answered_at"]

    def test_out_of_order(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.delete")
        demo.settings(deliver_out_of_order=True)
        demo.post("/item/app/3001/delete", {"item_ids": [6101, 6102, 6103]})
        assert [each["item_id"] for each in told(demo, receiver)] == ["6103", "6102", "6101"]

    def test_a_reset_cancels_what_waits(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        demo.settings(deliver_late=3600)
        demo.put("/item/6101", {"fields": {"hours": 9}})
        assert [each["state"] for each in demo.get("/sandbox/deliveries").json] == ["waiting"]
        demo.post("/sandbox/reset")
        demo.sign_in()
        assert demo.get("/hook/app/3001").json == []
        # The next delivery does not wait for the one that is gone.
        create(demo, receiver, "item.update")
        demo.put("/item/6102", {"fields": {"hours": 9}})
        assert [each["item_id"] for each in told(demo, receiver)] == ["6102"]

    def test_a_reset_cancels_what_has_no_answer(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        receiver.may_answer.clear()
        demo.put("/item/6101", {"fields": {"hours": 9}})
        demo.put("/item/6101", {"fields": {"hours": 8}})
        until(lambda: receiver.arrived)
        demo.post("/sandbox/reset")
        receiver.may_answer.set()
        assert deliveries(demo) == []
        order = {"type": "item.update", "item_id": 6102, "url": receiver.url}
        assert demo.post("/sandbox/deliver", order).json["n"] == 1
        assert [each["item_id"] for each in receiver.forms] == ["6101", "6102"]

    def test_a_sandbox_that_stops_does_not_wait(self, receiver: Receiver) -> None:
        before = set(threading.enumerate())
        with Sandbox(control=True) as sandbox:
            podio = Caller(sandbox.url)
            podio.sign_in()
            receiver.may_answer.clear()
            for url in (receiver.url, "http://127.0.0.1:1/"):
                podio.settings(deliver_late=0 if url == receiver.url else 3600)
                podio.post("/hook/app/3001", {"url": url, "type": "item.create"})
            until(lambda: receiver.arrived)
            podio.close()
        receiver.may_answer.set()
        assert "podio-sandbox" not in [thread.name for thread in set(threading.enumerate()) - before]


class TestFailures:
    def test_a_hook_becomes_inactive_after_as_many_as_the_setting_says(self, demo: Caller, receiver: Receiver) -> None:
        hook_id = create(demo, receiver, "item.update")
        demo.settings(hook_failures=2)
        status = []
        for n, receiver.status in enumerate((500, 200, 302, 404, 200)):
            demo.put("/item/6101", {"fields": {"hours": n + 10}})
            assert len(deliveries(demo)) == min(n, 3) + 1
            status.append(demo.get("/hook/app/3001").json[0]["status"])
        assert status == ["active", "active", "active", "inactive", "inactive"]
        assert [each["status"] for each in deliveries(demo)] == [500, 200, 302, 404]
        # Redirects are not followed.
        assert {each.path for each in receiver.arrived} == {"/podio/secret"}
        receiver.arrived.clear()
        demo.post(f"/hook/{hook_id}/verify/request")
        deliveries(demo)
        demo.post(f"/hook/{hook_id}/verify/validate", {"code": receiver.codes()[str(hook_id)]})
        assert demo.get("/hook/app/3001").json[0]["status"] == "active"

    def test_a_hook_stays_active_without_the_setting(self, demo: Caller, receiver: Receiver) -> None:
        create(demo, receiver, "item.update")
        receiver.status = 500
        for n in range(20):
            demo.put("/item/6101", {"fields": {"hours": n + 10}})
        assert len(told(demo, receiver)) == 20
        assert demo.get("/hook/app/3001").json[0]["status"] == "active"

    def test_a_receiver_that_is_not_there(self, demo: Caller) -> None:
        with refusing_port() as port:
            url = f"http://127.0.0.1:{port}/podio"
            demo.post("/hook/app/3001", {"url": url, "type": "item.create"})
            (delivery,) = deliveries(demo)
        found = {name: delivery[name] for name in ("state", "status", "answer", "url")}
        assert found == {"state": "failed", "status": None, "answer": "no answer: ConnectionRefusedError", "url": url}

    @pytest.mark.parametrize(
        "url",
        [
            *("http://example.com/podio", "http://10.0.0.1/", "http://0.0.0.0/", "http://169.254.169.254/"),
            *("http://localhost.example.com/", "http://127.0.0.1.example.com/", "http://[::ffff:10.0.0.1]/"),
            *("http://2130706433/", "http://127.0.0.1@example.com/", "https://127.0.0.1/podio"),
        ],
    )
    def test_other_machines_and_https_are_not_called(self, demo: Caller, url: str) -> None:
        assert demo.post("/hook/app/3001", {"url": url, "type": "item.create"}).status == 200
        (delivery,) = deliveries(demo)
        assert (delivery["state"], delivery["status"]) == ("failed", None)
        assert "loopback" in delivery["answer"]

    def test_a_hook_does_not_reach_the_control_interface(self, demo: Caller) -> None:
        body = {"url": f"{demo.url}/sandbox/reset", "type": "item.create"}
        assert demo.post("/hook/app/3001", body).status == 200
        assert [each["status"] for each in deliveries(demo)] == [403]
        assert len(demo.get("/hook/app/3001").json) == 1

    @pytest.mark.parametrize("host", ["localhost", "hooks.localhost", "127.0.0.1", "LOCALHOST", "user:word@127.0.0.1"])
    def test_the_names_of_this_machine_are_called(self, demo: Caller, receiver: Receiver, host: str) -> None:
        url = receiver.url.replace("127.0.0.1", host)
        demo.post("/hook/app/3001", {"url": url, "type": "item.create"})
        assert [each["status"] for each in deliveries(demo)] == [200]
        assert receiver.arrived[0].headers["host"] == url.split("/")[2].rpartition("@")[2]


def read_request(connection: socket.socket) -> None:
    """Read a request to its end, in however many pieces it comes, or until the client has given up."""
    parser = h11.Connection(h11.SERVER)
    while not isinstance(event := parser.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
        if event is h11.NEED_DATA:
            parser.receive_data(connection.recv(65_536))


@contextmanager
def answering(answer: bytes | None) -> Iterator[str]:
    """Run a server that takes one request, and sends bytes and closes. With None, it sends nothing, and waits."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                # A connection that is closed with unread bytes is reset, and the answer may be lost with it.
                read_request(connection)
                if answer is None:
                    done.wait(20)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            done.set()
            thread.join()


class TestPostForm:
    @pytest.mark.parametrize(
        "answer",
        [
            b"",
            b"rubbish\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
            b"\0" * 99,
        ],
    )
    def test_an_answer_that_is_none(self, answer: bytes) -> None:
        with answering(answer) as url, pytest.raises(NotPosted, match="no answer: "):
            asyncio.run(post_form(url, {}))

    def test_no_answer_in_time(self) -> None:
        with answering(None) as url, pytest.raises(NotPosted, match=r"no answer within 0\.5 seconds"):
            asyncio.run(post_form(url, {}, 0.5))

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (b"HTTP/1.0 200 OK\r\n\r\nuntil closed", (200, "until closed")),
            (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", (204, "")),
            (b"HTTP/1.1 500 X\r\nContent-Length: 5000\r\n\r\n" + b"a" * 5000, (500, "a" * 1000)),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe", (200, "\ufffd\ufffd")),
        ],
    )
    def test_answers(self, answer: bytes, expected: tuple[int, str]) -> None:
        with answering(answer) as url:
            assert asyncio.run(post_form(url, {"a": "b"})) == expected


class TestTheControlInterface:
    def test_a_delivery_without_a_hook(self, demo: Caller, receiver: Receiver) -> None:
        delivery = demo.post("/sandbox/deliver", {"type": "item.update", "item_id": 6101, "url": receiver.url}).json
        assert (delivery["state"], delivery["status"], delivery["answer"]) == ("answered", 200, "thanks")
        about = {"item_id": "6101", "item_revision_id": newest_revision(demo, 6101), "external_id": "seed-1"}
        assert receiver.forms == [{"hook_id": "1", "type": "item.update", **about}]
        assert demo.get("/sandbox/deliveries").json == [delivery]
        assert demo.delete("/sandbox/deliveries").json == {}
        assert demo.get("/sandbox/deliveries").json == []

    def test_a_delivery_to_a_hook(self, demo: Caller, receiver: Receiver) -> None:
        hook_id = create(demo, receiver, "item.create")
        order = {"type": "hook.verify", "hook_id": hook_id, "code": "wrong", "item_id": 5}
        assert demo.post("/sandbox/deliver", order).json["status"] == 200
        assert receiver.forms == [{"hook_id": str(hook_id), "type": "hook.verify", "code": "wrong", "item_id": "5"}]

    def test_given_values_win_over_those_of_the_item(self, demo: Caller, receiver: Receiver) -> None:
        for order in ({"item_id": 6101, "item_revision_id": 7, "external_id": "x"}, {"item_id": 1}, {"item_id": "no"}):
            demo.post("/sandbox/deliver", {"type": "item.delete", "url": receiver.url, **order})
        assert [{**form, "hook_id": "1", "type": "item.delete"} for form in receiver.forms] == receiver.forms
        shown = [[value for name, value in form.items() if name not in ("hook_id", "type")] for form in receiver.forms]
        assert shown == [["6101", "7", "x"], ["1"], ["no"]]

    def test_a_failed_delivery_is_an_answer(self, demo: Caller) -> None:
        order = {"type": "item.update", "url": "http://127.0.0.1:1/"}
        delivery = demo.post("/sandbox/deliver", order).json
        assert (delivery["state"], delivery["status"]) == ("failed", None)

    @pytest.mark.parametrize(
        "order",
        [
            {},
            {"type": "item.update"},
            {"type": "item.update", "hook_id": 5},
            {"type": "", "url": "http://127.0.0.1:1/"},
            {"type": "item.update", "url": "http://example.com/"},
            {"type": "item.update", "url": "https://127.0.0.1/"},
            {"type": "item.update", "url": "no"},
            {"type": "item.update", "url": "http://127.0.0.1:1/", "item_id": [1]},
            {"type": "item.update", "url": "http://127.0.0.1:1/", "item_id": True},
            {"type": "item.update", "url": "http://127.0.0.1:1/", "item_id": 10**30},
            {"type": "item.update", "url": "http://127.0.0.1:1/", "hook_id": "1"},
        ],
    )
    def test_bad_orders_are_refused(self, demo: Caller, order: dict[str, Any]) -> None:
        answer = demo.post("/sandbox/deliver", order)
        assert (answer.status, answer.json["error"]) == (400, "invalid_value")
        assert demo.get("/sandbox/deliveries").json == []

    def test_the_list_waits_until_all_is_sent_but_no_longer_than_it_is_told(
        self, demo: Caller, receiver: Receiver
    ) -> None:
        demo.settings(deliver_late=3600)
        demo.post("/hook/app/3001", {"url": receiver.url, "type": "item.create"})
        assert [each["state"] for each in demo.get("/sandbox/deliveries?wait=1").json] == ["waiting"]
        for wait in ("-1", "601", "x"):
            assert demo.get(f"/sandbox/deliveries?wait={wait}").status == 400

    def test_the_list_forgets_the_oldest(self) -> None:
        ended: list[Delivery] = []

        async def queue_many() -> list[int]:
            queued, settings = Deliveries(Clock()), Settings(deliver_late=3600)
            for _ in range(10_001):
                queued.add(Delivery("http://127.0.0.1:1/", {}, 1), settings, ended.append)
            numbers = [each.n for each in queued.entries]
            queued.reset()
            return numbers

        assert asyncio.run(queue_many()) == list(range(1_001, 10_002))
        assert ended == []
