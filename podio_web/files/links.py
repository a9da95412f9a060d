"""Where the content of files and their thumbnails is, and which origins get the token.

https://developers.podio.com/doc/files
"""

from podio_web.http import Request, build_request
from podio_web.oauth.origin import parse_origin

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.types import ThumbnailSize

SIZES: "tuple[ThumbnailSize, ...]" = ("tiny", "small", "medium", "large", "extra_large", "badge", "preview")
"""The sizes of thumbnails."""


def files_origin(api_origin: str, files_url: "str | None" = None) -> "str | None":
    """Return the origin of file links: that of ``files_url``, or the API's with ``files.`` for ``api.``.

    Without ``files_url``, it is None for an API whose host does not begin with ``api.``. Raises ValueError if
    ``files_url`` is not an origin, or uses http where the API uses https.

    >>> files_origin("https://api.podio.com")
    'https://files.podio.com'
    """
    scheme, _, host = api_origin.partition("://")
    if files_url is not None:
        # If http is allowed for the API, it is allowed for its files.
        origin = parse_origin(files_url, "files_url", scheme == "http")
        if origin.startswith("http:") and scheme != "http":
            raise ValueError("files_url must use https, as api_url does")
        return origin
    return f"{scheme}://files.{host[4:]}" if host.startswith("api.") else None


def check_size(size: str) -> str:
    """Return the name of a thumbnail's size. Raises ValueError if Podio has no such size.

    >>> check_size("medium")
    'medium'
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}")
    return size


def content_request(api_origin: str, link_origin: "str | None", file_id: int, size: "str | None" = None) -> Request:
    """Return the request for the content of a file, or of its thumbnail of a ``size``.

    Raises ValueError if there is no such size, or if it is not known where thumbnails are.

    >>> content_request("https://api.podio.com", "https://files.podio.com", 7001, "small").url
    'https://files.podio.com/7001/small'
    """
    if size is None:
        request = build_request(api_origin, "GET", f"/file/{file_id}/raw")
    else:
        check_size(size)
        if link_origin is None:
            raise ValueError(
                f"Where the thumbnails of {api_origin} are is not known. Pass their origin: "
                "Files(podio, files_url='https://files.example.com')"
            )
        request = build_request(link_origin, "GET", f"/{file_id}/{size}")
    request.headers["Accept"] = "*/*"
    return request
