"""What the receivers and ``register.py`` have in common. Environment variables say it."""

import os
import secrets

PORT = int(os.environ.get("PORT", "8000"))
# Where Podio reaches the receiver, without the secret. For Podio itself, it starts with https.
HOOKS_URL = os.environ.get("BASE_URL", f"http://localhost:{PORT}") + "/podio"
# For the sandbox on your own machine. register.py and the receiver need the same one: set it for anything else.
HOOK_SECRET = os.environ.get("HOOK_SECRET", "only-for-the-local-sandbox-0123456789")
INBOX = os.environ.get("INBOX", "hooks.sqlite")

API_URL = os.environ.get("PODIO_API_URL", "http://127.0.0.1:8001")
CLIENT_ID = os.environ.get("PODIO_CLIENT_ID", "demo-client")
CLIENT_SECRET = os.environ.get("PODIO_CLIENT_SECRET", "demo-secret")
APP_ID = int(os.environ.get("PODIO_APP_ID", "3001"))
# The sandbox's tokens are the ids of the apps, as 32 hexadecimal digits.
APP_TOKEN = os.environ.get("PODIO_APP_TOKEN", f"{APP_ID:032x}")

TYPES = ["item.create", "item.update", "item.delete"]

if __name__ == "__main__":
    print(secrets.token_urlsafe(32))
