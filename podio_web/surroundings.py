"""Where this interpreter runs: in a page, or somewhere that has none."""

from podio_web.compat import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.session.platform import Platform


def find_platform() -> "Platform":
    """Return the page around us, or what stands in for one; imported late, for each exists in one place only.

    >>> find_platform().now()
    1795488000.0
    """
    if IN_PAGE:
        from podio_web.browser.page import kind_of_page

        return kind_of_page()()
    from podio_web.headless import Headless

    return Headless()
