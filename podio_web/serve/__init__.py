"""Serve a folder of pages beside a sandbox, and reload the pages when a file changes.

>>> from podio_web.serve import FolderServer
>>> with FolderServer(Path(), sandbox.url) as server:
...     print(server.url)
http://localhost:...
"""

try:
    from podio_web.serve.folder_server import FolderServer
except ModuleNotFoundError as problem:
    raise ModuleNotFoundError(
        f"{problem.name} is not installed, which podio_web.serve needs: pip install 'podio-web[sandbox]'",
        name=problem.name,
    ) from None

__all__ = ["FolderServer"]
