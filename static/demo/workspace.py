"""The signed-in part of the demo: choosing an app, its list of items, and the item that is open.

What a person types lives in a ``Record`` for each item, not only in the form: it survives opening another
item, a failed save and the end of the session.
"""

from items import editable_fields, facts, field_text, field_value, item_number, item_title, label, unescape
from js import document
from notices import notice, typing_goes_on
from page import fill, listen, make, make_name, one, show
from problems import run

from podio_web import ConflictError

PAGE_SIZE = 20


class Record:
    """One item: what Podio has, what is typed, and the revision that was read."""

    def __init__(self, app, item):
        self.app = app
        self.item_id = item["item_id"]
        title, notes = editable_fields(app)
        self.fields = {"title": title, "notes": notes}
        self.typed = None
        self.theirs = None
        self.saving = False
        self.read(item)

    def read(self, item):
        """Take over an item as Podio tells it; what is typed and not saved yet stays."""
        self.item = item
        self.revision = item["revision"]
        before = self.typed and self.changes()
        self.saved = {}
        self.is_source = {}
        for name, field in self.fields.items():
            if field:
                self.saved[name], self.is_source[name] = field_text(item, field)
        self.typed = dict(self.saved)
        if before:
            self.typed.update(before)

    def changes(self):
        """Return the texts that differ from Podio's."""
        return {name: text for name, text in self.typed.items() if text != self.saved[name]}

    def for_podio(self, changes):
        """Return the body of ``PUT /item/{id}``; its revision lets Podio notice that somebody was first."""
        values = {}
        for name, text in changes.items():
            field = self.fields[name]
            values[field["external_id"]] = field_value(field, text, self.is_source[name])
        return {"revision": self.revision, "fields": values}


