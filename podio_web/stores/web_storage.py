"""Session stores in the browser's storages.

They can be imported everywhere, and created only in a web page.

https://html.spec.whatwg.org/multipage/webstorage.html
"""

import time

from podio_web.runtime.interpreter import IN_PAGE
from podio_web.stores.text import TextStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from podio_web.stores.text import TextStorage


class LocalStorageStore(TextStore):
    """A session store in ``localStorage``.

    All tabs of this origin share the session. It is kept until it expires or the user signs out.

    Raises:
        RuntimeError: The code does not run in a web page.

    Examples:
        >>> podio = Podio("client", client_id="my-app", session_store=LocalStorageStore())
    """

    def __init__(self) -> None:
        super().__init__(_storage("localStorage"), time.time)


class SessionStorageStore(TextStore):
    """A session store in ``sessionStorage``.

    The session belongs to one tab and is kept until the tab is closed.

    Raises:
        RuntimeError: The code does not run in a web page.

    Examples:
        >>> podio = Podio("client", client_id="my-app", session_store=SessionStorageStore())
    """

    def __init__(self) -> None:
        super().__init__(_storage("sessionStorage"), time.time, is_shared=False)


def _storage(name: str) -> "Callable[[], TextStorage]":
    if not IN_PAGE:
        raise RuntimeError(
            f"{name} exists only in a web page. Use FileStore in a script, or SQLiteStore or RedisStore on a server."
        )
    # Not at the top: this module can be imported without a browser.
    from podio_web.runtime.browser_storage import WebStorage

    return lambda: WebStorage(name)
