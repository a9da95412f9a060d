"""Make and open the archive of the modules that the Run button loads: a ZIP archive, compressed as a whole by xz.

Pyodide imports modules from the ZIP archive. Unpacking hundreds of files would take longer.
"""

import io
import lzma
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files. The same files always give the same bytes.

    >>> packed({"a.py": b"a = 1"}) == packed({"a.py": b"a = 1"})
    True
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for path, content in sorted(files.items()):
            zipped.writestr(zipfile.ZipInfo(path), content)
    return lzma.compress(archive.getvalue(), preset=9)


def add(file: str) -> None:
    """Make the modules of an archive importable. Its ZIP archive is written beside it."""
    archive = Path(file).with_suffix(".zip")
    archive.write_bytes(lzma.decompress(Path(file).read_bytes()))
    sys.path.insert(0, str(archive))
