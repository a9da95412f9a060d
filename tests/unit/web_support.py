"""A web application's sign-in with nothing real around it: a store, a browser that keeps cookies, made-up answers."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from podio_web import MemoryStore
from podio_web.testing import FakeTransport
from podio_web.web.messages import Request, Response
from podio_web.web.sign_in import SignIn

SECRET_KEY = "canary-key-0123456789abcdef-0123456789abcdef"
CLIENT_SECRET = "canary-client-secret"
CODE = "canary-code-0123456789abcdef"
ACCESS_TOKEN = "canary-access-0123456789abcdef"
REFRESH_TOKEN = "canary-refresh-0123456789abcdef"
SECRETS = (SECRET_KEY, CLIENT_SECRET, CODE, ACCESS_TOKEN, REFRESH_TOKEN)

ORIGIN = "http://localhost:8000"
HTTPS_ORIGIN = "https://app.example.com"
LOGIN, CALLBACK, LOGOUT = "/podio/login", "/podio/callback", "/podio/logout"


class People:
    """A store for many people, in memory."""

    def __init__(self) -> None:
        self.stores: dict[str, MemoryStore] = {}

    def for_user(self, user: str) -> MemoryStore:
        return self.stores.setdefault(user, MemoryStore())

    def signed_in(self) -> list[str]:
        """The sessions that hold a token."""
        return [user for user, store in self.stores.items() if store.get("server") is not None]


def options(**changes: Any) -> dict[str, Any]:
    """Return the options of a sign-in."""
    return {
        "client_id": "demo-client",
        "client_secret": CLIENT_SECRET,
        "secret_key": SECRET_KEY,
        "redirect_uri": ORIGIN + CALLBACK,
        "store": People(),
        "transport": FakeTransport(),
        "api_url": "https://api.podio.com",
        **changes,
    }


def sign_in_with(**changes: Any) -> SignIn:
    return SignIn(None, **options(**changes))


def token_response(**changes: Any) -> dict[str, Any]:
    """Return the answer of the token endpoint."""
    return {
        "access_token": ACCESS_TOKEN,
        "refresh_token": REFRESH_TOKEN,
        "expires_in": 28_800,
        "token_type": "bearer",
        "scope": "global:all",
        "ref": {"type": "user", "id": 1001},
        **changes,
    }


def answer_tokens(transport: Any, times: int | None = None) -> None:
    """Let the token endpoint accept every code."""
    transport.answer("POST", "/oauth/token", token_response(), times=times)


def header(response: Response, name: str) -> str | None:
    found = [value for key, value in response.headers if key.lower() == name.lower()]
    return found[0] if found else None


def state_in(location: str | None) -> str:
    """Return the state of an authorization URL."""
    return parse_qs(urlsplit(location or "").query)["state"][0]


class Browser:
    """Keeps cookies as browsers do, and speaks to the rules alone."""

    def __init__(self, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    def request(self, method: str, url: str, **headers: str) -> Request:
        path, _, query = url.partition("?")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return Request(method, path, query, sent)

    def send(self, method: str, url: str, **headers: str) -> Response:
        """Send a request to one of the sign-in's own addresses."""
        response = asyncio.run(self.sign_in.respond(self.request(method, url, **headers)))
        self.keep(response.headers)
        return response

    def get(self, url: str) -> Response:
        return self.send("GET", url)

    def begin(self, return_to: str = "/") -> str:
        """Ask to sign in; return the state that Podio will send back."""
        return state_in(header(self.get(self.sign_in.login_url(return_to)), "location"))

    def come_back(self, state: str, code: str = CODE) -> Response:
        """Come back from Podio with a code."""
        return self.get(f"{CALLBACK}?code={code}&state={state}")

    def sign(self, return_to: str = "/") -> Response:
        """Sign in from the beginning to the end."""
        return self.come_back(self.begin(return_to))

    def error(self) -> str | None:
        """Open a page of the application; return the code of the error that it may show."""
        visit = self.sign_in.visit(self.request("GET", "/"))
        self.keep(visit.headers)
        return None if visit.error is None else visit.error.code

    def session_id(self, method: str = "GET", **headers: str) -> str | None:
        """Return the session that a request to the application belongs to."""
        return self.sign_in.visit(self.request(method, "/", **headers)).session_id

    def open(self, *answer: tuple[str, str]) -> list[tuple[str, str]]:
        """Open a page of the application, which answers with these headers; return those that are added."""
        added = self.sign_in.visit(self.request("GET", "/")).headers_for(answer)
        self.keep(added)
        return added

    def keep(self, headers: list[tuple[str, str]]) -> None:
        """Take the cookies of an answer."""
        for name, value in headers:
            if name == "Set-Cookie":
                self.set_cookies.append(value)
                pair, _, attributes = value.partition(";")
                key, _, content = pair.partition("=")
                self.cookies[key] = content
                if "Max-Age=0" in attributes:
                    del self.cookies[key]


def browser_with(**changes: Any) -> tuple[Browser, Any, People]:
    """Return a browser, the transport and the store of a new sign-in."""
    chosen = options(**changes)
    return Browser(SignIn(None, **chosen)), chosen["transport"], chosen["store"]


def at(now: float) -> Callable[[], float]:
    """Return a clock that stands still."""
    return lambda: now
