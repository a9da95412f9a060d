"""Control a sandbox over HTTP. The ``podio_sandbox`` fixture returns a ``SandboxControl``.

It works with any sandbox whose control interface is on, in this process or in another one
(``podio-web sandbox --control``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from podio_web.testing.control_requests import SECONDS_TO_WAIT, ControlRequests, ControlSender

# An edit may create 100,000 items.
_SECONDS_TO_EDIT = 600


class SandboxControl:
    """Controls a running sandbox.

    Pass its ``url`` to a client as ``api_url``. If the sandbox runs on another machine, such as a service of Docker
    Compose, the client also needs ``allow_http=True``.

    Args:
        url: The sandbox's address.
        send: Sends a request, if the sandbox is not behind a socket. It is given the method, the path, the body or
            None, and the seconds that it may take. It returns the status and the text of the response.

    Examples:
        >>> from podio_web.sandbox import Sandbox
        >>> with Sandbox(control=True) as running:
        ...     sandbox = SandboxControl(running.url)
        ...     sandbox.fail_next("rate_limit", path_prefix="/item", seconds=3600)
    """

    def __init__(self, url: str, send: ControlSender | None = None) -> None:
        self.url: str = url.rstrip("/")
        self._requests = ControlRequests(self.url, send)

    def __repr__(self) -> str:
        return f"<SandboxControl of {self.url}>"

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings and return all of them.

        Args:
            changes: Settings by name, such as ``consent`` ("ask", "allow" or "deny"), ``sign_in_as`` (an e-mail
                address or None) and ``expires_in`` (seconds). ``docs/sandbox.md`` lists all of them.

        Raises:
            SandboxRefused: A setting or its value is unknown.

        Examples:
            >>> sandbox.settings(consent="allow", sign_in_as="demo@example.com")["consent"]
            'allow'
        """
        if changes:
            return self._requests.object("PUT", "/sandbox/settings", changes)
        return self._requests.object("GET", "/sandbox/settings")

    def reset(self) -> None:
        """Reset data, settings, clock, faults, edits to come, recorded calls, deliveries and counters.

        Examples:
            >>> sandbox.reset()
        """
        self._requests.send("POST", "/sandbox/reset", {})

    def issue_token(
        self,
        username: str = "demo@example.com",
        client_id: str = "demo-client",
        *,
        expires_in: int | None = None,
    ) -> dict[str, Any]:
        """Issue a token without a sign-in and return a token response, as the token endpoint returns it.

        Args:
            username: The user's e-mail address.
            client_id: The client that the token is for.
            expires_in: Lifetime of the access token in seconds. None uses the setting ``expires_in``.

        Raises:
            SandboxRefused: The user or the client is unknown.

        Examples:
            >>> from podio_web import Podio
            >>> podio = Podio("client", client_id="demo-client", api_url=sandbox.url)
            >>> podio.set_access_token(sandbox.issue_token())
        """
        order: dict[str, Any] = {"client_id": client_id, "username": username}
        if expires_in is not None:
            order["expires_in"] = expires_in
        return self._requests.object("POST", "/sandbox/tokens", order)

    def expire_tokens(self, username: str | None = None) -> int:
        """Expire access tokens now. Refresh tokens stay valid.

        Args:
            username: E-mail address of the user whose tokens expire. None means all users.

        Returns:
            The number of tokens that expired.

        Raises:
            SandboxRefused: The user is unknown.

        Examples:
            >>> response = sandbox.issue_token()
            >>> sandbox.expire_tokens()
            1
        """
        return self._count("/sandbox/tokens/expire", username)

    def revoke_tokens(self, username: str | None = None) -> int:
        """Revoke access and refresh tokens.

        Args:
            username: E-mail address of the user whose tokens are revoked. None means all users.

        Returns:
            The number of access tokens that were revoked.

        Raises:
            SandboxRefused: The user is unknown.

        Examples:
            >>> response = sandbox.issue_token("demo@example.com")
            >>> sandbox.revoke_tokens("demo@example.com")
            1
        """
        return self._count("/sandbox/tokens/revoke", username)

    def advance_clock(self, seconds: float) -> float:
        """Move the sandbox's clock forward and return its new time in seconds since 1970.

        Args:
            seconds: How far to move the clock. A negative number moves it back.

        Raises:
            SandboxRefused: The clock cannot be moved that far.

        Examples:
            >>> sandbox.advance_clock(3600) > 3600
            True
        """
        now: float = self._requests.object("POST", "/sandbox/clock", {"advance": seconds})["now"]
        return now

    def fail_next(
        self,
        kind: str,
        count: int = 1,
        *,
        method: str | None = None,
        path_prefix: str | None = None,
        seconds: float | None = None,
        cors: bool | None = None,
        after_bytes: int | None = None,
        rate: float | None = None,
    ) -> None:
        """Make the next matching API calls fail.

        Args:
            kind: "unauthorized", "rate_limit", "server_error", "bad_gateway", "unavailable", "too_large" (a 413 as
                HTML), "slow", "drop" (no response), "drop_body" (half a response), "cors" (a response that the browser
                blocks); or a disturbed body: "stall_upload", "slow_upload", "drop_upload", "stall_download",
                "slow_download" or "drop_download".
            count: The number of calls that fail.
            method: Only calls with this HTTP method fail. None means every method except OPTIONS, for faults in an
                upload POST and PUT, and for those in a download GET.
            path_prefix: Only calls whose path starts with this text fail.
            seconds: The delay of "slow", the wait that the response to "rate_limit" asks for, or how long a stall
                lasts. None lets a stall last until the client closes the connection.
            cors: Whether the response has CORS headers. Gateways often send error pages without them.
            after_bytes: The bytes of the body after which it stalls or is dropped.
            rate: The speed of a slow body in kilobytes per second.

        Raises:
            SandboxRefused: An argument is invalid, such as an unknown ``kind``.

        Examples:
            >>> sandbox.fail_next("slow", seconds=2, path_prefix="/user/status")
        """
        chosen = {"method": method, "path_prefix": path_prefix, "seconds": seconds, "cors": cors}
        chosen |= {"after_bytes": after_bytes, "rate": rate}
        order = {name: value for name, value in chosen.items() if value is not None}
        self._requests.send("POST", "/sandbox/faults", {"kind": kind, "count": count, **order})

    def clear_faults(self) -> None:
        """Cancel the faults of ``fail_next`` that have not happened yet.

        Examples:
            >>> sandbox.clear_faults()
        """
        self._requests.send("DELETE", "/sandbox/faults")

    def edit(
        self,
        action: str,
        item_id: int | Sequence[int] | None = None,
        *,
        app_id: int | None = None,
        fields: Mapping[str, Any] | None = None,
        external_id: str | None = None,
        tags: Sequence[str] | None = None,
        count: int | None = None,
        username: str = "other@example.com",
        before_filter: int | None = None,
    ) -> list[int]:
        """Create, update or delete items as another user, at once or between two pages of items.

        Args:
            action: "create", "update" or "delete".
            item_id: The item to update or delete, or several items of one app.
            app_id: The app in which items are created.
            fields: The values to write, by external ID or field ID.
            external_id: The external ID to write.
            tags: The tags to write.
            count: The number of items to create. In their texts, ``{n}`` is replaced by the number from 1 to ``count``.
            username: E-mail address of the user who makes the edit.
            before_filter: None makes the edit now. A number makes it just before that filter call to the app, counted
                from now: 1 is before the next one. If the edit is not possible by then, nothing happens.

        Returns:
            The IDs of the items. It is empty if the edit happens later.

        Raises:
            SandboxRefused: A value is invalid, the app or an item does not exist, or the user may not access it.

        Examples:
            >>> sandbox.edit("update", 6101, fields={"hours": 5})
            [6101]
            >>> new = sandbox.edit("create", app_id=3001, fields={"title": "Task {n}"}, count=2)
            >>> sandbox.edit("delete", new, before_filter=2)
            []
        """
        chosen: dict[str, Any] = {
            "item_id": list(item_id) if isinstance(item_id, Sequence) else item_id,
            "app_id": app_id,
            "fields": None if fields is None else dict(fields),
            "external_id": external_id,
            "tags": None if tags is None else list(tags),
            "count": count,
            "before_filter": before_filter,
        }
        order = {name: value for name, value in chosen.items() if value is not None}
        item_ids: list[int] = self._requests.object(
            "POST", "/sandbox/edit", {"action": action, "username": username, **order}, seconds=_SECONDS_TO_EDIT
        )["item_ids"]
        return item_ids

    def push(self) -> dict[str, Any]:
        """Return the clients of the push service, and what they have sent.

        Returns:
            ``requests``, ``handshakes``, ``subscribes`` and ``polls_made`` are counts. ``polls_open`` is the number of
            polls that are open now, and ``most_open`` the highest number at the same time. ``clients`` has a dictionary
            for each client that is not forgotten. ``docs/sandbox.md`` describes the rest.

        Examples:
            >>> sandbox.push()["polls_open"]
            0
        """
        return self._requests.object("GET", "/sandbox/push")

    def disturb_push(self, action: str, count: int = 1) -> dict[str, Any]:
        """Disturb the push service, and return what ``push`` returns.

        Args:
            action: "kill" (close the connections of open polls), "forget" (all clients), "expire" (all signatures),
                "lose" (the next messages), "none" (refuse the next handshakes and polls, with the advice not to
                reconnect) or "rubbish" (answer the next requests with something else).
            count: How many messages or responses the last three affect.

        Raises:
            SandboxRefused: The action is unknown, or the count is not a positive integer.

        Examples:
            >>> sandbox.disturb_push("lose", 3)["to_come"]["lose"]
            3
        """
        return self._requests.object("POST", "/sandbox/push", {"action": action, "count": count})

    def calls(self, path_prefix: str = "/", *, method: str | None = None) -> list[dict[str, Any]]:
        """Return the API calls that the sandbox has received, oldest first.

        Args:
            path_prefix: Return only calls whose path starts with this text.
            method: Return only calls with this HTTP method. CORS preflights have the method OPTIONS.

        Returns:
            A dictionary for each call, with ``method``, ``path``, ``query``, ``status``, ``user_id`` and
            ``token_index``. ``token_index`` is the number of the token that the call carried, in the order of issue.

        Examples:
            >>> [call["status"] for call in sandbox.calls("/user/status", method="GET")]
            []
        """
        calls: list[dict[str, Any]] = self._requests.send("GET", "/sandbox/calls")
        return [call for call in calls if call["path"].startswith(path_prefix) and method in (None, call["method"])]

    def clear_calls(self) -> None:
        """Clear the list that ``calls`` returns.

        Examples:
            >>> sandbox.clear_calls()
        """
        self._requests.send("DELETE", "/sandbox/calls")

    def uploads(self) -> list[dict[str, Any]]:
        """Return what arrived with the latest uploads, oldest first.

        Returns:
            A dictionary for each upload. ``state`` is "receiving", "received" (the whole body, but it has no response
            yet), "answered", "closed" (by the client before the response) or "dropped" (by a fault). ``received`` is
            the number of bytes of the body. ``size`` and ``sha256`` are those of the file; ``sha256`` is None until
            all of it has arrived. ``filename`` is the part of this name. ``source_name``, ``content_type`` and
            ``disposition`` come from the head of the part ``source``. The others are ``n``, ``path``, ``parts`` and
            ``status``.

        Examples:
            >>> [upload["sha256"] for upload in sandbox.uploads()]
            []
        """
        uploads: list[dict[str, Any]] = self._requests.send("GET", "/sandbox/uploads")
        return uploads

    def clear_uploads(self) -> None:
        """Clear the list that ``uploads`` returns.

        Examples:
            >>> sandbox.clear_uploads()
        """
        self._requests.send("DELETE", "/sandbox/uploads")

    def deliveries(self, *, wait: int = 0) -> list[dict[str, Any]]:
        """Return the latest deliveries of webhooks, oldest first.

        Args:
            wait: Wait until all deliveries have been sent, but no longer than so many seconds.

        Returns:
            A dictionary for each delivery. ``state`` is "waiting", "sent" (it has no answer yet), "answered" or
            "failed" (no answer). ``form`` is the body. ``status`` and ``answer`` are the receiver's. ``queued_at``,
            ``sent_at`` and ``answered_at`` are seconds since 1970. The others are ``n``, ``hook_id`` and ``url``.

        Examples:
            >>> [delivery["status"] for delivery in sandbox.deliveries(wait=10)]
            []
        """
        deliveries: list[dict[str, Any]] = self._requests.send(
            "GET", f"/sandbox/deliveries?wait={wait:d}", seconds=SECONDS_TO_WAIT + wait
        )
        return deliveries

    def clear_deliveries(self) -> None:
        """Clear the list that ``deliveries`` returns.

        Examples:
            >>> sandbox.clear_deliveries()
        """
        self._requests.send("DELETE", "/sandbox/deliveries")

    def deliver(
        self, hook_type: str, *, url: str | None = None, hook_id: int | None = None, **values: int | str
    ) -> dict[str, Any]:
        """Deliver to a URL at once, whether there is a hook or not, and return the delivery with the answer.

        Args:
            hook_type: The type of the event, such as "item.update". Every text is accepted.
            url: The address of the receiver, on this machine. None uses that of ``hook_id``.
            hook_id: The ID of the hook that the delivery names.
            values: The other values of the body, such as ``item_id``. For an item, ``item_revision_id`` and
                ``external_id`` are taken from the item unless they are given.

        Returns:
            A dictionary, as ``deliveries`` returns it.

        Raises:
            SandboxRefused: A value is invalid, the hook does not exist, or the URL is not on this machine.

        Examples:
            >>> sandbox.deliver("item.update", item_id=6101, url="http://127.0.0.1:1/podio")["state"]
            'failed'
        """
        order = {"type": hook_type, "url": url, "hook_id": hook_id, **values}
        chosen = {name: value for name, value in order.items() if value is not None}
        return self._requests.object("POST", "/sandbox/deliver", chosen)

    def _count(self, path: str, username: str | None) -> int:
        count: int = self._requests.object("POST", path, {} if username is None else {"username": username})["count"]
        return count