class Workspace:
    """Everything between choosing a workspace and saving an item."""

    def __init__(self, podio, files_url):
        self.podio = podio
        self.files_url = files_url
        self.attachments = None
        self.forget()
        listen(one("space"), "change", lambda event: run(self.load_apps(), self.reload))
        listen(one("app"), "change", lambda event: run(self.load_items(), self.reload))
        listen(one("more-items"), "click", lambda event: self.load_more())
        listen(one("item-list"), "click", self.clicked)
        listen(one("editor"), "submit", self.submitted)
        listen(one("editor"), "input", lambda event: self.keep_typed())
        listen(one("undo"), "click", lambda event: self.undo())
        listen(one("back-to-list"), "click", lambda event: self.back())

    def forget(self):
        """Drop every item and everything typed."""
        self.apps = {}
        self.records = {}
        self.wanted = None
        self.current = None
        self.items = []
        if self.attachments:
            self.attachments.forget()
        one("item-list").replaceChildren()
        self.draw_record()

    def at_stake(self):
        """Return what would be lost now, in words: texts that are not saved, and uploads that are running."""
        unsaved = len([record for record in self.records.values() if record.changes()])
        found = []
        if unsaved:
            found.append("There are unsaved changes in " + ("one item" if unsaved == 1 else str(unsaved) + " items"))
        if self.attachments and self.attachments.running():
            found.append("files are being uploaded" if found else "Files are being uploaded")
        return ", and ".join(found)

    # Choosing

    def reload(self):
        """Begin again with what is chosen now."""
        run(self.load_items() if self.apps else self.load_spaces(), self.reload)

    async def load_spaces(self):
        """Show the workspaces of every organization, and the first one's apps."""
        orgs = await self.podio.get("/org/")
        one("space").replaceChildren()
        for org in orgs:
            # The oldest first: that is where most of the work tends to be.
            spaces = sorted((space["space_id"], unescape(space["name"])) for space in org["spaces"])
            fill(one("space"), spaces, unescape(org["name"]))
        if one("space").value:
            await self.load_apps()
        else:
            notice("info", "No workspace yet", "Create one in Podio, then load this page again.")

    async def load_apps(self):
        """Show the apps of the chosen workspace, and the first one's items."""
        apps = await self.podio.get("/app/space/" + one("space").value + "/")
        one("app").replaceChildren()
        fill(one("app"), [(app["app_id"], unescape(app["config"]["name"])) for app in apps])
        await self.load_items()

    async def load_items(self):
        """Show the first items of the chosen app."""
        app_id = one("app").value
        self.close()
        self.items = []
        one("item-list").replaceChildren()
        one("list-heading").textContent = "Items"
        one("list-count").textContent = ""
        show("more-items", False)
        if not app_id:
            one("list-count").textContent = "this workspace has no apps"
            return
        if app_id not in self.apps:
            # The list of apps is short: only the app itself tells its fields.
            self.apps[app_id] = await self.podio.get("/app/" + app_id)
        await self.load_page(app_id)

    def load_more(self):
        """Show the next items."""
        run(self.load_page(one("app").value), self.load_more)

    async def load_page(self, app_id):
        """Add the next page of items to the list."""
        one("item-list").setAttribute("aria-busy", "true")
        try:
            found = await self.podio.post(
                "/item/app/" + app_id + "/filter/",
                {"limit": PAGE_SIZE, "offset": len(self.items), "sort_by": "app_item_id", "sort_desc": True},
            )
        finally:
            one("item-list").setAttribute("aria-busy", "false")
        if app_id != one("app").value:
            return  # another app was chosen meanwhile
        self.items += found["items"]
        for item in found["items"]:
            one("item-list").append(self.row(item))
        one("list-heading").textContent = unescape(self.apps[app_id]["config"]["name"]) or "Items"
        self.draw_count(found["filtered"])
        self.draw_state()

    async def refresh(self):
        """Show what others have changed in the list and in the open item. What is typed stays."""
        app_id = one("app").value
        if app_id not in self.apps or not self.items:
            return
        found = await self.podio.post(
            "/item/app/" + app_id + "/filter/",
            {"limit": max(len(self.items), PAGE_SIZE), "sort_by": "app_item_id", "sort_desc": True},
        )
        if app_id != one("app").value:
            return  # another app was chosen meanwhile
        before = [(item["item_id"], item["title"]) for item in self.items]
        self.items = found["items"]
        self.draw_count(found["filtered"])
        if [(item["item_id"], item["title"]) for item in self.items] != before:
            self.draw_list(before)
        record = self.current
        if record and not record.changes() and not record.saving:
            item = await self.podio.get("/item/" + str(record.item_id))
            if not record.changes() and not record.saving and item["revision"] != record.revision:
                record.read(item)
                self.draw_record()

    def draw_list(self, before):
        """Show the list anew, and mark what is not as before. The focus stays where it is."""
        focused = document.activeElement.getAttribute("data-item")
        rows = [self.row(item) for item in self.items]
        for item, row in zip(self.items, rows):  # noqa: B905 - MicroPython's zip has no strict
            row.classList.toggle("is-changed", (item["item_id"], item["title"]) not in before)
        one("item-list").replaceChildren(*rows)
        self.mark_current()
        self.draw_state()
        button = self.row_button(focused) if focused else None
        if button:
            button.focus()

    def draw_count(self, filtered):
        """Show how many items there are."""
        one("list-count").textContent = str(len(self.items)) + " of " + str(filtered)
        show("more-items", len(self.items) < filtered)

    def row(self, item):
        """Return one entry of the list."""
        entry = make("li")
        button = make("button", class_name="item", item=item["item_id"])
        button.type = "button"
        button.append(make_name("span", item_title(item), "item-name"), make("span", item_number(item), "quiet"))
        entry.append(button)
        return entry

    def row_button(self, item_id):
        """Return the list's button for an item, or None."""
        return document.querySelector('button[data-item="' + str(item_id) + '"]')

    def clicked(self, event):
        """Open the item that was clicked in the list."""
        button = event.target.closest("button")
        if button:
            self.open(int(button.getAttribute("data-item")))

    # Reading and typing

    def open(self, item_id):
        """Open an item."""
        run(self.load_item(item_id), lambda: self.open(item_id))

    async def load_item(self, item_id):
        """Read an item and show it in the form."""
        app = self.apps[one("app").value]
        self.wanted = item_id
        button = self.row_button(item_id)
        if button:
            button.setAttribute("aria-busy", "true")
        try:
            item = await self.podio.get("/item/" + str(item_id))
        finally:
            if button:
                button.removeAttribute("aria-busy")
        if self.wanted != item_id:
            return  # another item was chosen meanwhile
        record = self.records.get(item_id)
        if record is None:
            record = self.records[item_id] = Record(app, item)
        elif not record.changes():
            record.read(item)  # while something is typed, its revision stays: saving must notice a conflict
        self.current = record
        self.draw_record()
        self.show_files(item)
        one("item-heading").focus()

    def show_files(self, item):
        """Show the files of the open item. Their module is imported with the first one."""
        if self.attachments is None:
            from attachments import Attachments

            self.attachments = Attachments(self.podio, self.files_url)
        self.attachments.open(item)

    def close(self):
        """Show the list alone."""
        self.wanted = None
        self.current = None
        if self.attachments:
            self.attachments.close()
        self.draw_record()

    def back(self):
        """Return to the list, where the person came from."""
        button = self.row_button(self.current.item_id)
        self.close()
        (button or one("list-heading")).focus()

    def keep_typed(self):
        """Remember what the form holds."""
        typing_goes_on()
        for name in self.current.saved:
            self.current.typed[name] = one("item-" + name).value
        self.draw_state()

    def undo(self):
        """Go back to what Podio has."""
        self.current.typed = dict(self.current.saved)
        self.draw_record()
        one("item-title").focus()

    # Saving

    def submitted(self, event):
        """Save when the form is submitted, by its button or by Enter."""
        event.preventDefault()
        self.save(self.current)

    def save(self, record):
        """Save an item's changes."""
        if not record.saving:
            run(self.write(record), lambda: self.save(record))

    async def write(self, record):
        """Send the changes to Podio. The form stays open to typing meanwhile."""
        changes = record.changes()
        if not changes:
            notice("info", "Nothing to save", "This item is as Podio has it.")
            return
        record.saving = True
        self.draw_state()
        try:
            answer = await self.podio.put("/item/" + str(record.item_id), record.for_podio(changes))
        except ConflictError:
            await self.show_conflict(record)
            return
        finally:
            record.saving = False
            self.draw_state()
        record.saved.update(changes)
        record.theirs = None
        if answer:  # an update that changes nothing may be answered without a body
            record.revision = answer["revision"]
            self.rename(record, answer["title"])
        self.draw_record()
        notice("success", "Saved", "Podio has your changes.")

    async def show_conflict(self, record):
        """Put the other version beside the typed one, and let the person choose."""
        item = await self.podio.get("/item/" + str(record.item_id))
        record.theirs = item

        def keep_mine():
            record.revision = item["revision"]
            self.save(record)

        def take_theirs():
            record.typed = dict(record.saved)
            record.read(item)
            record.theirs = None
            self.rename(record, item["title"])
            self.draw_record()

        self.draw_record()
        notice(
            "problem",
            "Somebody else changed this item",
            "Nothing was overwritten, and your text is still in the form, with Podio's version below it.",
            [("Save mine anyway", keep_mine), ("Take Podio's version", take_theirs)],
        )

    # Drawing

    def rename(self, record, title):
        """Show an item's new title in the list."""
        record.item["title"] = title
        button = self.row_button(record.item_id)
        if button:
            button.querySelector(".item-name").textContent = item_title(record.item)

    def draw_record(self):
        """Show the open item, or none."""
        record = self.current
        show("editor", record is not None)
        show("no-item", record is None)
        one("workspace").setAttribute("data-pane", "list" if record is None else "item")
        self.mark_current()
        if record is None:
            return
        one("item-heading").textContent = item_title(record.item)
        kind = unescape(record.app["config"]["item_name"])
        one("item-where").textContent = kind + " " + item_number(record.item)
        for name, field in record.fields.items():
            show(name + "-field", field is not None)
            show(name + "-theirs", False)
            if field:
                one(name + "-label").textContent = label(field)
                if one("item-" + name).value != record.typed[name]:
                    one("item-" + name).value = record.typed[name]  # moves the cursor, so only if needed
                one("item-" + name).required = bool(field["config"].get("required"))
                if record.theirs:
                    theirs = make_name("bdi", field_text(record.theirs, field)[0] or "(empty)")
                    one(name + "-theirs").replaceChildren("In Podio now: ", theirs)
                    show(name + "-theirs")
        show("notes-hint", record.is_source.get("notes", False))
        terms = one("facts")
        terms.replaceChildren()
        for term, text in facts(record.item, record.fields.values()):
            pair = make("div")
            pair.append(make_name("dt", term), make_name("dd", text))
            terms.append(pair)
        self.draw_state()

    def mark_current(self):
        """Mark the open item in the list."""
        for item in self.items:
            button = self.row_button(item["item_id"])
            if self.current and item["item_id"] == self.current.item_id:
                button.setAttribute("aria-current", "true")
            else:
                button.removeAttribute("aria-current")

    def draw_state(self):
        """Show whether everything is saved, in the form and in the list."""
        for record in self.records.values():
            button = self.row_button(record.item_id)
            if button:
                button.classList.toggle("is-unsaved", bool(record.changes()))
        record = self.current
        if record is None:
            return
        one("save-item").setAttribute("aria-busy", "true" if record.saving else "false")
        one("undo").disabled = record.saving or not record.changes()
        state = "Saving…" if record.saving else "Everything is saved"
        if record.changes() and not record.saving:
            state = "Not saved yet"
        if one("save-state").textContent != state:
            one("save-state").textContent = state
