"""Texts in the browser's storages and in the page's memory.

https://html.spec.whatwg.org/multipage/webstorage.html
"""

import js

from podio_web.runtime.js_bridge import guarded, read
from podio_web.stores.memory import MemoryTexts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class WebStorage:
    """Texts in the window's ``localStorage`` or ``sessionStorage``.

    Each method raises RuntimeError if the storage is blocked or full.
    """

    def __init__(self, name: str) -> None:
        js_storage = read(js.window, name)
        if js_storage is None:
            raise RuntimeError("this browser has no such storage")
        self._js_storage = js_storage

    def get(self, key: str) -> "str | None":
        """Return the text of a key, or None."""
        text = self._call("getItem", key)
        return text if isinstance(text, str) else None

    def set(self, key: str, text: str) -> None:
        """Store a text."""
        self._call("setItem", key, text)

    def remove(self, key: str) -> None:
        """Remove a key."""
        self._call("removeItem", key)

    def keys(self) -> "list[str]":
        """Return all keys."""
        keys = [self._call("key", index) for index in range(read(self._js_storage, "length"))]
        return [key for key in keys if isinstance(key, str)]

    def _call(self, method: str, *arguments: "str | int") -> "Any":
        return guarded(getattr(self._js_storage, method), self._js_storage, *arguments)


def tab_storage() -> "WebStorage | None":
    """Return the tab's ``sessionStorage``, or None if it is blocked."""
    try:
        return WebStorage("sessionStorage")
    except Exception:
        return None


class TabTexts:
    """Texts that are kept as long as the tab is open. If the tab's storage is blocked or full, they are kept in memory.

    Each key is looked up in both places, because the storage can fill up at any time. ``survives`` tells whether the
    last text that was set is in the storage.
    """

    def __init__(self, storage: "WebStorage | None") -> None:
        self.survives: bool = storage is not None
        self._storage = storage
        self._memory = MemoryTexts()

    def get(self, key: str) -> "str | None":
        """Return the text of a key, or None."""
        text = self._memory.get(key)
        return self._ask("get", key) if text is None else text

    def set(self, key: str, text: str) -> None:
        """Store a text."""
        if self._storage is not None:
            try:
                self._storage.set(key, text)
            except Exception:
                self.survives = False
            else:
                self.survives = True
                self._memory.remove(key)  # get() looks there first
        if not self.survives:
            self._memory.set(key, text)

    def remove(self, key: str) -> None:
        """Remove a key."""
        self._memory.remove(key)
        self._ask("remove", key)

    def keys(self) -> "list[str]":
        """Return all keys."""
        return self._memory.keys() + (self._ask("keys") or [])

    def _ask(self, operation: str, *arguments: str) -> "Any":
        """Return the storage's result, or None if the storage is missing or fails."""
        try:
            return None if self._storage is None else getattr(self._storage, operation)(*arguments)
        except Exception:
            return None


class PageTexts:
    """Texts in the page's memory, shared by all interpreters of the page.

    They are properties of the window that are not enumerable.
    """

    def get(self, key: str) -> "str | None":
        """Return the text of a key, or None."""
        # An element with this name is also a property of the window, but not an own property.
        text = js.Reflect.get(js.globalThis, key) if js.Object.hasOwn(js.globalThis, key) else None
        return text if isinstance(text, str) else None

    def set(self, key: str, text: str) -> None:
        """Store a text."""
        js_property = js.Object.new()
        js_property.value = text
        js_property.configurable = True
        js.Reflect.defineProperty(js.globalThis, key, js_property)

    def remove(self, key: str) -> None:
        """Remove a key."""
        js.Reflect.deleteProperty(js.globalThis, key)
