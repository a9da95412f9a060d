"""The page archive: the Python of a page as one file, which PyScript unpacks and Pyodide installs.

It is a wheel, made from the installed package without what only people and type checkers read.
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


def archive_name(version: str = podio_web.__version__) -> str:
    """Return the file name of the page archive, which is that of a wheel.

    >>> archive_name("0.1.0")
    'podio_web-0.1.0-py3-none-any.whl'
    """
    return f"podio_web-{version}-py3-none-any.whl"


def page_archive(version: str = podio_web.__version__, bytecode: Mapping[str, bytes] = MappingProxyType({})) -> bytes:
    """Return the page archive. The same sources always give the same bytes.

    Args: ``version`` is written into its metadata; ``bytecode`` are compiled modules by their paths, as of
    ``pyodide_bytecode``, which are put beside the sources.

    >>> size = Path(archive_name()).write_bytes(page_archive())
    """
    information = f"podio_web-{version}.dist-info"
    texts = {
        **page_sources(),
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: podio-web\nVersion: {version}\n",
        f"{information}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: podio-web build\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    files = {**{path: text.encode() for path, text in texts.items()}, **bytecode}
    record = "".join(f"{path},{_record_hash(content)},{len(content)}\n" for path, content in files.items())
    files[f"{information}/RECORD"] = f"{record}{information}/RECORD,,\n".encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as wheel:
        for path, content in files.items():
            # ZipInfo's default date is the earliest that a ZIP file knows, and not today.
            entry = zipfile.ZipInfo(path)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            wheel.writestr(entry, content)
    return archive.getvalue()


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"sha256={digest}"
