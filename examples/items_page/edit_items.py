"""A page that edits a list of items: it shows a page of tasks, saves what differs, and tells who was faster."""

import asyncio
from datetime import date, datetime

import js
from pyodide.ffi import create_proxy

from podio_web import ConflictError, LoginRequired, Podio, PodioError
from podio_web.items import App, Item, fields

LIMIT = 10


class Task(Item, app=3001):
    """What `podio-web model 3001` writes, without the fields that the page does not show."""

    title = fields.Text(required=True)
    status = fields.Category()
    due = fields.Date()
    hours = fields.Number()


# On a page of your own, write here what https://podio.com/settings/api says, and leave api_url out.
config = await (await js.fetch("/config.json")).json()  # noqa: F704 - PyScript waits at the top
podio = Podio(
    "client",
    client_id=config.client_id,
    api_url=config.api_url,
    redirect_uri=js.location.origin + "/static/callback.html",
)
tasks = App(podio, Task)
shown = []  # (item, row) in the order of the table
running = set()


def one(name):
    """Return the element with this id."""
    return js.document.getElementById(name)


def say(text):
    """Show what happened, above the list."""
    one("notice").textContent = text


def begin(coroutine):
    """Run a coroutine beside the page, and show its error."""

    async def watched():
        try:
            await coroutine
        except LoginRequired:
            show_signed_in(False)
            say("Your session has ended. Sign in.")
        except (PodioError, ValueError) as problem:
            say(str(problem))

    task = asyncio.create_task(watched())
    running.add(task)
    task.add_done_callback(running.discard)


def show_signed_in(signed_in):
    """Show the list, or how to sign in. A button that is hidden gives the focus to the notice."""
    had_focus = js.document.activeElement.id in ("sign-in", "sign-out")
    one("sign-in").hidden = signed_in
    one("sign-out").hidden = not signed_in
    one("list").hidden = not signed_in
    if had_focus:
        one("notice").focus()


def cell(row, name):
    """Return the input of a field."""
    return row.querySelector(f"[data-field={name}]")


def show(item, row):
    """Write an item into its row."""
    day = item.due and item.due.start
    cell(row, "title").value = item.title or ""
    cell(row, "status").value = str(item.status.id) if item.status else ""
    cell(row, "hours").value = "" if item.hours is None else f"{item.hours.normalize():f}"
    cell(row, "due").value = "" if day is None else day.strftime("%Y-%m-%d")


def read(item, row):
    """Set the fields of an item from its row. What is unchanged is not sent. Raises ValueError."""
    status, hours, due = (cell(row, name).value for name in ("status", "hours", "due"))
    values = {
        "title": cell(row, "title").value or None,
        "status": int(status) if status else None,
        "hours": hours.strip() or None,
    }
    # The input has no time of day, so a task keeps its own unless the day is another one.
    start = item.due and item.due.start
    before = start.date() if isinstance(start, datetime) else start
    day = date.fromisoformat(due) if due else None
    if day != before:
        values["due"] = day
    item.set(values)


async def add_row(item):
    """Put an item below the others, and return its row."""
    row = one("row").content.firstElementChild.cloneNode(True)
    # Screen readers read the row's problem with each of its fields.
    problem = row.querySelector("[data-testid=row-problem]")
    problem.id = f"problem-{len(shown)}"
    for name in ("title", "status", "hours", "due"):
        cell(row, name).setAttribute("aria-describedby", problem.id)
    options = (await tasks.definition())["status"].options.values()
    for value, text in [("", ""), *((str(each.id), each) for each in options if each.status == "active")]:
        option = js.document.createElement("option")
        option.value, option.textContent, option.dir = value, text, "auto"
        cell(row, "status").append(option)
    show(item, row)
    one("rows").append(row)
    shown.append((item, row))
    return row


async def add():
    """Put a new task below the others, ready to be written."""
    row = await add_row(tasks.new())
    cell(row, "title").focus()


async def load():
    """Show the next page of tasks."""
    page = await tasks.items().page(limit=LIMIT, offset=len(shown))
    for item in page.items:
        await add_row(item)
    one("more").hidden = len(shown) >= page.filtered
    say(f"{len(shown)} of {page.filtered} tasks.")


async def start():
    """Show the list from its start."""
    show_signed_in(True)
    one("rows").replaceChildren()
    shown.clear()
    await load()


async def save():
    """Save all rows that differ. Nobody types meanwhile, so nothing that was typed is lost."""
    focused = js.document.activeElement
    one("editor").disabled = True
    try:
        await save_rows()
    finally:
        one("editor").disabled = False
        focused.focus()


async def save_rows():
    """Save the rows. One that somebody else changed too keeps what the person wrote, and shows the rest of theirs."""
    changed = []
    for item, row in shown:
        problem = row.querySelector("[data-testid=row-problem]")
        problem.textContent = ""
        try:
            read(item, row)
            if item.item_id is None or item.changes():
                changed.append((item, row))
        except ValueError as wrong:
            problem.textContent = str(wrong)
    results = await tasks.save_all([item for item, _ in changed])
    for result, (item, row) in zip(results, changed, strict=True):
        problem = row.querySelector("[data-testid=row-problem]")
        if isinstance(result.error, ConflictError):
            both = await item.rebase()
            theirs = ", ".join(f"{name}: {item.original(name)}" for name in both)
            problem.textContent = f"Somebody else wrote {theirs}. Save again to replace it." if both else "Save again."
            show(item, row)
        elif result.error:
            problem.textContent = str(result.error)
    say(f"Saved {sum(1 for each in results if each.saved)} of {len(changed)} changed tasks.")


def sign_in(event):
    """Open the popup, during the click: later the browser would block it."""
    signing_in = podio.login()

    async def finish():
        await signing_in
        await start()

    begin(finish())


def signed_out(detail):
    """Show that the session is gone, by the button or by another tab."""
    show_signed_in(False)
    say("You are signed out.")


def on_click(name, handler):
    """Call a function on each click."""
    one(name).addEventListener("click", create_proxy(handler))


on_click("sign-in", sign_in)
on_click("sign-out", lambda event: begin(podio.logout()))
on_click("save", lambda event: begin(save()))
on_click("more", lambda event: begin(load()))
on_click("add", lambda event: begin(add()))
podio.on("logged_out", signed_out)
if await podio.is_authenticated():  # noqa: F704
    begin(start())
else:
    show_signed_in(False)
    say("Sign in to see your tasks.")
