"""Where Podio's push service is, and what polls it."""

from podio_web.live.connection import Connection
from podio_web.live.shared_feed import SharedFeed
from podio_web.oauth.origin import API_URL, is_local_path, parse_origin
from podio_web.runtime.network import find_network

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.client import Podio
    from podio_web.live.protocols import Feed, Listener
    from podio_web.runtime.protocols import Network

PUSH_URL = "https://push.podio.com/faye"
"""Podio's push service (https://developers.podio.com/examples/push)."""


def push_address(api_origin: str, push_url: "str | None" = None) -> str:
    """Return the URL of the push service: ``push_url``, or the one that belongs to the API.

    Raises ValueError if ``push_url`` is not a URL, or uses http where the API uses https.

    >>> push_address("https://api.podio.com")
    'https://push.podio.com/faye'
    >>> push_address("http://localhost:8000")
    'http://localhost:8000/faye'
    """
    if push_url is None:
        return PUSH_URL if api_origin == API_URL else f"{api_origin}/faye"
    if not isinstance(push_url, str):
        raise ValueError(f"push_url must be a URL such as {PUSH_URL}, not {type(push_url).__name__}")
    scheme, separator, rest = push_url.partition("://")
    host, slash, path = rest.partition("/")
    is_http = api_origin.startswith("http:")
    # If http is allowed for the API, it is allowed for the push service.
    origin = parse_origin(f"{scheme}{separator}{host}", "push_url", is_http)
    if origin.startswith("http:") and not is_http:
        raise ValueError("push_url must use https, as api_url does: its signatures are secrets")
    path = slash + path
    if not is_local_path(path) or "?" in path or "#" in path:
        raise ValueError(f"push_url must have a path, and no query, such as {PUSH_URL}")
    return origin + path


def open_feed(podio: "Podio", push_url: str, listener: "Listener", network: "Network | None" = None) -> "Feed":
    """Return what polls for a ``Live``. In a page, the tabs of a person share one poll.

    ``network``: the one of this page or CPython by default.

    >>> feed = open_feed(podio, "https://push.podio.com/faye", listener)
    """
    found = network or find_network()

    def open_poll(listener: "Listener") -> "Feed":
        return Connection(podio, push_url, listener, found)

    if not found.can_share:
        return open_poll(listener)
    return SharedFeed(tabs_name(podio), podio.context.runtime, found, open_poll, listener)


def tabs_name(podio: "Podio") -> str:
    """Return the name of the lock and the channel of the tabs that share a poll: those with the same client and person.

    If the person is not known, it is a name that no other tab has.

    Example::

        tabs_name(podio)  # 'podio-web:live:1:https://api.podio.com:my-app:client:user:1001'
    """
    token, context = podio.token, podio.context
    ref = token.ref if token is not None else None
    person = f"{ref['type']}:{ref['id']}" if ref else context.runtime.random_text()
    # The number is that of the messages between tabs, which may have different versions of this package.
    return f"podio-web:live:1:{context.identity.name_in_tabs}:{person}"
