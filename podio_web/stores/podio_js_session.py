"""Take over the session of a page that used podio-js.

https://podio.github.io/podio-js/sessions/
"""

from podio_web.oauth.encoding import read_record
from podio_web.oauth.token import Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.stores.text import Texts

PODIO_JS_KEY = "podioOAuth"
"""The key of a session in podio-js's localStorage example."""


def read_podio_js_session(storage: "Texts", now: float) -> "Token | None":
    """Return the token that podio-js has stored, or None. ``now`` is in seconds since 1970.

    >>> read_podio_js_session(MemoryTexts(), 1_790_000_000.0)
    """
    text = storage.get(PODIO_JS_KEY)
    if text is None:
        return None
    try:
        return Token.from_podio_js(read_record(text), now)
    except ValueError:
        return None
