"""Check the options of the middleware that ``Podio`` does not have."""

from __future__ import annotations

import re
from typing import Any

from podio_web.oauth.origin import is_local_path


def check_store(store: Any) -> None:
    """Check that a session store can keep the sessions of many users.

    Args:
        store: The option ``store``.

    Raises:
        ValueError: ``store`` has no ``for_user``, or is a class.

    Examples:
        >>> check_store(SQLiteStore("sessions.sqlite"))
    """
    if isinstance(store, type) or not callable(getattr(store, "for_user", None)):
        raise ValueError(
            "store must be a session store for many users, with a method for_user. Use SQLiteStore(path) or "
            "RedisStore(url)."
        )


def check_names(cookie_name: Any, logged_out_path: Any, **paths: Any) -> None:
    """Check the cookie name and the paths.

    Args:
        cookie_name: The option ``cookie_name``.
        logged_out_path: The option ``logged_out_path``, or None.
        paths: The middleware's own paths, by option.

    Raises:
        ValueError: The cookie name or a path is invalid.

    Examples:
        >>> check_names("podio", None, login_path="/podio/login")
    """
    for name, text in {**paths, "cookie_name": cookie_name}.items():
        if not isinstance(text, str):
            raise ValueError(f"{name} must be a text, not {type(text).__name__}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", cookie_name):
        raise ValueError("cookie_name may contain only letters, digits, - and _")
    if logged_out_path is not None and not is_local_path(logged_out_path):
        raise ValueError('logged_out_path must be a path of the application, such as "/goodbye"')


def check_hook(option: str, hook: object) -> None:
    """Check that a hook can be called.

    Args:
        option: The option's name, for the error message.
        hook: The function, or None.

    Raises:
        ValueError: ``hook`` is not a function.

    Examples:
        >>> check_hook("on_signed_out", print)
    """
    if hook is not None and not callable(hook):
        raise ValueError(f"{option} must be a function")
