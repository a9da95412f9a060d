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
    """A browser storage as texts by key; raises what the browser raises when it is blocked or full."""

    def __init__(self, name: str) -> None:
        """Take the window's ``localStorage`` or ``sessionStorage``."""
        js_storage = read(js.window, name)
        if js_storage is None:
            raise RuntimeError("this browser has the storage switched off")
        self._js_storage = js_storage

    def get(self, key: str) -> "str | None":
        """Return the text, or None."""
        text = self._call("getItem", key)
        return text if isinstance(text, str) else None

    def set(self, key: str, text: str) -> None:
        """Keep the text."""
        self._call("setItem", key, text)

    def remove(self, key: str) -> None:
        """Forget the text."""
        self._call("removeItem", key)

    def keys(self) -> "list[str]":
        """Return every key."""
        keys = [self._call("key", index) for index in range(read(self._js_storage, "length"))]
        return [key for key in keys if isinstance(key, str)]

    def _call(self, method: str, *arguments: "str | int") -> "Any":
        return guarded(getattr(self._js_storage, method), self._js_storage, *arguments)


def tab_storage() -> "WebStorage | None":
    """Return the tab's ``sessionStorage``, or None where the browser gives none."""
    try:
        return WebStorage("sessionStorage")
    except Exception:
        return None


class TabTexts:
    """Texts that live as long as the tab, or as the page where the tab's storage is blocked or full.

    A key is looked for in both places, because storage can fill up between two calls. ``survives`` tells whether what
    was set last outlives the page: only writing shows that a storage can be written to.
    """

    def __init__(self, storage: "WebStorage | None") -> None:
        self.survives = storage is not None
        self._storage = storage
        self._memory = MemoryTexts()

    def get(self, key: str) -> "str | None":
        """Return the text, or None."""
        text = self._memory.get(key)
        return self._ask("get", key) if text is None else text

    def set(self, key: str, text: str) -> None:
        """Keep the text."""
        if self._storage is not None:
            try:
                self._storage.set(key, text)
            except Exception:
                self.survives = False
            else:
                self.survives = True
                self._memory.remove(key)  # which is looked into first
        if not self.survives:
            self._memory.set(key, text)

    def remove(self, key: str) -> None:
        """Forget the text."""
        self._memory.remove(key)
        self._ask("remove", key)

    def keys(self) -> "list[str]":
        """Return every key."""
        return self._memory.keys() + (self._ask("keys") or [])

    def _ask(self, operation: str, *arguments: str) -> "Any":
        """Return what the storage says; None where it is none, or refuses."""
        try:
            return None if self._storage is None else getattr(self._storage, operation)(*arguments)
        except Exception:
            return None


class PageTexts:
    """Texts in the page's memory, for every interpreter in it: properties of the window that no loop over it shows."""

    def get(self, key: str) -> "str | None":
        """Return the text, or None."""
        # An element with such a name is a property of the window too, but not its own.
        text = js.Reflect.get(js.globalThis, key) if js.Object.hasOwn(js.globalThis, key) else None
        return text if isinstance(text, str) else None

    def set(self, key: str, text: str) -> None:
        """Keep the text."""
        js_property = js.Object.new()
        js_property.value = text
        js_property.configurable = True
        js.Reflect.defineProperty(js.globalThis, key, js_property)

    def remove(self, key: str) -> None:
        """Forget the text."""
        js.Reflect.deleteProperty(js.globalThis, key)
