"""A page of cells, each a piece of Python that calls Podio without `await`.

Signing in needs a person, and people take their time: a page must not stand still meanwhile. So `Podio` does that, and
`SyncPodio`, which blocks, finds the session in the same store.
"""

import asyncio
import traceback
from contextlib import redirect_stdout
from io import StringIO
from pprint import pformat

import js
from pyodide.code import eval_code
from pyodide.ffi import create_proxy

from podio_web import LoginRequired, Podio, PodioError, SyncPodio

CELLS = [
    """\
me = podio.get("/user/status")
print("Hello", me["profile"]["name"])""",
    """\
found = podio.post("/item/app/3001/filter/", {"limit": 5})
for item in found["items"]:
    print(item["item_id"], item["title"])""",
    """\
made = podio.post("/item/app/3001/", {"fields": {"title": "Written in a notebook"}})
podio.get(f"/item/{made['item_id']}")["title"]""",
]

# On a page of your own write here what https://podio.com/settings/api says, and leave api_url out.
config = await (await js.fetch("/config.json")).json()  # noqa: F704 - PyScript waits at the top
settings = {
    "client_id": config.client_id,
    "api_url": config.api_url,
    "redirect_uri": js.location.origin + "/static/callback.html",
}

door = Podio("client", **settings)
# A cell cannot wait for a person either: when the session has ended, it says so.
podio = SyncPodio("client", **settings, on_token_will_refresh=None)
names = {"podio": podio}
tasks = set()


def one(name):
    """Return the element with this id."""
    return js.document.getElementById(name)


def say(text):
    """Show what happened, above the cells."""
    one("notice").textContent = text


def begin(coroutine):
    """Run a coroutine beside the page."""
    task = asyncio.create_task(coroutine)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def show_person(signed_in):
    """Show who is signed in, or how to sign in. A button that is hidden gives the focus to the notice."""
    had_focus = js.document.activeElement.id in ("sign-in", "sign-out")
    one("person").hidden = not signed_in
    one("sign-in").hidden = signed_in
    if had_focus:
        one("notice").focus()
    if signed_in:
        me = podio.get("/user/status")
        one("user-name").textContent = me["profile"]["name"] or me["user"]["mail"]


def sign_in(event):
    """Open the popup, during the click: later the browser would block it."""
    signing_in = door.login()

    async def finish():
        try:
            await signing_in
            podio.refresh_auth_from_store()
            show_person(signed_in=True)
            say("You are signed in. Run a cell.")
        except PodioError as problem:
            say(str(problem))

    begin(finish())


def signed_out(detail):
    """Show that the session is gone, by the button, by a cell or by another tab."""
    show_person(signed_in=False)
    say("You are signed out.")


def evaluate(source):
    """Return what a cell prints, and the value of its last line, as a Python prompt would show it."""
    printed = StringIO()
    with redirect_stdout(printed):
        value = eval_code(source, names)
    return printed.getvalue() + ("" if value is None else pformat(value))


async def run(source, output):
    """Run a cell and show its output."""
    await asyncio.sleep(0.03)  # the browser shows that the cell is running, before the cell blocks it
    output.className = "problem"
    try:
        output.textContent = evaluate(source).rstrip() or "Done."
        output.className = ""
    except LoginRequired:
        output.textContent = "Nobody is signed in. Sign in above, and run the cell again."
        show_person(signed_in=False)
    except Exception as problem:
        output.textContent = "".join(traceback.format_exception_only(problem))
    output.ariaBusy = "false"


def add_cell(source=""):
    """Put a cell below the others."""
    cell = one("cell").content.firstElementChild.cloneNode(True)
    editor, output = cell.querySelector("textarea"), cell.querySelector("pre")
    editor.value = source
    editor.rows = max(3, source.count("\n") + 2)

    def start(event):
        output.hidden = False
        output.ariaBusy = "true"
        output.textContent = "Running …"
        begin(run(editor.value, output))

    def pressed(event):
        if event.shiftKey and event.key == "Enter":
            event.preventDefault()
            start(event)

    cell.querySelector("button").addEventListener("click", create_proxy(start))
    editor.addEventListener("keydown", create_proxy(pressed))
    one("cells").append(cell)


one("sign-in").addEventListener("click", create_proxy(sign_in))
one("sign-out").addEventListener("click", create_proxy(lambda event: podio.logout()))
podio.on("logged_out", signed_out)
one("add-cell").addEventListener("click", create_proxy(lambda event: add_cell()))
for text in CELLS:
    add_cell(text)
one("add-cell").hidden = False
try:
    show_person(podio.is_authenticated())
    say("Run a cell." if podio.is_authenticated() else "Sign in, then run the cells.")
except LoginRequired:
    show_person(signed_in=False)
    say("Your session has ended. Sign in, then run the cells.")
except PodioError as problem:
    say(str(problem))
