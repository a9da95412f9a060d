"""What this client runs in: a page, a worker, or CPython."""

from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.runtime.protocols import Runtime


def find_runtime() -> "Runtime":
    """Return the runtime of this page, worker or CPython. Imports late, because each module works in one of them only.

    >>> find_runtime().now() > 1_700_000_000
    True
    """
    if IN_PAGE:
        from podio_web.runtime.page import kind_of_page

        return kind_of_page()()
    from podio_web.runtime.cpython import CPythonRuntime

    return CPythonRuntime()
