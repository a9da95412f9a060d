"""Keep a local table of items in step with an app, with webhooks and Flask."""

import tasks_table
from flask import Flask, Response, jsonify
from receiver_settings import API_URL, APP_ID, APP_TOKEN, CLIENT_ID, CLIENT_SECRET, HOOK_SECRET, HOOKS_URL, INBOX, PORT
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import WSGIRequestHandler

from podio_web import GoneError, NotFoundError, SyncPodio
from podio_web.hooks import Event, SQLiteInbox, SyncHooks
from podio_web.items import SyncApp

podio = SyncPodio("app", client_id=CLIENT_ID, client_secret=CLIENT_SECRET, api_url=API_URL)
podio.authenticate_with_app(APP_ID, APP_TOKEN)
tasks = SyncApp(podio, APP_ID)
hooks = SyncHooks(podio, secret=HOOK_SECRET, inbox=SQLiteInbox(INBOX), coalesce=0.5)
hooks.accept("app", APP_ID, HOOKS_URL)


@hooks.on("item.create", "item.update")
def changed(event: Event) -> None:
    """Read the item, because anybody may send a delivery, and it says only which item has changed."""
    assert event.item_id is not None
    try:
        task = tasks.get(event.item_id)
    except (NotFoundError, GoneError):
        tasks_table.remove(event.item_id)
    else:
        tasks_table.put(event.item_id, task["title"], task["status"])


@hooks.on("item.delete")
def deleted(event: Event) -> None:
    """Look whether it is deleted, for the same reason."""
    changed(event)


app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/podio": hooks.wsgi})  # type: ignore[method-assign]
# Handle what arrived before the last stop.
hooks.start()


@app.get("/")
def table() -> Response:
    """Show the table."""
    return jsonify(tasks_table.rows())


class RequestHandler(WSGIRequestHandler):
    """Flask's development server, whose log leaves out the paths: those of deliveries have the secret."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write one line about a request."""
        self.log("info", "%s %s %s", self.command, code, size)


if __name__ == "__main__":
    app.run("localhost", PORT, request_handler=RequestHandler, threaded=True)
