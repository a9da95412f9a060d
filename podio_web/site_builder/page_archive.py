"""The page archives: the Python of a page as one file, which PyScript unpacks and Pyodide installs.

Each optional part has an archive of its own, which goes into the same package. They are wheels, made from the installed
package without what only people and type checkers read.
https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

import podio_web

from .bundle import page_sources


def archive_name(version: str = podio_web.__version__, *, part: str | None = None) -> str:
    """Return the file name of the page archive, or of that of an optional part. It is the name of a wheel.

    >>> archive_name("0.1.0", part="files")
    'podio_web_files-0.1.0-py3-none-any.whl'
    """
    return f"{_distribution(part)}-{version}-py3-none-any.whl"


def page_archive(
    version: str = podio_web.__version__,
    bytecode: Mapping[str, bytes] = MappingProxyType({}),
    *,
    part: str | None = None,
) -> bytes:
    """Return the page archive, or that of an optional part. The same sources always give the same bytes.

    Args: ``version`` is written into its metadata; ``bytecode`` are compiled modules by their paths, as of
    ``pyodide_bytecode``, which are put beside the sources.

    >>> size = Path(archive_name()).write_bytes(page_archive())
    """
    name = _distribution(part)
    information = f"{name}-{version}.dist-info"
    texts = {
        **page_sources(part),
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{information}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: podio-web build\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    files = {**{path: text.encode() for path, text in texts.items()}, **bytecode}
    record = "".join(f"{path},{_record_hash(content)},{len(content)}\n" for path, content in files.items())
    files[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n".encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as zipped:
        # PyScript unpacks all archives at once. Its MicroPython makes the folder of a file, but not the one above.
        folders = {} if part is None else {"podio_web/": b""}
        for path, content in {**folders, **files}.items():
            # ZipInfo's default date is the earliest that a ZIP file knows, and not today.
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o40755 << 16 if entry.is_dir() else 0o644 << 16
            zipped.writestr(entry, content)
    return archive.getvalue()


def _distribution(part: str | None) -> str:
    return "podio_web" if part is None else f"podio_web_{part}"


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"sha256={digest}"
