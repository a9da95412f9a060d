"""The files of the open item: thumbnails, downloads, deletion, and uploads with their progress.

This module is imported when the first item is opened, and ``podio_web.files`` when it is first used. The page starts
without both.
"""

import asyncio

from items import file_kind, isolated, size_in_words
from js import Object, document, window
from notices import notice
from page import listen, make, make_name, one, show
from problems import explain, in_words, run

from podio_web import APIError, AuthorizationError, SignInError, TimedOut


class ItemFiles:
    """The files and the uploads of one item. Its element is in the page while the item is open."""

    def __init__(self, item_id):
        self.item_id = item_id
        self.files = []
        self.rows = {}
        self.element = make("div")
        self.list = make("ul", class_name="file-list", testid="file-list")
        self.list.setAttribute("aria-labelledby", "files-heading")
        self.uploads = make("ul", class_name="file-list", testid="upload-list")
        self.uploads.setAttribute("aria-label", "Uploads")
        self.element.append(self.list, self.uploads)

    def file(self, file_id):
        """Return a file as Podio tells it."""
        return next(file for file in self.files if file["file_id"] == file_id)

    def button(self, file_id, action):
        """Return one of a file's buttons."""
        return self.rows[file_id].querySelector('[data-action="' + action + '"]')

    def remove(self, file_id):
        """Take a file out. If its row had the focus, return what gets it: the next file's button, or None."""
        had_focus = self.rows[file_id].contains(document.activeElement)
        numbers = [file["file_id"] for file in self.files]
        after = numbers[numbers.index(file_id) + 1 :] + numbers[: numbers.index(file_id)][::-1]
        self.files = [file for file in self.files if file["file_id"] != file_id]
        self.rows.pop(file_id).remove()
        if not had_focus:
            return None
        return self.button(after[0], "delete") if after else one("file-input")


class Upload:
    """A file on its way to an item, and its row."""

    def __init__(self, number, to, js_file):
        self.number = number
        self.to = to
        self.js_file = js_file
        self.name = js_file.name
        self.file = None  # as soon as Podio has it; then it only has to be attached
        self.task = None
        self.row = make("li", class_name="file", testid="upload")
        self.bar = make("progress")
        self.bar.max = 100
        self.bar.setAttribute("aria-label", "Upload of " + self.name)
        self.text = make("span", class_name="quiet", testid="upload-text")
        self.actions = make("div", class_name="file-actions")
        words = make("div", class_name="file-words")
        words.append(make_name("span", self.name, "file-name"), self.bar, self.text)
        self.row.append(make("span", file_kind(self.name), "file-tile"), words, self.actions)
        to.uploads.append(self.row)

    def show_running(self):
        """Show the bar from its beginning."""
        self.row.classList.remove("is-failed")
        self.bar.hidden = False
        self.bar.value = 0
        self.text.textContent = "Waiting for its turn"
        self.offer(("cancel", "Cancel"))

    def moved(self, sent, size):
        """Show how much has been sent. The file itself never comes into Python."""
        self.bar.value = 100 * sent // size if size else 0
        self.text.textContent = size_in_words(sent) + " of " + size_in_words(size)

    def show_failed(self, text):
        """Show why the file is not there, with a way on."""
        self.row.classList.add("is-failed")
        self.bar.hidden = True
        self.text.textContent = text
        self.offer(("again", "Try again"), ("remove", "Remove"))

    def offer(self, *choices):
        """Show other buttons. If one had the focus, the first one has it now."""
        had_focus = self.actions.contains(document.activeElement)
        self.actions.replaceChildren()
        for action, title in choices:
            self.actions.append(_button(action, title, self.name, upload=self.number))
        if had_focus:
            self.actions.firstElementChild.focus()


