"""Who am I at Podio? A script that signs in with a name and a password, once: the session is kept in a file.

For your own tests only. A person's password belongs to Podio's own page: for other people use the web applications
beside this one. https://developers.podio.com/authentication/username_password
"""

import os

from podio_web import FileStore, LoginRequired, SyncPodio

podio = SyncPodio(
    "password",
    client_id=os.environ.get("PODIO_CLIENT_ID", "demo-client"),
    client_secret=os.environ.get("PODIO_CLIENT_SECRET", "demo-secret"),
    session_store=FileStore(os.environ.get("PODIO_SESSION", "session.json")),
    api_url=os.environ.get("PODIO_API_URL", "http://127.0.0.1:8001"),
)

with podio:
    try:
        me = podio.get("/user/status")
    except LoginRequired:
        # This is the first run, or Podio does not renew the session any more.
        podio.authenticate_with_credentials(
            os.environ.get("PODIO_USERNAME", "demo@example.com"),
            os.environ.get("PODIO_PASSWORD", "demo"),
        )
        me = podio.get("/user/status")
    print(f"Signed in as {me['profile']['name']}")
    for org in podio.get("/org/"):
        print(f"{org['name']}: {', '.join(space['name'] for space in org['spaces'])}")
