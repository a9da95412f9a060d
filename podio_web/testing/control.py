"""Steering a sandbox over HTTP: the methods behind the ``podio_sandbox`` fixture.

Works with any sandbox started with its control interface, in this process or in another one
(``podio-web sandbox --control``).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

_SECONDS_TO_WAIT = 30


class SandboxRefused(Exception):
    """The sandbox did not take an instruction; the text says why."""


class SandboxControl:
    """A running sandbox, and the switches on it.

    ``url`` is its address without a slash at the end: the ``api_url`` of a client that is to talk to it. If the sandbox
    is on another machine, such as a service of Docker Compose, the client needs ``allow_http=True`` too.

    >>> sandbox = SandboxControl("http://127.0.0.1:8001")
    >>> sandbox.fail_next("rate_limit", path_prefix="/item", seconds=3600)
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # The sandbox is on this machine; a proxy that the environment names has no business here.
        self._opener = build_opener(ProxyHandler({}))

    def __repr__(self) -> str:
        return f"<SandboxControl of {self.url}>"

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings and return all of them; without arguments, just return them.

        ``docs/sandbox.md`` lists them, among them ``consent`` ("ask", "allow", "deny"), ``sign_in_as`` (an
        e-mail address, or None) and ``expires_in`` (seconds).

        Raises:
            SandboxRefused: There is no such setting, or no such value.

        >>> sandbox.settings(consent="allow", sign_in_as="demo@example.com")
        """
        if changes:
            return self._object("PUT", "/sandbox/settings", changes)
        return self._object("GET", "/sandbox/settings")

    def reset(self) -> None:
        """Bring data, settings, clock, faults, calls and counters back to the start.

        >>> sandbox.reset()
        """
        self._send("POST", "/sandbox/reset", {})

    def issue_token(
        self,
        username: str = "demo@example.com",
        client_id: str = "demo-client",
        *,
        expires_in: int | None = None,
    ) -> dict[str, Any]:
        """Return a token response as the token endpoint gives it, for a person who never had to sign in.

        Args:
            username: The person's e-mail address.
            client_id: The client that the token is for.
            expires_in: Seconds that the token lives; the setting of that name when left out.

        Raises:
            SandboxRefused: There is no such person or client.

        >>> podio.set_access_token(sandbox.issue_token())
        """
        order: dict[str, Any] = {"client_id": client_id, "username": username}
        if expires_in is not None:
            order["expires_in"] = expires_in
        return self._object("POST", "/sandbox/tokens", order)

    def expire_tokens(self, username: str | None = None) -> int:
        """Let every access token end now, or those of one person; return how many.

        >>> sandbox.expire_tokens()
        1
        """
        return self._count("/sandbox/tokens/expire", username)

    def revoke_tokens(self, username: str | None = None) -> int:
        """Take back every access and refresh token, or those of one person; return how many.

        >>> sandbox.revoke_tokens("demo@example.com")
        1
        """
        return self._count("/sandbox/tokens/revoke", username)

    def advance_clock(self, seconds: float) -> float:
        """Move the sandbox's clock on; return its new time in seconds since 1970.

        >>> sandbox.advance_clock(3600)
        """
        now: float = self._object("POST", "/sandbox/clock", {"advance": seconds})["now"]
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
    ) -> None:
        """Let the next matching API calls go wrong.

        Args:
            kind: "unauthorized", "rate_limit", "server_error", "bad_gateway", "unavailable", "slow", "drop" (no
                answer), "drop_body" (half an answer) or "cors" (an answer that the browser withholds).
            count: How many calls.
            method: Only calls with this HTTP method.
            path_prefix: Only calls whose path starts so.
            seconds: For "slow" the delay, for "rate_limit" the wait that the answer asks for.
            cors: Whether the answer has CORS headers; gateways often send none.

        Raises:
            SandboxRefused: There is no such kind of fault.

        >>> sandbox.fail_next("slow", seconds=2, path_prefix="/user/status")
        """
        chosen = {"method": method, "path_prefix": path_prefix, "seconds": seconds, "cors": cors}
        order = {name: value for name, value in chosen.items() if value is not None}
        self._send("POST", "/sandbox/faults", {"kind": kind, "count": count, **order})

    def clear_faults(self) -> None:
        """Forget the faults that no call has met yet.

        >>> sandbox.clear_faults()
        """
        self._send("DELETE", "/sandbox/faults")

    def calls(self, path_prefix: str = "/", *, method: str | None = None) -> list[dict[str, Any]]:
        """Return the API calls that arrived since the start, oldest first.

        Each has ``method``, ``path``, ``query``, ``status``, ``user_id`` and ``token_index`` (which issued token it
        carried, by number). ``path_prefix`` and ``method`` leave out the others; CORS preflights are listed with the
        method OPTIONS.

        >>> [call["status"] for call in sandbox.calls("/user/status", method="GET")]
        [401, 200]
        """
        calls: list[dict[str, Any]] = self._send("GET", "/sandbox/calls")
        return [call for call in calls if call["path"].startswith(path_prefix) and method in (None, call["method"])]

    def clear_calls(self) -> None:
        """Forget the calls that arrived so far.

        >>> sandbox.clear_calls()
        """
        self._send("DELETE", "/sandbox/calls")

    def _count(self, path: str, username: str | None) -> int:
        count: int = self._object("POST", path, {} if username is None else {"username": username})["count"]
        return count

    def _object(self, method: str, path: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = self._send(method, path, data)
        return answer

    def _send(self, method: str, path: str, data: dict[str, Any] | None = None) -> Any:
        headers = {"Accept": "application/json"}
        body = None
        if data is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(data).encode()
        request = Request(self.url + path, body, headers, method=method)  # noqa: S310 - the tests' own address
        try:
            with self._opener.open(request, timeout=_SECONDS_TO_WAIT) as response:
                text = response.read().decode()
        except HTTPError as refusal:
            with refusal:
                raise SandboxRefused(_explain(refusal, method, path)) from None
        return json.loads(text) if text else None


def _explain(refusal: HTTPError, method: str, path: str) -> str:
    if refusal.code == 404:
        return f"{method} {path}: this sandbox has no control interface; start it with --control"
    text = refusal.read().decode(errors="replace")
    try:
        text = json.loads(text)["error_description"]
    except (ValueError, KeyError, TypeError):
        text = text[:200]
    return f"{method} {path}: {refusal.code} {text}"
