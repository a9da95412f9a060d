"""Create the hooks of a receiver that runs, and fill its table.

Run it again after each change: it creates only what is missing.
"""

import tasks_table
from receiver_settings import API_URL, APP_ID, APP_TOKEN, CLIENT_ID, CLIENT_SECRET, HOOK_SECRET, HOOKS_URL, TYPES

from podio_web import SyncPodio
from podio_web.hooks import MemoryInbox, SyncHooks
from podio_web.items import SyncApp

with SyncPodio("app", client_id=CLIENT_ID, client_secret=CLIENT_SECRET, api_url=API_URL) as podio:
    podio.authenticate_with_app(APP_ID, APP_TOKEN)
    hooks = SyncHooks(podio, secret=HOOK_SECRET, inbox=MemoryInbox())
    for hook in hooks.ensure("app", APP_ID, TYPES, HOOKS_URL):
        print(hook.hook_id, hook.type, hook.status)
    # After the hooks, so that no change is missed in between.
    for task in SyncApp(podio, APP_ID).items():
        assert task.item_id is not None
        tasks_table.put(task.item_id, task["title"], task["status"])
