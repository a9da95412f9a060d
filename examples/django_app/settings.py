"""Settings of the example. A project of your own has more; what is about Podio is at the end."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from podio_web import SQLiteStore

BASE_DIR = Path(__file__).parent
PORT = int(os.environ.get("PORT", "8000"))
BASE_URL = os.environ.get("BASE_URL", f"http://localhost:{PORT}")

# A new key at each start ends everybody's session: set SECRET_KEY to keep them.
SECRET_KEY = os.environ.get("SECRET_KEY") or secrets.token_hex(32)
ALLOWED_HOSTS = [str(urlsplit(BASE_URL).hostname)]
CSRF_COOKIE_SECURE = BASE_URL.startswith("https:")
# The path of the host below which a proxy has the application, such as "/tasks"; usually none.
FORCE_SCRIPT_NAME = urlsplit(BASE_URL).path.rstrip("/") or None
STATIC_URL = "static/"
ROOT_URLCONF = "urls"
USE_TZ = True

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "podio_web.web.django.PodioMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "views.PodioProblems",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["podio_web.web.django.podio"]},
    }
]

PODIO = {
    "CLIENT_ID": os.environ.get("PODIO_CLIENT_ID", "demo-client"),
    "CLIENT_SECRET": os.environ.get("PODIO_CLIENT_SECRET", "demo-secret"),
    "REDIRECT_URI": BASE_URL + "/podio/callback",
    "STORE": SQLiteStore(os.environ.get("SESSIONS", BASE_DIR / "sessions.sqlite")),
    "API_URL": os.environ.get("PODIO_API_URL", "http://127.0.0.1:8001"),
}
PODIO_APP_ID = int(os.environ.get("PODIO_APP_ID", "3001"))
