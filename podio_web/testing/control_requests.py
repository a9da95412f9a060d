"""Send requests to the control interface of a sandbox, and read its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

SECONDS_TO_WAIT = 30
"""Seconds that the sandbox may take to answer."""

ControlSender: TypeAlias = Callable[[str, str, bytes | None, float], tuple[int, str]]
"""Sends a method, a path and a body within some seconds, and returns the status and the text of the response."""


class SandboxRefused(Exception):
    """The sandbox refused a control request. The text says why."""


class ControlRequests:
    """Sends control requests as JSON, and raises SandboxRefused if the sandbox refuses one.

    Args:
        url: The sandbox's address.
        send: Sends a request instead of HTTP over a socket.

    Examples:
        >>> ControlRequests(sandbox.url).object("GET", "/sandbox/push")["polls_open"]
        0
    """

    def __init__(self, url: str, send: ControlSender | None = None) -> None:
        self._sender = send or _over_http(url)

    def object(
        self, method: str, path: str, data: dict[str, Any] | None = None, *, seconds: float = SECONDS_TO_WAIT
    ) -> dict[str, Any]:
        """Send a request whose answer is a JSON object, and return that."""
        answer: dict[str, Any] = self.send(method, path, data, seconds=seconds)
        return answer

    def send(
        self, method: str, path: str, data: dict[str, Any] | None = None, *, seconds: float = SECONDS_TO_WAIT
    ) -> Any:
        """Send a request, and return its answer; None if that is empty."""
        body = None if data is None else json.dumps(data).encode()
        status, text = self._sender(method, path, body, seconds)
        if status >= 400:
            raise SandboxRefused(_explain(status, text, method, path))
        return json.loads(text) if text else None


def _over_http(url: str) -> ControlSender:
    """Return the function that sends requests to the sandbox at ``url``."""
    # The sandbox is a local server, so proxies named in the environment do not apply.
    opener = build_opener(ProxyHandler({}))

    def send(method: str, path: str, body: bytes | None, seconds: float) -> tuple[int, str]:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = Request(url + path, body, headers, method=method)  # noqa: S310 - the tests' own address
        try:
            with opener.open(request, timeout=seconds) as response:
                return response.status, response.read().decode()
        except HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode(errors="replace")

    return send


def _explain(status: int, text: str, method: str, path: str) -> str:
    try:
        body = json.loads(text)
        text, detail = body["error_description"], body["error_detail"]
    except (ValueError, KeyError, TypeError):
        text, detail = text[:200], None
    if status == 404 and detail == "sandbox.not_imitated":
        return f"{method} {path}: the control interface of this sandbox is off. Start it with --control."
    return f"{method} {path}: {status} {text}"
