"""A small HTTP client for the tests: one kept connection, plain answers."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

DEMO = "demo@example.com"
OTHER = "other@example.com"
CLIENT = {"client_id": "demo-client", "client_secret": "demo-secret"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}
FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters in the query of the redirect, in their order."""
        return parse_qsl(urlsplit(self.location).query, keep_blank_values=True)

    @property
    def fragment(self) -> list[tuple[str, str]]:
        """The parameters in the fragment of the redirect, in their order."""
        return parse_qsl(urlsplit(self.location).fragment, keep_blank_values=True)


class Caller:
    """Calls one sandbox, with a token once there is one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token: str | None = None
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)

    def close(self) -> None:
        self._connection.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        token: str | None = "",
    ) -> Answer:
        """Send one request: ``body`` as JSON, ``form`` as a form, ``raw`` as it is."""
        sent = dict(headers or {})
        content = raw
        if form is not None:
            content = urlencode(form).encode()
            sent.setdefault("Content-Type", FORM)
        elif body is not None:
            content = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        chosen = self.token if token == "" else token
        if chosen is not None:
            sent.setdefault("Authorization", f"OAuth2 {chosen}")
        try:
            self._connection.request(method, path, content, sent)
            response = self._connection.getresponse()
            answer = Answer(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        except (http.client.HTTPException, OSError):
            self._connection.close()
            raise
        return answer

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def upload(
        self, content: bytes, name: str = "a.txt", media_type: str | None = "text/plain", **options: Any
    ) -> Answer:
        """Upload a file as the documentation says."""
        return self.post("/file/", raw=form_data(content, name, media_type), headers=MULTIPART, **options)

    def uploads(self) -> list[dict[str, Any]]:
        """Return what arrived with the uploads."""
        listed: list[dict[str, Any]] = self.get("/sandbox/uploads").json
        return listed

    def settings(self, **changes: Any) -> None:
        answer = self.put("/sandbox/settings", changes)
        assert answer.status == 200, answer.text

    def advance(self, seconds: float) -> None:
        assert self.post("/sandbox/clock", {"advance": seconds}).status == 200

    def fail_next(self, kind: str, **options: Any) -> None:
        answer = self.post("/sandbox/faults", {"kind": kind, **options})
        assert answer.status == 200, answer.text

    def issue(self, username: str = DEMO, **options: Any) -> str:
        """Return a fresh access token."""
        answer = self.post("/sandbox/tokens", {"client_id": "demo-client", "username": username, **options})
        assert answer.status == 200, answer.text
        return str(answer.json["access_token"])

    def sign_in(self, username: str = DEMO, **options: Any) -> str:
        """Use a fresh access token for all further calls and return it."""
        self.token = self.issue(username, **options)
        return self.token

    def calls(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = self.get("/sandbox/calls").json
        return listed


def form_data(content: bytes, name: str, media_type: str | None = None) -> bytes:
    """Return the body of an upload, with the boundary of ``MULTIPART``."""
    kind = b"" if media_type is None else f"Content-Type: {media_type}\r\n".encode()
    quoted = name.encode().replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
    return b"".join(
        [
            b'--b\r\nContent-Disposition: form-data; name="source"; filename="%b"\r\n%b\r\n' % (quoted, kind),
            content,
            b'\r\n--b\r\nContent-Disposition: form-data; name="filename"\r\n\r\n%b\r\n--b--\r\n' % name.encode(),
        ]
    )


def authorize_path(**parameters: str) -> str:
    """Return the path of the authorization page for a client of the initial data."""
    chosen = {"client_id": "demo-client", "redirect_uri": "http://localhost:4200/callback.html", **parameters}
    return f"/oauth/authorize?{urlencode(chosen)}"
