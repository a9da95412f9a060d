"""The check of options of a script tag: none, because ``podio-web.js`` makes the options itself."""


def check_options(*auth_type: object, **options: object) -> None:
    """Check nothing.

    >>> check_options("client", session_store="session.json")
    """
