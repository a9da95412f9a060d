"""JavaScript that stores a session in a page before the page's own code runs."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

from podio_web.oauth.origin import parse_origin
from podio_web.oauth.token import Token
from podio_web.stores.text import TextStore

_MARK = "podio-web-testing:signed-in"

# Init scripts of a browser context run in every page and frame, and again after each reload. The mark prevents that
# they restore a session that the app has ended. Pages such as about:blank have no storage.
_SCRIPT = """(() => {
  const {mark, records, only, never} = PARAMETERS;
  if (only ? location.origin !== only : location.origin === never) return;
  let storage;
  try { storage = window.localStorage; } catch { return; }
  if (!storage || storage.getItem(mark)) return;
  storage.setItem(mark, '1');
  for (const [key, value] of Object.entries(records)) storage.setItem(key, value);
})();"""


class _Records:
    """Imitates a browser's storage, so that the client's own store writes the records that a page reads."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self.texts.get(key)

    def set(self, key: str, text: str) -> None:
        self.texts[key] = text

    def remove(self, key: str) -> None:
        self.texts.pop(key, None)

    def keys(self) -> list[str]:
        return list(self.texts)


def session_script(response: dict[str, Any], *, api_url: str, client_id: str, app_url: str | None = None) -> str:
    """Return JavaScript that stores a session where ``Podio("client", ...)`` looks for it.

    Args:
        response: A token response, such as ``SandboxControl.issue_token`` returns.
        api_url: The client's ``api_url``.
        client_id: The client's ``client_id``.
        app_url: An address of the app. Only pages of its origin get the session. None means all pages except those
            of ``api_url``.

    Example::

        script = session_script(sandbox.issue_token(), api_url=sandbox.url, client_id="demo-client")
        context.add_init_script(script)
    """
    api_origin = parse_origin(api_url, "api_url")
    records = _Records()
    store = TextStore(lambda: records, time.time).for_client(api_origin, client_id)
    store.set(Token.from_response(response, time.time()), "client")
    parameters = {
        "mark": _MARK,
        "records": records.texts,
        "only": None if app_url is None else _origin(app_url),
        "never": api_origin,
    }
    return _SCRIPT.replace("PARAMETERS", json.dumps(parameters))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
