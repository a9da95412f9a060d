"""Upload, show and download files (https://developers.podio.com/doc/files).

>>> from podio_web.files import Files
>>> files = Files(podio)
>>> file = await files.upload(js_file, on_progress=lambda sent, size: show(sent / size))
>>> await files.attach(file, "item", 6101)
"""

from podio_web.files.file import File
from podio_web.files.files import Files
from podio_web.files.stream import FileStream
from podio_web.files.watch import UploadStalled
from podio_web.runtime.interpreter import load as _load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from podio_web.files.sync_files import SyncFiles, SyncFileStream
else:

    def __getattr__(name):
        return _load(__name__, {"podio_web.files.sync_files": ("SyncFileStream", "SyncFiles")}, name)

    def __dir__():
        return sorted(set(globals()) | set(__all__))


__all__ = ["File", "FileStream", "Files", "SyncFileStream", "SyncFiles", "UploadStalled"]
