"""Find what live updates need besides the runtime: the network and the other tabs."""

from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.runtime.protocols import Network


def find_network() -> "Network":
    """Return the network of this page, worker or CPython. Imports late, because each module works in one of them only.

    >>> find_network().is_offline()
    False
    """
    if IN_PAGE:
        from podio_web.runtime.page_network import PageNetwork

        return PageNetwork()
    from podio_web.runtime.no_network import NoNetwork

    return NoNetwork()
