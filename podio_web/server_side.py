"""What a client takes from the distribution podio-web-server, and what it has instead where a page is without that.

The wheel of a page is without the flows that need a secret, and the client of a script tag without the check of
options that its loader never gives.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.grants.flows import TokenFlows
    from podio_web.options import check_options
else:
    try:
        from podio_web.grants.flows import TokenFlows
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


__all__ = ["TokenFlows", "check_options"]
