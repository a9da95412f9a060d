"""The transport of files: the client's if it can send files or, in a page, the browser's."""

from podio_web.runtime.interpreter import IN_PAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from podio_web.client import Podio
    from podio_web.types import FileTransport


def file_transport(podio: "Podio") -> "FileTransport":
    """Return what sends and receives a client's files. Raises TypeError if the client's transport cannot do that.

    >>> transport = file_transport(podio)
    """
    transport: Any = podio.context.transport
    if callable(getattr(transport, "upload", None)):
        found: FileTransport = transport
        return found
    if IN_PAGE:
        # Imported late: the module works in pages only.
        from podio_web.files.page_files import page_files

        return page_files(podio.context).transport
    raise TypeError(
        f"{type(transport).__name__} cannot send files. Use HttpxTransport(), or pass Files a transport that can"
    )
