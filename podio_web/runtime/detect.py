"""What is around this client: a page or a machine, and how much of the package is installed there."""

from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.auth.token_flows import TokenFlows
    from podio_web.options import check_options
    from podio_web.runtime.protocols import Runtime
else:
    # The wheel of a page is without the flows that need a secret, and the client of a script tag without the check of
    # options that its loader never gives.
    try:
        from podio_web.auth.token_flows import TokenFlows
    except ImportError:

        class TokenFlows:
            """Nothing: a page signs in with ``login``."""

            def _by_grants(self, store):
                raise ImportError(
                    f"auth_type {self._identity.auth_type!r} belongs to the distribution podio-web-server, which pip "
                    "installs with podio-web outside of pages. In a page use auth_type 'client'"
                )

    try:
        from podio_web.options import check_options
    except ImportError:

        def check_options(*auth_type, **options):
            """Check nothing."""


__all__ = ["TokenFlows", "check_options", "find_runtime"]


def find_runtime() -> "Runtime":
    """Return the page around us, or what stands in for one; imported late, for each exists in one place only.

    >>> find_runtime().now()
    1795488000.0
    """
    if IN_PAGE:
        from podio_web.runtime.page import kind_of_page

        return kind_of_page()()
    from podio_web.runtime.cpython import CPythonRuntime

    return CPythonRuntime()
