"""How a client gets and renews its token: in a page through a popup or a redirect, elsewhere by token grants."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.auth.context import Context
    from podio_web.auth.grant_auth import GrantAuth
    from podio_web.auth.page_auth import PageAuth
    from podio_web.types import SessionStore


def open_auth(context: "Context", store: "SessionStore") -> "PageAuth | GrantAuth":
    """Return the auth for the client's ``auth_type``, with the session in ``store``.

    Raises ImportError in a page that does not have the modules for it.

    >>> auth = open_auth(context, MemoryStore())
    """
    identity = context.identity
    if hasattr(store, "for_client"):
        store = store.for_client(identity.api_origin, identity.client_id)
    if identity.auth_type == "client":
        from podio_web.auth.page_auth import PageAuth

        return PageAuth(context, store)
    try:
        from podio_web.auth.grant_auth import GrantAuth
    except ImportError:  # pragma: no cover - only in a page archive, as tests/unit/test_runtimes_without_page.py shows
        raise ImportError(
            f"auth_type {identity.auth_type!r} is not in the page archive. Use auth_type 'client', or install the "
            "whole podio-web"
        ) from None
    return GrantAuth(context, store)
