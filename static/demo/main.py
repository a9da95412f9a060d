"""The demo page: sign in to Podio, look at an app's items, change one.

The same file runs on Pyodide (``<script type="py">``) and on MicroPython (``<script type="mpy">``).
"""

import asyncio
import json

import problems
from changes import Changes
from conditions import Conditions
from items import initials
from js import CustomEvent, fetch, window
from notices import dismiss, follow_notices, notice
from page import listen, one, show
from problems import explain, run
from pyscript.ffi import to_js
from workspace import Workspace

from podio_web import AccountChanged, Podio


class Demo:
    """The page and its client."""

    def __init__(self, config, local=None):
        self.config = config
        self.local = local
        options = local.options if local else {"api_url": config["api_url"]}
        self.podio = Podio("client", client_id=config["client_id"], **options)
        self.workspace = Workspace(self.podio, local.url if local else config["files_url"])
        self.changes = Changes(self.podio, self.workspace)
        self.conditions = Conditions(self.podio)
        self.user_id = None
        self.signed_in = False

    def connect(self):
        """Bind the buttons and the client's events."""
        follow_notices()
        problems.sign_in = self.sign_in
        problems.change_account = self.reload
        listen(one("sign-in"), "click", lambda event: self.sign_in())
        listen(one("sign-out"), "click", lambda event: self.sign_out())
        listen(one("expire-session"), "click", lambda event: self.expire())
        listen(window, "beforeunload", self.leaving)
        self.podio.on("authenticated", lambda token: self.enter())
        self.podio.on("logged_out", lambda detail: self.leave())
        self.conditions.connect()
        show("experiment", bool(self.config.get("control")))
        show("sandbox-hint", bool(self.config.get("control")))
        show("items-page", bool(self.config.get("control")) and not self.local)  # its app is the sandbox's
        show("data-hint", bool(self.local))
        show("experiment-others", bool(self.local))
        if self.local:
            listen(one("somebody-else"), "click", lambda event: self.change_as_somebody_else())
        one("talks-to").textContent = "Talks to " + ("a sandbox in this page" if self.local else self.config["api_url"])

    def sign_in(self, then=None):
        """Sign in, then go on with what was interrupted.

        A browser opens a popup only during the click itself, so ``login()`` comes before anything is awaited.
        """
        dismiss()

        async def finish(login):
            await login
            if self.is_somebody_else():
                explain(AccountChanged("another account than the one on the page"), then)
            elif then:
                then()

        one("sign-in").setAttribute("aria-busy", "true")
        try:
            # When this fails, the notice offers to sign in, and to go on with the same afterwards.
            run(self.until_signed_in(finish(self.podio.login())), then)
        except Exception as problem:
            one("sign-in").setAttribute("aria-busy", "false")
            explain(problem, then)

    async def until_signed_in(self, login):
        """Wait for the sign-in window, with the button showing it."""
        try:
            await login
        finally:
            one("sign-in").setAttribute("aria-busy", "false")

    def enter(self):
        """Somebody is signed in: show their profile and items. A renewal changes nothing on the page."""
        if not self.signed_in:
            self.signed_in = True
            run(self.load_person(), self.reload)

    def is_somebody_else(self):
        """Return whether the session belongs to another person than the page shows."""
        ref = self.podio.token.ref
        return self.signed_in and self.user_id is not None and bool(ref) and ref["id"] != self.user_id

    def reload(self):
        """Show the person and their items anew."""
        run(self.load_person(), self.reload)

    async def load_person(self):
        """Show who is signed in, and their items."""
        status = await self.podio.get("/user/status")
        name = status["profile"]["name"].strip() or status["user"]["mail"]
        one("user-name").textContent = name
        one("user-mail").textContent = status["user"]["mail"]
        one("user-initials").textContent = initials(name)
        if status["user"]["user_id"] != self.user_id:
            self.workspace.forget()
        self.user_id = status["user"]["user_id"]
        self.show_signed_in(True)
        dismiss()
        one("list-heading").focus()
        await self.workspace.load_spaces()
        await self.changes.follow(status)

    def leave(self):
        """Nobody is signed in any more, perhaps because of another tab; what was typed stays in memory."""
        self.signed_in = False
        self.show_signed_in(False)
        one("welcome-heading").focus()

    def show_signed_in(self, signed_in):
        """Show one of the page's two faces."""
        show("welcome", not signed_in)
        show("workspace", signed_in)
        show("person", signed_in)

    def sign_out(self):
        """Sign out, but not with unsaved texts or running uploads unless the person says so."""

        def go():
            self.user_id = None
            self.workspace.forget()
            run(self.podio.logout(), go)

        at_stake = self.workspace.at_stake()
        if at_stake:
            notice("info", at_stake, "Signing out ends this, and forgets it.", [("Sign out anyway", go)])
        else:
            dismiss()
            go()

    def expire(self):
        """Make the sandbox expire every access token."""
        run(self.expire_tokens(), self.expire)

    async def expire_tokens(self):
        """Call the sandbox's control interface."""
        if self.local:
            await self.local.expire_tokens()
        else:
            answer = await fetch(self.config["control"] + "/tokens/expire", to_js({"method": "POST", "body": "{}"}))
            if not answer.ok:
                raise ValueError("the sandbox answered " + str(answer.status))
        notice(
            "info",
            "The session has expired",
            "Keep typing, then save: a small window signs you in again, and your changes are saved.",
        )

    def change_as_somebody_else(self):
        """Let another person change the title of the open item."""
        record = self.workspace.current
        title = record.fields["title"]["external_id"]
        self.local.edit_as_somebody_else(record.item_id, {title: record.item["title"] + " (changed)"})

    def leaving(self, event):
        """Ask before unsaved texts or running uploads are lost."""
        if self.workspace.at_stake():
            event.preventDefault()


async def start():
    """Show the first view and tell static/demo/boot.js that Python is ready."""
    config = json.loads(await (await fetch("config.json")).text())
    local = None
    if config.get("sandbox"):
        one("boot-status").textContent = "Starting the sandbox"
        await asyncio.sleep(0.02)  # so that the browser shows it
        from local_podio import LocalPodio

        local = LocalPodio()
        local.connect()
    demo = Demo(config, local)
    demo.connect()
    if await demo.podio.is_authenticated():
        show("workspace")  # empty, but no blank page if the session has to be renewed first
        demo.enter()
    else:
        demo.show_signed_in(False)
    window.podioDemoReady = True
    window.dispatchEvent(CustomEvent.new("podio-demo-ready"))


await asyncio.create_task(start())  # noqa: F704 - both interpreters run this file as a coroutine
