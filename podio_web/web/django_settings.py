"""The setting ``PODIO`` of a Django project, and the sign-in that it describes.

https://docs.djangoproject.com/en/stable/topics/settings/
"""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from podio_web.client import Podio
from podio_web.transports.httpx import HttpxTransport
from podio_web.web.sign_in import SignIn
from podio_web.web.wsgi import PodioSignIn

if TYPE_CHECKING:
    from podio_web.types import Transport

__all__ = ["DjangoSignIn", "get_sign_in"]

_REQUIRED = {
    "CLIENT_ID": "the API key's client ID, from https://podio.com/settings/api",
    "CLIENT_SECRET": "the API key's client secret, from https://podio.com/settings/api",
    "REDIRECT_URI": 'the absolute URL that Podio redirects users to, such as "https://example.com/podio/callback"',
    "STORE": 'the session store, such as SQLiteStore(BASE_DIR / "sessions.sqlite")',
}
_OPTIONS = [name.upper() for name in inspect.signature(SignIn).parameters if name not in ("app", "transport")]
_DOTTED = ("STORE", "ON_SIGNED_IN", "ON_SIGNED_OUT")


class DjangoSignIn(PodioSignIn):
    """The sign-in of a Django project, for blocking and asynchronous views.

    ``transport`` sends the requests of ``request.podio``, and ``async_transport`` those of ``request.apodio``.

    Args:
        app: None.
        options: The options of ``SignIn``.

    Raises:
        ValueError: An option is missing or invalid.

    Examples:
        >>> sign_in = DjangoSignIn(None, **options)
    """

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.async_transport: Transport = HttpxTransport()

    def async_client(self, session_id: str | None) -> Podio:
        """Return a client for one request to an asynchronous view.

        Args:
            session_id: The session's ID. None means a client that is signed out.

        Returns:
            The client.

        Examples:
            >>> podio = sign_in.async_client(visit.session_id)
        """
        return Podio(**{**self.client_options(session_id), "transport": self.async_transport})


@cache
def get_sign_in() -> DjangoSignIn:
    """Return the sign-in that the setting ``PODIO`` describes.

    The keys of the setting are the options of ``podio_web.web.sign_in.SignIn`` in capital letters. ``STORE`` and the
    hooks may be dotted paths. The default of ``SECRET_KEY`` is the project's ``SECRET_KEY``, together with its
    ``SECRET_KEY_FALLBACKS``. The default of ``ROOT_PATH`` is the project's ``FORCE_SCRIPT_NAME``.

    Returns:
        The sign-in.

    Raises:
        ImproperlyConfigured: The setting is missing or invalid. The message says what to write.

    Examples:
        >>> get_sign_in().login_url("/items/4")
        '/podio/login?return_to=%2Fitems%2F4'
    """
    given = getattr(settings, "PODIO", None)
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured('Add PODIO = {"CLIENT_ID": ..., ...} to the settings. It must be a dictionary.')
    _check_names(given)
    options = {
        "SECRET_KEY": [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS],
        "ROOT_PATH": settings.FORCE_SCRIPT_NAME,
        **{name: _found(name, value) for name, value in given.items()},
    }
    try:
        return DjangoSignIn(None, **{name.lower(): value for name, value in options.items()})
    except ValueError as problem:
        raise ImproperlyConfigured(f"The setting PODIO: {problem}") from None


def _check_names(given: Mapping[str, Any]) -> None:
    for name in given:
        if name not in _OPTIONS:
            close = get_close_matches(str(name).upper(), _OPTIONS, 1)
            advice = f"Write {close[0]!r}" if close else f"Its options are {', '.join(_OPTIONS)}"
            raise ImproperlyConfigured(f"The setting PODIO has no option {name!r}. {advice}")
    for name, meaning in _REQUIRED.items():
        if not given.get(name):
            raise ImproperlyConfigured(f"Add {name!r} to the setting PODIO: {meaning}")


def _found(name: str, value: Any) -> Any:
    """Import the object of a dotted path. If a store's path is a function's, call it."""
    if name not in _DOTTED or not isinstance(value, str):
        return value
    try:
        found = import_string(value)
    except ImportError as problem:
        raise ImproperlyConfigured(f"PODIO[{name!r}] is {value!r}, which cannot be imported: {problem}") from None
    return found() if name == "STORE" and callable(found) else found


def _forget(*, setting: str, **_: Any) -> None:
    """Create the sign-in again after a test has changed one of its settings."""
    if setting in ("PODIO", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "FORCE_SCRIPT_NAME"):
        get_sign_in.cache_clear()


setting_changed.connect(_forget)
