"""What is new in an app? A script that signs in as the app itself, once: the session is kept in a file.

An app's id and token are on its Developer page in Podio. https://developers.podio.com/authentication/app_auth
"""

import os

from podio_web import FileStore, LoginRequired, SyncPodio

app_id = int(os.environ.get("PODIO_APP_ID", "3001"))
podio = SyncPodio(
    "app",
    client_id=os.environ.get("PODIO_CLIENT_ID", "demo-client"),
    client_secret=os.environ.get("PODIO_CLIENT_SECRET", "demo-secret"),
    session_store=FileStore(os.environ.get("PODIO_SESSION", "session.json")),
    api_url=os.environ.get("PODIO_API_URL", "http://127.0.0.1:8001"),
)

with podio:
    try:
        app = podio.get(f"/app/{app_id}")
    except LoginRequired:
        # This is the first run, or Podio does not renew the session any more.
        # The sandbox's token of app 3001 is its id in hexadecimal digits.
        podio.authenticate_with_app(app_id, os.environ.get("PODIO_APP_TOKEN", f"{app_id:032x}"))
        app = podio.get(f"/app/{app_id}")
    print(f"Newest in {app['config']['name']}:")
    found = podio.post(f"/item/app/{app_id}/filter/", {"limit": 5, "sort_by": "created_on", "sort_desc": True})
    for item in found["items"]:
        print(f"- {item['title']}")
