"""The events that the push service sends after a change."""

from __future__ import annotations

from tests.sandbox.push_support import Subscriber


class TestEvents:
    def test_of_an_item(self, client: Subscriber) -> None:
        made = client.podio.post("/item/app/3001/", {"fields": {"title": "New"}}).json["item_id"]
        client.subscribe(client.push_of(f"/item/{made}"))
        file_id = client.podio.upload(b"text").json["file_id"]
        other = client.podio.upload(b"text").json["file_id"]
        client.podio.put(f"/item/{made}", {"fields": {"title": "Newer"}})
        comment = client.podio.post(f"/comment/item/{made}/", {"value": "a"}).json["comment_id"]
        client.podio.put(f"/comment/{comment}", {"value": "b"})
        client.podio.post(f"/file/{file_id}/attach", {"ref_type": "item", "ref_id": made})
        client.podio.post(f"/file/{other}/replace", {"old_file_id": file_id})
        client.podio.delete(f"/file/{other}")
        client.podio.delete(f"/comment/{comment}")
        client.podio.delete(f"/item/{made}")
        _, messages = client.poll()
        found = [(each["data"]["data"]["event"], each["data"]["data"]["data"].get("data_ref")) for each in messages]
        assert found == [
            ("update", None),
            ("comment_create", {"type": "comment", "id": comment}),
            ("comment_update", {"type": "comment", "id": comment}),
            ("file_attach", {"type": "file", "id": file_id}),
            ("file_attach", {"type": "file", "id": other}),
            ("file_delete", {"type": "file", "id": other}),
            ("comment_delete", {"type": "comment", "id": comment}),
            ("delete", None),
        ]
        assert {each["channel"] for each in messages} == {f"/item/{made}"}

    def test_of_the_stream(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/user/status"))
        client.subscribe(client.push_of("/space/2001"))
        made = client.podio.post("/item/app/3001/", {"fields": {"title": "New"}}).json["item_id"]
        client.podio.post(f"/comment/item/{made}/", {"value": "a"})
        client.podio.post(f"/comment/item/{made}/?silent=1", {"value": "not in the stream"})
        _, messages = client.poll()
        found = [(each["channel"], each["data"]["data"]["event"], each["data"]["data"]["data"]) for each in messages]
        item = {"type": "item", "id": made}
        created, commented = {"data_ref": item, "type": "create"}, {"data_ref": item, "type": "comment_create"}
        assert found == [
            ("/space/2001", "stream_create", created),
            ("/user/1001", "stream_create", created),
            ("/space/2001", "stream_event", commented),
            ("/user/1001", "stream_event", commented),
        ]

    def test_edits_by_another_user(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        client.podio.post("/sandbox/edit", {"action": "update", "item_id": 6101, "fields": {"title": "Theirs"}})
        _, (message,) = client.poll()
        assert message["data"]["data"]["created_by"] == {"type": "user", "id": 1002}

    def test_of_a_notification(self, client: Subscriber) -> None:
        edit = {"action": "create", "app_id": 3001, "fields": {"title": "Theirs"}}
        (item,) = client.podio.post("/sandbox/edit", edit).json["item_ids"]
        client.podio.sign_in("other@example.com")
        client.subscribe(client.push_of("/user/status"))
        client.podio.sign_in()
        client.podio.post(f"/comment/item/{item}/", {"value": "a"})
        _, messages = client.poll()
        created, unread = [each["data"]["data"] for each in messages if "notification" in each["data"]["data"]["event"]]
        assert created == {
            "event": "notification_create",
            "ref": {"type": "user", "id": 1002},
            "created_by": {"type": "user", "id": 1001},
            "created_via": 101,
            "data": {
                "text": "A comment was added to Theirs",
                "link": f"https://podio.com/x/y/item/{item}",
                "icon": "comment",
                "notification_id": created["data"]["notification_id"],
                "settings": {"sound": False, "browser": True},
            },
        }
        assert (unread["event"], unread["data"]) == ("notification_unread", {"count": 1})

    def test_of_a_like(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        client.podio.post("/rating/item/6101/like", {"value": 1})
        client.podio.delete("/rating/item/6101/like")
        _, messages = client.poll()
        item = {"type": "item", "id": 6101}
        assert [(each["data"]["data"]["event"], each["data"]["data"]["data"]) for each in messages] == [
            ("rating_like_create", {"data_ref": item, "type": "like", "count": 1}),
            ("rating_like_delete", {"data_ref": item, "type": "like", "count": 0}),
        ]

    def test_a_refused_change_has_none(self, client: Subscriber) -> None:
        client.subscribe(client.push_of("/item/6101"))
        body = {"fields": {"title": "x"}, "file_ids": [1]}
        assert client.podio.put("/item/6101", body).status == 400
        assert client.events() == []
