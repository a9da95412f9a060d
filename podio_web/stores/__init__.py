"""Session stores: memory, the browser's storage, a JSON file, SQLite and Redis.

Each store is imported when you first use its name. ``podio_web.types.SessionStore`` is the protocol for your own store.

Examples:
    >>> from podio_web.stores import FileStore
    >>> podio = SyncPodio("app", "my-app", secret, session_store=FileStore("~/.podio.json"))
"""

from podio_web.runtime.interpreter import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.stores.file import FileStore
    from podio_web.stores.memory import MemoryStore
    from podio_web.stores.redis import RedisStore
    from podio_web.stores.sqlite import SQLiteStore
    from podio_web.stores.web_storage import LocalStorageStore, SessionStorageStore
else:

    def __getattr__(name):
        return load(__name__, _MODULES, name)

    def __dir__():
        return sorted(list(globals()) + __all__)


__all__ = ["FileStore", "LocalStorageStore", "MemoryStore", "RedisStore", "SQLiteStore", "SessionStorageStore"]

_MODULES = {
    "podio_web.stores.file": ("FileStore",),
    "podio_web.stores.memory": ("MemoryStore",),
    "podio_web.stores.redis": ("RedisStore",),
    "podio_web.stores.sqlite": ("SQLiteStore",),
    "podio_web.stores.web_storage": ("LocalStorageStore", "SessionStorageStore"),
}
