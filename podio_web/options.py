"""Check a client's options for objects of the wrong kind, which would fail late or keep nothing without a word.

URLs, texts, timeouts and the retry policy are checked where they are read. The client of a script tag is made without
this module, because its loader makes the objects itself.
"""

from podio_web.runtime.interpreter import IN_PAGE, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_A_DAY = 86_400
_OWN_STORES = (
    "Write FileStore(path) in a script, SQLiteStore(path) or RedisStore(url) on a server, LocalStorageStore() in a page"
)


def check_options(
    auth_type: str,
    *,
    client_secret: "str | None" = None,
    scope: "Any" = None,
    session_store: "Any" = None,
    on_token_will_refresh: "Any" = None,
    after_token_refreshed: "Any" = None,
    allow_http: "Any" = False,
    transport: "Any" = None,
    login_timeout: "Any" = 1,
    expiring_before: "Any" = 0,
) -> None:
    """Raise ValueError for an option of ``Podio`` that is of the wrong kind, naming it and what to write.

    A client secret in a page is reported with a warning. No value is repeated: a store's URL may hold a password.

    >>> check_options("app", session_store="session.json")
    Traceback (most recent call last):
    ...
    ValueError: session_store must be a store, not str. Write FileStore(path) in a script, ...
    """
    if auth_type != "client" and on_token_will_refresh is not None:
        raise ValueError("on_token_will_refresh is for auth_type 'client': other sessions renew silently")
    if IN_PAGE and client_secret is not None:
        warn("client_secret can be read by everybody who opens this page; use auth_type 'client' in a page")
    if scope is not None and not isinstance(scope, str) and (isinstance(scope, (bytes, dict)) or not _is_many(scope)):
        raise ValueError(f"scope must be a text such as 'user:read space:all', or a list of texts, not {_kind(scope)}")
    if session_store is not None:
        _check_store(session_store)
    for name, hook in (
        ("on_token_will_refresh", on_token_will_refresh),
        ("after_token_refreshed", after_token_refreshed),
    ):
        if hook is not None and not callable(hook):
            raise ValueError(f"{name} must be a function, or None, not {_kind(hook)}")
    if transport is not None:
        _check_instance("transport", transport)
        if not callable(getattr(transport, "perform", None)):
            raise ValueError(
                f"transport must have a method perform(call, timeout), and {_kind(transport)} has none. For a client "
                "of httpx2 write HttpxTransport(client)"
            )
    if not isinstance(allow_http, bool):
        raise ValueError(f"allow_http must be True or False, not {_kind(allow_http)}")
    if allow_http and IN_PAGE:
        raise ValueError("allow_http is for servers and scripts. In a page, http works on localhost only")
    # `not` catches NaN too.
    if not (_is_number(login_timeout) and 0 < login_timeout <= _A_DAY):
        raise ValueError("login_timeout must be a positive number of seconds, at most a day")
    if not (_is_number(expiring_before) and expiring_before >= 0):
        raise ValueError("expiring_before must be a number of seconds, or 0 for never")


def _check_store(store: "Any") -> None:
    """Raise ValueError unless ``store`` has what ``podio_web.stores.text`` asks of a session store."""
    _check_instance("session_store", store)
    if isinstance(store, (str, bytes)) or hasattr(store, "__fspath__"):
        raise ValueError(f"session_store must be a store, not {_kind(store)}. {_OWN_STORES}")
    if not all(callable(getattr(store, name, None)) for name in ("get", "set")):
        raise ValueError(
            "session_store must be a store with the methods get(auth_type) and set(token, auth_type), and "
            f"{_kind(store)} does not have both. {_OWN_STORES}"
        )
    for name in ("clear", "acquire", "release", "replace", "for_client"):
        if hasattr(store, name) and not callable(getattr(store, name)):
            raise ValueError(f"session_store.{name} must be a method. Make it one, or leave it out")
    if hasattr(store, "acquire") != hasattr(store, "release"):
        raise ValueError("session_store must have both acquire and release, or neither")


def _check_instance(option: str, given: "Any") -> None:
    if isinstance(given, type):
        raise ValueError(
            f"{option} must be an object, not a class. Write {given.__name__}(...), with its arguments in the brackets"
        )


def _is_many(value: "Any") -> bool:
    try:
        iter(value)
    except TypeError:
        return False
    return True


def _is_number(value: "Any") -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: "Any") -> str:
    return type(value).__name__
