"""Check the options of a web application's sign-in that ``Podio`` does not have."""

from __future__ import annotations

import re
from typing import Any

from podio_web.oauth.origin import is_local_path


def check_store(store: Any) -> None:
    """Raise ValueError unless ``store`` can keep the sessions of many people.

    >>> check_store(SQLiteStore("sessions.sqlite"))
    """
    if isinstance(store, type) or not callable(getattr(store, "for_user", None)):
        raise ValueError(
            "store must be an object that keeps the sessions of many people apart with for_user(…). Write "
            "SQLiteStore(path) or RedisStore(url)"
        )


def check_names(cookie_name: Any, logged_out_path: Any, **paths: Any) -> None:
    """Raise ValueError for a cookie name or a path that is none; ``paths`` are the middleware's own, by option.

    >>> check_names("podio", None, login_path="/podio/login")
    """
    for name, text in {**paths, "cookie_name": cookie_name}.items():
        if not isinstance(text, str):
            raise ValueError(f"{name} must be a text, not {type(text).__name__}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", cookie_name):
        raise ValueError("cookie_name may have letters, digits, - and _")
    if logged_out_path is not None and not is_local_path(logged_out_path):
        raise ValueError('logged_out_path must be a path of the application, such as "/goodbye"')


def check_hook(option: str, hook: object) -> None:
    """Raise ValueError for a hook that cannot be called.

    >>> check_hook("on_signed_out", print)
    """
    if hook is not None and not callable(hook):
        raise ValueError(f"{option} must be a function")
