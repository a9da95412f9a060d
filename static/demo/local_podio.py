"""The sandbox inside this page, for a demo without a server.

All requests of the demo go to it. The sign-in window cannot: sign-in.js asks this page for the sandbox's pages.
"""

import json
from http.cookies import SimpleCookie

from js import URL, Math, document, location, window
from page import listen
from problems import run

from podio_web.http import Request
from podio_web.runtime.page import Page
from podio_web.sandbox.in_page import InPageSandbox
from podio_web.stores.memory import MemoryStore

SIGN_IN_PATH = "/oauth/authorize"
MESSAGE = "podio-demo:sign-in"


class LocalPodio:
    """A sandbox, and the options with which a ``Podio`` talks to it.

    Its data is in this tab, and so is the session. Each tab has an address of its own, so that tabs share neither.
    """

    def __init__(self):
        self.url = "http://localhost:" + str(int(10_000 + Math.random() * 50_000))
        self.sandbox = InPageSandbox(domain=location.hostname)
        self.options = {
            "api_url": self.url,
            "auth_url": location.origin,
            "transport": self.sandbox.transport,
            "session_store": MemoryStore(),
            "runtime": PageWithSignIn(),
        }
        self.cookies = {}

    def connect(self):
        """Answer the sign-in window. Being offline does not matter here, so nobody hears of it."""
        listen(window, "message", self.heard)
        listen(window, "offline", lambda event: event.stopImmediatePropagation())

    def heard(self, event):
        """Answer a request of the sign-in window, which has this page's origin."""
        if event.origin != location.origin or not isinstance(event.data, str):
            return
        try:
            asked = json.loads(event.data)
        except ValueError:
            return
        if isinstance(asked, dict) and asked.get("type") == MESSAGE:
            run(self.answer(asked, event.ports[0]))

    async def answer(self, asked, port):
        """Pass a request on, and reply with the page, or with the address that the window goes to."""
        response = await self.sign_in_page(asked["method"], SIGN_IN_PATH + "?" + asked["query"], asked["body"])
        to = response.headers.get("location", "")
        while to.startswith(SIGN_IN_PATH):
            response = await self.sign_in_page("GET", to, "")
            to = response.headers.get("location", "")
        port.postMessage(json.dumps({"location": to, "html": "" if to else response.text}))

    async def sign_in_page(self, method, address, body):
        """Return the sandbox's response. Its cookies are kept here, because the browser has none of this address."""
        headers = {"Cookie": "; ".join(name + "=" + value for name, value in self.cookies.items())}
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        request = Request(method, self.url + address, path=SIGN_IN_PATH, headers=headers, body=body or None)
        response = await self.sandbox.transport.perform(request, None)
        for name, morsel in SimpleCookie(response.headers.get("set-cookie", "")).items():
            self.cookies[name] = morsel.value
        return response

    async def expire_tokens(self):
        """Expire every access token."""
        self.sandbox.expire_tokens()

    def edit_as_somebody_else(self, item_id, fields):
        """Change an item as another person would."""
        self.sandbox.edit("update", item_id, fields=fields)


class PageWithSignIn(Page):
    """This page, whose sign-in windows show sign-in.html instead of an address of Podio."""

    def open_popup(self, url, *more):
        """Open the page with the same query."""
        query = url.partition("?")[2]
        return super().open_popup(URL.new("static/demo/sign-in.html", document.baseURI).href + "?" + query, *more)