class Attachments:
    """The section with the open item's files."""

    def __init__(self, podio, files_url):
        self.podio = podio
        self.files_url = files_url
        self.client = None
        self.shown = None
        self.items = {}
        self.uploads = {}
        self.number = 0
        listen(one("file-input"), "change", self.chosen)
        listen(one("files"), "click", self.clicked)
        # A file that is dropped beside its place would replace the page, with everything typed in it.
        listen(window, "dragover", self.dragged)
        listen(window, "drop", self.dropped)
        listen(window, "dragleave", lambda event: self.mark(bool(event.relatedTarget) and self.is_over(event)))

    def files(self):
        """Return the client's files. Python imports them at the first use."""
        if self.client is None:
            from podio_web.files import Files

            self.client = Files(self.podio, files_url=self.files_url)
        return self.client

    # Showing

    def open(self, item):
        """Show the files of an item as Podio tells them. Uploads that are running go on."""
        item_id = item["item_id"]
        if item_id not in self.items:
            self.items[item_id] = ItemFiles(item_id)
        shown = self.items[item_id]
        told = item.get("files") or []
        numbers = [file["file_id"] for file in told]
        for file in list(shown.files):
            if file["file_id"] not in numbers:
                shown.remove(file["file_id"])
        for file in told:
            self.add(shown, file)
        if self.shown is not shown:
            self.shown = shown
            one("item-files").replaceChildren(shown.element)
            one("files-said").textContent = ""
        self.count()
        show("files")

    def close(self):
        """Show no files."""
        self.shown = None
        show("files", False)

    def forget(self):
        """End the uploads and drop everything."""
        for upload in list(self.uploads.values()):
            self.drop(upload)
        self.items = {}
        one("item-files").replaceChildren()
        one("files-said").textContent = ""
        self.close()

    def running(self):
        """Return the number of uploads that are running."""
        return len([upload for upload in self.uploads.values() if upload.task])

    def add(self, shown, file):
        """Add a file to an item's list, if it is not there."""
        file_id = file["file_id"]
        if file_id in shown.rows:
            return
        row = make("li", class_name="file", testid="file")
        tile = make("span", file_kind(file["name"]), "file-tile")
        words = make("div", class_name="file-words")
        size = size_in_words(file.get("size"))
        words.append(make_name("span", file["name"], "file-name"), make("span", size, "quiet"))
        actions = make("div", class_name="file-actions")
        actions.append(
            _button("download", "Download", file["name"], file=file_id),
            _button("delete", "Delete", file["name"], file=file_id),
        )
        row.append(tile, words, actions)
        shown.files.append(file)
        shown.rows[file_id] = row
        shown.list.append(row)
        if file.get("mimetype", "").startswith("image/"):
            run(self.load_thumbnail(file_id, tile))

    async def load_thumbnail(self, file_id, tile):
        """Put a thumbnail in the place of the file's kind, which stays if there is none."""
        image = make("img", testid="thumbnail")
        image.alt = ""  # the name is beside it
        try:
            await self.files().show(file_id, image, size="medium")
        except Exception:
            return
        tile.replaceChildren(image)

    def count(self):
        """Show how many files the open item has."""
        if self.shown:
            number = len(self.shown.files)
            one("files-count").textContent = "none yet" if number == 0 else str(number)

    def tell(self, text):
        """Say what has happened, to screen readers too."""
        one("files-said").textContent = text

    # Choosing and dropping

    def chosen(self, event):
        """Upload what was chosen. Empty the input, so that the same file can be chosen again."""
        picked = list(Object.values(one("file-input").files))
        one("file-input").value = ""
        self.send_all(picked)

    def is_over(self, event):
        """Return whether something is dragged over the open item."""
        return self.shown is not None and one("item-pane").contains(event.target)

    def mark(self, is_over):
        """Show where files can be dropped."""
        one("files").classList.toggle("is-target", is_over)

    def dragged(self, event):
        """Take files over the open item, and nowhere else."""
        if _has_files(event):
            event.preventDefault()
            is_over = self.is_over(event)
            event.dataTransfer.dropEffect = "copy" if is_over else "none"
            self.mark(is_over)

    def dropped(self, event):
        """Upload the files that were dropped on the open item. Folders are refused."""
        if not _has_files(event):
            return
        event.preventDefault()
        self.mark(False)
        if not self.is_over(event):
            return
        folders, picked = [], []
        for js_item in Object.values(event.dataTransfer.items):
            if js_item.kind == "file":
                entry = js_item.webkitGetAsEntry()
                if entry and entry.isDirectory:
                    folders.append(isolated(entry.name))
                else:
                    picked.append(js_item.getAsFile())
        if folders:
            notice(
                "problem",
                "A folder cannot be uploaded",
                "“" + "”, “".join(folders) + "”: open the folder, and drop the files that are in it.",
            )
        self.send_all(picked)

    def clicked(self, event):
        """Do what a button of a row says."""
        button = event.target.closest("button[data-action]")
        if not button:
            return
        action = button.getAttribute("data-action")
        if action in ("download", "delete"):
            file_id = int(button.getAttribute("data-file"))
            (self.download if action == "download" else self.ask_to_delete)(self.shown, file_id)
            return
        upload = self.uploads[int(button.getAttribute("data-upload"))]
        if action == "again":
            self.start(upload)
        elif action == "remove" or button.getAttribute("aria-disabled") != "true":
            if upload.task:
                self.tell(isolated(upload.name) + " was not uploaded: you cancelled it.")
            self.drop(upload)

    # Uploading

    def send_all(self, js_files):
        """Upload files to the open item."""
        for js_file in js_files:
            self.number += 1
            self.uploads[self.number] = Upload(self.number, self.shown, js_file)
            self.start(self.uploads[self.number])

    def start(self, upload):
        """Upload a file, or go on where its last try has failed."""
        if upload.number in self.uploads and not upload.task:
            upload.show_running()
            self.tell("Uploading " + isolated(upload.name))
            upload.task = asyncio.create_task(self.send(upload))

    def drop(self, upload):
        """End an upload and take it away. If it had the focus, the input has it now."""
        task, upload.task = upload.task, None
        self.uploads.pop(upload.number, None)
        had_focus = upload.row.contains(document.activeElement)
        upload.row.remove()
        if had_focus:
            one("file-input").focus()
        if task:
            task.cancel()

    async def send(self, upload):
        """Upload a file and attach it to its item."""
        try:
            files = self.files()
            if upload.file is None:
                upload.file = await files.upload(upload.js_file, on_progress=upload.moved)
            # What is attached cannot be cancelled.
            upload.actions.firstElementChild.setAttribute("aria-disabled", "true")
            await files.attach(upload.file, "item", upload.to.item_id)
        except Exception as problem:
            upload.task = None
            self.failed(upload, problem)
            return
        upload.task = None
        had_focus = upload.row.contains(document.activeElement)
        file = upload.file.data
        self.add(upload.to, file)
        if had_focus:
            upload.to.button(file["file_id"], "download").focus()
        self.drop(upload)
        self.count()
        self.tell(isolated(upload.name) + " is uploaded.")

    def failed(self, upload, problem):
        """Say why a file was not uploaded. What is about signing in is told at the page's lower edge as well."""
        headline, advice = _upload_in_words(problem)
        upload.show_failed(headline + ". " + advice)
        self.tell(isolated(upload.name) + " was not uploaded. " + headline + ".")
        if isinstance(problem, (SignInError, AuthorizationError)):
            explain(problem, lambda: self.start(upload))

    # Downloading and deleting

    def download(self, shown, file_id):
        """Save a file."""
        run(self.save(shown, file_id), lambda: self.download(shown, file_id))

    async def save(self, shown, file_id):
        """Fetch a file and let the browser save it."""
        from podio_web.files import File

        file = File(shown.file(file_id))
        button = shown.button(file_id, "download")
        button.setAttribute("aria-busy", "true")
        try:
            await self.files().download(file)
        finally:
            button.removeAttribute("aria-busy")
        self.tell("Your browser saves " + isolated(file.name) + ".")

    def ask_to_delete(self, shown, file_id):
        """Delete a file, if the person means it."""
        name = shown.file(file_id)["name"]

        def go():
            run(self.delete(shown, file_id, name), go)

        question = "Delete " + isolated(name) + "?"
        notice("info", question, "Everybody who sees this item loses it.", [("Delete the file", go)])

    async def delete(self, shown, file_id, name):
        """Delete a file."""
        await self.files().delete(file_id)
        next_button = shown.remove(file_id)
        if next_button:
            next_button.focus()
        self.count()
        self.tell(isolated(name) + " is deleted.")


def _button(action, title, name, **data):
    """Return a button of a row. Screen readers read the file's name with it."""
    button = make("button", title, "secondary outline small", action=action, testid=action + "-file", **data)
    button.type = "button"
    button.setAttribute("aria-label", title + " " + name)
    return button


def _has_files(event):
    """Return whether files are dragged, and not a text or a link."""
    return bool(event.dataTransfer) and event.dataTransfer.types.includes("Files")


def _upload_in_words(problem):
    """Return a headline and an advice about an upload that has failed."""
    from podio_web.files import UploadStalled

    if isinstance(problem, (ValueError, TypeError)):
        return "This file cannot be sent", str(problem)
    if isinstance(problem, UploadStalled):
        return "The connection is gone", "Nothing was sent for a minute. Try again when it is back."
    if isinstance(problem, APIError) and problem.status == 413:
        return "The file is too large", "Podio does not take a file of this size."
    if isinstance(problem, TimedOut):
        return "Podio did not answer in time", "Look whether the file is there before you try again."
    return in_words(problem)
