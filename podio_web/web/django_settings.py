"""The setting ``PODIO`` of a Django project, and the sign-in that is made from it.

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
    from podio_web.runtime.protocols import Transport

_REQUIRED = {
    "CLIENT_ID": "the API key's name, from https://podio.com/settings/api",
    "CLIENT_SECRET": "the API key's secret, from https://podio.com/settings/api",
    "REDIRECT_URI": 'the absolute URL that Podio sends people back to, such as "https://example.com/podio/callback"',
    "STORE": 'where sessions are kept, such as SQLiteStore(BASE_DIR / "sessions.sqlite")',
}
_OPTIONS = [name.upper() for name in inspect.signature(SignIn).parameters if name not in ("app", "transport")]
_DOTTED = ("STORE", "ON_SIGNED_IN", "ON_SIGNED_OUT")


class DjangoSignIn(PodioSignIn):
    """The sign-in of a Django project, for its blocking views and its asynchronous ones.

    ``async_transport`` performs the calls of ``request.apodio``, and ``transport`` those of ``request.podio``.

    >>> sign_in = DjangoSignIn(None, client_id="my-app", ...)
    """

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.async_transport: Transport = HttpxTransport()

    def async_client(self, session_id: str | None) -> Podio:
        """Return the client of one request, for an asynchronous view.

        >>> podio = sign_in.async_client(visit.session_id)
        """
        return Podio(**{**self.client_options(session_id), "transport": self.async_transport})


@cache
def get_sign_in() -> DjangoSignIn:
    """Return the sign-in that the setting ``PODIO`` describes.

    Its keys are the options of ``podio_web.web.sign_in.SignIn`` in capital letters. ``STORE`` and the hooks may be
    dotted paths. Without ``SECRET_KEY`` the project's own one signs, and its ``SECRET_KEY_FALLBACKS`` verify too.
    Without ``ROOT_PATH`` the prefix is ``FORCE_SCRIPT_NAME``, if there is one.

    Raises ImproperlyConfigured, which says what to write.

    >>> get_sign_in().login_url("/items/4")
    '/podio/login?return_to=%2Fitems%2F4'
    """
    given = getattr(settings, "PODIO", None)
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured('Add PODIO = {"CLIENT_ID": ..., ...} to the settings: a dictionary')
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
            advice = f"Write {close[0]!r}" if close else f"It has {', '.join(_OPTIONS)}"
            raise ImproperlyConfigured(f"The setting PODIO has no option {name!r}. {advice}")
    for name, meaning in _REQUIRED.items():
        if not given.get(name):
            raise ImproperlyConfigured(f"Add {name!r} to the setting PODIO: {meaning}")


def _found(name: str, value: Any) -> Any:
    """Return what a dotted path leads to; of a store, what it returns if it is a function."""
    if name not in _DOTTED or not isinstance(value, str):
        return value
    try:
        found = import_string(value)
    except ImportError as problem:
        raise ImproperlyConfigured(f"PODIO[{name!r}] is {value!r}, which cannot be imported: {problem}") from None
    return found() if name == "STORE" and callable(found) else found


def _forget(*, setting: str, **_: Any) -> None:
    """Make the sign-in anew after a test has changed a setting that it depends on."""
    if setting in ("PODIO", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "FORCE_SCRIPT_NAME"):
        get_sign_in.cache_clear()


setting_changed.connect(_forget)
